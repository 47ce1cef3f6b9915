package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"
)

// What the program may cost, whatever it reads.
const (
	mostMemory = 256 << 20        // bytes
	mostCPU    = 2 * time.Second  // of one document, with the start of the program
	mostTime   = 30 * time.Second // of one source

	// [fetch] timeout: for those who take their time, shorter than any other limit of time;
	// and for all others, whom no machine is too slow for.
	slowTimeout    = 9 * time.Second
	patientTimeout = 10 * time.Minute
)

// attack is a source that means ill.
type attack struct {
	name  string
	serve http.HandlerFunc
	// want is an expression for what becomes of it: "2 posts; trouble: …; notice: …".
	want   string
	costly bool // it means to exhaust: run alone, too, and measured
	slow   bool // it means to take long: it ends by a timeout
	pages  bool // its articles' pages are read
}

// forbidden is a server that nobody may connect to.
type forbidden struct {
	net.Listener
	URL   string
	asked atomic.Int64
}

func newForbidden(t *testing.T) *forbidden {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &forbidden{Listener: l, URL: "http://" + l.Addr().String()}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			f.asked.Add(1)
			conn.Close()
		}
	}()
	return f
}

// program builds the program as it is released: the numbers are of that one, not of the test's.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "samenloop")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "samenloop")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// ran is one run of the program.
type ran struct {
	code         int
	wall, cpu    time.Duration
	memory       int64 // bytes of memory at most, as the kernel counts
	stdout, errs string
}

func runProgram(t *testing.T, args ...string) ran {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	began := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	var r ran
	for peak := regexp.MustCompile(`VmHWM:\s*(\d+) kB`); ; {
		if status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid)); err == nil {
			if m := peak.FindSubmatch(status); m != nil {
				kb, _ := strconv.ParseInt(string(m[1]), 10, 64)
				r.memory = max(r.memory, kb<<10)
			}
		}
		select {
		case <-ended:
			r.wall = time.Since(began)
			r.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
			r.code, r.stdout, r.errs = cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()
			return r
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// listed is a line of "source list -json", told of "post list -json".
type listed struct{ ID, Trouble, Notice string }

type listedPost struct {
	Source, ID, URL, Title, Summary string
	HTML                            string `json:"content_html"`
	Text                            string `json:"content_text"`
	Published                       time.Time
	Updated                         time.Time
	Language                        string
	Matched                         bool
	Authors, Tags                   []string
	Enclosures                      []struct{ URL, Type string }
	Alternates                      map[string]string
}

func lines[T any](t *testing.T, text string) []T {
	t.Helper()
	var list []T
	for line := range strings.Lines(text) {
		var v T
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%v: %.200q", err, line)
		}
		list = append(list, v)
	}
	return list
}

