package main

import (
	"testing"
	"time"
)

func TestWallClock(t *testing.T) {
	amsterdam, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) time.Time {
		moment, err := time.ParseInLocation("2006-01-02 15:04", text, amsterdam)
		if err != nil {
			t.Fatal(err)
		}
		return moment
	}
	for _, test := range []struct {
		spec, from, until string
		most              time.Duration // between two ticks
		ticks             int
	}{
		// Spring: 29 March 2026 has no hour from 2 to 3.
		{"*/15 * * * *", "2026-03-28 12:00", "2026-03-30 12:00", 15 * time.Minute, 47 * 4},
		{"30 * * * *", "2026-03-28 12:00", "2026-03-30 12:00", time.Hour, 47},
		{"30 2 * * *", "2026-03-25 12:00", "2026-04-02 12:00", 24 * time.Hour, 8},
		{"0 3 * * *", "2026-03-25 12:00", "2026-04-02 12:00", 24 * time.Hour, 8},
		{"30 2 29 3 *", "2025-01-01 12:00", "2027-12-31 12:00", 366 * 24 * time.Hour, 3},
		{"30 2,3 29 3 *", "2026-01-01 12:00", "2026-12-31 12:00", 366 * 24 * time.Hour, 1}, // they fall together
		// Autumn: 25 October 2026 has the hour from 2 to 3 twice.
		{"*/15 * * * *", "2026-10-24 12:00", "2026-10-26 12:00", 15 * time.Minute, 49 * 4},
		{"30 * * * *", "2026-10-24 12:00", "2026-10-26 12:00", time.Hour, 49},
		{"30 2 * * *", "2026-10-21 12:00", "2026-10-29 12:00", 24 * time.Hour, 9},
		{"0 5 * * *", "2026-10-21 12:00", "2026-10-29 12:00", 25 * time.Hour, 8},
		{"@every 20m", "2026-10-24 12:00", "2026-10-26 12:00", 20 * time.Minute, 49 * 3},
	} {
		schedule, err := parseCron(test.spec, amsterdam)
		if err != nil {
			t.Fatal(err)
		}
		n, last := 0, at(test.from)
		for next := schedule.Next(last); !next.After(at(test.until)); next = schedule.Next(next) {
			if gap := next.Sub(last); gap > test.most && n > 0 || gap <= 0 {
				t.Errorf("%s: %v after %v", test.spec, next, last)
			}
			// Asked at any moment in between, it is the same.
			if again := schedule.Next(next.Add(-time.Second)); !again.Equal(next) && test.spec[0] != '@' {
				t.Errorf("%s: a second before %v it says %v", test.spec, next, again)
			}
			n, last = n+1, next
		}
		if n != test.ticks {
			t.Errorf("%s: %d ticks from %s to %s, want %d", test.spec, n, test.from, test.until, test.ticks)
		}
	}
}

// Wherever the clock jumps, the schedule goes on from there: at most one tick for the jump.
func TestTicksWhenTheClockJumps(t *testing.T) {
	for _, spec := range []string{"*/15 * * * *", "@every 15m"} {
		schedule, err := parseCron(spec, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		clock := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
		next := schedule.Next(clock)
		const year = 365 * 24 * time.Hour
		for _, jump := range []time.Duration{0, 20 * year, -20 * year, -time.Hour, time.Hour, 7 * time.Minute, -30 * year} {
			n := 0
			for second := range 3600 {
				last := clock
				if clock = clock.Add(time.Second); second == 0 {
					clock = clock.Add(jump)
				}
				var due bool
				if next, due = tick(schedule, next, last, clock); due {
					n++
				}
			}
			if n < 3 || n > 5 {
				t.Errorf("%s: %d ticks in the hour after a jump of %v", spec, n, jump)
			}
		}
	}
}
