package ingest

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const cleanBase = "https://nluug.nl/nieuws/oproep/"

func TestClean(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"nothing", " \n", ""},
		{"plain text", "One & two\nthree\n\n\n four ", "<p>One &amp; two<br/>three</p>\n<p>four</p>"},
		{"plain text with references", "AT&amp;T &lt;b&gt;", "<p>AT&amp;T &lt;b&gt;</p>"},
		{"less than", "a < b", "<p>a &lt; b</p>"},
		{"article", `<p class=x style="y" id=z onclick=e()>One <em>two</em></p>`, "<p>One <em>two</em></p>"},
		{"unbalanced", "</div><p>One<b>two<p>three", "<p>One<b>two</b></p><p><b>three</b></p>"},
		{"relative", `<a href="../a/?b=c&amp;d=e f">x</a><img src=/i.png>`,
			`<a href="https://nluug.nl/nieuws/a/?b=c&amp;d=e%20f">x</a><img src="https://nluug.nl/i.png" loading="lazy" referrerpolicy="no-referrer"/>`},
		{"note of a page", `<p><a href="#fn1">1</a></p>`, `<p><a href="https://nluug.nl/nieuws/oproep/#fn1">1</a></p>`},
		{"other schemes", `<p><a href="JaVa&#10;script:alert(1)">x</a><a href=data:text/html,x>y</a><a href="mailto:a@b">z</a><a href="">e</a></p>`, "<p>xyze</p>"},
		{"hosts", `<p><a href="https://bücher.example/ü">x</a><a href="https://me:pw@x.org/">y</a><a href="//x.org">z</a></p>`,
			`<p><a href="https://xn--bcher-kva.example/%C3%BC">x</a>y<a href="https://x.org">z</a></p>`},
		{"script", "<p>a<script>alert(1)</script><style>b{}</style><svg><script>x</script><a href=//x.org>y</a></svg>c</p>", "<p>ac</p>"},
		{"formula", "<p><math><mi>x</mi><mo>=</mo><mn>2</mn></math></p>", "<p>x=2</p>"},
		{"divs", "<div><div>One</div><div>Two <span>x</span></div></div>", "<p>One</p><p>Two x</p>"},
		{"divs with text between", "<div>One<p>Two</p>Three <i>x</i><ul><li>y</ul></div>", "<p>One</p><p>Two</p><p>Three <i>x</i></p><ul><li>y</li></ul>"},
		{"one div", "<div>One</div>", "<p>One</p>"},
		{"one span", "<span>One\ntwo</span>", "<p>One\ntwo</p>"},
		{"heading with blocks", "<h2><div>One</div><div>Two</div></h2>", "<h2>One<br/>Two</h2>"},
		{"code in lines", "<pre><div>a</div><div> b</div></pre>", "<pre>a\n b</pre>"},
		{"pre begins with an empty line", "<pre>\n\na</pre>", "<pre>\n\na</pre>"},
		{"link around blocks", `<a href=/x><div><h3>a</h3><p>b</p></div></a>`, `<a href="https://nluug.nl/x"><h3>a</h3><p>b</p></a>`},
		{"link within a link", `<a href=/x>a<table><tr><td><a href=/y>b</a></table></a>`, `<a href="https://nluug.nl/x">a<table><tbody><tr><td>b</td></tr></tbody></table></a>`},
		{"stray items", "<li>One<li>Two<dd>Three", "<p>One</p><p>Two</p><p>Three</p>"},
		{"table", "<table><tr><td colspan=2 width=3>1<th>2</table>", `<table><tbody><tr><td colspan="2">1</td><th>2</th></tr></tbody></table>`},
		{"pixels", `<p>a<img src=/p.gif width=1 height=1><img src=https://pixel.wp.com/b.gif?x=1><img src=/q.gif style="display: none"></p>`, "<p>a</p>"},
		{"late image", `<img src="data:image/gif;base64,x" data-src="/i.png" alt='"A"' width=640px height=9% srcset="/j.png 2x">`,
			`<img src="https://nluug.nl/i.png" alt="&#34;A&#34;" width="640" loading="lazy" referrerpolicy="no-referrer"/>`},
		{"noscript image", `<p><img src="data:,"><noscript><img src="/i.png"></noscript></p>`, `<p><img src="https://nluug.nl/i.png" loading="lazy" referrerpolicy="no-referrer"/></p>`},
		{"embedded film", `<p>a</p><iframe src="//film.example/embed/1" title="A film"></iframe>`, `<p>a</p><p><a href="https://film.example/embed/1">A film</a></p>`},
		{"embedded in a paragraph", `<p>a<iframe src="https://film.example/1"></iframe>b</p>`, `<p>a<br/><a href="https://film.example/1">https://film.example/1</a><br/>b</p>`},
		{"object", `<object data="/x.swf"><param name=a></object><object data=/y><p>text</p></object>`, `<p><a href="https://nluug.nl/x.swf">https://nluug.nl/x.swf</a></p><p>text</p>`},
		{"media", `<video autoplay poster=/p.jpg><source src=/a.mp4 type=video/mp4>no video</video><audio src=/b.mp3></audio><video></video>`,
			`<video controls="" poster="https://nluug.nl/p.jpg"><source src="https://nluug.nl/a.mp4"/></video><audio src="https://nluug.nl/b.mp3" controls=""></audio>`},
		{"form", `<form action=/x><label>Naam <input name=n></label><button>Ga</button><select><option>a</select></form>`, "<p>Naam Ga</p>"},
		{"languages", `<div lang=ar dir=RTL>x<p>y</p><p lang=en>z</p></div><p lang="a b" dir=up>w</p>`,
			`<p lang="ar" dir="rtl">x</p><p lang="ar" dir="rtl">y</p><p lang="en" dir="rtl">z</p><p>w</p>`},
		{"empty elements", "<p></p><p> </p><p><b></b></p><ul><li></li></ul><p>a<i> </i>b</p>", "<p>a b</p>"},
		{"of the past", "<strike>a</strike><tt>b</tt><center>c</center><font color=red>d</font><menu><li>e</menu>", "<s>a</s><code>b</code><p>c</p>d<ul><li>e</li></ul>"},
		{"ruby", "<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>", "<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>"},
		{"time", "<time datetime=2026-11-23T10:00Z>nu</time><time datetime='<x>'>x</time>", `<time datetime="2026-11-23T10:00Z">nu</time><time>x</time>`},
		{"characters", "<p title=x>a\x00b&#8;c\u202ed\ufeffe&#x2066;f\xffg&#13;h\u200di</p>", "<p>abcdef\ufffdgh\u200di</p>"},
		{"comment", "<p>a<!-- b --><![CDATA[c]]></p>", "<p>a</p>"},
		{"a whole document", "<!DOCTYPE html><html><head><title>t</title><base href=//y></head><body><p>x</body></html>", "<p>x</p>"},
		{"template", "<p>a<template><p>b</template>c</p>", "<p>ac</p>"},
		{"hidden in attributes", `<img src="/x.png" alt="--><script>x</script>">`, `<img src="https://nluug.nl/x.png" alt="--&gt;&lt;script&gt;x&lt;/script&gt;" loading="lazy" referrerpolicy="no-referrer"/>`},
		{"mutation", `<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">`, `<img src="https://nluug.nl/nieuws/oproep/1" loading="lazy" referrerpolicy="no-referrer"/>&#34;&gt;`},
	} {
		got := clean(c.in, cleanBase)
		if got != c.want {
			t.Errorf("%s: clean(%q)\n got %s\nwant %s", c.name, c.in, got, c.want)
		}
		checkClean(t, c.in, got)
	}
}