// hostileConfig is a configuration of sources; exactly their addresses are allowed.
func hostileConfig(t *testing.T, dir string, servers []*httptest.Server, attacks []attack, timeout time.Duration) string {
	t.Helper()
	var networks []string
	var b strings.Builder
	for i, a := range attacks {
		networks = append(networks, strconv.Quote(strings.TrimPrefix(servers[i].URL, "http://")))
		fmt.Fprintf(&b, "[[source]]\nid = %q\nurl = %q\ntopics = %q\nfull_text = %v\n", a.name, servers[i].URL+"/feed", map[bool]string{true: "match", false: "all"}[a.pages], a.pages)
	}
	path := filepath.Join(dir, "config.toml")
	text := fmt.Sprintf("[fetch]\nallow_networks = [%s]\ntimeout = %q\n[[topic]]\nid = \"web\"\nhashtags = [\"web\"]\n%s", strings.Join(networks, ", "), timeout, &b)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const neighbourPosts = 25

func neighbour(name string) attack {
	return attack{name: name, want: fmt.Sprintf("^%d posts; trouble: ; notice: $", neighbourPosts), serve: func(w http.ResponseWriter, q *http.Request) {
		fmt.Fprintf(w, `<rss version="2.0"><channel><title>%s</title><link>http://%s/</link>`, name, q.Host)
		for i := range neighbourPosts {
			fmt.Fprintf(w, `<item><title>Item %d of %s</title><link>http://%s/%d</link><guid>%d</guid><description>%s #web</description></item>`,
				i, name, q.Host, i, i, strings.Repeat("Some words. ", 50))
		}
		fmt.Fprint(w, `</channel></rss>`)
	}}
}

// takesLong is said by tests that need a browser, run the program many times, or
// measure what a round costs.
func takesLong(t *testing.T) {
	t.Helper()
	if os.Getenv("LONG") == "" {
		t.Skip("takes long: LONG=1 runs it, as .ci/run does")
	}
}

// Everything hostile at once, with good neighbours between; those that mean to take
// long apart, since only they may meet a limit of time.
func TestHostile(t *testing.T) {
	takesLong(t)
	canary := newForbidden(t)
	attacks := hostileAttacks(canary)
	t.Logf("%d hostile documents and servers", len(attacks))
	if len(attacks) < 150 {
		t.Error("that are less than 150")
	}
	slow := slices.DeleteFunc(slices.Clone(attacks), func(a attack) bool { return !a.slow })
	attacks = slices.DeleteFunc(attacks, func(a attack) bool { return a.slow })
	t.Run("documents", func(t *testing.T) { testAttacks(t, canary, attacks, patientTimeout) })
	t.Run("slowness", func(t *testing.T) {
		if took := testAttacks(t, canary, slow, slowTimeout); took > mostTime+slowTimeout {
			t.Errorf("a round of those who take their time took %v", took)
		}
	})
	if n := canary.asked.Load(); n > 0 {
		t.Errorf("%d connections that the guard forbids", n)
	}
}

// testAttacks runs a round of attacks, and those that are costly alone, too. It returns how long the round took.
func testAttacks(t *testing.T, canary *forbidden, attacks []attack, timeout time.Duration) time.Duration {
	for i := range 20 {
		attacks = append(attacks, neighbour(fmt.Sprintf("neighbour-%d", i)))
	}
	servers := make([]*httptest.Server, len(attacks))
	names := map[string]bool{}
	for i, a := range attacks {
		if names[a.name] {
			t.Fatalf("two are called %s", a.name)
		}
		names[a.name] = true
		servers[i] = httptest.NewServer(a.serve)
		t.Cleanup(servers[i].CloseClientConnections)
	}
	t.Cleanup(func() { // those that hang do not end by themselves
		for _, s := range servers {
			go s.Close()
		}
	})
	config := hostileConfig(t, t.TempDir(), servers, attacks, timeout)

	round := runProgram(t, "poll", "-config", config)
	t.Logf("the round: %v, %v of CPU, %d MB", round.wall.Round(time.Millisecond), round.cpu.Round(time.Millisecond), round.memory>>20)
	if round.code != 1 {
		t.Fatalf("it ended with %d: %s", round.code, round.errs)
	}
	if round.memory > mostMemory || round.memory == 0 {
		t.Errorf("it took %d MB", round.memory>>20)
	}
	checkTold(t, "poll", round.stdout+round.errs)

	list := runProgram(t, "source", "list", "-json", "-config", config)
	posts := lines[listedPost](t, runProgram(t, "post", "list", "-json", "-config", config).stdout)
	stored := map[string]int{}
	for _, p := range posts {
		stored[p.Source]++
		checkStored(t, p, canary.URL)
	}
	became := map[string]string{}
	for _, l := range lines[listed](t, list.stdout) {
		became[l.ID] = fmt.Sprintf("%d posts; trouble: %s; notice: %s", stored[l.ID], l.Trouble, l.Notice)
	}
	for _, a := range attacks {
		if !regexp.MustCompile(a.want).MatchString(became[a.name]) {
			t.Errorf("%s:\n got %s\nwant %s", a.name, became[a.name], a.want)
		}
	}
	checkTold(t, "source list", runProgram(t, "source", "list", "-config", config).stdout)
	checkTold(t, "post list", runProgram(t, "post", "list", "-config", config).stdout)
	for _, path := range []string{"/feed.atom", "/feed.rss", "/feed.json"} {
		if r := runProgram(t, "feed", "-config", config, path); r.code != 0 || len(r.stdout) < 1000 {
			t.Errorf("%s: %d, %d bytes, %s", path, r.code, len(r.stdout), r.errs)
		}
	}

	for i, a := range attacks {
		if !a.costly {
			continue
		}
		alone := func() ran {
			return runProgram(t, "poll", "-config", hostileConfig(t, t.TempDir(), servers[i:i+1], attacks[i:i+1], timeout))
		}
		r := alone()
		for n := 0; r.cpu > mostCPU && n < 2; n++ { // a busy machine adds to it: the least that was seen is what it costs
			if again := alone(); again.cpu < r.cpu {
				r = again
			}
		}
		if r.cpu > mostCPU || r.wall > mostTime || r.memory > mostMemory {
			t.Errorf("%s alone took %v of CPU, %v, %d MB", a.name, r.cpu, r.wall, r.memory>>20)
		}
		if testing.Verbose() {
			t.Logf("%-40s %6d ms of CPU %4d MB", a.name, r.cpu.Milliseconds(), r.memory>>20)
		}
	}
	return round.wall
}

// Half of the sources hang in one way or another: the round takes as long as
// that of the others, and once the longest time limit.
func TestHalfHangs(t *testing.T) {
	takesLong(t)
	const half = 500
	var attacks []attack
	for i := range half {
		attacks = append(attacks, neighbour(fmt.Sprintf("good-%d", i)))
	}
	hanging := []http.HandlerFunc{hang, drip("<rss>"), hangAfter(strings.Repeat(" ", 200_000)), hangAfter(strings.Repeat(" ", 1_100_000)), hijack("HTTP/1.1 200 OK\r\nContent-Length: 7000000\r\n\r\n<rss>", true)}
	for i := range half {
		attacks = append(attacks, attack{name: fmt.Sprintf("hangs-%d", i), serve: hanging[i%len(hanging)], want: "^0 posts; trouble: timeout after " + slowTimeout.String()})
	}
	servers := make([]*httptest.Server, len(attacks))
	for i, a := range attacks {
		servers[i] = httptest.NewServer(a.serve)
		defer func() { go servers[i].Close() }()
		defer servers[i].CloseClientConnections()
	}
	alone := runProgram(t, "poll", "-config", hostileConfig(t, t.TempDir(), servers[:half], attacks[:half], slowTimeout))
	if alone.code != 0 {
		t.Fatal(alone.errs)
	}
	config := hostileConfig(t, t.TempDir(), servers, attacks, slowTimeout)
	together := runProgram(t, "poll", "-config", config)
	t.Logf("%d sources alone: %v, %d MB; with as many that hang: %v, %d MB", half, alone.wall, alone.memory>>20, together.wall, together.memory>>20)
	if together.wall > alone.wall*3/2+slowTimeout {
		t.Errorf("with those that hang it took %v, without %v", together.wall, alone.wall)
	}
	if together.memory > mostMemory {
		t.Errorf("it took %d MB", together.memory>>20)
	}
	posts := strings.Count(runProgram(t, "post", "list", "-json", "-config", config).stdout, "\n")
	if posts != half*neighbourPosts {
		t.Errorf("%d posts of %d", posts, half*neighbourPosts)
	}
}

// checkTold checks what a person sees in the terminal: lines of text, and no more of them than we wrote.
func checkTold(t *testing.T, what, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if bad := strings.IndexFunc(line, turnsText); bad >= 0 {
			t.Errorf("%s: a control character in %.200q", what, line[max(0, bad-50):])
		}
		if len(line) > 2000 || strings.HasPrefix(strings.TrimSpace(line), "FORGED") {
			t.Errorf("%s: the line %.300q", what, line)
		}
	}
}

