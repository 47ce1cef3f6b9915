package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// publisher is a server that writes down when it was asked for what, in virtual time.
type publisher struct {
	sync.Mutex
	now   time.Time
	asked map[string][]visitSeen // by path
	open  map[string]int         // requests at this moment, by host
	most  int                    // on one host at once
}

type visitSeen struct {
	at             time.Time
	status         int
	agent, accepts string // User-Agent, Accept-Encoding
}

// answers say how a feed is served, by header and document. What it shows changes every 12 hours.
type answers func(p *publisher, w http.ResponseWriter, r *http.Request) (status int)

// conditional is a feed with validators, in which a %d stands for what it shows. Headers
// come with both a document and a 304, or with a document alone.
func conditional(etag, modified string, always, with200 http.Header, channel string) answers {
	return func(p *publisher, w http.ResponseWriter, r *http.Request) int {
		edition := p.now.Unix() / (12 * 3600)
		set := func(h http.Header) {
			for name, values := range h {
				if w.Header()[name] = values; name == "Expires" {
					w.Header().Set("Date", p.now.UTC().Format(http.TimeFormat))
					w.Header().Set(name, p.now.Add(4*time.Hour).UTC().Format(http.TimeFormat))
				}
			}
		}
		set(always)
		matches := etag+modified != ""
		for _, v := range []struct{ name, asks, format string }{{"ETag", "If-None-Match", etag}, {"Last-Modified", "If-Modified-Since", modified}} {
			if v.format != "" {
				value := fmt.Sprintf(v.format, edition)
				w.Header().Set(v.name, value)
				matches = matches && r.Header.Get(v.asks) == value
			}
		}
		if matches {
			w.WriteHeader(http.StatusNotModified)
			return http.StatusNotModified
		}
		set(with200)
		fmt.Fprintf(w, `<rss version="2.0" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel><title>x</title>%s<item><title>n %d #web</title><guid>%[2]d</guid><description>x</description></item></channel></rss>`, channel, edition)
		return http.StatusOK
	}
}

// refuses is an answer without a feed; after, where it is not zero, is its Retry-After.
func refuses(status int, after time.Duration, asDate bool) answers {
	return func(p *publisher, w http.ResponseWriter, r *http.Request) int {
		switch {
		case asDate:
			w.Header().Set("Retry-After", p.now.Add(after).UTC().Format(http.TimeFormat))
		case after > 0:
			w.Header().Set("Retry-After", fmt.Sprint(int(after.Seconds())))
		}
		w.WriteHeader(status)
		return status
	}
}

func redirects(status int, to string) answers {
	return func(p *publisher, w http.ResponseWriter, r *http.Request) int {
		http.Redirect(w, r, to, status)
		return status
	}
}

var hourly = conditional(`"%d"`, "", nil, nil, "")

// manners is what publishers ask for: how often, in 48 hours, and how far apart.
var manners = []struct {
	name, path  string
	answer      answers
	least, most int
	apart       time.Duration
}{
	{"an ETag", "/etag", hourly, 36, 48, time.Hour},
	{"a weak ETag", "/weak", conditional(`W/"%d"`, "", nil, nil, ""), 36, 48, time.Hour},
	{"Last-Modified, verbatim", "/date", conditional("", "a date %d", nil, nil, ""), 36, 48, time.Hour},
	{"both, verbatim", "/both", conditional(`"b%d"`, "date %d", nil, nil, ""), 36, 48, time.Hour},
	{"no validators", "/plain", conditional("", "", nil, nil, ""), 2, 3, 24 * time.Hour},
	{"max-age", "/maxage", conditional(`"%d"`, "", http.Header{"Cache-Control": {"max-age=14400"}}, nil, ""), 9, 12, 4 * time.Hour},
	{"max-age across a 304", "/maxage304", conditional(`"%d"`, "", nil, http.Header{"Cache-Control": {"max-age=14400"}}, ""), 9, 12, 4 * time.Hour},
	{"Expires", "/expires", conditional(`"%d"`, "", http.Header{"Expires": nil}, nil, ""), 9, 12, 4 * time.Hour},
	{"ttl across a 304", "/ttl", conditional(`"%d"`, "", nil, nil, "<ttl>240</ttl>"), 9, 12, 4 * time.Hour},
	{"sy:updatePeriod across a 304", "/period", conditional(`"%d"`, "", nil, nil, "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>"), 3, 4, 12 * time.Hour},
	{"a hint of a year", "/year", conditional(`"%d"`, "", nil, nil, "<sy:updatePeriod>yearly</sy:updatePeriod>"), 2, 3, 24 * time.Hour},
	{"410", "/gone", refuses(410, 0, false), 1, 1, 0},
	{"404 again and again", "/missing", refuses(404, 0, false), 5, 8, time.Hour},
	{"500 again and again", "/broken", refuses(500, 0, false), 5, 8, time.Hour},
	{"429 and seconds", "/429", refuses(429, 8*time.Hour, false), 4, 6, 8 * time.Hour},
	{"429 and a date", "/429date", refuses(429, 8*time.Hour, true), 4, 6, 8 * time.Hour},
	{"503 and seconds", "/503", refuses(503, 8*time.Hour, false), 4, 6, 8 * time.Hour},
	{"503 and a date", "/503date", refuses(503, 8*time.Hour, true), 4, 6, 8 * time.Hour},
	{"301 within the site: three times", "/moved", redirects(301, "/moved-to"), 3, 3, time.Hour},
	{"308 within the site: three times", "/moved8", redirects(308, "/moved8-to"), 3, 3, time.Hour},
	{"302 is for this once", "/found", redirects(302, "/found-at"), 36, 48, time.Hour},
}

