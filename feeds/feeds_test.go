package feeds

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/mmcdole/gofeed"

	"samenloop/post"
)

var update = flag.Bool("update", false, "rewrite the expected feeds in testdata")

// frame is a feed without editions; a testdata/*.post.json says what differs.
func frame() Feed {
	return Feed{
		Title:       "Samen",
		Description: "Berichten van vele sites in één feed; wat op meer plaatsen staat, verschijnt één keer.",
		Language:    "nl",
		Home:        "https://samen.example/nl/",
		Base:        "https://samen.example/nl/feed",
		Alternates:  map[string]string{"nl": "https://samen.example/nl/feed", "fy": "https://samen.example/fy/feed", "en": "https://samen.example/en/feed"},
		Updated:     time.Date(2025, 3, 4, 5, 6, 7, 890, time.UTC),
		Generator:   "samenloop/1.2.3",
		About:       "https://samen.example/about/json",
		StoryURL:    func(story string) string { return "https://samen.example/story/" + story },
		EditionURL: func(id string) string {
			return "https://samen.example/edition/" + strings.TrimPrefix(id, "urn:uuid:")
		},
		TopicURL: func(id string) string { return "https://samen.example/topic/" + id + "/feed" },
		Actor:    "https://samen.example/actor",
	}
}

func read(t testing.TB, file string) Feed {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	f := frame()
	f.Alternates = nil // a map would be added to
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if f.Alternates == nil {
		f.Alternates = frame().Alternates
	}
	return f
}

func render(t testing.TB, format Format, f Feed) []byte {
	out, err := format.Render(f)
	if err != nil {
		t.Fatalf("%s: %v", format.Name, err)
	}
	return out
}

func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.post.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	for _, file := range files {
		for _, format := range Formats {
			golden := strings.TrimSuffix(file, ".post.json") + "." + format.Name
			t.Run(filepath.Base(golden), func(t *testing.T) {
				got := render(t, format, read(t, file))
				if again := render(t, format, read(t, file)); !bytes.Equal(got, again) {
					t.Error("the same feed is not the same bytes")
				}
				if *update {
					if err := os.WriteFile(golden, got, 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(want), string(got)); diff != "" {
					t.Errorf("-want +got (look at it, then go test -update):\n%s", diff)
				}
			})
		}
	}
}

// What a reader's parser finds is what the edition says, in every format.
func TestReadBack(t *testing.T) {
	f := read(t, "testdata/article.post.json")
	note := read(t, "testdata/bare_note.post.json")
	long := read(t, "testdata/long_title.post.json")
	f.Editions = append(f.Editions, note.Editions[0], long.Editions[0])
	f.NextQuery = "before=1a2b"
	for _, format := range Formats {
		if format.Name == "as2" { // no feed to a reader of feeds; TestAS2 reads it
			continue
		}
		t.Run(format.Name, func(t *testing.T) {
			got, err := gofeed.NewParser().Parse(bytes.NewReader(render(t, format, f)))
			if err != nil {
				t.Fatal(err)
			}
			if got.Title != f.Title || got.Description != f.Description || got.Language != f.Language || got.Link != f.Home {
				t.Errorf("the frame is %q, %q, %q, %q", got.Title, got.Description, got.Language, got.Link)
			}
			if got.FeedLink != f.URL(format.Name) {
				t.Errorf("the feed is at %q", got.FeedLink)
			}
			if len(got.Items) != len(f.Editions) {
				t.Fatalf("%d items", len(got.Items))
			}
			for i, item := range got.Items {
				e := f.Editions[i]
				if item.GUID != e.ID || item.Title != e.Lead.Title || e.Lead.HTML != "" && item.Content != e.Lead.HTML {
					t.Errorf("item %d is %q, %q, %q", i, item.GUID, item.Title, item.Content)
				}
				if !item.PublishedParsed.Equal(e.Published) {
					t.Errorf("item %d is of %v", i, item.PublishedParsed)
				}
			}
			item := got.Items[0]
			if item.Link != f.Editions[0].Lead.URL {
				t.Errorf("link is %q", item.Link)
			}
			if item := got.Items[1]; item.Link != "https://samen.example/story/s7k5" {
				t.Errorf("a post without a page links to %q", item.Link)
			}
			// gofeed sees the first dc:creator of RSS alone.
			if a := item.Authors; len(a) == 0 || a[0].Name != "Sanne Bakker" || format.Name != "rss" && a[len(a)-1].Name != "Wiebe Dijkstra" {
				t.Errorf("authors %v", a)
			}
			if a := got.Items[1].Authors; len(a) != 1 || a[0].Name != "noord.example" {
				t.Errorf("authors of a post without one: %v", a)
			}
			if len(item.Categories) != 2 {
				t.Errorf("categories %v", item.Categories)
			}
			if e := item.Enclosures; len(e) == 0 || e[0].URL != "https://brug.example/oproep.mp3" {
				t.Errorf("enclosures %v", e)
			}
		})
	}
}

