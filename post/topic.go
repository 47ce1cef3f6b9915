package post

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"samenloop/i18n"
)

// Topic is a named rule that says which posts belong.
type Topic struct {
	ID       string
	Title    string
	Hashtags []string // without '#', any case
	Phrases  []string // whole words, folded for case and diacritics
}

// Matcher finds the topics of a post. What it costs hardly depends on how many
// topics there are. It is safe for concurrent use.
type Matcher struct {
	topics   []Topic
	hashtags map[string][]rule // by hashtagKey
	phrases  [256][]rule       // by the first byte of key
	hasWords bool              // there is a phrase
}

// rule is one hashtag or phrase of a topic.
type rule struct {
	topic int    // index of the topic
	key   string // as it is compared
	name  string // as it is told
}

// Words are what a post says, where topics are looked for: plain text, and tags
// with or without '#'.
type Words struct {
	Tags                    []string
	Title, Content, Summary string
	Page                    string // the article's page
}

// NewMatcher is an error for a topic without an id, an id given twice, and a
// hashtag or phrase that could never be found.
func NewMatcher(topics []Topic) (*Matcher, error) {
	m := &Matcher{topics: slices.Clone(topics), hashtags: map[string][]rule{}}
	seen := map[string]bool{}
	for i, t := range topics {
		if t.ID == "" {
			return nil, fmt.Errorf("topic %d (%q) has no id: give it one, of a-z, 0-9 and hyphens", i+1, t.Title)
		}
		if seen[t.ID] {
			return nil, fmt.Errorf("two topics have the id %q: give each its own", t.ID)
		}
		seen[t.ID] = true
		for _, h := range t.Hashtags {
			name := bareTag(h)
			if name == "" {
				return nil, fmt.Errorf("topic %q has an empty hashtag: remove it, or write the word without '#'", t.ID)
			}
			if !isHashtag("#" + name) {
				return nil, fmt.Errorf("topic %q: the hashtag %q can never be found: a hashtag is one word of letters, digits and '_' (or is it a phrase?)", t.ID, h)
			}
			key := hashtagKey(name)
			m.hashtags[key] = append(m.hashtags[key], rule{i, key, name})
		}
		for _, p := range t.Phrases {
			key := phraseKey(p)
			if key == "" {
				return nil, fmt.Errorf("topic %q has a phrase without words, %q: remove it, or write the words", t.ID, p)
			}
			m.phrases[key[0]] = append(m.phrases[key[0]], rule{i, key, CleanText(p, 200)})
			m.hasWords = true
		}
	}
	return m, nil
}

// Match gives the topics of a post in the order of the matcher, each with one
// piece of evidence: the first in the order tag, title, content, summary, page;
// there a hashtag goes before a phrase.
//
// A hashtag is found whatever its case, but not within a longer word or a URL. A
// phrase is found as whole words; its spaces, hyphens and apostrophes match each other.
func (m *Matcher) Match(w Words) []Match {
	f := finds{of: m}
	for _, tag := range w.Tags {
		for _, r := range m.hashtags[hashtagKey(bareTag(tag))] {
			f.add(r, "hashtag", "tag")
		}
	}
	for _, tag := range w.Tags {
		f.phrasesIn(tag, "tag")
	}
	for _, part := range [...]struct{ text, where string }{
		{w.Title, "title"}, {w.Content, "content"}, {w.Summary, "summary"}, {w.Page, "page"},
	} {
		f.hashtagsIn(part.text, part.where)
		f.phrasesIn(part.text, part.where)
	}
	return f.matches()
}

// finds collects the evidence of one post.
type finds struct {
	of   *Matcher
	by   []string // per topic; nil until something was found
	left int
}

func (f *finds) add(r rule, kind, where string) {
	if f.by == nil {
		f.by = make([]string, len(f.of.topics))
		f.left = len(f.by)
	}
	if f.by[r.topic] != "" {
		return
	}
	name := r.name
	if kind == "hashtag" {
		name = "#" + name
	}
	f.by[r.topic] = kind + " in " + where + ": " + name
	f.left--
}

// done is true when every topic was found.
func (f *finds) done() bool { return f.by != nil && f.left == 0 }

func (f *finds) matches() []Match {
	var all []Match
	for i, by := range f.by {
		if by != "" {
			all = append(all, Match{Topic: f.of.topics[i].ID, By: by})
		}
	}
	return all
}

// hashtagsIn looks at each '#' alone: the rest of the text is passed over.
func (f *finds) hashtagsIn(text, where string) {
	if len(f.of.hashtags) == 0 {
		return
	}
	url := false // whether a URL has begun since the last white space
	for i := 0; !f.done(); {
		n, size := indexHash(text[i:])
		if n < 0 {
			return
		}
		at := i + n
		// Each stretch of text is looked at once, however many '#' follow each other.
		stretch := text[i:at]
		if j := strings.LastIndexAny(stretch, " \n\t\u00a0\"<>("); j >= 0 {
			stretch, url = stretch[j:], false
		}
		url = url || strings.Contains(stretch, "://")
		word := hashtagWord(text[at+size:])
		i = at + size + len(word)
		if word == "" || url || !mayPrecede(text[:at]) {
			continue
		}
		for _, r := range f.of.lookup(word) {
			f.add(r, "hashtag", where)
		}
	}
}

