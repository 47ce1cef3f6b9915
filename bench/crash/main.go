// Command crash kills samenloop at random moments of its rounds, again and
// again, and then looks whether every post that was published is stored and
// emitted exactly once, under one id.
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
	}
	if err := os.WriteFile(c.config, []byte(farm.config()), 0o600); err != nil {
		return err
	}
	for i := range kills + writes {
		if i%3 == 0 {
			farm.items.Add(1)
		}
		atWrite := i >= kills
		if err := c.kill(ctx, atWrite, i%2 == 1); err != nil {
			return err
		}
		if i%25 == 24 {
			if err := c.look(ctx); err != nil {
				return fmt.Errorf("after %d kills: %w", i+1, err)
			}
		}
	}
	if text, err := c.samenloop(ctx, "poll"); err != nil {
		return fmt.Errorf("the round after: %w: %s", err, text)
	}
	if err := c.look(ctx); err != nil {
		return err
	}
	return c.verdict(ctx, out, kills, writes)
}

// crash is one series of kills.
type crash struct {
	binary, config string
	farm           *farm
	rng            *rand.Rand
	ids            map[string]string // URL of a post → the id that it was first seen with
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

// longestRound is about how long a round lasts here; kills fall anywhere in it.
const longestRound = 120 * time.Millisecond

// kill starts a round and kills it: after some time, or once it has written n times.
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
		n := 1 + c.rng.IntN(150)
		for wrote(cmd.Process.Pid) < n {
			select {
			case <-done:
			default:
				continue
			}
			break
		}
	} else {
		select {
		case <-done:
		case <-time.After(time.Duration(c.rng.Int64N(int64(longestRound)))):
		}
	}
	cmd.Process.Kill() // SIGKILL: nothing is told to the process
	<-done
	if other != nil {
		other.Process.Kill()
		other.Wait()
	}
	return nil
}

var written = regexp.MustCompile(`(?m)^syscw: (\d+)$`)

// wrote is how many system calls that write a process has made.
func wrote(pid int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", pid))
	m := written.FindSubmatch(text)
	if err != nil || m == nil {
		return 1 << 30 // it has ended
	}
	n, _ := strconv.Atoi(string(m[1]))
	return n
}

// look reads all pages of the feed, as a reader would, and compares ids with those seen before.
func (c *crash) look(ctx context.Context) error {
	for path := "/feed.json"; path != ""; {
		text, err := c.samenloop(ctx, "feed", path)
		if err != nil {
			if strings.Contains(err.Error(), "there is no database") {
				return nil // killed before there was one
			}
			return err
		}
		var page struct {
			Next  string `json:"next_url"`
			Items []struct{ ID, URL string }
		}
		if err := json.Unmarshal(text, &page); err != nil {
			return err
		}
		for _, item := range page.Items {
			if was, ok := c.ids[item.URL]; ok && was != item.ID {
				return fmt.Errorf("%s had the id %s, now it has %s", item.URL, was, item.ID)
			}
			c.ids[item.URL] = item.ID
		}
		path = ""
		if next, err := url.Parse(page.Next); err == nil && page.Next != "" {
			path = next.RequestURI()
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
	fmt.Fprintf(out, "%d kills, %d at the n-th write: %d published, %d stored, %d emitted, %d ids\n",
		kills+writes, writes, published, posts, len(c.ids), len(distinct))
	if posts != published || len(c.ids) != published || len(distinct) != published {
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

func (f *farm) config() string {
	text := "[fetch]\nallow_networks = [\"127.0.0.0/8\"]\n[[topic]]\nid = \"web\"\nhashtags = [\"web\"]\n"
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

// prose is some text of an item that no other has: the same text elsewhere would be the same story.
func prose(path string, item int64) string {
	rng := rand.New(rand.NewPCG(uint64(item), uint64(path[len(path)-1])))
	var b strings.Builder
	for range 100 {
		fmt.Fprintf(&b, "word%d ", rng.IntN(10_000))
	}
	return b.String()
}
