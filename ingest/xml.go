package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// Limits of an XML document. Those who go beyond them mean to exhaust the parser.
const (
	maxXMLDepth      = 256 // elements: gofeed reads extensions by recursion
	maxXMLNamespaces = 128 // declarations in scope: gofeed copies them all for each element
	maxXMLTags       = 150_000
	maxXMLCopies     = 3_000_000 // of declarations, over all elements
	maxXMLTagSize    = 128 << 10 // bytes
	maxXMLGrowth     = 1 << 20   // bytes that escaping may add, besides as many as there were
	maxXMLFrames     = 16 << 20  // bytes of the start of a feed that are read again, once for each entry
	maxXMLText       = 64 << 10  // bytes of an element that is no content: what goes on beyond is left out, before gofeed reads it letter by letter
)

// beyond is the error for a document that exceeds a limit; line 0 is for no line in particular.
func beyond(line int, what string) error {
	if line > 0 {
		what = fmt.Sprintf("line %d: %s", line, what)
	}
	return errors.New("read feed: " + what + ": not read; if it is honest, ask its owner for a smaller or simpler feed")
}

// maxEntries is how many entries of one document are read.
const maxEntries = 5000

var errXMLEntity = errors.New("read feed: it declares entities of its own (<!ENTITY), which only attacks do today: not read")

const (
	atom10Space   = "http://www.w3.org/2005/Atom"
	atom03Space   = "http://purl.org/atom/ns#"
	contentSpace  = "http://purl.org/rss/1.0/modules/content/"
	rdfSpace      = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	rss10Space    = "http://purl.org/rss/1.0/"
	rss09Space    = "http://channel.netscape.com/rdf/simple/0.9/"
	rss09AltSpace = "http://my.netscape.com/rdf/simple/0.9/"
)

// xmlFeed is an RSS or Atom document, made safe to parse, with what gofeed
// does not keep of it.
type xmlFeed struct {
	// text is the document for gofeed: within the limits, without comments,
	// instructions, document type and xml:base (gofeed takes every base for a
	// folder), with whole entries alone, the first maxEntries of them.
	text []byte
	// The root's tag ends at root, the first entry begins at head, the last ends at tail.
	root, head, tail int
	entries          []xmlEntry // in the order in which gofeed gives them
	passed           []uint64   // the sums of others, which are known already
	odd              bool       // where an entry ends depends on more than its bytes
	lost             []string
	torn             bool   // some of it could not be read
	lang, base       string // xml:lang and xml:base of the feed
}

// xmlEntry is what stands in an <item> or <entry> beside what gofeed keeps.
type xmlEntry struct {
	start, end   int    // in xmlFeed.text
	sum          uint64 // by which it is known again
	number, line int    // in the document, 1-based
	channel      bool

	lang, titleLang, contentLang, summaryLang string
	base, contentBase, summaryBase            string
	titleType, summaryType                    string
	linkBases                                 []string // of each Atom <link>
	id                                        string   // verbatim. Atom: <id>, of which gofeed normalizes URLs; RSS 1.0: rdf:about
	title                                     string   // raw, to name the entry by
	authors                                   []string // RSS: every <author>

	// Where gofeed gives setAside: the content (Atom <content>, RSS content:encoded)
	// and the RSS <description>.
	content, description string
}

// setAside stands in xmlFeed.text for long plain text, which gofeed would read
// letter by letter, some times over. It stands in a section: what does not, gofeed parses as HTML.
const setAside = "(set aside)"

// aside is the text that gofeed gave, or what was set aside of it.
func aside(given, text string) string {
	if given == setAside && text != "" {
		return text
	}
	return given
}

// ownLang is the language that the entry itself declares, not the feed around it.
func (e *xmlEntry) ownLang() string {
	return firstText(e.lang, e.titleLang, e.contentLang, e.summaryLang)
}

// mostLostTitle is how much of a title, in bytes as written, an entry is named by.
const mostLostTitle = 4 << 10

// lostAs is the line of Document.Lost for the entry.
func (e *xmlEntry) lostAs(why string) string {
	return lostEntry(e.number, xmlText([]byte(e.title)), e.line, why)
}

