package i18n

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Guess is a language that a text may be in.
type Guess struct {
	Tag  string  // "nl"; never with a region
	LogP float64 // the natural logarithm of its probability
}

// mostDetected is how much of a text Detect reads, in bytes: what follows would not change the answer.
const mostDetected = 4 << 10

// Detect says which languages a text may be in, likeliest first. Their
// probabilities add up to 1: a short text gives several languages something, and
// a text in two languages gives each its share. URLs, addresses, mentions and
// hashtags are not read. Where no letters are left it is empty.
//
// The script decides first, and often alone; among the languages of one script a
// linear model of letter groups and words does (see i18n/model).
func Detect(text string) []Guess {
	guesses, _ := detect(clip(text, mostDetected))
	return guesses
}

// detect says as well how many letters there are of the script that decided.
func detect(text string) (guesses []Guess, letters int) {
	var room [mostWords]word
	return detectIn(text, wordsOf(room[:0], text))
}

func detectIn(text string, words []word) (guesses []Guess, letters int) {
	s, letters := scriptOf(text, words)
	if modelled[s] == nil {
		return alone[s], letters
	}
	part := part{end: len(words)}
	for part.read(text, words, s) {
		if _, p := part.best(s); p >= noDoubt && part.letters >= leastLine {
			break
		}
	}
	all, _ := part.all()
	return all.guesses(s), letters
}

// How much of a text has to be in another language than the rest, and surely so, to be told.
const (
	leastLetters = 70
	leastPart    = 0.25 // of all letters
	leastLine    = 20   // letters by which a line can tell
	surePart     = 0.95
	likely       = 0.5 // of a line to be in the language of the rest, that no more of it is read
)

// detectMixed is detect, and says as well in which other language a part of the
// text is, by its lines; empty where there is none of some length. Of a line no more
// is read than tells that the text is in one language, and it, too.
func detectMixed(text string) (guesses []Guess, letters int, second string) {
	var (
		room       [mostWords]word
		roomOfLine [mostLines]part
	)
	words, lines := wordsOf(room[:0], text), roomOfLine[:0]
	s, letters := scriptOf(text, words)
	for first := 0; first < len(words); {
		end := first + endOfLine(words[first:])
		lines = append(lines, part{first: first, end: end})
		first = end
	}
	if guesses = alone[s]; modelled[s] != nil {
		all := tellTogether(text, words, lines, s)
		guesses = all.guesses(s)
	}
	if len(guesses) == 0 {
		return nil, letters, ""
	}
	var (
		total int
		in    = map[string]int{} // letters of lines that tell their language
	)
	for i := range lines {
		tag, p, n := lines[i].tell(text, words, s, guesses[0].Tag)
		total += n
		if n >= leastLine && p >= surePart {
			in[tag] += n
		}
	}
	for tag, n := range in {
		if tag != guesses[0].Tag && n >= leastLetters && float64(n) >= leastPart*float64(total) && (n > in[second] || n == in[second] && tag < second) {
			second = tag
		}
	}
	return guesses, letters, second
}

// tellTogether reads of lines as much as tells the language of most of them.
func tellTogether(text string, words []word, lines []part, s script) (all tally) {
	for {
		all = tally{}
		letters, more := 0, false
		for i := range lines {
			more = lines[i].read(text, words, s) || more
			letters += lines[i].letters
			t, _ := lines[i].all()
			all.add(&t)
		}
		if _, p := all.best(s); !more || p >= noDoubt && letters >= leastLine {
			return all
		}
	}
}

// tell is the language of a line, how sure that is, and about how many letters tell it.
// More of it is read where it seems to be in another language than is expected.
func (p *part) tell(text string, words []word, s script, expected string) (tag string, sure float64, letters int) {
	if modelled[s] != nil {
		for {
			_, letters = p.all()
			if tag, sure = p.best(s); tag == expected && sure > likely || sure >= noDoubt || !p.read(text, words, s) {
				break
			}
		}
	}
	if words = words[p.first:p.end]; letters < leastLine && extent(words) >= leastLine { // it may be in another script
		var of []Guess
		if of, letters = detectIn(text, words); letters >= leastLine {
			tag, sure = of[0].Tag, math.Exp(of[0].LogP)
		}
	}
	return tag, sure, letters
}

