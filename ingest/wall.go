package ingest

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/microcosm-cc/bluemonday"
)

// secondWall takes out of HTML what may not pass. It knows nothing of how the HTML
// was made.
//
// What is written in the narrow way, which leaves nothing to interpret, passes
// after one look at each byte; out of anything else bluemonday takes what has no
// place there. It would change nothing in what is narrow (FuzzClean).
func secondWall(html []byte) (string, error) {
	if isNarrow(html) {
		return string(html), nil
	}
	var b strings.Builder
	b.Grow(len(html))
	err := policy().SanitizeReaderToWriter(bytes.NewReader(html), &b)
	return b.String(), err
}

// isNarrow says whether HTML is nothing but text, in which each mark of HTML is a
// reference, and allowed elements, each closed in its turn, with allowed attributes
// in double quotes whose values are beyond doubt.
func isNarrow(s []byte) bool {
	var open []*passable // around the place that is looked at
	for len(s) > 0 {
		if s[0] != '<' {
			n := bytes.IndexByte(s, '<')
			if n < 0 {
				n = len(s)
			}
			if !isText(s[:n]) {
				return false
			}
			s = s[n:]
			continue
		}
		s = s[1:]
		closing := len(s) > 0 && s[0] == '/'
		if closing {
			s = s[1:]
		}
		name := s[:nameLen(s)]
		element := passables[string(name)]
		if element == nil {
			return false
		}
		s = s[len(name):]
		told := false
		for !closing && len(s) > 0 && s[0] == ' ' {
			n := element.attribute(s[1:])
			if n == 0 {
				return false
			}
			s, told = s[1+n:], true
		}
		end := ">"
		switch last := len(open) - 1; {
		case closing && (last < 0 || open[last] != element), !closing && element.hollow && !told:
			return false
		case closing:
			open = open[:last]
		case element.void:
			end = "/>"
		default:
			open = append(open, element)
		}
		if !bytes.HasPrefix(s, []byte(end)) {
			return false
		}
		s = s[len(end):]
	}
	return len(open) == 0
}

// nameLen is the length of the name of an element or attribute that s begins with.
func nameLen[T string | []byte](s T) int {
	n := 0
	for n < len(s) && ('a' <= s[n] && s[n] <= 'z' || n > 0 && ('0' <= s[n] && s[n] <= '9' || s[n] == '-')) {
		n++
	}
	return n
}

// passable is an element that may pass.
type passable struct {
	void   bool // it has no content, and no end
	hollow bool // it is nothing without an attribute
	values map[string]func([]byte) bool
}

// attribute is the length of the attribute that s begins with; 0 where none may pass.
func (p *passable) attribute(s []byte) int {
	name := s[:nameLen(s)]
	isValue := p.values[string(name)]
	if isValue == nil {
		isValue = anywhere[string(name)]
	}
	before, rest, ok := bytes.Cut(s[len(name):], []byte(`="`))
	if isValue == nil || !ok || len(before) > 0 {
		return 0
	}
	n := bytes.IndexByte(rest, '"')
	if n < 0 || !isValue(rest[:n]) {
		return 0
	}
	return len(name) + len(`="`) + n + len(`"`)
}

// anywhere are the attributes that every element may have, and how their values are written.
var anywhere = map[string]func([]byte) bool{
	"lang": func(s []byte) bool { return isLang(string(s)) },
	"dir":  oneOf("ltr", "rtl", "auto"),
}

var passables = func() map[string]*passable {
	all := map[string]*passable{}
	for name := range strings.FieldsSeq(plainElements) {
		all[name] = &passable{}
	}
	type values = map[string]func([]byte) bool
	for _, name := range []string{"br", "hr"} {
		all[name].void = true
	}
	for _, name := range []string{"blockquote", "q", "del", "ins"} {
		all[name].values = values{"cite": isWebURL}
	}
	for _, name := range []string{"td", "th"} {
		all[name].values = values{"colspan": isSmall, "rowspan": isSmall}
	}
	all["ol"].values = values{"start": isSmall}
	all["time"].values = values{"datetime": datetime.Match}
	all["a"] = &passable{hollow: true, values: values{"href": isWebURL}}
	all["img"] = &passable{void: true, hollow: true, values: values{
		"src": isWebURL, "alt": isText, "width": isSmall, "height": isSmall, "loading": oneOf("lazy"), "referrerpolicy": oneOf("no-referrer"),
	}}
	all["audio"] = &passable{hollow: true, values: values{"src": isWebURL, "controls": oneOf("")}}
	all["video"] = &passable{hollow: true, values: values{"src": isWebURL, "controls": oneOf(""), "poster": isWebURL}}
	all["source"] = &passable{void: true, hollow: true, values: values{"src": isWebURL}}
	return all
}()

