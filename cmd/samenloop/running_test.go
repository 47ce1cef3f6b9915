package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"samenloop/ingest"
	"samenloop/people"
	"samenloop/post"
	"samenloop/store"
	"samenloop/web"
)

// feedOf serves one feed whose items are on the topics "web" and "bread".
func feedOf(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `<rss version="2.0"><channel><title>T</title><item><title>One #web</title><guid>1</guid></item><item><title>Two #bread</title><guid>2</guid></item></channel></rss>`)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/feed"
}

func configText(topic, site, feed string) string {
	return fmt.Sprintf(`
[site]
%s
[fetch]
allow_networks = ["127.0.0.0/8"]
[[topic]]
id = %q
hashtags = [%[2]q]
[[source]]
id = "one"
url = %q
full_text = false
`, site, topic, feed)
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// newRunning is a serve without its server and its signals.
func newRunning(t *testing.T, path string) (*running, *bytes.Buffer) {
	t.Helper()
	said := &bytes.Buffer{}
	c := &call{Context: t.Context(), config: path, stdout: io.Discard, stderr: said}
	cfg, err := c.readConfig()
	if err != nil {
		t.Fatal(err)
	}
	s, err := cfg.openStore(c, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	r := &running{call: c, store: s, log: newLog(said), written: cfg.Site, sound: true,
		metrics: web.NewMetrics("test", s), limits: web.NewLimits(), tries: web.NewTries(), due: make(chan struct{}, 1), ended: time.Now()}
	if _, err := r.use(cfg); err != nil {
		t.Fatal(err)
	}
	return r, said
}

func (r *running) answer(path string) string {
	w := httptest.NewRecorder()
	request := httptest.NewRequest(http.MethodGet, path, nil)
	request.Host = "here.example"
	r.ServeHTTP(w, request)
	return fmt.Sprint(w.Code, " ", w.Body)
}

// A configuration that is read again holds whole; one that cannot be taken changes nothing.
func TestReload(t *testing.T) {
	path, feed := filepath.Join(t.TempDir(), "config.toml"), feedOf(t)
	const base = "base_url = \"http://here.example\"\n"
	writeFile(t, path, configText("web", base, feed))
	r, said := newRunning(t, path)
	r.round(t.Context())
	if got := r.answer("/feed.json"); !strings.Contains(got, "One #web") || strings.Contains(got, "Two") {
		t.Fatalf("at first %s", got)
	}

	for _, bad := range []string{"[site\n", "[site]\ntitel = \"x\"\n", configText("web", "languages = []", feed)} {
		said.Reset()
		writeFile(t, path, bad)
		r.useAnew()
		if !strings.Contains(said.String(), "the old one holds") || !strings.Contains(r.answer("/feed.json"), "One #web") {
			t.Errorf("after a bad configuration: %s", said)
		}
	}

	said.Reset()
	writeFile(t, path, configText("bread", base+"title = \"Another\"\nlanguages = [\"de\", \"nl\"]\nlisten = \":9\"\ndatabase = \"other.db\"\n[schedule]\npoll = \"0 5 * * *\"", feed))
	r.useAnew()
	for _, want := range []string{"key=listen", "key=database", "was read again"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("%q was not said: %s", want, said)
		}
	}
	select {
	case <-r.due:
	default:
		t.Error("no round is due after another configuration")
	}
	r.round(t.Context())
	if got := r.answer("/feed.json"); strings.Contains(got, "One #web") || !strings.Contains(got, "Two #bread") || !strings.Contains(got, "Another") {
		t.Errorf("the feed by the new configuration: %s", got)
	}
	if got := r.answer("/topic/bread/feed.json"); !strings.Contains(got, "Two #bread") {
		t.Errorf("the new topic: %s", got)
	}
	for _, gone := range []string{"/en/", "/topic/web/feed.json"} {
		if got := r.answer(gone); !strings.HasPrefix(got, "404") {
			t.Errorf("%s answers %.80s", gone, got)
		}
	}
	if got := r.answer("/de/"); !strings.HasPrefix(got, "200") {
		t.Errorf("/de/ answers %.80s", got)
	}
	if got := r.answer("/metrics"); !strings.Contains(got, `samenloop_rounds_total{result="ok"} 2`) {
		t.Error("the metrics began anew")
	}
}

// The signal itself, to a whole serve; a source that another process adds is read at the next round.
func TestServeOnSIGHUP(t *testing.T) {
	path, feed := filepath.Join(t.TempDir(), "config.toml"), feedOf(t)
	writeFile(t, path, configText("web", "", feed))
	cmd, base := startServe(t, "-config", path)
	until(t, base+"/feed.json", "One #web")
	writeFile(t, path, configText("bread", "", feed))
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	until(t, base+"/topic/bread/feed.json", "Two #bread")
	if code := run([]string{"source", "add", "-config", path, "-id", "more", feed + "/more"}, nil, io.Discard, os.Stderr); code != 0 {
		t.Fatalf("source add ends with %d", code)
	}
	until(t, base+"/sources.opml", feed+"/more")
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	until(t, base+"/source/more/feed.json", "Two #bread")
	if got := read(t, base+"/healthz"); got != "200 ok" {
		t.Errorf("health %s", got)
	}
	ends(t, cmd)
}

func TestLate(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 30, 0, time.UTC)
	tests := []struct {
		schedule string
		since    time.Duration
		want     bool
	}{
		{"*/15 * * * *", 44 * time.Minute, false},
		{"*/15 * * * *", 46 * time.Minute, true},
		{"* * * * *", 9 * time.Minute, false}, // a round of a thousand sources may take so long
		{"* * * * *", 11 * time.Minute, true},
		{"0 5 * * *", 2 * 24 * time.Hour, false},
		{"0 5 * * *", 4 * 24 * time.Hour, true},
	}
	for _, tt := range tests {
		ticks, err := parseCron(tt.schedule, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		if got := late(ticks, now.Add(-tt.since), now); got != tt.want {
			t.Errorf("%s, %v after a round: late is %t", tt.schedule, tt.since, got)
		}
	}
}

func TestHealth(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.toml")
	writeFile(t, path, configText("web", "base_url = \"http://here.example\"", feedOf(t)))
	r, _ := newRunning(t, path)
	if got := r.answer("/healthz"); got != "200 ok" {
		t.Errorf("before the first round: %s", got)
	}
	r.ended = time.Now().Add(-time.Hour)
	if got := r.answer("/healthz"); !strings.HasPrefix(got, "503 no round has ended since ") {
		t.Errorf("an hour without a round: %s", got)
	}
	r.round(t.Context())
	if got := r.answer("/healthz"); got != "200 ok" {
		t.Errorf("after a round: %s", got)
	}
	r.store.Close()
	if got := r.answer("/healthz"); !strings.HasPrefix(got, "503 the database cannot be read") {
		t.Errorf("without a database: %s", got)
	}
	r.round(t.Context())
	if !r.failed {
		t.Error("a round without a database did not fail")
	}
}

// A monitor hears once that a source died, and that nothing comes in for as long as that holds.
func TestDeathIsTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.toml")
	feed := feedOf(t)
	writeFile(t, path, configText("web", "base_url = \"http://here.example\"", feed))
	r, said := newRunning(t, path)
	fail := func(address string, failures int) {
		t.Helper()
		writeFile(t, path, configText("web", "base_url = \"http://here.example\"", address))
		r.useAnew()
		v := post.Visit{Source: "one", Given: address, Failures: failures, Trouble: "x", Checked: time.Now().Add(-time.Hour), Succeeded: time.Now().Add(-4 * 24 * time.Hour)}
		if _, err := r.store.Save(t.Context(), post.Batch{Now: time.Now(), Visit: v}); err != nil {
			t.Fatal(err)
		}
		said.Reset()
		r.round(t.Context())
	}
	told := func(died, silent int, health string) {
		t.Helper()
		if n := strings.Count(said.String(), `level=ERROR msg="source died" source=one trouble=`); n != died {
			t.Errorf("told %d times that it died: %s", n, said)
		}
		if n := strings.Count(said.String(), `level=ERROR msg="no source could be read for a day`); n != silent {
			t.Errorf("told %d times that nothing came in: %s", n, said)
		}
		if got := strings.TrimSpace(r.answer("/healthz")); got != health {
			t.Errorf("health %s, want %s", got, health)
		}
	}
	const dead = "http://127.0.0.1:1/"
	fail(dead, 3)
	told(0, 1, "503 no source could be read for a day")
	fail(dead, 4)
	told(1, 0, "503 no source could be read for a day")
	fail(dead, 5)
	told(0, 0, "503 no source could be read for a day")
	if got := r.answer("/metrics"); !strings.Contains(got, "samenloop_sources_dead 1") {
		t.Error("no metric says that it died")
	}
	fail(feed, 5)
	told(0, 0, "200 ok")
}

