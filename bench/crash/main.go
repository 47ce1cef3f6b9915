// Command crash kills samenloop at random moments of its rounds, again and
// again, and then looks whether every post that was published is stored and
// emitted exactly once, whole and under one id, and told to a bot once.
//
//	go run ./bench/crash -kills 500 -writes 100
//
// It needs a system with /proc for -writes. Everything stays on loopback and in
// a temporary folder. It ends with 1 when anything was lost, repeated or torn.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

func main() {
	kills := flag.Int("kills", 500, "how often to kill at a random moment")
	writes := flag.Int("writes", 100, "how often to kill at the n-th write")
	seed := flag.Uint64("seed", 1, "of the random moments")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, *kills, *writes, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "crash:", err)
		os.Exit(1)
	}
}

// run builds samenloop, kills it as often as asked, every second time beside a
// second process that wants the same database, and checks what is left.
func run(ctx context.Context, out io.Writer, kills, writes int, seed uint64) error {
	dir, err := os.MkdirTemp("", "samenloop-crash-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "samenloop")
	if text, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "samenloop/cmd/samenloop").CombinedOutput(); err != nil {
		return fmt.Errorf("build samenloop: %w: %s", err, text)
	}
	farm, err := startFarm()
	if err != nil {
		return err
	}
	defer farm.Close()
	c := &crash{
		binary: binary,
		config: filepath.Join(dir, "config.toml"),
		farm:   farm,
		rng:    rand.New(rand.NewPCG(seed, 0)),
		ids:    map[string]string{},
		told:   map[string]bool{},
	}
	// How long a round takes is measured beside: the first kills are to meet a database that is being made.
	beside := *c
	beside.config = filepath.Join(dir, "beside.toml")
	for path, database := range map[string]string{c.config: "samenloop.db", beside.config: "beside.db"} {
		if err := os.WriteFile(path, []byte(farm.config(database)), 0o600); err != nil {
			return err
		}
	}
	if c.whole, err = beside.round(ctx); err != nil {
		return err
	}
	for i := range kills + writes {
		if i%3 == 0 {
			farm.items.Add(1)
		}
		if err := c.kill(ctx, i >= kills, i%2 == 1); err != nil {
			return err
		}
		// A round to its end, so that no item leaves its feed before anybody could read it; and the machine may be busier now.
		if i%killsBetween == killsBetween-1 {
			if c.whole, err = c.round(ctx); err != nil {
				return fmt.Errorf("after %d kills: %w", i+1, err)
			}
			if err := c.look(ctx); err != nil {
				return fmt.Errorf("after %d kills: %w", i+1, err)
			}
		}
	}
	if _, err := c.round(ctx); err != nil {
		return err
	}
	if err := c.look(ctx); err != nil {
		return err
	}
	return c.verdict(ctx, out, kills, writes)
}

// killsBetween is how many kills there are between two looks: meanwhile each feed
// publishes fewer items than it shows.
const killsBetween = 25

// crash is one series of kills.
type crash struct {
	binary, config string
	farm           *farm
	rng            *rand.Rand
	whole          extent            // of a round that nobody disturbs
	late           int               // kills of a round that had ended
	ids            map[string]string // URL of a post → the id that it was first seen with
	told           map[string]bool   // ids that a bot was told of as new
	last           int64             // the number of the last change that it was told
}

// extent is what there is of a round to kill it in.
type extent struct {
	time   time.Duration
	writes int // system calls that write; 0 where the system does not count them
}

func (c *crash) command(ctx context.Context, args ...string) *exec.Cmd {
	words := strings.Fields(args[0]) // "source list" stands before the flags
	words = append(words, "-config", c.config)
	return exec.CommandContext(ctx, c.binary, append(words, args[1:]...)...)
}

func (c *crash) samenloop(ctx context.Context, args ...string) ([]byte, error) {
	cmd := c.command(ctx, args...)
	var errs strings.Builder
	cmd.Stderr = &errs
	text, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("samenloop %s: %w: %s", strings.Join(args, " "), err, errs.String())
	}
	return text, err
}

