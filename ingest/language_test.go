package ingest

import (
	"fmt"
	"strings"
	"testing"

	"samenloop/post"
)

const inDutch = "De gemeente stopt volgende maand met camera's in de binnenstad, omdat de rechter vond dat de beelden te lang werden bewaard."

// What a feed and its items declare, and the language that comes of it.
func TestLanguage(t *testing.T) {
	rss := func(channel, link, item, text string) string {
		return fmt.Sprintf(`<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>A</title>
			<link>https://a.example/</link>%s<item><title>Camera's weg</title><link>%s</link>%s<description>%s</description></item></channel></rss>`, channel, link, item, text)
	}
	as := func(contentMap string) string {
		return `{"@context":"https://www.w3.org/ns/activitystreams","type":"Note","id":"https://a.example/1",` + public + `,"contentMap":` + contentMap + `}`
	}
	for name, c := range map[string]struct {
		document, source, want, from string
	}{
		"WordPress over Dutch":     {rss("<language>en-US</language>", "https://a.example/1", "", inDutch), "", "nl", "text 1.00; the feed says en-US, outweighed"},
		"a path as well":           {rss("<language>en-US</language>", "https://a.example/nl/1", "", inDutch), "", "nl", "text 1.00, path /nl/; the feed says en-US, outweighed"},
		"the item says otherwise":  {rss("", "https://a.example/1", "<dc:language>en</dc:language>", inDutch), "", "nl", "text 1.00; dc:language says en, outweighed"},
		"the item, of few words":   {rss("<language>nl</language>", "https://a.example/1", "<dc:language>fy</dc:language>", ""), "", "fy", "dc:language fy"},
		"its own hreflang":         {rss("", "https://a.example/1", `<atom:link rel="alternate" hreflang="af" href="https://a.example/1"/>`, ""), "", "af", "its own hreflang af"},
		"the operator":             {rss("<language>en</language>", "https://a.example/en/1", "<dc:language>en</dc:language>", inDutch), "fy", "fy", "the operator: language of the source"},
		"Flemish":                  {rss("<language>nl-be</language>", "https://a.example/1", "", inDutch), "", "nl-BE", "feed nl-be"},
		"tags that are nonsense":   {rss("<language>Nederlands (NL)</language>", "https://a.example/1", "<dc:language>&lt;b&gt;</dc:language>", inDutch), "", "nl", "text 1.00"},
		"nothing to go on":         {rss("", "https://a.example/1", "", ""), "", "und", "too little"},
		"an account's default":     {as(`{"en":"<p>` + inDutch + `</p>"}`), "", "nl", "; contentMap says en, outweighed"},
		"one of several languages": {as(`{"en":"<p>Cameras removed</p>","nl":"<p>Camera's weg</p>"}`), "", "en", "contentMap of several en"},
	} {
		t.Run(name, func(t *testing.T) {
			match, err := post.NewMatcher(nil)
			if err != nil {
				t.Fatal(err)
			}
			x, err := Examine([]byte(c.document), "", "https://a.example/feed", post.Source{ID: "a", Language: c.source}, match, asNow)
			if err != nil || len(x.Posts) == 0 {
				t.Fatalf("%v: %v", err, x)
			}
			if p := x.Posts[0]; p.Language != c.want || !strings.Contains(p.LanguageFrom, c.from) {
				t.Errorf("%s: %s; want %s: …%s", p.Language, p.LanguageFrom, c.want, c.from)
			}
		})
	}
}

// The page of a post that had only a summary joins the weighing.
func TestLanguageOfPage(t *testing.T) {
	feed := `<rss version="2.0"><channel><title>A</title><language>%s</language><item><title>Update 4.2</title><link>https://a.example/1</link></item></channel></rss>`
	for name, c := range map[string]struct {
		claims     string
		page       page
		want, from string
	}{
		"its lang against WordPress":      {"en-US", page{Language: "nl-NL"}, "nl", "page nl-NL"},
		"its text":                        {"en-US", page{Text: inDutch}, "nl", "text 1.00; the feed says en-US, outweighed"},
		"its own hreflang":                {"de", page{Language: "de", Alternates: map[string]string{"nl": "https://a.example/1", "de": "https://a.example/2"}}, "nl", "its own hreflang nl"},
		"it says that it is in several":   {"nl", page{Alternates: map[string]string{"ar": "https://a.example/1", "zh": "https://a.example/1"}}, "nl", "feed nl"},
		"a lang that is none, no text":    {"nl", page{Language: "x-default"}, "nl", "feed nl"},
		"its lang is a default, its text": {"nl", page{Language: "en-US", Text: inDutch}, "nl", "the page says en-US, outweighed"},
	} {
		t.Run(name, func(t *testing.T) {
			match, err := post.NewMatcher(nil)
			if err != nil {
				t.Fatal(err)
			}
			src := post.Source{ID: "a", FullText: true}
			x, err := Examine(fmt.Appendf(nil, feed, c.claims), "", "https://a.example/feed", src, match, asNow)
			if err != nil {
				t.Fatal(err)
			}
			p := x.Posts[0]
			addPage(&p, c.page, src, match)
			if p.Language != c.want || !strings.Contains(p.LanguageFrom, c.from) {
				t.Errorf("%s: %s; want %s: …%s", p.Language, p.LanguageFrom, c.want, c.from)
			}
		})
	}
}