type xmlFrame struct {
	name   []byte // qualified, as written
	start  int    // of what it holds, in xmlFeed.text
	base   string
	spaces int // declarations in scope outside the element
}

type xmlSpace struct{ prefix, uri string }

type xmlAttr struct {
	name, value []byte // raw
	quote       byte
}

type xmlTag struct {
	name  []byte
	attrs []xmlAttr
	empty bool
	size  int
}

func (t *xmlTag) attr(name string) string {
	for _, a := range t.attrs {
		if string(a.name) == name {
			return carriable(unescapeRefs(string(a.value)))
		}
	}
	return ""
}

// xmlScanner reads a document once, front to back, and writes it anew. It
// stands before the parser: what it lets through is well-formed, so that both
// see the same tags (FuzzScanXML holds it to that). It is not built on
// encoding/xml, which stops at the first mistake and takes several times as long.
type xmlScanner struct {
	in   []byte
	pos  int
	line int // of in[lineAt]
	seen int // how far lines are counted

	feed   xmlFeed
	atom   bool // the root is <feed>, not <rss> or <rdf:RDF>
	stack  []xmlFrame
	spaces []xmlSpace
	tags   int
	copies int
	count  int // entries met
	left   int // entries beyond maxEntries

	entry      *xmlEntry
	entryAt    int    // its place in stack
	child      string // the element of the entry that is being read: its role
	childStart int    // in feed.text
	childName  string // where its text may be set aside: its local name
	broken     string // why the entry cannot be read, once that is known
	sumEnd     int    // how far in the input the sum of the entry goes

	last *lastRead // what stands there as it did is passed over

	cdataEnd, commentEnd, piEnd, entryEnd int // the next "]]>", "-->", "?>" and "</item>", so that none is looked for twice
}

// scanXML reads an RSS or Atom document whose root tag stands at in[root]. An
// error means that it is beyond the limits; whatever else is wrong costs at
// most the entry in which it stands. Of entries that are known of the last
// document only their sums are kept.
func scanXML(in []byte, root int, docURL string, last *lastRead) (*xmlFeed, error) {
	s := &xmlScanner{in: in, pos: root, line: 1, feed: xmlFeed{base: docURL}, last: last}
	size := len(in) + len(in)/16
	if last != nil { // most of it is passed over
		size = min(size, 16<<10)
	}
	s.feed.text = freedText(size)
	for s.pos < len(in) {
		lt := bytes.IndexByte(in[s.pos:], '<')
		if lt < 0 {
			lt = len(in) - s.pos
		}
		if err := s.plain(in[s.pos : s.pos+lt]); err != nil {
			return nil, err
		}
		if s.pos += lt; s.pos == len(in) {
			break
		}
		if err := s.markup(); err != nil {
			return nil, err
		}
		if len(s.stack) == 0 && s.tags > 0 {
			s.finish()
			return &s.feed, nil
		}
	}
	s.cutOff()
	s.finish()
	return &s.feed, nil
}

// room is how much more the element that is being read may hold.
func (s *xmlScanner) room() int {
	if len(s.stack) == 0 || s.child == "content" || s.child == "summary" {
		return len(s.in)
	}
	return max(0, maxXMLText-(len(s.feed.text)-s.stack[len(s.stack)-1].start))
}

// cutXMLText is the beginning of a text that there is room for, with whole characters and references.
func cutXMLText(text []byte, room int) []byte {
	if len(text) <= room {
		return text
	}
	for room > 0 && !utf8.RuneStart(text[room]) {
		room--
	}
	text = text[:room]
	if i := bytes.LastIndexByte(text, '&'); i >= 0 && room-i < maxRefLen {
		text = text[:i]
	}
	return text
}

// plain writes text, of which what is long is written by and by: it may grow to five times
// its size where it is full of "&".
func (s *xmlScanner) plain(text []byte) error {
	const piece = 64 << 10
	text = cutXMLText(text, s.room())
	for first := true; first || len(text) > 0; first = false {
		n := len(text)
		if n > piece {
			if more := bytes.IndexByte(text[piece:], '&'); more >= 0 { // no reference goes on beyond it
				n = piece + more
			}
		}
		s.feed.text = appendXMLText(s.feed.text, text[:n])
		text = text[n:]
		if len(s.feed.text) > 2*len(s.in)+maxXMLGrowth {
			return beyond(s.lineNumber(), "full of \"<\" and \"&\" that are not markup")
		}
	}
	return nil
}

