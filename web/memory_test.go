package web

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"samenloop/post"
)

// memory is a small store. Rows are sequence numbers.
type memory struct {
	mu         sync.Mutex
	editions   []post.Edition
	sources    []post.SourceState
	version    int
	removed    map[string]post.Tombstone // by story: one each
	posts      map[string][]post.Part    // by story
	edges      []post.Edge
	successors map[string]string           // by story
	explains   map[string]post.Explanation // by address

	asked   int   // how often Editions was
	told    int   // how often Story was
	err     error // what Editions then gives
	panics  bool
	waiting chan struct{} // Editions closes it, and then waits for
	release chan struct{} // this; nil: it does not wait
}

func (m *memory) Version(q post.Query) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return strconv.Itoa(m.version)
}

func (m *memory) SourcesVersion() string { return m.Version(post.Query{}) }

func (m *memory) Sources(context.Context) ([]post.SourceState, error) {
	return slices.Clone(m.sources), nil
}

// Count is how many editions there are without a limit.
func (m *memory) Count(ctx context.Context, q post.Query) (int, error) {
	q.Before, q.Limit = post.Cursor{}, len(m.editions)
	all, _, err := m.Editions(ctx, q)
	return len(all), err
}

func (m *memory) Newer(ctx context.Context, q post.Query) (post.Cursor, error) {
	all := q
	all.Before, all.Limit = post.Cursor{}, len(m.editions)
	list, _, err := m.Editions(ctx, all)
	i := slices.IndexFunc(list, func(e post.Edition) bool { return e.Seq == q.Before.Row }) - q.Limit
	if err != nil || i < 0 {
		return post.Cursor{}, err
	}
	return post.Cursor{Sort: list[i].Sort, Row: list[i].Seq}, nil
}

func (m *memory) Editions(ctx context.Context, q post.Query) ([]post.Edition, post.Cursor, error) {
	if m.release != nil {
		close(m.waiting)
		<-m.release
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked++
	if m.panics {
		panic("the store fell over")
	}
	if err := cmp.Or(m.err, ctx.Err()); err != nil {
		return nil, post.Cursor{}, err
	}
	var found []post.Edition
	for _, e := range m.editions {
		older := q.Before == post.Cursor{} || e.Sort.Before(q.Before.Sort) || e.Sort.Equal(q.Before.Sort) && e.Seq < q.Before.Row
		if older && (q.Language == "" || e.Lead.Language == q.Language) &&
			(q.Topic == "" || slices.Contains(e.Topics, q.Topic)) &&
			(q.Source == "" || e.Lead.Source == q.Source) {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b post.Edition) int {
		return cmp.Or(b.Sort.Compare(a.Sort), cmp.Compare(b.Seq, a.Seq))
	})
	if len(found) <= q.Limit {
		return found, post.Cursor{}, nil
	}
	found = found[:q.Limit]
	last := found[q.Limit-1]
	return found, post.Cursor{Sort: last.Sort, Row: last.Seq}, nil
}

// Story gives each edition a story of its own, with those that were removed.
func (m *memory) Story(ctx context.Context, id string) (s post.Story, err error) {
	m.told++
	for _, e := range m.editions {
		if e.Story == id || e.ID == id {
			s.ID = e.Story
			s.Editions = append(s.Editions, e)
		}
	}
	for story, t := range m.removed {
		if story == id || story == s.ID || t.ID == id {
			s.ID = story
			s.Removed = append(s.Removed, t)
		}
	}
	s.Posts, s.Edges, s.Successor = m.posts[s.ID], m.edges, m.successors[s.ID]
	return s, m.err
}

func (m *memory) Explain(_ context.Context, address string) (post.Explanation, error) {
	x := m.explains[address]
	x.URL = post.PublicURL(address)
	return x, m.err
}

func (m *memory) Removed(context.Context, post.Query, time.Time) (list []post.Tombstone, err error) {
	for _, t := range m.removed {
		list = append(list, t)
	}
	return list, nil
}

// change puts an edition in and moves the version on.
func (m *memory) change(e post.Edition) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.editions = append(m.editions, e)
	m.version++
}

// renders is how often the store was asked for editions.
func (m *memory) renders() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.asked
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// edition is one of a source, seq minutes after noon.
func edition(seq int64, source, language, title string, topics ...string) post.Edition {
	at := noon.Add(time.Duration(seq) * time.Minute)
	url := fmt.Sprintf("https://%s.example/%d", source, seq)
	return post.Edition{
		ID: fmt.Sprintf("urn:uuid:00000000-0000-4000-8000-%012d", seq), Story: fmt.Sprint("s", seq), Seq: seq,
		Lead: post.Post{
			Source: source, ID: url, URL: url, Title: title, Language: language,
			HTML: "<p>" + title + "</p>", FirstSeen: at, Published: at,
		},
		Source:    post.Source{ID: source},
		Published: at, Updated: at, Sort: at, Topics: topics,
	}
}

// planet is a store with two sources, three languages and a topic.
func planet() *memory {
	return &memory{
		editions: []post.Edition{
			edition(1, "noord", "nl", "Sociale media weer sociaal", "social"),
			edition(2, "west", "en", "Make socials social again", "social"),
			edition(3, "noord", "nl", "Een <avond> over privacy & meer"),
			edition(4, "west", "ar", "الشبكات الاجتماعية"),
		},
		sources: []post.SourceState{
			{Source: post.Source{ID: "noord", Title: "Noorderlicht"}},
			{Source: post.Source{ID: "west"}, Visit: post.Visit{FeedTitle: "West of here"}},
		},
	}
}

func testSite() Site {
	return Site{
		Title:     "Samenloop",
		BaseURL:   "https://example.org",
		Languages: []string{"nl", "en", "ar"},
		Topics:    []post.Topic{{ID: "social", Title: "Social again"}},
		Version:   "1.2.3",
	}
}

// newHandler is a site whose clock stands at noon until the test moves it.
func newHandler(t testing.TB, site Site, store Store) *handler {
	t.Helper()
	made, err := New(site, store)
	if err != nil {
		t.Fatal(err)
	}
	h := made.(*handler)
	h.now = func() time.Time { return noon }
	h.patience = time.Minute // nobody is in a hurry, on a machine that is
	return h
}