// round is a round to its end, measured.
func (c *crash) round(ctx context.Context) (extent, error) {
	var said strings.Builder
	cmd := c.command(ctx, "poll")
	cmd.Stderr = &said
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return extent{}, err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for whole := (extent{}); ; {
		select {
		case err := <-done:
			if err != nil {
				return whole, fmt.Errorf("a round that nobody killed: %w: %s", err, said.String())
			}
			whole.time = time.Since(began)
			return whole, nil
		case <-tick.C:
			if n, ok := wrote(cmd.Process.Pid); ok {
				whole.writes = n
			}
		}
	}
}

// kill starts a round and kills it: after some part of the time that a round takes,
// or once it has written n times.
func (c *crash) kill(ctx context.Context, atWrite, second bool) error {
	cmd := c.command(ctx, "poll")
	if err := cmd.Start(); err != nil {
		return err
	}
	var other *exec.Cmd
	if second {
		other = c.command(ctx, "poll")
		if err := other.Start(); err != nil {
			return err
		}
	}
	done := make(chan struct{})
	go func() { cmd.Wait(); close(done) }()
	if atWrite {
		n := 1 + c.rng.IntN(max(1, c.whole.writes))
		for has, ok := 0, true; ok && has < n; {
			has, ok = wrote(cmd.Process.Pid)
		}
	} else {
		select {
		case <-done:
		case <-time.After(time.Duration(c.rng.Int64N(int64(c.whole.time)))):
		}
	}
	cmd.Process.Kill() // SIGKILL: nothing is told to the process
	<-done
	if cmd.ProcessState.Exited() && (!second || cmd.ProcessState.Success()) { // else the other one had the database
		c.late++
	}
	if other != nil {
		other.Process.Kill()
		other.Wait()
	}
	return nil
}

var written = regexp.MustCompile(`(?m)^syscw: (\d+)$`)

// wrote is how many system calls that write a process has made, while it runs.
func wrote(pid int) (calls int, ok bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", pid))
	m := written.FindSubmatch(text)
	if err != nil || m == nil {
		return 0, false
	}
	calls, err = strconv.Atoi(string(m[1]))
	return calls, err == nil
}

// look reads all pages of the feed, as a reader would, and what a bot is told since
// it last asked, and compares both with what was published and seen before.
func (c *crash) look(ctx context.Context) error {
	err := c.pages(ctx, "/feed.json", func(text []byte) (next string, err error) {
		var page struct {
			Next  string `json:"next_url"`
			Items []struct {
				ID, URL string
				Content string `json:"content_html"`
			}
		}
		if err := json.Unmarshal(text, &page); err != nil {
			return "", err
		}
		for _, item := range page.Items {
			if was, ok := c.ids[item.URL]; ok && was != item.ID {
				return "", fmt.Errorf("%s had the id %s, now it has %s", item.URL, was, item.ID)
			}
			c.ids[item.URL] = item.ID
			if want := c.farm.proseOf(item.URL); !strings.Contains(item.Content, want) {
				return "", fmt.Errorf("%s is torn: its content is %q, want %q in it", item.URL, item.Content, want)
			}
		}
		return page.Next, nil
	})
	if err != nil {
		return err
	}
	return c.pages(ctx, fmt.Sprintf("/changes.json?after=%d&backfill=1", c.last), func(text []byte) (next string, err error) {
		var page struct {
			Last  int64
			Next  string
			Items []struct{ Event, ID, URL string }
		}
		if err := json.Unmarshal(text, &page); err != nil {
			return "", err
		}
		for _, item := range page.Items {
			if item.Event != "new" || c.told[item.ID] {
				return "", fmt.Errorf("a bot is told that %s (%s) is %s, after it was told of it: %t", item.URL, item.ID, item.Event, c.told[item.ID])
			}
			c.told[item.ID] = true
		}
		c.last = page.Last
		return page.Next, nil
	})
}

