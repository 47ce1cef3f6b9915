package store

import (
	"slices"
	"testing"
	"time"

	"samenloop/post"
)

func story(t testing.TB, s *Store, id string) post.Story {
	t.Helper()
	st, err := s.Story(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func TestStory(t *testing.T) {
	s := open(t)
	know(t, s, "a", "b", "c")
	save(t, s, t0, "a", about("a", "1", "https://a.example/1"))
	save(t, s, t0, "b", about("b", "x", "https://a.example/1?utm_source=b"), about("b", "y", "https://b.example/y"))
	e := editions(t, s, post.Query{Source: "a"})[0]

	st := story(t, s, e.Story)
	if st.ID != e.Story || len(st.Editions) != 1 || st.Editions[0].ID != e.ID || len(st.Removed) != 0 || len(st.Posts) != 2 {
		t.Fatalf("%+v", st)
	}
	if by := story(t, s, e.ID); by.ID != e.Story {
		t.Errorf("by its edition's id: %+v", by)
	}
	if none := story(t, s, "nope"); none.ID != "" {
		t.Errorf("there is %+v", none)
	}
	a := st.Posts[0]
	if a.Source.ID != "a" || a.Source.Title != "a" || a.URL != "https://a.example/1" || a.Title != "Title of 1" || a.Language != "nl" ||
		a.Story != e.Story || !a.Date.Equal(t0.Add(-time.Hour)) {
		t.Errorf("%+v", a)
	}
	if want := []post.Edge{{A: 0, B: 1, Reason: post.SameURL, Strength: 1}}; !slices.Equal(st.Edges, want) {
		t.Errorf("edges %+v", st.Edges)
	}
}

// Two that were emitted apart become one: who followed the younger is told, in
// each feed that it left, and in no other.
func TestRemoved(t *testing.T) {
	s := open(t)
	know(t, s, "a", "b")
	x := about("a", "1", "https://a.example/1")
	y := about("a", "2", "https://a.example/2")
	y.HTML, y.Title = "<p>Of something else entirely, at length, so that nobody takes it for the other one: boats, bridges and harbours.</p>", "Boats"
	save(t, s, t0, "a", x, y)
	version := s.Version(post.Query{Story: "any"})
	young := editions(t, s, post.Query{})
	if len(young) != 2 {
		t.Fatalf("%d editions", len(young))
	}
	later := t0.Add(time.Hour)
	y.URL, y.Title, y.HTML = x.URL, x.Title, x.HTML
	save(t, s, later, "a", y)
	rest := editions(t, s, post.Query{})
	if len(rest) != 1 {
		t.Fatalf("%d editions are left", len(rest))
	}
	gone := young[0].ID
	if gone == rest[0].ID {
		gone = young[1].ID
	}
	for _, q := range []post.Query{{}, {Language: "nl"}, {Topic: "mssa"}, {Language: "nl", Topic: "mssa"}, {Source: "a"}} {
		list, err := s.Removed(t.Context(), q, t0)
		if err != nil || len(list) != 1 || list[0] != (post.Tombstone{ID: gone, Language: "nl", At: later}) {
			t.Errorf("%q: %+v, %v", q.List(), list, err)
		}
	}
	for _, q := range []post.Query{{Language: "en"}, {Source: "b"}, {Topic: "other"}} {
		if list, _ := s.Removed(t.Context(), q, t0); len(list) != 0 {
			t.Errorf("%q: %+v", q.List(), list)
		}
	}
	if list, _ := s.Removed(t.Context(), post.Query{}, later.Add(time.Second)); len(list) != 0 {
		t.Errorf("too old: %+v", list)
	}
	st := story(t, s, gone)
	if st.ID != rest[0].Story || len(st.Editions) != 1 || len(st.Removed) != 1 || st.Removed[0].ID != gone {
		t.Errorf("%+v", st)
	}
	if s.Version(post.Query{Story: "any"}) == version {
		t.Error("the pages of stories are not made anew")
	}
	// It comes back: nobody is told any more that it went.
	y.URL, y.Title, y.HTML = "https://a.example/2", "Boats", young[0].Lead.HTML
	save(t, s, later.Add(time.Hour), "a", y)
	if list, _ := s.Removed(t.Context(), post.Query{}, t0); len(list) != 0 {
		t.Errorf("it is back, and gone: %+v", list)
	}
}

// What was withdrawn with its source is named nowhere any more.
func TestStoryWithoutWithdrawn(t *testing.T) {
	s := open(t)
	know(t, s, "a", "b")
	save(t, s, t0, "a", about("a", "1", "https://a.example/1"))
	save(t, s, t0, "b", about("b", "x", "https://a.example/1"))
	id := editions(t, s, post.Query{})[0].Story
	if n := len(story(t, s, id).Posts); n != 2 {
		t.Fatalf("%d posts", n)
	}
	err := s.update(t.Context(), func(tx *transaction) error {
		return tx.exec("UPDATE post SET withdrawn = 1 WHERE source = 'b'")
	})
	if err != nil {
		t.Fatal(err)
	}
	if st := story(t, s, id); len(st.Posts) != 1 || st.Posts[0].Source.ID != "a" || len(st.Edges) != 0 {
		t.Errorf("%+v, %+v", st.Posts, st.Edges)
	}
}

// The address of a story leads to the one that took it in, and after that to the one that took in both.
func TestSuccessor(t *testing.T) {
	s := open(t)
	know(t, s, "a", "b", "c")
	var ids []string
	for i, source := range []string{"a", "b", "c"} {
		save(t, s, t0.Add(time.Duration(i)*time.Minute), source, piece(source, source, "nl", "https://"+source+".example/1"))
		ids = append(ids, editions(t, s, post.Query{Source: source})[0].Story)
	}
	for _, pair := range [][]string{ids[1:], ids[:2]} {
		if err := s.JoinStories(t.Context(), by(t0.Add(time.Hour)), pair...); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []string{"", ids[0], ids[0]} {
		if st := story(t, s, ids[i]); st.ID != ids[i] || st.Successor != want {
			t.Errorf("story %d leads to %q, want %q", i, st.Successor, want)
		}
	}
	if err := s.SplitStory(t.Context(), by(t0.Add(2*time.Hour)), "https://a.example/1"); err != nil {
		t.Fatal(err)
	}
	if st := story(t, s, ids[0]); st.Successor != "" || len(st.Editions) == 0 {
		t.Errorf("split again: %+v", st)
	}
}
