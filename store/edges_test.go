package store

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"samenloop/post"
)

// piece makes a post on topic with a text of its own.
func piece(source, id, language, address string) post.Post {
	p := about(source, id, address)
	p.Language, p.Title = language, id
	p.HTML = fmt.Sprintf("<p>%s: %s</p>", id, strings.Join(ownWords(id, 40), " "))
	p.Digest = p.Shown()
	return p
}

// ownWords are words that no other seed has.
func ownWords(seed string, n int) []string {
	words := make([]string, n)
	for i := range words {
		words[i] = fmt.Sprintf("%sw%d", strings.ToLower(seed), i)
	}
	return words
}

// toot makes a note with links.
func toot(source, id string, links ...string) post.Post {
	p := about(source, id, "https://"+source+".example/@roos/"+id)
	p.Note, p.Title, p.HTML = true, "Toot "+id, "<p>Look "
	for _, l := range links {
		p.HTML += fmt.Sprintf(`<a href="%s">%s</a> `, l, l)
	}
	p.HTML += `<a href="https://m.example/tags/web">#web</a></p>`
	p.Digest = p.Shown()
	return p
}

// partition says which posts are one story, those who only discuss it in brackets.
func partition(t testing.TB, s *Store) string {
	t.Helper()
	stories := map[int64][]string{}
	err := s.query(t.Context(), "SELECT story, id, talks FROM post WHERE story IS NOT NULL ORDER BY id", func(scan func(...any) error) error {
		var (
			story int64
			id    string
			talks bool
		)
		err := scan(&story, &id, &talks)
		if talks {
			id = "(" + id + ")"
		}
		stories[story] = append(stories[story], id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, ids := range stories {
		slices.Sort(ids)
		lines = append(lines, strings.Join(ids, " "))
	}
	slices.Sort(lines)
	return strings.Join(lines, ", ")
}

// An edit whose article page cannot be read again just then takes nothing back that the page said.
func TestPageIsKept(t *testing.T) {
	for _, page := range []string{"what the page says", ""} {
		testPageIsKept(t, page)
	}
}

func testPageIsKept(t *testing.T, page string) {
	s := open(t)
	know(t, s, "a")
	nl, en := piece("a", "nl", "nl", "https://a.example/x"), piece("a", "en", "en", "https://a.example/y")
	nl.Page, nl.PageNeed = page, post.PageRead
	save(t, s, t0, "a", alternates(nl, "en", "https://a.example/y"), en)
	if got := partition(t, s); got != "en nl" {
		t.Fatalf("stories %q", got)
	}
	edited := piece("a", "nl", "nl", "https://a.example/x")
	edited.PageNeed, edited.Language, edited.Digest = post.PageWanted, "de", post.Digest{1} // by the feed alone
	save(t, s, t0.Add(time.Hour), "a", edited)
	if got := partition(t, s); got != "en nl" {
		t.Errorf("after the edit the stories are %q", got)
	}
	list := editions(t, s, post.Query{Language: "nl"})
	if len(list) != 1 || list[0].Lead.Page != nl.Page || !list[0].Updated.Equal(list[0].Published) {
		t.Errorf("after the edit: %+v", list)
	}
	if waiting, err := s.WantPages(t.Context(), "a", 10); err != nil || len(waiting) != 1 {
		t.Errorf("%d wait for their page, %v", len(waiting), err)
	}
	edited.PageNeed, edited.Page, edited.Digest = post.PageRead, "something else", post.Digest{2}
	save(t, s, t0.Add(2*time.Hour), "a", edited)
	if got := partition(t, s); got != "en, nl" {
		t.Errorf("the page says nothing of a translation any more: %q", got)
	}
}

func alternates(p post.Post, pairs ...string) post.Post {
	p.Alternates = map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		p.Alternates[pairs[i]] = pairs[i+1]
	}
	return p
}

// What belongs together is the same in whatever order it comes, and whether it
// comes in one batch or in many.
func TestAnyOrder(t *testing.T) {
	const a = "https://a.example"
	for name, test := range map[string]struct {
		posts []post.Post
		want  string
	}{
		"a toot about an article": {[]post.Post{piece("a", "art", "nl", a+"/x"), toot("m", "t", a+"/x?utm_source=m")}, "(t) art"},
		"a round-up":              {[]post.Post{piece("a", "art", "nl", a+"/x"), toot("m", "t", a+"/x", a+"/y", a+"/z")}, "art, t"},
		"a toot about two articles joins the first, and joins them not": {
			[]post.Post{piece("a", "one", "nl", a+"/1"), piece("a", "two", "nl", a+"/2"), toot("m", "t", a+"/2", a+"/1")}, "(t) two, one"},
		"a toot about a toot":    {[]post.Post{toot("m", "t1"), toot("n", "t2", "https://m.example/@roos/t1")}, "(t2) t1"},
		"toots about each other": {[]post.Post{toot("m", "t1", "https://n.example/@roos/t2"), toot("n", "t2", "https://m.example/@roos/t1")}, "(t1) t2"},
		"hreflang, said by one":  {[]post.Post{alternates(piece("a", "nl", "nl", a+"/x"), "en", a+"/y"), piece("a", "en", "en", a+"/y")}, "en nl"},
		"hreflang, said by all": {[]post.Post{
			alternates(piece("a", "nl", "nl", a+"/nl"+"/x"), "en", a+"/en/y", "fy", a+"/fy/z"),
			alternates(piece("a", "en", "en", a+"/en/y"), "nl", a+"/nl/x", "fy", a+"/fy/z"),
			alternates(piece("a", "fy", "fy", a+"/fy/z"), "nl", a+"/nl/x", "en", a+"/en/y")}, "en fy nl"},
		"a page that all declare is a translation of none": {[]post.Post{
			alternates(piece("a", "1", "nl", a+"/1"), "en", a+"/y"), alternates(piece("a", "2", "nl", a+"/2"), "en", a+"/y"),
			alternates(piece("a", "3", "nl", a+"/3"), "en", a+"/y"), alternates(piece("a", "4", "nl", a+"/4"), "en", a+"/y"),
			piece("a", "en", "en", a+"/y")}, "1, 2, 3, 4, en"},
		"a home page is no translation":   {[]post.Post{alternates(piece("a", "1", "nl", a+"/1"), "en", a+"/en/"), piece("a", "en", "en", a+"/en/")}, "1, en"},
		"the same path":                   {[]post.Post{piece("a", "nl", "nl", a+"/nl/x"), piece("a", "en", "en", a+"/en/x")}, "en nl"},
		"the same path below no language": {[]post.Post{piece("a", "nl", "nl", a+"/x"), piece("a", "en", "en", a+"/en/x")}, "en nl"},
		"the same path in one language":   {[]post.Post{piece("a", "nl", "nl", a+"/nl/x"), piece("a", "en", "nl", a+"/en/x")}, "en, nl"},
		"one object in two languages": {func() []post.Post {
			p, q := piece("m", "o", "nl", "https://m.example/o"), piece("m", "p", "en", "https://m.example/o")
			q.ID, q.Variant, q.Title, p.Fediverse, q.Fediverse = "o", -1, "other", true, true
			return []post.Post{p, q}
		}(), "o o"},
		"all kinds": {[]post.Post{
			alternates(piece("a", "a1", "nl", a+"/1"), "en", a+"/e"), piece("a", "a2", "en", a+"/e"), piece("p", "p1", "nl", a+"/1?utm_source=p"),
			toot("m", "t1", a+"/1"), toot("m", "t2", a+"/e", a+"/1"), toot("n", "t3", "https://m.example/@roos/t1"),
			piece("a", "b1", "nl", a+"/nl/b"), piece("a", "b2", "fy", a+"/fy/b"), toot("n", "t4", a+"/fy/b", "https://elsewhere.example/x"),
			piece("a", "c", "nl", a+"/c"), toot("m", "t5", a+"/c", a+"/1", a+"/nl/b"), toot("m", "t6", "https://elsewhere.example/y"),
		}, "(t1) (t2) (t3) a1 a2 p1, (t4) b1 b2, c, t5, t6"},
	} {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			for round := range 8 {
				s := open(t)
				know(t, s, "a", "b", "m", "n", "p")
				posts := slices.Clone(test.posts)
				if round > 0 {
					rng.Shuffle(len(posts), func(i, j int) { posts[i], posts[j] = posts[j], posts[i] })
				}
				var order []string
				for i, p := range posts {
					order = append(order, p.ID)
					save(t, s, t0.Add(time.Duration(i)*time.Minute), p.Source, p)
				}
				if got := partition(t, s); got != test.want {
					t.Fatalf("in the order %v:\n got %s\nwant %s", order, got, test.want)
				}
				s.Close()
			}
		})
	}
}

