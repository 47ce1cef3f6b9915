package post

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/text/unicode/norm"
)

// Text is the plain text of HTML, sanitised or not. Block elements and <br> end a
// line, items of lists begin with "- ", other white space is collapsed; what is
// not shown as text (scripts, styles, alternative texts) is left out. The text is
// valid UTF-8 without control characters but the line break.
func Text(htmlText string) string {
	if htmlText == "" {
		return ""
	}
	var w textWriter
	w.out.Grow(len(htmlText))
	if !strings.ContainsAny(htmlText, "<&") {
		w.write(htmlText)
	} else if !w.writePlain(htmlText) {
		w = textWriter{}
		w.writeParsed(htmlText)
	}
	if text := w.out.String(); 2*len(text) > len(htmlText) {
		return text
	}
	return strings.Clone(w.out.String()) // not to keep the room for all of the tags
}

// writeParsed writes any HTML.
func (w *textWriter) writeParsed(s string) {
	z := html.NewTokenizer(strings.NewReader(s))
	var (
		skipped atom.Atom // the outermost element whose content is dropped
		depth   int       // how many of the same name are open within it
	)
	for {
		switch kind := z.Next(); kind {
		case html.ErrorToken: // the end: reading from a string fails in no other way
			return
		case html.TextToken:
			if skipped == 0 {
				w.write(string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			tag := atom.Lookup(name)
			switch {
			case skipped == 0 && !isSkipped(tag):
				w.begin(tag)
			case kind == html.SelfClosingTagToken:
			case skipped == 0:
				skipped, depth = tag, 1
			case tag == skipped:
				depth++
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			tag := atom.Lookup(name)
			switch {
			case skipped == 0:
				w.end(tag)
			case tag == skipped:
				if depth--; depth == 0 {
					skipped = 0
				}
			}
		}
	}
}

// writePlain writes the same of HTML that needs no parser, as that of posts: with tags
// in lower case, attributes in double quotes, no comments and nothing that is dropped.
// In other HTML it gives up, and reports false.
func (w *textWriter) writePlain(s string) bool {
	if strings.IndexByte(s, '\r') >= 0 {
		return false
	}
	for s != "" {
		text, rest, ok := strings.Cut(s, "<")
		if strings.IndexByte(text, '&') >= 0 {
			text = html.UnescapeString(text)
		}
		w.write(text)
		if !ok {
			return true
		}
		s = rest
		closing := strings.HasPrefix(s, "/")
		if closing {
			s = s[1:]
		}
		n := nameLen(s)
		tag := atom.Lookup([]byte(s[:n]))
		if tag == 0 || isSkipped(tag) || tag == atom.Plaintext || tag == atom.Xmp { // what follows some is no markup
			return false
		}
		if s, ok = afterTag(s[n:], closing); !ok {
			return false
		}
		if closing {
			w.end(tag)
		} else {
			w.begin(tag)
		}
	}
	return true
}

// afterTag is what follows a tag, of which s begins after the name.
func afterTag(s string, closing bool) (rest string, ok bool) {
	for !closing && strings.HasPrefix(s, " ") && !strings.HasPrefix(s, " /") {
		s = s[1:]
		n := nameLen(s)
		if n == 0 || !strings.HasPrefix(s[n:], `="`) {
			return "", false
		}
		if _, s, ok = strings.Cut(s[n+2:], `"`); !ok {
			return "", false
		}
	}
	if !closing {
		s = strings.TrimPrefix(strings.TrimPrefix(s, " "), "/")
	}
	return strings.CutPrefix(s, ">")
}

// nameLen is the length of the name of an element or attribute that s begins with.
func nameLen(s string) int {
	n := 0
	for n < len(s) && ('a' <= s[n] && s[n] <= 'z' || n > 0 && ('0' <= s[n] && s[n] <= '9' || s[n] == '-')) {
		n++
	}
	return n
}

// begin and end note what the tags of an element mean for the text.
func (w *textWriter) begin(tag atom.Atom) {
	switch tag {
	case atom.Pre:
		w.pre++
		w.gap = newLine
	case atom.Li:
		w.gap, w.bullet = newLine, true
	case atom.Td, atom.Th:
		w.gap = max(w.gap, space)
	default:
		if breaksLine(tag) {
			w.gap = newLine
		}
	}
}

func (w *textWriter) end(tag atom.Atom) {
	switch {
	case tag == atom.Pre:
		w.pre = max(0, w.pre-1)
		w.gap = newLine
	case tag == atom.Td || tag == atom.Th:
		w.gap = max(w.gap, space)
	case breaksLine(tag):
		w.gap = newLine
	}
}

func isSkipped(tag atom.Atom) bool {
	switch tag {
	case atom.Script, atom.Style, atom.Template, atom.Noscript, atom.Iframe, atom.Noframes,
		atom.Noembed, atom.Svg, atom.Select, atom.Textarea, atom.Title:
		return true
	}
	return false
}

func breaksLine(tag atom.Atom) bool {
	switch tag {
	case atom.Address, atom.Article, atom.Aside, atom.Blockquote, atom.Body, atom.Br, atom.Caption, atom.Center,
		atom.Dd, atom.Details, atom.Dialog, atom.Div, atom.Dl, atom.Dt, atom.Fieldset, atom.Figcaption,
		atom.Figure, atom.Footer, atom.Form, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Header,
		atom.Hgroup, atom.Hr, atom.Legend, atom.Li, atom.Main, atom.Menu, atom.Nav, atom.Ol, atom.Optgroup,
		atom.Option, atom.P, atom.Pre, atom.Section, atom.Summary, atom.Table, atom.Tbody, atom.Tfoot,
		atom.Thead, atom.Tr, atom.Ul:
		return true
	}
	return false
}

type gap int

const (
	none gap = iota
	space
	newLine
)

// textWriter collapses white space. A gap is written when text follows, so that
// none stands at either end.
type textWriter struct {
	out    strings.Builder
	gap    gap
	bullet bool // the next text begins an item of a list
	pre    int  // elements around the text that keep its line breaks
}

func (w *textWriter) write(s string) {
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if isGraph(c) {
				j := i + 1 // to the end of words that are parted by one space
				for j < len(s) && (isGraph(s[j]) || s[j] == ' ' && j+1 < len(s) && isGraph(s[j+1])) {
					j++
				}
				w.flush()
				w.out.WriteString(s[i:j])
				i = j
				continue
			}
			i++
			switch c {
			case '\n':
				if w.pre > 0 {
					w.gap = newLine
				}
				w.gap = max(w.gap, space)
			case ' ', '\t', '\r', '\v', '\f':
				w.gap = max(w.gap, space)
			}
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		switch {
		case unicode.IsSpace(r):
			w.gap = max(w.gap, space)
		case !isDropped(r):
			w.flush()
			w.out.WriteRune(r)
		}
	}
}

// isGraph is true for what is neither space nor control character of ASCII.
func isGraph(c byte) bool { return c > ' ' && c < 0x7f }

func (w *textWriter) flush() {
	if w.out.Len() > 0 {
		switch w.gap {
		case space:
			w.out.WriteByte(' ')
		case newLine:
			w.out.WriteByte('\n')
		}
	}
	w.gap = none
	if w.bullet {
		w.out.WriteString("- ")
		w.bullet = false
	}
}

// isDropped is true for characters that plain text never carries: control
// characters, those that turn text around, and invisible ones that only serve to
// make equal things look different. The joiners that Persian and Indian scripts
// (and emoji) need stay.
func isDropped(r rune) bool {
	switch {
	case r < 0x20, 0x7f <= r && r < 0xa0, r == 0xad, r == 0x61c, r == 0x180e,
		r == 0x200b, r == 0x200e, r == 0x200f, 0x202a <= r && r <= 0x202e, 0x2060 <= r && r <= 0x206f,
		r == 0xfeff, 0xfff9 <= r && r <= 0xfffb, r == 0xfffe, r == 0xffff:
		return true
	}
	return false
}

// maxMarks is how many combining marks in a row are text and not a pile.
const maxMarks = 4

// CleanText makes one line of plain text of any foreign string: valid UTF-8 in
// NFC, without control and invisible characters, white space collapsed, at most
// max runes, cut at a word with "…".
func CleanText(s string, max int) string {
	s = cleanLine(s)
	if len(s) <= max { // bytes are never fewer than runes
		return s
	}
	return cut(s, max)
}

func cleanLine(s string) string {
	if isCleanLine(s) {
		return s
	}
	// NFC may take a rune apart into a letter and a mark, so that marks are
	// counted again; and it must not see a longer pile than it leaves alone.
	return filterLine(norm.NFC.String(filterLine(s)))
}

// isCleanLine reports whether filterLine and NFC would change nothing.
func isCleanLine(s string) bool {
	gap, marks, composed := true, 0, true
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c < ' ' || c == 0x7f || c == ' ' && gap {
				return false
			}
			gap, marks = c == ' ', 0
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		if r == utf8.RuneError && size == 1 || isDropped(r) || unicode.IsSpace(r) {
			return false
		}
		gap = false
		if r >= 0x300 {
			composed = false
			if marks = countMark(marks, r); marks > maxMarks {
				return false
			}
		} else {
			marks = 0
		}
	}
	return (!gap || s == "") && (composed || norm.NFC.QuickSpanString(s) == len(s))
}

// countMark is the number of marks in a row after r. Joiners between them do not
// break the row.
func countMark(marks int, r rune) int {
	switch {
	case r < 0x300:
		return 0
	case unicode.In(r, unicode.Mn, unicode.Me):
		return marks + 1
	case isJoiner(r):
		return marks
	}
	return 0
}

func isJoiner(r rune) bool { return r == 0x200c || r == 0x200d }

func filterLine(s string) string {
	b := make([]byte, 0, len(s))
	gap, marks := false, 0
	for _, r := range s { // an invalid byte is U+FFFD
		if unicode.IsSpace(r) {
			gap = true
			continue
		}
		if isDropped(r) {
			continue
		}
		if gap && len(b) > 0 {
			b = append(b, ' ')
			marks = 0
		}
		gap = false
		if marks = countMark(marks, r); marks <= maxMarks {
			b = utf8.AppendRune(b, r)
		}
	}
	return string(b)
}

// cut shortens clean text to max runes.
func cut(s string, max int) string {
	if max < 1 {
		return ""
	}
	end, gap, n := 0, 0, 0 // end: where the rune that "…" takes the place of begins
	for i, r := range s {
		if n++; n == max {
			end = i
		}
		if n <= max && r == ' ' {
			gap = i
		}
		if n > max {
			break
		}
	}
	if n <= max {
		return s
	}
	if gap > end/2 {
		end = gap
	}
	for end > 0 { // a letter keeps its marks or goes with them
		r, _ := utf8.DecodeRuneInString(s[end:])
		last, size := utf8.DecodeLastRuneInString(s[:end])
		if !unicode.IsMark(r) && !isJoiner(r) && !isJoiner(last) {
			break
		}
		end -= size
	}
	return strings.TrimRight(s[:end], " ,;:-–—(") + "…"
}

// FirstSentence is a title for a note that has none: the first sentence of its
// text, as one line of at most max runes. Hashtags at its end are dropped, and a
// line of hashtags, mentions and links alone is passed over, if something remains.
func FirstSentence(text string, max int) string {
	// A title is short: what follows in a long text cannot matter.
	text = text[:cutBytes(text, 16*max+1024)]
	for line := range strings.Lines(text) {
		for rest := cleanLine(line); rest != ""; {
			end := sentenceEnd(rest)
			sentence := dropHashtags(rest[:end])
			rest = strings.TrimLeft(rest[end:], " ")
			if saysSomething(sentence) {
				return CleanText(sentence, max)
			}
		}
	}
	return CleanText(text, max)
}

// cutBytes is the length of what remains of s in at most n bytes of whole runes.
func cutBytes(s string, n int) int {
	if n >= len(s) {
		return len(s)
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return max(n, 0)
}

// abbreviations end in a full stop that ends no sentence. Those with a full stop
// inside (o.a., z.B., e.g.) and single letters need no mention.
var abbreviations = map[string]bool{}

func init() {
	const all = `
		dr drs ir ing mr mrs ms mw mevr dhr prof st jr sr nr no vs ca cf al bijv bv resp incl excl evt
		blz art red vgl jl jhr zgn tel bzw usw ggf evtl inkl exkl sog vgl hr fr abb str mme mlle vol ed eds
		approx dept est fig gov inc ltd pp rev sen gen col univ prov mln mld`
	for word := range strings.FieldsSeq(all) {
		abbreviations[word] = true
	}
}

// sentenceEnd is where the first sentence of a clean line ends, with its closing
// quotes and brackets.
func sentenceEnd(s string) int {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		start := i
		i += size
		wide := strings.ContainsRune("。！？｡", r)
		if !wide && !strings.ContainsRune(".!?…؟۔।", r) {
			continue
		}
		stop := r == '.'
		for i < len(s) {
			r, size := utf8.DecodeRuneInString(s[i:])
			if !strings.ContainsRune(".!?…؟۔।。！？｡\"'’”»)]』」）", r) {
				break
			}
			stop = false // "…", "!?", a closing quote: more than an abbreviation's
			i += size
		}
		if wide || i == len(s) {
			return i
		}
		if s[i] != ' ' { // within a word, a number, a URL
			continue
		}
		next, _ := utf8.DecodeRuneInString(strings.TrimLeft(s[i:], " \"'“„‘«(["))
		if unicode.IsLower(next) || stop && isAbbreviation(s[:start]) {
			continue
		}
		return i
	}
	return len(s)
}

// isAbbreviation reports whether a full stop after s belongs to the last word.
func isAbbreviation(s string) bool {
	word := strings.TrimLeft(s[strings.LastIndexByte(s, ' ')+1:], "\"'“„‘«([")
	if strings.Contains(word, "://") {
		return false
	}
	if utf8.RuneCountInString(word) <= 1 {
		return word != "X" // an initial, or the number before a German month, but X is a company
	}
	if len(word) == 2 && strings.Trim(word, "0123456789") == "" {
		return true
	}
	if i := strings.LastIndexByte(word, '.'); i >= 0 { // o.a, z.B
		return utf8.RuneCountInString(word[i+1:]) <= 1
	}
	return abbreviations[strings.ToLower(word)]
}

// dropHashtags removes hashtags from the end of a line, unless nothing would remain.
func dropHashtags(s string) string {
	words := strings.Split(s, " ")
	n := len(words)
	for n > 0 && isHashtag(words[n-1]) {
		n--
	}
	if n == 0 {
		return s
	}
	return strings.Join(words[:n], " ")
}

func isHashtag(word string) bool {
	name, ok := strings.CutPrefix(word, "#")
	if !ok {
		name, ok = strings.CutPrefix(word, "＃")
	}
	return ok && name != "" && !strings.ContainsFunc(name, func(r rune) bool { return !isWordRune(r) && !isJoiner(r) })
}

// saysSomething is true when more than hashtags, mentions and links has letters.
func saysSomething(s string) bool {
	return slices.ContainsFunc(strings.Split(s, " "), func(word string) bool {
		return !isHashtag(word) && !strings.HasPrefix(word, "@") && !strings.Contains(word, "://") &&
			strings.ContainsFunc(word, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) })
	})
}
