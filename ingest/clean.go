package ingest

import (
	"bytes"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/idna"

	"samenloop/post"
)

// Bounds of the HTML of one entry. Beyond them its text alone is kept.
const (
	maxHTML    = 256 << 10 // bytes
	maxHTMLAng = 10_000    // "<": 5,000 elements, each with its end
	maxDepth   = 100       // elements within each other; deeper ones lose their tags
	maxLink    = 4096      // bytes of a URL
)

// clean makes the HTML of an entry safe to show anywhere: balanced, of allowed
// elements and attributes only, with absolute http(s) URLs, in UTF-8 that XML can
// carry. Relative URLs are resolved against base. Plain text becomes paragraphs.
// What was cleaned stays as it is when it is cleaned again.
//
// There are two walls. The first parses to a tree and writes down from it what
// is allowed; the second (wall.go) knows nothing of the first.
func clean(htmlText, base string) string {
	htmlText = validUTF8(htmlText)
	if !fits(htmlText) {
		return plainHTML(textOf(htmlText))
	}
	if !strings.Contains(htmlText, "<") {
		if out := plainHTML(html.UnescapeString(htmlText)); fits(out) {
			return out
		}
		return plainHTML(textOf(htmlText))
	}
	t := toolsets.Get().(*toolset)
	defer t.putBack()
	out, ok := t.fromTree(htmlText, base)
	if !ok {
		return plainHTML(textOf(htmlText))
	}
	safe, err := secondWall(out)
	if err != nil {
		return plainHTML(textOf(htmlText))
	}
	return safe
}

// validUTF8 is a text with U+FFFD for what is not. Nearly all is, and to see that is
// several times cheaper than to look for what is not.
func validUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\ufffd")
}

func fits(s string) bool { return len(s) <= maxHTML && strings.Count(s, "<") <= maxHTMLAng }

func textOf(htmlText string) string {
	text := post.Text(htmlText)
	if len(text) > maxHTML {
		text = strings.ToValidUTF8(text[:maxHTML], "")
	}
	return text
}

// plainHTML is plain text as HTML: an empty line parts paragraphs.
func plainHTML(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.TrimSpace(string(appendFit(nil, text, false)))
	if text == "" {
		return ""
	}
	out := make([]byte, 0, len(text)+len(text)/8+16)
	open := false
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
			if open {
				out = append(out, "</p>\n"...)
			}
			open = false
			continue
		case open:
			out = append(out, "<br/>"...)
		default:
			out = append(out, "<p>"...)
		}
		open = true
		out = appendFit(out, line, true)
	}
	return string(append(out, "</p>"...))
}

// A toolset is what HTML is cleaned with, which the next is cleaned with, too.
type toolset struct {
	tree planter
	out  []byte
}

var toolsets = sync.Pool{New: func() any { return new(toolset) }}

// putBack forgets what was cleaned. What is unusually large does not stay in memory.
func (t *toolset) putBack() {
	const mostNodes, mostBytes = 2_000, 64 << 10
	if t.tree.clear(); cap(t.tree.nodes) <= mostNodes && cap(t.out) <= mostBytes {
		toolsets.Put(t)
	}
}

// fromTree is the first wall. It reports false for what cannot be parsed within bounds.
// The bytes are good until the tools are used again.
func (t *toolset) fromTree(htmlText, base string) ([]byte, bool) {
	nodes, ok := t.tree.parse(htmlText)
	if !ok {
		return nil, false
	}
	c := cleaner{out: slices.Grow(t.out[:0], len(htmlText)+len(htmlText)/4), base: base}
	defer func() { t.out = c.out }()
	for _, n := range nodes {
		c.node(n, place{})
		if len(c.out) > 2*maxHTML { // a long base before many short links
			return nil, false
		}
	}
	out := bytes.Trim(c.out, " \t\n")
	if c.tags == 0 && len(out) > 0 {
		out = append(append([]byte("<p>"), out...), "</p>"...)
	}
	return out, len(out) <= maxHTML && bytes.Count(out, []byte("<")) <= maxHTMLAng
}