// plainElements need no attributes.
const plainElements = `p br h1 h2 h3 h4 h5 h6 ul ol li blockquote q cite pre code em strong b i u s del ins sub sup small
	mark abbr figure figcaption table caption thead tbody tfoot tr td th hr details summary dl dt dd ruby rt rp time`

func oneOf(list ...string) func([]byte) bool {
	return func(s []byte) bool { return slices.Contains(list, string(s)) }
}

func isSmall(s []byte) bool { return isNumber(string(s)) }

// isWebURL is true for http(s) URLs of the characters of RFC 3986, where "&" and "'" are references.
func isWebURL(s []byte) bool {
	_, rest, ok := bytes.Cut(s, []byte("://"))
	if scheme := s[:len(s)-len(rest)]; !ok || string(scheme) != "https://" && string(scheme) != "http://" || len(rest) == 0 || rest[0] == '/' {
		return false
	}
	for i := 0; i < len(rest); {
		n := 1
		if c := rest[i]; c == '&' {
			n = refLen(rest[i:])
		} else if !urlByte[c] {
			n = 0
		}
		if n == 0 {
			return false
		}
		i += n
	}
	return true
}

// urlByte are the bytes of a URL that stand for themselves in HTML.
var urlByte = func() (t [256]bool) {
	for c := range byte(0x7f) {
		t[c] = 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("-._~:/?#[]@!$()*+,;=%", c) >= 0
	}
	return t
}()

// isText says whether text is written as appendFit does.
func isText(s []byte) bool {
	for i := 0; i < len(s); {
		n := 1
		switch c := s[i]; {
		case plainByte[c]:
		case c == '&':
			n = refLen(s[i:])
		case c < utf8.RuneSelf:
			return false
		default:
			var r rune
			if r, n = utf8.DecodeRune(s[i:]); r == utf8.RuneError && n == 1 || !isCarried(r) {
				return false
			}
		}
		if n == 0 {
			return false
		}
		i += n
	}
	return true
}

// refLen is the length of the reference that s begins with; 0 where it is none that appendFit writes.
func refLen(s []byte) int {
	for _, ref := range [...]string{"&amp;", "&lt;", "&gt;", "&#34;", "&#39;"} {
		if len(s) >= len(ref) && string(s[:len(ref)]) == ref {
			return len(ref)
		}
	}
	return 0
}

// policy says for bluemonday what may pass.
var policy = sync.OnceValue(func() *bluemonday.Policy {
	var (
		httpURL = regexp.MustCompile(`^https?://[^/]`)
		number  = regexp.MustCompile(`^[0-9]{1,5}$`)
	)
	p := bluemonday.NewPolicy()
	p.RequireParseableURLs(true)
	p.AllowURLSchemes("http", "https")
	p.AllowNoAttrs().OnElements(strings.Fields(plainElements)...)
	p.AllowAttrs("lang").Matching(regexp.MustCompile(`^[0-9A-Za-z-]{1,35}$`)).Globally()
	p.AllowAttrs("dir").Matching(regexp.MustCompile(`^(?:ltr|rtl|auto)$`)).Globally()
	p.AllowAttrs("href").Matching(httpURL).OnElements("a")
	p.AllowAttrs("cite").Matching(httpURL).OnElements("blockquote", "q", "del", "ins")
	p.AllowAttrs("src").Matching(httpURL).OnElements("img", "audio", "video", "source")
	p.AllowAttrs("poster").Matching(httpURL).OnElements("video")
	p.AllowAttrs("controls").Matching(regexp.MustCompile(`^$`)).OnElements("audio", "video")
	p.AllowAttrs("alt").OnElements("img")
	p.AllowAttrs("width", "height").Matching(number).OnElements("img")
	p.AllowAttrs("loading").Matching(regexp.MustCompile(`^lazy$`)).OnElements("img")
	p.AllowAttrs("referrerpolicy").Matching(regexp.MustCompile(`^no-referrer$`)).OnElements("img")
	p.AllowAttrs("colspan", "rowspan").Matching(number).OnElements("td", "th")
	p.AllowAttrs("start").Matching(number).OnElements("ol")
	p.AllowAttrs("datetime").Matching(datetime).OnElements("time")
	return p
})
