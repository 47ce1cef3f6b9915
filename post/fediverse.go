package post

import "time"

// Account is what is remembered of a fediverse source besides its Visit. The zero
// Account is that of a source that is read as a feed.
type Account struct {
	Kind   AccountKind `json:"kind,omitempty"`
	Actor  string      `json:"actor,omitempty"`  // id; empty for what has none
	Signed bool        `json:"signed,omitempty"` // its server wants requests to be signed
	Turn   int         `json:"turn,omitempty"`   // counts visits: which posts are looked at again
	// Indexable: its actor says that search engines may show what it posts.
	Indexable bool `json:"indexable,omitempty"`
	// Opposed: its actor wants to be left out, and is.
	Opposed bool `json:"opposed,omitempty"`
	Gap     Gap  `json:"gap,omitzero"`
}

// Gap is in what was read of an account, when its list could not be read to where it
// was known. The zero Gap is none.
type Gap struct {
	Next string `json:"next,omitempty"` // the page to go on at
	// Before: posts first seen before then lie behind it. Zero where none does: it is
	// in the past of an account that was read for the first time.
	Before time.Time `json:"before,omitzero"`
}

// NoIndex says that a page that shows a post of the account is not for search
// engines: its author did not allow that, or is another, who said nothing here.
func (a *Account) NoIndex(p *Post) bool {
	return a.Kind != "" && (!a.Indexable || p.Booster.Name != "")
}

// Home is the host whose pages are a source's own: that of the address which the
// operator gave, or of the account found there.
func (v *Visit) Home() string {
	if v.Account.Kind != "" {
		return Host(v.FeedURL)
	}
	return Host(v.Given)
}

// AccountKind is what stands at a fediverse source's address.
type AccountKind string

const (
	Outbox      AccountKind = "outbox"       // what an actor, or a collection without one, gives
	TagFeed     AccountKind = "tag"          // a hashtag timeline, by its feed
	TagStatuses AccountKind = "tag-statuses" // the same, by the API
)

// Waiting is a post of somebody who is not listed: a moderator decides. It holds
// nothing of what the post says.
type Waiting struct {
	Source  string
	ID      string // of the object; a URL
	Author  string // id of its actor
	URL     string // where a person reads it
	Since   time.Time
	Verdict Verdict
}

// Verdict is what a moderator said of a waiting post.
type Verdict string

const (
	Undecided Verdict = ""
	Approved  Verdict = "approved" // it is taken at the next visit
	Refused   Verdict = "refused"  // it does not come back
)