// tangled is true for HTML in which many formatting elements stay open: the parser opens
// all of them anew in each paragraph.
func tangled(htmlText string) bool {
	const (
		maxOpen  = 50
		maxTag   = 16 << 10 // formatting elements are compared by all of their attributes
		maxAgain = 50_000   // elements that may be opened anew
	)
	z := html.NewTokenizer(strings.NewReader(htmlText))
	scopes := []scope{{}}
	total, again := 0, 0
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return false
		}
		if kind != html.StartTagToken && kind != html.EndTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		size := len(z.Raw())
		name, _ := z.TagName()
		tag := atom.Lookup(name)
		at, starts := slices.Index(formatting, tag), kind != html.EndTagToken
		in := &scopes[len(scopes)-1]
		switch {
		case at >= 0 && starts:
			in.open[at]++
			total++
		case at >= 0 && in.open[at] > 0: // what was opened outside does not end here
			in.open[at]--
			total--
		case at >= 0:
		case slices.Contains(scoping, tag) && starts:
			scopes = append(scopes, scope{tag: tag})
		case in.tag == tag && !starts && len(scopes) > 1:
			for _, n := range in.open {
				total -= n
			}
			scopes = scopes[:len(scopes)-1]
		case starts:
			again += total
		}
		if total > maxOpen || again > maxAgain || at >= 0 && size > maxTag {
			return true
		}
	}
}

// A scope is an element in which formatting elements end that began there, and no others.
type scope struct {
	tag  atom.Atom
	open [14]int // of formatting
}

var (
	formatting = []atom.Atom{atom.A, atom.B, atom.Big, atom.Code, atom.Em, atom.Font, atom.I, atom.Nobr,
		atom.S, atom.Small, atom.Strike, atom.Strong, atom.Tt, atom.U}
	scoping = []atom.Atom{atom.Applet, atom.Caption, atom.Marquee, atom.Object, atom.Td, atom.Template, atom.Th}
)

// Elements that are written as they are, with the elements they must stand
// directly in, if any: elsewhere the parser would close others for them.
var (
	inline = map[atom.Atom][]atom.Atom{
		atom.Q: nil, atom.Cite: nil, atom.Code: nil, atom.Em: nil, atom.Strong: nil, atom.B: nil, atom.I: nil,
		atom.U: nil, atom.S: nil, atom.Del: nil, atom.Ins: nil, atom.Sub: nil, atom.Sup: nil, atom.Small: nil,
		atom.Mark: nil, atom.Abbr: nil, atom.Time: nil, atom.Ruby: nil, atom.Rt: {atom.Ruby}, atom.Rp: {atom.Ruby},
	}
	block = map[atom.Atom][]atom.Atom{
		atom.P: nil, atom.H1: nil, atom.H2: nil, atom.H3: nil, atom.H4: nil, atom.H5: nil, atom.H6: nil,
		atom.Ul: nil, atom.Ol: nil, atom.Li: {atom.Ul, atom.Ol}, atom.Blockquote: nil, atom.Pre: nil,
		atom.Figure: nil, atom.Figcaption: {atom.Figure}, atom.Details: nil, atom.Summary: {atom.Details},
		atom.Dl: nil, atom.Dt: {atom.Dl}, atom.Dd: {atom.Dl},
		atom.Table: nil, atom.Caption: {atom.Table}, atom.Thead: {atom.Table}, atom.Tbody: {atom.Table},
		atom.Tfoot: {atom.Table}, atom.Tr: {atom.Thead, atom.Tbody, atom.Tfoot}, atom.Td: {atom.Tr}, atom.Th: {atom.Tr},
	}
)