// texts are what xmlFeed.text was written to, as *[]byte, for other documents.
var texts sync.Pool

func freedText(size int) []byte {
	if b, ok := texts.Get().(*[]byte); ok && cap(*b) >= size {
		return *b
	}
	return make([]byte, 0, size)
}

// free gives back the memory of the text, which is needed no more. What is unusually large goes.
func (f *xmlFeed) free() {
	if b := f.text[:0]; cap(b) <= large {
		texts.Put(&b)
	}
	f.text = nil
}

// markup reads what begins with '<': a tag, or text that should have been escaped.
func (s *xmlScanner) markup() error {
	rest := s.in[s.pos:]
	switch {
	case bytes.HasPrefix(rest, []byte("<!--")):
		if end := s.find("-->", &s.commentEnd); end >= 0 {
			s.pos = end + 3
			return nil
		}
		s.feed.odd = true
	case bytes.HasPrefix(rest, []byte("<![CDATA[")):
		s.cdata()
		return nil
	case len(rest) >= 8 && bytes.EqualFold(rest[:8], []byte("<!ENTITY")):
		return errXMLEntity
	case bytes.HasPrefix(rest, []byte("<?")):
		if end := s.find("?>", &s.piEnd); end >= 0 {
			s.pos = end + 2
			return nil
		}
		s.feed.odd = true
	case bytes.HasPrefix(rest, []byte("</")):
		n := xmlNameLen(rest[2:])
		end := 2 + n + xmlSpaceLen(rest[2+n:])
		if n > 0 && end < len(rest) && rest[end] == '>' {
			s.pos += end + 1
			s.endTag(rest[2 : 2+n])
			return nil
		}
	default:
		tag, ok := parseXMLTag(rest)
		if tag.size > maxXMLTagSize {
			return beyond(s.lineNumber(), fmt.Sprintf("a tag of more than %d kB", maxXMLTagSize>>10))
		}
		if ok {
			err := s.startTag(tag)
			s.pos += tag.size
			return err
		}
	}
	if s.room() > 0 {
		s.feed.text = append(s.feed.text, "&lt;"...)
	}
	s.pos++
	return nil
}

// find is where a mark stands next at or after pos, -1 for nowhere; at keeps it for the next call.
func (s *xmlScanner) find(mark string, at *int) int {
	if *at >= 0 && *at <= s.pos {
		i := bytes.Index(s.in[s.pos+1:], []byte(mark))
		if i < 0 {
			*at = -1
		} else {
			*at = s.pos + 1 + i
		}
	}
	return *at
}

const (
	cdataOpen  = "<![CDATA["
	cdataClose = "]]>"
)

func (s *xmlScanner) cdata() {
	body := s.pos + len(cdataOpen)
	end := s.find(cdataClose, &s.cdataEnd)
	// A section that holds the start of another was never closed: it must not
	// swallow the entries between the two.
	if end < body || bytes.Contains(s.in[body:end], []byte(cdataOpen)) {
		s.pos = body
		s.broken = "its <![CDATA[ is never closed"
		return
	}
	s.pos = end + len(cdataClose)
	room := s.room()
	if room == 0 {
		return
	}
	out := append(s.feed.text, cdataOpen...)
	from := len(out)
	out = appendCarriable(out, cutXMLText(s.in[body:end], room))
	if bytes.Contains(out[from:], []byte(cdataClose)) { // a control character stood in its midst
		split := bytes.ReplaceAll(out[from:], []byte(cdataClose), []byte("]]]]><![CDATA[>"))
		out = append(out[:from], split...)
	}
	s.feed.text = append(out, cdataClose...)
}

