package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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

// Of two addresses for one language the same is taken each time, and what is no tag is none.
func TestTranslationsDeclared(t *testing.T) {
	match, err := post.NewMatcher(nil)
	if err != nil {
		t.Fatal(err)
	}
	named := func(prefix string) map[string]string {
		return map[string]string{"en-US": prefix + "us", "en": prefix + "en", "EN": prefix + "big", "x-default": prefix + "x", "": prefix + "none", "no tag!": prefix + "no", "nl_NL": prefix + "nl", "zh-TW": prefix + "zh"}
	}
	want := map[string]string{"en": "https://a.example/big", "nl": "https://a.example/nl", "zh-Hant": "https://a.example/zh"}
	for range 20 { // a map has another order each time
		e := Entry{ID: "1", URL: "https://a.example/1", Title: "A", Alternates: named("https://a.example/")}
		p := settle(&e, &Document{}, post.Source{ID: "a"}, match, asNow)
		if diff := cmp.Diff(want, p.Alternates); diff != "" {
			t.Fatal(diff)
		}
		addPage(&p, page{Alternates: named("https://b.example/")}, post.Source{ID: "a"}, match)
		if diff := cmp.Diff(want, p.Alternates); diff != "" {
			t.Fatalf("what the page says goes before what the entry said:\n%s", diff)
		}
		p = post.Post{URL: "https://a.example/1"}
		addPage(&p, page{Alternates: named("https://a.example/")}, post.Source{ID: "a"}, match)
		if diff := cmp.Diff(want, p.Alternates); diff != "" {
			t.Fatal(diff)
		}
	}
}

// remembers is a store of posts whose digests are known.
type remembers map[string][]post.Known

func (r remembers) Known(context.Context, string, []string) (map[string][]post.Known, error) {
	known := map[string][]post.Known{}
	for id, list := range r {
		known[id] = slices.Clone(list) // it is taken from
	}
	return known, nil
}
func (remembers) Post(context.Context, int64) (post.Post, error) {
	return post.Post{}, errors.New("a known post is read")
}
func (remembers) Entries(context.Context, string) ([]byte, error)             { return nil, nil }
func (remembers) WantPages(context.Context, string, int) ([]post.Post, error) { return nil, nil }
func (remembers) Save(context.Context, ...post.Batch) ([]post.Saved, error)   { return nil, nil }

// A post that is known as it is costs its digest: its language is not settled again.
func TestKnownIsNotSettled(t *testing.T) {
	match, err := post.NewMatcher([]post.Topic{{ID: "web", Hashtags: []string{"web"}}})
	if err != nil {
		t.Fatal(err)
	}
	doc := &Document{Language: "en-US"}
	for i := range 100 {
		doc.Entries = append(doc.Entries, Entry{ID: fmt.Sprint(i), URL: fmt.Sprintf("https://a.example/%d", i), Title: "Camera's weg", Content: "<p>" + strings.Repeat(inDutch+" #web ", 15) + "</p>", Whole: true})
	}
	compare := func(stored remembers) (fresh []post.Post, known int, took time.Duration) {
		took = time.Hour
		for range 5 {
			began := time.Now()
			r := Reader{Store: stored, Match: match}
			if fresh, known, _, err = r.compare(t.Context(), doc, post.Source{ID: "a"}, asNow); err != nil {
				t.Fatal(err)
			}
			took = min(took, time.Since(began))
		}
		return fresh, known, took
	}
	fresh, known, first := compare(remembers{})
	if len(fresh) != 100 || known != 0 || fresh[0].Language != "nl" {
		t.Fatalf("%d new, %d known", len(fresh), known)
	}
	stored := remembers{}
	for _, p := range fresh {
		stored[p.ID] = []post.Known{{Digest: p.Digest, Title: p.Title}}
	}
	fresh, known, again := compare(stored)
	if len(fresh) != 0 || known != 100 || 5*again > first {
		t.Errorf("%d new, %d known, in %v after %v", len(fresh), known, again, first)
	}
}

// What was taken back does not return where its source, read again, gives it otherwise.
func TestWithdrawnStaysAway(t *testing.T) {
	match, err := post.NewMatcher(nil)
	if err != nil {
		t.Fatal(err)
	}
	doc := &Document{Entries: []Entry{{ID: "1", URL: "https://a.example/1", Title: "T", Content: "<p>edited</p>"}, {ID: "2", URL: "https://a.example/2", Title: "U", Content: "<p>edited</p>"}}}
	key := post.Key("https://a.example/1")
	r := Reader{Match: match, Store: remembers{"1": {{Key: key, Withdrawn: true}}, "2": {{Key: post.Key("https://a.example/2")}}}}
	fresh, known, _, err := r.compare(t.Context(), doc, post.Source{ID: "a"}, asNow)
	if err != nil || len(fresh) != 1 || fresh[0].ID != "2" || known != 1 {
		t.Errorf("%d new, %d known, %v", len(fresh), known, err)
	}
}