// Blocks that are not written, but whose content stays apart from what stands around it.
func isFrame(tag atom.Atom) bool {
	switch tag {
	case atom.Div, atom.Section, atom.Article, atom.Main, atom.Header, atom.Footer, atom.Aside, atom.Nav,
		atom.Address, atom.Center, atom.Fieldset, atom.Form, atom.Legend, atom.Dialog, atom.Hgroup, atom.Search:
		return true
	}
	return false
}

func isBlock(n *html.Node) bool {
	if n.Type != html.ElementNode || n.Namespace != "" {
		return false
	}
	tag := today(n.DataAtom)
	_, ok := block[tag]
	return ok || isFrame(tag) || tag == atom.Hr || tag == atom.Iframe || tag == atom.Embed
}

func hasBlock(n *html.Node) bool {
	for c := range n.ChildNodes() {
		if isBlock(c) || hasBlock(c) {
			return true
		}
	}
	return false
}

// today is the element that is written for one of the past.
func today(tag atom.Atom) atom.Atom {
	switch tag {
	case atom.Strike:
		return atom.S
	case atom.Acronym:
		return atom.Abbr
	case atom.Tt:
		return atom.Code
	case atom.Menu, atom.Dir:
		return atom.Ul
	case atom.Listing, atom.Xmp:
		return atom.Pre
	}
	return tag
}

// cleaner writes what is allowed of a tree.
type cleaner struct {
	out  []byte
	tags int // how many elements were written
	base string
	from *url.URL // base, once it was needed

	// lineEnd says that a block was flattened: what comes next begins a new line.
	lineEnd bool
	// Between these there is known to be nothing but white space in out: it is not looked through twice.
	whiteFrom, whiteTo int
}

// place is where a node is written.
type place struct {
	parent   atom.Atom // the element written around it
	start    int       // where its content begins in the output
	phrasing bool      // within a paragraph or heading: no blocks
	link     bool      // within a link
	pre      bool
	depth    int
	lang     string // of elements around it that were not written
	dir      string
}

// table is true between the parts of a table, where nothing else may stand.
func (in place) table() bool {
	switch in.parent {
	case atom.Table, atom.Thead, atom.Tbody, atom.Tfoot, atom.Tr:
		return true
	}
	return false
}

func (c *cleaner) nodes(n *html.Node, in place) {
	for child := range n.ChildNodes() {
		c.node(child, in)
	}
}

func (c *cleaner) node(n *html.Node, in place) {
	switch n.Type {
	case html.TextNode:
		c.text(n.Data, in)
	case html.ElementNode:
		c.element(n, in)
	}
}

func (c *cleaner) text(s string, in place) {
	if in.table() {
		return
	}
	if strings.Trim(s, " \t\n\r\f") != "" {
		c.startLine(in)
	}
	at := len(c.out)
	c.out = appendFit(c.out, s, true)
	// The parser takes away a line break right after <pre>.
	if in.parent == atom.Pre && at == in.start && at < len(c.out) && c.out[at] == '\n' {
		c.out = append(c.out, 0)
		copy(c.out[at+1:], c.out[at:])
	}
}

// endLine ends the line of a block that may not be written where it stands.
func (c *cleaner) endLine(in place) {
	if c.lineEnd {
		return
	}
	from := in.start
	if c.whiteFrom <= from && from <= c.whiteTo {
		from = c.whiteTo
	}
	if len(bytes.TrimSpace(c.out[from:])) > 0 {
		c.lineEnd = true
	} else {
		c.whiteFrom, c.whiteTo = in.start, len(c.out)
	}
}

func (c *cleaner) startLine(in place) {
	if !c.lineEnd {
		return
	}
	c.lineEnd = false
	if in.pre {
		c.out = append(c.out, '\n')
	} else {
		c.out = append(c.out, "<br/>"...)
		c.tags++
	}
}

