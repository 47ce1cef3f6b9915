package ingest

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// What needs no parser, and what does.
var (
	plainTrees = []string{
		"", "text &amp; &eacute; &notit; &#150;", "\n<p>a <b>b</b><br/>c<br>d<br /></p>\n<hr/>\n", `<p class="x" lang="nl">a</p>`,
		"<b><p>a</p><p>b</p></b>c", "<a href=\"https://x.example/?a=b&amp;copy=c\"><div><h2>a</h2></div></a>", "<ul><li>a<ul><li>b</li></ul></li><li><p>c</p></li></ul>",
		"<h1><span><h2>a</h2></span></h1>", `<img src="a" alt="<p>'>"/>`, "<blockquote><p>a</p></blockquote>",
		"<section><article><figure><img src=\"a\"><figcaption>b</figcaption></figure></article></section>", "<i><div><span>a</span></div></i>",
	}
	tangledTrees = []string{
		"<", "a < b", "<p>", "</p>", "<p>a</b>", "<P>a</P>", "<p/>", "<p>a<p>b</p></p>", "<p>a<div>b</div></p>", "<p><b><ul></ul></b></p>", "<b><b>a</b></b>", "<a><i><a>b</a></i></a>",
		"<li>a</li>", "<ul><div><li>a</li></div></ul>", "<h1><h2>a</h2></h1>", "<br></br>", "<pre>\na</pre>", "<table><tr><td>a</td></tr></table>", "<svg></svg>", "<!-- a -->",
		`<p a="b" a="c">d</p>`, `<p a='b'>c</p>`, `<p a=b>c</p>`, `<p a="b"c="d">e</p>`, `<p a="&lt;">b</p>`, `<p a="&copy=b">c</p>`, `<p a >b</p>`, "<p >a</p>", "a\x00b", "a\rb",
		"<script>a</script>", "<x>a</x>", "<nobr>a</nobr>", "<button><p>a</p></button>", "<p>a</p >", strings.Repeat("<div>", 101) + strings.Repeat("</div>", 101), "<html>a</html>", "<body>a</body>",
	}
)

// treeOf writes a tree down so that no two are the same.
func treeOf(nodes []*html.Node) string {
	var b strings.Builder
	var write func(*html.Node)
	write = func(n *html.Node) {
		b.WriteString(strings.Join([]string{"(", n.Data, n.DataAtom.String(), n.Namespace, string(rune('0' + n.Type))}, "|"))
		attrs := slices.Clone(n.Attr) // of some elements the parser sorts them
		slices.SortFunc(attrs, func(a, b html.Attribute) int { return strings.Compare(a.Key, b.Key) })
		for _, a := range attrs {
			b.WriteString(strings.Join([]string{" [", a.Namespace, a.Key, a.Val, "]"}, "|"))
		}
		for c := range n.ChildNodes() {
			if c.Parent != n {
				b.WriteString("astray")
			}
			write(c)
		}
		b.WriteString(")")
	}
	for _, n := range nodes {
		write(n)
	}
	return b.String()
}

func checkTree(t *testing.T, s string) (plain bool) {
	t.Helper()
	nodes, plain := new(planter).plant(s)
	if !plain {
		return false
	}
	body := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	want, err := html.ParseFragmentWithOptions(strings.NewReader(s), body, html.ParseOptionEnableScripting(false))
	if err != nil || treeOf(nodes) != treeOf(want) {
		t.Errorf("the tree of %q, %v\n got %s\nwant %s", s, err, treeOf(nodes), treeOf(want))
	}
	return true
}

func TestPlainTree(t *testing.T) {
	for _, s := range plainTrees {
		if !checkTree(t, s) {
			t.Errorf("%q is not plain", s)
		}
	}
	for _, s := range tangledTrees {
		if checkTree(t, s) {
			t.Errorf("%q is plain", s)
		}
	}
}

// Where the parser is left out, it would have made the same.
func FuzzPlainTree(f *testing.F) {
	for _, s := range append(plainTrees, tangledTrees...) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkTree(t, s) })
}
