package post

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRulesChanged(t *testing.T) {
	old := Rules{Topics: []Topic{
		{ID: "same", Hashtags: []string{"a"}, Title: "A"},
		{ID: "other", Phrases: []string{"b"}},
		{ID: "gone", Hashtags: []string{"c"}},
	}}
	now := Rules{Topics: []Topic{
		{ID: "new", Hashtags: []string{"c"}},
		{ID: "same", Hashtags: []string{"a"}, Phrases: []string{}, Title: "another name"},
		{ID: "other", Phrases: []string{"b", "b2"}},
	}}
	if got := slices.Sorted(maps.Keys(now.Changed(old))); !slices.Equal(got, []string{"gone", "new", "other"}) {
		t.Errorf("changed %v", got)
	}
	if got := now.Changed(now); len(got) != 0 {
		t.Errorf("nothing changed, but %v", got)
	}
}

func TestRedecide(t *testing.T) {
	changed := map[string]bool{"web": true, "gone": true}
	match, err := NewMatcher([]Topic{{ID: "web", Hashtags: []string{"openweb"}, Phrases: []string{"open web"}}})
	if err != nil {
		t.Fatal(err)
	}
	byTag := Match{"web", "hashtag in content: #openweb"}
	tests := []struct {
		name  string
		words Words
		had   []Match
		whole bool
		want  []Match
	}{
		{"it matches now", Words{Title: "The open web"}, nil, false, []Match{{"web", "phrase in title: open web"}}},
		{"its page matches now", Words{Title: "x", Page: "about the open web"}, nil, false, []Match{{"web", "phrase in page: open web"}}},
		{"it matches no more", Words{Content: "#oldweb"}, []Match{{"web", "hashtag in content: #oldweb"}}, false, nil},
		{"it lost the hashtag in an edit, which still counts", Words{Content: "x"}, []Match{byTag}, false, []Match{byTag}},
		{"its phrase still counts, too", Words{Content: "x"}, []Match{{"web", "phrase in page: open web"}}, false, []Match{{"web", "phrase in page: open web"}}},
		{"a topic that is no more", Words{Content: "#gone"}, []Match{{"gone", "hashtag in content: #gone"}}, false, nil},
		{"a topic that did not change is let be", Words{Content: "x"}, []Match{{"art", "hashtag in tag: #art"}}, false, []Match{{"art", "hashtag in tag: #art"}}},
		{"of a source taken whole", Words{Content: "x"}, nil, true, []Match{{By: ByWhole}}},
		{"of one taken whole that matches", Words{Content: "#OpenWeb"}, []Match{{By: ByWhole}}, true, []Match{byTag}},
		{"of one taken whole no more", Words{Content: "x"}, []Match{{By: ByWhole}}, false, nil},
		{"in order of topics", Words{Content: "#openweb"}, []Match{{"zoo", "hashtag in tag: #zoo"}}, false, []Match{byTag, {"zoo", "hashtag in tag: #zoo"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Redecide(tt.words, tt.had, changed, match, tt.whole)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// BenchmarkRedecide decides anew about a post of 5 KB, as a change of topics does for each that is stored.
func BenchmarkRedecide(b *testing.B) {
	match, err := NewMatcher([]Topic{{ID: "web", Hashtags: []string{"openweb", "socialweb"}, Phrases: []string{"open web"}}})
	if err != nil {
		b.Fatal(err)
	}
	html := strings.Repeat("<p>Some words about <em>the webs</em> we weave, and a #tag or two.</p>", 75)
	for b.Loop() {
		if got := Redecide(Words{Title: "A title", Content: Text(html)}, nil, nil, match, false); got != nil {
			b.Fatal(got)
		}
	}
}

func TestEvidence(t *testing.T) {
	m, err := NewMatcher([]Topic{{ID: "t", Hashtags: []string{"a_b"}, Phrases: []string{"art in: public"}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		words       Words
		where, name string
	}{
		{Words{Tags: []string{"A_B"}}, "tag", "#a_b"},
		{Words{Title: "More #a_b"}, "title", "#a_b"},
		{Words{Content: "Art in: public"}, "content", "art in: public"},
		{Words{Summary: "#a_b"}, "summary", "#a_b"},
		{Words{Page: "#a_b"}, "page", "#a_b"},
	} {
		found := m.Match(c.words)
		if len(found) != 1 {
			t.Fatalf("%+v: %v", c.words, found)
		}
		if where, name := found[0].Evidence(); where != c.where || name != c.name {
			t.Errorf("%q: %q in %q", found[0].By, name, where)
		}
	}
	if where, name := (Match{By: ByWhole}).Evidence(); where != "" || name != "" {
		t.Errorf("of all: %q in %q", name, where)
	}
}
