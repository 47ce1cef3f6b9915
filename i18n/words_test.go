package i18n

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func TestLocales(t *testing.T) {
	words, err := load(locales)
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range []string{"nl", "en", "fy", "de", "fr", "ar"} {
		if words[tag] == nil || words[tag].Tag != tag {
			t.Errorf("no words in %s", tag)
		}
	}
}

func TestWordsIn(t *testing.T) {
	for asked, want := range map[string]string{
		"nl": "nl", "nl-BE": "nl", "nl_NL": "nl", "FY": "fy", "ar-MA": "ar",
		"it": "en", "und": "en", "": "en", "x-default": "en",
	} {
		if got := WordsIn(asked).Tag; got != want {
			t.Errorf("WordsIn(%q) is in %s, want %s", asked, got, want)
		}
	}
	if d := WordsIn("ar").Direction(); d != "rtl" {
		t.Errorf("Arabic runs %s", d)
	}
}

func TestDate(t *testing.T) {
	for _, c := range []struct{ tag, day, want string }{
		{"nl", "2025-01-11", "11 januari 2025"},
		{"en", "2025-01-11", "11 January 2025"},
		{"fy", "2025-03-02", "2 maart 2025"},
		{"fy", "2025-12-31", "31 desimber 2025"},
		{"de", "2025-03-01", "1. März 2025"},
		{"fr", "2025-08-01", "1er août 2025"},
		{"fr", "2025-08-21", "21 août 2025"},
		{"ar", "2025-01-11", "11 يناير 2025"},
	} {
		day, err := time.Parse(time.DateOnly, c.day)
		if err != nil {
			t.Fatal(err)
		}
		if got := WordsIn(c.tag).Date(day); got != c.want {
			t.Errorf("%s in %s is %q, want %q", c.day, c.tag, got, c.want)
		}
	}
	// A weekday is found by time.Weekday.
	if got := WordsIn("nl").Dates.Days[time.Saturday]; got != "zaterdag" {
		t.Errorf("Saturday is %q", got)
	}
}

func TestWith(t *testing.T) {
	w := WordsIn("fr")
	if got, want := w.Feed.Narrowed.With("site", "Samen {what}", "what", "{site}"), "Samen {what}\u00a0: {site}"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPlural(t *testing.T) {
	for _, c := range []struct {
		tag  string
		n    int
		want string
	}{
		{"nl", 0, "0 berichten in dit verhaal"},
		{"nl", 1, "1 bericht in dit verhaal"},
		{"nl", 1234, "1.234 berichten in dit verhaal"},
		{"en", 1, "1 post in this story"},
		{"en", 1_000_000, "1,000,000 posts in this story"},
		{"fy", 1, "1 berjocht yn dit ferhaal"},
		{"fy", 21, "21 berjochten yn dit ferhaal"},
		{"de", 2, "2 Beiträge zu dieser Geschichte"},
		{"fr", 0, "0 article de cette histoire"},
		{"fr", 1, "1 article de cette histoire"},
		{"fr", 12000, "12\u202f000 articles de cette histoire"},
		{"ar", 0, "لا منشورات في هذه القصة"},
		{"ar", 1, "منشور واحد في هذه القصة"},
		{"ar", 2, "منشوران في هذه القصة"},
		{"ar", 3, "3 منشورات في هذه القصة"},
		{"ar", 110, "110 منشورات في هذه القصة"},
		{"ar", 11, "11 منشورًا في هذه القصة"},
		{"ar", 100, "100 منشور في هذه القصة"},
		{"ar", 1102, "1,102 منشور في هذه القصة"},
	} {
		if got := WordsIn(c.tag).Story.Posts.Of(c.n); got != c.want {
			t.Errorf("%d in %s: %q, want %q", c.n, c.tag, got, c.want)
		}
	}
	if got := WordsIn("en").Number(-1234); got != "-1,234" {
		t.Errorf("a negative number: %q", got)
	}
	if got := WordsIn("en").Number(-123); got != "-123" {
		t.Errorf("a short negative number: %q", got)
	}
}

func TestLoadRefuses(t *testing.T) {
	english, err := locales.ReadFile("locales/en.toml")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ file, old, new, want string }{
		"unknown key":         {"nl.toml", "[page]\n", "[page]\nsubscibe = \"x\"\n", "subscibe"},
		"missing message":     {"nl.toml", "older = \"Older\"\n", "", "page.older: missing"},
		"empty message":       {"nl.toml", `"Older"`, `" "`, "page.older: missing"},
		"wrong placeholder":   {"nl.toml", "{site}: {what}", "{site}: {topic}", "must hold {site} {what}"},
		"missing placeholder": {"nl.toml", "{site}: {what}", "{what}", "must hold {site} {what}"},
		"double placeholder":  {"nl.toml", "{site}: {what}", "{site}: {what} {what}", "must hold {site} {what}"},
		"placeholder in text": {"nl.toml", `"Older"`, `"Older {site}"`, "page.older"},
		"half a placeholder":  {"nl.toml", `"Older"`, `"Older {"`, "page.older"},
		"space":               {"nl.toml", `"Older"`, `"Older "`, "page.older"},
		"short list":          {"nl.toml", `"January", `, "", "dates.months has 11 words"},
		"hole in a list":      {"nl.toml", `"January", `, `"", `, "dates.months, word 1: missing"},
		"not a text":          {"nl.toml", `"Older"`, "3", "older"},
		"missing form":        {"nl.toml", "posts.one = \"{count} post in this story\"\n", "", "story.posts.one: missing"},
		"form of another":     {"nl.toml", "posts.one =", "posts.few = \"x\"\nposts.one =", "story.posts.few: the language has no such form"},
		"unknown form":        {"nl.toml", "posts.one =", "posts.some = \"x\"\nposts.one =", "some"},
		"form without count":  {"nl.toml", "{count} posts in", "Posts in", "story.posts.other"},
		"one of two numbers":  {"fr.toml", "{count} post in", "One post in", "story.posts.one"}, // French: 0 and 1
		"place in a form":     {"nl.toml", "{count} posts in", "{count} posts of {site} in", "story.posts.other"},
		"six forms wanted":    {"ar.toml", "", "", "page.discussions.zero: missing"},
		"no separator":        {"nl.toml", `thousands = ","`, `thousands = ""`, "thousands"},
		"not TOML":            {"nl.toml", "[page]", "[page", "nl.toml"},
		"not a tag of ours":   {"nl-NL.toml", "", "", "name the file nl.toml"},
		"not a tag":           {"dutch.toml", "", "", "not a language tag"},
	} {
		t.Run(name, func(t *testing.T) {
			text := string(english)
			if c.old != "" {
				if !strings.Contains(text, c.old) {
					t.Fatalf("en.toml has no %q", c.old)
				}
				text = strings.Replace(text, c.old, c.new, 1)
			}
			_, err := load(fstest.MapFS{
				"locales/en.toml":   {Data: english},
				"locales/" + c.file: {Data: []byte(text)},
			})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
		})
	}
	// A translator is told everything at once.
	bare := fstest.MapFS{"locales/en.toml": {Data: english}, "locales/ja.toml": {Data: []byte(`name = "日本語"`)}}
	if _, err := load(bare); err == nil || strings.Count(err.Error(), "missing: every language says everything") < 200 || strings.Contains(err.Error(), "posts.one") {
		t.Errorf("of a locale with nothing but its name: %v", err)
	}
	if _, err := load(fstest.MapFS{"locales/nl.toml": {Data: english}}); err == nil || !strings.Contains(err.Error(), "en.toml") {
		t.Errorf("without English: error %v", err)
	}
}
