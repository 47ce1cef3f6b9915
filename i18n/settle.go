package i18n

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Kind is where a sign of a post's language stood.
type Kind string

const (
	OfOperator Kind = "operator" // the configuration: a lock
	OfItem     Kind = "item"     // the entry's own: xml:lang, dc:language, JSON Feed, one of several in a contentMap
	OfAccount  Kind = "account"  // the only key of a contentMap: often the account's default
	OfHreflang Kind = "hreflang" // the link to the post itself
	OfURL      Kind = "url"      // its path, its host, ?lang=
	OfDomain   Kind = "domain"   // the top-level domain of its URL
	OfPage     Kind = "page"     // <html lang> of its page
	OfFeed     Kind = "feed"     // the feed's own claim: often what the software was shipped with
)

// Evidence is one sign of a post's language.
type Evidence struct {
	Kind  Kind   `json:"kind"`
	Says  string `json:"says"`            // the tag as it was written; never empty
	Where string `json:"where,omitempty"` // in words, where the kind does not tell: "xml:lang", "path /nl/"
}

// Sign is evidence of a tag from the wild; ok is false where that names no language.
func Sign(kind Kind, says, where string) (e Evidence, ok bool) {
	if Tag(says) == "" {
		return e, false
	}
	if i := strings.IndexAny(says, ".@"); i >= 0 {
		says = says[:i] // a POSIX locale; what follows can be anything
	}
	return Evidence{kind, strings.TrimSpace(says), where}, true
}

// signs is how much a kind of evidence weighs, in nats: three make a language
// twenty times as likely. Of each family only the strongest counts. said and
// against are how it is told.
var signs = map[Kind]struct {
	family        string
	weight        float64
	said, against string
}{
	OfItem:     {"item", 4, "%[1]s %[2]s", "%[1]s says %[2]s"},
	OfAccount:  {"item", 2, "%[1]s %[2]s", "%[1]s says %[2]s"},
	OfHreflang: {"hreflang", 4, "its own hreflang %[2]s", "its own hreflang says %[2]s"},
	OfURL:      {"url", 3.5, "%[1]s", "%[1]s says %[2]s"},
	OfDomain:   {"url", 0.7, "%[1]s", "%[1]s says %[2]s"},
	OfPage:     {"site", 2, "page %[2]s", "the page says %[2]s"},
	OfFeed:     {"site", 1.5, "feed %[2]s", "the feed says %[2]s"},
}

// weight of a sign. Software is shipped saying English: that says little.
func (e Evidence) weight() float64 {
	if e.Kind == OfFeed && Tag(e.Says) == English {
		return 0.3
	}
	return signs[e.Kind].weight
}

// MostRead is how much of a post's text settles its language, in bytes.
const MostRead = 1200

// unknown is what the text says about a language that the detector does not
// know: not much, and rather no.
const unknown = -2.5

// Settled is the language of a post.
type Settled struct {
	Tag        string  // as Tag writes it; Und where too little tells
	Confidence float64 // 0 to 1: how likely it is rather than the runner-up
	From       string  // why, in English: "text 0.98, path /nl/; the feed says en-US, outweighed"; see Words.Because
}

