package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// served is a site of which the test says what it answers next.
type served struct {
	*httptest.Server
	mu     sync.Mutex
	answer http.HandlerFunc
}

func newServed(t *testing.T) *served {
	s := &served{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.answer(w, q)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *served) set(answer http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

const (
	honestText = "The city council decided on Tuesday that every neighbourhood gets its own library again, with reading rooms, quiet corners and a place where children make their homework after school."
	stolenText = "Buy our wonderful pills today, they are cheap and they are good, and nobody will ever know that you did, since we send them in a plain brown box by ordinary mail to any place."
)

// shownFeed is /feed.json, all of it.
func shownFeed(t *testing.T, config string) (items []struct{ ID, URL, Title string }) {
	t.Helper()
	for path := "/feed.json"; path != ""; {
		var feed struct {
			Next  string `json:"next_url"`
			Items []struct{ ID, URL, Title string }
		}
		out := runProgram(t, "feed", "-config", config, path)
		if err := json.Unmarshal([]byte(out.stdout), &feed); err != nil {
			t.Fatal(err, out.errs)
		}
		items = append(items, feed.Items...)
		path = strings.TrimPrefix(feed.Next, "http://127.0.0.1:8080")
	}
	return items
}

// Nobody speaks for another, whoever is read first: the honest source leads
// its own article, and nothing of it is lost.
func TestNobodySpeaksForAnother(t *testing.T) {
	takesLong(t)
	const dated = "<pubDate>Mon, 16 Nov 2026 10:00:00 GMT</pubDate>"
	honestItem := func(h string) string {
		return itemOf(fmt.Sprintf(`<guid>%s/article</guid><title>Honest title</title><link>%s/article</link><description>%s</description>%s`, h, h, honestText, dated))
	}
	stolen := func(guid, link, more string) string {
		return itemOf(fmt.Sprintf(`<guid isPermaLink="false">%s</guid><title>Stolen title</title><link>%s</link><description>%s</description>%s`, guid, link, stolenText, more))
	}
	early := "<pubDate>Mon, 02 Jan 1995 10:00:00 GMT</pubDate>"
	thefts := map[string]func(h, me string) string{
		"guid": func(h, me string) string { return rssOf(stolen(h+"/article", me+"/pills", dated)) },
		"guid as a permalink": func(h, me string) string {
			return strings.ReplaceAll(rssOf(stolen(h+"/article", "", dated)), `"false"`, `"true"`)
		},
		"address":          func(h, me string) string { return rssOf(stolen("1", h+"/article", dated)) },
		"address, earlier": func(h, me string) string { return rssOf(stolen("1", h+"/article", early)) },
		"address, later": func(h, me string) string {
			return rssOf(stolen("1", h+"/article", "<pubDate>Fri, 31 Dec 9999 00:00:00 GMT</pubDate>"))
		},
		"address, undated":   func(h, me string) string { return rssOf(stolen("1", h+"/article", "")) },
		"address, disguised": func(h, me string) string { return rssOf(stolen("1", h+"/article/?utm_source=x#y", early)) },
		"guid and address":   func(h, me string) string { return rssOf(stolen(h+"/article", h+"/article", early)) },
		"address and credentials": func(h, me string) string {
			return rssOf(stolen("1", strings.Replace(h, "http://", "http://x@", 1)+"/article", early))
		},
		"address and title": func(h, me string) string {
			return strings.ReplaceAll(rssOf(stolen(h+"/article", h+"/article", early)), "Stolen title", "Honest title")
		},
		"origLink": func(h, me string) string {
			return strings.Replace(rssOf(stolen("1", me+"/pills", "<fb:origLink>"+h+"/article</fb:origLink>"+early)), "<rss ", `<rss xmlns:fb="http://rssnamespace.org/feedburner/ext/1.0" `, 1)
		},
		"source": func(h, me string) string {
			return atomOf(fmt.Sprintf(`<entry><id>%s/article</id><title>Stolen title</title><link href="%s/article"/><published>1995-01-02T00:00:00Z</published><content>%s</content><source><id>%s/feed</id><link rel="self" href="%s/feed"/></source></entry>`, h, h, stolenText, h, h))
		},
		"self and base": func(h, me string) string {
			return strings.Replace(atomOf(fmt.Sprintf(`<link rel="self" href="%s/feed"/><link href="%s/"/><entry><id>1</id><title>Stolen title</title><link href="article"/><published>1995-01-02T00:00:00Z</published><content>%s</content></entry>`, h, h, stolenText)), "<feed ", `<feed xml:base="`+h+`/" `, 1)
		},
		"JSON": func(h, me string) string {
			return jsonOf(map[string]any{"id": h + "/article", "url": h + "/article", "external_url": h + "/article", "title": "Stolen title", "content_text": stolenText, "date_published": "1995-01-02T00:00:00Z"})
		},
		"a translation it is not": func(h, me string) string {
			return atomOf(fmt.Sprintf(`<entry xml:lang="nl"><id>1</id><title>Stolen title</title><link href="%s/pills"/><link rel="alternate" hreflang="en" href="%s/article"/><published>1995-01-02T00:00:00Z</published><content>%s</content></entry>`, me, h, stolenText))
		},
		"a translated path": func(h, me string) string {
			return atomOf(fmt.Sprintf(`<entry xml:lang="nl"><id>1</id><title>Stolen title</title><link href="%s/nl/article"/><published>1995-01-02T00:00:00Z</published><content>%s</content></entry>`, h, stolenText))
		},
		"a flood at the address": func(h, me string) string {
			var items []string
			for i := range 600 {
				items = append(items, stolen(fmt.Sprint(i), h+"/article", early))
			}
			return rssOf(items...)
		},
		"a flood of other titles at the address": func(h, me string) string {
			var items []string
			for i := range 600 {
				item := stolen(fmt.Sprint(i), h+"/article", early)
				items = append(items, strings.Replace(strings.Replace(item, "Stolen title", fmt.Sprintf("Stolen title %d", i), 1), "Buy our", strings.Repeat(fmt.Sprintf("Take %d of our ", i), 20), 1))
			}
			return rssOf(items...)
		},
		"many at once": func(h, me string) string {
			return rssOf(stolen("1", h+"/article", early), stolen("2", h+"/article", dated), stolen(h+"/article", h+"/article", ""), stolen(h+"/article", me+"/pills", early))
		},
	}
	for name, theft := range thefts {
		for _, order := range [][]string{{"honest", "thief"}, {"thief", "honest"}} {
			t.Run(name+", "+order[0]+" first", func(t *testing.T) {
				t.Parallel()
				honest, thief := newServed(t), newServed(t)
				honest.set(says(strings.Replace(rssOf(honestItem(honest.URL)), "<channel>", "<channel><language>en</language>", 1)))
				thief.set(says(theft(honest.URL, thief.URL)))
				config := hostileConfig(t, t.TempDir(), []*httptest.Server{honest.Server, thief.Server}, []attack{{name: "honest"}, {name: "thief"}}, patientTimeout)
				for range 2 {
					for _, source := range order {
						if r := runProgram(t, "poll", "-config", config, source); r.code != 0 {
							t.Fatal(r.stdout, r.errs)
						}
					}
				}
				leads := 0
				for _, item := range shownFeed(t, config) {
					switch {
					case item.URL == honest.URL+"/article" && item.Title == "Honest title":
						leads++
					case item.URL == honest.URL+"/article":
						t.Errorf("at the honest address stands %q", item.Title)
					}
				}
				if leads != 1 {
					t.Errorf("the honest article stands %d times in the feed", leads)
				}
				mine := 0
				for _, p := range lines[listedPost](t, runProgram(t, "post", "list", "-json", "-config", config).stdout) {
					if p.Source == "honest" {
						mine++
						if p.Title != "Honest title" || !strings.Contains(p.HTML, "every neighbourhood") {
							t.Errorf("the honest post became %q: %s", p.Title, p.HTML)
						}
					}
				}
				if mine != 1 {
					t.Errorf("%d honest posts are stored", mine)
				}
			})
		}
	}
}

// Whoever takes over an address, or empties it, takes nothing back.
func TestTakenOver(t *testing.T) {
	takesLong(t)
	pills := rssOf(itemOf("<guid>p</guid><title>Stolen title</title><link>http://example.org/pills</link><description>" + stolenText + "</description>"))
	for name, now := range map[string]func(thief string) http.HandlerFunc{
		"301 elsewhere": func(thief string) http.HandlerFunc {
			return func(w http.ResponseWriter, q *http.Request) {
				http.Redirect(w, q, thief+"/feed", http.StatusMovedPermanently)
			}
		},
		"302 elsewhere":  func(thief string) http.HandlerFunc { return redirect(thief + "/feed") },
		"another feed":   func(string) http.HandlerFunc { return says(pills) },
		"an empty feed":  func(string) http.HandlerFunc { return says(rssOf()) },
		"a parking page": func(string) http.HandlerFunc { return says("<!doctype html><title>This domain is for sale</title>") },
		"404":            func(string) http.HandlerFunc { return http.NotFound },
		"410": func(string) http.HandlerFunc {
			return func(w http.ResponseWriter, q *http.Request) { w.WriteHeader(http.StatusGone) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			honest, thief := newServed(t), newServed(t)
			item := itemOf(fmt.Sprintf(`<guid>1</guid><title>Honest title</title><link>%s/article</link><description>%s</description>`, honest.URL, honestText))
			honest.set(says(rssOf(item)))
			thief.set(says(pills))
			config := hostileConfig(t, t.TempDir(), []*httptest.Server{honest.Server, thief.Server}, []attack{{name: "honest"}, {name: "thief"}}, patientTimeout)
			if r := runProgram(t, "poll", "-config", config, "honest"); r.code != 0 {
				t.Fatal(r.errs)
			}
			before := shownFeed(t, config)
			honest.set(now(thief.URL))
			for range 5 {
				runProgram(t, "poll", "-config", config, "honest")
			}
			kept := false
			for _, item := range shownFeed(t, config) {
				kept = kept || item == before[0]
			}
			if !kept {
				t.Error("the honest article is no longer as it was")
			}
			honest.set(func(w http.ResponseWriter, q *http.Request) {
				if q.URL.Path == "/feed" {
					says(rssOf(item))(w, q)
				} else {
					http.NotFound(w, q)
				}
			})
			thief.set(http.NotFound) // whoever had moved there would see
			if name != "410" {       // which ends it, until the operator resumes it
				if r := runProgram(t, "poll", "-config", config, "honest"); r.code != 0 {
					t.Errorf("it is no longer asked where it was: %s", r.stdout)
				}
			}
		})
	}
}

// A flood is taken in by the parts that a poll allows, and the others stand where they stood.
func TestFlood(t *testing.T) {
	takesLong(t)
	honest, thief := newServed(t), newServed(t)
	honest.set(neighbour("honest").serve)
	config := hostileConfig(t, t.TempDir(), []*httptest.Server{honest.Server, thief.Server}, []attack{{name: "honest"}, {name: "thief"}}, patientTimeout)
	for round := range 3 {
		var items strings.Builder
		for i := range 3000 {
			fmt.Fprintf(&items, "<item><guid>%d-%d</guid><title>Flood %d of %d</title><link>http://example.org/%d/%d</link><pubDate>Fri, 31 Dec 9999 23:59:59 GMT</pubDate></item>", round, i, i, round, round, i)
		}
		thief.set(says(rssOf(items.String())))
		if r := runProgram(t, "poll", "-config", config); r.code != 0 || r.memory > mostMemory {
			t.Fatal(r.stdout, r.errs, r.memory)
		}
	}
	stored := map[string]int{}
	for _, p := range lines[listedPost](t, runProgram(t, "post", "list", "-json", "-config", config).stdout) {
		stored[p.Source]++
	}
	if stored["honest"] != neighbourPosts || stored["thief"] != 3*500 {
		t.Errorf("stored %v", stored)
	}
	shown := map[bool]int{}
	for _, item := range shownFeed(t, config) {
		shown[strings.HasPrefix(item.URL, honest.URL)]++
	}
	if shown[true] != neighbourPosts {
		t.Errorf("of the honest source %d are shown", shown[true])
	}
}
