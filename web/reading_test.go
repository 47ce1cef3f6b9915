package web

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html/atom"

	"samenloop/i18n"
	"samenloop/post"
)

// What an article on a page says of itself, and where it leads.
func TestArticle(t *testing.T) {
	store := planet()
	e := edition(9, "noord", "nl", "Oproep", "social", "hidden")
	e.Translations = []post.Translation{{Language: "en", URL: "https://noord.example/en"}, {Language: "fy", URL: "https://noord.example/fy"}}
	e.Discussions = []post.Discussion{{URL: "https://social.example/1"}, {URL: "https://social.example/2"}}
	store.editions = append(store.editions, e)
	server := serve(t, newHandler(t, testSite(), store))
	_, page := get(t, server, "GET", "/nl/")
	if text := strings.Join(strings.Fields(elements(t, page, atom.Article)[0]["text"]), " "); text != "Noorderlicht 23 november 2026 Oproep Ook in het English, Frysk 2 reacties Social again Alles hierover" {
		t.Errorf("%q", text)
	}
	for _, want := range []string{
		`<a href="/nl/source/noord/"><bdi>Noorderlicht</bdi></a>`, `<a href="/nl/topic/social/"><bdi>Social again</bdi></a>`,
		`<a href="/story/s9#discussions">2 reacties</a>`, `<a href="https://noord.example/fy" lang="fy" hreflang="fy">Frysk</a>`,
	} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("no %s", want)
		}
	}
}

// The pages of a topic and of a source are in the reader's words, offer their own
// feeds first, and lead to themselves in the other languages.
func TestNarrowPages(t *testing.T) {
	server := serve(t, newHandler(t, testSite(), planet()))
	for _, tt := range []struct {
		path, heading, feed, other string
		articles                   int
	}{
		{"/en/topic/social/", "Social again", "/en/topic/social/feed.atom", "/ar/topic/social/", 1},
		{"/nl/source/west/", "West of here", "/source/west/feed.atom", "/en/source/west/", 2}, // in whatever language they are
	} {
		_, page := get(t, server, "GET", tt.path)
		if h := elements(t, page, atom.H1)[0]["text"]; h != tt.heading {
			t.Errorf("%s: heading %q", tt.path, h)
		}
		if n := len(elements(t, page, atom.Article)); n != tt.articles {
			t.Errorf("%s: %d articles", tt.path, n)
		}
		var first string
		for _, l := range elements(t, page, atom.Link) {
			if l["type"] == "application/atom+xml" {
				first = l["href"]
				break
			}
		}
		if first != tt.feed {
			t.Errorf("%s offers %s first", tt.path, first)
		}
		for _, want := range []string{`<link rel="canonical" href="https://example.org` + tt.path, `<a href="` + tt.other + `"`, `hreflang="x-default" href="https://example.org/` + tt.path[4:]} {
			if !bytes.Contains(page, []byte(want)) {
				t.Errorf("%s: no %s in %s", tt.path, want, page)
			}
		}
	}
}

var (
	olderLink = regexp.MustCompile(`<a href="([^"]*)" rel="next">`)
	newerLink = regexp.MustCompile(`<a href="([^"]*)" rel="prev">`)
)

// Backward in time and forward again, all pages are met at the same addresses;
// where they are files, too, whose first page has another length.
func TestNewerOlder(t *testing.T) {
	for _, static := range []bool{false, true} {
		store := planet()
		for i := range int64(4*articles - 5) {
			store.editions = append(store.editions, edition(100+i, "noord", "nl", fmt.Sprint("Bericht ", i), "social"))
		}
		site := testSite()
		site.Static = static
		server := serve(t, newHandler(t, site, store))
		for _, start := range []string{"/nl/", "/nl/topic/social/", "/en/source/noord/"} {
			walk := func(from string, link *regexp.Regexp) (paths []string) {
				for path := from; path != ""; {
					paths = append(paths, path)
					res, page := get(t, server, "GET", path)
					if res.StatusCode != 200 || len(paths) > 9 {
						t.Fatalf("%s answers %d", path, res.StatusCode)
					}
					if path != start && bytes.Contains(page, []byte("x-default")) {
						t.Errorf("%s says that it is the same page in other languages", path)
					}
					path = ""
					if m := link.FindSubmatch(page); m != nil {
						path = string(m[1])
					}
				}
				return paths
			}
			back := walk(start, olderLink)
			forth := walk(back[len(back)-1], newerLink)
			slices.Reverse(forth)
			if len(back) < 4 || !slices.Equal(back, forth) {
				t.Errorf("static %v: back %q, forth %q", static, back, forth)
			}
		}
	}
}