// A format that a reader takes for another, or not at all, is of no use.
func TestFormats(t *testing.T) {
	for _, format := range Formats {
		want := format.Alternate + "; charset=utf-8"
		if format.Name == "as2" { // which has no charset: it is always UTF-8
			want = format.Alternate
		}
		if format.Type != want {
			t.Errorf("%s: %q is not of %q", format.Name, format.Type, format.Alternate)
		}
	}
}

// Atom allows one alternate a type and language; the first and the last one are
// the item's own page.
func TestTranslationLinks(t *testing.T) {
	f := frame()
	f.Editions = []post.Edition{{
		ID:   "urn:uuid:1",
		Lead: post.Post{URL: "https://brug.example/nl", Title: "t", Language: "nl"},
		Translations: []post.Translation{
			{Language: "en", URL: "https://brug.example/en"},
			{Language: "en", URL: "https://brug.example/en2"},
			{Language: "nl", URL: "https://brug.example/nl2"},
			{Language: "und", URL: "https://brug.example/und"},
			{Language: "fy"},
		},
	}}
	out, err := renderAtom(f)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Entries []struct {
			Links []struct {
				Type     string `xml:"type,attr"`
				Hreflang string `xml:"hreflang,attr"`
				Href     string `xml:"href,attr"`
			} `xml:"link"`
		} `xml:"entry"`
	}
	if err := xml.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	var links []string
	for _, l := range got.Entries[0].Links {
		links = append(links, l.Type+" "+l.Hreflang+" "+l.Href)
	}
	want := []string{
		" nl https://brug.example/nl",
		" en https://brug.example/en",
		"  https://brug.example/und",
		"text/html nl https://brug.example/nl",
	}
	if diff := cmp.Diff(want, links); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestJSONItemsOfEmptyFeed(t *testing.T) {
	out, err := renderJSON(frame())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(out, []byte(`"items": []`)) {
		t.Errorf("an empty feed has no items: %s", out)
	}
}

// What is hostile in one post must not lose the feed.
var hostile = []string{
	"a\x00b\x08\x1b[31m\x7f\u0085c",
	"]]>", "]]]]>><![CDATA[", "<!--", "&amp;&#0;&bogus;", `"'><x y="`,
	"\ufffe\uffff\U0001ffff", "\xed\xa0\x80\xff\xc3", "\u202eevil\u2066", "a\r\nb\rc", "\u2028",
	"</title></item>", "javascript:alert(1)", "{site}", "\U0010ffff",
}

func TestHostileText(t *testing.T) {
	for _, s := range hostile {
		for _, format := range Formats {
			checkWellFormed(t, format, hostileFeed(s))
		}
	}
}

func FuzzRender(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, format := range Formats {
			checkWellFormed(t, format, hostileFeed(s))
		}
	})
}

