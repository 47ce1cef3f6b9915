package store

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"samenloop/post"
)

func explain(t testing.TB, s *Store, address string) post.Explanation {
	t.Helper()
	x, err := s.Explain(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestExplain(t *testing.T) {
	s := open(t)
	know(t, s, "a", "b")
	visit := post.Visit{Source: "a", Given: "https://a.example/feed", FeedURL: "https://feeds.example/a", SiteURL: "https://www.a.example/", FeedTitle: "A", Checked: t0, Succeeded: t0, Next: t0.Add(time.Hour)}
	off := about("a", "2", "https://a.example/2")
	off.Matches, off.PageNeed = nil, post.PageFailed
	waiting := post.Waiting{Source: "a", ID: "https://social.example/o/1", URL: "https://social.example/@b/1", Author: "https://social.example/b", Since: t0}
	if _, err := s.Save(t.Context(), post.Batch{Now: t0, Visit: visit, Posts: []post.Post{about("a", "1", "https://a.example/1"), off}, Waiting: []post.Waiting{waiting}}); err != nil {
		t.Fatal(err)
	}
	save(t, s, t0, "b", about("b", "x", "https://a.example/1?utm_source=b"))

	// By its canonical key, with all who have it: its own site first.
	x := explain(t, s, "http://www.a.example/1/?utm_medium=mail#top")
	if x.URL != "http://www.a.example/1/" || len(x.Found) != 2 {
		t.Fatalf("%+v", x)
	}
	f := x.Found[0]
	if f.Fate() != post.Told || f.Post.HTML != "" || f.Post.Title != "Title of 1" || f.Source.Title() != "A" || len(f.Post.Matches) != 1 || f.Story == "" || f.Edition.ID == "" {
		t.Errorf("%s: %+v", f.Fate(), f)
	}
	if f := x.Found[1]; f.Source.Source.ID != "b" || f.Fate() != post.ToldByAnother || f.Edition.URL != "https://a.example/1" || len(f.Ties) != 1 || f.Ties[0] != (post.Tie{Reason: post.SameURL, Title: "Title of 1", URL: "https://a.example/1"}) {
		t.Errorf("%s: %+v", f.Fate(), f)
	}
	if x := explain(t, s, "https://a.example/2"); len(x.Found) != 1 || x.Found[0].Fate() != post.ArticleUnread {
		t.Errorf("off topic: %+v", x.Found)
	}

	// What is not stored: its site's source, by the feed's host or the site's; what waits.
	for address, sources := range map[string]int{"https://a.example/3": 1, "https://feeds.example/other": 1, "https://c.example/3": 0, "javascript:alert(1)": 0, "": 0} {
		if x := explain(t, s, address); len(x.Found) != 0 || len(x.Nearby) != sources {
			t.Errorf("%s: %+v", address, x)
		}
	}
	if x := explain(t, s, waiting.URL); len(x.Waiting) != 1 || x.Waiting[0] != waiting {
		t.Errorf("waiting: %+v", x.Waiting)
	}

	// Taken down by a person, and forgotten with its source.
	if err := s.RetractStory(t.Context(), by(t0), f.Story); err != nil {
		t.Fatal(err)
	}
	if got := explain(t, s, "https://a.example/1").Found[0].Fate(); got != post.Down {
		t.Errorf("taken down: %s", got)
	}
	if _, err := s.PurgeSource(t.Context(), by(t0), "a"); err != nil {
		t.Fatal(err)
	}
	if got := explain(t, s, "https://a.example/1").Found[0].Fate(); got != post.Forgotten {
		t.Errorf("purged: %s", got)
	}
}

// What is on a topic, and told by nobody because its site tells of it itself, is not said to be off topic.
func TestExplainSpokenFor(t *testing.T) {
	s := open(t)
	know(t, s, "a", "b")
	visit := post.Visit{Source: "a", Given: "https://a.example/feed", FeedURL: "https://a.example/feed", SiteURL: "https://a.example/"}
	if _, err := s.Save(t.Context(), post.Batch{Now: t0, Visit: visit, Posts: []post.Post{about("a", "1", "https://a.example/1")}}); err != nil {
		t.Fatal(err)
	}
	for i := range 60 { // more than one story has room for
		save(t, s, t0, "b", about("b", fmt.Sprint("x", i), "https://a.example/1"))
	}
	silent := 0
	err := s.Posts(t.Context(), func(p Stored) error {
		if p.Story != "" {
			return nil
		}
		silent++
		f := post.Finding{Post: p.Post}
		if err := s.explainPost(t.Context(), &f, p.Row, 0); err != nil {
			return err
		}
		if f.Fate() != post.SpokenFor {
			t.Errorf("%s: %s", p.ID, f.Fate())
		}
		return nil
	})
	if err != nil || silent == 0 {
		t.Errorf("%d are silent, %v", silent, err)
	}
}

// Anybody may ask: no look-up reads more than the few rows that it needs.
func TestExplainGoesByIndexes(t *testing.T) {
	s := open(t)
	for name, query := range map[string]string{
		"found": foundQuery, "shown": shownQuery, "retracted": retractedQuery, "ties": tiesQuery, "waiting": waitingAtQuery,
		"nearby": statesQuery + nearbyWhere, "source": statesQuery + sourceWhere,
	} {
		args := make([]any, 3)
		if strings.Count(query, "?") == 1 || name == "source" {
			args = args[:1]
		} else if !strings.Contains(query, "?3") {
			args = args[:2]
		}
		err := s.query(t.Context(), "EXPLAIN QUERY PLAN "+query, func(scan func(...any) error) error {
			var (
				id, parent, unused int
				step               string
			)
			if err := scan(&id, &parent, &unused, &step); err != nil {
				return err
			}
			if strings.HasPrefix(step, "SCAN") && !strings.Contains(step, "SCAN t") && !strings.Contains(step, "CONSTANT") {
				t.Errorf("%s: %s", name, step)
			}
			return nil
		}, args...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