func TestCleanWithoutBase(t *testing.T) {
	if got := clean(`<p><a href="/x">x</a><a href="#y">y</a><a href="https://z.org/">z</a></p>`, ""); got != `<p>xy<a href="https://z.org/">z</a></p>` {
		t.Error(got)
	}
}

// Each of these would cost seconds or gigabytes if it were parsed.
func TestCleanBounds(t *testing.T) {
	formatting := ""
	for _, c := range "abcdefghijklmnopqrstuvwxyz" {
		for _, tag := range []string{"b", "i", "u", "s", "em", "tt", "big", "font", "small", "code", "strong"} {
			formatting += "<" + tag + " " + string(c) + ">"
		}
	}
	for name, in := range map[string]string{
		"too long":             "<p>a</p>" + strings.Repeat("<p>b &amp; c</p>\n", 30_000),
		"too many elements":    strings.Repeat("<b>x", 10_001),
		"deep":                 strings.Repeat("<div>", 600) + "text",
		"deep but allowed":     strings.Repeat("<blockquote>", 400) + "text",
		"formatting left open": formatting + strings.Repeat("<p>x", 9_000),
		"many attributes":      strings.Repeat("<b"+strings.Repeat(" a", 40_000)+">x", 3),
		"long base":            strings.Repeat(`<a href="?">x</a>`, 2_000),
		"ampersands":           strings.Repeat("&", 200_000),
		"line breaks":          strings.Repeat("a\n", 20_000),
		"stray end tags":       strings.Repeat("</p>", 9_000) + "x",
	} {
		start := time.Now()
		got := clean(in, "https://nluug.nl/"+strings.Repeat("a", 3000)+"/")
		if d := time.Since(start); d > 2*time.Second {
			t.Errorf("%s: took %v", name, d)
		}
		if strings.Trim(got, "</pbr>\n ") == "" {
			t.Errorf("%s: the text is lost: %.80q", name, got)
		}
		checkClean(t, name, got)
	}
}