// A story speaks the language in which it is read: its own address the site's first.
func TestStoryInLanguage(t *testing.T) {
	store := told()
	server := serve(t, newHandler(t, testSite(), store))
	_, front := get(t, server, "GET", "/ar/")
	if !bytes.Contains(front, []byte(`href="/ar/story/s/"`)) {
		t.Error("nothing leads there")
	}
	_, page := get(t, server, "GET", "/ar/story/s/")
	if root := elements(t, page, atom.Html)[0]; root["lang"] != "ar" || root["dir"] != "rtl" {
		t.Errorf("html %v", root)
	}
	for _, want := range []string{
		"كل ما يتعلق بهذا", `href="/ar/source/noord/"`, `href="/ar/story/s3/"`, `<a href="/story/s" lang="nl"`, `<a href="/en/story/s/" lang="en"`,
		`rel="canonical" href="https://example.org/ar/story/s/"`, `hreflang="x-default" href="https://example.org/story/s"`, `activity+json" href="https://example.org/story/s"`,
	} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("no %s in %s", want, page)
		}
	}
	for path, to := range map[string]string{"/nl/story/s/": "/story/s", "/en/story/s": "/en/story/s/"} {
		if res, _ := get(t, server, "GET", path); res.StatusCode != 301 || res.Header.Get("Location") != to {
			t.Errorf("%s: %d %v", path, res.StatusCode, res.Header)
		}
	}
	if res, _ := get(t, server, "GET", "/en/story/nope/"); res.StatusCode != 404 {
		t.Errorf("%d", res.StatusCode)
	}
	// As files, each story is one.
	site := testSite()
	site.Static = true
	if _, front := get(t, serve(t, newHandler(t, site, store)), "GET", "/ar/"); !bytes.Contains(front, []byte(`href="/story/s"`)) || bytes.Contains(front, []byte(`/ar/story/`)) {
		t.Errorf("%s", front)
	}
}

