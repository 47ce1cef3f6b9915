package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"samenloop/people"
	"samenloop/post"
	"samenloop/store"
	"samenloop/web"
)

// membersOf is the door of a site that may read this machine itself.
func membersOf(t *testing.T, example string, blocks ...string) *web.Members {
	t.Helper()
	c := defaultConfig()
	c.Topics = []topicConfig{{ID: "water", Hashtags: []string{"water"}}}
	return membersBy(t, c, example, blocks...)
}

func membersBy(t *testing.T, c *config, example string, blocks ...string) *web.Members {
	t.Helper()
	c.Site.Database, c.Site.example = filepath.Join(t.TempDir(), "a.db"), example
	c.Fetch.AllowNetworks = []string{"127.0.0.0/8"}
	if problems := c.check(nil); len(problems) > 0 {
		t.Fatal(problems)
	}
	s, err := store.Open(t.Context(), c.Site.Database, store.Options{Languages: c.Site.Languages})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	hand := people.Hand{Name: "test", At: time.Now()}
	if err := s.AddSources(t.Context(), hand, post.SourceState{Source: post.Source{ID: "known", Title: "Known", URL: "https://known.example/feed"}}); err != nil {
		t.Fatal(err)
	}
	for _, b := range blocks {
		if err := s.Block(t.Context(), hand, b); err != nil {
			t.Fatal(err)
		}
	}
	m, err := c.members(s, web.NewLimits())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func look(t *testing.T, m *web.Members, address string) web.Look {
	t.Helper()
	found, err := m.Look(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// What the operator may read in their own network, strangers may not have looked at.
func TestStrangersStayOutside(t *testing.T) {
	asked := 0
	private := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { asked++ }))
	defer private.Close()
	m := membersOf(t, "", "blocked.example")
	for _, address := range []string{private.URL, private.URL + "/feed.xml", "acct:me@" + strings.TrimPrefix(private.URL, "http://"), "http://[::1]/", "http://169.254.169.254/latest", "http://localhost/"} {
		if found := look(t, m, address); found.Trouble != errOutOfReach.Error() || found.URL != "" { // the same for what is there and what is not
			t.Errorf("%s: %+v", address, found)
		}
	}
	if _, err := m.Proof(t.Context(), people.Proposal{Site: private.URL + "/"}, "word"); err != errOutOfReach {
		t.Errorf("a proof was looked for there, or it is told why not: %v", err)
	}
	if asked > 0 {
		t.Errorf("it was asked %d times", asked)
	}
	for address, want := range map[string]web.Look{
		"http://www.known.example/feed?utm_source=x": {Known: "Known"},
		"https://blocked.example/feed":               {Barred: true},
		"https://me:secret@new.example/":             {Trouble: "an address with a password is for the operator to add"},
	} {
		if got := look(t, m, address); got.Known != want.Known || got.Barred != want.Barred || got.Trouble != want.Trouble {
			t.Errorf("%s: %+v", address, got)
		}
	}
	for _, address := range []string{"file:///etc/passwd", "javascript:alert(1)", "nonsense", "http://", strings.Repeat("x", 10_000)} {
		if got := look(t, m, address); got.Trouble == "" || len(got.Trouble) > 1000 {
			t.Errorf("%.40s: %+v", address, got)
		}
	}
}

// A look asks little, and only the site that was proposed: of articles those that are shown.
func TestLookReadsLittle(t *testing.T) {
	var asked []string
	serve := func(name string, answer http.HandlerFunc) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/robots.txt" {
				asked = append(asked, name+r.URL.Path) // one at a time: the client opens one request a host, and waits for it
			}
			answer(w, r)
		}))
		t.Cleanup(server.Close)
		return server.URL
	}
	other := serve("other", http.NotFound)
	var site string
	site = serve("", func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/":
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, `<link rel="alternate" type="application/rss+xml" href="/feed"><a rel="me" href="%s/@me">me</a>`, other)
		case r.URL.Path == "/feed":
			fmt.Fprint(w, `<rss version="2.0"><channel><title>T</title>`)
			for i := range 30 {
				host, text := site, "Only a summary"
				if i%2 == 1 {
					host = other
				}
				if i == 20 {
					text = "Of #water"
				}
				fmt.Fprintf(w, `<item><title>Post %d</title><link>%s/%[1]d</link><description>%[3]s</description></item>`, i, host, text)
			}
			fmt.Fprint(w, `</channel></rss>`)
		case len(r.URL.Path) < 4:
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, `<title>A</title><article><p>A long text that is about #water, and about what else there is to say of it in a paragraph.</p></article>`)
		default:
			http.NotFound(w, r)
		}
	})
	m := membersOf(t, "an example")
	found := look(t, m, site+"/")
	if got, want := strings.Join(asked, " "), "/ /feed / /0 /2 /4"; got != want {
		t.Errorf("it asks for %s, want %s", got, want)
	}
	var titles []string
	for _, p := range found.Posts {
		titles = append(titles, p.Title)
	}
	if got := strings.Join(titles, ", "); got != "Post 0, Post 1, Post 2, Post 3, Post 4, Post 20" || found.Found != 30 || found.OnTopic != 4 || found.Unread != 26 {
		t.Errorf("%s of %d, %d on topic, %d unread", got, found.Found, found.OnTopic, found.Unread)
	}
	if len(found.Others) != 1 || found.Others[0] != other+"/@me" {
		t.Errorf("others %q", found.Others)
	}
}