func (c *cleaner) element(n *html.Node, in place) {
	switch n.Namespace {
	case "":
	case "math":
		c.text(textIn(n), in)
		return
	default:
		return
	}
	tag := today(n.DataAtom)
	switch tag {
	case atom.Script, atom.Style, atom.Template, atom.Noframes, atom.Noembed, atom.Title, atom.Select,
		atom.Textarea, atom.Datalist, atom.Input, atom.Param, atom.Source, atom.Track, atom.Area, atom.Col,
		atom.Colgroup, atom.Meta, atom.Link, atom.Base, atom.Frameset, atom.Frame:
		return
	}
	if in.depth >= maxDepth {
		c.nodes(n, in)
		return
	}
	_, isInline := inline[tag]
	_, isBlock := block[tag]
	switch {
	case tag == atom.Br:
		if !in.table() {
			c.lineEnd = false
			c.out = append(c.out, "<br/>"...)
			c.tags++
		}
	case tag == atom.Hr:
		switch {
		case in.phrasing:
			c.endLine(in)
		case !in.table():
			c.out = append(c.out, "<hr/>"...)
			c.tags++
		}
	case tag == atom.Img:
		c.image(n, in)
	case tag == atom.A:
		c.link(n, in)
	case tag == atom.Audio || tag == atom.Video:
		c.media(n, tag, in)
	case tag == atom.Iframe || tag == atom.Embed:
		c.embed(n, "src", in)
	case tag == atom.Object && !hasContent(n):
		c.embed(n, "data", in)
	case isInline && standsIn(tag, inline, in):
		c.wrap(n, tag, in, nil)
	case isBlock && !in.phrasing && standsIn(tag, block, in):
		c.wrap(n, tag, in, nil)
	case isBlock || isFrame(tag):
		c.frame(n, in)
	default:
		c.nodes(n, unwrapped(n, in))
	}
}

// standsIn reports whether an element may be written at a place.
func standsIn(tag atom.Atom, table map[atom.Atom][]atom.Atom, in place) bool {
	parents := table[tag]
	if parents == nil {
		return !in.table()
	}
	for _, p := range parents {
		if p == in.parent {
			return true
		}
	}
	return false
}

// frame writes the content of a block without the block: paragraphs, unless
// there are paragraphs already.
func (c *cleaner) frame(n *html.Node, in place) {
	if in.table() {
		return
	}
	in = unwrapped(n, in)
	if in.phrasing {
		c.endLine(in)
		c.nodes(n, in)
		c.endLine(in)
		return
	}
	for first := n.FirstChild; first != nil; {
		if isBlock(first) || hasBlock(first) {
			c.node(first, in)
			first = first.NextSibling
			continue
		}
		next := first
		for next != nil && !isBlock(next) && !hasBlock(next) {
			next = next.NextSibling
		}
		c.within(nil, atom.P, in, nil, func(in place) {
			for ; first != next; first = first.NextSibling {
				c.node(first, in)
			}
		})
	}
}

// wrap writes an element and its content.
func (c *cleaner) wrap(n *html.Node, tag atom.Atom, in place, attrs func()) {
	c.within(n, tag, in, attrs, func(in place) { c.nodes(n, in) })
}

// within writes an element around content: nothing at all when there is none,
// but for the cells that hold a table together.
func (c *cleaner) within(n *html.Node, tag atom.Atom, in place, attrs func(), content func(place)) {
	_, isInline := inline[tag]
	isInline = isInline || tag == atom.A
	if isInline && c.lineEnd && n != nil && strings.TrimSpace(textIn(n)) != "" {
		c.startLine(in)
	}
	before, tags := len(c.out), c.tags
	c.open(n, tag.String(), in)
	if n != nil {
		c.attributes(n, tag)
	}
	if attrs != nil {
		attrs()
	}
	c.out = append(c.out, '>')

	inner := in
	inner.parent, inner.depth, inner.lang, inner.dir = tag, in.depth+1, "", ""
	inner.link = in.link || tag == atom.A
	body := len(c.out)
	switch tag {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Pre, atom.Summary, atom.Dt, atom.Caption:
		inner.phrasing, inner.start = true, body
		inner.pre = tag == atom.Pre
	}
	content(inner)
	if !isInline {
		c.lineEnd = false
	}
	if white := c.out[body:]; len(bytes.Trim(white, " \t\n")) == 0 {
		switch tag {
		case atom.Td, atom.Th, atom.Tr, atom.Tbody, atom.Thead, atom.Tfoot:
		default:
			if !isInline {
				white = nil
			}
			c.out = append(c.out[:before], white...)
			c.whiteTo = min(c.whiteTo, before)
			c.tags = tags
			return
		}
	}
	c.out = append(c.out, "</"...)
	c.out = append(c.out, tag.String()...)
	c.out = append(c.out, '>')
}

