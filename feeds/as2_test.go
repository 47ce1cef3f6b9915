package feeds

import (
	"cmp"
	"encoding/json"
	"testing"
	"time"
)

// What a server of the fediverse looks for in a collection is what the edition says.
func TestAS2(t *testing.T) {
	f := read(t, "testdata/article.post.json")
	note := read(t, "testdata/note_and_removed.post.json")
	f.Editions = append(f.Editions, note.Editions[0], read(t, "testdata/bare_note.post.json").Editions[0])
	f.NextQuery = "before=1a2b"
	total := 123
	f.Total = &total
	out, err := renderAS2(f)
	if err != nil {
		t.Fatal(err)
	}
	type object struct {
		ID, Type, Name, Content, Published string
		To                                 []string
		ContentMap, NameMap                map[string]string
		URL                                []struct{ Href, Hreflang string }
		AttributedTo                       []struct{ ID, Name, URL string }
	}
	var got struct {
		ID, Type   string
		TotalItems int
		First      struct {
			Type, PartOf, Next string
			OrderedItems       []struct {
				ID, Type, Actor string
				To              []string
				Object          object
			}
		}
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	page := got.First
	if got.TotalItems != total {
		t.Errorf("it says that there are %d", got.TotalItems)
	}
	if got.Type != "OrderedCollection" || got.ID != f.First("as2") || page.Type != "OrderedCollectionPage" || page.PartOf != got.ID || page.Next != f.Next("as2") {
		t.Errorf("%s %q, page %s of %q, next %q", got.Type, got.ID, page.Type, page.PartOf, page.Next)
	}
	if len(page.OrderedItems) != 3 {
		t.Fatalf("%d items", len(page.OrderedItems))
	}
	for i, a := range page.OrderedItems {
		e, o := f.Editions[i], a.Object
		if a.Type != "Create" || a.Actor != f.Actor || a.ID != o.ID+"#create" || o.ID != f.EditionURL(e.ID) || len(a.To) != 1 || a.To[0] != as2Public || len(o.To) != 1 || o.To[0] != as2Public {
			t.Errorf("activity %d: %+v", i, a)
		}
		if at, err := time.Parse(time.RFC3339, o.Published); err != nil || !at.Equal(e.Published.Truncate(time.Second)) {
			t.Errorf("published %q", o.Published)
		}
		if e.Lead.HTML != "" && (o.Content != e.Lead.HTML || o.ContentMap[e.Lead.Language] != e.Lead.HTML) {
			t.Errorf("content %q, %v", o.Content, o.ContentMap)
		}
		if want := (map[bool]string{false: "Article", true: "Note"})[e.Lead.Note]; o.Type != want || (o.Name == "") != e.Lead.Note {
			t.Errorf("%s %q", o.Type, o.Name)
		}
		for _, who := range o.AttributedTo {
			if who.ID != "" {
				t.Errorf("it speaks for %s", who.ID)
			}
		}
	}
	if o := page.OrderedItems[1].Object; len(o.AttributedTo) != 1 || o.AttributedTo[0].URL != "https://social.example/@roos" {
		t.Errorf("attributed to %+v", o.AttributedTo)
	}
	if o := page.OrderedItems[2].Object; o.Content != "Wie komt er vrijdag?" || o.ContentMap != nil || o.URL[0].Href != "https://samen.example/story/s7k5" {
		t.Errorf("a bare note is %+v", o)
	}
}

// A search is a collection of its own, with its own pages.
func TestAS2OfSearch(t *testing.T) {
	f := frame()
	f.FirstQuery, f.PageQuery, f.NextQuery = "q=web", "q=web", "q=web&before=1a2b"
	for _, want := range []struct{ page, kind, id string }{
		{"q=web", "OrderedCollection", "https://samen.example/nl/feed.as2?q=web"},
		{"q=web&before=1a2b", "OrderedCollectionPage", "https://samen.example/nl/feed.as2?q=web&before=1a2b"},
	} {
		f.PageQuery = want.page
		out, err := renderAS2(f)
		var got struct{ Type, ID string }
		if err = cmp.Or(err, json.Unmarshal(out, &got)); err != nil || got.Type != want.kind || got.ID != want.id {
			t.Errorf("%s: %v, %+v", want.page, err, got)
		}
	}
}

func TestHashtagName(t *testing.T) {
	for _, tt := range []struct {
		tag  tag
		want string
	}{
		{tag{"privacy", ""}, "#privacy"},
		{tag{"digitale rechten", ""}, "#DigitaleRechten"},
		{tag{"#web", ""}, "#web"},
		{tag{"open-web", "Open web"}, "#OpenWeb"},
		{tag{"mssa", "#makesocialssocialagain"}, "#makesocialssocialagain"},
		{tag{"اجتماعي", ""}, "#اجتماعي"},
		{tag{"2025", ""}, ""},
		{tag{"!?", ""}, ""},
		{tag{"", ""}, ""},
	} {
		if got := as2HashtagName(tt.tag); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.tag, got, tt.want)
		}
	}
}
