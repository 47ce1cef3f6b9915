package i18n

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/dutch"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/german"
	"golang.org/x/text/unicode/norm"
)

// stemmers by base language. Frisian has none: its words are found as they are.
var stemmers = map[string]func(*snowballstem.Env) bool{
	"nl": dutch.Stem,
	"en": english.Stem,
	"de": german.Stem,
	"fr": french.Stem,
}

// Stem is what the forms of a word in a language have in common ("wachtwoorden" →
// "wachtwoord"), in lower case; not ok where the language has no stemmer.
func Stem(tag, word string) (stem string, ok bool) {
	stemmer, ok := stemmers[Base(tag)]
	if !ok || len(word) > longestWord {
		return "", false
	}
	env := snowballstem.NewEnv(strings.ToLower(word))
	stemmer(env)
	return env.Current(), true
}

// longestWord is what still is one, in bytes.
const longestWord = 100

// Terms are what some texts can be found by, parted by spaces, each once and folded: its words
// or, in languages that have a stemmer, their stems. A word with letters beyond ASCII stands
// there as it is as well: who searches may leave out an accent, which the stem may have hung on.
// Where no spaces stand between words, each character does, and each with the next.
func Terms(tag string, texts ...string) string {
	stemmer := stemmers[Base(tag)]
	env := snowballstem.NewEnv("")
	w := seenWords.Get().(*seen)
	defer w.putBack()
	read, written := w.read, w.written
	var b strings.Builder
	size := 0
	for _, text := range texts {
		size += len(text)
	}
	b.Grow(size)
	write := func(term string) {
		if term = fold(term); term != "" && !written[term] {
			written[term] = true
			b.WriteString(term)
			b.WriteByte(' ')
		}
	}
	for _, text := range texts {
		for word, solid := range wordsIn(text) {
			if solid {
				eachCharacter(word, func(one, two string) {
					write(one)
					write(two)
				})
				continue
			}
			word = strings.ToLower(word)
			if read[word] || len(word) > longestWord {
				continue
			}
			read[word] = true
			if stemmer == nil {
				write(word)
				continue
			}
			env.SetCurrent(word)
			stemmer(env)
			write(env.Current())
			if !isASCII(word) {
				write(word)
			}
		}
	}
	return strings.TrimSuffix(b.String(), " ")
}

// seen are the words that Terms read and wrote, in maps that are used again: they
// grow to about one size.
type seen struct{ read, written map[string]bool }

var seenWords = sync.Pool{New: func() any { return &seen{map[string]bool{}, map[string]bool{}} }}

// putBack forgets the words. The maps of a text that has unusually many do not stay in memory.
func (s *seen) putBack() {
	const most = 2_000
	if len(s.read) > most || len(s.written) > 2*most { // of a word, its stem and itself
		return
	}
	clear(s.read)
	clear(s.written)
	seenWords.Put(s)
}

// SearchTerms are the terms of which a text in a language must have one to be found by
// a word; without a language, a text in any.
func SearchTerms(tag, word string) []string {
	terms := []string{fold(word)}
	for _, form := range []string{word, fold(word)} {
		for _, l := range slices.Sorted(maps.Keys(stemmers)) {
			if tag != "" && l != Base(tag) {
				continue
			}
			if stem, ok := Stem(l, form); ok && !slices.Contains(terms, fold(stem)) {
				terms = append(terms, fold(stem))
			}
		}
	}
	return terms
}

// fold is a word as it is compared: in lower case, and as one writes it who has no accents.
func fold(word string) string {
	if isASCII(word) {
		return strings.ToLower(word)
	}
	b := make([]byte, 0, len(word))
	for word = strings.ToLower(word); word != ""; {
		p := norm.NFD.PropertiesString(word)
		n := max(p.Size(), 1)
		apart := p.Decomposition()
		if apart == nil {
			apart = []byte(word[:n])
		}
		for len(apart) > 0 {
			r, size := utf8.DecodeRune(apart)
			if s, ok := alike[r]; ok {
				b = append(b, s...)
			} else if !IsDiacritic(r) {
				b = append(b, apart[:size]...)
			}
			apart = apart[size:]
		}
		word = word[n:]
	}
	return string(b)
}

