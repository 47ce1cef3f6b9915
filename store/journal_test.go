package store

import (
	"strings"
	"testing"

	"samenloop/people"
	"samenloop/post"
)

// A decision that is refused is in no journal, and what is said about one is one plain line.
func TestJournal(t *testing.T) {
	s, ctx := open(t), t.Context()
	know(t, s, "a")
	hand := people.Hand{Name: "root", Command: true, At: t0, Word: "spam\x1b[31m\nagain \u202e " + strings.Repeat("x", 1000)}
	if err := s.SetState(ctx, hand, "a", post.Paused); err != nil {
		t.Fatal(err)
	}
	refused := []error{
		s.SetState(ctx, hand, "none", post.Paused), s.SetState(ctx, hand, "a", post.Gone), s.LockLanguage(ctx, hand, "a", "nonsense!"), s.LockLanguage(ctx, hand, "none", "nl"),
		s.Block(ctx, hand, "none"), s.Unblock(ctx, hand, "a"), s.Unblock(ctx, hand, ""), s.RetractStory(ctx, hand, "none"), s.RestoreStory(ctx, hand, "none"),
		s.SplitStory(ctx, hand, "https://a.example/none"), s.JoinStories(ctx, hand, "none", "neither"), s.AddSources(ctx, hand, post.SourceState{Source: post.Source{ID: "a"}}),
	}
	for i, err := range refused {
		if err == nil {
			t.Errorf("%d is not refused", i)
		}
	}
	if found, err := s.Decide(ctx, hand, "none", post.Approved); found || err != nil {
		t.Error(found, err)
	}
	entries, err := s.Journal(ctx, 0, All)
	if err != nil || len(entries) != 1 {
		t.Fatalf("%+v, %v", entries, err)
	}
	e := entries[0]
	if e.Name != "root" || !e.Command || e.Deed != people.SourcePaused || e.Of != "a" || !strings.HasPrefix(e.Word, "spam") || len(e.Word) > 600 || strings.ContainsAny(e.Word, "\x1b\n\u202e") {
		t.Errorf("%+v", e)
	}
}
