package web

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"samenloop/post"
)

// elements are what a page has of an element: its attributes, and "text".
func elements(t *testing.T, page []byte, name atom.Atom) []map[string]string {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var found []map[string]string
	for n := range root.Descendants() {
		if n.DataAtom != name {
			continue
		}
		e := make(map[string]string)
		for _, a := range n.Attr {
			e[a.Key] = a.Val
		}
		for c := range n.Descendants() {
			if c.Type == html.TextNode {
				e["text"] += c.Data
			}
		}
		found = append(found, e)
	}
	return found
}

func TestPage(t *testing.T) {
	store := planet()
	odd := edition(5, "west", "und", "<script>alert(1)</script>")
	odd.Lead.URL = "javascript:alert(1)"
	odd.Translations = []post.Translation{{Language: "fr", URL: "https://west.example/fr", Title: "Autre"}}
	odd.Lead.Language = "ar"
	store.editions = append(store.editions, odd)
	site := testSite()
	site.BaseURL = "https://example.org/planet"
	server := serve(t, newHandler(t, site, store))

	_, page := get(t, server, "GET", "/planet/ar/")
	if root := elements(t, page, atom.Html)[0]; root["lang"] != "ar" || root["dir"] != "rtl" {
		t.Errorf("html %v", root)
	}
	if bytes.Contains(page, []byte("<script")) || bytes.Contains(page, []byte("javascript:")) {
		t.Errorf("what a source wrote became markup:\n%s", page)
	}
	articles := elements(t, page, atom.Article)
	if len(articles) != 2 || articles[1]["lang"] != "ar" || articles[1]["dir"] != "rtl" {
		t.Fatalf("articles %v", articles)
	}
	for i, want := range []string{"<script>alert(1)</script>", "الشبكات الاجتماعية"} {
		if text := articles[i]["text"]; strings.Count(text, want) != 1 || !strings.Contains(text, "West of here") || !strings.Contains(text, "2026") {
			t.Errorf("article %d says %q", i, text)
		}
	}
	links := make(map[string]bool)
	for _, l := range append(elements(t, page, atom.Link), elements(t, page, atom.A)...) {
		links[strings.TrimSpace(l["rel"]+" "+l["type"]+" "+l["hreflang"]+" "+l["href"])] = true
	}
	for _, want := range []string{
		"stylesheet   /planet" + stylePath,
		"canonical   https://example.org/planet/ar/",
		"alternate  nl https://example.org/planet/nl/",
		"alternate  x-default https://example.org/planet/",
		"alternate application/atom+xml  /planet/ar/feed.atom",
		"alternate application/feed+json  /planet/ar/topic/social/feed.json",
		"alternate application/rss+xml  /planet/feed.rss",
		"nl /planet/nl/",
		"fr https://west.example/fr",
		"https://west.example/4",
		"application/rss+xml  /planet/ar/feed.rss",
		"/planet/about/json",
	} {
		if !links[want] {
			t.Errorf("no link %q", want)
		}
	}
	// Programs that look for feeds do not all know character references.
	if !bytes.Contains(page, []byte(`type="application/atom+xml"`)) {
		t.Error("the type of a feed is not written plainly")
	}
	if len(styleSheet) > 10<<10 {
		t.Errorf("the style sheet has %d bytes", len(styleSheet))
	}
}

func TestPageOfUnknownLanguage(t *testing.T) {
	a := newHandler(t, testSite(), planet()).viewArticle(post.Edition{Lead: post.Post{Language: "und"}}, "nl")
	if a.Language != "" || a.Dir != "auto" {
		t.Errorf("%+v", a)
	}
	// A language that we have no words in goes by its tag.
	if name := languageName("it"); name != "it" {
		t.Errorf("Italian is called %q", name)
	}
}

func TestExcerpt(t *testing.T) {
	titled := strings.Repeat("woord ", 48) + "einde." // longer than an excerpt
	for _, tt := range []struct{ title, summary, html, want string }{
		{"Title", "A summary.", "<p>The text.</p>", "A summary."},
		{"Title", "", "<p>The text.</p>", "The text."},
		{"A toot says…", "", "<p>A toot says all in its first line.</p>", ""},
		{"Title", "", "", ""},
		{"Title", "It begins so. […] The post Title appeared first on Blog.", "", "It begins so. …"},
		{"Title", "[…]", "", "[…]"},
		{"Web", "Webinars are what we give.", "", "Webinars are what we give."},
		{"Open source", "", "<p>Open source software is what this is about.</p>", "Open source software is what this is about."},
		{"…", "Something.", "", "Something."},
		{"A toot.", "A toot.", "", ""},
		{"What now?", "What now…", "", ""},
		{"A toot says...", "", "<p>A toot says all in its first line.</p>", ""},
		{"All that is to be said of it", "All that is to be...", "", ""},
		{"Well… that was it", "Well… that was it, and this is new.", "", "Well… that was it, and this is new."},
		{"A day", "A day… of which more.", "", "A day… of which more."},
		{"Title", "It begins so. [...] The post Title appeared first on Blog.", "", "It begins so. …"},
		{"Title", "It begins so. […] Lees verder", "", "It begins so. …"},
		{"Title", "It begins so […]", "", "It begins so …"},
		{"Title", "", "<p>“We must […] go on”, she said. Then the hall rose, and nobody asked why.</p>", "“We must […] go on”, she said. Then the hall rose, and nobody asked why."},
		{"Title", "“We must […] go on”, she said. […] The post Title appeared first on Blog.", "", "“We must […] go on”, she said. …"},
		{titled, titled + " And so on.", "", ""},
		{titled[:len(titled)-6] + "…", "", "<p>" + titled + " And so on.</p>", ""},
	} {
		p := post.Post{Title: tt.title, Summary: tt.summary, HTML: tt.html}
		if got := excerpt(p); got != tt.want {
			t.Errorf("%v: %q", tt, got)
		}
	}
	if long := excerpt(post.Post{Title: "x", Summary: strings.Repeat("woord ", 1000)}); len(long) > 300 {
		t.Errorf("an excerpt of %d bytes", len(long))
	}
}

