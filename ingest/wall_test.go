package ingest

import "testing"

// What is narrow, and one step away from it.
var (
	narrow = []string{
		"", "text\tand\n&amp;&lt;&gt;&#34;&#39; \u200d é", "<p>a<br/>b</p><hr/>", `<p lang="nl-NL" dir="rtl"><em>a</em></p>`,
		`<a href="https://x.example/a?b=c&amp;d=%20&#39;#e">x</a>`, `<a href="http://[::1]:80/">x</a>`,
		`<img src="https://x.example/i.png" alt="a &#34;b&#34; é" width="640" height="99999" loading="lazy" referrerpolicy="no-referrer"/>`,
		`<video controls="" poster="https://x.example/p"><source src="https://x.example/a"/></video>`,
		`<table><tbody><tr><td colspan="2">a</td></tr></tbody></table><ol start="3"><li>b</li></ol>`,
		`<time datetime="2026-11-23T10:00Z">a</time><blockquote cite="https://x.example/">b</blockquote>`,
	}
	wide = []string{
		"<", "a > b", "a & b", "&amp", "&copy;", "&#x27;", `"`, "\x00", "\r", "\x7f", "\x85", "\xff", "\u0085", "\u202e", "\ufeff", "\uffff",
		"<p>", "</p>", "<p>a</b>", "<p><b>a</p></b>", "<p >a</p>", "<P>a</P>", "<p/>", "<br>", "<br></br>", "</br>", "<p>a</p >", "<p>a</p lang=\"nl\">",
		"<a>x</a>", `<a lang="nl"">x</a>`, `<a href=https://x.example/>x</a>`, `<a href='https://x.example/'>x</a>`, `<a href="https://x.example/"lang="nl">x</a>`,
		`<a  href="https://x.example/">x</a>`, `<a href ="https://x.example/">x</a>`, `<a href="https://x.example/>x</a>`, `<a xhref="https://x.example/">x</a>`,
		`<a href="">x</a>`, `<a href="/a">x</a>`, `<a href="//x.example">x</a>`, `<a href="https:///x">x</a>`, `<a href="https://">x</a>`, `<a href="HTTPS://x.example/">x</a>`,
		`<a href=" https://x.example/">x</a>`, `<a href="javascript://x.example/">x</a>`, `<a href="javascript:alert(1)//https://">x</a>`, `<a href="data:text/html,https://x">x</a>`,
		`<a href="https://x.example/a b">x</a>`, "<a href=\"https://x.example/\n\">x</a>", `<a href="https://x.example/\">x</a>`, `<a href="https://x.example/é">x</a>`, `<a href="https://x.example/<">x</a>`,
		`<a href="https://x.example/" onclick="a">x</a>`, `<p style="a">x</p>`, `<p id="a">x</p>`, `<p class="a">x</p>`, `<p lang="a b">x</p>`, `<p dir="up">x</p>`,
		`<img/>`, `<img src="https://x.example/" width="123456"/>`, `<img src="https://x.example/" width="9%"/>`, `<img src="https://x.example/" loading="eager"/>`,
		`<img src="https://x.example/" srcset="https://y.example/ 2x"/>`, `<img src="https://x.example/">`, `<img src="https://x.example/" alt="<"/>`,
		"<script>a</script>", "<style>a</style>", "<iframe/>", "<svg/>", "<form></form>", "<input/>", "<div>a</div>", "<x>a</x>", "<base/>", "<title>a</title>",
		"<!-- a -->", "<!doctype html>", "<![CDATA[a]]>", "<?a?>", `<time datetime="<">a</time>`, `<video controls="a"></video>`,
	}
)

func TestNarrow(t *testing.T) {
	for _, s := range narrow {
		if !isNarrow([]byte(s)) {
			t.Errorf("%q is narrow", s)
		}
		if got := policy().Sanitize(s); got != s {
			t.Errorf("bluemonday makes %q of %q", got, s)
		}
	}
	for _, s := range wide {
		if isNarrow([]byte(s)) {
			t.Errorf("%q is not narrow", s)
		}
		checkClean(t, s, clean(s, cleanBase))
	}
	if out, _ := new(toolset).fromTree(readTestdata(t, "article.html"), cleanBase); !isNarrow(out) {
		t.Errorf("what the first wall makes of an article is not narrow: %s", out)
	}
}

// What passes narrowly is what bluemonday, and a parser, let pass as well.
func FuzzNarrow(f *testing.F) {
	for _, s := range append(narrow, wide...) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if isNarrow([]byte(s)) {
			checkAllowed(t, s, s)
		}
	})
}
