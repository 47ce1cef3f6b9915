package post

import (
	"cmp"
	"slices"
	"time"

	"samenloop/i18n"
)

// Reason says why two posts belong together.
type Reason string

const (
	// SameURL: their URLs have the same canonical key.
	SameURL Reason = "same-url"
	// SameText: one source gave the same title and text under two ids, as it does when a slug changes.
	SameText Reason = "same-text"
	// SameObject: one source gave one object in several languages.
	SameObject Reason = "same-object"
	// Hreflang: A declares B to be the same piece in another language.
	Hreflang Reason = "hreflang"
	// SamePath: their URLs differ in the segment that names the language, and so do their languages.
	SamePath Reason = "same-path"
	// Copy: two sites gave nearly the same text in one language.
	Copy Reason = "copy"
	// SameMarks: images, links, numbers, names and the roots of words say that B is A in another language, and clearly
	// more so than anything else in that language. It counts where B says the same of A.
	SameMarks Reason = "marks"
	// About: A is a note that links to B.
	About Reason = "about"
	// Joined and Split: a person said so. That stays.
	Joined Reason = "joined"
	Split  Reason = "split"
)

// order is how sure a reason is, the surest first.
func (r Reason) order() int {
	return slices.Index([]Reason{Joined, SameURL, SameText, SameObject, Hreflang, SamePath, Copy, SameMarks, About, Split}, r)
}

// declared says whether somebody who can know said it, rather than that we found it out.
func (r Reason) declared() bool {
	switch r {
	case Joined, SameURL, SameText, SameObject, Hreflang, SamePath:
		return true
	}
	return false
}

// Edge ties two posts, with the evidence. A is the smaller row, but where the
// reason has a direction.
type Edge struct {
	A, B     int64
	Reason   Reason
	Strength float64 // 0 to 1
}

// surely is the strength from which an edge joins. Below it the two are
// possibly one story, which is shown and joins nothing.
const surely = 0.5

// Possible is the strength of an edge of which nobody can be sure.
const Possible = surely - 0.1

// Strong says whether an edge joins its posts.
func (e Edge) Strong() bool { return e.Strength >= surely }

// Member is what grouping needs to know of a post.
type Member struct {
	Row      int64
	Source   string
	ID       string // Post.ID
	Story    int64  // row of the story it is in; 0 for none yet
	Language string
	Own      int  // OwnSite of the source's host and the post's URL
	Dated    bool // the source stated a date that can be believed
	Date     time.Time
	Updated  time.Time // as stated, or zero
	Shown    Digest    // of what an edition led by it shows
	Topics   []string  // it is on; nil when it is on none
	Backfill bool
	Note     bool // Post.Note
	Talks    bool // it stood among the discussions of its story

	Withdrawn bool // it was deleted, or its source was purged: it leads only what is retracted

	outdated bool // its source gave the same text again, under another id: this address may be dead
}

// Retraction says why an edition is no longer shown; empty while it is.
type Retraction string

const (
	Merged    Retraction = "merged"     // into an older edition
	OffTopic  Retraction = "off-topic"  // its topic changed; it returns when it matches again
	Deleted   Retraction = "deleted"    // at its source, or with its source
	TakenDown Retraction = "taken-down" // by a person: the story stays down, whoever tells it again
)

// Standing is an edition as it stands.
type Standing struct {
	Row, Story int64 // 0: to be minted
	Language   string
	Lead       int64 // row of a post
	Main       bool  // the one that shows its story in feeds of all languages
	Sort       time.Time
	Published  time.Time
	Updated    time.Time
	Shown      Digest
	Backfill   bool
	Retracted  Retraction
}

// Happening is what became of an edition in one stream of changes.
type Happening string

const (
	New       Happening = "new"
	Changed   Happening = "changed"
	Retracted Happening = "retracted"
	Returned  Happening = "returned" // what was news, by a topic that changed
)

// Event is one line of a stream: Scope "" is the stream of main editions, else
// it is the base language of the editions in it.
type Event struct {
	Scope string
	What  Happening
}

