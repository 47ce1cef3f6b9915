package post

import "time"

// Query selects editions for a feed or a page, newest first (Edition.Sort). The
// zero value asks for everything: every story by its one main edition.
type Query struct {
	Language string // base language: the editions in that language; empty: the main edition of each story
	Topic    string // Topic.ID
	Source   string // Source.ID of a post of the story
	Before   Cursor // only what comes after this in the feed
	Limit    int
}

// Cursor is a place in a feed that does not shift when new editions arrive. The zero Cursor is the top.
type Cursor struct {
	Sort time.Time // of the last edition before the place, to the millisecond
	Row  int64     // its row, where dates are equal
}
