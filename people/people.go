// Package people is who decides about a site, and the journal of what was decided.
package people

import "time"

// Hand is who decides, when, and with which words.
type Hand struct {
	Name    string // by command, of a user of the machine
	Command bool   // it was a command
	At      time.Time
	Word    string // why, in one line; may be empty
}

// Deed is what somebody decided.
type Deed string

const (
	SourceAdded   Deed = "source added"
	SourcePaused  Deed = "source paused"
	SourceResumed Deed = "source resumed"
	SourceRemoved Deed = "source removed"
	SourcePurged  Deed = "source purged"
	Locked        Deed = "language locked" // to the language that the word is
	Unlocked      Deed = "language unlocked"
	Blocked       Deed = "blocked"
	Unblocked     Deed = "unblocked"

	PostApproved Deed = "post approved"
	PostRefused  Deed = "post refused"

	StoriesJoined  Deed = "stories joined"
	StorySplit     Deed = "story split"
	StoryRetracted Deed = "story retracted"
	StoryRestored  Deed = "story restored"
)

// Entry is a line of the journal.
type Entry struct {
	Seq int64 // grows with time
	Hand
	Deed Deed
	Of   string // what it was about: the id of a source or a story, a URL, a domain, a name
}
