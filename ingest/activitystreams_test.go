package ingest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"samenloop/post"
)

var asNow = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

const public = `"to":"https://www.w3.org/ns/activitystreams#Public"`

// inspectAS is what inspect takes from a document that came from nowhere.
func inspectAS(t testing.TB, text string) ([]post.Post, []string) {
	t.Helper()
	match, err := post.NewMatcher([]post.Topic{{ID: "web", Hashtags: []string{"openweb"}}})
	if err != nil {
		t.Fatal(err)
	}
	x, err := Examine([]byte(text), "application/activity+json", "", post.Source{ID: "x", URL: "x"}, match, asNow)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return x.Posts, x.Document.Lost
}

// What one document comes to: how many posts, and which line where there is none.
func TestActivityStreamsDocument(t *testing.T) {
	note := func(more string) string {
		return `{"@context":"https://www.w3.org/ns/activitystreams","type":"Note","id":"https://a.example/1","content":"<p>Hidden words</p>"` + more + `}`
	}
	for _, test := range []struct {
		name, text string
		posts      int
		says       string
	}{
		{"a note", note("," + public), 1, ""},
		{"no context", `{"type":"Note","id":"https://a.example/1","content":"x"}`, 1, ""},
		{"no addressing at all", note(``), 1, ""},
		{"public as a compact name", note(`,"to":["as:Public"]`), 1, ""},
		{"public as a word", note(`,"to":["https://a.example/f","Public"]`), 1, ""},
		{"public as an object", note(`,"to":{"id":"https://www.w3.org/ns/activitystreams#Public"}`), 1, ""},
		{"unlisted", note(`,"to":["https://a.example/followers"],"cc":["https://www.w3.org/ns/activitystreams#Public"]`), 0, "not addressed to the public (unlisted"},
		{"followers", note(`,"to":["https://a.example/followers"]`), 0, "not addressed to the public (only to followers"},
		{"to nobody", note(`,"to":[],"cc":[]`), 0, "not addressed to the public"},
		{"audience of a group", note(`,"audience":"https://a.example/g"`), 0, "not addressed to the public"},
		{"Create", `{"@context":"https://www.w3.org/ns/activitystreams","type":"Create",` + public + `,"object":` + note("") + `}`, 1, ""},
		{"Create in public of what is not", `{"type":"Create",` + public + `,"object":` + note(`,"to":"https://a.example/f"`) + `}`, 0, "not addressed to the public"},
		{"Create for followers", `{"type":"Create","to":"https://a.example/f","object":` + note("") + `}`, 0, "not addressed to the public"},
		{"Create for followers of what is public", `{"type":"Create","to":"https://a.example/f","object":` + note(","+public) + `}`, 0, "not addressed to the public"},
		{"Announce for followers of what is public", `{"type":"Announce","to":"https://a.example/f","object":` + note(","+public) + `}`, 0, "not addressed to the public"},
		{"bto alone", note(`,"bto":"https://a.example/f"`), 0, "not addressed to the public"},
		{"a list of one, which is none", `{"type":"Collection","items":` + note(","+public) + `}`, 1, ""},
		{"Announce in cc", `{"type":"Announce","to":"https://a.example/f","cc":"https://www.w3.org/ns/activitystreams#Public","object":` + note(","+public) + `}`, 1, ""},
		{"Announce of what is unlisted", `{"type":"Announce",` + public + `,"object":` + note(`,"to":[],"cc":"as:Public"`) + `}`, 0, "not addressed to the public"},
		{"Announce of an id", `{"type":"Announce",` + public + `,"object":"https://a.example/1"}`, 0, ""},
		{"Like", `{"@context":"https://www.w3.org/ns/activitystreams","type":"Like","object":"https://a.example/1"}`, 0, "Like"},
		{"Follow", `{"type":"Follow","object":"https://a.example/1"}`, 0, "Follow"},
		{"Delete", `{"type":"Delete","object":"https://a.example/1"}`, 0, "Delete"},
		{"Tombstone", `{"type":"Tombstone","id":"https://a.example/1"}`, 0, "Tombstone"},
		{"an actor", `{"type":"Person","id":"https://a.example/1","summary":"#openweb"}`, 0, "actor (Person)"},
		{"something else", `{"@context":"https://www.w3.org/ns/activitystreams","type":"Relationship"}`, 0, "no post (Relationship)"},
		{"a property of a wrong shape", note(`,"tag":7,"attachment":"x","contentMap":[],"url":false,"language":"nl",` + public), 1, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			posts, lost := inspectAS(t, test.text)
			if len(posts) != test.posts || !strings.Contains(strings.Join(lost, "\n"), test.says) || test.posts == 0 && len(lost) != 1 && test.name != "Announce of an id" {
				t.Errorf("%d posts and %q, want %d and %q", len(posts), lost, test.posts, test.says)
			}
			if strings.Contains(strings.Join(lost, "\n"), "Hidden") || test.posts == 0 && strings.Contains(strings.Join(lost, "\n"), "a.example") {
				t.Errorf("the line tells what is not ours to tell: %q", lost)
			}
		})
	}
}

