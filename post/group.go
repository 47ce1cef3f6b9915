package post

import (
	"cmp"
	"slices"

	"samenloop/i18n"
)

// grouping is which posts are one story, as Settle works it out. Posts are added
// to each other by the surest evidence first, so that the outcome depends on
// the posts alone and not on the order in which they came:
//
//  1. what a person joined, then what is declared: address, text, object, hreflang, path;
//  2. copies, as long as all that come together in one language are copies of each other:
//     a piece that resembles two others does not make those two one story;
//  3. translations found by their marks, each the other's clear best, in the same manner;
//  4. notes, each to the one piece that it is about: it never joins two pieces.
//
// What a person split stays apart in every step.
type grouping struct {
	members []Member
	rank    map[int64]int // of a row, by what its source calls the post: the same in any order of arrival
	stands  forest
	apart   []Edge
	// talks are the notes that stand in the story of what they are about, by row.
	talks map[int64]bool
	// tells are the edges along which posts are told by one edition.
	tells []Edge
}

// group works it out, and says of the members which of them talk.
func group(members []Member, edges []Edge) *grouping {
	g := &grouping{members: members, rank: map[int64]int{}, stands: forest{}, talks: map[int64]bool{}}
	byName := slices.Clone(members)
	slices.SortFunc(byName, func(a, b Member) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Row, b.Row))
	})
	for i, m := range byName {
		g.rank[m.Row] = i
		g.stands[m.Row] = m.Row
	}
	edges = slices.DeleteFunc(slices.Clone(edges), func(e Edge) bool { return !g.knows(e.A) || !g.knows(e.B) })
	edges = heard(members, edges)
	slices.SortFunc(edges, func(a, b Edge) int {
		low := func(e Edge) int { return min(g.rank[e.A], g.rank[e.B]) }
		high := func(e Edge) int { return max(g.rank[e.A], g.rank[e.B]) }
		return cmp.Or(cmp.Compare(a.Reason.order(), b.Reason.order()), cmp.Compare(b.Strength, a.Strength),
			cmp.Compare(low(a), low(b)), cmp.Compare(high(a), high(b)), cmp.Compare(g.rank[a.A], g.rank[b.A]))
	})
	by := map[Reason][]Edge{}
	for _, e := range edges {
		if e.Reason == Split {
			g.apart = append(g.apart, e)
		} else if e.Strong() {
			by[e.Reason] = append(by[e.Reason], e)
		}
	}
	for _, e := range edges {
		if e.Strong() && e.Reason.declared() && g.join(e) && e.Reason.sameEdition() {
			g.tells = append(g.tells, e)
		}
	}
	g.agree(by[Copy], func(linked bool, a, b []Member) bool { return linked || !shareLanguage(a, b) })
	for _, e := range by[Copy] {
		if g.stands.root(e.A) == g.stands.root(e.B) {
			g.tells = append(g.tells, e)
		}
	}
	g.agree(mutual(by[SameMarks]), func(linked bool, a, b []Member) bool { return linked && !shareLanguage(a, b) })
	g.discuss(edges)
	for i := range members {
		members[i].Talks = g.talks[members[i].Row]
	}
	return g
}

// heard are the edges that count. Who posts at another's address says nothing of
// it where that site speaks itself: what else such a post is tied to has no part
// in the story. Nor is it a translation, or the same text under another id, where
// one of the two stands on its own site and the other does not.
func heard(members []Member, edges []Edge) []Edge {
	home := map[int64]bool{}
	for _, m := range members {
		home[m.Row] = m.Own > 0
	}
	guest := map[int64]bool{}
	for _, e := range edges {
		if e.Reason == SameURL && home[e.A] != home[e.B] {
			guest[e.A], guest[e.B] = guest[e.A] || !home[e.A], guest[e.B] || !home[e.B]
		}
	}
	return slices.DeleteFunc(edges, func(e Edge) bool {
		switch e.Reason {
		case SameURL, Joined, Split:
			return false
		case SameText, Hreflang, SamePath:
			if home[e.A] != home[e.B] {
				return true
			}
		}
		return guest[e.A] || guest[e.B]
	})
}

// forest is which rows stand together: each names another, or itself.
type forest map[int64]int64

func (f forest) root(row int64) int64 {
	for f[row] != row {
		f[row] = f[f[row]]
		row = f[row]
	}
	return row
}

func (f forest) join(a, b int64) {
	a, b = f.root(a), f.root(b)
	f[max(a, b)] = min(a, b)
}

// split takes members apart by what stands together, each part in their order.
func (f forest) split(members []Member) [][]Member {
	place := map[int64]int{}
	var parts [][]Member
	for _, m := range members {
		r := f.root(m.Row)
		i, ok := place[r]
		if !ok {
			i = len(parts)
			place[r] = i
			parts = append(parts, nil)
		}
		parts[i] = append(parts[i], m)
	}
	return parts
}

