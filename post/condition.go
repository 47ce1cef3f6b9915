package post

import (
	"net/http"
	"time"
)

// Condition is how a source fares, for its owner: each asks something else of them.
type Condition string

const (
	Well          Condition = "well"
	Unvisited     Condition = "unvisited"      // the first visit is still to come
	Resting       Condition = "resting"        // the operator paused it
	ForGood       Condition = "for-good"       // it answered 410, or its account was deleted
	Opposed       Condition = "opposed"        // its account wants to be left out
	Unreachable   Condition = "unreachable"    // there was no answer: name, connection, certificate, time
	Unwelcome     Condition = "unwelcome"      // 401, 403: it does not let us in
	NotThere      Condition = "not-there"      // 404
	Busy          Condition = "busy"           // 429, or its host wants to be left alone for a while
	ServerFails   Condition = "server-fails"   // 5xx
	Refuses       Condition = "refuses"        // another status that gives nothing
	NotUnderstood Condition = "not-understood" // there was an answer, and no feed in it
	HasMoved      Condition = "has-moved"      // a permanent redirect leads elsewhere
	Empty         Condition = "empty"          // it was read, and never had a post
	NothingOnIt   Condition = "nothing-on-it"  // it has posts, and none is on a topic
	Noted         Condition = "noted"          // all is well but for what its notice says
)

// Condition tells how a source fares: the first that holds of what keeps its posts away.
func (s *SourceState) Condition() Condition {
	v := &s.Visit
	switch {
	case s.State == Paused:
		return Resting
	case s.State == Gone:
		return ForGood
	case v.Held.After(v.Checked), v.Trouble != "" && v.Status == http.StatusTooManyRequests:
		return Busy
	case v.Trouble != "":
		return v.failure()
	case v.Succeeded.IsZero():
		return Unvisited
	case v.MovedTo != "" && v.Notice != "": // else it was seen once or twice, and may be a mistake
		return HasMoved
	case s.Posts == 0:
		return Empty
	case s.Matched == 0 && !s.Source.All:
		return NothingOnIt
	case v.Notice != "":
		return Noted
	}
	return Well
}

// failure is what kind of trouble a visit had.
func (v *Visit) failure() Condition {
	switch {
	case v.Status == 0:
		return Unreachable
	case v.Status == http.StatusUnauthorized, v.Status == http.StatusForbidden:
		return Unwelcome
	case v.Status == http.StatusNotFound:
		return NotThere
	case v.Status >= 500:
		return ServerFails
	case v.Status >= 300 && v.Status != http.StatusNotModified:
		return Refuses
	case v.Account.Opposed:
		return Opposed
	}
	return NotUnderstood
}

// A source counts as dead after so many failures in a row, over so long.
const (
	deadFailures = 5
	deadAfter    = 3 * 24 * time.Hour
)

// Dead says that a source gives nothing any more, as far as can be told: it says so
// itself, or failed again and again, for days.
func (v *Visit) Dead() bool {
	return v.Gone || v.Trouble != "" && v.Failures >= deadFailures && v.Checked.Sub(v.Succeeded) > deadAfter
}

// Silent says that for a day none of the sources could be read although they were
// asked, and since when. What was never read, nor asked, is not silent.
func Silent(sources []SourceState) (since time.Time, silent bool) {
	var asked time.Time
	for _, s := range sources {
		if s.State != Active {
			continue
		}
		if s.Visit.Checked.After(asked) {
			asked = s.Visit.Checked
		}
		if s.Visit.Succeeded.After(since) {
			since = s.Visit.Succeeded
		}
	}
	return since, !since.IsZero() && asked.Sub(since) > 24*time.Hour
}