// EditionPlan is an edition as it shall stand, and what that changes.
type EditionPlan struct {
	Standing
	Sources []string // whose posts are in it, sorted
	Events  []Event  // none: nobody needs to hear of it
}

// StoryPlan is a story as it shall stand.
type StoryPlan struct {
	Row      int64 // 0: a new story
	Posts    []int64
	Talks    []int64  // of those, the notes that discuss it
	Topics   []string // sorted
	Editions []EditionPlan
}

// Occasion is what settling depends on besides the posts themselves.
type Occasion struct {
	Now       time.Time
	Languages []string // of the site, the default first
	Past      bool     // a topic changed: what now matches is past, not news, unless it was news before
	TakeDown  int64    // row of the story that a person takes down; 0 for none
	PutBack   int64    // row of the story of which a person takes that back; 0 for none
}

// Settle decides how posts that hang together are told: which of them are one
// story, which editions it has, who leads each, and what changed for those who
// follow. Members must be complete: everything that an edge or a common story
// connects. Stories in which nothing is on topic and nothing was ever emitted
// get no plan.
//
// Which posts belong together does not depend on the order of members. Ids and
// leads that were emitted stay, which is the stated exception.
func Settle(members []Member, edges []Edge, standing []Standing, o Occasion) []StoryPlan {
	members = slices.Clone(members)
	slices.SortFunc(members, func(a, b Member) int { return cmp.Compare(a.Row, b.Row) })
	standing = slices.Clone(standing)
	slices.SortFunc(standing, func(a, b Standing) int { return cmp.Compare(a.Row, b.Row) })
	for _, e := range edges {
		if i := slices.IndexFunc(members, func(m Member) bool { return m.Row == e.A }); i >= 0 && e.Reason == SameText {
			members[i].outdated = true // rows grow as posts come
		}
	}

	g := group(members, edges)
	all := g.parts()
	owner := owners(all, standing)
	var plans []StoryPlan
	for i, component := range all {
		var own []Standing
		for _, s := range standing {
			if c, ok := find(all, s.Lead); ok && c == i || !ok && owner[s.Story] == i {
				own = append(own, s)
			}
		}
		plan := StoryPlan{}
		for story, c := range owner {
			if c == i && (plan.Row == 0 || story < plan.Row) {
				plan.Row = story
			}
		}
		for _, m := range component {
			plan.Posts = append(plan.Posts, m.Row)
			plan.Topics = append(plan.Topics, m.Topics...)
			if m.Talks {
				plan.Talks = append(plan.Talks, m.Row)
			}
		}
		slices.Sort(plan.Topics)
		plan.Topics = slices.Compact(plan.Topics)
		if len(plan.Topics) == 0 && plan.Row == 0 && len(own) == 0 {
			continue
		}
		plan.Editions = settleEditions(g, component, own, len(plan.Topics) > 0, o)
		plans = append(plans, plan)
	}
	return plans
}