// What else a site has is looked for on its page also where its feed was named, by an
// address that leads to it.
func TestLookFollowsToTheSite(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/old":
			http.Redirect(w, r, "/feed", http.StatusFound)
		case "/feed":
			fmt.Fprintf(w, `<rss version="2.0"><channel><title>T</title><link>http://%s/blog</link></channel></rss>`, r.Host)
		case "/blog":
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, `<link rel="alternate" type="application/rss+xml" href="/feed"><link rel="alternate" type="application/rss+xml" href="/photos">`)
		}
	}))
	defer site.Close()
	found := look(t, membersOf(t, "an example"), site.URL+"/old")
	if found.Feed != site.URL+"/feed" || len(found.Others) != 1 || found.Others[0] != site.URL+"/photos" {
		t.Errorf("%+v", found)
	}
}

// A place that is read is not proposed nor taken again, by whatever address; one that waits may be.
func TestProposedAndRead(t *testing.T) {
	feed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, `<link rel="alternate" type="application/rss+xml" href="/feed">`)
			return
		}
		fmt.Fprint(w, rssOf(`<item><guid>1</guid><title>T</title></item>`))
	}))
	defer feed.Close()
	m := membersOf(t, "an example")
	ctx, s := t.Context(), m.Proposals.(proposals).Store
	proposed := people.Proposal{URL: feed.URL + "/", Feed: feed.URL + "/feed", Sent: time.Now()}
	if found := look(t, m, feed.URL+"/feed"); found.Proposed || found.Trouble != "" {
		t.Errorf("%+v", found)
	}
	if err := m.Proposals.Propose(ctx, proposed, people.NewToken().Digest()); err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{feed.URL, feed.URL + "/feed?utm_source=x"} {
		if found := look(t, m, address); !found.Proposed || found.Feed == "" {
			t.Errorf("%s: %+v", address, found)
		}
	}
	hand := people.Hand{Name: "test", At: time.Now()}
	if err := s.AddSources(ctx, hand, post.SourceState{Source: post.Source{ID: "meanwhile", URL: feed.URL + "/feed"}}); err != nil {
		t.Fatal(err)
	}
	if err := m.Proposals.Propose(ctx, proposed, people.NewToken().Digest()); err != people.ErrRead {
		t.Errorf("what is read was proposed: %v", err)
	}
	c := defaultConfig()
	c.Topics = []topicConfig{{ID: "water", Hashtags: []string{"water"}}}
	if err := c.answer(ctx, s, hand, true, "1"); err == nil || err.Error() != `that is source "meanwhile" already` {
		t.Errorf("what is read was taken again: %v", err)
	}
}

// On a site without topics, which takes all of each source, a place can be proposed and taken.
func TestProposedWithoutTopics(t *testing.T) {
	c := defaultConfig()
	m := membersBy(t, c, "an example")
	ctx, s, feed := t.Context(), m.Proposals.(proposals).Store, feedOf(t)
	found := look(t, m, feed)
	if found.Trouble != "" || found.Found != 2 || found.OnTopic != 2 {
		t.Fatalf("%+v", found)
	}
	if err := m.Proposals.Propose(ctx, people.Proposal{URL: found.URL, Feed: found.Feed, Title: "New", Sent: time.Now()}, people.NewToken().Digest()); err != nil {
		t.Fatal(err)
	}
	if err := c.answer(ctx, s, people.Hand{Name: "test", At: time.Now()}, true, "1"); err != nil {
		t.Fatal(err)
	}
	states, err := s.Sources(ctx)
	if err != nil || !states[len(states)-1].Source.All {
		t.Errorf("%+v, %v", states, err)
	}
}