// A value, an object and a list of one say the same, wherever servers write them.
func TestActivityStreamsShapes(t *testing.T) {
	const whole = `{"@context":"https://www.w3.org/ns/activitystreams","type":"Create","actor":"https://a.example/users/ans","to":"https://www.w3.org/ns/activitystreams#Public","cc":"https://a.example/f",
		"object":{"type":"Note","id":"https://a.example/1","content":"<p>Een brug</p>","attributedTo":"https://a.example/users/ans","to":"https://www.w3.org/ns/activitystreams#Public","cc":"https://a.example/f",
			"url":"https://a.example/@ans/1","icon":"https://a.example/i.png","inReplyTo":"https://a.example/0","tag":{"type":"Hashtag","name":"#openweb"},
			"attachment":{"type":"Image","url":"https://a.example/1.png","name":"Brug"}}}`
	want, _ := inspectAS(t, whole)
	if len(want) != 1 || len(want[0].Matches) != 1 || len(want[0].Enclosures) != 1 || want[0].URL != "https://a.example/@ans/1" || want[0].Authors[0].Name != "ans@a.example" || !want[0].Reply {
		t.Fatalf("%+v", want)
	}
	for _, change := range [][2]string{
		{`"to":"https://www.w3.org/ns/activitystreams#Public"`, `"to":["https://www.w3.org/ns/activitystreams#Public"]`},
		{`"to":"https://www.w3.org/ns/activitystreams#Public"`, `"to":{"id":"https://www.w3.org/ns/activitystreams#Public"}`},
		{`"to":"https://www.w3.org/ns/activitystreams#Public"`, `"to":[{"type":"Object","id":"https://www.w3.org/ns/activitystreams#Public"}]`},
		{`"cc":"https://a.example/f"`, `"cc":["https://a.example/f"]`},
		{`"cc":"https://a.example/f"`, `"cc":{"id":"https://a.example/f"}`},
		{`"actor":"https://a.example/users/ans"`, `"actor":{"type":"Person","id":"https://a.example/users/ans"}`},
		{`"attributedTo":"https://a.example/users/ans"`, `"attributedTo":["https://a.example/users/ans"]`},
		{`"attributedTo":"https://a.example/users/ans"`, `"attributedTo":[{"type":"Person","id":"https://a.example/users/ans"}]`},
		{`"inReplyTo":"https://a.example/0"`, `"inReplyTo":[{"id":"https://a.example/0"}]`},
		{`"url":"https://a.example/@ans/1"`, `"url":["https://a.example/@ans/1"]`},
		{`"url":"https://a.example/@ans/1"`, `"url":{"type":"Link","href":"https://a.example/@ans/1"}`},
		{`"url":"https://a.example/@ans/1"`, `"url":[{"type":"Link","href":"https://a.example/x","mediaType":"application/json"},{"type":"Link","href":"https://a.example/@ans/1","mediaType":"text/html"}]`},
		{`"icon":"https://a.example/i.png"`, `"icon":[{"type":"Image","url":["https://a.example/i.png"]}]`},
		{`"icon":"https://a.example/i.png"`, `"icon":{"type":"Image","url":"https://a.example/i.png"}`},
		{`"tag":{"type":"Hashtag","name":"#openweb"}`, `"tag":[{"type":"Hashtag","name":"#openweb"}]`},
		{`"tag":{"type":"Hashtag","name":"#openweb"}`, `"tag":["https://a.example/tags/x",{"type":["Hashtag"],"name":"openweb"}]`},
		{`"type":"Image","url":"https://a.example/1.png"`, `"type":"Image","url":{"type":"Link","href":"https://a.example/1.png"}`},
		{`"type":"Image","url":"https://a.example/1.png"`, `"type":["Image"],"url":[{"href":"https://a.example/1.png"}]`},
		{`"attachment":{"type":"Image","url":"https://a.example/1.png","name":"Brug"}`, `"attachment":[{"type":"Image","url":"https://a.example/1.png","name":"Brug"}]`},
		{`"object":{"type":"Note"`, `"object":{"type":["Note"]`},
		{`"type":"Create"`, `"type":["Create"]`},
		{`"@context":"https://www.w3.org/ns/activitystreams"`, `"@context":["https://www.w3.org/ns/activitystreams",{"Hashtag":"as:Hashtag"},["x"]]`},
	} {
		changed := strings.ReplaceAll(whole, change[0], change[1])
		got, lost := inspectAS(t, changed)
		if changed == whole || len(lost) > 0 {
			t.Errorf("%s: %v", change[1], lost)
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(post.Post{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", change[1], diff)
		}
	}
	listed, _ := inspectAS(t, strings.Replace(strings.Replace(whole, `"object":{`, `"object":[{`, 1), `"Brug"}}}`, `"Brug"}}]}`, 1))
	if diff := cmp.Diff(want, listed, cmpopts.IgnoreUnexported(post.Post{})); diff != "" {
		t.Errorf("its object in a list (-want +got):\n%s", diff)
	}
}

func TestActivityStreamsPost(t *testing.T) {
	posts, _ := inspectAS(t, `{"@context":"https://www.w3.org/ns/activitystreams","type":"Create",`+public+`,
		"actor":{"type":"Person","id":"https://a.example/users/ans","name":"Ans de Vries"},
		"object":{"type":"Question","id":"https://a.example/users/ans/1",`+public+`,"cc":["https://a.example/followers"],
			"url":[{"type":"Link","mediaType":"text/html","href":"https://a.example/@ans/1"}],
			"inReplyTo":"https://b.example/2","published":"2026-11-20T10:00:00Z","updated":"2026-11-20T11:00:00Z",
			"content":"<p>Wat kiest u? Er is <b>veel</b> :vos:</p>","contentMap":{"nl":"<p>Wat kiest u? Er is <b>veel</b> :vos:</p>"},
			"oneOf":[{"type":"Note","name":"Het <open> web","replies":{"totalItems":3}},{"type":"Note","name":"Iets anders"}],
			"attachment":[{"type":"Document","mediaType":"image/png","url":"https://a.example/1.png","name":"Een \"brug\" over water"},
				{"type":"PropertyValue","name":"x","value":"y"}],
			"tag":[{"type":"Hashtag","name":"#OpenWeb"},{"type":"Mention","name":"@bea@b.example"},{"type":"Emoji","name":":vos:","icon":{"url":"https://a.example/vos.png"}}]}}`)
	if len(posts) != 1 {
		t.Fatal(posts)
	}
	p := posts[0]
	want := `<p>Wat kiest u? Er is <b>veel</b> :vos:</p>` + "\n" + `<ul><li>Het &lt;open&gt; web</li><li>Iets anders</li></ul>`
	flat := strings.NewReplacer("\n", "", "<strong>", "<b>", "</strong>", "</b>").Replace
	if !strings.HasPrefix(flat(p.HTML), flat(want)) || !strings.Contains(p.HTML, `alt="Een &#34;brug&#34; over water"`) {
		t.Errorf("HTML %s", p.HTML)
	}
	if p.Title != "Wat kiest u?" || p.URL != "https://a.example/@ans/1" || p.ID != "https://a.example/users/ans/1" || !p.Reply || !p.Note || !p.Fediverse {
		t.Errorf("%+v", p)
	}
	if diff := cmp.Diff([]string{"OpenWeb"}, p.Tags); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]post.Author{{Name: "Ans de Vries", URL: "https://a.example/users/ans"}}, p.Authors); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]post.Enclosure{{URL: "https://a.example/1.png", Type: "image/png"}}, p.Enclosures); diff != "" {
		t.Error(diff)
	}
	if p.Language != "nl" || len(p.Matches) != 1 {
		t.Errorf("%s %v", p.Language, p.Matches)
	}
}

