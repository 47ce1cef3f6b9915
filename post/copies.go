package post

import (
	"slices"
	"strings"
	"sync"
	"time"

	"samenloop/i18n"
)

// Bounds of what counts as a copy, as measured on the labelled set in copies_test.go.
const (
	copyWithin  = 45 * 24 * time.Hour
	twiceWithin = 48 * time.Hour // on one site
	leastCopied = 0.35           // Jaccard, of any two
	leastPart   = 0.7            // how much of the shorter is in the longer, where title or lead are equal
	leastBegun  = 0.25           // the same, where both are: two that cut one text in different places
	nearlyEqual = 0.95           // Jaccard, of what comes in series
)

// leads are how many sentences may be the one by which a copy is found, and of how many words.
const (
	leads     = 4
	leadWords = 8
)

// Piece is what finding copies looks at in a post.
type Piece struct {
	Site     string // where it stands: the registered domain or host of its URL, else its source
	Language string
	Date     time.Time
	Title    string
	Text     string
}

// Piece is the post as finding copies and translations looks at it.
func (p *Post) Piece() Piece {
	site := Host(p.URL)
	if domain := registrable(site); domain != "" {
		site = domain
	}
	if site == "" {
		site = "source " + p.Source
	}
	return Piece{Site: site, Language: i18n.Base(p.Language), Date: p.Date(), Title: p.Title, Text: p.PlainText()}
}