// turnsText is true for characters that control a terminal or the direction of text.
func turnsText(r rune) bool {
	return r < ' ' || 0x7f <= r && r < 0xa0 || 0x202a <= r && r <= 0x202e || 0x2066 <= r && r <= 0x2069
}

var (
	active    = regexp.MustCompile(`(?i)<\s*(script|style|iframe|frame|object|embed|form|input|button|svg|math|link|meta|base|template|noscript)\b|<[^>]*\s(on[a-z]+|style|srcdoc|formaction|id|class|srcset|ping)\s*=`)
	quoted    = regexp.MustCompile(`="[^"]*"`)
	reference = regexp.MustCompile(`\s(?:href|src|cite|poster)="([^"]*)"`)
)

// checkStored checks what every stored post promises.
func checkStored(t *testing.T, p listedPost, canary string) {
	t.Helper()
	where := p.Source + " " + fmt.Sprintf("%.60q", p.ID)
	urls := []string{p.URL}
	for _, e := range p.Enclosures {
		urls = append(urls, e.URL)
	}
	for _, u := range p.Alternates {
		urls = append(urls, u)
	}
	for _, m := range reference.FindAllStringSubmatch(p.HTML, -1) {
		urls = append(urls, m[1])
	}
	for _, u := range urls {
		if u != "" && !strings.HasPrefix(u, "http://") && !strings.HasPrefix(u, "https://") || len(u) > 4200 || strings.ContainsFunc(u, turnsText) {
			t.Errorf("%s: the URL %.200q", where, u)
		}
	}
	if m := active.FindString(quoted.ReplaceAllString(p.HTML, `=""`)); m != "" {
		t.Errorf("%s: %.200q in its HTML", where, m)
	}
	for _, line := range append([]string{p.Title, p.Summary, p.Language}, append(p.Authors, p.Tags...)...) {
		if !utf8.ValidString(line) || strings.ContainsFunc(line, turnsText) || utf8.RuneCountInString(line) > 2001 {
			t.Errorf("%s: the text %.200q", where, line)
		}
	}
	for _, text := range []string{p.HTML, p.Text} {
		bare := strings.NewReplacer("\n", "", "\t", "").Replace(text)
		if !utf8.ValidString(text) || strings.ContainsFunc(bare, turnsText) || len(text) > 2<<20 {
			t.Errorf("%s: control characters in, or too much of, %.100q", where, text)
		}
	}
	if p.Published.Before(time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)) || p.Published.After(time.Now()) {
		t.Errorf("%s: published %v", where, p.Published)
	}
	if len(p.Title) > 4*300 || len(p.Authors) > 100 || len(p.Tags) > 100 || len(p.Enclosures) > 100 {
		t.Errorf("%s: too much of it", where)
	}
}