func (s *xmlScanner) startTag(tag xmlTag) error {
	if s.tags++; s.tags > maxXMLTags {
		return beyond(0, fmt.Sprintf("more than %d tags", maxXMLTags))
	}
	if s.entry != nil && bytes.Equal(tag.name, s.stack[s.entryAt].name) {
		if s.inChild() {
			s.loseEntry("it is not closed before the next begins")
		} else { // nothing but its own end is missing
			s.feed.text = appendXMLEnd(s.feed.text, tag.name)
			s.pop(s.entryAt)
		}
	}
	if len(s.stack) >= maxXMLDepth {
		return beyond(s.lineNumber(), fmt.Sprintf("elements nested more than %d deep", maxXMLDepth))
	}

	frame := xmlFrame{name: tag.name, base: s.feed.base, spaces: len(s.spaces)}
	if len(s.stack) > 0 {
		frame.base = s.stack[len(s.stack)-1].base
	}
	for _, a := range tag.attrs {
		switch prefix, local, _ := strings.Cut(string(a.name), ":"); {
		case prefix == "xmlns":
			s.spaces = append(s.spaces, xmlSpace{local, strings.TrimSpace(carriable(unescapeRefs(string(a.value))))})
		case prefix == "xml" && local == "base":
			if base := httpURL(frame.base, unescapeRefs(string(a.value))); base != "" {
				frame.base = base
			}
		}
	}
	if len(s.spaces) > maxXMLNamespaces {
		return beyond(s.lineNumber(), fmt.Sprintf("more than %d namespaces at once", maxXMLNamespaces))
	}
	if s.copies += len(s.spaces); s.copies > maxXMLCopies {
		return beyond(s.lineNumber(), "too many namespaces for so many tags")
	}
	prefix, local := splitXMLName(tag.name)
	if len(s.stack) == 0 {
		s.root(prefix, local, frame.spaces)
	}

	// HTML that nobody escaped leaves these open.
	tag.empty = tag.empty || s.inChild() && voidElement(tag.name)
	start := len(s.feed.text)
	s.feed.text = s.appendTag(s.feed.text, tag)
	frame.start = len(s.feed.text)
	if s.note(tag, &frame, prefix, local, start) {
		s.entryAt = len(s.stack)
		if s.pass(tag, frame.spaces) {
			return nil
		}
	}
	s.stack = append(s.stack, frame)
	if tag.empty {
		s.pop(len(s.stack) - 1)
	}
	return nil
}

// root settles what the namespaces of a feed mean. Those that are wrong are
// put right: gofeed finds nothing in <feed xmlns="https://…/Atom">, nor in an
// <rss> with a default namespace of another format.
func (s *xmlScanner) root(prefix, local string, declared int) {
	s.atom = local == "feed"
	for i := declared; i < len(s.spaces); i++ {
		switch {
		case s.spaces[i].prefix != prefix:
		case s.atom && s.spaces[i].uri != atom03Space:
			s.spaces[i].uri = atom10Space
		case local == "rss" && prefix == "":
			s.spaces[i].uri = ""
		}
	}
}

func (s *xmlScanner) appendTag(out []byte, tag xmlTag) []byte {
	out = append(append(out, '<'), tag.name...)
	declared := 0
	if len(s.stack) > 0 {
		declared = -1
	}
	for _, a := range tag.attrs {
		if string(a.name) == "xml:base" {
			continue
		}
		out = append(append(append(out, ' '), a.name...), '=', a.quote)
		if declared >= 0 && bytes.HasPrefix(a.name, []byte("xmlns")) && (len(a.name) == 5 || a.name[5] == ':') {
			out = appendXMLText(out, []byte(html.EscapeString(s.spaces[declared].uri)))
			declared++
		} else {
			out = appendXMLText(out, a.value)
		}
		out = append(out, a.quote)
	}
	if tag.empty {
		out = append(out, '/')
	}
	return append(out, '>')
}

