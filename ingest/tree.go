package ingest

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// parse parses HTML as what stands in a page's body. Without scripting, what
// stands in <noscript> is markup: often the real image.
func (t *planter) parse(s string) ([]*html.Node, bool) {
	if nodes, ok := t.plant(s); ok {
		return nodes, true
	}
	if tangled(s) {
		return nil, false
	}
	body := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	nodes, err := html.ParseFragmentWithOptions(strings.NewReader(s), body, html.ParseOptionEnableScripting(false))
	return nodes, err == nil
}

// planter grows a tree. Its nodes and attributes are set aside at once, and those of
// the tree before are used again.
type planter struct {
	nodes []html.Node
	attrs []html.Attribute
	roots []*html.Node
	top   *html.Node // the element that is open
	depth int
}

// plant makes what the parser would make of HTML in which there is nothing to put
// right, as most that programs write: common elements in lower case, each closed
// in its turn and standing where it may, attributes in double quotes. It takes less
// than half of the time. It gives up, and reports false, where it meets anything else.
// The nodes are good until the next tree.
func (t *planter) plant(s string) (nodes []*html.Node, ok bool) {
	if strings.ContainsAny(s, "\x00\r") {
		return nil, false
	}
	t.clear()
	t.nodes = slices.Grow(t.nodes, 2*strings.Count(s, "<")+2) // they point to each other, and have to stay where they are
	t.attrs = slices.Grow(t.attrs, strings.Count(s, `="`))
	t.top = t.add(html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body})
	root := t.top
	for {
		text, rest, more := strings.Cut(s, "<")
		if text != "" {
			t.add(html.Node{Type: html.TextNode, Data: html.UnescapeString(text)})
		}
		if !more {
			break
		}
		if s, ok = t.tag(rest); !ok {
			return nil, false
		}
	}
	for n := root.FirstChild; n != nil; n = n.NextSibling {
		t.roots = append(t.roots, n)
	}
	return t.roots, t.top == root
}

// clear forgets the tree.
func (t *planter) clear() {
	clear(t.nodes)
	clear(t.attrs)
	clear(t.roots)
	*t = planter{nodes: t.nodes[:0], attrs: t.attrs[:0], roots: t.roots[:0]}
}

func (t *planter) add(n html.Node) *html.Node {
	t.nodes = append(t.nodes, n)
	added := &t.nodes[len(t.nodes)-1]
	if t.top != nil {
		t.top.AppendChild(added)
	}
	return added
}

// tag reads a tag of which s begins after "<", and gives what follows it.
func (t *planter) tag(s string) (rest string, ok bool) {
	s, closing := strings.CutPrefix(s, "/")
	name := s[:nameLen(s)]
	tag := atom.Lookup([]byte(name))
	s = s[len(name):]
	if closing {
		if t.top.DataAtom != tag || t.depth == 0 {
			return "", false
		}
		t.top, t.depth = t.top.Parent, t.depth-1
		return strings.CutPrefix(s, ">")
	}
	if !t.mayStand(tag) {
		return "", false
	}
	first := len(t.attrs)
	for {
		var a html.Attribute
		if a, s, ok = cutAttribute(s); !ok {
			break
		}
		if len(t.attrs)-first == mostAttributes {
			return "", false
		}
		for _, other := range t.attrs[first:] {
			if other.Key == a.Key {
				return "", false
			}
		}
		t.attrs = append(t.attrs, a)
	}
	n := t.add(html.Node{Type: html.ElementNode, Data: tag.String(), DataAtom: tag})
	if len(t.attrs) > first {
		n.Attr = t.attrs[first:len(t.attrs):len(t.attrs)]
	}
	if tag == atom.Br || tag == atom.Img || tag == atom.Hr {
		s = strings.TrimPrefix(strings.TrimPrefix(s, " "), "/")
	} else {
		t.top, t.depth = n, t.depth+1
	}
	return strings.CutPrefix(s, ">")
}

// mostAttributes of an element are compared with each other here.
const mostAttributes = 20

// mayStand says whether the parser leaves an element where it is, and all around it as well.
func (t *planter) mayStand(tag atom.Atom) bool {
	switch tag {
	case atom.Br, atom.Img, atom.Span, atom.Sub, atom.Sup, atom.Cite, atom.Q, atom.Mark, atom.Abbr, atom.Time:
		return t.depth < maxDepth
	// These are opened anew where they were left open, and compared with each other.
	case atom.A, atom.B, atom.Code, atom.Em, atom.I, atom.S, atom.Small, atom.Strong, atom.U:
		return t.depth < maxDepth && !t.within(tag)
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		switch t.top.DataAtom {
		case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6: // it would end there
			return false
		}
	case atom.Li:
		if t.top.DataAtom != atom.Ul && t.top.DataAtom != atom.Ol { // it might end another
			return false
		}
	case atom.P, atom.Div, atom.Ul, atom.Ol, atom.Blockquote, atom.Figure, atom.Figcaption, atom.Section, atom.Article, atom.Hr:
	default:
		return false
	}
	return t.depth < maxDepth && !t.within(atom.P) // which it would end
}

func (t *planter) within(tag atom.Atom) bool {
	for n := t.top; n != nil; n = n.Parent {
		if n.DataAtom == tag {
			return true
		}
	}
	return false
}

// cutAttribute is the attribute that s begins with, after a space, and what follows it.
func cutAttribute(s string) (a html.Attribute, rest string, ok bool) {
	if s == "" || s[0] != ' ' {
		return a, s, false
	}
	name := s[1 : 1+nameLen(s[1:])]
	value, quoted := strings.CutPrefix(s[1+len(name):], `="`)
	if name == "" || !quoted {
		return a, s, false
	}
	value, rest, ok = strings.Cut(value, `"`)
	if strings.IndexByte(value, '&') >= 0 {
		if strings.Count(value, "&") != strings.Count(value, "&amp;") { // the others depend on what follows them
			return a, s, false
		}
		value = strings.ReplaceAll(value, "&amp;", "&")
	}
	return html.Attribute{Key: name, Val: value}, rest, ok
}
