package ingest

import (
	"bytes"
	"html"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxRefLen is how far from '&' a reference may end; the longest of HTML has 33 bytes.
const maxRefLen = 40

// maxTitle is how many bytes of a title are looked at.
const maxTitle = 8 << 10

// titleText makes plain text of a title that may hold HTML. Feeds do not say
// whether they do: an element counts as markup where HTML knows it and it is
// closed, so that "1 < 2" and "the <b> tag" stay what they are.
func titleText(s string) string {
	s = s[:wholeRunes(s, maxTitle)]
	if strings.IndexByte(s, '<') >= 0 {
		s = dropMarkup(s)
	}
	return lineOfText(unescapeRefs(s))
}

// wholeRunes is the largest length up to n at which a text can be cut.
func wholeRunes(s string, n int) int {
	if n >= len(s) {
		return len(s)
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return n
}

// lineOfText puts a text on one line, without what XML cannot carry.
func lineOfText(s string) string {
	return strings.Join(strings.Fields(carriable(s)), " ")
}

// titleElements are those that occur in titles; the value says whether they stand alone.
var titleElements = map[string]bool{
	"a": false, "abbr": false, "acronym": false, "b": false, "bdi": false, "bdo": false, "big": false, "br": true,
	"cite": false, "code": false, "del": false, "dfn": false, "div": false, "em": false, "font": false, "h1": false,
	"h2": false, "h3": false, "h4": false, "i": false, "img": true, "ins": false, "kbd": false, "mark": false, "p": false,
	"q": false, "s": false, "samp": false, "script": false, "small": false, "span": false, "strike": false,
	"strong": false, "style": false, "sub": false, "sup": false, "tt": false, "u": false, "var": false, "wbr": true,
}

func dropMarkup(s string) string {
	var b strings.Builder
	lower := strings.Map(asciiLower, s) // of the same length
	open := map[string]int{}
	for i := 0; i < len(s); {
		if s[i] != '<' {
			b.WriteByte(s[i])
			i++
			continue
		}
		if strings.HasPrefix(s[i:], "<!--") {
			if n := strings.Index(s[i:], "-->"); n >= 0 {
				i += n + 3
				continue
			}
		}
		end := strings.IndexByte(s[i:], '>')
		name, closing := markupName(lower[i:])
		alone, known := titleElements[name]
		switch {
		case end < 0 || !known:
			known = false
		case closing:
			known = open[name] > 0
			open[name]--
		case !alone:
			n := strings.Index(lower[i:], "</"+name)
			known = n >= 0
			if known && (name == "script" || name == "style") {
				end = n - 1
			}
			if known {
				open[name]++
			}
		}
		if !known {
			b.WriteByte('<')
			i++
			continue
		}
		if name == "br" || name == "p" || name == "div" {
			b.WriteByte(' ')
		}
		i += end + 1
	}
	return b.String()
}

func asciiLower(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

// markupName is the name of the element whose tag begins s, and whether the tag closes it.
func markupName(s string) (name string, closing bool) {
	s = s[1:]
	if s != "" && s[0] == '/' {
		s, closing = s[1:], true
	}
	n := 0
	for n < len(s) && ('a' <= s[n] && s[n] <= 'z' || n > 0 && '0' <= s[n] && s[n] <= '9') {
		n++
	}
	if n < len(s) && strings.IndexByte(" \t\r\n/>", s[n]) < 0 {
		return "", closing
	}
	return s[:n], closing
}

// unescapeRefs resolves the references of HTML that end in ';'. The others
// that html.UnescapeString knows are as often a part of a URL: "?a=1&copy=2".
func unescapeRefs(s string) string {
	if strings.IndexByte(s, '&') < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	writeUnescaped(&b, []byte(s))
	return b.String()
}

// writeUnescaped is unescapeRefs of bytes.
func writeUnescaped(b *strings.Builder, s []byte) {
	for {
		amp := bytes.IndexByte(s, '&')
		if amp < 0 {
			b.Write(s)
			return
		}
		b.Write(s[:amp])
		s = s[amp:]
		size := 1
		if end := bytes.IndexByte(s[:min(len(s), maxRefLen)], ';'); end > 0 {
			if char, ok := resolveRef(string(s[:end+1])); ok {
				b.WriteString(char)
				size = end + 1
			}
		}
		if size == 1 {
			b.WriteByte('&')
		}
		s = s[size:]
	}
}

// resolveRef gives the text of one whole reference, "&…;".
func resolveRef(ref string) (string, bool) {
	switch ref { // nearly all
	case "&lt;":
		return "<", true
	case "&gt;":
		return ">", true
	case "&amp;":
		return "&", true
	case "&quot;", "&#34;":
		return `"`, true
	case "&#39;":
		return "'", true
	}
	if strings.IndexByte(ref[1:], '&') >= 0 {
		return "", false
	}
	text := html.UnescapeString(ref)
	if text == html.UnescapeString(ref[:len(ref)-1])+";" {
		return "", false
	}
	return text, true
}

// xmlCarries tells the characters of XML 1.0, section 2.2.
func xmlCarries(r rune) bool {
	return r >= 0x20 && r <= 0xD7FF || r == '\t' || r == '\n' || r == '\r' || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= unicode.MaxRune
}

// carriable drops from valid UTF-8 what XML cannot carry.
func carriable(s string) string {
	for _, r := range s {
		if !xmlCarries(r) {
			return string(appendCarriable(nil, []byte(s)))
		}
	}
	return s
}

func appendCarriable(out, text []byte) []byte {
	from := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c >= 0x20 && c != 0xEF || c == '\t' || c == '\n' || c == '\r' {
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if !xmlCarries(r) {
			out = append(out, text[from:i]...)
			from = i + size
		}
		i += size
	}
	return append(out, text[from:]...)
}

// firstText is the first that says something.
func firstText(texts ...string) string {
	for _, s := range texts {
		if s = strings.TrimSpace(s); s != "" {
			return s
		}
	}
	return ""
}
