package i18n

import (
	"slices"
	"strings"
	"testing"
)

func TestStem(t *testing.T) {
	for _, test := range []struct{ tag, a, b string }{
		{"nl", "wachtwoorden", "Wachtwoord"}, {"nl-BE", "berichten", "bericht"}, {"en", "passwords", "password"},
		{"de", "Häusern", "haus"}, {"fr", "libertés", "liberté"},
	} {
		a, _ := Stem(test.tag, test.a)
		b, ok := Stem(test.tag, test.b)
		if a = strings.ReplaceAll(a, "ä", "a"); a != b || !ok { // the index folds the umlaut later
			t.Errorf("%s: %q has the stem %q, %q has %q", test.tag, test.a, a, test.b, b)
		}
	}
	if got, ok := Stem("fy", "Wachtwurden"); ok {
		t.Errorf("a language without stemmer: %q", got)
	}
	for tag, want := range map[string]string{"nl": "twee wachtwoord een één bericht", "fy": "twee wachtwoorden één berichten"} {
		if got := Terms(tag, "Twee wachtwoorden, één wachtwoorden-berichten!"); got != want {
			t.Errorf("terms of %s: %q, want %q", tag, got, want)
		}
	}
	for _, test := range []struct{ tag, text, search string }{
		{"nl", "fietsen", "fietsen"}, {"nl", "Ideeën", "ideeen"}, {"nl", "vóór", "voor"}, {"en", "cafe", "café"}, {"fr", "protégées", "protégé"}, {"fr", "protégées", "protegees"},
		{"de", "Bücher", "BUCHER"}, {"de", "Häusern", "Haus"}, {"fy", "hûs", "hûs"}, {"ar", "مقالات", "مقالات"},
	} {
		for _, tag := range []string{test.tag, ""} {
			var all string
			for _, term := range SearchTerms(tag, test.search) {
				all += " " + withoutAccents(strings.ToLower(term)) + " " // as the index does
			}
			found := false
			for term := range strings.FieldsSeq(Terms(test.tag, test.text)) {
				found = found || strings.Contains(all, " "+withoutAccents(term)+" ")
			}
			if !found {
				t.Errorf("in %q: %q is not found by %q, which is looked for as %q", tag, test.text, test.search, all)
			}
		}
	}
	if got := SearchTerms("nl", "Fietsen"); !slices.Equal(got, []string{"Fietsen", "fiets"}) {
		t.Errorf("terms %q", got)
	}
	if got := SearchTerms("fy", "Fytsen"); !slices.Equal(got, []string{"Fytsen"}) {
		t.Errorf("terms %q", got)
	}
	if got := SearchWords(`"open web" -de* NEAR(é)`); !slices.Equal(got, []string{"open", "web", "de", "NEAR", "é"}) {
		t.Errorf("words %q", got)
	}
}

func FuzzStem(f *testing.F) {
	f.Add("nl", "wachtwoorden")
	f.Add("fr", "l'été\u0301")
	f.Fuzz(func(t *testing.T, tag, word string) {
		Stem(tag, word)
		Terms(tag, word)
		SearchTerms(tag, word)
	})
}