func TestDiscussions(t *testing.T) {
	for _, tootFirst := range []bool{false, true} {
		s := open(t)
		know(t, s, "a", "m")
		art, note := piece("a", "art", "nl", "https://a.example/x"), toot("m", "t", "https://a.example/x")
		note.Language, note.Authors = "en", []post.Author{{Name: "Roos"}}
		art.Matches = nil // the note says that it is on topic
		first, second := art, note
		if tootFirst {
			first, second = note, art
		}
		save(t, s, t0, first.Source, first)
		var id string
		if list := editions(t, s, post.Query{}); tootFirst != (len(list) == 1) {
			t.Fatalf("%d editions after %s", len(list), first.ID)
		} else if tootFirst {
			id = list[0].ID
		}
		save(t, s, t0.Add(time.Minute), second.Source, second)
		list := editions(t, s, post.Query{})
		if len(list) != 1 || list[0].Lead.ID != "art" || tootFirst && list[0].ID != id || len(list[0].Translations) != 0 {
			t.Fatalf("the toot first: %v: %+v", tootFirst, list)
		}
		want := []post.Discussion{{URL: note.URL, Title: "Toot t", Author: "Roos", Language: "en"}}
		if got := list[0].Discussions; !slices.Equal(got, want) {
			t.Errorf("discussions %+v, want %+v", got, want)
		}
		if n := len(editions(t, s, post.Query{Language: "en"})); n != 0 {
			t.Errorf("%d editions in the language of the toot", n)
		}

		// Who edits a toot changes the feeds that show it, and no edition.
		version := s.Version(post.Query{})
		note.Title = "Edited"
		save(t, s, t0.Add(2*time.Minute), "m", note)
		if e := editions(t, s, post.Query{})[0]; e.Discussions[0].Title != "Edited" || e.Seq != list[0].Seq || s.Version(post.Query{}) == version {
			t.Errorf("edited: %+v", e)
		}
		// And without its link it is a story of its own.
		note.HTML = "<p>Never mind #web</p>"
		save(t, s, t0.Add(3*time.Minute), "m", note)
		if list := editions(t, s, post.Query{}); partition(t, s) != "art, t" || len(list) != 1 || list[0].Lead.ID != "t" {
			t.Errorf("apart: %s, %+v", partition(t, s), list)
		}
	}
}
