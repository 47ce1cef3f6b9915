package store

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"samenloop/post"
)

func changes(t testing.TB, s *Store, q post.ChangeQuery) post.ChangePage {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = 100
	}
	page, err := s.Changes(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// told is what a page tells, in short: "new Title of 1".
func told(page post.ChangePage) (lines []string) {
	for _, c := range page.Changes {
		lines = append(lines, fmt.Sprint(c.What, " ", c.Edition.Lead.Title))
	}
	return lines
}

func wantTold(t *testing.T, page post.ChangePage, want ...string) {
	t.Helper()
	if got := told(page); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

func TestChanges(t *testing.T) {
	s := open(t)
	know(t, s, "a")
	if page := changes(t, s, post.ChangeQuery{}); len(page.Changes) != 0 || page.Last != 0 || page.More {
		t.Errorf("an empty stream gives %+v", page)
	}
	p, old := about("a", "1", "https://a.example/1"), about("a", "old", "https://a.example/old")
	old.Backfill = true
	save(t, s, t0, "a", p, old)
	first := changes(t, s, post.ChangeQuery{})
	wantTold(t, first, "new Title of 1")
	if now := changes(t, s, post.ChangeQuery{Now: true}); len(now.Changes) != 0 || now.Last < first.Last || now.More {
		t.Errorf("to begin now: %+v", now)
	}
	wantTold(t, changes(t, s, post.ChangeQuery{Backfill: true}), "new Title of 1", "new Title of old")
	wantTold(t, changes(t, s, post.ChangeQuery{Language: "nl"}), "new Title of 1")
	wantTold(t, changes(t, s, post.ChangeQuery{Language: "en"}))
	if e := first.Changes[0].Edition; e.Source.ID != "a" || len(e.Topics) != 1 || e.ID == "" {
		t.Errorf("edition %+v", e)
	}
	if again := changes(t, s, post.ChangeQuery{After: first.Last}); len(again.Changes) != 0 || again.Last != first.Last {
		t.Errorf("nothing new is %+v", again)
	}

	// Edited twice: to those who have it a correction, to others news. The past stays past.
	for i := range 2 {
		p.Title, old.Title = fmt.Sprint("Edit ", i), fmt.Sprint("Old edit ", i)
		save(t, s, t0.Add(time.Duration(1+i)*time.Hour), "a", p, old)
	}
	wantTold(t, changes(t, s, post.ChangeQuery{After: first.Last}), "changed Edit 1")
	wantTold(t, changes(t, s, post.ChangeQuery{}), "new Edit 1")
	second := changes(t, s, post.ChangeQuery{After: first.Last})
	if second.Last <= first.Last || len(changes(t, s, post.ChangeQuery{After: second.Last}).Changes) != 0 {
		t.Errorf("after %d comes something again", second.Last)
	}

	// Another language: the edition moves from one stream to the other.
	p.Language = "en"
	save(t, s, t0.Add(4*time.Hour), "a", p)
	wantTold(t, changes(t, s, post.ChangeQuery{After: second.Last}), "changed Edit 1")
	wantTold(t, changes(t, s, post.ChangeQuery{After: second.Last, Language: "nl"}), "retracted Edit 1")
	wantTold(t, changes(t, s, post.ChangeQuery{After: second.Last, Language: "en"}), "new Edit 1")
	wantTold(t, changes(t, s, post.ChangeQuery{Language: "nl"}))
}

func TestChangesAfterUnknown(t *testing.T) {
	s := open(t)
	know(t, s, "a")
	save(t, s, t0, "a", about("a", "1", "https://a.example/1"))
	last := changes(t, s, post.ChangeQuery{}).Last
	for _, seq := range []int64{1, last - 1000, last + 1000, 1<<63 - 1} {
		_, err := s.Changes(t.Context(), post.ChangeQuery{After: seq, Limit: 100})
		if unknown := (*post.UnknownSeqError)(nil); !errors.As(err, &unknown) || unknown.Newest < last {
			t.Errorf("after %d: %v", seq, err)
		}
	}
}

// Bots of several habits, one of which is to crash, follow a stream of whatever
// may happen. Each knows at the end what stands, and heard of nothing twice.
func TestBots(t *testing.T) {
	for seed := range uint64(12) {
		random := rand.New(rand.NewPCG(seed, 0))
		s := open(t)
		know(t, s, "a")
		var posts []post.Post
		for i := range 12 {
			posts = append(posts, about("a", fmt.Sprint(i), fmt.Sprint("https://a.example/", i)))
		}
		var rows []string // ids of editions that were ever emitted
		versions := map[string]int{}
		stands := map[string]bool{}
		now := t0
		happen := func() {
			now = now.Add(time.Second)
			switch n := random.IntN(3); {
			case len(rows) < len(posts) && n == 0:
				save(t, s, now, "a", posts[len(rows)])
				id := editions(t, s, post.Query{})[0].ID
				err := s.query(t.Context(), "SELECT id FROM edition ORDER BY row DESC LIMIT 1", func(scan func(...any) error) error { return scan(&id) })
				if err != nil {
					t.Fatal(err)
				}
				rows, stands[id] = append(rows, id), true
			case len(rows) > 0:
				id := rows[random.IntN(len(rows))]
				what := post.Changed
				if n == 1 {
					what = post.Retracted
				}
				if !stands[id] {
					what = post.New
				}
				stands[id] = what != post.Retracted
				versions[id]++
				err := s.update(t.Context(), func(tx *transaction) error {
					seq, err := tx.nextSeq(now)
					if err != nil {
						return err
					}
					return tx.exec("INSERT INTO change (seq, scope, event, edition, at, backfill) SELECT ?, '', ?, row, 0, 0 FROM edition WHERE id = ?", seq, what, id)
				})
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		type bot struct {
			q       post.ChangeQuery
			crashes bool
			knows   map[string]int // id → version heard
		}
		bots := []*bot{{}, {crashes: true}, {}}
		for i, b := range bots {
			b.knows, b.q.Limit = map[string]int{}, 1+i
		}
		ask := func(b *bot) (more bool) {
			page := changes(t, s, b.q)
			for _, c := range page.Changes {
				id := c.Edition.ID
				heard, knew := b.knows[id]
				switch c.What {
				case post.New:
					if knew {
						t.Fatalf("seed %d: %s came as new twice", seed, id)
					}
				case post.Changed:
					if !knew && !b.crashes {
						t.Fatalf("seed %d: %s changed before it was new", seed, id)
					}
					if !b.crashes && heard == versions[id] {
						t.Fatalf("seed %d: %s came twice as it was", seed, id)
					}
				case post.Retracted:
					if !knew && !b.crashes {
						t.Fatalf("seed %d: %s was retracted before it was new", seed, id)
					}
					delete(b.knows, id)
					continue
				}
				b.knows[id] = versions[id]
			}
			if page.Last < b.q.After {
				t.Fatalf("seed %d: %d comes after %d", seed, page.Last, b.q.After)
			}
			b.q.After, b.q.Walk = page.Last, post.Walk{}
			if page.More && !b.crashes {
				b.q.Walk = page.Walk
			}
			return page.More
		}
		for range 60 {
			happen()
			// One bot asks now and then and walks to the end while nothing happens.
			if b := bots[0]; random.IntN(9) == 0 {
				for ask(b) {
				}
			}
			if random.IntN(4) == 0 { // one asks a page, and forgets that it walked
				ask(bots[1])
			}
		}
		for _, b := range bots {
			for ask(b) {
			}
			for id, stand := range stands {
				if version, knows := b.knows[id]; knows != stand || knows && version != versions[id] {
					t.Errorf("seed %d: a bot (crashes: %v) has %s %v in version %d; it stands %v in %d", seed, b.crashes, id, knows, version, stand, versions[id])
				}
			}
		}
	}
}
