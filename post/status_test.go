package post

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"samenloop/i18n"
)

var statusTopics = []Topic{
	{ID: "social", Hashtags: []string{"MakeSocialsSocialAgain", "mssa"}},
	{ID: "privacy", Phrases: []string{"privacy"}},
	{ID: "web", Hashtags: []string{"openweb"}},
}

func TestStatusText(t *testing.T) {
	const page = "https://waag.example/en/article/one"
	for _, c := range []struct{ language, title, source, topics, want string }{
		{"nl", "Een titel", "Waag", "social", "Een titel – van Waag\n\n" + page + "\n\n#MakeSocialsSocialAgain"},
		{"nl-BE", "Een titel", "Waag", "privacy", "Een titel – van Waag\n\n" + page},
		{"it", "Un titolo", "Waag", "", "Un titolo – from Waag\n\n" + page},
		{"ar", "عنوان", "واخ", "", "عنوان – من واخ\n\n" + page},
		{"de", "Für #makesocialssocialagain!", "Waag", "social web", "Für #makesocialssocialagain! – von Waag\n\n" + page + "\n\n#openweb"},
		{"en", "#other and #mssage by @roos@social.example", "@waag", "social",
			"#\u2060other and #\u2060mssage by @\u2060roos@\u2060social.example – from @\u2060waag\n\n" + page + "\n\n#MakeSocialsSocialAgain"},
		{"en", "C# at 10:30, see https://spam.example", "Waag", "", "C# at 10:30, see https:\u2060//spam.example – from Waag\n\n" + page},
		{"en", "{source} {title}", "{title}", "", "{source} {title} – from {title}\n\n" + page},
	} {
		e := Edition{Lead: Post{Title: c.title}, Source: Source{Title: c.source}, Topics: strings.Fields(c.topics)}
		if got := StatusText(&e, page, "https://here.example/story/x", i18n.WordsIn(c.language), statusTopics); got != c.want {
			t.Errorf("%s %q:\n%q, want\n%q", c.language, c.title, got, c.want)
		}
	}
}

// A link that Mastodon may not take to its end counts in full, and where it is long ours stands for it.
func TestStatusTextOddLinks(t *testing.T) {
	const ours = "https://here.example/story/x"
	for page, whole := range map[string]bool{
		"https://waag.example/" + strings.Repeat("a/", 400):          true,
		"https://waag.example":                                       true,
		"https://waag.example/~me/a%20b?id=3&x=y":                    true,
		"https://waag.example/a_(b)":                                 false,
		"https://waag.example/a(b" + strings.Repeat("c", 100):        false,
		"https://waag.example/a(b" + strings.Repeat("c", 900):        false,
		"https://waag.example/d" + strings.Repeat(".", 900):          false,
		"https://waag.example/a?b" + strings.Repeat("?", 100):        false,
		"https://waag.example/zz#!(" + strings.Repeat("y", 900):      false,
		"https://waag.example/" + strings.Repeat("é", 90) + "/title": false,
	} {
		e := Edition{Lead: Post{Title: strings.Repeat("long words ", 90)}, Source: Source{Title: strings.Repeat("name ", 40)}, Topics: []string{"social", "web"}}
		got := StatusText(&e, page, ours, i18n.WordsIn("nl"), statusTopics)
		link, counts := page, 23+len(page)
		switch {
		case whole:
			counts = 23
		case len(page) > mostOddURL:
			link, counts = ours, 23
		}
		if n := utf8.RuneCountInString(strings.Replace(got, link, "", 1)) + counts; !strings.Contains(got, link+"\n") || n > maxStatus || n < maxStatus-40 {
			t.Errorf("%.60s: %d, %q", page, n, got)
		}
	}
}

// mastodonLength counts as Mastodon's StatusLengthValidator does, but for emoji
// of several characters, which count more here.
func mastodonLength(s string) int {
	return utf8.RuneCountInString(regexp.MustCompile(`https?://\S+`).ReplaceAllString(s, strings.Repeat("x", 23)))
}

var calls = regexp.MustCompile(`[@＠][\p{L}\p{N}_]`)

func FuzzStatusText(f *testing.F) {
	for _, title := range []string{"", "short", strings.Repeat("long words ", 90), strings.Repeat("👩‍👩‍👧", 300), strings.Repeat("@", 600), strings.Repeat("a://b@c", 100), "＃x ＠y #mssa"} {
		f.Add(title, title)
	}
	page := "https://waag.example/" + strings.Repeat("path/", 100)
	f.Fuzz(func(t *testing.T, title, source string) {
		e := Edition{Lead: Post{Title: title}, Source: Source{Title: source}, Topics: []string{"social", "web"}}
		got := StatusText(&e, page, "https://here.example/story/x", i18n.WordsIn("nl"), statusTopics)
		if n := mastodonLength(got); n > maxStatus {
			t.Errorf("%d characters: %q", n, got)
		}
		if !utf8.ValidString(got) || calls.MatchString(got) || strings.Count(got, "://") != 1 || !strings.Contains(got, page) {
			t.Errorf("calls or leads elsewhere: %q", got)
		}
	})
}
