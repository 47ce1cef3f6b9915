package post

import (
	"slices"
	"strings"
	"testing"
)

var socials = Topic{ID: "socials", Hashtags: []string{"MakeSocialsSocialAgain"}, Phrases: []string{"make socials social again"}}

func matcher(tb testing.TB, topics ...Topic) *Matcher {
	m, err := NewMatcher(topics)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

func by(matches []Match) string {
	if len(matches) == 0 {
		return ""
	}
	return matches[0].By
}

func TestMatchHashtag(t *testing.T) {
	m := matcher(t, Topic{ID: "socials", Hashtags: []string{"#makesocialssocialagain"}})
	for text, want := range map[string]bool{
		"van #makesocialssocialagain, een collectief":                    true,
		"#MakeSocialsSocialAgain":                                        true,
		"#maKesocialsſocialagain":                                        true, // Kelvin sign, long s
		"＃makesocialssocialagain":                                        true,
		"#ｍａｋｅｓｏｃｉａｌｓｓｏｃｉａｌａｇａｉｎ":                                        true,
		"(#makesocialssocialagain)":                                      true,
		"“#makesocialssocialagain”":                                      true,
		"#a,#makesocialssocialagain":                                     true,
		"https://x.org/ #makesocialssocialagain":                         true,
		"#makesocialssocialagainst":                                      false,
		"#makesocialssocialagain_2":                                      false,
		"#makesocialssocialagaín":                                        false,
		"foo#makesocialssocialagain":                                     false,
		"é#makesocialssocialagain":                                       false,
		"##makesocialssocialagain":                                       false,
		"makesocialssocialagain":                                         false,
		"# makesocialssocialagain":                                       false,
		"https://x/#makesocialssocialagain":                              false,
		"https://x.org/a?#makesocialssocialagain":                        false,
		"https://x.org/a,#b,#makesocialssocialagain":                     false,
		"x.org/#makesocialssocialagain":                                  false,
		"#":                                                              false,
		Text("de missie van <em>#makesocialssocialagain</em>, ja"):       true,
		Text(`<a href="/t">#<span>makesocialssocialagain</span></a>`):    true,
		Text(`<a href="https://x/#makesocialssocialagain">een link</a>`): false,
	} {
		got := by(m.Match(Words{Content: text}))
		if (got != "") != want {
			t.Errorf("%q: %q, want found %v", text, got, want)
		}
		if want && got != "hashtag in content: #makesocialssocialagain" {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func TestMatchPhrase(t *testing.T) {
	for _, c := range []struct {
		phrase, text string
		want         bool
	}{
		{"make socials social again", "We Make Socials  Social\nAgain!", true},
		{"make socials social again", "make-socials–social again", true},
		{"make socials social again", "make socials. social again", false},
		{"make socials social again", "remake socials social again", false},
		{"make socials social again", "make socials social against", false},
		{"make socials social again", "make make socials social again", true},
		{"make socials social again", "#makesocialssocialagain", false},
		{"foto's", "Onze foto’s", true},
		{"foto's", "Onze fotos", false},
		{"een", "ÉÉN stem", true},
		{"één", "e\u0301e\u0301n stem", true},
		{"een", "eeng", false},
		{"Straße", "STRASSE", true},
		{"Łódź", "lodz", true},
		{"σοφός", "ΣΟΦΟΣ", true},
		{"открытый код", "Открытый Код.", true},
		{"社会", "日本社会福祉", true},
		{"AT&T", "bij AT&T in", true},
		{"C++", "C++ is", true},
		{"C++", "C is", false},
	} {
		m := matcher(t, Topic{ID: "t", Phrases: []string{c.phrase}})
		if got := by(m.Match(Words{Content: c.text})); (got != "") != c.want {
			t.Errorf("%q in %q: %q, want found %v", c.phrase, c.text, got, c.want)
		}
	}
}

func TestMatchEvidence(t *testing.T) {
	m := matcher(t, socials)
	const tag = "#makesocialssocialagain"
	for _, c := range []struct {
		words Words
		want  string
	}{
		{Words{Tags: []string{"nieuws", "makeSocialsSocialAgain"}, Title: tag}, "hashtag in tag: #MakeSocialsSocialAgain"},
		{Words{Tags: []string{" #MAKESOCIALSSOCIALAGAIN"}}, "hashtag in tag: #MakeSocialsSocialAgain"},
		{Words{Tags: []string{"Make Socials Social Again"}}, "phrase in tag: make socials social again"},
		{Words{Title: tag, Content: tag}, "hashtag in title: #MakeSocialsSocialAgain"},
		{Words{Content: "make socials social again", Summary: tag}, "phrase in content: make socials social again"},
		{Words{Content: "make socials social again " + tag}, "hashtag in content: #MakeSocialsSocialAgain"},
		{Words{Summary: tag, Page: tag}, "hashtag in summary: #MakeSocialsSocialAgain"},
		{Words{Page: tag}, "hashtag in page: #MakeSocialsSocialAgain"},
		{Words{Content: "iets anders", Tags: []string{"", "#"}}, ""},
	} {
		if got := by(m.Match(c.words)); got != c.want {
			t.Errorf("%+v: %q, want %q", c.words, got, c.want)
		}
	}
	onlyTag := matcher(t, Topic{ID: "t", Hashtags: []string{"makesocialssocialagain"}})
	if got := onlyTag.Match(Words{Tags: []string{"make socials social again"}}); got != nil {
		t.Errorf("a category of several words is the hashtag: %v", got)
	}
}

func TestMatchSeveralTopics(t *testing.T) {
	m := matcher(t, Topic{ID: "a", Hashtags: []string{"fediverse"}}, socials, Topic{ID: "b", Hashtags: []string{"fediverse", "mastodon"}})
	got := m.Match(Words{Title: "#Mastodon", Content: "#fediverse"})
	want := []Match{{"a", "hashtag in content: #fediverse"}, {"b", "hashtag in title: #mastodon"}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestNewMatcherErrors(t *testing.T) {
	for want, topics := range map[string][]Topic{
		"has no id":           {{Title: "x"}},
		"two topics have":     {{ID: "a"}, {ID: "a"}},
		"an empty hashtag":    {{ID: "a", Hashtags: []string{"#"}}},
		"can never be found":  {{ID: "a", Hashtags: []string{"make socials"}}},
		"phrase without word": {{ID: "a", Phrases: []string{" -- "}}},
	} {
		if _, err := NewMatcher(topics); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v, want %q", topics, err, want)
		}
	}
}

func FuzzMatch(f *testing.F) {
	m := matcher(f, socials, Topic{ID: "x", Hashtags: []string{"één"}, Phrases: []string{"Straße's", "社会", "C++"}})
	f.Add("a #makesocialssocialagain ＃ÉÉN strasse’s 社会 c++")
	f.Add("\xff#\xff＃\u0301")
	f.Fuzz(func(t *testing.T, s string) {
		m.Match(Words{Tags: []string{s}, Title: s, Content: s})
		// Evidence in a text is still there when more lines stand around it.
		if got := m.Match(Words{Content: s}); !slices.Equal(got, m.Match(Words{Content: "x .\n" + s + "\n. x"})) {
			t.Errorf("%q: %v alone, %v among other lines", s, got, m.Match(Words{Content: "x .\n" + s + "\n. x"}))
		}
		if key := phraseKey(s); key != "" {
			if again := phraseKey(key); again != key {
				t.Errorf("phraseKey(%q) = %q, then %q", s, key, again)
			}
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	_, text := article(b)
	text = strings.Repeat(text, 5000/len(text)+1)[:5000]
	m := matcher(b, socials, Topic{ID: "fediverse", Hashtags: []string{"fediverse", "mastodon"}, Phrases: []string{"digital autonomy now", "Öffentliche Räume", "stem van het publiek"}})
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if m.Match(Words{Content: text}) != nil {
			b.Fatal("a match")
		}
	}
}
