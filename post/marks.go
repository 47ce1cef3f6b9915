package post

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"iter"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"

	"samenloop/i18n"
)

// Marks are what a text keeps when it is translated: hashes of its images, its
// links to other sites, its numbers, its names and the roots of its long words,
// each kind sorted.
type Marks [markKinds][]uint32

const (
	images = iota
	links
	numerals
	names
	roots
	markKinds
)

// mostMarks is how many of a kind are kept, the first in the text.
const mostMarks = 32

// MarksOf are the marks of a post.
func MarksOf(p *Post) Marks {
	var m Marks
	full := func(kind int) bool { return len(m[kind]) == mostMarks }
	add := func(kind int, what string) {
		if h := uint32(hashOf(what, 1000) >> 32); h != 0 && !full(kind) && !slices.Contains(m[kind], h) {
			m[kind] = append(m[kind], h)
		}
	}
	site := p.Piece().Site
	for name, attributes := range startTags(p.HTML) {
		switch name {
		case "img":
			add(images, imageName(attributeOf(attributes, "src")))
		case "a":
			if full(links) {
				continue
			}
			if key := Key(attributeOf(attributes, "href")); key != "" && OwnSite(site, key) == 0 {
				add(links, key)
			}
		}
	}
	for _, e := range p.Enclosures {
		add(images, imageName(e.URL))
	}
	for _, text := range []string{p.Title, p.PlainText()} {
		for _, n := range numbersIn(text) {
			if len(n) > 1 {
				add(numerals, n)
			}
		}
		for name := range namesIn(text) {
			if add(names, name); full(names) {
				break
			}
		}
		for h := range rootsIn(text) {
			if full(roots) {
				break
			}
			if !slices.Contains(m[roots], h) {
				m[roots] = append(m[roots], h)
			}
		}
	}
	for _, list := range m {
		slices.Sort(list)
	}
	return m
}

// startTags are the start tags of HTML as a post has it, in which "<" and ">" stand for
// nothing else: their names, and their attributes as they are written.
func startTags(s string) iter.Seq2[string, string] {
	return func(yield func(name, attributes string) bool) {
		for more := true; more; {
			var tag string
			_, s, _ = strings.Cut(s, "<")
			tag, s, more = strings.Cut(s, ">")
			if name, attributes, _ := strings.Cut(tag, " "); more && !strings.HasPrefix(name, "/") && !yield(name, attributes) {
				return
			}
		}
	}
}

// attributeOf is the value of one of the attributes of a start tag; empty where there is none.
func attributeOf(attributes, name string) string {
	for attributes != "" {
		key, rest, _ := strings.Cut(attributes, `="`)
		value, rest, _ := strings.Cut(rest, `"`)
		if key == name {
			return html.UnescapeString(value)
		}
		attributes = strings.TrimPrefix(rest, " ")
	}
	return ""
}

// sized is how sites write the size of an image into its name.
var sized = regexp.MustCompile(`-\d+x\d+$|-scaled$`)

// imageName is the name of a file without the folder, which often differs by language, and the size.
func imageName(raw string) string {
	key := Key(raw)
	if key == "" {
		return ""
	}
	key, _, _ = strings.Cut(key, "?")
	name := path.Base(key)
	return sized.ReplaceAllString(strings.TrimSuffix(name, path.Ext(name)), "")
}

// namesIn are the words of a text that are written as names are: with a capital
// though they begin no sentence, or with one inside.
func namesIn(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		begins := true // a sentence
		word := -1     // where the one under way begins
		capitals, capital := 0, false
		for next := 0; next <= len(text); {
			i, r, size := next, '\n', 1
			if i < len(text) {
				r, size = utf8.DecodeRuneInString(text[i:])
			}
			next += size
			if isLetter(r) {
				upper := unicode.IsUpper(r)
				if word < 0 {
					word, capitals, capital = i, 0, upper
				}
				if upper {
					capitals++
				}
				continue
			}
			if word >= 0 {
				if i-word > 2 && (capitals > 1 || capital && !begins) && !yield(text[word:i]) {
					return
				}
				word, begins = -1, false
			}
			switch r {
			case '.', '!', '?', ':', '…', '\n':
				begins = true
			}
		}
	}
}