// open begins a start tag, with the language of the element.
func (c *cleaner) open(n *html.Node, name string, in place) {
	c.tags++
	c.out = append(c.out, '<')
	c.out = append(c.out, name...)
	if n != nil {
		in = unwrapped(n, in)
	}
	c.attr("lang", in.lang)
	c.attr("dir", in.dir)
}

// unwrapped is the place within an element that is not written: its language is
// handed on to those that are.
func unwrapped(n *html.Node, in place) place {
	for _, a := range n.Attr {
		switch a.Key {
		case "lang", "xml:lang":
			if isLang(a.Val) {
				in.lang = a.Val
			}
		case "dir":
			if d := strings.ToLower(a.Val); d == "ltr" || d == "rtl" || d == "auto" {
				in.dir = d
			}
		}
	}
	return in
}

func isLang(s string) bool {
	if s == "" || len(s) > 35 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !('a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '-') {
			return false
		}
	}
	return true
}

// attributes writes those that elements may have beside their language.
func (c *cleaner) attributes(n *html.Node, tag atom.Atom) {
	switch tag {
	case atom.Blockquote, atom.Q, atom.Del, atom.Ins:
		c.attr("cite", c.url(attr(n, "cite")))
	case atom.Time:
		if t := attr(n, "datetime"); datetime.MatchString(t) {
			c.attr("datetime", t)
		}
	case atom.Td, atom.Th:
		c.number("colspan", attr(n, "colspan"))
		c.number("rowspan", attr(n, "rowspan"))
	case atom.Ol:
		c.number("start", attr(n, "start"))
	}
}

func (c *cleaner) attr(name, value string) {
	if value != "" {
		c.out = append(c.out, ' ')
		c.out = append(c.out, name...)
		c.out = append(c.out, `="`...)
		c.out = appendFit(c.out, value, true)
		c.out = append(c.out, '"')
	}
}

func (c *cleaner) number(name, value string) {
	if value = strings.TrimSuffix(value, "px"); isNumber(value) {
		c.attr(name, value)
	}
}

func isNumber(s string) bool {
	return s != "" && len(s) <= 5 && strings.Trim(s, "0123456789") == ""
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name && a.Namespace == "" {
			return a.Val
		}
	}
	return ""
}

func (c *cleaner) link(n *html.Node, in place) {
	href := ""
	if !in.link && !in.table() {
		href = c.url(attr(n, "href"))
	}
	if href == "" {
		c.nodes(n, unwrapped(n, in))
		return
	}
	c.wrap(n, atom.A, in, func() { c.attr("href", href) })
}

func (c *cleaner) image(n *html.Node, in place) {
	if in.table() || isPixel(n) {
		return
	}
	src := ""
	// Where images are loaded late, src is a placeholder.
	for _, name := range []string{"src", "data-src", "data-lazy-src", "data-original"} {
		if src = c.url(attr(n, name)); src != "" {
			break
		}
	}
	if src == "" || isTracker(src) {
		return
	}
	c.startLine(in)
	c.open(n, "img", in)
	c.attr("src", src)
	c.attr("alt", strings.TrimSpace(string(appendFit(nil, attr(n, "alt"), false))))
	c.number("width", attr(n, "width"))
	c.number("height", attr(n, "height"))
	c.out = append(c.out, ` loading="lazy" referrerpolicy="no-referrer"/>`...)
}

