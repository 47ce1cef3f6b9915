package main

import (
	"context"
	"time"

	"github.com/robfig/cron/v3"
)

// wallClock is a schedule by the clock on the wall of its zone. A tick in the hour
// that is skipped in spring comes as the clock of the winter would have had it, not a
// day later.
type wallClock struct{ *cron.SpecSchedule }

// Next is the first tick after t.
func (w wallClock) Next(t time.Time) time.Time {
	const most = 3 * time.Hour // that a clock was ever set forward by
	next := w.SpecSchedule.Next(t)
	for _, change := t.In(w.Location).Add(-most).ZoneBounds(); !change.IsZero() && change.Before(next); _, change = change.ZoneBounds() {
		before := change.Add(-time.Second)
		_, winter := before.Zone()
		_, summer := change.Zone()
		if before.Before(t) {
			before = t
		}
		unchanged := *w.SpecSchedule
		unchanged.Location = time.FixedZone("", winter)
		skipped := time.Duration(summer-winter) * time.Second
		if tick := unchanged.Next(before); tick.Before(change.Add(skipped)) && tick.Before(next) {
			return tick.In(t.Location())
		}
	}
	return next
}

// ticks wakes at each tick of the schedule that holds, until ctx ends. It looks at the
// clock again and again rather than sleeping until the next tick: clocks jump.
func (r *running) ticks(ctx context.Context) {
	t := time.NewTicker(lookAround)
	defer t.Stop()
	var held *config
	var last, next time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		r.Lock()
		cfg := r.cfg
		r.Unlock()
		now := time.Now().Round(0) // as on the wall
		if cfg != held {
			held, last, next = cfg, now, cfg.Schedule.Ticks.Next(now)
		}
		var due bool
		if next, due = tick(cfg.Schedule.Ticks, next, last, now); due {
			r.wake()
		}
		last = now
	}
}

// tick says whether the next tick of a schedule has come, and when the one after it
// will. What passed while a clock jumped forward, or the machine slept, is one tick;
// after a clock was set back it goes on by what the clock says.
func tick(schedule cron.Schedule, next, last, now time.Time) (then time.Time, due bool) {
	switch {
	case now.Before(last):
		return schedule.Next(now), false
	case now.Before(next):
		return next, false
	}
	return schedule.Next(now), true
}

// patience is how long a round may take on any schedule before somebody is called.
const patience = 10 * time.Minute

// late says whether the tick after the end of a round, and three more intervals,
// passed without the end of another: by the time that went by, wherever the clock
// was set meanwhile.
func late(schedule cron.Schedule, ended, now time.Time) bool {
	last := ended
	for range 4 {
		last = schedule.Next(last)
	}
	passed := now.Sub(ended)
	return passed > last.Sub(ended.Round(0)) && passed > patience
}
