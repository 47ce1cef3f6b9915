package post

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
)

// Explanation is what is stored about the page at an address: enough to tell why
// it is shown, or why not.
type Explanation struct {
	URL     string        // as PublicURL has it; empty: what was asked for is no address of a page
	Found   []Finding     // the posts there, those that their own site published first
	Waiting []Waiting     // posts there that wait for a moderator, or were refused
	Nearby  []SourceState // the sources on its site, as Near gives them
}

// Finding is a stored post, and what became of it.
type Finding struct {
	Post      Post // with its Matches, without its content
	Source    SourceState
	Withdrawn bool // it was deleted, or its source was purged
	Talks     bool // it stands among the discussions of its story

	Story string // its story's id; empty: nothing was emitted of it
	Ties  []Tie  // why it is in that story with others, the surest first

	// Edition stands for it: the one that it leads, else that of its story in its
	// language, else the main one; without an ID where none is shown. Leads says
	// that its content is the post's own.
	Edition Translation
	Leads   bool

	Retracted Retraction // why nothing of its story is shown any more; empty where something is, or never was
}

// Tie is why a post belongs with another.
type Tie struct {
	Reason     Reason
	Title, URL string // of the other
}

// Fate is what became of a stored post.
type Fate string

const (
	Told          Fate = "told"            // an edition shows it
	ToldByAnother Fate = "told-by-another" // its story is told by another post
	Discusses     Fate = "discusses"       // it is a note about a story, and stands there
	SpokenFor     Fate = "spoken-for"      // on a topic, but at an address of another site, which tells of it itself
	OnNoTopic     Fate = "on-no-topic"
	ArticleWaits  Fate = "article-waits"  // there is only a summary, and its page was not read yet
	ArticleUnread Fate = "article-unread" // there is only a summary, and its page could not be read
	LeftTopic     Fate = "left-topic"     // it was shown until its topic changed
	Down          Fate = "down"           // a person took its story down
	Forgotten     Fate = "forgotten"      // it was deleted, or its source was purged
)

// Fate says what became of a post, and so which of an answer's reasons holds.
func (f *Finding) Fate() Fate {
	switch {
	case f.Withdrawn, f.Retracted == Deleted:
		return Forgotten
	case f.Edition.ID != "" && f.Talks:
		return Discusses
	case f.Edition.ID != "" && f.Leads:
		return Told
	case f.Edition.ID != "":
		return ToldByAnother
	case f.Retracted == TakenDown:
		return Down
	case f.Retracted != "":
		return LeftTopic
	case len(f.Post.Matches) > 0 && f.Story == "":
		return SpokenFor
	case f.Post.PageNeed == PageWanted:
		return ArticleWaits
	case f.Post.PageNeed == PageFailed:
		return ArticleUnread
	}
	return OnNoTopic
}

// Absence is why a source may not have a post that is on its site.
type Absence string

const (
	NeverRead Absence = "never-read" // it was not visited yet
	NotRead   Absence = "not-read"   // the operator paused or removed it, or it answered 410
	InTrouble Absence = "in-trouble" // its last visit failed
	NotInFeed Absence = "not-in-feed"
)

// Absence says why a source may not have a post that is on its site.
func (s *SourceState) Absence() Absence {
	switch {
	case s.State != Active:
		return NotRead
	case s.Visit.Trouble != "":
		return InTrouble
	case s.Visit.Succeeded.IsZero():
		return NeverRead
	}
	return NotInFeed
}

// Near are the sources, of those on the site of a page, that the page may be
// expected from: on a server of many accounts only the page's own, else all; those
// whose site begins like the page's address longest first.
func Near(pageURL string, onSite []SourceState) []SourceState {
	beginsLike := func(s SourceState) int {
		site := sitePath(s.Visit.SiteURL)
		if path := sitePath(pageURL); path == site || strings.HasPrefix(path, site+"/") {
			return 1 + len(site)
		}
		return 0
	}
	near := slices.DeleteFunc(slices.Clone(onSite), func(s SourceState) bool { return s.Visit.Account.Kind != "" && beginsLike(s) == 0 })
	slices.SortStableFunc(near, func(a, b SourceState) int { return cmp.Compare(beginsLike(b), beginsLike(a)) })
	return near
}

// sitePath is the path of an address, without a slash at its end.
func sitePath(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return strings.TrimRight(u.Path, "/")
}

// Is says whether an address is not that of a post but of the source itself: its
// feed, its site, or what the operator gave.
func (s *SourceState) Is(address string) bool {
	key := Key(address)
	return key != "" && slices.ContainsFunc([]string{s.Source.URL, s.Visit.FeedURL, s.Visit.SiteURL}, func(own string) bool { return Key(WithoutLogin(own)) == key })
}
