package post

import "time"

// Story is posts that tell the same thing, with all that can be shown of them.
// Its ID is empty where there is no such story.
type Story struct {
	ID        string      // part of its URL, minted once
	Successor string      // the id of the story that took it in whole; it then has nothing else
	Editions  []Edition   // those that are shown, the main one first
	Removed   []Tombstone // those that were, the oldest first
	Posts     []Part      // in the order they were first stored, then those that are only possibly of it
	Edges     []Edge      // why they belong together: A and B are places in Posts
}

// Part is a post in a story.
type Part struct {
	Story                string // the one it is in: of a post that is only possibly of this one, another
	Source               Source // its Title is never empty
	URL, Title, Language string
	Date                 time.Time // min(stated, first seen)
}

// Tombstone is what remains of an edition that is no longer shown in a feed, or nowhere.
type Tombstone struct {
	ID       string // of the edition
	Language string
	At       time.Time // when it went
}
