package ingest

import (
	"html"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// looksWhole tells content that is declared as such from the first lines that
// some sites put there.
func looksWhole(content string) bool {
	return strings.TrimSpace(content) != "" && !endsAsExcerpt(content)
}

// summaryLooksWhole tells a whole piece in a place that may hold a summary: it
// is long, or not short and in paragraphs.
func summaryLooksWhole(content string) bool {
	chars, blocks := textSize(content)
	return (chars >= 1200 || chars >= 600 && blocks >= 2) && !endsAsExcerpt(content)
}

// wholeTogether looks at a document as a site makes it: where at least half of
// the entries are whole pieces, the short ones among them are just short.
func wholeTogether(doc *Document) {
	whole := doc.knownWhole
	for i := range doc.Entries {
		if doc.Entries[i].Whole {
			whole++
		}
	}
	if 2*whole < doc.Known+len(doc.Entries) {
		return
	}
	for i := range doc.Entries {
		e := &doc.Entries[i]
		e.Whole = e.Whole || looksWhole(e.Content)
	}
}

// excerptEnds are how excerpts end: lower case, without arrows and punctuation after them.
var excerptEnds = []string{
	"…", "...", "[…]", "[...]", "(…)", "(...)",
	"lees meer", "lees verder", "verder lezen", "lês fierder", "lês mear", "read more", "continue reading", "keep reading",
	"weiterlesen", "mehr lesen", "lire la suite", "lire plus",
}

// creditWords are in the line that WordPress puts below everything: one word of it is in few paragraphs.
var creditWords = []struct{ one, all string }{
	{"appeared", "appeared first on"},
	{"appeared", "first appeared on"},
	{"verscheen", "verscheen eerst op"},
	{"erschien", "erschien zuerst auf"},
	{"apparu", "est apparu en premier sur"},
}

func endsAsExcerpt(content string) bool {
	const tailSize = 3000
	tail := content[cutBefore(content, tailSize):]
	if i := lastTag(tail, "p"); i >= 0 && isCredit(strings.ToLower(tail[i:])) {
		tail = tail[:i]
	}
	text := tailText(tail[cutBefore(tail, 200):])
	if len(text) < 100 { // mostly markup
		text = tailText(tail)
	}
	bare := strings.TrimRightFunc(text, func(r rune) bool {
		return r != '…' && r != ']' && r != ')' && r != '.' && !unicode.IsLetter(r) && !unicode.IsNumber(r)
	})
	bare2 := strings.TrimRight(bare, ".…)] →»›>")
	for _, end := range excerptEnds {
		if strings.HasSuffix(bare, end) || strings.HasSuffix(bare2, end) {
			return true
		}
	}
	// "Read more about …": a last link with nothing after it.
	if i := lastTag(tail, "a "); i >= 0 {
		link, after, _ := strings.Cut(strings.ToLower(tail[i:]), "</a>")
		words := strings.TrimLeftFunc(tailText(link), notWord)
		return slices.ContainsFunc(excerptEnds[6:], func(end string) bool { return strings.HasPrefix(words, end) }) &&
			strings.TrimFunc(tailText(after), notWord) == ""
	}
	return false
}

// lastTag is where the last start tag begins whose name begins so, in either case; -1 where there is none.
func lastTag(s, name string) int {
	for i := len(s); ; {
		if i = strings.LastIndexByte(s[:i], '<'); i < 0 {
			return -1
		}
		if rest := s[i+1:]; len(rest) >= len(name) && strings.EqualFold(rest[:len(name)], name) {
			return i
		}
	}
}

// isCredit says whether a paragraph, in lower case, is the line that WordPress puts below everything.
func isCredit(paragraph string) bool {
	for _, words := range creditWords {
		if strings.Contains(paragraph, words.one) && strings.Contains(tailText(paragraph), words.all) {
			return true
		}
	}
	return false
}

// cutBefore is where about the last size bytes of HTML begin: with markup or a word.
func cutBefore(s string, size int) int {
	at := max(0, len(s)-size)
	if at == 0 {
		return 0
	}
	return at + max(0, strings.IndexAny(s[at:], "<> "))
}

func notWord(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }

// tailText is the text of a short piece of HTML in lower case, good enough to compare words.
func tailText(s string) string {
	var b strings.Builder
	for s != "" {
		before, rest, ok := strings.Cut(s, "<")
		b.WriteString(before)
		if !ok {
			break
		}
		_, s, _ = strings.Cut(rest, ">")
		b.WriteByte(' ')
	}
	return strings.Join(strings.Fields(strings.ToLower(unescapeRefs(b.String()))), " ")
}

// textSize counts characters of text outside markup, and blocks, until both are many.
func textSize(content string) (chars, blocks int) {
	for i := 0; i < len(content) && chars < 1200; {
		switch c := content[i]; {
		case c == '<':
			name, closing := markupName(strings.ToLower(content[i:min(len(content), i+16)]))
			switch name {
			case "p", "li", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6":
				if !closing {
					blocks++
				}
			}
			end := strings.IndexByte(content[i:], '>')
			if end < 0 {
				return chars, blocks
			}
			i += end + 1
			continue
		case c == '&':
			if end := strings.IndexByte(content[i:min(len(content), i+maxRefLen)], ';'); end > 0 {
				i += end
			}
			chars++
		case c <= ' ':
			if i > 0 && content[i-1] > ' ' {
				chars++
			}
		case utf8.RuneStart(c):
			chars++
		}
		i++
	}
	return chars, blocks
}

// paragraphs makes HTML of plain text.
func paragraphs(text string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		if part = strings.TrimSpace(part); part != "" {
			b.WriteString("<p>" + strings.ReplaceAll(html.EscapeString(part), "\n", "<br>\n") + "</p>\n")
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}
