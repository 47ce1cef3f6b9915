package web

import (
	"bytes"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"samenloop/feeds"
	"samenloop/post"
)

// threeLanguages is a store with one story in three languages, and a post in none that is known.
func threeLanguages() *memory {
	m := &memory{sources: []post.SourceState{
		{Source: post.Source{ID: "noord", Title: "Noord", URL: "https://noord.example/feed", Language: "nl"}, State: post.Active},
	}}
	var all []post.Translation
	for _, e := range []post.Edition{edition(1, "noord", "nl", "Een brug", "social"), edition(2, "noord", "en", "A bridge", "social"), edition(3, "noord", "ar", "جسر", "social")} {
		e.Story = "s1"
		all = append(all, post.Translation{ID: e.ID, Language: e.Lead.Language, Title: e.Lead.Title, URL: e.Lead.URL})
		m.editions = append(m.editions, e)
	}
	for i := range m.editions {
		for j, other := range all {
			if i != j {
				m.editions[i].Translations = append(m.editions[i].Translations, other)
			}
		}
	}
	m.editions = append(m.editions, edition(4, "noord", "und", "4.2"))
	return m
}

// Each format says the language of the frame, of each item, and where the other
// editions are: a line for each cell of the table.
func TestSaysTheLanguage(t *testing.T) {
	h, told := newHandler(t, testSite(), threeLanguages()), map[string]bool{}
	for _, cell := range []struct {
		path, what string
		says       string // with white space as one space
	}{
		{"/nl/feed.atom", "frame", `<feed xml:lang="nl"`},
		{"/feed.atom", "frame, in the site's first language", `<feed xml:lang="nl"`},
		{"/nl/feed.atom", "item", `<entry xml:lang="nl"> <title>Een brug</title>`},
		{"/feed.atom", "item, not known", `<entry xml:lang="und"> <title>4.2</title>`},
		{"/nl/feed.atom", "its own page", `<link rel="alternate" hreflang="nl" href="https://noord.example/1">`},
		{"/nl/feed.atom", "other editions", `<link rel="alternate" hreflang="en" href="https://noord.example/2" title="A bridge">`},
		{"/nl/feed.atom", "the feed in another language", `<link rel="alternate" type="application/atom+xml" hreflang="ar" href="https://example.org/ar/feed.atom">`},
		{"/ar/feed.atom", "text from right to left", `&lt;div lang=&#34;ar&#34; dir=&#34;rtl&#34;&gt;`},

		{"/nl/feed.rss", "frame", `<language>nl</language>`},
		{"/nl/feed.rss", "item", `<dc:language>nl</dc:language>`},
		{"/feed.rss", "item, not known", `<dc:language>und</dc:language>`},
		{"/nl/feed.rss", "other editions", `<atom:link rel="alternate" hreflang="en" href="https://noord.example/2" title="A bridge">`},
		{"/ar/feed.rss", "text from right to left", `dir="rtl"`},

		{"/nl/feed.json", "frame", `"language": "nl", "home_page_url"`},
		{"/nl/feed.json", "item", `"title": "Een brug", "content_html"`},
		{"/nl/feed.json", "item", `"language": "nl", "_samenloop"`},
		{"/nl/feed.json", "other editions", `"translations": [ { "id": "urn:uuid:00000000-0000-4000-8000-000000000002", "language": "en", "title": "A bridge", "url": "https://noord.example/2" }`},
		{"/ar/feed.json", "text from right to left", `dir=\"rtl\"`},

		{"/nl/feed.as2", "frame", `"nameMap": { "nl": "Samenloop`},
		{"/nl/feed.as2", "item", `"nameMap": { "nl": "Een brug" }`},
		{"/nl/feed.as2", "item", `"contentMap": { "nl": "<p>Een brug</p>" }`},
		{"/nl/feed.as2", "other editions", `"href": "https://noord.example/2", "hreflang": "en"`},
		{"/feed.as2", "an object an edition", `"nameMap": { "ar": "جسر" }`},

		{"/nl/", "frame", `<html lang="nl" dir="ltr">`},
		{"/ar/", "frame", `<html lang="ar" dir="rtl">`},
		{"/nl/", "frame in other languages", `<link rel="alternate" hreflang="en" href="https://example.org/en/">`},
		{"/nl/", "frame in no language", `<link rel="alternate" hreflang="x-default" href="https://example.org/">`},
		{"/nl/", "item", `<article lang="nl" dir="ltr">`},
		{"/ar/", "item", `<article lang="ar" dir="rtl">`},
		{"/nl/source/noord/", "item, not known", `<article lang="" dir="auto">`},
		{"/nl/", "title", `<bdi>Een brug</bdi>`},
		{"/nl/", "other editions", `href="https://noord.example/3" lang="ar" hreflang="ar"`},
		{"/story/s1", "item", `<article lang="ar" dir="rtl">`},
		{"/story/s1", "frame in other languages", `<link rel="alternate" hreflang="ar" href="https://example.org/ar/story/s1/">`},

		{"/changes.json?after=0&backfill=1", "item", `"title": "Een brug", "language": "nl"`},
		{"/changes.json?after=0&backfill=1", "item, not known", `"title": "4.2", "language": "und"`},
		{"/changes.json?after=0&backfill=1", "words of ours in its language", `"status_text": "A bridge – from`},
		{"/ar/changes.json?after=0&backfill=1", "item", `"title": "جسر", "language": "ar"`},

		{"/sources.opml", "item", `xmlUrl="https://noord.example/feed" language="nl"`},
		{"/sources.opml", "the feed of each language", `xmlUrl="https://example.org/ar/feed.atom" htmlUrl="https://example.org/ar/" language="ar"`},
	} {
		w := ask(h, cell.path)
		if got := spaces.ReplaceAllString(w.Body.String(), " "); w.Code != 200 || !strings.Contains(got, cell.says) {
			t.Errorf("%s, %s: %d, and it does not say %s in\n%s", cell.path, cell.what, w.Code, cell.says, got)
		}
		told[cell.path] = true
	}
	for _, format := range feeds.Formats {
		if !told["/nl/feed."+format.Name] {
			t.Errorf("%s: what does it say of the language?", format.Name)
		}
	}
}

