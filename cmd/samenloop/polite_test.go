package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// publisher is a server that writes down when it was asked for what, in virtual time.
type publisher struct {
	*httptest.Server
	sync.Mutex
	now   time.Time
	asked map[string][]visitSeen
	open  map[string]int // requests at this moment, by host
	most  int            // on one host at once
}

type visitSeen struct {
	at                 time.Time
	status             int
	etag, since, agent string
	gzip               bool
}

// feeds of the publisher: what each answers. The content changes every 12 hours.
var politeFeeds = map[string]func(p *publisher, w http.ResponseWriter, r *http.Request) int{
	"/etag": func(p *publisher, w http.ResponseWriter, r *http.Request) int {
		return p.conditional(w, r, `"%d"`, "", nil)
	},
	"/weak": func(p *publisher, w http.ResponseWriter, r *http.Request) int {
		return p.conditional(w, r, `W/"%d"`, "", nil)
	},
	"/date": func(p *publisher, w http.ResponseWriter, r *http.Request) int {
		return p.conditional(w, r, "", "a date %d", nil)
	},
	"/both": func(p *publisher, w http.ResponseWriter, r *http.Request) int {
		return p.conditional(w, r, `"b%d"`, "date %d", nil)
	},
	"/maxage": func(p *publisher, w http.ResponseWriter, r *http.Request) int {
		return p.conditional(w, r, `"%d"`, "", http.Header{"Cache-Control": {"max-age=14400"}})
	},
	"/ttl": func(p *publisher, w http.ResponseWriter, r *http.Request) int {
		return p.conditional(w, r, `"%d"`, "", http.Header{"X-Ttl": {"240"}})
	},
	"/plain":   func(p *publisher, w http.ResponseWriter, r *http.Request) int { return p.feed(w, 0, "") },
	"/gone":    status(410),
	"/missing": status(404),
	"/broken":  status(500),
	"/later": func(p *publisher, w http.ResponseWriter, r *http.Request) int {
		w.Header().Set("Retry-After", p.now.Add(8*time.Hour).UTC().Format(http.TimeFormat))
		w.WriteHeader(503)
		return 503
	},
}

func status(code int) func(*publisher, http.ResponseWriter, *http.Request) int {
	return func(_ *publisher, w http.ResponseWriter, _ *http.Request) int {
		w.WriteHeader(code)
		return code
	}
}

func (p *publisher) conditional(w http.ResponseWriter, r *http.Request, etag, modified string, h http.Header) int {
	edition := p.now.Unix() / (12 * 3600)
	for k, v := range h {
		w.Header()[k] = v
	}
	matches := true
	for name, format := range map[string]string{"ETag": etag, "Last-Modified": modified} {
		if format == "" {
			continue
		}
		value := fmt.Sprintf(format, edition)
		w.Header().Set(name, value)
		asked := map[string]string{"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}[name]
		matches = matches && r.Header.Get(asked) == value
	}
	if matches {
		w.WriteHeader(http.StatusNotModified)
		return http.StatusNotModified
	}
	return p.feed(w, edition, h.Get("X-Ttl"))
}

func (p *publisher) feed(w http.ResponseWriter, edition int64, ttl string) int {
	if ttl != "" {
		ttl = "<ttl>" + ttl + "</ttl>"
	}
	fmt.Fprintf(w, `<rss version="2.0"><channel><title>x</title>%s<item><title>n %d #web</title><guid>%d</guid><description>x</description></item></channel></rss>`, ttl, edition, edition)
	return 200
}

func (p *publisher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.Lock()
	p.open[r.Host]++
	p.most = max(p.most, p.open[r.Host])
	p.Unlock()
	runtime.Gosched() // so that requests that may meet do
	p.Lock()
	defer p.Unlock()
	seen := visitSeen{at: p.now, etag: r.Header.Get("If-None-Match"), since: r.Header.Get("If-Modified-Since"), agent: r.UserAgent(), gzip: r.Header.Get("Accept-Encoding") == "gzip"}
	seen.status = politeFeeds[r.URL.Path](p, w, r)
	p.open[r.Host]--
	p.asked[r.URL.Path] = append(p.asked[r.URL.Path], seen)
}

// Over two virtual days, with a tick each quarter of an hour, every publisher is
// asked as it would like to be.
func TestPolite(t *testing.T) {
	p := &publisher{now: time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC), asked: map[string][]visitSeen{}, open: map[string]int{}}
	p.Server = httptest.NewServer(p)
	defer p.Close()
	// Each feed on a host of its own, or Retry-After of one would quiet all.
	later := httptest.NewServer(p)
	defer later.Close()
	conf := "[fetch]\nallow_networks = [\"127.0.0.0/8\"]\ncontact = \"planet@example.org\"\n[[topic]]\nid = \"web\"\nhashtags = [\"web\"]\n"
	for path := range politeFeeds {
		host := p.URL
		if path == "/later" {
			host = later.URL
		}
		conf += fmt.Sprintf("[[source]]\nid = %q\nurl = %q\nfull_text = false\n", path[1:], host+path)
	}
	config := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(config, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	start := p.now
	for tick := range 48 * 4 {
		p.Lock()
		p.now = start.Add(time.Duration(tick) * 15 * time.Minute)
		p.Unlock()
		var out, errs bytes.Buffer
		if code := run([]string{"poll", "-config", config, "-due", "-now", p.now.Format(time.RFC3339)}, nil, &out, &errs); code > 1 {
			t.Fatalf("poll: %s", errs.String())
		}
	}
	count := func(path string, least, most int) []visitSeen {
		t.Helper()
		seen := p.asked[path]
		if len(seen) < least || len(seen) > most {
			t.Errorf("%s was asked %d times, want %d to %d", path, len(seen), least, most)
		}
		return seen
	}
	apart := func(path string, least time.Duration) {
		t.Helper()
		for i, v := range p.asked[path][1:] {
			if d := v.at.Sub(p.asked[path][i].at); d < least {
				t.Errorf("%s was asked again after %v", path, d)
			}
		}
	}
	all, unchanged := 0, 0
	for _, path := range []string{"/etag", "/weak", "/date", "/both"} {
		for _, v := range count(path, 30, 48) {
			all++
			if v.status == 304 {
				unchanged++
			}
			if !v.gzip || !strings.Contains(v.agent, "samenloop/") || !strings.Contains(v.agent, "planet@example.org") {
				t.Errorf("%s: asked by %q", path, v.agent)
			}
		}
		apart(path, time.Hour)
	}
	if share := 100 * unchanged / all; share < 85 {
		t.Errorf("%d %% answered 304, want 85", share)
	}
	count("/maxage", 9, 12)
	apart("/maxage", 4*time.Hour)
	count("/ttl", 9, 12)
	apart("/ttl", 4*time.Hour)
	count("/plain", 2, 3) // it never answers conditionally: daily
	count("/gone", 1, 1)
	count("/missing", 5, 8)
	apart("/missing", time.Hour)
	count("/broken", 5, 8)
	count("/later", 4, 6)
	apart("/later", 8*time.Hour)
	if p.most > 2 {
		t.Errorf("%d requests open at once on one host", p.most)
	}
	t.Log(strconv.Itoa(100*unchanged/all) + " % answered 304")
}