// Deciding anew that was cut short goes on the next time, to the same end.
func TestRematchCutShort(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.toml")
	writeFile(t, path, configText("web", "", "https://one.example/feed"))
	r, _ := newRunning(t, path)
	const posts = 1000
	batch := post.Batch{Now: time.Now(), Visit: post.Visit{Source: "one", Given: "https://one.example/feed"}}
	for i := range posts {
		id := fmt.Sprint(i)
		batch.Posts = append(batch.Posts, post.Post{Source: "one", ID: id, URL: "https://one.example/" + id, Title: "Post " + id + " #web",
			HTML: "<p>" + id + "</p>", Language: "nl", FirstSeen: time.Now(), Matches: []post.Match{{Topic: "old", By: "hashtag in title: #old"}}})
	}
	if _, err := r.store.Save(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	// The third time the store is asked, the program is told to end.
	ctx, cancel := context.WithCancel(t.Context())
	cfg := r.cfg
	n, err := ingest.Rematch(ctx, &cutShort{Store: r.store, cancel: cancel}, post.Rules{Topics: cfg.topics()}, time.Now())
	if err == nil || n == 0 || n >= posts {
		t.Fatalf("%d posts, then %v", n, err)
	}
	states, err := r.store.Sources(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rest, err := cfg.rematch(t.Context(), r.store, states, time.Now())
	if err != nil || n+rest != posts {
		t.Errorf("%d posts, then %d: %v", n, rest, err)
	}
	again, err := cfg.rematch(t.Context(), r.store, states, time.Now())
	if err != nil || again != 0 {
		t.Errorf("and once more %d: %v", again, err)
	}
}

// cutShort is a store whose user loses patience.
type cutShort struct {
	*store.Store
	asked  int
	cancel func()
}

func (c *cutShort) Slice(ctx context.Context, source string, after int64) ([]int64, []post.Post, error) {
	if c.asked++; c.asked == 3 {
		c.cancel()
	}
	return c.Store.Slice(ctx, source, after)
}

// A round ends what nobody decided about, whether or not somebody proposes again.
func TestRoundEndsProposals(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.toml")
	writeFile(t, path, configText("web", "base_url = \"http://here.example\"\n", feedOf(t)))
	r, _ := newRunning(t, path)
	token := people.NewToken().Digest()
	p := people.Proposal{URL: "https://new.example/", Contact: "me@new.example", Sent: time.Now().Add(-people.ProposalWaits - time.Hour)}
	if err := r.store.Propose(t.Context(), p, token); err != nil {
		t.Fatal(err)
	}
	r.round(t.Context())
	if p, err := r.store.ProposalOf(t.Context(), token); err != nil || p.State != people.Expired || p.Contact != "" {
		t.Errorf("%+v, %v", p, err)
	}
}

// A mistake of ours over which a visit falls is told with its place, and the round goes on.
func TestPanicInVisit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.toml")
	writeFile(t, path, configText("web", "", feedOf(t)))
	r, said := newRunning(t, path)
	r.reader.Store = fallen{r.store}
	r.round(t.Context())
	for _, want := range []string{`msg="panic in a visit" source=one stack=`, "ingest/round.go:", "samenloop/running_test.go:", "a fault of samenloop", "msg=round sources=1"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("%q is not told: %s", want, said)
		}
	}
	if r.failed {
		t.Error("the round counts as failed")
	}
}

// fallen is a store that cannot be asked what is known without a panic.
type fallen struct{ ingest.Store }

func (fallen) Known(context.Context, string, []string) (map[string][]post.Known, error) {
	panic("it fell")
}

// An address with a password is no other than the one that answered.
func TestReached(t *testing.T) {
	feed := feedOf(t)
	c := defaultConfig()
	c.Fetch.AllowNetworks = []string{"127.0.0.0/8"}
	reader, err := c.reader(nil, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{
		feed: "RSS 2.0 with 2 entries",
		strings.Replace(feed, "//", "//me:secret@", 1): "RSS 2.0 with 2 entries",
	} {
		if got, failed := reach(&call{Context: t.Context()}, reader, post.Source{URL: address}); got != want || failed {
			t.Errorf("%s: %q, failed: %t", address, got, failed)
		}
	}
}
