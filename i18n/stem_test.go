package i18n

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
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
	for tag, want := range map[string]string{"nl": "twee wachtwoord een bericht", "fy": "twee wachtwoorden een berichten"} {
		if got := Terms(tag, "Twee wachtwoorden, één wachtwoorden-berichten!"); got != want {
			t.Errorf("terms of %s: %q, want %q", tag, got, want)
		}
	}
	for _, test := range []struct{ tag, text, search string }{
		{"nl", "fietsen", "fietsen"}, {"nl", "Ideeën", "ideeen"}, {"nl", "vóór", "voor"}, {"en", "cafe", "café"}, {"fr", "protégées", "protégé"}, {"fr", "protégées", "protegees"},
		{"de", "Bücher", "BUCHER"}, {"de", "Häusern", "Haus"}, {"fy", "hûs", "hûs"}, {"fy", "hus", "hûs"}, {"ar", "مقالات", "مقالات"}, {"ar", "مَقَالَات", "مقالات"}, {"he", "שלום", "שָׁלוֹם"},
		{"hi", "हिन्दी", "हिन्दी"}, {"tr", "İstanbul", "istanbul"}, {"vi", "người", "nguoi"}, {"pl", "Łódź", "lodz"}, {"da", "København", "kobenhavn"}, {"de", "Straße", "STRASSE"}, {"ko", "한국어", "한국어"}, {"fr", "e\u0301te\u0301", "été"},
	} {
		for _, tag := range []string{test.tag, ""} {
			all := SearchTerms(tag, test.search)
			if terms := strings.Fields(Terms(test.tag, test.text)); !slices.ContainsFunc(terms, func(term string) bool { return slices.Contains(all, term) }) {
				t.Errorf("in %q: %q is not found by %q: %q, %q", tag, test.text, test.search, terms, all)
			}
		}
	}
	if Terms("hi", "कि") == Terms("hi", "को") {
		t.Error("the vowels of Hindi are left out")
	}
	if got := SearchTerms("nl", "Fietsen"); !slices.Equal(got, []string{"fietsen", "fiets"}) {
		t.Errorf("terms %q", got)
	}
	if got := SearchTerms("fy", "Fytsen"); !slices.Equal(got, []string{"fytsen"}) {
		t.Errorf("terms %q", got)
	}
	if got := SearchWords(`"open web" -de* NEAR(é) ` + "\u0301"); !slices.Equal(got, []string{"open", "web", "de", "NEAR", "é"}) {
		t.Errorf("words %q", got)
	}
}

// Where no spaces stand between words, a search finds what is within.
func TestSearchWithoutSpaces(t *testing.T) {
	for _, test := range []struct{ text, search string }{
		{"我們要一個開放的網路。", "開放"}, {"我們要一個開放的網路。", "網"}, {"我們要一個開放的網路。", "開放的網路"}, {"ソーシャルメディアをもう一度", "メディア"},
		{"เว็บเปิดสำหรับทุกคน", "เปิด"}, {"អ៊ីនធឺណិតបើកចំហសម្រាប់មនុស្សទាំងអស់គ្នានៅលើពិភពលោក", "មនុស្ស"}, {"လူတိုင်းအတွက်ပွင့်လင်းသောဝဘ်", "အတွက်"}, {"用Mastodon的人", "mastodon"}, {"用Mastodon的人", "的人"},
	} {
		terms := strings.Fields(Terms("zh", test.text))
		words := SearchWords(test.search)
		if len(words) == 0 {
			t.Errorf("%s: no words", test.search)
		}
		for _, word := range words {
			if !slices.ContainsFunc(SearchTerms("zh", word), func(term string) bool { return slices.Contains(terms, term) }) {
				t.Errorf("%q is not found in %q: %q, of %q", word, test.text, terms, words)
			}
		}
	}
	if got := SearchWords("開放的網路 路 open"); !slices.Equal(got, []string{"開放", "放的", "的網", "網路", "路", "open"}) {
		t.Errorf("words %q", got)
	}
}

func FuzzStem(f *testing.F) {
	f.Add("nl", "wachtwoorden")
	f.Add("fr", "l'été\u0301")
	f.Fuzz(func(t *testing.T, tag, word string) {
		Stem(tag, word)
		// FTS5 takes what is no ASCII, letters and digits for a word, and nothing else.
		separate := func(r rune) bool { return r < utf8.RuneSelf && notInWord(r) }
		for _, term := range strings.Fields(Terms(tag, word)) {
			if strings.ContainsFunc(term, separate) {
				t.Errorf("%q is more than one word", term)
			}
		}
		for _, word := range SearchWords(word) {
			for _, term := range SearchTerms(tag, word) {
				if term == "" || strings.ContainsFunc(term, separate) {
					t.Errorf("%q is looked for as %q", word, term)
				}
			}
		}
	})
}

func BenchmarkTerms(b *testing.B) {
	text := strings.Repeat("Wie een nieuwsbrief leest, weet wat wachtwoorden kosten; bibliotheken en straten zijn van iedereen. ", 40)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Terms("nl", text)
	}
}
