package post

import "time"

// Known is what is remembered of a stored post to recognise its entry when it is read again.
type Known struct {
	Row     int64
	Variant int
	Digest  Digest
	Key     string // Key(Post.URL)
	Title   string

	Updated   time.Time // Post.Updated
	Withdrawn bool      // it was deleted: it does not come back
}

// Batch is what one visit gave: written whole or not at all.
type Batch struct {
	Now   time.Time
	Visit Visit
	Posts []Post // new or changed; what is as it was is left out

	// Deleted are ids of posts of the source that are no more: what they said is
	// forgotten, and no edition shows them. AllDeleted: none of them is.
	Deleted    []string
	AllDeleted bool
	// Unboosted are ids of posts that the source boosts no more: they go where they
	// came by that alone.
	Unboosted []string
	// Waiting are posts of others that a moderator is to decide about.
	Waiting []Waiting

	// Held, where a host asked us to stay away: no source on it is visited before then.
	Held Hold
}

// Hold is a host's wish to be left alone.
type Hold struct {
	Host  string
	Until time.Time
}

// Saved says what a batch came to.
type Saved struct {
	New, Changed int
	Matched      int // came on a topic with this batch
}
