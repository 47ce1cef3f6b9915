// Package people is who proposes and who decides about a site, and the journal of
// what was decided. It does no I/O.
package people

import (
	"errors"
	"regexp"
	"time"
)

// Operator is somebody who may decide about the site on its pages.
type Operator struct {
	Name   string
	Added  time.Time
	Seen   time.Time // last signed in; zero: never
	Linked time.Time // until when a one-time link to set a password works; zero: there is none
	Ready  bool      // a password is set
}

var name = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// CheckName says what is wrong with the name of an operator.
func CheckName(s string) error {
	if len(s) > 40 || !name.MatchString(s) {
		return errors.New(`write it with up to 40 characters of a-z, 0-9 and single hyphens, such as "anna"`)
	}
	return nil
}

// Hand is who decides, when, and with which words.
type Hand struct {
	Name    string // of an operator or, by command, of a user of the machine
	Command bool   // it was a command, not the pages
	At      time.Time
	Word    string // why, in one line; may be empty
}

// Deed is what somebody decided.
type Deed string

const (
	OperatorAdded   Deed = "operator added"
	OperatorRemoved Deed = "operator removed"
	OperatorReset   Deed = "operator reset"
	PasswordSet     Deed = "password set"

	SourceAdded   Deed = "source added"
	SourcePaused  Deed = "source paused"
	SourceResumed Deed = "source resumed"
	SourceRemoved Deed = "source removed"
	SourcePurged  Deed = "source purged"
	Locked        Deed = "language locked" // to the language that the word is
	Unlocked      Deed = "language unlocked"
	Blocked       Deed = "blocked"
	Unblocked     Deed = "unblocked"

	ProposalApproved Deed = "proposal approved"
	ProposalRefused  Deed = "proposal refused"

	PostApproved Deed = "post approved"
	PostRefused  Deed = "post refused"

	StoriesJoined  Deed = "stories joined"
	StorySplit     Deed = "story split"
	StoryRetracted Deed = "story retracted"
	StoryRestored  Deed = "story restored"
)

// Refusal is why something is not done that somebody decided.
type Refusal struct {
	Why  string
	Help string // what to do about it, with commands: for whoever gave one
}

func (r *Refusal) Error() string { return r.Why + ": " + r.Help }

// Entry is a line of the journal.
type Entry struct {
	Seq int64 // grows with time
	Hand
	Deed Deed
	Of   string // what it was about: the id of a source or a story, a URL, a domain, a name
}