// note keeps what an element says that gofeed does not, and reports whether an entry begins.
func (s *xmlScanner) note(tag xmlTag, frame *xmlFrame, prefix, local string, start int) bool {
	depth := len(s.stack)
	switch {
	case depth == 0, depth == 1 && local == "channel":
		if depth == 0 {
			s.feed.root = len(s.feed.text)
		}
		s.feed.lang = firstText(tag.attr("xml:lang"), s.feed.lang)
		s.feed.base = frame.base
	case s.entry == nil:
		inChannel := depth == 2 && !s.atom && strings.EqualFold(string(s.stack[1].name), "channel")
		if depth != 1 && !inChannel || local != s.entryName() || !s.native(prefix) {
			return false
		}
		s.count++
		s.broken = ""
		s.entry = &xmlEntry{
			start: start, number: s.count, line: s.lineNumber(), channel: inChannel,
			lang: tag.attr("xml:lang"), base: frame.base, id: tag.attr("rdf:about"),
		}
		if s.feed.head == 0 {
			s.feed.head = start
		}
		return true
	case depth == s.entryAt+1:
		s.noteChild(tag, frame, prefix, local)
	case depth == s.entryAt+2 && s.child == "content" && s.atom && local == "div":
		s.entry.contentLang = firstText(s.entry.contentLang, tag.attr("xml:lang"), tag.attr("lang"))
	}
	return false
}

// pass sums up the entry that begins with a tag, and passes over it where it is
// known. spaces is how many declarations stand around it.
func (s *xmlScanner) pass(tag xmlTag, spaces int) bool {
	mark, before := "</"+string(tag.name)+">", s.entryEnd
	end := s.find(mark, &s.entryEnd)
	if end < 0 || end == before { // that is the end of an earlier one
		return false
	}
	s.sumEnd = end + len(mark)
	var around []string
	for _, f := range s.stack {
		around = append(around, string(f.name), f.base)
	}
	for _, space := range s.spaces[:spaces] {
		around = append(around, space.prefix, space.uri)
	}
	s.entry.sum = sumOf(s.in[s.pos:s.sumEnd], around...)
	if !s.last.knows(s.entry.sum) {
		return false
	}
	s.feed.passed = append(s.feed.passed, s.entry.sum)
	s.feed.text, s.spaces = s.feed.text[:s.entry.start], s.spaces[:spaces]
	s.feed.tail = s.entry.start
	s.entry = nil
	s.pos = s.sumEnd - tag.size // which the caller adds
	return true
}

func (s *xmlScanner) noteChild(tag xmlTag, frame *xmlFrame, prefix, local string) {
	e := s.entry
	role := local
	if !s.native(prefix) {
		if local != "encoded" || prefix != "content" && s.space(prefix) != contentSpace {
			return
		}
		role = "content"
	} else if local == "description" && !s.atom {
		role = "summary"
	}
	switch role {
	case "title":
		e.titleLang, e.titleType = tag.attr("xml:lang"), tag.attr("type")
	case "content":
		e.contentLang, e.contentBase = tag.attr("xml:lang"), frame.base
	case "summary":
		e.summaryLang, e.summaryBase, e.summaryType = tag.attr("xml:lang"), frame.base, tag.attr("type")
	case "link":
		e.linkBases = append(e.linkBases, frame.base)
	case "id", "author":
	default:
		return
	}
	s.child, s.childStart, s.childName = role, len(s.feed.text), ""
	if s.atom && local == "content" && plainKinds[strings.ToLower(tag.attr("type"))] && tag.attr("mode") == "" ||
		!s.atom && (local == "encoded" || local == "description") {
		s.childName = local
	}
}

// plainKinds are the types of an Atom text in which there is no markup of XML.
var plainKinds = map[string]bool{"": true, "text": true, "html": true, "text/html": true, "text/plain": true}

func (s *xmlScanner) entryName() string {
	if s.atom {
		return "entry"
	}
	return "item"
}

// native tells the feed's own vocabulary from extensions, as gofeed does.
func (s *xmlScanner) native(prefix string) bool {
	space := s.space(prefix)
	if s.atom {
		return space == "" || space == atom10Space || space == atom03Space
	}
	switch space {
	case "", "rss", "rdf", rdfSpace, rss10Space, rss09Space, rss09AltSpace:
		return true
	}
	rootPrefix, _ := splitXMLName(s.stack[0].name)
	return space != atom10Space && space != atom03Space && space == s.space(rootPrefix)
}

// space is the namespace of a prefix; a prefix that nobody declared stands for itself.
func (s *xmlScanner) space(prefix string) string {
	for i := len(s.spaces) - 1; i >= 0; i-- {
		if s.spaces[i].prefix == prefix {
			return s.spaces[i].uri
		}
	}
	return prefix
}