// Settle weighs what is declared of a post's language against what its title and
// text read like. The operator's word holds whatever the rest says. The text
// weighs the more the longer it is; a declaration of the item itself silences
// feed and page. In a text of two languages the longer part leads. The region of
// a tag comes from what is declared: nl-BE stays where the text says nl.
func Settle(title, text string, evidence []Evidence) Settled {
	for _, e := range evidence {
		if e.Kind == OfOperator {
			return Settled{Tag(e.Says), 1, byOperator}
		}
	}
	read := read(title, text)
	counted := counting(evidence)
	declared := map[string]float64{}
	scores := slices.Clone(read.guesses)
	for i := range scores {
		scores[i].LogP = max(scores[i].LogP, -read.cap)
	}
	for _, e := range counted {
		l := Base(e.Says)
		at := slices.IndexFunc(scores, func(g Guess) bool { return g.Tag == l })
		if at < 0 {
			at = len(scores)
			scores = append(scores, Guess{l, read.says(l)})
		}
		scores[at].LogP += e.weight()
		declared[l] += e.weight()
	}
	slices.SortStableFunc(scores, func(a, b Guess) int {
		return cmp.Or(cmp.Compare(b.LogP, a.LogP), cmp.Compare(declared[b.Tag], declared[a.Tag]))
	})

	s := Settled{Tag: Und, From: tooLittle}
	if len(scores) == 0 {
		return s
	}
	best := scores[0]
	rivals := scores[1:]
	if declared[best.Tag] > 0 {
		rivals = rivals[:min(1, len(rivals))]
	}
	others := 0.0
	for _, r := range rivals {
		others += math.Exp(r.LogP - best.LogP)
	}
	if len(counted) == 0 && 1/(1+others) < 0.5 {
		return s
	}
	s.Tag, s.Confidence = best.Tag, 1/(1+others)
	for _, e := range counted { // the strongest first
		if tag := Tag(e.Says); base(tag) == best.Tag && tag != best.Tag {
			s.Tag = tag
			break
		}
	}
	s.From = tell(best.Tag, read, counted)
	return s
}

// counting is the evidence that counts, the strongest first.
func counting(evidence []Evidence) []Evidence {
	sorted := slices.SortedStableFunc(slices.Values(evidence), func(a, b Evidence) int { return cmp.Compare(b.weight(), a.weight()) })
	has := map[string]bool{}
	var counted []Evidence
	for _, e := range sorted {
		if family := signs[e.Kind].family; family != "" && !has[family] {
			has[family] = true
			counted = append(counted, e)
		}
	}
	if has["item"] {
		counted = slices.DeleteFunc(counted, func(e Evidence) bool { return signs[e.Kind].family == "site" })
	}
	return counted
}

// reading is what a text reads like.
type reading struct {
	guesses []Guess // best first; empty where it has no letters
	second  string  // the language of another part of it
	cap     float64 // the most that it can say against a language it might be in
}

func read(title, text string) reading {
	text = title + "\n" + clip(text, MostRead)
	guesses, letters, second := detectMixed(clip(text, mostDetected))
	return reading{guesses, second, min(max(0.16*float64(letters-4), 0.1), 12)}
}

// says is how the text speaks for a language: 0 at best.
func (r reading) says(tag string) float64 {
	if len(r.guesses) == 0 {
		return 0
	}
	for _, g := range r.guesses {
		if g.Tag == tag {
			return max(g.LogP, -r.cap)
		}
	}
	if detectable[tag] {
		return -12 // it is written in another script
	}
	return max(unknown, -r.cap)
}

// detectable are the languages that Detect can give.
var detectable = func() map[string]bool {
	all := map[string]bool{}
	for _, tag := range ModelTags() {
		all[tag] = true
	}
	for _, guesses := range alone {
		for _, g := range guesses {
			all[g.Tag] = true
		}
	}
	return all
}()

// tell says in words, which Because reads, what speaks for a language, what was outweighed, and what else a part of the text is in.
func tell(tag string, read reading, counted []Evidence) string {
	var speaks, against []string
	if len(read.guesses) > 0 {
		for _, g := range read.guesses {
			if p := math.Exp(g.LogP); g.Tag == tag && p >= 0.005 {
				speaks = append(speaks, fmt.Sprintf("text %.2f", p))
			}
		}
		if best := read.guesses[0]; best.Tag != tag && math.Exp(best.LogP) >= 0.5 {
			against = append(against, fmt.Sprintf("the text reads like %s %.2f", best.Tag, math.Exp(best.LogP)))
		}
	}
	for _, e := range counted {
		if Base(e.Says) == tag {
			speaks = append(speaks, fmt.Sprintf(signs[e.Kind].said, e.Where, e.Says))
		} else {
			against = append(against, fmt.Sprintf(signs[e.Kind].against, e.Where, e.Says))
		}
	}
	words := strings.Join(speaks, ", ")
	if len(against) > 0 {
		words += "; " + strings.Join(against, ", ") + ", outweighed"
	}
	if read.second != "" && read.second != tag {
		words += "; a part is in " + read.second
	}
	return words
}
