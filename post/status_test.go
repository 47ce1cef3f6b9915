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

// Ours stands for a link that Mastodon may not take to its end.
func TestStatusTextOddLinks(t *testing.T) {
	const ours = "https://here.example/story/x"
	for page, whole := range map[string]bool{
		"https://waag.example/" + strings.Repeat("a/", 400):          true,
		"https://waag.example":                                       true,
		"https://waag.example:8080/a":                                true,
		"https://waag.example/~me/a%20b?id=3&x=y":                    true,
		"https://waag.example/a#part-2":                              true,
		"https://waag.example/" + strings.Repeat("é", 90) + "/title": true,
		"https://waag.example/مقال":                                  true,
		"https://waag.example/a_(b)":                                 false,
		"https://waag.example/a(b" + strings.Repeat("c", 900):        false,
		"https://waag.example/d" + strings.Repeat(".", 900):          false,
		"https://waag.example/ends.":                                 false,
		"https://waag.example/p/YWJj==":                              false,
		"https://waag.example/a?":                                    false,
		"https://waag.example/a?b" + strings.Repeat("?", 100):        false,
		"https://waag.example/a?b=é":                                 false,
		"https://waag.example/a.?id=3":                               false,
		"https://waag.example/a;?id=3&x=" + strings.Repeat("y", 900): false,
		"https://waag.example?id=3":                                  false,
		"https://192.0.2.1/a":                                        false,
		"https://waag.example:/" + strings.Repeat("a", 600):          false,
		"https://waag.example/@roos@social.example/1":                true,
		"https://waag.example/.@roos@social.example":                 false,
		"https://waag.example/a?x&@roos@social.example":              false,
		"https://waag.example/#!-#spam":                              false,
		"https://waag.example/##spam":                                false,
		"https://waag/a":                                             false,
	} {
		e := Edition{Lead: Post{Title: strings.Repeat("long words ", 90)}, Source: Source{Title: strings.Repeat("name ", 40)}, Topics: []string{"social", "web"}}
		got := StatusText(&e, page, ours, i18n.WordsIn("nl"), statusTopics)
		link := page
		if !whole {
			link = ours
		}
		if n := mastodonLength(got); !strings.Contains(got, "\n"+link+"\n") || n > maxStatus || n < maxStatus-40 {
			t.Errorf("%.60s: %d, %q", page, n, got)
		}
	}
	// Where ours is no link either, as while somebody tries it out, it counts as what it is.
	local := "http://127.0.0.1:8080/story/" + strings.Repeat("x", 100)
	e := Edition{Lead: Post{Title: strings.Repeat("long words ", 90)}}
	if got := StatusText(&e, "http://127.0.0.1:8080/a", local, i18n.WordsIn("nl"), nil); utf8.RuneCountInString(got) > maxStatus || !strings.Contains(got, local) {
		t.Errorf("%q", got)
	}
}

// A source's name and many hashtags leave room for a title, also beside a link that counts in full.
func TestStatusTextWithoutRoom(t *testing.T) {
	var topics []Topic
	for _, tag := range []string{"aaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbb", "cccccccccccccccccccccc", "dddddddddddddddddddddd"} {
		topics = append(topics, Topic{ID: tag, Hashtags: []string{tag}})
	}
	for _, language := range []string{"en", "nl", "fy", "de", "fr", "ar"} {
		e := Edition{Lead: Post{Title: strings.Repeat("@", 600)}, Source: Source{Title: strings.Repeat("@", 300)}}
		for _, topic := range topics {
			e.Topics = append(e.Topics, topic.ID)
		}
		page := "https://waag.example/a"
		got := StatusText(&e, page, "https://here.example/story/x", i18n.WordsIn(language), topics)
		if n := mastodonLength(got); n > maxStatus || !strings.HasPrefix(strings.TrimLeft(got, "\u200f\u2067"), "@") {
			t.Errorf("%s: %d, %q", language, n, got)
		}
	}
}

// mastodonURL is what Mastodon links (its twitter_regex.rb), but for the list of top-level domains.
var mastodonURL = regexp.MustCompile(`(?i)https?://(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]+(?::\d+)?` +
	`(?:/(?:[^\s<>()?]*[^\s()?!*"'「」<>;:=,.$%\[\]~&|@]|[^\s<>()?]+/)*)?` +
	`(?:\?[a-z0-9!?*'();:&=+$/%#\[\]\-_.,~|@^]*[a-z0-9_&=#/\-])?`)

// mastodonLength counts as Mastodon's StatusLengthValidator does, but for emoji
// of several characters, which count more here.
func mastodonLength(s string) int {
	return utf8.RuneCountInString(mastodonURL.ReplaceAllString(s, strings.Repeat("x", 23)))
}

// plainAt is what quiet leaves.
var plainAt = regexp.MustCompile("[@＠]\u2060")

// calls is what Mastodon takes for a name.
var calls = regexp.MustCompile(`(?:^|[^=/\p{L}\p{N}\p{M}_])[@＠][\p{L}\p{N}_]`)

func TestFitting(t *testing.T) {
	for _, text := range []string{"", "a", "@", "@@@", "long words and more", strings.Repeat("@", 600)} {
		for most := -1; most < 5; most++ {
			if got := fitting(text, most, nil); utf8.RuneCountInString(got) > max(most, 1) {
				t.Errorf("%q in %d: %q", text, most, got)
			}
		}
	}
}

func FuzzStatusText(f *testing.F) {
	for _, title := range []string{"", "short", strings.Repeat("long words ", 90), strings.Repeat("👩‍👩‍👧", 300), strings.Repeat("@", 600), strings.Repeat("a://b@c", 100), "＃x ＠y #mssa"} {
		for _, path := range []string{strings.Repeat("path/", 100), "a.?id=3&x=" + strings.Repeat("y", 900), "a" + strings.Repeat("=", 150), "?", "~a?b%20c"} {
			f.Add(title, title, path)
		}
	}
	f.Fuzz(func(t *testing.T, title, source, path string) {
		page := PublicURL("https://waag.example/" + path)
		if page == "" || strings.Contains(page, "\n") {
			return // no post has such a URL
		}
		e := Edition{Lead: Post{Title: title}, Source: Source{Title: source}, Topics: []string{"social", "web"}}
		const ours = "https://here.example/story/x"
		got := StatusText(&e, page, ours, i18n.WordsIn("nl"), statusTopics)
		if n := mastodonLength(got); n > maxStatus {
			t.Errorf("%d characters: %q", n, got)
		}
		link := page
		if !strings.Contains(got, page) {
			link = ours
		}
		rest := strings.Replace(got, link, "", 1)
		if !utf8.ValidString(got) || rest == got || calls.MatchString(got) || strings.ContainsAny(plainAt.ReplaceAllString(rest, ""), "@＠") || strings.Contains(rest, "://") {
			t.Errorf("calls or leads elsewhere: %q", got)
		}
		if linksWhole(page) && mastodonURL.FindString(page) != page {
			t.Errorf("Mastodon links %q of %q", mastodonURL.FindString(page), page)
		}
	})
}