// indexHash is where the first '#', or its full-width form, stands, and its length.
func indexHash(s string) (at, size int) {
	const wide = "＃"
	at = strings.IndexByte(s, '#')
	end := s
	if at >= 0 {
		end = s[:at]
	}
	if j := strings.Index(end, wide); j >= 0 {
		return j, len(wide)
	}
	return at, 1
}

// mayPrecede reports whether a hashtag may begin after s.
func mayPrecede(s string) bool {
	r, size := utf8.DecodeLastRuneInString(s)
	return size == 0 || !isWordRune(r) && r != '/' && r != '&' && r != '=' && r != '#' && r != '＃'
}

// hashtagWord is the word that s begins with.
func hashtagWord(s string) string {
	for i := 0; i < len(s); {
		r, size := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s[i:])
		}
		if !isWordRune(r) && !isJoiner(r) {
			return s[:i]
		}
		i += size
	}
	return s
}

// lookup finds the rules of a hashtag in a text.
func (m *Matcher) lookup(word string) []rule {
	var buf [64]byte
	if len(word) > len(buf) || !isASCII(word) {
		return m.hashtags[hashtagKey(word)]
	}
	for i := range len(word) {
		buf[i] = asciiWord[word[i]]
	}
	return m.hashtags[string(buf[:len(word)])]
}

// hashtagKey folds a hashtag for case and width (not for diacritics: they make
// another hashtag).
func hashtagKey(s string) string {
	if !isASCII(s) {
		s = norm.NFKC.String(s)
	}
	return strings.Map(func(r rune) rune {
		return unicode.ToLower(unicode.ToUpper(r)) // both, as ſ and ς have their capital in common with s and σ
	}, s)
}

func bareTag(s string) string {
	s = strings.TrimSpace(s)
	return strings.TrimPrefix(strings.TrimPrefix(s, "#"), "＃")
}

// phraseKey is a phrase folded, with one space for what stands between words. It
// begins with a letter or digit, or is empty.
func phraseKey(s string) string {
	var b []byte
	joint := false
	for _, r := range cleanLine(s) {
		if isJoint(r) {
			joint = len(b) > 0
			continue
		}
		if i18n.IsDiacritic(r) || len(b) == 0 && !isWordRune(r) {
			continue
		}
		if joint {
			b = append(b, ' ')
			joint = false
		}
		b, _ = appendFold(b, r)
	}
	return string(b)
}

// phrasesIn tries, at the beginning of each word, the phrases that begin with its letter.
func (f *finds) phrasesIn(text, where string) {
	if !f.of.hasWords {
		return
	}
	phrases := &f.of.phrases
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			first := asciiWord[c]
			if first == 0 {
				i++
				continue
			}
			if rules := phrases[first]; rules != nil && f.tryPhrases(text[i:], rules, where) {
				return
			}
		} else {
			r, size := utf8.DecodeRuneInString(text[i:])
			var buf [16]byte
			folded, word := appendFold(buf[:0], r)
			if !word || len(folded) == 0 {
				i += size
				continue
			}
			if rules := phrases[folded[0]]; rules != nil && f.tryPhrases(text[i:], rules, where) {
				return
			}
			if i18n.IsSolid(r) {
				i += size
				continue
			}
		}
		i += wordLen(text[i:])
	}
}

// wordLen is the length of the word that s begins with.
func wordLen(s string) int {
	i := 0
	for i < len(s) {
		if c := s[i]; c < utf8.RuneSelf {
			if asciiWord[c] == 0 {
				break
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if !isWordRune(r) || i18n.IsSolid(r) {
			break
		}
		i += size
	}
	return i
}

// tryPhrases reports whether there is nothing left to look for.
func (f *finds) tryPhrases(text string, rules []rule, where string) bool {
	for _, r := range rules {
		if sameSecond(text, r.key) && (f.by == nil || f.by[r.topic] == "") && hasPhrase(text, r.key) {
			f.add(r, "phrase", where)
		}
	}
	return f.done()
}

// sameSecond is false where the second byte shows already that text does not begin with a phrase.
func sameSecond(text, key string) bool {
	if len(text) < 2 || len(key) < 2 || text[1] >= utf8.RuneSelf || key[1] == ' ' {
		return true
	}
	return asciiWord[text[1]] == key[1] || text[1] == key[1]
}

// hasPhrase reports whether text begins with a phrase, folded as phraseKey does,
// and the phrase ends where a word does.
func hasPhrase(text, key string) bool {
	var buf [16]byte
	var last rune
	for key != "" {
		if key[0] == ' ' {
			rest := strings.TrimLeftFunc(text, isJoint)
			if len(rest) == len(text) {
				return false
			}
			text, key, last = rest, key[1:], ' '
			continue
		}
		if text == "" {
			return false
		}
		r, size := rune(text[0]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text)
		}
		folded, _ := appendFold(buf[:0], r)
		if len(folded) > len(key) || string(folded) != key[:len(folded)] {
			return false
		}
		text, key, last = text[size:], key[len(folded):], r
	}
	for {
		next, size := utf8.DecodeRuneInString(text)
		if i18n.IsDiacritic(next) { // of the last letter
			text = text[size:]
			continue
		}
		return size == 0 || !isWordRune(last) || !isWordRune(next) || i18n.IsSolid(last) || i18n.IsSolid(next)
	}
}
