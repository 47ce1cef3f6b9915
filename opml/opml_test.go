package opml

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReadWhatOthersWrite(t *testing.T) {
	tests := []struct {
		name, text string
		want       []Outline
	}{
		{"newsboat", `<?xml version="1.0" encoding="UTF-8"?>
<opml version="1.0">
  <head>
    <title>Newsboat - Exported Feeds</title>
  </head>
  <body>
    <outline type="rss" xmlUrl="https://a.example/feed?x=1&amp;y=2" htmlUrl="https://a.example/" title="A &amp; co"/>
    <outline type="rss" xmlUrl="https://b.example/atom.xml" htmlUrl="" title=""/>
  </body>
</opml>
`, []Outline{{Title: "A & co", Feed: "https://a.example/feed?x=1&y=2", Site: "https://a.example/"}, {Feed: "https://b.example/atom.xml"}}},
		{"Miniflux: folders", `<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0">
    <head>
        <title>Miniflux</title>
        <dateCreated>Mon, 23 Nov 2026 12:00:00 +0000</dateCreated>
    </head>
    <body>
        <outline text="News">
            <outline title="A" text="A" xmlUrl="https://a.example/feed" htmlUrl="https://a.example/" type="rss"></outline>
        </outline>
        <outline text="All"></outline>
    </body>
</opml>`, []Outline{{Title: "A", Feed: "https://a.example/feed", Site: "https://a.example/"}}},
		{"carelessly", "\ufeff\n<OPML><body><Outline TEXT='Caf\u00e9&nbsp;noir' XMLURL=' http://c.example/?a=1&b=2 ' language='fr'><p>x</p></Outline></body></OPML>",
			[]Outline{{Title: "Café\u00a0noir", Feed: "http://c.example/?a=1&b=2", Language: "fr"}}},
		{"Latin 1", "<?xml version='1.0' encoding='iso-8859-1'?><opml><body><outline text='caf\xe9' xmlUrl='https://a.example/'/></body></opml>",
			[]Outline{{Title: "café", Feed: "https://a.example/"}}},
		{"none", "<opml version='2.0'><head/><body/></opml>", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Read([]byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	within := func(element string, n int) string { return "<opml><body>" + strings.Repeat(element, n) }
	tests := []struct{ name, text, want string }{
		{"nothing", "", "not OPML"},
		{"words", "https://a.example/feed\n", "not OPML"},
		{"a feed", `<rss version="2.0"><channel/></rss>`, "begins with <rss>"},
		{"a page", `<!doctype html><html><body>x</body></html>`, "begins with <html>"},
		{"JSON", `{"version": "https://jsonfeed.org/version/1.1"}`, "not OPML"},
		{"cut off", `<opml><body><outline text="A" xmlUrl="https://a.exa`, "cut off"},
		{"cut off between", `<opml><body><outline text="A" xmlUrl="https://a.example/">`, "cut off"},
		{"outlines without end", within("<outline text='x'>", 1_000_000), "deep"},
		{"other elements without end", within("<x>", 1_000_000), "deep"},
		{"eleven deep", within("<outline>", 11) + strings.Repeat("</outline>", 11) + "</body></opml>", "deep"},
		{"too many", within("<outline text='x' xmlUrl='https://a.example/'/>", 2001) + "</body></opml>", "more than 2000"},
		{"entities of its own", `<!DOCTYPE opml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><opml><body><outline text="&b;" xmlUrl="https://a.example/"/></body></opml>`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Read([]byte(tt.text))
			if tt.want == "" {
				if err == nil && len(got[0].Title) > 10 {
					t.Errorf("an entity was replaced: %q", got[0].Title)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
	full := within("<outline>", 10) + strings.Repeat("</outline>", 10) + strings.Repeat("<outline/>", 1990) + "</body></opml>"
	if _, err := Read([]byte(full)); err != nil {
		t.Errorf("as much as may be: %v", err)
	}
}

func TestWriteAndReadAgain(t *testing.T) {
	feeds := []Outline{
		{Title: `<A> & "co"`, Feed: "https://a.example/?a=1&b=2", Site: "https://a.example/", ID: "a", Lock: "nl", All: true, Boosts: true, NoFullText: true},
		{Title: "B", Feed: "https://b.example/feed", Language: "de"},
	}
	text, err := Write("Title & all", time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), []Outline{{Title: "folder", Outlines: feeds}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<opml version="2.0"`, "<title>Title &amp; all</title>", "<dateCreated>Mon, 23 Nov 2026 12:00:00 +0000<", `<outline text="folder">`, `type="rss"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s is not in\n%s", want, text)
		}
	}
	again, err := Read(text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(feeds, again); diff != "" {
		t.Error(diff)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`<opml><body><outline text="A"><outline text="B" xmlUrl="https://b.example/"/></outline></body></opml>`))
	f.Add([]byte("<?xml version='1.0' encoding='utf-16'?><opml>"))
	f.Fuzz(func(t *testing.T, text []byte) {
		feeds, err := Read(text)
		if err != nil {
			if strings.ContainsAny(fmt.Sprint(err), "\n") {
				t.Errorf("more than a line: %q", err)
			}
			return
		}
		if len(feeds) > mostOutlines {
			t.Errorf("%d feeds", len(feeds))
		}
		if _, err := Write("t", time.Time{}, feeds); err != nil {
			t.Error(err)
		}
	})
}
