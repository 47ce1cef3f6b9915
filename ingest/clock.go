package ingest

import (
	"fmt"
	"time"

	"samenloop/post"
)

// No clock that is right stands before the first samenloop, and none runs for so
// long between two rounds.
var earliest = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

const longestPause = 366 * 24 * time.Hour

// LastVisit is when any source was asked last, by the clock of that time; zero for never.
func LastVisit(states []post.SourceState) (last time.Time) {
	for _, s := range states {
		if s.Visit.Checked.After(last) {
			last = s.Visit.Checked
		}
	}
	return last
}

// CheckClock says why a clock cannot be right: what is read by it would be dated
// wrong, and what is old would be forgotten. A clock that was set back is believed
// (Due, Held): what was wrong may have been the clock before. lastVisit is zero where
// a person is there who sees the time.
func CheckClock(now, lastVisit time.Time) error {
	const layout = "2006-01-02 15:04 UTC"
	says := "the clock of this machine says " + now.UTC().Format(layout)
	switch {
	case now.Before(earliest):
		return fmt.Errorf("%s, which cannot be: set it; nothing was read", says)
	case !lastVisit.IsZero() && now.Sub(lastVisit) > longestPause:
		return fmt.Errorf(`%s, and the last round was %s: set it or, if it is right, run "samenloop poll" once; nothing was read`, says, lastVisit.UTC().Format(layout))
	}
	return nil
}