// inChild says whether an element of an entry is open.
func (s *xmlScanner) inChild() bool {
	return s.entry != nil && len(s.stack) > s.entryAt+1
}

func voidElement(name []byte) bool {
	switch string(name) {
	case "br", "hr", "img", "wbr", "input":
		return true
	}
	return false
}

func (s *xmlScanner) endTag(name []byte) {
	at := len(s.stack) - 1
	for at >= 0 && !bytes.Equal(s.stack[at].name, name) {
		at--
	}
	inChild := s.inChild()
	switch {
	case at < 0:
		if inChild && !voidElement(name) && s.room() > 0 { // stray markup in the text of an entry: it stays text
			s.feed.text = append(append(append(s.feed.text, "&lt;/"...), name...), '>')
		}
		return
	case inChild && at <= s.entryAt:
		s.loseEntry(fmt.Sprintf("its <%s> is never closed", s.stack[s.entryAt+1].name))
		if at == len(s.stack) { // it was the entry's own end
			return
		}
	case s.entry != nil && at < s.entryAt:
		s.loseEntry("it is never closed")
	}
	for i := len(s.stack) - 1; i > at; i-- {
		s.feed.text = appendXMLEnd(s.feed.text, s.stack[i].name)
	}
	end := len(s.feed.text)
	s.feed.text = appendXMLEnd(s.feed.text, name)
	s.closeChild(at, end)
	s.pop(at)
}

// closeChild keeps the text of an element of the entry.
func (s *xmlScanner) closeChild(at, end int) {
	if s.entry == nil || at != s.entryAt+1 || s.child == "" {
		return
	}
	raw := s.feed.text[s.childStart:end]
	switch s.child {
	case "id":
		s.entry.id = xmlText(raw)
	case "title":
		s.entry.title = strings.ToValidUTF8(string(raw[:min(len(raw), mostLostTitle)]), "")
	case "author":
		if !s.atom {
			s.entry.authors = append(s.entry.authors, xmlText(raw))
		}
	}
	if s.childName != "" && len(raw) > 200 && isXMLText(raw) {
		text := xmlText(raw)
		if s.childName == "description" {
			s.entry.description = text
		} else {
			s.entry.content = text
		}
		endTag := slices.Clone(s.feed.text[end:])
		s.feed.text = append(append(s.feed.text[:s.childStart], cdataOpen+setAside+cdataClose...), endTag...)
	}
	s.child = ""
}

// pop closes the element at a place in the stack, and all in it.
func (s *xmlScanner) pop(at int) {
	if s.entry != nil && at == s.entryAt && s.broken != "" {
		s.loseEntry(s.broken)
		return
	}
	s.spaces = s.spaces[:s.stack[at].spaces]
	s.stack = s.stack[:at]
	if s.entry == nil {
		return
	}
	if at == s.entryAt+1 {
		s.child = ""
	}
	if at != s.entryAt {
		return
	}
	s.feed.odd = s.feed.odd || s.entry.sum == 0 || s.pos != s.sumEnd
	if len(s.feed.entries)+len(s.feed.passed) < maxEntries {
		s.entry.end = len(s.feed.text)
		s.feed.tail = s.entry.end
		s.feed.entries = append(s.feed.entries, *s.entry)
	} else {
		s.feed.text = s.feed.text[:s.entry.start]
		s.left++
	}
	s.entry, s.child = nil, ""
}

// loseEntry takes the entry that is being read back out.
func (s *xmlScanner) loseEntry(why string) {
	s.feed.lost, s.feed.torn = append(s.feed.lost, s.entry.lostAs(why)), true
	s.feed.text = s.feed.text[:s.entry.start]
	s.spaces = s.spaces[:s.stack[s.entryAt].spaces]
	s.stack = s.stack[:s.entryAt]
	s.entry, s.child = nil, ""
}

// cutOff closes what a document that ends too early left open.
func (s *xmlScanner) cutOff() {
	if s.entry != nil {
		s.loseEntry("the document ends inside it")
	} else if len(s.stack) > 0 {
		s.feed.lost, s.feed.torn = append(s.feed.lost, fmt.Sprintf("the document ends without </%s>: entries may be missing", s.stack[0].name)), true
	}
	for i := len(s.stack) - 1; i >= 0; i-- {
		s.feed.text = appendXMLEnd(s.feed.text, s.stack[i].name)
	}
}

