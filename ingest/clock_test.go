package ingest

import (
	"testing"
	"time"

	"samenloop/post"
)

func TestCheckClock(t *testing.T) {
	const day = 24 * time.Hour
	for _, test := range []struct {
		now, last time.Time
		right     bool
	}{
		{noon, time.Time{}, true},
		{noon, noon.Add(-300 * day), true}, // it did not run for some months
		{noon, noon.Add(-400 * day), false},
		{noon, noon.Add(20 * 365 * day), true}, // it is the other one that was wrong
		{time.Unix(0, 0), time.Time{}, false},
		{time.Unix(0, 0), noon, false},
		{noon.Add(20 * 365 * day), time.Time{}, true}, // who knows
	} {
		if err := CheckClock(test.now, test.last); (err == nil) != test.right {
			t.Errorf("at %v after %v: %v", test.now, test.last, err)
		}
	}
	states := []post.SourceState{{}, {Visit: post.Visit{Checked: noon}}, {Visit: post.Visit{Checked: noon.Add(-day)}}}
	if got := LastVisit(states); !got.Equal(noon) {
		t.Errorf("the last visit was %v", got)
	}
}