// clip is the first n bytes of a text, whole runes.
func clip(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// script is a script, or several, that languages have to themselves.
type script uint8

const (
	none script = iota
	latin
	cyrillic
	arabic
	greek
	hebrew
	han
	kana
	hangul
	devanagari
	thai
	georgian
	armenian
	bengali
	gurmukhi
	gujarati
	tamil
	telugu
	kannada
	malayalam
	sinhala
	khmer
	lao
	burmese
	ethiopic
	scriptCount
)

// alone are the languages of scripts that tell by themselves; modelled are those of the others.
var alone = [scriptCount][]Guess{
	greek: {{"el", 0}}, hebrew: {{"he", 0}}, han: {{"zh", 0}}, kana: {{"ja", 0}}, hangul: {{"ko", 0}}, thai: {{"th", 0}},
	georgian: {{"ka", 0}}, armenian: {{"hy", 0}}, bengali: {{"bn", 0}}, gurmukhi: {{"pa", 0}}, gujarati: {{"gu", 0}},
	tamil: {{"ta", 0}}, telugu: {{"te", 0}}, kannada: {{"kn", 0}}, malayalam: {{"ml", 0}}, sinhala: {{"si", 0}},
	khmer: {{"km", 0}}, lao: {{"lo", 0}}, burmese: {{"my", 0}}, ethiopic: {{"am", 0}},
	devanagari: {{"hi", math.Log(0.6)}, {"mr", math.Log(0.2)}, {"ne", math.Log(0.2)}},
}

// blocks are where the scripts stand in Unicode, in order.
var blocks = []struct {
	first, last rune
	script      script
}{
	{'A', 0x24f, latin}, {0x370, 0x3ff, greek}, {0x400, 0x52f, cyrillic}, {0x531, 0x58f, armenian}, {0x590, 0x5ff, hebrew},
	{0x600, 0x6ff, arabic}, {0x750, 0x77f, arabic}, {0x900, 0x97f, devanagari}, {0x980, 0x9ff, bengali},
	{0xa00, 0xa7f, gurmukhi}, {0xa80, 0xaff, gujarati}, {0xb80, 0xbff, tamil}, {0xc00, 0xc7f, telugu},
	{0xc80, 0xcff, kannada}, {0xd00, 0xd7f, malayalam}, {0xd80, 0xdff, sinhala}, {0xe00, 0xe7f, thai}, {0xe80, 0xeff, lao},
	{0x1000, 0x109f, burmese}, {0x10a0, 0x10ff, georgian}, {0x1100, 0x11ff, hangul}, {0x1200, 0x139f, ethiopic},
	{0x1780, 0x17ff, khmer}, {0x1e00, 0x1eff, latin}, {0x1f00, 0x1fff, greek}, {0x3040, 0x30ff, kana}, {0x3130, 0x318f, hangul},
	{0x3400, 0x9fff, han}, {0xac00, 0xd7a3, hangul}, {0xf900, 0xfaff, han}, {0xfb1d, 0xfb4f, hebrew}, {0xfb50, 0xfdff, arabic},
	{0xfe70, 0xfeff, arabic}, {0xff66, 0xff9d, kana}, {0x20000, 0x3ffff, han},
}

// scriptOfRune is none for what is no letter.
func scriptOfRune(r rune) script {
	if r < utf8.RuneSelf {
		if r |= 'a' - 'A'; 'a' <= r && r <= 'z' {
			return latin
		}
		return none
	}
	return blockOf(r)
}

func blockOf(r rune) script {
	i, found := slices.BinarySearchFunc(blocks, r, func(b struct {
		first, last rune
		script      script
	}, r rune) int {
		switch {
		case b.last < r:
			return -1
		case b.first > r:
			return 1
		}
		return 0
	})
	if !found || !unicode.IsLetter(r) {
		return none
	}
	return blocks[i].script
}

// scriptOf is the script that says most in a text, and how many letters of it there are.
func scriptOf(text string, words []word) (script, int) {
	var count [scriptCount]int
	for _, w := range words {
		for _, r := range text[w.from:w.to] {
			count[scriptOfRune(r)]++
		}
	}
	count[none] = 0
	// Japanese is kana among Han; some kana are ornament in Chinese.
	if count[kana]*8 > count[han] {
		count[kana] += count[han]
		count[han] = 0
	}
	best, most := none, 0
	for s, n := range count {
		weight := n
		switch script(s) {
		case han, kana, hangul:
			weight *= 3 // a letter is a syllable or a word
		}
		if weight > most {
			best, most = script(s), weight
		}
	}
	return best, count[best]
}

// A word is where in a text something stands between spaces; first of those of its line.
type word struct {
	from, to int32
	first    bool
}

// For how many words and lines there is room without asking for more, as of most texts.
const (
	mostWords = 256
	mostLines = 8
)

// wordsOf finds the words of a text, without what has no language: URLs, addresses of
// mail and accounts, hashtags.
func wordsOf(to []word, text string) []word {
	first := true
	for from := 0; from < len(text); {
		at, size := spaceIn(text[from:])
		if at > 0 && isWord(text[from:from+at]) {
			to = append(to, word{int32(from), int32(from + at), first})
			first = false
		}
		if from += at; from < len(text) && text[from] == '\n' {
			first = true
		}
		from += size
	}
	return to
}

// spaceIn is where the first white space of a text stands, and its size; the end where there is none.
func spaceIn(s string) (at, size int) {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == ' ', '\t' <= c && c <= '\r':
			return i, 1
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRuneInString(s[i:])
			if unicode.IsSpace(r) {
				return i, size
			}
			i += size - 1
		}
	}
	return len(s), 0
}