func isLetter(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r|0x20 && r|0x20 <= 'z'
	}
	return unicode.IsLetter(r) || unicode.IsMark(r)
}

// A root is how a long word begins, written as it sounds: many are of Greek or
// Latin and the same in many languages, "democratie" and "Demokratie".
const (
	rootLetters = 5
	longWord    = 7
)

// rootsIn are hashes of the roots of the long words of a text in Latin letters.
func rootsIn(text string) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		var (
			folded [4]byte
			root   [rootLetters]byte
			n      int // letters of the word
			k      int // of the root
			last   byte
		)
		for i := 0; i <= len(text); {
			r, size := ' ', 1
			if i < len(text) {
				r, size = utf8.DecodeRuneInString(text[i:])
			}
			i += size
			letters, word := appendFold(folded[:0], r)
			if !word || len(letters) > 0 && (letters[0] < 'a' || letters[0] > 'z') {
				if n >= longWord && k == rootLetters {
					h := uint64(rootLetters)
					for _, c := range root {
						h = h*31 + uint64(c)
					}
					if !yield(uint32(mix(h) >> 32)) {
						return
					}
				}
				n, k, last = 0, 0, 0
				continue
			}
			for _, c := range letters {
				n++
				sound := sounds[c-'a']
				if c == 'h' && last != 0 && n > 1 { // th, ph, ch, gh
					if last == 'p' && k > 0 && k <= rootLetters && root[k-1] == 'p' {
						root[k-1], last = 'f', 'f'
					}
					continue
				}
				if sound == last {
					continue
				}
				if last = sound; k < rootLetters {
					root[k] = sound
					k++
				}
			}
		}
	}
}

// sounds are the letters that stand for each letter: c, q and k sound alike, as do z and s.
var sounds = [26]byte([]byte("abkdefghiiklmnopkrstuvvksis"[:26]))

// MarshalBinary gives the marks as bytes to store: of each kind how many, then four for each.
func (m Marks) MarshalBinary() ([]byte, error) {
	var b []byte
	for _, list := range m {
		b = append(b, byte(len(list)))
		for _, h := range list {
			b = binary.BigEndian.AppendUint32(b, h)
		}
	}
	return b, nil
}

// UnmarshalBinary reads what MarshalBinary gave.
func (m *Marks) UnmarshalBinary(b []byte) error {
	*m = Marks{}
	for kind := range m {
		if len(b) == 0 || len(b) < 1+4*int(b[0]) {
			return fmt.Errorf("read the marks of a text: they end too early")
		}
		list := make([]uint32, b[0])
		b = b[1:]
		for i := range list {
			list[i] = binary.BigEndian.Uint32(b)
			b = b[4:]
		}
		m[kind] = list
	}
	return nil
}

// Marked is a post as finding translations by their marks looks at it.
type Marked struct {
	Row      int64
	Language string // base
	Site     string
	Date     time.Time
	Length   int // of the text, in runes
	Marks    Marks
}

// Bounds of what counts as a translation that nobody declared, as measured on the labelled set in marks_test.go.
const (
	TranslatedWithin = 8 * 24 * time.Hour
	leastMarks       = 3.0 // weight in common
	leastShare       = 0.5 // of the weight of the one that has less
	sureMarks        = 9.0
	sureShare        = 0.75
	sureOthers       = 5.0 // of what is in common without roots: they are of a subject, too
	clearGap         = 1.7 // how much more the best has in common than the next
)

// weights of the kinds, before rarity.
var weights = [markKinds]float64{images: 3, links: 3, numerals: 1, names: 1, roots: 0.8}

// AuthorKey is the name of a post's author, folded; empty where there is none, or
// one word: "Redactie" writes for many.
func (p *Post) AuthorKey() string {
	if len(p.Authors) == 0 {
		return ""
	}
	words := titleWords(p.Authors[0].Name)
	if len(words) < 2 {
		return ""
	}
	return strings.Join(words, " ")
}