var (
	allowedElements = strings.Fields(`p br h1 h2 h3 h4 h5 h6 ul ol li blockquote q cite pre code em strong b i u s del ins
		sub sup small mark abbr a img figure figcaption table caption thead tbody tfoot tr td th hr audio video source
		details summary dl dt dd ruby rt rp time`)
	allowedAttributes = strings.Fields(`* lang,* dir,a href,blockquote cite,q cite,del cite,ins cite,img src,img alt,img width,
		img height,img loading,img referrerpolicy,audio src,audio controls,video src,video controls,video poster,source src,
		td colspan,td rowspan,th colspan,th rowspan,ol start,time datetime`)
)

func init() {
	allowedAttributes = strings.Split(strings.Join(allowedAttributes, " "), ",")
	for i, a := range allowedAttributes {
		allowedAttributes[i] = strings.TrimSpace(a)
	}
}

// checkClean checks what holds for everything that clean gave.
func checkClean(t *testing.T, in, out string) {
	t.Helper()
	if again := clean(out, cleanBase); again != out {
		t.Errorf("of %.300q: cleaned again\n%.300q becomes\n%.300q", in, out, again)
	}
	if len(out) <= maxHTML && policy().Sanitize(out) != out {
		t.Errorf("of %.300q: the second wall changes %.300q", in, out)
	}
	checkAllowed(t, in, out)
}