var spaces = regexp.MustCompile(`\s+`)

// Whatever languages somebody reads, what has a language in its address is the same
// for all, and so is what has none but the front door.
func TestSameForEverybody(t *testing.T) {
	server := serve(t, newHandler(t, testSite(), threeLanguages()))
	for _, path := range strings.Fields(`/feed.atom /feed.rss /feed.json /feed.as2 /nl/feed.atom /ar/feed.rss /en/feed.json /nl/feed.as2 /topic/social/feed.atom /source/noord/feed.json
		/nl/ /ar/sources/ /en/about/ /nl/topic/social/ /story/s1 /ar/story/s1/ /search?q=brug /search?q=brug&lang=ar /feed.json?q=brug /changes.json?after=0&backfill=1 /ar/changes.json?after=0 /sources.opml`) {
		first, want := get(t, server, "GET", path)
		for _, reads := range []string{"en", "ar;q=0.9, nl;q=0.1", "ja", "*"} {
			res, got := get(t, server, "GET", path, "Accept-Language", reads, "Cookie", "lang=ar")
			if res.StatusCode != 200 || !bytes.Equal(got, want) || res.Header.Get("ETag") != first.Header.Get("ETag") || strings.Contains(res.Header.Get("Vary"), "Language") {
				t.Errorf("%s is %d and another for somebody who reads %s: Vary %q", path, res.StatusCode, reads, res.Header.Get("Vary"))
			}
		}
	}
}

// A search is for words: whatever else is asked for, a page and a feed come that repeat little of it.
func TestSearchIsBounded(t *testing.T) {
	h := newHandler(t, testSite(), planet())
	for name, query := range map[string]string{
		"10 kB": strings.Repeat("x", 10<<10), "10 kB of quotes": strings.Repeat(`"`, 10<<10), "NUL": "a\x00b", "no UTF-8": "a\xff\xfeb",
		"turned around": "a\u202eb\u2066", "lines": "a\r\nb\nc", "markup": `"><script>alert(1)</script>`, "FTS5": `NEAR("a" b*, 2) AND words : ^c`,
	} {
		for _, path := range []string{"/search", "/feed.atom", "/nl/feed.rss", "/feed.json", "/topic/social/feed.as2"} {
			w := ask(h, path+"?q="+url.QueryEscape(query))
			if body := w.Body.String(); w.Code != 200 || !utf8.ValidString(body) || strings.ContainsAny(body, "\x00\r\u202e\u2066") || path == "/search" && strings.Contains(body, "<script") || strings.Count(body, "xxx")+strings.Count(body, "%22") > 50*mostSearch {
				t.Errorf("%s, %s: %d, %d bytes", path, name, w.Code, w.Body.Len())
			}
		}
	}
}