// hostileFeed has s wherever a source can write.
func hostileFeed(s string) Feed {
	f := frame()
	f.Title, f.Description = s, s
	f.Sites = map[string]Site{s: {Page: s, Feed: s}}
	f.Topics = map[string]string{s: s}
	f.Editions = []post.Edition{{
		ID: "urn:uuid:1", Story: s,
		Lead: post.Post{
			URL: s, Title: s, Summary: s, HTML: s, Language: s,
			Authors:    []post.Author{{Name: s, URL: s}},
			Tags:       []string{s, s + "x"},
			Enclosures: []post.Enclosure{{URL: s, Type: s, Length: -1}, {URL: s, Type: s}},
		},
		Source:       post.Source{ID: s, Title: s, URL: s},
		Topics:       []string{s},
		Translations: []post.Translation{{ID: s, Language: s, Title: s, URL: s}},
		Discussions:  []post.Discussion{{URL: s, Title: s, Author: s, Language: s}},
	}, {
		ID:   "urn:uuid:2",
		Lead: post.Post{Title: s, HTML: s, Language: "ar", Note: true},
	}}
	f.Removed = []post.Tombstone{{ID: s, Language: s}}
	return f
}

// checkWellFormed reads a feed to its end and finds both editions.
func checkWellFormed(t *testing.T, format Format, f Feed) {
	t.Helper()
	out := render(t, format, f)
	if !utf8.Valid(out) {
		t.Errorf("%s: not UTF-8", format.Name)
	}
	if out[0] == '{' {
		var got struct {
			Items []struct{ ID string }
			First struct {
				OrderedItems []struct{ Object struct{ ID string } }
			}
		}
		err := json.Unmarshal(out, &got)
		var ids []string
		for _, item := range got.Items {
			ids = append(ids, item.ID)
		}
		for _, item := range got.First.OrderedItems {
			ids = append(ids, "urn:uuid:"+strings.TrimPrefix(item.Object.ID, "https://samen.example/edition/"))
		}
		if err != nil || strings.Join(ids, " ") != "urn:uuid:1 urn:uuid:2" {
			t.Errorf("%s: %v, %v in\n%s", format.Name, ids, err, out)
		}
		return
	}
	d := xml.NewDecoder(bytes.NewReader(out))
	var ids []string
	for id := false; ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v in\n%s", format.Name, err, out)
		}
		switch token := token.(type) {
		case xml.StartElement:
			id = token.Name.Local == "id" || token.Name.Local == "guid"
		case xml.CharData:
			if text := string(token); id && strings.HasPrefix(text, "urn:uuid:") {
				ids = append(ids, text)
			}
		case xml.EndElement:
			id = false
		}
	}
	if got := strings.Join(ids, " "); got != "urn:uuid:1 urn:uuid:2" {
		t.Errorf("%s: ids are %q in\n%s", format.Name, got, out)
	}
}

func TestExcerpt(t *testing.T) {
	for _, c := range []struct {
		in   string
		max  int
		want string
	}{
		{"kort", 10, "kort"},
		{" een \n twee ", 10, "een twee"},
		{"een twee drie", 13, "een twee drie"},
		{"een twee drie", 12, "een twee…"},
		{"een twee drie", 9, "een twee…"},
		{"aaaaaaaaaaaaaaa", 10, "aaaaaaaaa…"},
		{"ééééé ééééé ééééé", 12, "ééééé ééééé…"},
		{"", 10, ""},
	} {
		if got := excerpt(c.in, c.max); got != c.want {
			t.Errorf("excerpt(%q, %d) = %q, want %q", c.in, c.max, got, c.want)
		}
	}
}

func BenchmarkRender(b *testing.B) {
	f := read(b, "testdata/article.post.json")
	e := f.Editions[0]
	e.Lead.HTML = strings.Repeat(e.Lead.HTML, 5000/len(e.Lead.HTML)+1)
	f.Editions = nil
	for range 50 {
		f.Editions = append(f.Editions, e)
	}
	for _, format := range Formats {
		b.Run(format.Name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := format.Render(f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
