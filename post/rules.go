package post

import (
	"cmp"
	"slices"
	"strings"
)

// Rules decide which posts belong.
type Rules struct {
	Topics []Topic
	Whole  map[string]bool // Source.ID → every post of it belongs (topics = "all")
}

// Changed names the topics that another rule decides now, or that are no more.
// What a topic is called decides nothing.
func (r Rules) Changed(old Rules) map[string]bool {
	changed := map[string]bool{}
	for _, t := range old.Topics {
		changed[t.ID] = true
	}
	for _, t := range r.Topics {
		same := func(o Topic) bool {
			return o.ID == t.ID && slices.Equal(o.Hashtags, t.Hashtags) && slices.Equal(o.Phrases, t.Phrases)
		}
		if slices.ContainsFunc(old.Topics, same) {
			delete(changed, t.ID)
		} else {
			changed[t.ID] = true
		}
	}
	return changed
}

// ByWhole is the evidence of a post that is on no topic of a source that is taken whole.
const ByWhole = `every post of this source (topics = "all")`

// Decision is what a stored post is on.
type Decision struct {
	Row     int64
	Matches []Match // in order of topics
}

// Redecide gives the topics of a stored post after topics changed, in their
// order. had are those it was on, match knows the changed topics that still are.
//
// A post leaves a topic when neither its words match it any more nor what it
// once matched by is still asked for: one that lost the hashtag in an edit was
// on topic all the same, and stays for as long as that hashtag counts.
func Redecide(w Words, had []Match, changed map[string]bool, match *Matcher, whole bool) []Match {
	matches := match.Match(w)
	for _, m := range had {
		switch {
		case m.Topic == "" || slices.ContainsFunc(matches, m.sameTopic):
		case !changed[m.Topic], slices.ContainsFunc(match.Match(m.evidence()), m.sameTopic):
			matches = append(matches, m)
		}
	}
	if whole && len(matches) == 0 {
		matches = []Match{{By: ByWhole}}
	}
	slices.SortFunc(matches, func(a, b Match) int { return cmp.Compare(a.Topic, b.Topic) })
	return matches
}

func (m Match) sameTopic(o Match) bool { return m.Topic == o.Topic }

// evidence is the hashtag or phrase that a post matched by, as if a post said that alone.
func (m Match) evidence() Words {
	_, name := m.Evidence()
	return Words{Content: name}
}

// Evidence takes By apart: where ("tag", "title", "content", "summary", "page") a
// hashtag or phrase stands, and which. Where is empty for ByWhole.
func (m Match) Evidence() (where, name string) {
	found, name, _ := strings.Cut(m.By, ": ")
	_, where, _ = strings.Cut(found, " in ")
	if m.By == ByWhole {
		return "", ""
	}
	return where, name
}
