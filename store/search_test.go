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