// What the frame of each kind of feed says.
func TestFeedFrame(t *testing.T) {
	server := serve(t, newHandler(t, testSite(), planet()))
	tests := []struct {
		path, title, language, home string
		items                       int
	}{
		{"/feed.json", "Samenloop", "nl", "https://example.org/", 4},
		{"/en/feed.json", "Samenloop – English", "en", "https://example.org/en/", 1},
		{"/topic/social/feed.json", "Samenloop: Social again", "nl", "https://example.org/", 2},
		{"/nl/topic/social/feed.json", "Samenloop: Social again – Nederlands", "nl", "https://example.org/nl/", 1},
		{"/source/west/feed.json", "Samenloop: West of here", "nl", "https://example.org/", 2},
	}
	for _, tt := range tests {
		_, body := get(t, server, "GET", tt.path)
		var f struct {
			Title, Language, Description string
			Home                         string `json:"home_page_url"`
			Self                         string `json:"feed_url"`
			Items                        []struct {
				Samenloop struct {
					About  string
					Source struct{ Title string }
				} `json:"_samenloop"`
			}
		}
		if err := json.Unmarshal(body, &f); err != nil {
			t.Fatal(err)
		}
		if f.Title != tt.title || f.Language != tt.language || f.Home != tt.home || len(f.Items) != tt.items {
			t.Errorf("%s: %q in %s, home %s, %d items; want %q in %s, home %s, %d items", tt.path,
				f.Title, f.Language, f.Home, len(f.Items), tt.title, tt.language, tt.home, tt.items)
		}
		if f.Self != "https://example.org"+tt.path || f.Description == "" {
			t.Errorf("%s: self %s, description %q", tt.path, f.Self, f.Description)
		}
		for _, item := range f.Items {
			if x := item.Samenloop; x.About != "https://example.org/about/json" || x.Source.Title != "Noorderlicht" && x.Source.Title != "West of here" {
				t.Errorf("%s: %+v", tt.path, x)
			}
		}
	}
}

// A lead without a page of its own stands at its story.
func TestFeedOfPostWithoutURL(t *testing.T) {
	store := planet()
	e := edition(9, "west", "en", "No address")
	e.Lead.URL = ""
	store.editions = []post.Edition{e}
	server := serve(t, newHandler(t, testSite(), store))
	for _, format := range []string{"atom", "rss", "json"} {
		res, body := get(t, server, "GET", "/feed."+format)
		if res.StatusCode != 200 || !bytes.Contains(body, []byte("https://example.org/story/s9")) {
			t.Errorf("%s: %d\n%s", format, res.StatusCode, body)
		}
	}
	var feed struct {
		Updated string `xml:"updated"`
	}
	store.editions, store.version = nil, 1
	_, body := get(t, server, "GET", "/feed.atom")
	if err := xml.Unmarshal(body, &feed); err != nil || feed.Updated == "" {
		t.Errorf("an empty feed: %v, updated %q", err, feed.Updated)
	}
}

// Of what others wrote pages show text alone: nothing but our own style and icon is
// loaded with them, over http or https, whatever a post holds. Feeds keep its images.
func TestPagesLoadNothing(t *testing.T) {
	store := told()
	e := edition(20, "noord", "nl", "Met beeld", "social")
	e.Lead.HTML = `<p>Kijk: <img src="http://img.example/a.png"> <img src="https://img.example/b.png"></p><video src="https://img.example/c.mp4" poster="https://img.example/d.png"></video>`
	e.Lead.Enclosures = []post.Enclosure{{URL: "https://img.example/e.png", Type: "image/png"}, {URL: "http://img.example/f.mp3", Type: "audio/mpeg"}}
	store.change(e)
	server := serve(t, newHandler(t, testSite(), store))
	for _, path := range []string{"/nl/", "/nl/topic/social/", "/nl/source/noord/", "/story/s", "/nl/sources/", "/search?q=beeld&lang=nl"} {
		res, body := get(t, server, "GET", path, "Accept", "text/html")
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
		page, err := html.Parse(bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for n := range page.Descendants() {
			for _, a := range n.Attr {
				loads := slices.Contains([]string{"src", "srcset", "poster", "data", "background", "style"}, a.Key) || a.Key == "href" && n.Data == "link" && n.Attr[0].Val != "canonical" && n.Attr[0].Val != "alternate"
				if loads && !strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "https://example.org") {
					t.Errorf("%s loads %s %s=%q", path, n.Data, a.Key, a.Val)
				}
			}
			if slices.Contains([]string{"img", "video", "audio", "iframe", "object", "embed", "script"}, n.Data) {
				t.Errorf("%s has a %s", path, n.Data)
			}
		}
	}
	_, feed := get(t, server, "GET", "/nl/feed.json")
	for _, name := range []string{"a.png", "b.png", "e.png", "f.mp3"} {
		if !bytes.Contains(feed, []byte(name)) {
			t.Errorf("the feed has no %s", name)
		}
	}
}
