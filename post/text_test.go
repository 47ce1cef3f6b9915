package post

import (
	"os"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestText(t *testing.T) {
	for html, want := range map[string]string{
		"":               "",
		"plain\n  text ": "plain text",
		"<p>One</p><p>Two<br>Three</p>\n\n<div>Four</div>":                                  "One\nTwo\nThree\nFour",
		"of <em>#makesocialssocialagain</em>, a":                                            "of #makesocialssocialagain, a",
		`<a href="/t">#<span>makesocials</span></a>`:                                        "#makesocials",
		"<ul>\n<li>one</li>\n<li><p>two</p></li></ul>end":                                   "- one\n- two\nend",
		"a<script>x<y>z</script>b<style>p{}</style>c":                                       "abc",
		"a<template><p>x</p><template></template>y</template>b<svg><title>x</title></svg>c": "abc",
		"a<noscript><img src=x></noscript>b<svg/>":                                          "ab",
		"AT&amp;T &lt;3 caf&eacute;&nbsp;x":                                                 "AT&T <3 café x",
		`<img src="a.png" alt="no">text`:                                                    "text",
		"<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>":                   "1 2\n3",
		"<pre>a\n  b\n\nc</pre>d\ne":                                                        "a\nb\nc\nd e",
		"a\x00b\u202ec\u200bd\u00ade\xff":                                                   "abcde\ufffd",
		"a < b":                                                                             "a < b",
		"<p":                                                                                "",
		"<!-- x -->y<!DOCTYPE html>":                                                        "y",
	} {
		if got := Text(html); got != want {
			t.Errorf("Text(%q) = %q, want %q", html, got, want)
		}
	}
}

func TestCleanText(t *testing.T) {
	for _, c := range []struct {
		in   string
		max  int
		want string
	}{
		{"Oproep aan de overheid", 100, "Oproep aan de overheid"},
		{" a \n\tb\u00a0 c\u2028d ", 100, "a b c d"},
		{"a\x00b\x1b[31mc\u0085d\u009be", 100, "ab[31mc de"},
		{"a\u202eb\u2066c\u200bd\ufeffe\u200ff\xff", 100, "abcdef\ufffd"},
		{"می\u200cخواهم 👩\u200d💻", 100, "می\u200cخواهم 👩\u200d💻"},
		{"e\u0301", 100, "é"},
		{"Z" + strings.Repeat("\u0335", 60) + "!", 100, "Z\u0335\u0335\u0335\u0335!"},
		{"Z" + strings.Repeat("\u0335\u200d", 5) + "!", 100, "Z" + strings.Repeat("\u0335\u200d", 4) + "!"},
		{"One two three four", 10, "One two…"},
		{"One two, three", 10, "One two…"},
		{"Donaudampfschifffahrt", 10, "Donaudamp…"},
		{"日本語の長い題名です", 5, "日本語の…"},
		{"éééééé", 6, "éééééé"},
		{"a", 0, ""},
		{"", 5, ""},
	} {
		if got := CleanText(c.in, c.max); got != c.want {
			t.Errorf("CleanText(%q, %d) = %q, want %q", c.in, c.max, got, c.want)
		}
	}
}

func TestCleanTextKeepsWhatIsClean(t *testing.T) {
	for _, s := range []string{"Oproep aan de overheid", "Één café in Fryslân", "日本語の題名"} {
		if n := testing.AllocsPerRun(10, func() { CleanText(s, 300) }); n != 0 {
			t.Errorf("CleanText(%q) allocates %v times", s, n)
		}
	}
}

func TestFirstSentence(t *testing.T) {
	for text, want := range map[string]string{
		"Wij stoppen met X. Wie volgt?":                         "Wij stoppen met X.",
		"Echt waar?! Ja.":                                       "Echt waar?!",
		"Dat kan o.a. met Mastodon, bijv. Bij NLUUG. En verder": "Dat kan o.a. met Mastodon, bijv. Bij NLUUG.",
		"Am 10. Januar haben wir, z.B. Anna, geschrieben. Gut":  "Am 10. Januar haben wir, z.B. Anna, geschrieben.",
		"Volgens dr. J. de Vries is het 3.5 keer zo veel. Ja":   "Volgens dr. J. de Vries is het 3.5 keer zo veel.",
		"Lees https://nluug.nl/a.html?b=c! op je gemak. Echt":   "Lees https://nluug.nl/a.html?b=c! op je gemak.",
		"私たちはXをやめます。次は誰？":                                       "私たちはXをやめます。",
		"Hij zei: \"Stop!\" Daarna ging hij.":                   "Hij zei: \"Stop!\"",
		"We verlaten X #makesocialssocialagain #fediverse":      "We verlaten X",
		"#makesocialssocialagain":                               "#makesocialssocialagain",
		"#makesocialssocialagain #bigtech\nWij gaan weg. Nu.":   "Wij gaan weg.",
		"@anna@x.org https://x.org/1\nKijk eens":                "Kijk eens",
		"Eerste regel\nTweede regel":                            "Eerste regel",
		"Wacht... even maar. Klaar":                             "Wacht... even maar.",
		"Sinds 2025. Toen begon het":                            "Sinds 2025.",
		"🎉":                                                     "🎉",
		"":                                                      "",
		"  \n\n":                                                "",
	} {
		if got := FirstSentence(text, 100); got != want {
			t.Errorf("FirstSentence(%q) = %q, want %q", text, got, want)
		}
	}
	if got := FirstSentence(strings.Repeat("woord ", 50), 20); got != "woord woord woord…" {
		t.Errorf("a long sentence is cut to %q", got)
	}
}

func FuzzText(f *testing.F) {
	f.Add("<p>One <b>two</b></p><ul><li>x</ul>a<pre>\n b</pre>")
	f.Add("e\u0301\u202e \u00a0Z\u0335\u0335\u0335\u0335\u0335\u0958\u200d\u0301\xff")
	f.Add("Wij. #a @b c.d? https://x.org/. \"E!\" 10. f")
	f.Add(`<p lang="nl">a&nbsp;&#98;<br/>c <a href="https://x.org/?a=b&amp;c" title="<">d</a> <br /><x-y>e</x-y></p><title>f</title>`)
	f.Add("<td>a</td><td>b</td><pre>c\nd</pre>&lt;e&amp;f&ampg <g <h> </i <xmp><b>j</xmp><iframe/><k l=\"m\"n=\"o\">p<q/r>s</>t<!-->u")
	f.Fuzz(func(t *testing.T, s string) {
		text := Text(s)
		if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && isDropped(r) }) {
			t.Errorf("Text(%q) = %q", s, text)
		}
		var plain, parsed textWriter
		if parsed.writeParsed(s); plain.writePlain(s) && plain.out.String() != parsed.out.String() {
			t.Errorf("the text of %q is %q with a parser, %q without", s, parsed.out.String(), plain.out.String())
		}
		for _, max := range []int{0, 1, 12, 1000} {
			for _, line := range []string{CleanText(s, max), FirstSentence(s, max)} {
				if CleanText(line, max) != line {
					t.Errorf("CleanText(%q) = %q", line, CleanText(line, max))
				}
				if utf8.RuneCountInString(line) > max || !utf8.ValidString(line) || !norm.NFC.IsNormalString(line) ||
					strings.TrimSpace(line) != line || strings.ContainsFunc(line, unicode.IsControl) {
					t.Errorf("%q, at most %d: %q", s, max, line)
				}
			}
		}
	})
}

// article is a text of 5 KB as posts have it.
func article(tb testing.TB) (html, text string) {
	b, err := os.ReadFile("testdata/article.html")
	if err != nil {
		tb.Fatal(err)
	}
	html = string(b)
	return html, Text(html)
}

func BenchmarkText(b *testing.B) {
	html, _ := article(b)
	for _, c := range []struct{ name, html string }{{"plain", html}, {"parsed", html + "<!-- -->"}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(html)))
			b.ReportAllocs()
			for b.Loop() {
				Text(c.html)
			}
		})
	}
}

func BenchmarkCleanText(b *testing.B) {
	for b.Loop() {
		CleanText("Oproep aan de Nederlandse overheid: stop met bigtech, één keer", 300)
	}
}
