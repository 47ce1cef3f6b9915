package web

import (
	"context"
	"time"

	"samenloop/post"
)

// Store is what a site needs to know of what is kept, by who asks. What writes,
// as a form does, is not of it: it says in an interface of its own what it needs.
type Store interface {
	Reading
	Stories
	Sources
	Changes
	Explaining
}

// Reading is what feeds and lists of editions are made of.
type Reading interface {
	// Editions gives a page of a feed, newest first, and the cursor of what follows (zero: nothing).
	Editions(ctx context.Context, q post.Query) ([]post.Edition, post.Cursor, error)
	// Newer is where the page begins that comes before a page; zero where that is the first.
	Newer(ctx context.Context, q post.Query) (post.Cursor, error)
	// Count is how many editions a feed has, on all its pages.
	Count(ctx context.Context, q post.Query) (int, error)
	// Removed gives the editions that left a feed since a time, newest first, not too many.
	Removed(ctx context.Context, q post.Query, since time.Time) ([]post.Tombstone, error)
	// Version changes whenever the answer to q may have changed, titles of sources
	// included. It is asked at every request: it reads memory, never the database.
	Version(q post.Query) string
}

// Stories gives a story by its id or by that of one of its editions; without an ID where there is none.
type Stories interface {
	Story(ctx context.Context, id string) (post.Story, error)
}

// Sources lists all sources, with the state of their last visit.
type Sources interface {
	Sources(ctx context.Context) ([]post.SourceState, error)
	// SourcesVersion changes whenever the answer of Sources may have changed; as cheap as Version.
	SourcesVersion() string
}

// Explaining gives what is stored about the page at an address. It asks nothing
// of the network, and reads little: anybody may ask.
type Explaining interface {
	Explain(ctx context.Context, address string) (post.Explanation, error)
}

// Changes gives what happened in a stream after a number, for bots; a
// *post.UnknownSeqError for a number that was never given.
type Changes interface {
	Changes(ctx context.Context, q post.ChangeQuery) (post.ChangePage, error)
}