// parts are the stories.
func (g *grouping) parts() [][]Member { return g.stands.split(g.members) }

// tellings are the parts of a story that are told by one edition each, unless in the same language.
func (g *grouping) tellings(story []Member) [][]Member {
	f := forest{}
	for _, m := range story {
		f[m.Row] = m.Row
	}
	for _, e := range g.tells {
		if _, here := f[e.A]; here {
			f.join(e.A, e.B)
		}
	}
	return f.split(story)
}

func (g *grouping) knows(row int64) bool { _, ok := g.stands[row]; return ok }

// join makes one of what stands at both ends of an edge, unless somebody split them.
// It reports whether they are one now.
func (g *grouping) join(e Edge) bool {
	a, b := g.stands.root(e.A), g.stands.root(e.B)
	if a == b {
		return true
	}
	for _, s := range g.apart {
		if x, y := g.stands.root(s.A), g.stands.root(s.B); x == a && y == b || x == b && y == a {
			return false
		}
	}
	g.stands.join(a, b)
	return true
}

// agree joins along edges, the strongest first, where fits says of every two
// parts that would come together that they may; linked says that an edge ties them.
func (g *grouping) agree(edges []Edge, fits func(linked bool, a, b []Member) bool) {
	if len(edges) == 0 {
		return
	}
	parts := g.parts()
	part := map[int64]int{} // of a row, as things stood before
	for i, p := range parts {
		for _, m := range p {
			part[m.Row] = i
		}
	}
	linked := map[[2]int]bool{}
	for _, e := range edges {
		linked[[2]int{part[e.A], part[e.B]}] = true
		linked[[2]int{part[e.B], part[e.A]}] = true
	}
	within := make([][]int, len(parts)) // the parts that now stand together with this one
	for i := range parts {
		within[i] = []int{i}
	}
	for _, e := range edges {
		a, b := part[e.A], part[e.B]
		if slices.Contains(within[a], b) {
			continue
		}
		all := true
		for _, i := range within[a] {
			for _, j := range within[b] {
				all = all && fits(linked[[2]int{i, j}], parts[i], parts[j])
			}
		}
		if !all || !g.join(e) {
			continue
		}
		together := slices.Concat(within[a], within[b])
		for _, i := range together {
			within[i] = together
		}
	}
}

// discuss brings notes to what they are about.
func (g *grouping) discuss(edges []Edge) {
	about := map[int64][]Edge{} // of a note, the link that counts most first
	for _, e := range edges {
		if e.Reason == About {
			about[e.A] = append(about[e.A], e)
		}
	}
	if len(about) > 0 {
		parts := g.parts()
		slices.SortFunc(parts, func(a, b []Member) int { return cmp.Compare(g.first(a), g.first(b)) })
		for _, part := range parts {
			if slices.ContainsFunc(part, func(m Member) bool { return !m.Note && about[m.Row] == nil }) {
				continue // a piece of its own, whatever it mentions
			}
			var ways []Edge
			for _, m := range part {
				for _, e := range about[m.Row] {
					if g.stands.root(e.B) != g.stands.root(m.Row) {
						ways = append(ways, e)
					}
				}
			}
			slices.SortFunc(ways, func(a, b Edge) int {
				return cmp.Or(cmp.Compare(b.Strength, a.Strength), cmp.Compare(g.rank[a.B], g.rank[b.B]), cmp.Compare(g.rank[a.A], g.rank[b.A]))
			})
			for _, e := range ways {
				if g.join(e) {
					g.tells = append(g.tells, e)
					for _, m := range part {
						g.talks[m.Row] = true
					}
					break
				}
			}
		}
	}
	note := map[int64]bool{}
	for _, m := range g.members {
		note[m.Row] = m.Note
	}
	for _, e := range edges { // a note that a person brought to an article
		if e.Reason == Joined && note[e.A] != note[e.B] {
			g.talks[e.A] = g.talks[e.A] || note[e.A]
			g.talks[e.B] = g.talks[e.B] || note[e.B]
			g.tells = append(g.tells, e)
		}
	}
}

func (g *grouping) first(part []Member) int {
	least := len(g.members)
	for _, m := range part {
		least = min(least, g.rank[m.Row])
	}
	return least
}

// mutual keeps of edges that say "A's clear best is B" those that B answers.
func mutual(edges []Edge) []Edge {
	said := map[[2]int64]bool{}
	for _, e := range edges {
		said[[2]int64{e.A, e.B}] = true
	}
	return slices.DeleteFunc(slices.Clone(edges), func(e Edge) bool { return !said[[2]int64{e.B, e.A}] })
}

func shareLanguage(a, b []Member) bool {
	return slices.ContainsFunc(a, func(x Member) bool {
		return slices.ContainsFunc(b, func(y Member) bool { return i18n.Base(x.Language) == i18n.Base(y.Language) })
	})
}
