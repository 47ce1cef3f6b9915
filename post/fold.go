package post

import (
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"samenloop/i18n"
)

// Words are compared folded: without case and without diacritics, "Één" as "een".
// Scripts that put no spaces between words (Han, Kana, Thai …) count each
// character as a word.

// asciiWord holds the folded byte of each ASCII byte that belongs to a word, and 0 for the others.
var asciiWord = func() (t [utf8.RuneSelf]byte) {
	for c := range byte(utf8.RuneSelf) {
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '_':
			t[c] = c
		case 'A' <= c && c <= 'Z':
			t[c] = c + 'a' - 'A'
		}
	}
	return t
}()

// fold is how a rune is compared.
type fold struct {
	word bool
	to   string // empty for a mark that is dropped
}

const (
	lowEnd    = 0x590 // Latin, Greek, Cyrillic, Armenian
	highStart = 0x1e00
	highEnd   = 0x2000 // Latin and Greek with diacritics
)

// folds are made once: taking a rune apart costs a hundred times what looking it up does.
var folds = sync.OnceValue(func() *[lowEnd + highEnd - highStart]fold {
	var t [lowEnd + highEnd - highStart]fold
	for i := range t {
		r := rune(i)
		if i >= lowEnd {
			r += highStart - lowEnd
		}
		t[i].word = isWordRune(r)
		for _, d := range norm.NFD.String(string(r)) {
			if i18n.IsDiacritic(d) {
				continue
			}
			d = unicode.ToLower(d)
			if s, ok := i18n.Alike(d); ok {
				t[i].to += s
			} else {
				t[i].to += string(d)
			}
		}
	}
	return &t
})

// appendFold appends a rune as it is compared, and reports whether it belongs to a word.
func appendFold(dst []byte, r rune) ([]byte, bool) {
	switch {
	case r < utf8.RuneSelf:
		if c := asciiWord[r]; c != 0 {
			return append(dst, c), true
		}
		return append(dst, byte(r)), false
	case r < lowEnd:
		f := &folds()[r]
		return append(dst, f.to...), f.word
	case highStart <= r && r < highEnd:
		f := &folds()[r-highStart+lowEnd]
		return append(dst, f.to...), f.word
	case i18n.IsDiacritic(r):
		return dst, true
	case i18n.IsSolid(r): // has no case
		return utf8.AppendRune(dst, r), true
	}
	return utf8.AppendRune(dst, unicode.ToLower(r)), isWordRune(r)
}

func isWordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return asciiWord[r] != 0
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r)
}

// isJoint is true for what may stand between the words of a phrase: white
// space, hyphens and dashes, apostrophes.
func isJoint(r rune) bool {
	switch r {
	case ' ', '\n', '\t', '\r', '-', '\'', '‘', '’', 'ʼ', '′', '`', '＇', '−', '\u00a0', '\u3000':
		return true
	}
	return 0x2010 <= r && r <= 0x2015 || r >= utf8.RuneSelf && unicode.IsSpace(r)
}
