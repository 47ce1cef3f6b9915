package post

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Marks are what a text keeps when it is translated: hashes of its images, its
// links to other sites, its numbers and its names, each kind sorted.
type Marks [markKinds][]uint32

const (
	images = iota
	links
	numbers
	names
	markKinds
)

// mostMarks is how many of a kind are kept, the first in the text.
const mostMarks = 32

// MarksOf are the marks of a post.
func MarksOf(p *Post) Marks {
	var m Marks
	add := func(kind int, what string) {
		if h := uint32(hashOf(what, 1000) >> 32); h != 0 && len(m[kind]) < mostMarks && !slices.Contains(m[kind], h) {
			m[kind] = append(m[kind], h)
		}
	}
	site := p.Piece().Site
	z := html.NewTokenizer(strings.NewReader(p.HTML))
	for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		switch name, more := z.TagName(); atom.Lookup(name) {
		case atom.Img:
			add(images, imageName(attribute(z, more, "src")))
		case atom.A:
			if key := Key(attribute(z, more, "href")); key != "" && OwnSite(site, key) == 0 {
				add(links, key)
			}
		}
	}
	for _, e := range p.Enclosures {
		add(images, imageName(e.URL))
	}
	text := p.Title + "\n" + p.PlainText()
	for _, n := range numbersIn(text) {
		if len(n) > 1 {
			add(numbers, n)
		}
	}
	eachName(text, func(name string) { add(names, name) })
	for _, list := range m {
		slices.Sort(list)
	}
	return m
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

// eachName hands over the words of a text that are written as names are: with a
// capital though they begin no sentence, or with one inside.
func eachName(text string, do func(string)) {
	begins := true // a sentence
	word := -1     // where the one under way begins
	capitals := 0
	for i, r := range text + "\n" {
		if unicode.IsLetter(r) || unicode.IsMark(r) {
			if word < 0 {
				word, capitals = i, 0
			}
			if unicode.IsUpper(r) {
				capitals++
			}
			continue
		}
		if word >= 0 {
			first, _ := utf8.DecodeRuneInString(text[word:])
			if i-word > 2 && (capitals > 1 || unicode.IsUpper(first) && !begins) {
				do(text[word:i])
			}
			word, begins = -1, false
		}
		if strings.ContainsRune(".!?:…\n", r) {
			begins = true
		}
	}
}

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
	leastMarks       = 4.0 // weight in common
	leastShare       = 0.5 // of the weight of the one that has less
	sureMarks        = 9.0
	sureShare        = 0.75
	clearGap         = 1.4 // how much more the best has in common than the next
)

// weights of the kinds, before rarity.
var weights = [markKinds]float64{images: 3, links: 3, numbers: 1, names: 1}

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
// site, all of a time, which is clearly the best to be the one at i in each other language: an
// edge from that one. What many have says little: a mark counts less the more
// posts of a language have it within TranslatedWithin.
func Translations(all []Marked, i int, byAuthor bool) []Edge {
	x := all[i]
	var near []Marked
	byLanguage := map[string]map[mark]float64{}
	for _, y := range all {
		if apart(x.Date, y.Date) > TranslatedWithin {
			continue
		}
		near = append(near, y)
		if byLanguage[y.Language] == nil {
			byLanguage[y.Language] = map[mark]float64{}
		}
		for kind, list := range y.Marks {
			for _, h := range list {
				byLanguage[y.Language][mark{kind, h}]++
			}
		}
	}
	carriers := map[mark]float64{}
	for _, counts := range byLanguage {
		for m, n := range counts {
			carriers[m] = max(carriers[m], n)
		}
	}
	type candidate struct {
		row   int64
		score float64
		edge  float64 // strength; 0: too little
	}
	best := map[string][]candidate{}
	var languages []string
	for _, y := range near {
		if byAuthor == (x.Site == y.Site) || y.Language == x.Language || y.Language == "und" || x.Language == "und" {
			continue
		}
		score, share, kinds := inCommon(x, y, carriers)
		c := candidate{row: y.Row, score: score}
		fits := 2*x.Length >= y.Length && 2*y.Length >= x.Length
		switch {
		case !fits || score < leastMarks || share < leastShare || kinds < 2:
		case score >= sureMarks && share >= sureShare:
			c.edge = surely + (1-surely)*share
		default:
			c.edge = min(surely*share, 0.49)
		}
		if best[y.Language] == nil {
			languages = append(languages, y.Language)
		}
		best[y.Language] = append(best[y.Language], c)
	}
	var edges []Edge
	for _, language := range languages {
		list := best[language]
		slices.SortFunc(list, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
		if list[0].edge > 0 && (len(list) == 1 || list[0].score >= clearGap*list[1].score) {
			edges = append(edges, Edge{A: x.Row, B: list[0].row, Reason: SameMarks, Strength: list[0].edge})
		}
	}
	return edges
}

// mark is one of a kind.
type mark struct {
	kind int
	hash uint32
}

// inCommon weighs the marks that two posts share: altogether, as a share of the
// weight of the one that has less, and in how many kinds. carriers is how many have each, in the language where most do.
func inCommon(x, y Marked, carriers map[mark]float64) (score, share float64, kinds int) {
	var ofX, ofY float64
	for kind, weight := range weights {
		found := false
		for _, h := range x.Marks[kind] {
			ofX += weight / carriers[mark{kind, h}]
		}
		for _, h := range y.Marks[kind] {
			w := weight / carriers[mark{kind, h}]
			ofY += w
			if _, both := slices.BinarySearch(x.Marks[kind], h); both {
				found = true
				score += w / carriers[mark{kind, h}]
			}
		}
		if found {
			kinds++
		}
	}
	return score, score / max(min(ofX, ofY), 1), kinds
}