func (p *publisher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.Lock()
	p.open[r.Host]++
	p.most = max(p.most, p.open[r.Host])
	p.Unlock()
	runtime.Gosched() // so that requests that may meet do
	p.Lock()
	defer p.Unlock()
	seen := visitSeen{at: p.now, agent: r.UserAgent(), accepts: r.Header.Get("Accept-Encoding")}
	for _, m := range manners {
		if m.path == r.URL.Path {
			seen.status = m.answer(p, w, r)
		}
	}
	switch {
	case seen.status != 0:
	case r.URL.Path == "/robots.txt":
		fmt.Fprint(w, "User-agent: *\nDisallow: /private\n")
	case r.URL.Path == "/summaries":
		fmt.Fprintf(w, `<rss version="2.0"><channel><title>x</title><item><title>One</title><link>http://%s/private/1</link></item><item><title>Two</title><link>http://%[1]s/open/1</link></item></channel></rss>`, r.Host)
	case strings.HasSuffix(r.URL.Path, "/1"):
		fmt.Fprint(w, `<!doctype html><html lang="en"><title>A page</title><article><p>An article.</p></article></html>`)
	default: // where redirects lead
		hourly(p, w, r)
	}
	p.open[r.Host]--
	p.asked[r.URL.Path] = append(p.asked[r.URL.Path], seen)
}

// Over two virtual days, with a tick each quarter of an hour, each of which is a start
// of the program, every publisher is asked as it would like to be.
func TestPolite(t *testing.T) {
	p := &publisher{now: time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC), asked: map[string][]visitSeen{}, open: map[string]int{}}
	host := func() string {
		server := httptest.NewServer(p)
		t.Cleanup(server.Close)
		return server.URL
	}
	conf := "[fetch]\nallow_networks = [\"127.0.0.0/8\"]\ncontact = \"planet@example.org\"\n[[topic]]\nid = \"web\"\nhashtags = [\"web\"]\n"
	source := func(address string, full bool) {
		conf += fmt.Sprintf("[[source]]\nid = \"s%d\"\nurl = %q\nfull_text = %t\n", strings.Count(conf, "[[source]]"), address, full)
	}
	shared := host()
	for _, m := range manners {
		if strings.Contains(m.name, "again") || m.least > 9 {
			source(shared+m.path, false) // many on one host
		} else {
			source(host()+m.path, false) // Retry-After of one would quiet the others
		}
	}
	elsewhere := host()
	away := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.Lock()
		p.asked["/away"] = append(p.asked["/away"], visitSeen{at: p.now})
		p.Unlock()
		http.Redirect(w, r, elsewhere+"/there", http.StatusMovedPermanently)
	}))
	defer away.Close()
	source(away.URL+"/away", false)
	source(shared+"/summaries", true)
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
	count := func(t *testing.T, path string, least, most int, apart time.Duration) {
		t.Helper()
		seen := p.asked[path]
		if len(seen) < least || len(seen) > most {
			t.Errorf("%s was asked %d times, want %d to %d", path, len(seen), least, most)
		}
		for i := 1; i < len(seen); i++ {
			if d := seen[i].at.Sub(seen[i-1].at); d < apart {
				t.Errorf("%s was asked again after %v", path, d)
			}
		}
	}
	for _, m := range manners {
		t.Run(m.name, func(t *testing.T) { count(t, m.path, m.least, m.most, m.apart) })
	}
	t.Run("what moved within the site is read there", func(t *testing.T) {
		count(t, "/moved-to", 36, 48, time.Hour)
		count(t, "/moved8-to", 36, 48, time.Hour)
	})
	t.Run("a move to another site waits for the operator", func(t *testing.T) {
		count(t, "/away", 36, 48, time.Hour)
		count(t, "/there", 36, 48, time.Hour)
	})
	t.Run("304 where nothing changed", func(t *testing.T) {
		all, unchanged := 0, 0
		for _, path := range []string{"/etag", "/weak", "/date", "/both", "/moved-to", "/there"} {
			all += len(p.asked[path])
			for _, v := range p.asked[path] {
				if v.status == http.StatusNotModified || v.status == 0 {
					unchanged++
				}
			}
		}
		if share := 100 * unchanged / all; share < 85 {
			t.Errorf("%d %% answered 304, want 85", share)
		}
	})
	t.Run("each asks for gzip and says who it is", func(t *testing.T) {
		for path, seen := range p.asked {
			for _, v := range seen {
				if path != "/away" && (v.accepts != "gzip" || !strings.Contains(v.agent, "samenloop/") || !strings.Contains(v.agent, "planet@example.org")) {
					t.Fatalf("%s: asked by %q, for %q", path, v.agent, v.accepts)
				}
			}
		}
	})
	t.Run("two open on a host at most", func(t *testing.T) {
		if p.most > 2 {
			t.Errorf("%d requests open at once on one host", p.most)
		}
	})
	t.Run("pages by robots.txt, once each", func(t *testing.T) {
		count(t, "/robots.txt", 1, 2, 0)
		count(t, "/open/1", 1, 1, 0)
		count(t, "/private/1", 0, 0, 0)
	})
	t.Run("not all at once", func(t *testing.T) {
		ticks, asked := map[time.Time]bool{}, 0
		for _, m := range manners {
			if m.least == 36 {
				for _, v := range p.asked[m.path] {
					ticks[v.at] = true
					asked++
				}
			}
		}
		if len(ticks) < asked/3 {
			t.Errorf("asked %d times, at %d ticks", asked, len(ticks))
		}
	})
}