// What is quoted stands after what its author says of it, which is the title.
func TestActivityStreamsQuote(t *testing.T) {
	const said, re = `<p>This is why. And more.</p>`, `<p class=\"quote-inline\">RE: <a href=\"https://b.example/@bea/2\">https://b.example/@bea/2</a></p>`
	posts, _ := inspectAS(t, `{"type":"Note","id":"https://a.example/1",`+public+`,"content":"`+re+said+`"}`)
	if p := posts[0]; p.Title != "This is why." || p.HTML != said+`<p>RE: <a href="https://b.example/@bea/2">https://b.example/@bea/2</a></p>` {
		t.Errorf("%q, %s", p.Title, p.HTML)
	}
}

func TestActivityStreamsWarning(t *testing.T) {
	for _, warning := range []string{`"summary":"Over <b>geweld</b>","sensitive":true`, `"summary":"Over geweld"`, `"sensitive":true`} {
		posts, _ := inspectAS(t, `{"type":"Note","id":"https://a.example/1",`+warning+`,`+public+`,"content":"<p>Een geheim verhaal. #openweb</p>",
			"attachment":{"type":"Document","mediaType":"image/png","url":"https://a.example/geheim.png","name":"geheim plaatje"}}`)
		p := posts[0]
		shown := p.Title + p.Summary + p.HTML
		for _, e := range p.Enclosures {
			shown += e.URL
		}
		if strings.Contains(shown, "geheim") {
			t.Errorf("%s: shows %s", warning, shown)
		}
		if strings.Contains(warning, "summary") && !strings.Contains(p.HTML, "Over geweld") {
			t.Errorf("%s: does not show the warning: %s", warning, p.HTML)
		}
		if len(p.Matches) != 1 {
			t.Errorf("%s: what is hidden does not decide the topic", warning)
		}
	}
	// So is what an article says of itself, if it says that it is sensitive.
	if posts, _ := inspectAS(t, `{"type":"Article","id":"https://a.example/1","name":"Title","summary":"Over geweld","sensitive":true,"content":"<p>geheim</p>",`+public+`}`); strings.Contains(posts[0].HTML+posts[0].Summary, "geheim") || !strings.Contains(posts[0].HTML, "Over geweld") {
		t.Errorf("%+v", posts[0])
	}
	// The summary of an article is its abstract.
	posts, _ := inspectAS(t, `{"type":"Article","id":"https://a.example/1","name":"Title","summary":"In short","content":"<p>At length</p>",`+public+`}`)
	if p := posts[0]; p.Title != "Title" || p.Summary != "In short" || p.HTML != "<p>At length</p>" || p.Note {
		t.Errorf("%+v", p)
	}
}