// isPixel is true for images that are there to be fetched, not to be seen.
func isPixel(n *html.Node) bool {
	for _, a := range n.Attr {
		switch a.Key {
		case "width", "height":
			if v := strings.TrimSuffix(strings.TrimSpace(a.Val), "px"); v == "0" || v == "1" {
				return true
			}
		case "style":
			if strings.Contains(strings.ReplaceAll(strings.ToLower(a.Val), " ", ""), "display:none") {
				return true
			}
		}
	}
	return false
}

// trackers are the beginnings, after scheme and "www.", of images that count readers.
var trackers = []string{
	"feeds.feedburner.com/~r/", "feeds.feedburner.com/~ff/", "pixel.wp.com/", "stats.wp.com/", "stats.wordpress.com/",
	"pixel.quantserve.com/", "b.scorecardresearch.com/", "google-analytics.com/", "facebook.com/tr",
	"ad.doubleclick.net/", "pixel.mathtag.com/", "counter.theconversation.com/", "piwik.php", "matomo.php",
}

func isTracker(src string) bool {
	_, rest, _ := strings.Cut(src, "://")
	rest = strings.TrimPrefix(rest, "www.")
	for _, t := range trackers {
		if strings.HasPrefix(rest, t) {
			return true
		}
	}
	return strings.Contains(rest, "/matomo.php?") || strings.Contains(rest, "/piwik.php?")
}

// media writes sound or film: its sources, and not what stands there for old browsers.
func (c *cleaner) media(n *html.Node, tag atom.Atom, in place) {
	if in.table() {
		return
	}
	src := c.url(attr(n, "src"))
	var sources []string
	for child := range n.ChildNodes() {
		if child.DataAtom == atom.Source {
			if s := c.url(attr(child, "src")); s != "" {
				sources = append(sources, s)
			}
		}
	}
	if src == "" && sources == nil {
		return
	}
	c.startLine(in)
	c.open(n, tag.String(), in)
	c.attr("src", src)
	c.out = append(c.out, ` controls=""`...)
	if tag == atom.Video {
		c.attr("poster", c.url(attr(n, "poster")))
	}
	c.out = append(c.out, '>')
	for _, s := range sources {
		c.open(nil, "source", place{})
		c.attr("src", s)
		c.out = append(c.out, "/>"...)
	}
	c.out = append(c.out, "</"...)
	c.out = append(c.out, tag.String()...)
	c.out = append(c.out, '>')
}

// embed writes a link to what was embedded, so that it is not lost.
func (c *cleaner) embed(n *html.Node, key string, in place) {
	href := c.url(attr(n, key))
	if href == "" || in.table() || isPixel(n) || isTracker(href) {
		return
	}
	label := attr(n, "title")
	if strings.TrimSpace(string(appendFit(nil, label, false))) == "" {
		label = href
	}
	write := func(in place) {
		if in.link {
			c.text(label, in)
			return
		}
		c.within(nil, atom.A, in, func() { c.attr("href", href) }, func(in place) { c.text(label, in) })
	}
	if !in.phrasing {
		c.within(nil, atom.P, in, nil, write)
		return
	}
	c.endLine(in)
	c.startLine(in)
	write(in)
	c.endLine(in)
}

// hasContent is true for an <object> that says what to show instead of it.
func hasContent(n *html.Node) bool {
	for c := range n.ChildNodes() {
		if c.Type == html.ElementNode && c.DataAtom != atom.Param || c.Type == html.TextNode && strings.TrimSpace(c.Data) != "" {
			return true
		}
	}
	return false
}