func (s *xmlScanner) finish() {
	f := &s.feed
	if s.left > 0 {
		f.lost = append(f.lost, lostBeyond(s.left))
	}
	if len(f.entries)+len(f.passed) == 0 {
		f.head, f.tail = len(f.text), len(f.text)
	}
	// gofeed puts the items of <channel> before those beside it.
	slices.SortStableFunc(f.entries, func(a, b xmlEntry) int {
		switch {
		case a.channel && !b.channel:
			return -1
		case b.channel && !a.channel:
			return 1
		}
		return 0
	})
}

func (s *xmlScanner) lineNumber() int {
	s.line += bytes.Count(s.in[s.seen:s.pos], []byte{'\n'})
	s.seen = s.pos
	return s.line
}

// lostEntry is a line of Document.Lost.
func lostEntry(number int, title string, line int, why string) string {
	b := fmt.Sprintf("entry %d", number)
	if title = titleText(title); title != "" {
		b += " (“" + shorten(title, 60) + "”)"
	}
	if line > 0 {
		b += fmt.Sprintf(": line %d", line)
	}
	return b + ": " + why
}

func lostBeyond(left int) string {
	return fmt.Sprintf("%d more entries: only the first %d are read", left, maxEntries)
}

// shorten cuts a text after some runes.
func shorten(s string, runes int) string {
	for i := range s {
		if runes--; runes < 0 {
			return s[:i] + "…"
		}
	}
	return s
}

func appendXMLEnd(out, name []byte) []byte {
	return append(append(append(out, "</"...), name...), '>')
}

// parseXMLTag reads the start tag at the beginning of in. What is not written
// as XML wants it is no tag. size is how far it was read in either case.
func parseXMLTag(in []byte) (xmlTag, bool) {
	n := 1 + xmlNameLen(in[1:])
	if n == 1 {
		return xmlTag{size: 1}, false
	}
	tag := xmlTag{name: in[1:n], size: n}
	for {
		space := xmlSpaceLen(in[tag.size:])
		tag.size += space
		rest := in[tag.size:]
		switch {
		case len(rest) == 0:
			return tag, false
		case rest[0] == '>':
			tag.size++
			return tag, true
		case rest[0] == '/':
			tag.size += 2
			tag.empty = true
			return tag, len(rest) > 1 && rest[1] == '>'
		case space == 0:
			return tag, false
		}
		n := xmlNameLen(rest)
		eq := n + xmlSpaceLen(rest[n:])
		if n == 0 || eq == len(rest) || rest[eq] != '=' {
			return tag, false
		}
		from := eq + 1 + xmlSpaceLen(rest[eq+1:])
		if from == len(rest) || rest[from] != '"' && rest[from] != '\'' {
			return tag, false
		}
		// A quote that is missing is noticed at the next '<'.
		length := bytes.IndexByte(rest[from+1:], rest[from])
		if length < 0 {
			length = len(rest) - from - 1
		}
		value := rest[from+1 : from+1+length]
		if lt := bytes.IndexByte(value, '<'); lt >= 0 {
			tag.size += from + 1 + lt
			return tag, false
		}
		tag.size += min(from+2+length, len(rest))
		tag.attrs = append(tag.attrs, xmlAttr{rest[:n], value, rest[from]})
	}
}

// xmlNameLen is the length of the qualified name at the start of b; 0 where
// there is none. Names in feeds are ASCII.
func xmlNameLen(b []byte) int {
	n, colon := 0, -1
	for n < len(b) {
		c := b[n]
		switch {
		case 'a' <= c|0x20 && c|0x20 <= 'z', c == '_':
		case n > 0 && ('0' <= c && c <= '9' || c == '-' || c == '.'):
		case c == ':' && n > 0 && colon < 0:
			colon = n
		default:
			if c >= utf8.RuneSelf || c == ':' || colon == n-1 {
				return 0
			}
			return n
		}
		n++
	}
	if colon == n-1 {
		return 0
	}
	return n
}

func xmlSpaceLen(b []byte) int {
	n := 0
	for n < len(b) && (b[n] == ' ' || b[n] == '\n' || b[n] == '\t' || b[n] == '\r') {
		n++
	}
	return n
}