// Translations says of posts that have a site in common, or an author and no
// site, all of a time, which is clearly the best to be each of those asked for, by
// their places, in each other language: an edge from that one. What many have
// says little: a mark counts less the more posts of a language have it within
// TranslatedWithin.
func Translations(all []Marked, ask []int, byAuthor bool) []Edge {
	// Marks and languages go by numbers here: they are counted for each post that is asked for.
	type mark struct {
		kind int
		hash uint32
	}
	var (
		numbers = map[mark]int{}
		kinds   []int // of a mark
		marks   = make([][]int, len(all))
		tongues = map[string]int{}
		tongue  = make([]int, len(all))
	)
	for i, m := range all {
		for kind, list := range m.Marks {
			for _, h := range list {
				n, known := numbers[mark{kind, h}]
				if !known {
					n = len(kinds)
					numbers[mark{kind, h}] = n
					kinds = append(kinds, kind)
				}
				marks[i] = append(marks[i], n)
			}
		}
		if _, known := tongues[m.Language]; !known {
			tongues[m.Language] = len(tongues)
		}
		tongue[i] = tongues[m.Language]
	}
	type candidate struct {
		row   int64
		score float64
		edge  float64 // strength; 0: too little
	}
	var (
		edges  []Edge
		counts = make([]int, len(tongues)*len(kinds)) // how many near posts of a language have a mark
		weight = make([]float64, len(kinds))          // of a mark, by its kind and by how many have it in the language where most do
		mine   = make([]bool, len(kinds))
		best   = make([][]candidate, len(tongues))
	)
	for _, i := range ask {
		x := all[i]
		clear(counts)
		clear(mine)
		for j, y := range all {
			if apart(x.Date, y.Date) <= TranslatedWithin {
				for _, n := range marks[j] {
					counts[tongue[j]*len(kinds)+n]++
				}
			}
		}
		for n, kind := range kinds {
			most := 1
			for t := range len(tongues) {
				most = max(most, counts[t*len(kinds)+n])
			}
			weight[n] = weights[kind] / float64(most)
		}
		ofX := 0.0
		for _, n := range marks[i] {
			mine[n] = true
			if kinds[n] != roots { // most words are translated to others: that they are not the same says nothing
				ofX += weight[n]
			}
		}
		for t := range best {
			best[t] = best[t][:0]
		}
		for j, y := range all {
			if byAuthor == (x.Site == y.Site) || y.Language == x.Language || y.Language == i18n.Und || x.Language == i18n.Und || apart(x.Date, y.Date) > TranslatedWithin {
				continue
			}
			var score, ofY float64
			var found [markKinds]float64 // in common
			for _, n := range marks[j] {
				if kinds[n] != roots {
					ofY += weight[n]
				}
				if mine[n] {
					common := weight[n] * weight[n] / weights[kinds[n]] // rare in both
					score += common
					found[kinds[n]] += common
				}
			}
			share := score / max(min(ofX, ofY)+found[roots], 1)
			c := candidate{row: y.Row, score: score}
			fits := 2*x.Length >= y.Length && 2*y.Length >= x.Length
			switch {
			case !fits || score < leastMarks || share < leastShare || several(found) < 2:
			case score >= sureMarks && share >= sureShare && score-found[roots] >= sureOthers:
				c.edge = surely + (1-surely)*share
			default:
				c.edge = min(surely*share, 0.49)
			}
			best[tongue[j]] = append(best[tongue[j]], c)
		}
		for _, list := range best {
			slices.SortFunc(list, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
			if len(list) > 0 && list[0].edge > 0 && (len(list) == 1 || list[0].score >= clearGap*list[1].score) {
				edges = append(edges, Edge{A: x.Row, B: list[0].row, Reason: SameMarks, Strength: list[0].edge})
			}
		}
	}
	return edges
}

// several is of how many kinds something is in common.
func several(found [markKinds]float64) (n int) {
	for _, f := range found {
		if f > 0 {
			n++
		}
	}
	return n
}
