package store

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"samenloop/post"
)

var t0 = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func open(t testing.TB) *Store {
	t.Helper()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "a b?c.db"), Options{Languages: []string{"nl", "en"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func know(t testing.TB, s *Store, ids ...string) {
	t.Helper()
	var sources []post.Source
	for _, id := range ids {
		sources = append(sources, post.Source{ID: id, URL: "https://" + id + ".example/feed"})
	}
	if _, err := s.Sync(t.Context(), sources); err != nil {
		t.Fatal(err)
	}
}

// about makes a post of a source on the topic.
func about(source, id, address string) post.Post {
	p := post.Post{
		Source: source, ID: id, URL: address, Title: "Title of " + id, Language: "nl",
		HTML:      "<p>" + id + " says that the open web is ours to keep, and that we had better begin today.</p>",
		Published: t0.Add(-time.Hour), FirstSeen: t0,
		Matches: []post.Match{{Topic: "mssa", By: "hashtag in content: #x"}},
	}
	p.Digest = p.Shown()
	return p
}

func save(t testing.TB, s *Store, now time.Time, source string, posts ...post.Post) post.Saved {
	t.Helper()
	saved, err := s.Save(t.Context(), post.Batch{
		Now: now, Posts: posts,
		Visit: post.Visit{Source: source, Given: "https://" + source + ".example/feed", Checked: now, Next: now.Add(time.Hour)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return saved[0]
}

func editions(t testing.TB, s *Store, q post.Query) []post.Edition {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = 50
	}
	list, _, err := s.Editions(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// A post whose page was tried once more is no edit of its source.
func TestChangedIsWhatTheSourceChanged(t *testing.T) {
	s := open(t)
	know(t, s, "a")
	p := about("a", "1", "https://a.example/1")
	p.PageNeed = post.PageWanted
	save(t, s, t0, "a", p)
	p.PageTries++
	if saved := save(t, s, t0.Add(time.Hour), "a", p); saved.Changed != 0 {
		t.Errorf("after another try: %+v", saved)
	}
	p.Page, p.PageNeed = "It says more.", post.PageRead
	if saved := save(t, s, t0.Add(2*time.Hour), "a", p); saved.Changed != 0 {
		t.Errorf("after it was read: %+v", saved)
	}
	p.Title, p.Digest = "Another title", post.Digest{1}
	if saved := save(t, s, t0.Add(3*time.Hour), "a", p); saved.Changed != 1 {
		t.Errorf("after an edit: %+v", saved)
	}
}

func TestSaveAndRead(t *testing.T) {
	s := open(t)
	know(t, s, "a", "b")
	p := about("a", "1", "https://a.example/1")
	p.Authors = []post.Author{{Name: "Roos", URL: "https://a.example/roos"}}
	p.Tags = []string{"web"}
	p.Enclosures = []post.Enclosure{{URL: "https://a.example/1.mp3", Type: "audio/mpeg", Length: 3}}
	p.Alternates = map[string]string{"en": "https://a.example/en/1"}
	p.Origin = post.Origin{Title: "elsewhere"}
	off := about("a", "2", "https://a.example/2")
	off.Matches = nil
	if got, want := save(t, s, t0, "a", p, off), (post.Saved{New: 2, Matched: 1}); got != want {
		t.Errorf("saved %+v, want %+v", got, want)
	}
	list := editions(t, s, post.Query{})
	if len(list) != 1 {
		t.Fatalf("%d editions, want 1", len(list))
	}
	e := list[0]
	p.Matches = nil
	if got, want := fmt.Sprintf("%+v", e.Lead), fmt.Sprintf("%+v", p); got != want {
		t.Errorf("lead is\n%s, want\n%s", got, want)
	}
	if e.Source.ID != "a" || e.Source.Title != "a" || !slices.Equal(e.Topics, []string{"mssa"}) || !e.Published.Equal(t0.Add(-time.Hour)) || e.Seq == 0 {
		t.Errorf("edition %+v", e)
	}
	for _, q := range []post.Query{{Language: "nl"}, {Topic: "mssa"}, {Language: "nl", Topic: "mssa"}, {Source: "a"}} {
		if got := editions(t, s, q); len(got) != 1 || got[0].ID != e.ID {
			t.Errorf("feed %q has %d editions", q.List(), len(got))
		}
	}
	for _, q := range []post.Query{{Language: "en"}, {Topic: "other"}, {Source: "b"}} {
		if got := editions(t, s, q); len(got) != 0 {
			t.Errorf("feed %q has %d editions, want none", q.List(), len(got))
		}
	}
	states, err := s.Sources(t.Context())
	if err != nil || len(states) != 2 || states[0].Posts != 2 || states[0].Matched != 1 || !states[0].Visit.Next.Equal(t0.Add(time.Hour)) {
		t.Errorf("sources %+v, %v", states, err)
	}
}

func TestEditKeepsTheID(t *testing.T) {
	s := open(t)
	know(t, s, "a")
	p := about("a", "1", "https://a.example/1")
	save(t, s, t0, "a", p)
	before := editions(t, s, post.Query{})[0]
	p.Title, p.Matches = "Another title", nil // the hashtag went, too: it stays
	p.Digest = p.Shown()
	p.FirstSeen = t0.Add(time.Hour)
	if got := save(t, s, t0.Add(time.Hour), "a", p); got != (post.Saved{Changed: 1}) {
		t.Errorf("saved %+v", got)
	}
	after := editions(t, s, post.Query{})[0]
	if after.ID != before.ID || after.Lead.Title != "Another title" || !after.Sort.Equal(before.Sort) ||
		!after.Updated.Equal(t0.Add(time.Hour)) || !after.Lead.FirstSeen.Equal(t0) || after.Seq <= before.Seq {
		t.Errorf("before %+v\nafter %+v", before, after)
	}
	version := s.Version(post.Query{})
	save(t, s, t0.Add(2*time.Hour), "a", p)
	if again := editions(t, s, post.Query{})[0]; again.Seq != after.Seq || !again.Updated.Equal(after.Updated) || s.Version(post.Query{}) != version {
		t.Errorf("the same again changed the edition: %+v", again)
	}
}

// A planet republishes an article first; then its own site does.
func TestOwnSiteLeads(t *testing.T) {
	for _, order := range [][]string{{"planet", "a"}, {"a", "planet"}} {
		s := open(t)
		know(t, s, "planet", "a")
		var first string
		for i, source := range order {
			p := about(source, "1", "http://www.a.example/1/?utm_source=x")
			p.Title = "as told by " + source
			save(t, s, t0.Add(time.Duration(i)*time.Minute), source, p)
			if i == 0 {
				first = editions(t, s, post.Query{})[0].ID
			}
		}
		list := editions(t, s, post.Query{})
		if len(list) != 1 || list[0].ID != first || list[0].Source.ID != "a" {
			t.Errorf("order %v: %d editions, led by %q", order, len(list), list[0].Source.ID)
		}
		if got := editions(t, s, post.Query{Source: "planet"}); len(got) != 1 {
			t.Errorf("order %v: the planet's feed has %d editions, want 1", order, len(got))
		}
	}
}

// Two emitted stories turn out to be one: the older id wins.
func TestMerge(t *testing.T) {
	s := open(t)
	know(t, s, "a", "b")
	save(t, s, t0, "a", about("a", "1", "https://a.example/1"))
	old := editions(t, s, post.Query{})[0].ID
	save(t, s, t0.Add(time.Minute), "b", about("b", "1", "https://a.example/wrong"))
	if n := len(editions(t, s, post.Query{})); n != 2 {
		t.Fatalf("%d editions, want 2", n)
	}
	var before []string
	for _, e := range editions(t, s, post.Query{}) {
		before = append(before, e.Story)
	}
	save(t, s, t0.Add(2*time.Minute), "b", about("b", "1", "https://a.example/1"))
	list := editions(t, s, post.Query{})
	if len(list) != 1 || list[0].ID != old {
		t.Fatalf("after the merge: %+v", list)
	}
	// The address of the story that was taken in leads to the one that took it.
	for _, id := range before {
		if st := story(t, s, id); id == list[0].Story && st.Successor != "" || id != list[0].Story && st.Successor != list[0].Story {
			t.Errorf("story %s, now %s: %+v", id, list[0].Story, st)
		}
	}
	// And apart again: the one that was merged away comes back under its own id.
	save(t, s, t0.Add(3*time.Minute), "b", about("b", "1", "https://a.example/wrong"))
	if list := editions(t, s, post.Query{}); len(list) != 2 || list[0].ID == list[1].ID {
		t.Errorf("after the split: %d editions", len(list))
	}
}

func TestPages(t *testing.T) {
	s := open(t)
	know(t, s, "a")
	var posts []post.Post
	for i := range 25 {
		p := about("a", fmt.Sprint(i), fmt.Sprintf("https://a.example/%d", i))
		p.Published = t0.Add(-time.Duration(i/2) * time.Minute) // some dates twice
		posts = append(posts, p)
	}
	save(t, s, t0, "a", posts...)
	seen := map[string]bool{}
	q := post.Query{Limit: 10}
	var places []post.Cursor // where the pages begin
	for page := 1; ; page++ {
		places = append(places, q.Before)
		list, next, err := s.Editions(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range list {
			if seen[e.ID] || i > 0 && e.Sort.After(list[i-1].Sort) {
				t.Errorf("page %d: %s again or out of order", page, e.Lead.ID)
			}
			seen[e.ID] = true
		}
		if next == (post.Cursor{}) {
			break
		}
		q.Before = next
	}
	if len(seen) != 25 {
		t.Errorf("%d editions on all pages, want 25", len(seen))
	}
	for i := len(places) - 1; i > 0; i-- { // and back
		q.Before = places[i]
		if c, err := s.Newer(t.Context(), q); err != nil || c != places[i-1] {
			t.Errorf("before page %d comes %v, %v; want %v", i+1, c, err, places[i-1])
		}
	}
	q.Search = "title"
	q.Before = places[2]
	if c, err := s.Newer(t.Context(), q); err != nil || c != places[1] {
		t.Errorf("in a search: %v, %v", c, err)
	}
}

func TestKnownAndPurge(t *testing.T) {
	s := open(t)
	know(t, s, "a", "b")
	on, off := about("a", "on", "https://a.example/on"), about("a", "07", "https://a.example/07")
	off.Matches = nil
	save(t, s, t0, "a", on, off)
	other := about("b", "on", "https://b.example/on")
	save(t, s, t0, "b", other)
	known, err := s.Known(t.Context(), "a", []string{"on", "07", "7", "7.0"})
	if err != nil || len(known) != 2 || known["on"][0].Digest != on.Digest || known["07"][0].Title != off.Title {
		t.Fatalf("known %+v, %v", known, err)
	}
	if n, err := s.Purge(t.Context(), t0.Add(time.Second)); n != 1 || err != nil {
		t.Errorf("purged %d, %v, want 1", n, err)
	}
	known, _ = s.Known(t.Context(), "a", []string{"on", "07"})
	if known["07"][0].Digest != off.Digest {
		t.Error("what was purged is not known any more")
	}
	if p, err := s.Post(t.Context(), known["on"][0].Row); err != nil || p.HTML == "" {
		t.Errorf("what is emitted was purged: %+v, %v", p, err)
	}
}

// Whoever publishes without end keeps the newest posts alone, as far as they are on no topic.
func TestPurgeFlood(t *testing.T) {
	s := open(t)
	know(t, s, "a", "b")
	const visits, each = 5, 500
	var on []string
	for visit := range visits {
		var posts []post.Post
		for i := range each {
			p := about("a", fmt.Sprint(visit, "-", i), fmt.Sprintf("https://a.example/%d/%d", visit, i))
			if i > 0 {
				p.Matches = nil
			} else {
				on = append(on, p.ID)
			}
			posts = append(posts, p)
		}
		save(t, s, t0.Add(time.Duration(visit)*time.Hour), "a", posts...)
	}
	other := about("b", "1", "https://b.example/1")
	other.Matches = nil
	save(t, s, t0, "b", other)
	if n, err := s.Purge(t.Context(), t0.Add(-time.Hour)); n != visits*(each-1)-mostOffTopic || err != nil {
		t.Errorf("forgot %d, %v", n, err)
	}
	if n, err := s.Purge(t.Context(), t0.Add(-time.Hour)); n != 0 || err != nil {
		t.Errorf("and once more %d, %v", n, err)
	}
	kept := func(source, id string) bool {
		known, err := s.Known(t.Context(), source, []string{id})
		if err != nil || len(known[id]) != 1 {
			t.Fatalf("%s: %+v, %v", id, known, err)
		}
		p, err := s.Post(t.Context(), known[id][0].Row)
		if err != nil {
			t.Fatal(err)
		}
		return p.HTML != ""
	}
	for _, id := range on {
		if !kept("a", id) {
			t.Errorf("%s is on a topic, and was forgotten", id)
		}
	}
	if kept("a", "0-1") || !kept("a", "4-1") || !kept("b", "1") {
		t.Error("others than the oldest were forgotten")
	}
}

func TestSync(t *testing.T) {
	s := open(t)
	know(t, s, "a", "b")
	save(t, s, t0, "a", about("a", "1", "https://a.example/1"))
	know(t, s, "b")
	states, _ := s.Sources(t.Context())
	if len(states) != 2 || states[1].Source.ID != "a" || states[1].State != post.Removed {
		t.Errorf("sources %+v", states)
	}
	if n := len(editions(t, s, post.Query{})); n != 1 {
		t.Errorf("%d editions after the source was removed, want 1: they stay", n)
	}
	version := s.Version(post.Query{})
	if _, err := s.Sync(t.Context(), []post.Source{{ID: "a", Title: "New name", URL: "https://a.example/feed"}, {ID: "b", URL: "https://b.example/feed"}}); err != nil {
		t.Fatal(err)
	}
	if s.Version(post.Query{}) == version {
		t.Error("a new title changes what feeds show")
	}
	if e := editions(t, s, post.Query{})[0]; e.Source.Title != "New name" {
		t.Errorf("title %q", e.Source.Title)
	}
}

func TestOneRoundAtATime(t *testing.T) {
	s := open(t)
	release, err := s.LockRounds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.LockRounds(t.Context()); err == nil {
		t.Fatal("two hold the lock")
	}
	release()
	release, err = s.LockRounds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	release()
}

func TestRefreshSeesOtherProcesses(t *testing.T) {
	ctx := context.Background()
	s := open(t)
	know(t, s, "a")
	other, err := Open(ctx, s.Path(), Options{Languages: []string{"nl"}, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	before := other.Version(post.Query{})
	save(t, s, t0, "a", about("a", "1", "https://a.example/1"))
	if err := other.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	if other.Version(post.Query{}) == before {
		t.Error("a reader did not see that something changed")
	}
	before = s.Version(post.Query{})
	if err := s.Refresh(ctx); err != nil || s.Version(post.Query{}) != before {
		t.Errorf("its own change counts twice (%v)", err)
	}
}

// A write that panics is undone, and others go on writing.
func TestPanicInWrite(t *testing.T) {
	s := open(t)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("it did not panic")
			}
		}()
		s.update(t.Context(), func(tx *transaction) error {
			if err := tx.exec("INSERT INTO meta (name, value) VALUES ('half', 1)"); err != nil {
				t.Error(err)
			}
			panic("it fell")
		})
	}()
	if err := s.update(t.Context(), func(tx *transaction) error {
		var n int
		if err := tx.row("SELECT count(*) FROM meta WHERE name = 'half'", nil, &n); err != nil || n != 0 {
			t.Errorf("%d of it stands there, %v", n, err)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}