// CopyKeys are hashes, each once, of which copies share at least one: of the
// title, of the first eight words of each of its first sentences, and the four
// smallest of its print. A text of less than twenty words has none.
func (p Piece) CopyKeys(print Print) []int64 {
	if wordCount(p.Text, leastWords) < leastWords {
		return nil
	}
	var keys []int64
	add := func(kind, h uint64) {
		if k := copyKey(kind, h); !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	if h := hashOf(p.Title, 1000); h != 0 {
		add(ofTitle, h)
	}
	for _, h := range leadsOf(p.Text) {
		add(ofLead, h)
	}
	for _, h := range print[:min(len(print), 4)] {
		add(ofPrint, uint64(h))
	}
	return keys
}

// What a key is of.
const (
	ofTitle = 1 + iota
	ofLead
	ofPrint
)

func copyKey(kind, h uint64) int64 { return int64(mix(h*8 + kind)) }

// MayShareTitle says whether a piece that has one of the keys of p may have its title, too.
func (p Piece) MayShareTitle(key int64) bool {
	h := hashOf(p.Title, 1000)
	return h == 0 || key == copyKey(ofTitle, h)
}

// hashOf is of the first words of a text, folded; 0 where it has none.
func hashOf(text string, words int) uint64 {
	var all uint64
	for h := range wordHashes(text) {
		if words--; words < 0 {
			break
		}
		all = mix(all*3 + h)
	}
	return all
}

// leadsOf are hashes of the beginnings of the first sentences that are long enough.
func leadsOf(text string) []uint64 {
	var found []uint64
	for line := range strings.Lines(text) {
		for line = strings.TrimSpace(line); line != ""; {
			end := sentenceEnd(line)
			if end <= 0 {
				end = len(line)
			}
			if wordCount(line[:end], leadWords) == leadWords {
				if found = append(found, hashOf(line[:end], leadWords)); len(found) == leads {
					return found
				}
			}
			line = strings.TrimSpace(line[end:])
		}
	}
	return found
}

// mayCopy says without their texts whether two pieces may be copies.
func (p Piece) mayCopy(q Piece) bool {
	return p.Language == q.Language && apart(p.Date, q.Date) <= copyWithin &&
		(p.Site != q.Site || apart(p.Date, q.Date) <= twiceWithin && p.sameTitle(q))
}

func (p Piece) sameTitle(q Piece) bool { return hashOf(p.Title, 1000) == hashOf(q.Title, 1000) }

// MayCopy says by two prints, and pieces that need not have their texts, whether
// it makes sense to compare the texts.
func (p Piece) MayCopy(q Piece, a, b Print) bool {
	return p.mayCopy(q) && (a.MayCopy(b) || p.sameTitle(q) && !isSeries(p.Title, q.Title))
}

// MayCopy says by prints alone whether two texts may be copies.
func (p Print) MayCopy(q Print) bool {
	if p.Jaccard(q) >= leastCopied/2 {
		return true
	}
	// Of the longer, the print goes up to some hash: what the shorter has up to there, the longer should have.
	if len(p) == 0 || len(q) == 0 {
		return false
	}
	upTo := min(p[len(p)-1], q[len(q)-1])
	within := func(p, q Print) bool {
		n, both := 0, 0
		for _, h := range p {
			if h > upTo {
				break
			}
			n++
			if slices.Contains(q, h) {
				both++
			}
		}
		return n > 0 && 2*both >= n
	}
	return within(p, q) || within(q, p)
}

// CopyOf says how much two pieces are copies of each other: 0 where they are not,
// else up to 1.
func (p Piece) CopyOf(q Piece) float64 {
	if !p.mayCopy(q) || wordCount(p.Text, leastWords) < leastWords || wordCount(q.Text, leastWords) < leastWords {
		return 0
	}
	sameTitle := p.sameTitle(q)
	jaccard, part := overlap(p.Text, q.Text)
	switch {
	case p.Site == q.Site:
		if jaccard >= nearlyEqual {
			return jaccard
		}
		return 0
	case isSeries(p.Title, q.Title) || otherNumbers(p.Text, q.Text):
		if jaccard >= nearlyEqual && (sameTitle || !isSeries(p.Title, q.Title)) {
			return jaccard
		}
		return 0
	case jaccard >= leastCopied:
		return jaccard
	case part < leastBegun:
		return 0
	}
	if sameLead := sameLead(p.Text, q.Text); sameTitle && sameLead || part >= leastPart && (sameTitle || sameLead) {
		return part
	}
	return 0
}

// CopyStrength is that of the edge between two posts of which CopyOf said how much
// they are alike. emitted: as two stories, which no likeness makes one.
func CopyStrength(alike float64, emitted bool) float64 {
	switch {
	case alike == 0:
		return 0
	case emitted:
		return surely * min(alike, 0.99)
	}
	return surely + (1-surely)*alike
}

func sameLead(a, b string) bool {
	x := leadsOf(a)
	return slices.ContainsFunc(leadsOf(b), func(h uint64) bool { return slices.Contains(x, h) })
}

// overlap is how much two texts have in common: the Jaccard index of their runs
// of three words, and how much of the shorter is in the longer.
func overlap(a, b string) (jaccard, part float64) {
	x, y := shingles(a, shingle), shingles(b, shingle)
	both := common(x, y)
	if both == 0 {
		return 0, 0
	}
	return float64(both) / float64(len(x)+len(y)-both), float64(both) / float64(min(len(x), len(y)))
}

// recurring begin the titles of what comes again and again with nearly the same words, folded.
var recurring = strings.Split(`vacature|vacatures|vacancy|job|jobs|wij zoeken|we zoeken|we are hiring|stellenangebot|stellenausschreibung|wir suchen|
offre d emploi|nous recrutons|fakatuere|fakatueres|open avond|open dag|open middag|open day|open evening|offener abend|porte ouverte|portes ouvertes|
weeknotes|weeknote|week in|weekly|weekoverzicht|weekbericht|wochenruckblick|nieuwsbrief|newsletter|nijsbrief|lettre d information|agenda|agendapunt|
meetup|spreekuur|inloop|inloopspreekuur|repair cafe|reparatiecafe|podcast|aflevering|episode|folge|save the date|webinar|workshop|alv|vergadering|borrel`, "|")

// isSeries says whether two titles are of pieces that come in series: they begin
// as such ones do, or differ in nothing but a number, a month or a day, or in what
// follows the same words and a colon.
func isSeries(a, b string) bool {
	x, y := titleWords(a), titleWords(b)
	for _, words := range [][]string{x, y} {
		title := " " + strings.Join(words, " ") + " "
		for _, r := range recurring {
			if strings.HasPrefix(title, " "+strings.TrimSpace(r)+" ") {
				return true
			}
		}
	}
	if slices.Equal(x, y) {
		return false
	}
	if i, j := strings.IndexByte(a, ':'), strings.IndexByte(b, ':'); i > 0 && j > 0 && slices.Equal(titleWords(a[:i]), titleWords(b[:j])) {
		return true
	}
	return len(x) > 1 && slices.Equal(slices.DeleteFunc(x, tellsWhen), slices.DeleteFunc(y, tellsWhen))
}

func titleWords(title string) []string {
	var words []string
	var word []byte
	for _, r := range title + " " {
		folded, ok := appendFold(nil, r)
		if ok {
			word = append(word, folded...)
		} else if len(word) > 0 {
			words = append(words, string(word))
			word = word[:0]
		}
	}
	return words
}

// tellsWhen is true for numbers and, in our languages, the names of months and days.
func tellsWhen(word string) bool {
	if word[0] >= '0' && word[0] <= '9' {
		return true
	}
	return calendar()[word]
}

// calendar has the months and days in the languages that we have words in, folded.
var calendar = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	for _, language := range []string{"nl", "en", "fy", "de", "fr", "ar"} {
		dates := i18n.WordsIn(language).Dates
		for _, name := range slices.Concat(dates.Months, dates.Days) {
			for _, word := range titleWords(name) {
				names[word] = true
			}
		}
	}
	return names
})

// otherNumbers says whether each of two texts has numbers that the other has
// not: the date or the price that tells one of a series from the next. One-sided
// ones are of a footer, or of what was cut off.
func otherNumbers(a, b string) bool {
	x, y := numbersIn(a), numbersIn(b)
	lacks := func(x, y []string) bool {
		return slices.ContainsFunc(x, func(n string) bool { return !slices.Contains(y, n) })
	}
	return lacks(x, y) && lacks(y, x)
}

// mostNumbers is how many numbers of a text are looked at.
const mostNumbers = 64

// numbersIn are the numbers of a text, each once, without what separates their
// digits: "12.500" and "12,500" are one, as are "19:30" and "19.30".
func numbersIn(text string) (numbers []string) {
	var number []byte
	end := func() {
		if n := string(number); n != "" && len(numbers) < mostNumbers && !slices.Contains(numbers, n) {
			numbers = append(numbers, n)
		}
		number = number[:0]
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case '0' <= c && c <= '9':
			number = append(number, c)
		case len(number) == 0:
		case (c == '.' || c == ',' || c == ':') && i+1 < len(text) && '0' <= text[i+1] && text[i+1] <= '9':
		default:
			end()
		}
	}
	end()
	return numbers
}