// settleEditions decides the editions of one story.
func settleEditions(g *grouping, component []Member, standing []Standing, onTopic bool, o Occasion) []EditionPlan {
	if o.PutBack != 0 && slices.ContainsFunc(standing, func(s Standing) bool { return s.Story == o.PutBack }) {
		standing = slices.Clone(standing)
		for i := range standing {
			if standing[i].Retracted == TakenDown { // each returns where it is on topic
				standing[i].Retracted = OffTopic
			}
		}
	}
	down := slices.ContainsFunc(standing, func(s Standing) bool {
		return s.Retracted == TakenDown || o.TakeDown != 0 && s.Story == o.TakeDown
	})
	var groups [][]Member
	if onTopic && !down {
		groups = byLanguage(g.tellings(component), standing)
		// What was withdrawn is told no more, also where others tell the story in another language.
		groups = slices.DeleteFunc(groups, func(group []Member) bool {
			return !slices.ContainsFunc(group, func(m Member) bool { return !m.Withdrawn })
		})
	}
	// Each group takes the oldest edition that one of its posts led: the id stays
	// with what readers know it for. What no group took has been merged away.
	taken := map[int64]bool{}
	var plans []EditionPlan
	for _, group := range groups {
		was := Standing{}
		for _, s := range standing {
			if taken[s.Row] || !contains(group, s.Lead) {
				continue
			}
			if was.Row == 0 || was.Retracted != "" && s.Retracted == "" {
				was = s
			}
		}
		if was.Row != 0 {
			taken[was.Row] = true
		}
		plans = append(plans, EditionPlan{Standing: settleEdition(group, was, o), Sources: sources(group)})
	}
	for _, s := range standing {
		if taken[s.Row] {
			continue
		}
		gone := s
		if gone.Retracted == "" || gone.Retracted == OffTopic && down {
			gone.Retracted = Merged
			switch {
			case down:
				gone.Retracted = TakenDown
			case slices.ContainsFunc(component, func(m Member) bool { return m.Row == s.Lead && m.Withdrawn }):
				gone.Retracted = Deleted
			case !onTopic:
				gone.Retracted = OffTopic
			}
			gone.Updated = o.Now
		}
		gone.Main = gone.Main && gone.Retracted == OffTopic // as it was when it returns
		plans = append(plans, EditionPlan{Standing: gone})
	}
	chooseMain(plans, o.Languages)
	for i := range plans {
		before, _ := lookup(standing, plans[i].Row)
		plans[i].Events = events(before, plans[i].Standing, o)
	}
	return plans
}

// settleEdition says how the edition of a group stands now; was is how it stood,
// with Row 0 where it is new.
func settleEdition(group []Member, was Standing, o Occasion) Standing {
	lead := leader(group, was.Lead)
	s := was
	s.Retracted = ""
	s.Lead, s.Language, s.Shown = lead.Row, lead.Language, lead.Shown
	s.Published = lead.Date
	if was.Row == 0 || was.Retracted != "" {
		s.Main = s.Main && o.Past
		s.Sort = lead.Date
		s.Updated = lead.Date
		if lead.Updated.After(s.Updated) && !lead.Updated.After(o.Now) {
			s.Updated = lead.Updated
		}
		if o.Past {
			s.Backfill = was.Row == 0 || was.Backfill
		} else {
			s.Backfill = !slices.ContainsFunc(group, func(m Member) bool { return !m.Backfill })
		}
		return s
	}
	if s.Sort.After(lead.Date) { // it never moves up
		s.Sort = lead.Date
	}
	if s.Shown != was.Shown || i18n.Base(s.Language) != i18n.Base(was.Language) {
		s.Updated = o.Now
		if lead.Updated.After(was.Updated) && !lead.Updated.After(o.Now) {
			s.Updated = lead.Updated
		}
	}
	if s.Updated.Before(s.Published) {
		s.Updated = s.Published
	}
	return s
}

// leader chooses who is shown: what is discussed before those who discuss it,
// what its source says now before what it said under an older id, the page's own
// site before others, a post that says when it was published before one that does
// not. An emitted lead stays among equals; with none, the earliest leads.
func leader(group []Member, incumbent int64) Member {
	return slices.MinFunc(group, func(a, b Member) int {
		return cmp.Or(
			first(!a.Withdrawn, !b.Withdrawn),
			first(!a.Talks, !b.Talks),
			first(!a.outdated, !b.outdated),
			cmp.Compare(b.Own, a.Own),
			first(a.Dated, b.Dated),
			first(a.Row == incumbent, b.Row == incumbent),
			a.Date.Compare(b.Date),
			cmp.Compare(a.Source, b.Source),
			cmp.Compare(a.Row, b.Row),
		)
	})
}

// chooseMain makes one edition that is shown the story's face: the oldest that
// was it, else the one in the site's foremost language, else the original.
func chooseMain(plans []EditionPlan, languages []string) {
	best := -1
	for i := range plans {
		p := &plans[i]
		if p.Retracted != "" {
			continue
		}
		if best < 0 || beforeAsMain(p.Standing, plans[best].Standing, languages) {
			best = i
		}
	}
	for i := range plans {
		if best >= 0 {
			plans[i].Main = i == best
		}
	}
}