// alike are letters that Unicode does not take apart, but that people do.
var alike = map[rune]string{
	'ß': "ss", 'ẞ': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'ł': "l", 'đ': "d", 'ı': "i", 'ς': "σ", 'ſ': "s",
}

// Alike is what a lower-case letter is compared as that Unicode does not take apart.
func Alike(r rune) (string, bool) {
	s, ok := alike[r]
	return s, ok
}

// IsDiacritic is true for marks that people leave out: accents, and the vowel
// points of Hebrew and Arabic, but not the vowels of Indian scripts.
func IsDiacritic(r rune) bool {
	switch {
	case r < 0x300:
		return false
	case r <= 0x36f, 0x591 <= r && r <= 0x5c7, 0x64b <= r && r <= 0x65f, r == 0x670,
		0x1ab0 <= r && r <= 0x1aff, 0x1dc0 <= r && r <= 0x1dff, 0x20d0 <= r && r <= 0x20ff:
		return unicode.IsMark(r)
	}
	return false
}

// IsSolid is true for the letters of scripts that put no spaces between words.
func IsSolid(r rune) bool {
	switch {
	case r < 0xe00:
		return false
	case r <= 0xeff, 0x1000 <= r && r <= 0x109f, 0x1780 <= r && r <= 0x17ff: // Thai, Lao; Burmese; Khmer
		return unicode.IsLetter(r)
	case 0x3041 <= r && r <= 0x30ff, 0x31f0 <= r && r <= 0x31ff: // Kana
		return r != '・' && unicode.IsLetter(r)
	}
	return 0x3400 <= r && r <= 0x9fff || 0xf900 <= r && r <= 0xfaff || 0x20000 <= r && r <= 0x3ffff
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// SearchWords are the words that a search is made of, at most 16. Characters that stand without
// spaces are searched by twos: a text in which all of those are has nearly always all of them in a row.
func SearchWords(query string) (words []string) {
	for word, solid := range wordsIn(query) {
		if !solid {
			words = append(words, word)
			continue
		}
		alone := len(words)
		eachCharacter(word, func(one, two string) {
			if two != one {
				words = append(words, two)
			}
		})
		if len(words) == alone {
			words = append(words, word)
		}
	}
	words = slices.DeleteFunc(words, func(w string) bool { return fold(w) == "" })
	return words[:min(len(words), 16)]
}

// wordsIn are the words of a text, and what stands in it without spaces between its words.
func wordsIn(text string) iter.Seq2[string, bool] {
	return func(yield func(word string, solid bool) bool) {
		for word := range strings.FieldsFuncSeq(text, notInWord) {
			for word != "" {
				end, solid := len(word), false
				if mayHoldSolid(word) {
					first, _ := utf8.DecodeRuneInString(word)
					solid = IsSolid(first)
					if at := strings.IndexFunc(word, func(r rune) bool { return IsSolid(r) != solid && !unicode.IsMark(r) }); at > 0 {
						end = at
					}
				}
				if !yield(word[:end], solid) {
					return
				}
				word = word[end:]
			}
		}
	}
}

// mayHoldSolid says no to most words at once: what IsSolid knows takes three bytes or more.
func mayHoldSolid(word string) bool {
	for i := range len(word) {
		if word[i] >= 0xE0 {
			return true
		}
	}
	return false
}

// eachCharacter gives each character with its marks, and with the next; the last with none.
func eachCharacter(word string, yield func(one, two string)) {
	next := func(s string) int {
		_, first := utf8.DecodeRuneInString(s)
		for i, r := range s[first:] {
			if !unicode.IsMark(r) {
				return first + i
			}
		}
		return len(s)
	}
	for n := next(word); word != ""; {
		one, rest := word[:n], word[n:]
		n = next(rest)
		yield(one, word[:len(one)+n])
		word = rest
	}
}

func notInWord(r rune) bool {
	if r < utf8.RuneSelf {
		return !('a' <= r|0x20 && r|0x20 <= 'z' || '0' <= r && r <= '9')
	}
	return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r)
}
