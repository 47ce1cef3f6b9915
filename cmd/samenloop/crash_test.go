package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Killed at random moments of its rounds, the program loses no post, repeats
// none, and changes no id that anybody may have seen.
func TestKilled(t *testing.T) {
	const sources, kills = 8, 25
	var published atomic.Int64 // items in each feed
	published.Store(5)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := published.Load()
		etag := fmt.Sprintf(`"%s-%d"`, r.URL.Path, n)
		w.Header().Set("ETag", etag)
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		fmt.Fprintf(w, `<rss version="2.0"><channel><title>%s</title>`, r.URL.Path)
		for i := n; i > 0; i-- {
			fmt.Fprintf(w, `<item><title>Item %d</title><link>http://%s%s/%d</link><guid>%d</guid><description>%s #web</description></item>`,
				i, r.Host, r.URL.Path, i, i, strings.Repeat("Some words. ", 50))
		}
		fmt.Fprint(w, `</channel></rss>`)
	}))
	defer server.Close()
	dir := t.TempDir()
	conf := "[fetch]\nallow_networks = [\"127.0.0.0/8\"]\n[[topic]]\nid = \"web\"\nhashtags = [\"web\"]\n"
	for i := range sources {
		conf += fmt.Sprintf("[[source]]\nid = \"s%d\"\nurl = \"%s/s%d\"\nfull_text = false\n", i, server.URL, i)
	}
	config := filepath.Join(dir, "config.toml")
	if err := os.WriteFile(config, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{} // URL of a post → id it was seen with
	look := func() {
		path := "/feed.json"
		for path != "" {
			out, err := exec.CommandContext(t.Context(), "samenloop", "feed", "-config", config, path).CombinedOutput()
			if err != nil {
				if strings.Contains(string(out), "no database") {
					return
				}
				t.Fatalf("feed: %v: %s", err, out)
			}
			var feed struct {
				Next  string `json:"next_url"`
				Items []struct{ ID, URL string }
			}
			if err := json.Unmarshal(out, &feed); err != nil {
				t.Fatal(err)
			}
			for _, item := range feed.Items {
				if was, ok := ids[item.URL]; ok && was != item.ID {
					t.Fatalf("%s had the id %s, now %s", item.URL, was, item.ID)
				}
				ids[item.URL] = item.ID
			}
			path = strings.TrimPrefix(feed.Next, "http://127.0.0.1:8080")
		}
	}
	rng := rand.New(rand.NewPCG(7, 7))
	for i := range kills {
		if i%3 == 0 {
			published.Add(1)
		}
		cmd := exec.CommandContext(t.Context(), "samenloop", "poll", "-config", config)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Duration(rng.IntN(60))*time.Millisecond, func() { cmd.Process.Kill() })
		cmd.Wait()
		if i%5 == 0 {
			look()
		}
	}
	if out, err := exec.CommandContext(t.Context(), "samenloop", "poll", "-config", config).CombinedOutput(); err != nil {
		t.Fatalf("the round after: %v: %s", err, out)
	}
	look()
	want := sources * int(published.Load())
	if len(ids) != want {
		t.Errorf("%d posts emitted, %d published", len(ids), want)
	}
	distinct := map[string]bool{}
	for _, id := range ids {
		distinct[id] = true
	}
	if len(distinct) != want {
		t.Errorf("%d ids for %d posts", len(distinct), want)
	}
	out, err := exec.CommandContext(t.Context(), "samenloop", "post", "list", "-json", "-config", config).Output()
	if n := strings.Count(string(out), "\n"); err != nil || n != want {
		t.Errorf("%d posts stored (%v), %d published", n, err, want)
	}
}
