package store

import (
	"testing"
	"time"

	"samenloop/post"
)

func TestSearch(t *testing.T) {
	s := open(t)
	know(t, s, "a")
	dutch := about("a", "1", "https://a.example/1")
	dutch.Title, dutch.HTML = "Nieuwe wachtwoorden", "<p>Kies een <b>sterk</b> wachtwoord vóór maandag; het café helpt.</p>"
	english := about("a", "2", "https://a.example/2")
	english.Title, english.HTML, english.Language = "Passwords, again", "<p>Choose your password.</p>", "en"
	off := about("a", "3", "https://a.example/3")
	off.HTML, off.Matches = "<p>wachtwoord</p>", nil
	save(t, s, t0, "a", dutch, english, off)
	find := func(q post.Query) string {
		t.Helper()
		found := ""
		for _, e := range editions(t, s, q) {
			found += e.Lead.ID
		}
		return found
	}
	for search, want := range map[string]string{
		"wachtwoord": "1", "WACHTWOORDEN": "1", "wachtwoord sterk": "1", "voor": "1", "cafe": "1", "sterke": "1",
		"password": "2", "passwords": "2", "wachtwoord password": "", "nothing": "", "": "21",
		`"`: "", "NEAR(": "", "title:x": "", "wacht*": "", `sterk" OR "x`: "",
	} {
		if got := find(post.Query{Search: search}); got != want {
			t.Errorf("search %q finds %q, want %q", search, got, want)
		}
	}
	if got := find(post.Query{Search: "password", Language: "nl"}); got != "" {
		t.Errorf("a language's search finds %q", got)
	}

	// An edit is found by its new words alone.
	dutch.Title, dutch.HTML = "Sleutels", "<p>Geen woorden meer.</p>"
	save(t, s, t0.Add(time.Minute), "a", dutch)
	if got := find(post.Query{Search: "wachtwoord"}); got != "" {
		t.Errorf("an edited edition is found by its old words: %q", got)
	}
	if got := find(post.Query{Search: "sleutel"}); got != "1" {
		t.Errorf("an edited edition is found as %q", got)
	}
}

// A language's feed may also have what exists in other languages only.
func TestOthers(t *testing.T) {
	s := open(t)
	know(t, s, "a")
	for i, language := range []string{"nl", "en", "fy", "nl"} {
		p := about("a", string(rune('1'+i)), "https://a.example/"+string(rune('1'+i)))
		p.Language, p.Published = language, t0.Add(-time.Duration(i)*time.Minute)
		save(t, s, t0, "a", p)
	}
	read := func(q post.Query) string {
		found := ""
		for _, e := range editions(t, s, q) {
			found += e.Lead.ID
		}
		if n, err := s.Count(t.Context(), q); n != len(found) || err != nil {
			t.Errorf("of %q %d are counted, %v", found, n, err)
		}
		return found
	}
	if got := read(post.Query{Language: "nl"}); got != "14" {
		t.Errorf("the feed has %q", got)
	}
	if got := read(post.Query{Language: "nl", Others: true}); got != "1234" {
		t.Errorf("with others it has %q", got)
	}
	if got := read(post.Query{Language: "nl", Topic: "mssa", Others: true}); got != "1234" {
		t.Errorf("of a topic it has %q", got)
	}
	if got := read(post.Query{Language: "nl", Others: true, Search: "begin"}); got != "1234" {
		t.Errorf("a search finds %q", got)
	}
	var pages string
	for q := (post.Query{Language: "nl", Others: true, Limit: 1}); ; {
		list, next, err := s.Editions(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			pages += e.Lead.ID
		}
		if next == (post.Cursor{}) {
			break
		}
		q.Before = next
	}
	if pages != "1234" {
		t.Errorf("page by page it has %q", pages)
	}
	before := s.Version(post.Query{Language: "nl", Others: true})
	p := about("a", "5", "https://a.example/5")
	p.Language = "de"
	save(t, s, t0, "a", p)
	if s.Version(post.Query{Language: "nl", Others: true}) == before {
		t.Error("a story in another language does not count as a change")
	}
}
