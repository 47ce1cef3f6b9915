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
	for tag, want := range map[string]string{"nl": "twee wachtwoorden wachtwoord één een berichten bericht", "fy": "twee wachtwoorden één berichten"} {
		if got := Terms(tag, "Twee wachtwoorden, één wachtwoorden-berichten!"); got != want {
			t.Errorf("terms of %s: %q, want %q", tag, got, want)
		}
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
	})
}