func beforeAsMain(a, b Standing, languages []string) bool {
	place := func(s Standing) int {
		if i := slices.Index(languages, i18n.Base(s.Language)); i >= 0 {
			return i
		}
		return len(languages)
	}
	age := func(s Standing) int64 { // a main edition that was emitted first
		if s.Main && s.Row != 0 {
			return s.Row
		}
		return 1<<63 - 1
	}
	return cmp.Or(
		cmp.Compare(age(a), age(b)),
		cmp.Compare(place(a), place(b)),
		a.Published.Compare(b.Published),
		cmp.Compare(a.Lead, b.Lead),
	) < 0
}

// events tells what followers of each stream see when an edition goes from before to after.
func events(before, after Standing, o Occasion) []Event {
	streams := func(s Standing) []string {
		switch {
		case s.Retracted != "" || s.Lead == 0:
			return nil
		case s.Main:
			return []string{"", i18n.Base(s.Language)}
		default:
			return []string{i18n.Base(s.Language)}
		}
	}
	was, is := streams(before), streams(after)
	other := before.Shown != after.Shown || i18n.Base(before.Language) != i18n.Base(after.Language)
	// What was news, a topic took and another gives back; left is where it stood then.
	returns, left := o.Past && before.Retracted != "" && !after.Backfill, []string(nil)
	if returns {
		before.Retracted = ""
		left = streams(before)
	}
	var list []Event
	for _, scope := range is {
		stood, what := slices.Contains(was, scope), New
		switch {
		case stood && !other:
			continue
		case stood, other && slices.Contains(left, scope):
			what = Changed
		case returns:
			what = Returned
		}
		list = append(list, Event{scope, what})
	}
	for _, scope := range was {
		if !slices.Contains(is, scope) {
			list = append(list, Event{scope, Retracted})
		}
	}
	return list
}

// sameEdition says whether posts joined for this reason are told by one edition.
func (r Reason) sameEdition() bool { return r == SameURL || r == SameText || r == Copy }

// byLanguage joins the groups that would be editions in the same language: a story has one of each.
func byLanguage(groups [][]Member, standing []Standing) [][]Member {
	place := map[string]int{}
	var joined [][]Member
	for _, g := range groups {
		incumbent := int64(0)
		for _, s := range standing {
			if s.Retracted == "" && contains(g, s.Lead) {
				incumbent = s.Lead
				break
			}
		}
		language := i18n.Base(leader(g, incumbent).Language)
		i, ok := place[language]
		if !ok {
			i = len(joined)
			place[language] = i
			joined = append(joined, nil)
		}
		joined[i] = append(joined[i], g...)
	}
	return joined
}

// owners says which part keeps each story that its posts were in: the one that
// holds the lead of its main edition, else the one with most of its posts.
func owners(parts [][]Member, standing []Standing) map[int64]int {
	votes := map[int64]map[int]int{}
	vote := func(story int64, part, n int) {
		if votes[story] == nil {
			votes[story] = map[int]int{}
		}
		votes[story][part] += n
	}
	for i, part := range parts {
		for _, m := range part {
			if m.Story != 0 {
				vote(m.Story, i, 1)
			}
		}
	}
	for _, s := range standing {
		if i, ok := find(parts, s.Lead); ok && s.Main && s.Retracted == "" {
			vote(s.Story, i, 1<<20)
		}
	}
	owner := map[int64]int{}
	for story, tally := range votes {
		best := -1
		for part, n := range tally {
			if best < 0 || n > tally[best] || n == tally[best] && part < best {
				best = part
			}
		}
		owner[story] = best
	}
	return owner
}

func find(parts [][]Member, row int64) (int, bool) {
	i := slices.IndexFunc(parts, func(p []Member) bool { return contains(p, row) })
	return i, i >= 0
}

func contains(group []Member, row int64) bool {
	return slices.ContainsFunc(group, func(m Member) bool { return m.Row == row })
}

func lookup(standing []Standing, row int64) (Standing, bool) {
	for _, s := range standing {
		if s.Row == row && row != 0 {
			return s, true
		}
	}
	return Standing{}, false
}

func sources(group []Member) []string {
	var ids []string
	for _, m := range group {
		ids = append(ids, m.Source)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// first orders true before false.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}