// Every language of a contentMap is a post, whose number does not depend on the others.
func TestActivityStreamsLanguages(t *testing.T) {
	said := func(contentMap string) map[string]int {
		posts, _ := inspectAS(t, `{"type":"Note","id":"https://a.example/1",`+public+`,"content":"<p>Een brug</p>","contentMap":`+contentMap+`}`)
		variants := map[string]int{}
		for _, p := range posts {
			if p.ID != "https://a.example/1" {
				t.Errorf("id %q", p.ID)
			}
			variants[p.Language] = p.Variant
		}
		return variants
	}
	one := said(`{"nl":"<p>Een brug</p>"}`)
	two := said(`{"en":"<p>A bridge</p>","nl":"<p>Een brug</p>"}`)
	three := said(`{"de":"<p>Eine Brücke</p>","en":"<p>A bridge</p>","nl":"<p>Een brug</p>","zz-zz-zz":"x","fr":" "}`)
	if len(one) != 1 || one["nl"] != 0 || len(two) != 2 || two["nl"] != 0 || two["en"] >= 0 || len(three) != 3 || three["en"] != two["en"] || three["de"] == two["en"] {
		t.Error(one, two, three)
	}
}

func TestActivityStreamsMedia(t *testing.T) {
	posts, _ := inspectAS(t, `{"type":"Video","id":"https://a.example/v/1","name":"A film","content":"**Bold**\n\nand more","mediaType":"text/markdown",`+public+`,
		"language":{"identifier":"fr","name":"Français"},
		"attributedTo":[{"type":"Person","id":"https://a.example/accounts/ans"},{"type":"Group","id":"https://a.example/c/films"}],
		"url":[{"type":"Link","mediaType":"text/html","href":"https://a.example/w/1"},{"type":"Link","mediaType":"video/mp4","href":"https://a.example/1.mp4","size":12},{"type":"Link","mediaType":"video/mp4","href":"https://a.example/2.mp4"}]}`)
	p := posts[0]
	if p.URL != "https://a.example/w/1" || p.Language != "fr" || p.HTML != "<p>**Bold**</p>\n<p>and more</p>" {
		t.Errorf("%+v", p)
	}
	if diff := cmp.Diff([]post.Enclosure{{URL: "https://a.example/1.mp4", Type: "video/mp4", Length: 12}}, p.Enclosures); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]post.Author{{Name: "ans@a.example", URL: "https://a.example/accounts/ans"}, {Name: "c@a.example", URL: "https://a.example/c/films"}}, p.Authors); diff != "" {
		t.Error(diff)
	}
}