// A story that another took in leads there, for people and for programs.
func TestSuccessor(t *testing.T) {
	store := told()
	store.successors = map[string]string{"gone": "s"}
	site := testSite()
	site.BaseURL = "https://example.org/planet"
	server := serve(t, newHandler(t, site, store))
	for path, status := range map[string]int{"/planet/story/gone": 301, "/planet/edition/00000000-0000-4000-8000-00000000dead": 303} {
		if res, _ := get(t, server, "GET", path, "Accept", browserAccept); res.StatusCode != status || res.Header.Get("Location") != "/planet/story/s" {
			t.Errorf("%s: %d %v", path, res.StatusCode, res.Header)
		}
	}
	if res, _ := get(t, server, "GET", "/planet/en/story/gone/"); res.StatusCode != 301 || res.Header.Get("Location") != "/planet/en/story/s/" {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
	if res, _ := get(t, server, "GET", "/planet/story/gone", "Accept", as2Accept); res.StatusCode != 301 {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
}

// A language is remembered by who asks for that, and by nobody else.
func TestRemember(t *testing.T) {
	site := testSite()
	site.BaseURL = "https://example.org/planet"
	server := serve(t, newHandler(t, site, planet()))
	res, _ := get(t, server, "GET", "/planet/?lang=ar")
	const want = "language=ar; Path=/planet/; Max-Age=31536000; HttpOnly; Secure; SameSite=Lax"
	if res.StatusCode != 303 || res.Header.Get("Location") != "/planet/ar/" || res.Header.Get("Set-Cookie") != want || res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
	for cookie, lang := range map[string]string{"language=ar": "ar", "language=xx": "en", "language=../": "en", "": "en"} {
		for _, path := range []string{"", "topic/social/", "sources/"} {
			res, _ := get(t, server, "GET", "/planet/"+path, "Cookie", cookie, "Accept-Language", "en")
			if got := res.Header.Get("Location"); got != "/planet/"+lang+"/"+path {
				t.Errorf("%q: %s leads to %s", cookie, path, got)
			}
		}
	}
	for _, path := range []string{"", "?lang=xx", "nl/", "nl/sources/", "nl/about/", "nl/topic/social/", "story/s1", "search?q=x", "explain", "feed.atom"} {
		res, page := get(t, server, "GET", "/planet/"+path, "Cookie", "language=ar")
		if res.StatusCode > 303 || res.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %d %v", path, res.StatusCode, res.Header)
		}
		if path == "nl/" && !bytes.Contains(page, []byte(`href="/planet/?lang=nl"`)) {
			t.Error("nothing leads there")
		}
	}
}

// How sources fare, in words for who owns them.
func TestSourcesPage(t *testing.T) {
	store := planet()
	at := noon.Add(-time.Hour)
	store.sources = append(store.sources,
		post.SourceState{Source: post.Source{ID: "oost", Title: "<b>Oost</b>", Language: "fy"}, State: post.Active, Posts: 1234, Matched: 1,
			Visit: post.Visit{Status: 403, Checked: noon, Succeeded: at, Next: noon.Add(time.Hour), Trouble: "it answered 403 Forbidden: it does not let us in", SiteURL: "javascript:alert(1)"}},
		post.SourceState{Source: post.Source{ID: "weg", Title: "Weg ermee"}, State: post.Removed},
		post.SourceState{Source: post.Source{ID: "dicht", Title: "Dicht ermee"}, State: post.Blocked})
	server := serve(t, newHandler(t, testSite(), store))
	res, page := get(t, server, "GET", "/nl/sources/")
	text := strings.Join(strings.Fields(elements(t, page, atom.Main)[0]["text"]), " ")
	for _, want := range []string{
		"3 bronnen · 1 met problemen", "<b>Oost</b> We komen er niet in. De server weigert ons programma.", "In de woorden van het programma: it answered 403 Forbidden",
		"Laatst gelezen 23 november 2026, 11:00 UTC", "Volgende bezoek niet vóór 23 november 2026, 13:00 UTC", "Gelezen berichten 1.234", "Taal Frysk", "Noorderlicht Nog niet gelezen.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	if strings.Contains(text, "ermee") || bytes.Contains(page, []byte(`href="javascript`)) || !bytes.Contains(page, []byte(`<a href="/nl/source/oost/"><bdi>&lt;b&gt;`)) || !bytes.Contains(page, []byte(`href="/sources.opml"`)) {
		t.Errorf("%s", page)
	}
	n := store.renders()
	get(t, server, "GET", "/nl/sources/")
	if store.renders() != n || res.Header.Get("Etag") == "" {
		t.Error("it is not kept")
	}

	for i := range 2*perPage + 1 {
		store.sources = append(store.sources, post.SourceState{Source: post.Source{ID: fmt.Sprint("more-", i)}})
	}
	store.version++
	path, pages, rows := "/nl/sources/", []string{}, 0
	for path != "" {
		_, page := get(t, server, "GET", path)
		pages, rows = append(pages, path), rows+len(elements(t, page, atom.H2))
		if len(page) > 60<<10 {
			t.Errorf("%s has %d bytes", path, len(page))
		}
		path = ""
		if m := olderLink.FindSubmatch(page); m != nil {
			path = string(m[1])
		}
		if m := newerLink.FindSubmatch(page); len(pages) > 1 && (m == nil || string(m[1]) != pages[len(pages)-2]) {
			t.Errorf("%s leads back to %q", pages[len(pages)-1], m)
		}
	}
	if len(pages) != 3 || rows != 2*perPage+4 {
		t.Errorf("%d sources on %q", rows, pages)
	}
}

// Every condition has words of its own in every language.
func TestFares(t *testing.T) {
	for _, tag := range []string{"nl", "en", "fy", "de", "fr", "ar"} {
		said := map[string]post.Condition{}
		for _, c := range []post.Condition{post.Well, post.Unvisited, post.Resting, post.ForGood, post.Opposed, post.Unreachable, post.Unwelcome, post.NotThere,
			post.Busy, post.ServerFails, post.Refuses, post.NotUnderstood, post.HasMoved, post.Empty, post.NothingOnIt, post.Noted} {
			say := fares(i18n.WordsIn(tag), c)
			if other, ok := said[say.Title]; ok {
				t.Errorf("%s: %s says what %s does: %q", tag, c, other, say.Title)
			}
			said[say.Title] = c
		}
	}
}

func TestAbout(t *testing.T) {
	for contact, want := range map[string]string{
		"":                           "vraag het wie example.org beheert",
		"https://example.org":        "vraag het wie example.org beheert",
		"https://example.org/":       "vraag het wie example.org beheert",
		"wij@example.org":            `<a href="mailto:wij@example.org"><bdi>wij@example.org</bdi></a>`,
		"mailto:wij@example.org":     `<a href="mailto:wij@example.org"><bdi>wij@example.org</bdi></a>`,
		"https://example.org/wij":    `<a href="https://example.org/wij"><bdi>https://example.org/wij</bdi></a>`,
		"javascript://x/%0Aalert(1)": `<a href="#ZgotmplZ">`,
	} {
		site := testSite()
		site.Contact = contact
		server := serve(t, newHandler(t, site, planet()))
		if res, page := get(t, server, "GET", "/nl/about/"); res.StatusCode != http.StatusOK || !bytes.Contains(page, []byte(want)) {
			t.Errorf("%q: no %s in %s", contact, want, page)
		}
	}
}

// A full page of long articles stays small.
func TestPageSize(t *testing.T) {
	store := planet()
	for i := range int64(articles) {
		e := edition(100+i, "noord", "nl", strings.Repeat("Een lange titel ", 8), "social")
		e.Lead.Summary = strings.Repeat("Een samenvatting die verder gaat. ", 20)
		e.Lead.URL += "/" + strings.Repeat("een-lang-adres-", 6)
		for _, lang := range []string{"en", "ar", "fy"} {
			e.Translations = append(e.Translations, post.Translation{Language: lang, URL: e.Lead.URL})
		}
		e.Discussions = []post.Discussion{{URL: "https://social.example/1"}}
		store.editions = append(store.editions, e)
	}
	server := serve(t, newHandler(t, testSite(), store))
	_, page := get(t, server, "GET", "/nl/")
	if n := len(elements(t, page, atom.Article)); n != articles || len(page) > 60<<10 {
		t.Errorf("%d articles in %d bytes", n, len(page))
	}
	t.Logf("%d bytes", len(page))
}