// checkAllowed checks that a parser finds nothing but what may pass.
func checkAllowed(t *testing.T, in, out string) {
	t.Helper()
	if !utf8.ValidString(out) || strings.ContainsFunc(out, func(r rune) bool {
		return r < ' ' && r != '\n' && r != '\t' || 0x7f <= r && r < 0xa0 || 0x202a <= r && r <= 0x202e || 0x2066 <= r && r <= 0x2069 || r == 0xfffe || r == 0xffff
	}) || strings.Contains(out, "&#13;") {
		t.Errorf("of %.300q: characters that may not be: %.300q", in, out)
	}
	z := html.NewTokenizer(strings.NewReader(out))
	var open []string
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		token := z.Token()
		switch kind {
		case html.TextToken:
			continue
		case html.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != token.Data {
				t.Errorf("of %.300q: unbalanced: %.300q", in, out)
				return
			}
			open = open[:len(open)-1]
			continue
		case html.StartTagToken:
			open = append(open, token.Data)
		case html.SelfClosingTagToken:
		default:
			t.Errorf("of %.300q: a %v in %.300q", in, kind, out)
		}
		if !slices.Contains(allowedElements, token.Data) {
			t.Errorf("of %.300q: <%s> in %.300q", in, token.Data, out)
		}
		for _, a := range token.Attr {
			if !slices.Contains(allowedAttributes, token.Data+" "+a.Key) && !slices.Contains(allowedAttributes, "* "+a.Key) {
				t.Errorf("of %.300q: <%s %s> in %.300q", in, token.Data, a.Key, out)
			}
			switch a.Key {
			case "href", "src", "cite", "poster":
				if !strings.HasPrefix(a.Val, "https://") && !strings.HasPrefix(a.Val, "http://") {
					t.Errorf("of %.300q: URL %q", in, a.Val)
				}
			}
		}
	}
	if len(open) > 0 {
		t.Errorf("of %.300q: left open: %v in %.300q", in, open, out)
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{
		"plain\n\ntext & <", `<div lang=nl>a<p>b<a href="../x?y=z y#q">c<b>d</p>e</b></a><object><p>f<div>g</div></object></div>`,
		"<h2><div>One</div><ul><li>Two</ul></h2><pre>\n\n<i>\nx</pre>", "<table><form><tr><td><caption>x<table></td>y<li>",
		"<svg><foreignObject><p><math><mi><a href=x>", "<ruby>a<rt><span><rt>b</span><rp>c<rtc><rt>", "<details><div><summary>a<p>b",
		"<p><object><object><table><tr><td><p>x", "<a href=//x><a href=//y>z</a><td><a href=//w>", "<button><p><button><p>", "<select><option><svg><p>",
		"<dl><div><dt>a<div>b</div><dd>c<dt><dd>", "<em><em><em><em><em>a</p></em>b</em><b><p>c</b>d<nobr><nobr>", `<iframe src=//v title="&#x202e; "></iframe><video src=//a><source src=//b>`,
		"<h1><a href=//x><h2>a</h2></a><h3>b", "<figure><div><figcaption>a</div></figure><plaintext>x", "<noscript><p>a</noscript><frameset><template><tr>",
	} {
		f.Add(s)
	}
	for _, s := range plainURLs {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		checkClean(t, s, clean(s, cleanBase))
		if c := (cleaner{base: cleanBase}); isPlainURL(s) && len(s) <= maxLink && c.parsedURL(s) != s {
			t.Errorf("the plain URL %q becomes %q", s, c.parsedURL(s))
		}
	})
}

var plainURLs = []string{"https://x.example", "http://www.x-y.example./", "https://127.0.0.1//a/../b.html?", "https://x.example/A_~/?a=b&c=/d", "https://-/-"}

func TestPlainURL(t *testing.T) {
	for _, s := range plainURLs {
		if c := (cleaner{base: cleanBase}); !isPlainURL(s) || c.parsedURL(s) != s {
			t.Errorf("%q: plain %v, parsed %q", s, isPlainURL(s), c.parsedURL(s))
		}
	}
	for _, s := range []string{"", "https://", "https:///x", "https://.x/", "https://x..y/", "https://X/", "https://x:80/", "https://a@x/", "https://xn--a/", "https://é/", "https://x/é",
		"https://x/ ", "https://x/#a", "https://x/%s", "https://x?a", "https://x/\"", "https://x/'", "https://x/\\", "HTTPS://x/", "ftp://x/", "//x/", "/x", "javascript://x/"} {
		if isPlainURL(s) {
			t.Errorf("%q is plain", s)
		}
	}
}

func readTestdata(tb testing.TB, name string) string {
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}

func BenchmarkClean(b *testing.B) {
	in := readTestdata(b, "article.html")
	plain, _, _ := strings.Cut(in, "<table>")
	tree, _ := new(toolset).fromTree(in, cleanBase)
	tools := new(toolset)
	body := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	for _, c := range []struct {
		name string
		run  func()
	}{
		{"all", func() { clean(in, cleanBase) }},
		{"parser", func() { html.ParseFragment(strings.NewReader(plain), body) }},
		{"without parser", func() { tools.tree.plant(plain) }},
		{"tree", func() { tools.fromTree(in, cleanBase) }},
		{"bluemonday", func() { policy().SanitizeBytes(tree) }},
		{"text", func() { clean("Een regel zonder opmaak, zoals in een korte samenvatting.\nEn nog een.", cleanBase) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.run()
			}
		})
	}
}