// pages reads what stands at a path, and what each says comes next.
func (c *crash) pages(ctx context.Context, path string, read func(text []byte) (next string, err error)) error {
	for path != "" {
		text, err := c.samenloop(ctx, "feed", path)
		if err != nil {
			return err
		}
		next, err := read(text)
		if err != nil {
			return err
		}
		path = ""
		if u, err := url.Parse(next); err == nil && next != "" {
			path = u.RequestURI()
		}
	}
	return nil
}

// verdict counts what is left against what was published.
func (c *crash) verdict(ctx context.Context, out io.Writer, kills, writes int) error {
	published := sources * int(c.farm.items.Load())
	stored, err := c.samenloop(ctx, "post list", "-json")
	if err != nil {
		return err
	}
	posts := strings.Count(string(stored), "\n")
	distinct := map[string]bool{}
	for _, id := range c.ids {
		distinct[id] = true
	}
	fmt.Fprintf(out, "%d kills, %d of them at the n-th write, %d when the round had ended (%v and %d writes, the last one)\n",
		kills+writes, writes, c.late, c.whole.time.Round(time.Millisecond), c.whole.writes)
	fmt.Fprintf(out, "%d published, %d stored, %d emitted, %d ids, %d told to a bot\n", published, posts, len(c.ids), len(distinct), len(c.told))
	if posts != published || len(c.ids) != published || len(distinct) != published || len(c.told) != published {
		return errors.New("these are to be equal")
	}
	return nil
}

const sources = 8

// farm is some sites with a feed each, that grow.
type farm struct {
	*http.Server
	address string
	items   atomic.Int64 // in each feed
}

func startFarm() (*farm, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	f := &farm{address: l.Addr().String()}
	f.items.Store(5)
	f.Server = &http.Server{Handler: f}
	go f.Serve(l)
	return f, nil
}

// config reads the farm into a database.
func (f *farm) config(database string) string {
	text := fmt.Sprintf("[site]\ndatabase = %q\n", database) + "[fetch]\nallow_networks = [\"127.0.0.0/8\"]\n[[topic]]\nid = \"web\"\nhashtags = [\"web\"]\n"
	for i := range sources {
		text += fmt.Sprintf("[[source]]\nid = \"s%d\"\nurl = \"http://%s/s%d\"\nfull_text = false\n", i, f.address, i)
	}
	return text
}

// newestItems is how many items a feed shows: like real ones, not all that there ever were.
const newestItems = 40

func (f *farm) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := f.items.Load()
	etag := fmt.Sprintf(`"%s-%d"`, r.URL.Path, n)
	w.Header().Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	fmt.Fprintf(w, `<rss version="2.0"><channel><title>%s</title>`, r.URL.Path)
	for i := n; i > max(0, n-newestItems); i-- {
		fmt.Fprintf(w, `<item><title>Item %d</title><link>http://%s%s/%d</link><guid>%d</guid><description>%s #web</description></item>`,
			i, r.Host, r.URL.Path, i, i, prose(r.URL.Path, i))
	}
	fmt.Fprint(w, `</channel></rss>`)
}

// proseOf is the text of the item at a URL.
func (f *farm) proseOf(itemURL string) string {
	path, number, _ := strings.Cut(strings.TrimPrefix(itemURL, "http://"+f.address+"/"), "/")
	item, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return "an address of the farm"
	}
	return strings.TrimSpace(prose("/"+path, item))
}

// prose is some text of an item that no other has: the same text elsewhere would be the same story.
func prose(path string, item int64) string {
	rng := rand.New(rand.NewPCG(uint64(item), uint64(path[len(path)-1])))
	var b strings.Builder
	for range 100 {
		fmt.Fprintf(&b, "word%d ", rng.IntN(10_000))
	}
	return b.String()
}
