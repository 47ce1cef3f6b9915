package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mmcdole/gofeed/rss"
)

var updateRead = flag.Bool("update", false, "rewrite testdata/read/*.want.json")

// TestRead reads every testdata/read/NAME.{rss,atom,json} as if it came from
// https://example.org/blog/feed, and compares with NAME.want.json.
func TestRead(t *testing.T) {
	files, err := filepath.Glob("testdata/read/*")
	if err != nil {
		t.Fatal(err)
	}
	tested := 0
	for _, file := range files {
		if strings.HasSuffix(file, ".want.json") {
			continue
		}
		tested++
		t.Run(filepath.Base(file), func(t *testing.T) {
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			doc, err := Read(body, "", "https://example.org/blog/feed")
			if err != nil {
				t.Fatal(err)
			}
			raw, err := json.Marshal(doc)
			if err != nil {
				t.Fatal(err)
			}
			var fields any
			if err := json.Unmarshal(raw, &fields); err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			e := json.NewEncoder(&got)
			e.SetEscapeHTML(false)
			e.SetIndent("", "  ")
			if err := e.Encode(filled(fields)); err != nil {
				t.Fatal(err)
			}
			wantFile := strings.TrimSuffix(file, filepath.Ext(file)) + ".want.json"
			if *updateRead {
				if err := os.WriteFile(wantFile, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(wantFile)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", file, diff)
			}
		})
	}
	if tested < 8 {
		t.Errorf("only %d documents in testdata/read", tested)
	}
}

// filled leaves out the fields that say nothing, so that what is expected shows what was read.
func filled(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key := range v {
			if v[key] = filled(v[key]); v[key] == nil {
				delete(v, key)
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		for i := range v {
			v[i] = filled(v[i])
		}
	case string:
		if v == "" || v == "0001-01-01T00:00:00Z" {
			return nil
		}
	case float64:
		if v == 0 {
			return nil
		}
	case bool:
		if !v {
			return nil
		}
	}
	return v
}

func TestReadRefuses(t *testing.T) {
	deep := "<rss><channel><item>" + strings.Repeat("<a>", 300) + "</item></channel></rss>"
	var spaces strings.Builder
	for i := range 200 {
		fmt.Fprintf(&spaces, ` xmlns:n%d="urn:%d"`, i, i)
	}
	for _, test := range []struct {
		name, body, contentType, want string
		page                          bool
	}{
		{name: "nothing", want: "it is empty (0 bytes)"},
		{name: "white space", body: " \n\t", want: "it is empty (3 bytes of white space)"},
		{name: "page", body: "<!DOCTYPE html><html lang=nl><title>Hoi</title>", want: "it is an HTML page, not a feed", page: true},
		{name: "page without a type", body: "\n<head><title>Hoi</title>", want: "it is an HTML page, not a feed", page: true},
		{name: "warning alone", body: "<br />\n<b>Fatal error</b>: out of memory", want: "it is an HTML page, not a feed", page: true},
		{name: "XHTML", body: `<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x.dtd"><html xmlns="http://www.w3.org/1999/xhtml"/>`, want: "it is an HTML page, not a feed", page: true},
		{name: "bot wall", body: "<!DOCTYPE html><html><head><title>Just a moment...</title>", want: "(Cloudflare): a bot wall"},
		{name: "proof of work", body: `<!doctype html><html><script id="anubis_challenge">`, want: "(Anubis): a bot wall"},
		{name: "OPML", body: `<?xml version="1.0"?><opml version="2.0"/>`, want: "it is XML but no feed: <opml>"},
		{name: "RSS without a channel", body: `<Rss><Title>Posts</Title><Items><Title>x</Title></Items></Rss>`, want: "it calls itself RSS, but has neither <channel> nor <item>"},
		{name: "JSON", body: `{"error":"not found"}`, want: "it is JSON, but no JSON Feed"},
		{name: "JSON list", body: `[{"id":1}]`, want: "it is JSON, but no JSON Feed"},
		{name: "PDF", body: "%PDF-1.7", contentType: "application/pdf", want: "it is no feed (the server says application/pdf)"},
		{name: "text", body: "hello", want: "it is no feed: neither XML nor JSON"},
		{name: "depth", body: deep, want: "nested more than 256 deep"},
		{name: "tags", body: "<rss><channel>" + strings.Repeat("<item/>", 150_001) + "</channel></rss>", want: "more than 150000 tags"},
		{name: "namespaces", body: "<rss" + spaces.String() + "><channel/></rss>", want: "more than 128 namespaces"},
		{name: "namespaces and tags", body: "<rss" + spaces.String()[:strings.Index(spaces.String(), " xmlns:n100")] + "><channel>" + strings.Repeat("<x/>", 100_000) + "</channel></rss>", want: "too many namespaces for so many tags"},
		{name: "tag", body: `<rss><channel><item x="` + strings.Repeat("x", 200<<10) + `"/></channel></rss>`, want: "a tag of more than 128 kB"},
		{name: "entity", body: `<!DOCTYPE rss [<!ENTITY a "b">]><rss><channel/></rss>`, want: "<!ENTITY"},
		{name: "entity inside", body: `<rss><!ENTITY a "b"><channel/></rss>`, want: "<!ENTITY"},
		{name: "JSON depth", body: `{"version":"https://jsonfeed.org/version/1","x":` + strings.Repeat("[", 300) + strings.Repeat("]", 300) + "}", want: "JSON nested more than 200 deep"},
		{name: "JSON values", body: `{"version":"https://jsonfeed.org/version/1","items":[` + strings.Repeat("1,", 150_000) + "1]}", want: "more than 150000 JSON values"},
	} {
		t.Run(test.name, func(t *testing.T) {
			doc, err := Read([]byte(test.body), test.contentType, "")
			if err == nil {
				t.Fatalf("read as %s", doc.Format)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("says %q, want %q", err, test.want)
			}
			var not *NotFeedError
			if page := errors.As(err, &not) && not.Page; page != test.page {
				t.Errorf("page: %v, want %v", page, test.page)
			}
		})
	}
}

// TestReadSniffsActivityStreams does not take a collection for a JSON Feed without items.
func TestReadSniffsActivityStreams(t *testing.T) {
	doc, err := Read([]byte(`{"@context":["https://www.w3.org/ns/activitystreams"],"type":"OrderedCollection","title":"x","items":[]}`), "", "")
	if err == nil && !strings.HasPrefix(doc.Format, "ActivityStreams") {
		t.Errorf("read as %s", doc.Format)
	}
}

// TestReadMany holds a long feed to its first entries, and says so.
func TestReadMany(t *testing.T) {
	var items, objects strings.Builder
	for i := range maxEntries + 10 {
		fmt.Fprintf(&items, "<item><title>n%d</title></item>\n", i)
		fmt.Fprintf(&objects, `,{"id":%d,"title":"n%d"}`, i, i)
	}
	for _, body := range []string{
		"<rss><channel><title>T</title>" + items.String() + "</channel></rss>",
		`{"version":"https://jsonfeed.org/version/1.1","items":[` + objects.String()[1:] + "]}",
	} {
		doc, err := Read([]byte(body), "", "https://example.org/feed")
		if err != nil {
			t.Fatal(err)
		}
		if len(doc.Entries) != maxEntries || doc.Entries[maxEntries-1].Title != fmt.Sprint("n", maxEntries-1) {
			t.Errorf("%s: %d entries", doc.Format, len(doc.Entries))
		}
		if want := []string{"10 more entries: only the first 5000 are read"}; !cmp.Equal(doc.Lost, want) {
			t.Errorf("%s: lost %q", doc.Format, doc.Lost)
		}
	}
}

func TestReadFileWithoutURL(t *testing.T) {
	for _, body := range []string{
		`<rss><channel><link>https://site.example/</link><item><title>a</title><link>/x</link></item></channel></rss>`,
		`<feed xmlns="http://www.w3.org/2005/Atom"><link rel="self" href="https://site.example/feed"/><entry><title>a</title><link href="x"/></entry></feed>`,
		`{"version":"https://jsonfeed.org/version/1","home_page_url":"https://site.example/","items":[{"id":"1","url":"/x"}]}`,
	} {
		doc, err := Read([]byte(body), "", "")
		if err != nil {
			t.Fatal(err)
		}
		if got := doc.Entries[0].URL; got != "https://site.example/x" {
			t.Errorf("%s: URL %q", doc.Format, got)
		}
	}
}

func TestHTTPURL(t *testing.T) {
	for _, test := range []struct{ base, ref, want string }{
		{"https://a.example/b/c", "d", "https://a.example/b/d"},
		{"https://a.example/b/c", " /d\n", "https://a.example/d"},
		{"https://a.example/b", "//c.example/d", "https://c.example/d"},
		{"https://a.example/b", "", ""},
		{"https://a.example/b", "javascript:alert(1)", ""},
		{"https://a.example/b", "java\nscript:alert(1)", ""},
		{"https://a.example/b", "data:text/html,x", ""},
		{"https://a.example/b", "file:///etc/passwd", ""},
		{"https://a.example/b", "http:///x", ""},
		{"", "d", ""},
		{"ftp://a.example/", "d", ""},
		{"", "HTTPS://a.example/é?q=ü", "https://a.example/%C3%A9?q=ü"},
		{"https://a.example/", "http://[", ""},
	} {
		if got := httpURL(test.base, test.ref); got != test.want {
			t.Errorf("httpURL(%q, %q) = %q, want %q", test.base, test.ref, got, test.want)
		}
	}
}

func TestAuthorName(t *testing.T) {
	for in, want := range map[string]string{
		"michael@nluug.nl (Michael Boelen)": "Michael Boelen",
		"website@nluug.nl ()":               "",
		"Jeltje (jeltje@example.org)":       "Jeltje",
		"Jeltje <jeltje@example.org>":       "Jeltje",
		"jeltje@example.org":                "",
		"<no value>":                        "",
		"Jeltje (redaksje)":                 "Jeltje (redaksje)",
		"Andr&eacute;  de\nWit":             "André de Wit",
		"<b>Jeltje</b>":                     "Jeltje",
		`"Jeltje" <j@example.org>`:          "Jeltje",
		"":                                  "",
	} {
		if got := authorName(in); got != want {
			t.Errorf("authorName(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestTitleText(t *testing.T) {
	for in, want := range map[string]string{
		"1 < 2":                           "1 < 2",
		"a < b en c > d":                  "a < b en c > d",
		"<em>Frij</em> ynternet":          "Frij ynternet",
		"A &amp; B":                       "A & B",
		"List<String> in Java":            "List<String> in Java",
		"The <b> tag":                     "The <b> tag",
		"Een<br/>twee":                    "Een twee",
		"x<script>alert('<b>')</script>y": "xy",
		"foo&notes":                       "foo&notes",
		"één\n\ttwee &#8217;s &euro;":     "één twee ’s €",
		"a<!-- b -->c":                    "ac",
		"bel\x07 &#7;":                    "bel",
		"İ<EM>x</EM>":                     "İx",
	} {
		if got := titleText(in); got != want {
			t.Errorf("titleText(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestTorn(t *testing.T) {
	const item = "<item><title>a</title></item>"
	for body, want := range map[string]bool{
		"<rss><channel>" + item + "</channel></rss>":                                        false,
		"<rss><channel>" + item + "<item><title>b</title>" + item + "</channel></rss>":      false, // only its own end is missing
		"<rss><channel>" + item + "<item><title>b" + item + "</channel></rss>":              true,
		"<rss><channel>" + item + "<item><tit":                                              true,
		"<rss><channel>" + item:                                                             true,
		"<rss><channel>" + item + "<item></item></channel></rss>":                           false, // nothing was said, nothing is missing
		`{"version":"https://jsonfeed.org/version/1","items":[{"id":1,"title":"a"},5]}`:     false,
		`{"version":"https://jsonfeed.org/version/1","items":[{"id":1,"title":"a"},{"id":2`: true,
	} {
		doc, err := Read([]byte(body), "", "https://example.org/feed")
		if err != nil {
			t.Fatal(err)
		}
		if doc.Torn != want {
			t.Errorf("%s: torn is %v; lost %q", body, doc.Torn, doc.Lost)
		}
	}
}

func TestWholeTogether(t *testing.T) {
	entry := func(content string, whole bool) Entry { return Entry{Content: content, Whole: whole} }
	long, short, cut := entry("long", true), entry("<p>Short.</p>", false), entry("<p>Cut off […]</p>", false)
	for name, test := range map[string]struct {
		entries []Entry
		want    []bool
	}{
		"a site that gives whole pieces": {[]Entry{long, long, short, cut}, []bool{true, true, true, false}},
		"a site that gives summaries":    {[]Entry{long, short, short}, []bool{true, false, false}},
		"nothing in it":                  {[]Entry{long, entry("", false)}, []bool{true, false}},
	} {
		t.Run(name, func(t *testing.T) {
			wholeTogether(&Document{Entries: test.entries})
			for i, e := range test.entries {
				if e.Whole != test.want[i] {
					t.Errorf("entry %d: whole is %v", i, e.Whole)
				}
			}
		})
	}
}

func TestWhole(t *testing.T) {
	long := "<p>" + strings.Repeat("Een zin met wat woorden. ", 14) + "</p>"
	for _, test := range []struct {
		name, content  string
		whole, summary bool
	}{
		{"empty", " ", false, false},
		{"short", "<p>Kort bericht.</p>", true, false},
		{"one paragraph", long + long[3:], true, false},
		{"two paragraphs", long + long, true, true},
		{"no markup, long", strings.Repeat("Een zin met wat woorden. ", 60), true, true},
		{"dots in brackets", long + long + "<p>En toen […]</p>", false, false},
		{"three dots", long + "<p>En toen [&#8230;]</p>", false, false},
		{"link", long + `<p><a class="more-link" href="/x">Lees meer &raquo;</a></p>`, false, false},
		{"link with title", long + `<p><a href="/x">Read more <span>about “Vrijheid”</span></a></p>`, false, false},
		{"Frisian", long + "<p>Lês fierder →</p>", false, false},
		{"German", long + "<a href='/x'>Weiterlesen...</a>", false, false},
		{"French", long + "<p>(Lire la suite)</p>", false, false},
		{"WordPress", "<p>Begin [&#8230;]</p>\n<p>Het bericht <a href='/x'>X</a> verscheen eerst op <a href='/'>Y</a>.</p>", false, false},
		{"WordPress, whole", long + "<p>Het bericht <a href='/x'>X</a> verscheen eerst op <a href='/'>Y</a>.</p>", true, false},
		{"the words elsewhere", "<p>Read more books, they said.</p>" + long, true, false},
	} {
		if got := looksWhole(test.content); got != test.whole {
			t.Errorf("%s: looksWhole %v", test.name, got)
		}
		if got := summaryLooksWhole(test.content); got != test.summary {
			t.Errorf("%s: summaryLooksWhole %v", test.name, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	files, _ := filepath.Glob("testdata/read/*")
	for _, file := range files {
		if body, err := os.ReadFile(file); err == nil && !strings.HasSuffix(file, ".want.json") {
			f.Add(body)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		doc, err := Read(body, "", "https://example.org/feed")
		if (doc == nil) == (err == nil) {
			t.Fatalf("document %v, error %v", doc, err)
		}
		if doc == nil {
			return
		}
		for _, e := range doc.Entries {
			for _, s := range []string{e.ID, e.URL, e.Title, e.Summary, e.Content, e.Language} {
				if s != carriable(strings.ToValidUTF8(s, "")) {
					t.Fatalf("XML cannot carry %q", s)
				}
			}
			if e.URL != "" && !strings.HasPrefix(e.URL, "http://") && !strings.HasPrefix(e.URL, "https://") {
				t.Fatalf("URL %q", e.URL)
			}
		}
	})
}

// benchFeed is a feed of 30 items of 5 KB as WordPress writes them.
func benchFeed(escaped bool) []byte {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/"><channel><title>Blog</title><link>https://example.org/</link><language>nl-NL</language>`)
	text := strings.Repeat(`<p>Een alinea over <a href="https://example.org/vrij">vrije</a> software &amp; <em>digitale</em> rechten, met wat woorden.</p>`+"\n", 40)
	for i := range 30 {
		fmt.Fprintf(&b, `<item><title>Bericht %d</title><link>https://example.org/%d/</link><dc:creator><![CDATA[Jeltje]]></dc:creator><pubDate>Thu, 05 Mar 2026 10:00:00 +0000</pubDate><category><![CDATA[Nieuws]]></category><category><![CDATA[Rechten]]></category><guid isPermaLink="false">https://example.org/?p=%d</guid><description>Kort.</description>`, i, i, i)
		if escaped {
			b.WriteString("<content:encoded>" + strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text) + "</content:encoded>")
		} else {
			b.WriteString("<content:encoded><![CDATA[" + text + "]]></content:encoded>")
		}
		b.WriteString("<slash:comments>0</slash:comments></item>\n")
	}
	b.WriteString("</channel></rss>")
	return []byte(b.String())
}

func BenchmarkRead(b *testing.B) {
	for _, escaped := range []bool{false, true} {
		body := benchFeed(escaped)
		b.Run(fmt.Sprintf("escaped=%v", escaped), func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				if doc, err := Read(body, "", "https://example.org/feed"); err != nil || len(doc.Entries) != 30 || !doc.Entries[0].Whole {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkGofeedAlone(b *testing.B) {
	for _, escaped := range []bool{false, true} {
		body := benchFeed(escaped)
		b.Run(fmt.Sprintf("escaped=%v", escaped), func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				if feed, err := (&rss.Parser{}).Parse(bytes.NewReader(body)); err != nil || len(feed.Items) != 30 {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestReadIsBounded reads what took readers down: many small things, each of
// which looks harmless. A quadratic step makes this test hang.
func TestReadIsBounded(t *testing.T) {
	rssItem := func(s string) string { return "<rss><channel><item>" + s + "</item></channel></rss>" }
	atomContent := func(s string) string {
		return `<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>x</title><content type="xhtml"><div>` + s + "</div></content></entry></feed>"
	}
	var spaces, files, authors strings.Builder
	for i := range 126 {
		fmt.Fprintf(&spaces, ` xmlns:n%d="urn:%d"`, i, i)
	}
	for i := range 40_000 {
		fmt.Fprintf(&files, "<enclosure url='http://a/%d'/>", i)
		fmt.Fprintf(&authors, "<author>a%d</author>", i)
	}
	for name, body := range map[string]string{
		"namespaces":            "<rss" + spaces.String() + "><channel><item>" + strings.Repeat("<n1:x/>", 149_000) + "</item></channel></rss>",
		"ampersands":            rssItem("<title>" + strings.Repeat("&", 1<<20) + "</title>"),
		"tags in a title":       rssItem("<title>" + strings.Repeat("&lt;b&gt;", 1<<18) + "</title>"),
		"comments in a title":   rssItem("<title>" + strings.Repeat("&lt;!--", 1<<18) + "</title>"),
		"less-than":             rssItem("<description>" + strings.Repeat("&lt;", 1<<19) + "</description>"),
		"files":                 rssItem(files.String()),
		"authors":               rssItem(authors.String()),
		"tags":                  atomContent(strings.Repeat("<a><b><p>x</p></b></a>", 20_000)),
		"noise":                 strings.Repeat("<br>", 1<<19) + "<rss/>",
		"comments before":       strings.Repeat("<!--", 1<<20) + "<rss/>",
		"instructions before":   strings.Repeat("<?", 1<<20) + "<rss/>",
		"types before":          strings.Repeat("<![", 1<<20) + "<rss/>",
		"types before, closed":  strings.Repeat("<![>", 1<<20) + "<rss/>",
		"JSON tags":             `{"version":"https://jsonfeed.org/version/1","items":[{"id":"1","tags":[` + strings.Repeat(`"a",`, 140_000) + `"b"]}]}`,
		"JSON without an end":   `{"version":` + strings.Repeat(`"`, 1<<20),
		"windows-1252 and more": strings.Repeat("\xE9\xC3\xA9", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			doc, err := Read([]byte(body), "", "https://example.org/feed")
			if (doc == nil) == (err == nil) {
				t.Errorf("document %v, error %v", doc, err)
			}
		})
	}
}

// TestParseXMLFeed reads entry by entry what the parser cannot read as a whole.
func TestParseXMLFeed(t *testing.T) {
	x, err := scanXML([]byte(`<rss><channel><title>T</title><item><title>a</title></item><item><title>bad</title></item><item><title>c</title></item></channel></rss>`), 0, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	parse := func(text []byte) (*rss.Feed, int, error) {
		if bytes.Contains(text, []byte("bad")) {
			panic("as third-party parsers do")
		}
		feed, err := (&rss.Parser{}).Parse(bytes.NewReader(text))
		if err != nil {
			return nil, 0, err
		}
		return feed, len(feed.Items), nil
	}
	feed, parts, err := parseXMLFeed(x, parse)
	if err != nil {
		t.Fatal(err)
	}
	if feed.Title != "T" || len(parts) != 3 || parts[1] != nil {
		t.Fatalf("title %q, parts %v", feed.Title, parts)
	}
	if a, c := parts[0].feed.Items[0].Title, parts[2].feed.Items[0].Title; a != "a" || c != "c" {
		t.Errorf("titles %q and %q", a, c)
	}
	if want := []string{"entry 2 (“bad”): line 1: the parser gave up: as third-party parsers do"}; !cmp.Equal(x.lost, want) {
		t.Errorf("lost %q", x.lost)
	}

	// gofeed keeps the last of several channels.
	doc, err := Read([]byte(`<rss><channel><item xml:lang="nl"><title>a</title></item></channel><channel><item xml:lang="fy"><title>b</title></item></channel></rss>`), "", "")
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.Entries) != 2 || doc.Entries[0].Language != "nl" || doc.Entries[1].Title != "b" {
		t.Errorf("%+v", doc)
	}
}
