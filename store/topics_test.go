package store

import (
	"testing"
	"time"

	"samenloop/post"

	"github.com/google/go-cmp/cmp"
)

func TestRules(t *testing.T) {
	s := open(t)
	if err := s.AddSources(t.Context(), by(t0), post.SourceState{Source: post.Source{ID: "whole", URL: "https://a.example/", All: true}}, post.SourceState{Source: post.Source{ID: "part", URL: "https://b.example/"}}); err != nil {
		t.Fatal(err)
	}
	rules := post.Rules{Topics: []post.Topic{{ID: "x", Hashtags: []string{"x", "y"}}, {ID: "y", Phrases: []string{"a b"}}}, Whole: map[string]bool{"part": true, "whole": false}}
	if err := s.SaveRules(t.Context(), rules); err != nil {
		t.Fatal(err)
	}
	got, err := s.Rules(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(post.Rules{Topics: rules.Topics, Whole: map[string]bool{"part": true}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestRedecide(t *testing.T) {
	s := open(t)
	know(t, s, "a")
	on, off := about("a", "on", "https://a.example/on"), about("a", "off", "https://a.example/off")
	off.Matches = nil
	save(t, s, t0, "a", on, off)
	was := editions(t, s, post.Query{})[0]
	rows, posts, err := s.Slice(t.Context(), "", 0)
	if err != nil || len(rows) != 2 || len(posts[0].Matches) != 1 || len(posts[1].Matches) != 0 {
		t.Fatalf("%v %+v %v", rows, posts, err)
	}
	if rows, _, _ := s.Slice(t.Context(), "a", rows[1]); len(rows) != 0 {
		t.Errorf("%d posts after the last", len(rows))
	}
	now := t0.Add(time.Hour)
	decide := func(row int64, matches ...post.Match) {
		t.Helper()
		if err := s.Redecide(t.Context(), now, []post.Decision{{Row: row, Matches: matches}}); err != nil {
			t.Fatal(err)
		}
	}
	decide(rows[0])
	decide(rows[1], post.Match{Topic: "new", By: "hashtag in content: #new"})
	list := editions(t, s, post.Query{})
	if len(list) != 1 || list[0].Lead.ID != "off" || !list[0].Backfill || len(editions(t, s, post.Query{Topic: "new"})) != 1 {
		t.Errorf("now shown: %+v", list)
	}
	if st := stateOf(t, s, "a"); st.Matched != 1 {
		t.Errorf("%d posts on topic, want 1", st.Matched)
	}
	decide(rows[0], on.Matches...)
	if list = editions(t, s, post.Query{Topic: "mssa"}); len(list) != 1 || list[0].ID != was.ID {
		t.Errorf("it returns as %+v, want the id %s", list, was.ID)
	}
}

// What a changed topic takes and brings back is no news again, nor lost for who had
// not heard of it, and what happens to it afterwards is told.
func TestTopicAndBack(t *testing.T) {
	s := open(t)
	know(t, s, "a")
	save(t, s, t0, "a", about("a", "first", "https://a.example/first"))
	news := about("a", "news", "https://a.example/news")
	save(t, s, t0.Add(time.Hour), "a", news)
	before := changes(t, s, post.ChangeQuery{}).Changes[0].Seq
	heard := changes(t, s, post.ChangeQuery{}).Last
	rows, _, err := s.Slice(t.Context(), "", 0)
	if err != nil {
		t.Fatal(err)
	}
	decide := func(after time.Duration, matches ...post.Match) {
		t.Helper()
		if err := s.Redecide(t.Context(), t0.Add(after), []post.Decision{{Row: rows[1], Matches: matches}}); err != nil {
			t.Fatal(err)
		}
	}
	decide(2 * time.Hour)
	taken := changes(t, s, post.ChangeQuery{}).Last
	decide(3*time.Hour, news.Matches...)
	wantTold(t, changes(t, s, post.ChangeQuery{After: before}), "new Title of news")
	wantTold(t, changes(t, s, post.ChangeQuery{After: heard}))
	wantTold(t, changes(t, s, post.ChangeQuery{After: taken}))
	wantTold(t, changes(t, s, post.ChangeQuery{After: taken, Backfill: true}), "returned Title of news")
	back := changes(t, s, post.ChangeQuery{}).Last
	if err := s.RetractStory(t.Context(), by(t0.Add(3*time.Hour)), news.URL); err != nil {
		t.Fatal(err)
	}
	wantTold(t, changes(t, s, post.ChangeQuery{After: back}), "retracted Title of news")
	if err := s.RestoreStory(t.Context(), by(t0.Add(3*time.Hour)), news.URL); err != nil {
		t.Fatal(err)
	}
	wantTold(t, changes(t, s, post.ChangeQuery{After: back}), "retracted Title of news", "new Title of news")
	back = changes(t, s, post.ChangeQuery{}).Last
	news.Title += " again"
	save(t, s, t0.Add(4*time.Hour), "a", news)
	wantTold(t, changes(t, s, post.ChangeQuery{After: back}), "changed Title of news again")
}
