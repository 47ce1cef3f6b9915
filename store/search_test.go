package store

import (
	"fmt"
	"strings"
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
		`"sterk wachtwoord"`: "1", "sterk -wachtwoord": "1", "wachtwoord AND sterk": "", "NOT wachtwoord": "", "words:wachtwoord": "", "^sterk": "1", "{sterk} : wachtwoord": "1",
		"NEAR(sterk wachtwoord, 2)": "", "sterk + wachtwoord": "1", "'; DROP TABLE edition_text; --": "", "st\x00erk": "", "\x00": "", "\xff\xfe": "",
		"edition_text": "", "sterk)": "1", "((": "", "sterk\u0301": "1", strings.Repeat("sterk ", 2000): "1", strings.Repeat("(", 10_000): "", strings.Repeat("x", 10_000): "",
	} {
		if got := find(post.Query{Search: search}); got != want {
			t.Errorf("search %.60q finds %q, want %q", search, got, want)
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

// What a language does to the ends of words, and to letters, does not matter to a search.
func TestSearchStems(t *testing.T) {
	s := open(t)
	know(t, s, "a")
	for i, test := range []struct{ language, text, finds string }{
		{"nl", "De fietsen staan bij de boekhandels", "fiets fietsen boekhandel"},
		{"en", "Libraries are opening their archives", "library opened archive"},
		{"de", "Die Häuser der Bücherei öffneten", "Haus häuser hauser bucherei"},
		{"fr", "Les libertés fondamentales sont protégées", "liberté liberte fondamental protégé"},
		{"fy", "De biblioteken binne iepen", "biblioteken"},
		{"zh", "我們要一個開放的網路。", "開放 網路 網"},
		{"hi", "हिन्दी में एक खुला वेब", "हिन्दी खुला"},
	} {
		p := about("a", fmt.Sprint(i), fmt.Sprintf("https://a.example/%d", i))
		p.Language, p.Title, p.HTML = test.language, "", "<p>"+test.text+"</p>"
		save(t, s, t0, "a", p)
		for word := range strings.FieldsSeq(test.finds) {
			if list := editions(t, s, post.Query{Search: word, Language: test.language}); len(list) != 1 || list[0].Lead.ID != p.ID {
				t.Errorf("%s: %q finds %d", test.language, word, len(list))
			}
		}
	}
	if list := editions(t, s, post.Query{Search: "biblioteek", Language: "fy"}); len(list) != 0 {
		t.Error("Frisian has stems")
	}
}

// Of what is found costs a row: there is one for each edition that is shown, and for nothing else.
func TestOnlyShownIsIndexed(t *testing.T) {
	s := open(t)
	know(t, s, "a", "b", "m")
	rows := func(want int, when string) {
		t.Helper()
		var n int
		err := s.query(t.Context(), "SELECT count(*) FROM edition_text", func(scan func(...any) error) error { return scan(&n) })
		if err != nil || n != want {
			t.Errorf("%s: %d rows, want %d; %v", when, n, want, err)
		}
	}
	off := piece("a", "off", "nl", "https://a.example/off")
	off.Matches = nil
	save(t, s, t0, "a", off, piece("a", "nl", "nl", "https://a.example/nl/x"), piece("a", "en", "en", "https://a.example/en/x"))
	rows(2, "one in two languages, and one off topic")
	save(t, s, t0.Add(time.Minute), "b", piece("b", "twin", "nl", "https://a.example/nl/x"))
	save(t, s, t0.Add(time.Minute), "m", toot("m", "t", "https://a.example/nl/x"))
	rows(2, "and a twin and a toot")
	story := editions(t, s, post.Query{})[0].Story
	if err := s.RetractStory(t.Context(), by(t0.Add(time.Hour)), story); err != nil {
		t.Fatal(err)
	}
	rows(0, "retracted")
	if list := editions(t, s, post.Query{Search: "nlw1"}); len(list) != 0 {
		t.Errorf("what was retracted is found: %d", len(list))
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
