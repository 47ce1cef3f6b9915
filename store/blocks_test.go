package store

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"samenloop/people"
	"samenloop/post"
)

func TestBlock(t *testing.T) {
	s, ctx := open(t), t.Context()
	know(t, s, "a", "b", "tag")
	save(t, s, t0, "a", about("a", "1", "https://a.example/1"))
	state := func(id string) post.State {
		t.Helper()
		states, err := s.Sources(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, st := range states {
			if st.Source.ID == id {
				return st.State
			}
		}
		return ""
	}
	waits := func(ids ...string) {
		t.Helper()
		var b post.Batch
		b.Now, b.Visit = t0, post.Visit{Source: "tag", Given: "https://tag.example/feed"}
		for _, id := range ids {
			b.Waiting = append(b.Waiting, post.Waiting{Source: "tag", ID: "https://" + id + "/1", Author: "https://" + id + "/users/x", Since: t0})
		}
		if _, err := s.Save(ctx, b); err != nil {
			t.Fatal(err)
		}
	}
	waiting := func() (n int) {
		list, err := s.Waiting(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	waits("spam.example", "kind.example", "refused.spam.example")
	if first, inAll, err := s.FirstWaiting(ctx, 2); len(first) != 2 || inAll != 3 || err != nil {
		t.Errorf("%d of %d, %v", len(first), inAll, err)
	}
	err := s.query(ctx, "EXPLAIN QUERY PLAN "+firstWaitingQuery, func(scan func(...any) error) error {
		var (
			id, parent, unused int
			step               string
		)
		err := scan(&id, &parent, &unused, &step)
		if strings.Contains(step, "CO-ROUTINE") || strings.Contains(step, "MATERIALIZE") {
			t.Errorf("to give some, all are gathered: %s", step)
		}
		return err
	}, 2)
	do(err)
	if _, err := s.Decide(ctx, by(t0), "https://refused.spam.example/1", post.Refused); err != nil {
		t.Fatal(err)
	}

	// A domain, with all below it. What waits of it goes, and does not come back while it is blocked.
	do(s.Block(ctx, by(t0), "spam.example"))
	if waiting() != 1 {
		t.Errorf("%d wait, want the one that is not blocked", waiting())
	}
	waits("spam.example", "www.spam.example")
	if waiting() != 1 {
		t.Error("what is blocked came to wait again")
	}
	var blocked *post.BlockedError
	for _, address := range []string{"https://blog.spam.example/feed", "acct:x@spam.example"} {
		if err := s.AddSources(ctx, by(t0), post.SourceState{Source: post.Source{ID: "new", URL: address}}); !errors.As(err, &blocked) || blocked.Name != "spam.example" {
			t.Errorf("%s is added: %v", address, err)
		}
	}
	for actor, want := range map[string]post.Regard{"https://spam.example/users/x": post.Unwanted, "https://kind.example/users/x": post.Stranger} {
		if got, err := s.Regard(ctx, actor); got != want || err != nil {
			t.Errorf("%s is %v, %v", actor, got, err)
		}
	}
	do(s.Unblock(ctx, by(t0), "www.spam.example"))
	waits("spam.example", "refused.spam.example")
	if waiting() != 2 {
		t.Errorf("%d wait; let in again, and still refused: want 2", waiting())
	}

	// A source stops, whatever else is said of it, and goes on as it was. What it gave stays.
	do(s.SetState(ctx, by(t0), "b", post.Paused))
	do(s.Block(ctx, by(t0), "a"))
	do(s.Block(ctx, by(t0), "b.example"))
	do(s.Block(ctx, by(t0), "b"))
	if state("a") != post.Blocked || state("b") != post.Blocked || state("tag") != post.Active {
		t.Errorf("a is %s, b %s, tag %s", state("a"), state("b"), state("tag"))
	}
	know(t, s, "a", "b", "tag") // a start does not forget it
	if state("a") != post.Blocked {
		t.Error("a start let it in")
	}
	if err := s.SetState(ctx, by(t0), "a", post.Active); !errors.As(err, &blocked) {
		t.Errorf("it is resumed: %v", err)
	}
	if len(editions(t, s, post.Query{Source: "a"})) != 1 {
		t.Error("what it gave went")
	}
	do(s.Unblock(ctx, by(t0), "a"))
	do(s.Unblock(ctx, by(t0), "b"))
	if state("a") != post.Active || state("b") != post.Blocked {
		t.Errorf("a is %s, b, of a blocked domain, %s", state("a"), state("b"))
	}
	do(s.Unblock(ctx, by(t0), "b.example"))
	if state("b") != post.Paused {
		t.Errorf("b is %s", state("b"))
	}
	if blocks, err := s.Blocks(ctx); len(blocks) != 0 || err != nil {
		t.Errorf("%+v, %v", blocks, err)
	}
}

// Blocked by what it was found to be, not by its given address alone.
func TestBlockOfAnAccount(t *testing.T) {
	s, ctx := open(t), t.Context()
	if _, err := s.Sync(ctx, []post.Source{{ID: "x", URL: "acct:x@vanity.example"}}); err != nil {
		t.Fatal(err)
	}
	const actor = "https://social.example/users/x"
	visit := post.Visit{Source: "x", Given: "acct:x@vanity.example", FeedURL: actor + "/outbox", Account: post.Account{Kind: post.Outbox, Actor: actor}}
	if _, err := s.Save(ctx, post.Batch{Now: t0, Visit: visit}); err != nil {
		t.Fatal(err)
	}
	if regard, err := s.Regard(ctx, actor); regard != post.Listed || err != nil {
		t.Errorf("%v, %v", regard, err)
	}
	if err := s.Block(ctx, by(t0), "x"); err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"acct:x@vanity.example", actor, actor + "/outbox"} {
		if err := s.AddSources(ctx, by(t0), post.SourceState{Source: post.Source{ID: "y", URL: address}}); err == nil {
			t.Errorf("%s is added under another name", address)
		}
	}
	if err := s.AddSources(ctx, by(t0), post.SourceState{Source: post.Source{ID: "z", URL: "https://social.example/users/z"}}); err != nil {
		t.Errorf("who is next door is kept out, too: %v", err)
	}
	if regard, err := s.Regard(ctx, actor); regard != post.Unwanted || err != nil {
		t.Errorf("%v, %v", regard, err)
	}
}

func TestLockLanguage(t *testing.T) {
	s, ctx := open(t), t.Context()
	configured := []post.Source{{ID: "a", URL: "https://a.example/feed", Language: "en"}}
	source := func() post.SourceState {
		t.Helper()
		if _, err := s.Sync(ctx, configured); err != nil { // as each start does
			t.Fatal(err)
		}
		states, err := s.Sources(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return states[0]
	}
	source()
	visit := post.Visit{Source: "a", Given: "https://a.example/feed", ETag: "x", Next: t0.Add(time.Hour)}
	for i, tt := range []struct{ lock, want string }{{"nl_NL", "nl"}, {"fy", "fy"}, {"", "en"}} {
		if _, err := s.Save(ctx, post.Batch{Now: t0, Visit: visit}); err != nil {
			t.Fatal(err)
		}
		if err := s.LockLanguage(ctx, by(t0), "a", tt.lock); err != nil {
			t.Fatal(err)
		}
		if st := source(); st.Source.Language != tt.want || st.Visit.ETag != "" || !st.Visit.Next.IsZero() {
			t.Errorf("%d: %+v", i, st)
		}
	}
	if entries, err := s.Journal(ctx, 0, 2); err != nil || entries[0].Deed != people.Unlocked || entries[1].Deed != people.Locked || entries[1].Word != "fy" {
		t.Errorf("%+v, %v", entries, err)
	}
}

// What is blocked, or removed, while a visit is under way is not stored when it ends.
func TestBlockedMeanwhile(t *testing.T) {
	for what, tt := range map[string]struct {
		end  func(*Store) error
		want []string // ids stored
	}{
		"nothing":       {func(s *Store) error { return nil }, []string{"https://a.example/own", "https://spam.example/1"}},
		"the source":    {func(s *Store) error { return s.Block(t.Context(), by(t0), "a") }, nil},
		"its domain":    {func(s *Store) error { return s.Block(t.Context(), by(t0), "a.example") }, nil},
		"removed":       {func(s *Store) error { return s.SetState(t.Context(), by(t0), "a", post.Removed) }, nil},
		"one it boosts": {func(s *Store) error { return s.Block(t.Context(), by(t0), "spam.example") }, []string{"https://a.example/own"}},
		"an author":     {func(s *Store) error { return s.Block(t.Context(), by(t0), "https://spam.example/users/x") }, []string{"https://a.example/own"}},
	} {
		t.Run(what, func(t *testing.T) {
			s := open(t)
			know(t, s, "a")
			b := post.Batch{Now: t0, Visit: post.Visit{Source: "a", Given: "https://a.example/feed", ETag: "x"}}
			for _, host := range []string{"a", "spam"} {
				p := post.Post{Source: "a", ID: "https://spam.example/1", FirstSeen: t0, Fediverse: true, Language: "nl", Authors: []post.Author{{Name: "x", URL: "https://" + host + ".example/users/x"}}}
				if host == "a" {
					p.ID = "https://a.example/own"
				}
				b.Posts = append(b.Posts, p)
			}
			if err := tt.end(s); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Save(t.Context(), b); err != nil || len(b.Posts) != 2 {
				t.Fatal(err)
			}
			var got []string
			_, posts, err := s.Slice(t.Context(), "a", 0)
			for _, p := range posts {
				got = append(got, p.ID)
			}
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("stored %v, want %v; %v", got, tt.want, err)
			}
			states, err := s.Sources(t.Context())
			if err != nil || (states[0].Visit.ETag == "") != (tt.want == nil) {
				t.Errorf("the visit: %+v, %v", states[0].Visit, err)
			}
		})
	}
}