func textIn(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// url is an absolute http(s) URL, written so that parsing it again changes
// nothing; empty for everything else. An empty reference, too, is none: it would
// mean the page itself.
func (c *cleaner) url(raw string) string {
	switch {
	case raw == "" || len(raw) > maxLink:
		return ""
	case isPlainURL(raw):
		return raw
	}
	return c.parsedURL(raw)
}

// parsedURL is url of any reference.
func (c *cleaner) parsedURL(raw string) string {
	raw = withoutBreaks.Replace(strings.TrimSpace(raw))
	raw = string(appendFit(nil, raw, false))
	u, err := url.Parse(raw)
	if err != nil || raw == "" {
		return ""
	}
	if !u.IsAbs() {
		if c.from == nil {
			if c.from, err = url.Parse(c.base); err != nil {
				c.from = &url.URL{}
			}
		}
		u = c.from.ResolveReference(u)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return ""
	}
	u.RawQuery = strings.ReplaceAll(u.RawQuery, " ", "%20")
	if strings.ContainsFunc(u.Host, func(r rune) bool { return r >= utf8.RuneSelf }) {
		host, err := idna.Lookup.ToASCII(u.Hostname())
		if err != nil {
			return ""
		}
		if port := u.Port(); port != "" {
			host += ":" + port
		}
		u.Host = host
	}
	s := u.String()
	if len(s) > maxLink || post.Host(s) == "" {
		return ""
	}
	if again, err := url.Parse(s); err != nil || again.String() != s {
		return ""
	}
	return s
}

// isPlainURL tells an absolute http(s) URL that parsing would not change, as most are.
func isPlainURL(s string) bool {
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok || scheme != "https" && scheme != "http" {
		return false
	}
	host, path := rest, ""
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		host, path = rest[:i], rest[i:]
	}
	for i := range len(host) {
		if c := host[i]; !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '.') {
			return false
		}
	}
	path, query, _ := strings.Cut(path, "?")
	return host != "" && host[0] != '.' && !strings.Contains(host, "..") && !strings.Contains(host, "xn--") &&
		isPlainPart(path) && isPlainPart(query)
}

func isPlainPart(s string) bool {
	for i := range len(s) {
		if c := s[i]; !('a' <= c|0x20 && c|0x20 <= 'z' || '-' <= c && c <= '9' /* also . and / */ || c == '_' || c == '~' || c == '=' || c == '&') {
			return false
		}
	}
	return true
}

// appendFit appends text without what XML cannot carry or what turns text
// around, escaped for HTML where asked for.
func appendFit(dst []byte, s string, escape bool) []byte {
	for i := 0; i < len(s); {
		j := i
		for j < len(s) && plainByte[s[j]] {
			j++
		}
		dst = append(dst, s[i:j]...)
		if i = j; i == len(s) {
			break
		}
		c := s[i]
		if c < utf8.RuneSelf {
			i++
			switch {
			case c == '\f' || c == '\v':
				dst = append(dst, ' ')
			case c < ' ' || c == 0x7f:
			case !escape:
				dst = append(dst, c)
			case c == '&':
				dst = append(dst, "&amp;"...)
			case c == '<':
				dst = append(dst, "&lt;"...)
			case c == '>':
				dst = append(dst, "&gt;"...)
			case c == '"':
				dst = append(dst, "&#34;"...)
			case c == '\'':
				dst = append(dst, "&#39;"...)
			}
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError:
			dst = append(dst, "\ufffd"...)
		case isCarried(r):
			dst = append(dst, s[i:i+size]...)
		}
		i += size
	}
	return dst
}

// isCarried is true for the characters beyond ASCII that XML carries and that do not turn text around.
func isCarried(r rune) bool {
	switch {
	case r < 0xa0, 0x202a <= r && r <= 0x202e, 0x2066 <= r && r <= 0x2069, r == 0xfeff, r == 0xfffe, r == 0xffff:
		return false
	}
	return true
}

// plainByte are the bytes that appendFit copies.
var plainByte = func() (t [256]bool) {
	for c := range byte(0x7f) {
		t[c] = c >= ' ' && !strings.ContainsRune(`&<>"'`, rune(c))
	}
	t['\t'], t['\n'] = true, true
	return t
}()

var datetime = regexp.MustCompile(`^[0-9A-Za-z+:. -]{1,40}$`)