// splitXMLName gives the prefix as written and the local name in lower case:
// feeds that write <Item> are read, too.
func splitXMLName(name []byte) (prefix, local string) {
	prefix, local, ok := strings.Cut(string(name), ":")
	if !ok {
		prefix, local = "", prefix
	}
	return prefix, strings.ToLower(local)
}

// xmlPlain marks the bytes of text that can be copied as they are.
var xmlPlain = func() (plain [256]bool) {
	for c := range plain {
		plain[c] = c >= 0x20 && c != '&' && c != '>' && c != 0xEF
	}
	plain['\t'], plain['\n'], plain['\r'] = true, true, true
	return plain
}()

// appendXMLText writes text so that XML can carry it: references that only
// HTML knows are resolved, a bare '&' is escaped, control characters go.
func appendXMLText(out, text []byte) []byte {
	for len(text) > 0 {
		n := 0
		for n < len(text) && xmlPlain[text[n]] {
			n++
		}
		out = append(out, text[:n]...)
		if text = text[n:]; len(text) == 0 {
			break
		}
		size := 1
		switch c := text[0]; {
		case c == '&':
			out, size = appendXMLRef(out, text)
		case c == '>' && bytes.HasSuffix(out, []byte("]]")):
			out = append(out, "&gt;"...)
		case c == '>':
			out = append(out, '>')
		case c == 0xEF:
			size = min(3, len(text))
			out = appendCarriable(out, text[:size])
		}
		text = text[size:]
	}
	return out
}

// appendXMLRef writes the reference at the start of text, and says how long it was.
func appendXMLRef(out, text []byte) ([]byte, int) {
	end := bytes.IndexByte(text[:min(len(text), maxRefLen)], ';')
	if end < 2 {
		return append(out, "&amp;"...), 1
	}
	ref := text[:end+1]
	switch string(ref) {
	case "&lt;", "&gt;", "&amp;", "&quot;", "&apos;":
		return append(out, ref...), len(ref)
	}
	if code, ok := strings.CutPrefix(string(text[1:end]), "#"); ok {
		base := 10
		if code[:min(1, len(code))] == "x" || code[:min(1, len(code))] == "X" {
			code, base = code[1:], 16
		}
		n, err := strconv.ParseUint(code, base, 32)
		if errors.Is(err, strconv.ErrSyntax) {
			return append(out, "&amp;"...), 1
		}
		if err != nil || !xmlCarries(rune(n)) || n > utf8.MaxRune {
			return out, len(ref)
		}
		if n < 0x80 || n > 0x9F { // those between are Windows characters, by an old custom
			return fmt.Appendf(out, "&#%d;", n), len(ref)
		}
	}
	switch char, ok := resolveRef(string(ref)); {
	case !ok:
		return append(out, "&amp;"...), 1
	case char == "<":
		return append(out, "&lt;"...), len(ref)
	case char == "&":
		return append(out, "&amp;"...), len(ref)
	case char == ">":
		return append(out, "&gt;"...), len(ref)
	case char == `"`, char == "'":
		return append(out, html.EscapeString(char)...), len(ref)
	default:
		return append(out, char...), len(ref)
	}
}

// isXMLText says whether an element that scanXML wrote holds text and no elements.
func isXMLText(raw []byte) bool {
	for {
		i := bytes.IndexByte(raw, '<')
		if i < 0 {
			return true
		}
		section, ok := bytes.CutPrefix(raw[i:], []byte(cdataOpen))
		if !ok {
			return false
		}
		_, raw, _ = bytes.Cut(section, []byte(cdataClose))
	}
}

// xmlText is the text of an element as scanXML wrote it: sections opened,
// references resolved. Markup in it stays.
func xmlText(raw []byte) string {
	var b strings.Builder
	b.Grow(len(raw))
	for {
		before, rest, ok := bytes.Cut(raw, []byte(cdataOpen))
		writeUnescaped(&b, before)
		if !ok {
			return strings.TrimSpace(b.String())
		}
		section, after, _ := bytes.Cut(rest, []byte(cdataClose))
		b.Write(section)
		raw = after
	}
}
