package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// crowd are connections that are made anew whenever they are ended.
type crowd struct {
	sync.WaitGroup
	address string
	made    sync.Map // of the kinds, which were let in
}

// come keeps n connections of a kind there until ctx ends; each lasts until act returns.
func (c *crowd) come(ctx context.Context, kind string, n int, act func(context.Context, *net.TCPConn)) {
	for range n {
		c.Go(func() {
			for ctx.Err() == nil {
				if conn, err := net.Dial("tcp", c.address); err == nil {
					c.made.Store(kind, true)
					stop := context.AfterFunc(ctx, func() { conn.Close() })
					act(ctx, conn.(*net.TCPConn))
					stop()
					conn.Close()
				}
				wait(ctx, time.Second)
			}
		})
	}
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// However many sit at the door, say a byte a second or take their answers as slowly, who
// comes to read is answered, and the memory does not grow with them.
func TestFrontDoor(t *testing.T) {
	takesLong(t)
	const (
		lasts      = 15 * time.Second // longer than any of them may stay
		mostTime   = 2 * time.Second
		mostGrowth = 200 << 20 // bytes
	)
	source := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `<rss version="2.0"><channel><title>T</title><item><title>One #web</title><guid>1</guid><description>%s</description></item></channel></rss>`, strings.Repeat("Many words. ", 15_000))
	}))
	defer source.Close()
	path := filepath.Join(t.TempDir(), "config.toml")
	writeFile(t, path, configText("web", "", source.URL))
	cmd, base := startServe(t, "-config", path)
	until(t, base+"/feed.json", "One #web")
	before := resident(t, cmd.Process.Pid)

	ctx, leave := context.WithTimeout(t.Context(), lasts)
	defer leave()
	c := &crowd{address: strings.TrimPrefix(base, "http://")}
	defer c.Wait()
	get := "GET /feed.atom HTTP/1.1\r\nHost: " + c.address + "\r\n"
	toEnd := func(conn *net.TCPConn) { io.Copy(io.Discard, conn) }
	c.come(ctx, "silent", 1000, func(_ context.Context, conn *net.TCPConn) { toEnd(conn) })
	c.come(ctx, "idle", 1000, func(_ context.Context, conn *net.TCPConn) {
		io.WriteString(conn, get+"\r\n")
		toEnd(conn)
	})
	c.come(ctx, "a byte a second", 400, func(ctx context.Context, conn *net.TCPConn) {
		for _, b := range []byte(get) {
			if _, err := conn.Write([]byte{b}); err != nil {
				return
			}
			wait(ctx, time.Second)
		}
	})
	c.come(ctx, "slow reader", 200, func(ctx context.Context, conn *net.TCPConn) {
		conn.SetReadBuffer(4 << 10)
		go io.WriteString(conn, strings.Repeat(get+"\r\n", 50)) // more than the system keeps for them
		for b := make([]byte, 1); ctx.Err() == nil; wait(ctx, time.Second) {
			if _, err := conn.Read(b); err != nil {
				return
			}
		}
	})

	bare := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "here") }))
	defer bare.Close()
	elsewhere := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}} // another house than theirs
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: elsewhere.DialContext}, Timeout: 30 * time.Second}
	ask := func(url string, slowest *time.Duration) {
		began := time.Now()
		resp, err := client.Get(url)
		if err != nil {
			t.Errorf("while others sit there: %v", err)
			return
		}
		defer resp.Body.Close()
		if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %s, %v", url, resp.Status, err)
		}
		*slowest = max(*slowest, time.Since(began))
	}
	var ours, bares time.Duration
	asked, grown := 0, int64(0)
	for ; ctx.Err() == nil; wait(ctx, 20*time.Millisecond) {
		ask(base+[]string{"/feed.atom", "/en/feed.json", "/en/", "/nl/feed.rss"}[asked%4], &ours)
		ask(bare.URL, &bares)
		grown = max(grown, resident(t, cmd.Process.Pid)-before)
		asked++
	}
	for _, kind := range []string{"silent", "idle", "a byte a second", "slow reader"} {
		if _, ok := c.made.Load(kind); !ok {
			t.Errorf("none that is %s ever came in", kind)
		}
	}
	t.Logf("%d asked, answered within %v (a bare handler: %v); %d MB more memory", asked, ours, bares, grown>>20)
	if ours > max(mostTime, 10*bares) {
		t.Errorf("an answer took %v; a bare handler that nobody crowds took %v", ours, bares)
	}
	if grown > mostGrowth {
		t.Errorf("the memory grew by %d MB", grown>>20)
	}
	c.Wait()
	ends(t, cmd)
}

// resident is the memory of a process, in bytes (proc_pid_status(5)).
func resident(t *testing.T, pid int) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	kB, err := strconv.ParseInt(strings.Fields(rest + " 0")[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return kB << 10
}