// The word is found where only the owner of a site writes.
func TestProof(t *testing.T) {
	const word = "k7wordk7wordk7"
	var page, file string
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/" && page == "none":
			panic(http.ErrAbortHandler)
		case r.URL.Path == "/":
			w.Header().Set("Content-Type", "text/html")
			w.Write([]byte(page))
		case r.URL.Path == "/samenloop.txt" && file != "":
			w.Write([]byte(file))
		default:
			http.NotFound(w, r)
		}
	}))
	defer site.Close()
	m := membersOf(t, "an example")
	for _, tt := range []struct {
		page, file string
		want       people.Proof
	}{
		{"<p>" + word, "", people.NoProof},
		{`<meta name="samenloop" content="` + word + `">`, "", people.ByMeta},
		{`<a rel="me" href="http://127.0.0.1:8080/sources/new#` + word + `">`, "", people.ByLink},
		{`<a rel="me" href="https://elsewhere.example/#` + word + `">`, "", people.NoProof},
		{"", "other\n" + word + "\n", people.ByFile},
		{"", "other", people.NoProof},
		{"none", word, people.ByFile}, // the page itself need not answer
	} {
		page, file = tt.page, tt.file
		if got, err := m.Proof(t.Context(), people.Proposal{Site: site.URL + "/"}, word); got != tt.want || err != nil {
			t.Errorf("%q and %q: %q, %v, want %q", page, file, got, err, tt.want)
		}
	}
}

// Nobody has to know how addresses are written.
func TestMeant(t *testing.T) {
	for address, want := range map[string]string{
		"example.org": "https://example.org", "example.org/blog/": "https://example.org/blog/", "me@example.org": "@me@example.org",
		"@me@example.org": "@me@example.org", "acct:me@example.org": "acct:me@example.org", "http://example.org": "http://example.org",
		"example.org/@me": "https://example.org/@me", "nonsense": "nonsense", "me@example.org/x": "https://me@example.org/x", "javascript:alert(1)": "javascript:alert(1)", "": "",
	} {
		if got := meant(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}

// Who owns the feed that an address leads to does not thereby own the address.
func TestSiteOfTheAddress(t *testing.T) {
	for _, tt := range []struct{ address, named, want string }{
		{"https://a.example/feed", "https://www.a.example/blog", "https://www.a.example/blog"},
		{"https://a.example/feed", "https://evil.example/", "https://a.example/"},
		{"https://a.example/feed", "", "https://a.example/"},
		{"https://a.example/redirect?to=https://evil.example/feed", "https://evil.example/", "https://a.example/"},
	} {
		if got := siteOf(tt.address, tt.named); got != tt.want {
			t.Errorf("%s, of %q: %s, want %s", tt.address, tt.named, got, tt.want)
		}
	}
}

// A look ends in time, whatever the site does.
func TestLookEnds(t *testing.T) {
	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer slow.Close()
	defer close(release)
	m := membersOf(t, "an example")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if found, _ := m.Look(ctx, slow.URL); found.Trouble != "it took too long to answer" {
		t.Errorf("%+v", found)
	}
}

// By command several are answered at once.
func TestProposalCommand(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.toml")
	writeFile(t, path, configText("web", "", "https://one.example/feed"))
	cfg, err := readConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := cfg.openStore(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, host := range []string{"a", "b", "c"} {
		p := people.Proposal{URL: "https://" + host + ".example/", Feed: "https://" + host + ".example/feed", Sent: time.Now()}
		if err := s.Propose(t.Context(), p, people.NewToken().Digest()); err != nil {
			t.Fatal(err)
		}
	}
	run := func(args ...string) (string, error) {
		var said bytes.Buffer
		err := proposal(&call{Context: t.Context(), config: path, stdout: &said, stderr: &said, args: args})
		return said.String(), err
	}
	if list, err := run("list"); err != nil || !strings.Contains(list, "https://b.example/feed") {
		t.Errorf("%s, %v", list, err)
	}
	if said, err := run("refuse", "1", "3"); err != nil || said != "refused   https://a.example/\nrefused   https://c.example/\n" {
		t.Errorf("%s, %v", said, err)
	}
	proposalFlags.id = "no id"
	if said, err := run("approve", "2"); !errors.As(err, new(*usageError)) || !strings.HasPrefix(err.Error(), "proposal approve: id: ") {
		t.Errorf("%s, %v", said, err)
	}
	proposalFlags.id = ""
	if said, err := run("approve", "2"); err != nil || !strings.Contains(said, `source "b"`) {
		t.Errorf("%s, %v", said, err)
	}
	if said, err := run("refuse", "2", "9"); err == nil || !strings.Contains(err.Error(), "proposal 2 does not wait") {
		t.Errorf("%s, %v", said, err)
	}
}
