package store

import (
	"strings"
	"testing"
	"time"

	"samenloop/people"
	"samenloop/post"
)

// by is who decides in tests.
func by(at time.Time) people.Hand { return people.Hand{Name: "anna", At: at} }

// What a person decided stays: evidence that comes later does not undo it.
func TestByHand(t *testing.T) {
	s := open(t)
	know(t, s, "a", "b", "m")
	const address = "https://a.example/x"
	one, same := piece("a", "one", "nl", address), piece("b", "same", "nl", address+"?utm_source=b")
	other, note := piece("b", "other", "nl", "https://b.example/other"), toot("m", "t", address)
	save(t, s, t0, "a", one)
	save(t, s, t0, "b", same, other)
	save(t, s, t0, "m", note)
	expect := func(want string) {
		t.Helper()
		if got := partition(t, s); got != want {
			t.Fatalf("stories are %s, want %s", got, want)
		}
	}
	expect("(t) one same, other")
	id := editions(t, s, post.Query{Source: "a"})[0]
	if err := s.JoinStories(t.Context(), by(t0), id.Story, id.ID); err == nil {
		t.Error("a story is joined with itself")
	}

	if err := s.JoinStories(t.Context(), by(t0.Add(time.Minute)), id.Story, other.URL); err != nil {
		t.Fatal(err)
	}
	expect("(t) one other same")
	if list := editions(t, s, post.Query{}); len(list) != 1 || list[0].ID != id.ID {
		t.Errorf("joined: %+v", list)
	}
	if err := s.SplitStory(t.Context(), by(t0.Add(2*time.Minute)), other.URL); err != nil {
		t.Fatal(err)
	}
	expect("(t) one same, other")

	// Apart, although the publisher says that it is the same piece.
	other = alternates(other, "en", address)
	save(t, s, t0.Add(3*time.Minute), "b", other)
	expect("(t) one same, other")

	// Whoever is split off takes along who discusses them.
	if err := s.JoinStories(t.Context(), by(t0.Add(4*time.Minute)), address, other.URL); err != nil {
		t.Fatal(err)
	}
	expect("(t) one other same")
	if err := s.SplitStory(t.Context(), by(t0.Add(5*time.Minute)), address); err != nil {
		t.Fatal(err)
	}
	expect("(t) one same, other")
	if err := s.SplitStory(t.Context(), by(t0.Add(5*time.Minute)), note.URL); err != nil {
		t.Fatal(err)
	}
	expect("one same, other, t")

	if err := s.RetractStory(t.Context(), by(t0.Add(6*time.Minute)), id.ID); err != nil {
		t.Fatal(err)
	}
	late := piece("b", "late", "nl", address)
	save(t, s, t0.Add(7*time.Minute), "b", late)
	one.Title = "edited"
	save(t, s, t0.Add(8*time.Minute), "a", one)
	if list := editions(t, s, post.Query{Source: "a"}); len(list) != 0 {
		t.Errorf("taken down, and there again: %+v", list)
	}
	if list, err := s.Removed(t.Context(), post.Query{}, t0); err != nil || len(list) == 0 || list[0].ID != id.ID {
		t.Errorf("removed %+v, %v", list, err)
	}
	// Taken back, it returns under its id, with what came in the meantime, and as news to who heard that it went.
	if err := s.RestoreStory(t.Context(), by(t0.Add(9*time.Minute)), id.ID); err != nil {
		t.Fatal(err)
	}
	list := editions(t, s, post.Query{Source: "a"})
	if len(list) != 1 || list[0].ID != id.ID || list[0].Lead.Title != "edited" || list[0].Story != id.Story {
		t.Errorf("taken back: %+v", list)
	}
	page, err := s.Changes(t.Context(), post.ChangeQuery{After: id.Seq, Limit: 10})
	if n := len(page.Changes); err != nil || n < 2 || page.Changes[n-2].What != post.Retracted || page.Changes[n-1].What != post.New || page.Changes[n-1].Edition.ID != id.ID {
		t.Errorf("bots hear %+v, %v", page, err)
	}
	if err := s.RestoreStory(t.Context(), by(t0.Add(9*time.Minute)), id.ID); err == nil || !strings.Contains(err.Error(), "was not retracted") {
		t.Errorf("taken back twice: %v", err)
	}
	if err := s.RetractStory(t.Context(), by(t0.Add(10*time.Minute)), id.Story); err != nil || len(editions(t, s, post.Query{Source: "a"})) != 0 {
		t.Errorf("taken down again: %v", err)
	}
	for name, want := range map[string]string{"nonsense": "there is no story", "https://a.example/none": "no post has the URL"} {
		if _, err := s.FindStory(t.Context(), name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An edit makes no copy of what was emitted apart: the two are possibly one.
func TestPossibly(t *testing.T) {
	s := open(t)
	know(t, s, "a", "b")
	x, y := piece("a", "x", "nl", "https://a.example/x"), piece("b", "y", "nl", "https://b.example/y")
	save(t, s, t0, "a", x)
	save(t, s, t0, "b", y)
	y.HTML = x.HTML
	y.Digest = y.Shown()
	save(t, s, t0.Add(time.Hour), "b", y)
	list := editions(t, s, post.Query{})
	if len(list) != 2 {
		t.Fatalf("%d editions, want two", len(list))
	}
	for i, e := range list {
		if len(e.Possibly) != 1 || e.Possibly[0].ID != list[1-i].ID {
			t.Errorf("%s is possibly %+v", e.Lead.ID, e.Possibly)
		}
	}
	if parts := story(t, s, list[0].Story); len(parts.Posts) != 2 || len(parts.Edges) != 1 || parts.Edges[0].Reason != post.Copy || parts.Edges[0].Strong() {
		t.Errorf("%+v", parts)
	}
}