// endOfLine is how many of some words, at least one, are in one line.
func endOfLine(words []word) int {
	for n := 1; n < len(words); n++ {
		if words[n].first {
			return n
		}
	}
	return len(words)
}

// extent is how many bytes there are from the first of some words to the end of the last.
func extent(words []word) int {
	if len(words) == 0 {
		return 0
	}
	return int(words[len(words)-1].to - words[0].from)
}

func isWord(field string) bool {
	bare := field
	if scriptOfRune(rune(field[0])) == none { // or not ASCII
		bare = strings.TrimLeft(field, `([{<"'“„«‘.,:;¿¡-–—`)
	}
	switch {
	case bare == "", bare[0] == '#', bare[0] == '@', strings.HasPrefix(bare, "＃"), strings.HasPrefix(bare, "＠"),
		strings.HasPrefix(bare, "www."), strings.IndexByte(bare, ':') > 0 && strings.Contains(bare, "://"), strings.IndexByte(bare, '@') > 0:
		return false
	}
	return true
}

// The model sees a text as a bag of hashed features.
const (
	longest      = 32            // letters of a word that are looked at
	mostFeatures = 3*longest + 4 // of a word
)

// Features tells the trainer what the model sees of a text: the languages that
// its script leaves possible, and the buckets of its letter groups and words. A
// name is a capitalised word that does not begin the text: it says less of the
// language. No languages are left where the script decides alone.
func Features(text string, see func(bucket int, name bool)) (possible []string) {
	words := wordsOf(nil, text)
	s, _ := scriptOf(text, words)
	if modelled[s] != nil {
		eachWord(text, words, s, 0, 1, func(word []rune, name bool) {
			for _, bucket := range appendFeatures(nil, word) {
				see(int(bucket), name)
			}
		})
	}
	return modelled[s]
}

// eachWord shows words of a text, every step-th from the given one on, in small
// letters of a script and with an end, 0, on either side. It says how many letters they have.
func eachWord(text string, words []word, s script, from, step int, see func(word []rune, name bool)) (letters int) {
	var word [longest + 2]rune
	n, capital, first := 1, false, from == 0
	flush := func() {
		if n > 1 {
			word[n] = 0
			see(word[:n+1], capital && !first)
			first = false
		}
		n, capital = 1, false
	}
	for i := from; i < len(words); i += step {
		for _, r := range text[words[i].from:words[i].to] {
			if r == '’' || r == 'ʼ' {
				r = '\''
			}
			if r > unicode.MaxLatin1 && unicode.Is(unicode.Mn, r) {
				continue // vowels of Arabic, accents that stand apart
			}
			if r != '\'' && scriptOfRune(r) != s {
				flush()
				continue
			}
			if n > longest {
				continue
			}
			if n == 1 || n == 2 && word[1] == '\'' {
				capital = unicode.IsUpper(r)
			}
			word[n] = unicode.ToLower(r)
			n++
			if r != '\'' {
				letters++
			}
		}
		flush()
	}
	return letters
}

// appendFeatures adds the buckets of a word: of all groups of 2 to 4 letters,
// where the ends count as letters, and of the word itself.
func appendFeatures(to []uint32, word []rune) []uint32 {
	whole := uint32(0)
	for i, r := range word {
		h := uint32(r)
		for j, next := range word[i+1 : min(i+4, len(word))] {
			h = h*prime ^ uint32(next)
			to = append(to, bucket(h, uint32(j+1)))
		}
		whole = whole*prime ^ uint32(r)
	}
	if len(word) > 4 { // of a shorter one the letter groups are the word
		to = append(to, bucket(whole, 4))
	}
	return to
}

const prime = 0x01000193

func bucket(h, kind uint32) uint32 {
	h = (h ^ kind*0x9e3779b9) * 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	return uint32(uint64(h) * Buckets >> 32)
}