func TestActivityStreamsCollection(t *testing.T) {
	posts, lost := inspectAS(t, `{"@context":["https://x.example",{"a":"b"}],"type":"OrderedCollection","id":"https://a.example/outbox",
		"first":{"type":"OrderedCollectionPage","orderedItems":[
			{"type":"Note","id":"https://a.example/3","content":"Een",`+public+`},
			{"type":"Create","object":"https://a.example/2",`+public+`},
			"https://a.example/1",
			{"type":"Note","id":"https://a.example/0","content":"Geheim","to":"https://a.example/f"}, 7]}}`)
	if len(posts) != 1 || posts[0].HTML != "<p>Een</p>" || len(lost) != 3 || !strings.HasPrefix(lost[2], "2 entries say only an id") {
		t.Errorf("%d posts, %q", len(posts), lost)
	}
	if posts, lost := inspectAS(t, `{"type":"OrderedCollection","totalItems":12,"@context":"https://www.w3.org/ns/activitystreams"}`); len(posts) != 0 || len(lost) != 0 {
		t.Error(posts, lost)
	}
}

func TestHandleOf(t *testing.T) {
	for address, want := range map[string]string{
		"https://a.example/users/roos":                    "roos@a.example",
		"https://a.example/@roos":                         "roos@a.example",
		"https://a.example/@roos/statuses/01":             "roos@a.example",
		"https://a.example/users/roos/statuses/01M81G838": "roos@a.example",
		"https://a.example/piet":                          "piet@a.example",
		"https://a.example/":                              "a.example",
		"roos":                                            "",
	} {
		if got := handleOf(address); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
}

func activityStreamsSeeds(tb testing.TB) (seeds [][]byte) {
	files, err := filepath.Glob("testdata/read/*.as2")
	if err != nil || len(files) == 0 {
		tb.Fatal("no documents", err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			tb.Fatal(err)
		}
		seeds = append(seeds, b)
	}
	return seeds
}

func FuzzReadActivityStreams(f *testing.F) {
	for _, s := range activityStreamsSeeds(f) {
		f.Add(s)
	}
	f.Add([]byte(`{"type":"Create","object":{"type":"Undo","object":{"type":"Announce","object":["https://a.example/1"]}}}`))
	match, err := post.NewMatcher(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		o, err := parseActivityStreams(in)
		if err != nil {
			return
		}
		doc, err := readActivityStreams(&feedInput{text: in})
		if err != nil {
			t.Fatal(err)
		}
		for i := range doc.Entries {
			p := settle(&doc.Entries[i], doc, post.Source{ID: "x"}, match, asNow)
			if p.Title == "" && p.HTML != "" && post.Text(p.HTML) != "" {
				t.Errorf("no title: %q", p.HTML)
			}
		}
		if item := asItemOf(o); item.object != nil && !item.object.isPublic(false) {
			t.Error("taken although it is not public")
		}
	})
}

func BenchmarkReadActivityStreams(b *testing.B) {
	page := activityStreamsPage(20)
	match, err := post.NewMatcher(nil)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(page)))
	for b.Loop() {
		if x, err := Examine(page, "", "", post.Source{ID: "x"}, match, asNow); err != nil || len(x.Posts) != 20 {
			b.Fatal(err)
		}
	}
}

// activityStreamsPage is an outbox page of n Creates with their notes inside.
func activityStreamsPage(n int) []byte {
	var items []string
	for range n {
		items = append(items, `{"type":"Create",`+public+`,"object":{"type":"Note","id":"https://a.example/users/ans/1",`+public+`,"content":"`+strings.Repeat(`<p>Over het <a href=\"https://a.example/\">open web</a> en de rest.</p>`, 8)+`","tag":[{"type":"Hashtag","name":"#openweb"}]}}`)
	}
	return []byte(`{"@context":"https://www.w3.org/ns/activitystreams","type":"OrderedCollectionPage","orderedItems":[` + strings.Join(items, ",") + `]}`)
}
