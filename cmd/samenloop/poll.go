package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"samenloop/ingest"
	"samenloop/post"
)

var pollFlags struct {
	due bool
	now string
}

var pollCommand = &command{
	name:  "poll",
	args:  "[SOURCE…]",
	short: "read all sources now, or those named, and say what each gave",
	long: `Sources are asked whether they are due or not, but politely: with the validators they gave
last time, and not where a host asked to be left alone. Ends with 1 when a source is in trouble.`,
	flags: func(set *flag.FlagSet) {
		set.BoolVar(&pollFlags.due, "due", false, "only those that are due")
		set.StringVar(&pollFlags.now, "now", "", "as if it were this `time`, such as 2026-11-23T12:00:00Z: to rehearse")
	},
	run: poll,
}

func poll(c *call) error {
	cfg, err := c.readConfig()
	if err != nil {
		return err
	}
	at, err := parseTime(pollFlags.now)
	if err != nil {
		return err
	}
	now := time.Now
	if !at.IsZero() {
		now = func() time.Time { return at }
	}
	s, err := cfg.openStore(c, false)
	if err != nil {
		return err
	}
	defer s.Close()
	release, err := s.LockRounds(c)
	if err != nil {
		return err
	}
	defer release()
	if err := cfg.sync(c, s, c.stderr); err != nil {
		return err
	}
	states, err := s.Sources(c)
	if err != nil {
		return err
	}
	var last time.Time
	if pollFlags.due { // else somebody is there
		last = ingest.LastVisit(states)
	}
	if err := ingest.CheckClock(now(), last); err != nil {
		return err
	}
	asked, err := choose(states, c.args, pollFlags.due, now())
	if err != nil {
		return err
	}
	reader, err := cfg.reader(s, now)
	if err != nil {
		return err
	}
	if n, err := cfg.rematch(c, s, states, now()); err != nil {
		return err
	} else if n > 0 {
		fmt.Fprintf(c.stderr, "samenloop: the topics changed: %d stored posts came on them or left\n", n)
	}
	reader.Thorough = !pollFlags.due
	bar := newProgress(c.stderr, len(asked))
	reports := map[string]ingest.Report{}
	err = reader.Round(c, asked, func(r ingest.Report) {
		reports[r.Source.ID] = r
		bar.step(told(r))
	})
	bar.done()
	for id, r := range reports {
		if r.Stack != "" {
			fmt.Fprintf(c.stderr, "samenloop: it fell over source %q at %s\n", id, whence(r.Stack))
		}
	}
	trouble := tell(c.stdout, asked, reports)
	if err != nil {
		return err
	}
	if _, err := s.Purge(c, now().Add(-cfg.Schedule.KeepOffTopic.Duration)); err != nil {
		return err
	}
	if err := s.EndProposals(c, now()); err != nil {
		return err
	}
	if err := s.PrunePrints(c, now()); err != nil {
		return err
	}
	if trouble {
		return errTold
	}
	return nil
}

// choose picks the sources of a round: all that are read, those named, or those due.
func choose(states []post.SourceState, named []string, due bool, now time.Time) ([]post.SourceState, error) {
	chosen := make([]post.SourceState, 0, len(states))
	for _, s := range states {
		switch {
		case s.State == post.Removed, s.State == post.Blocked:
			continue
		case len(named) > 0 && !slices.Contains(named, s.Source.ID):
			continue
		case len(named) == 0 && s.State != post.Active: // a named one is asked in any case
			continue
		case due && !ingest.Due(s.Visit, now):
			continue
		}
		chosen = append(chosen, s)
	}
	for _, id := range named {
		at := slices.IndexFunc(states, func(s post.SourceState) bool { return s.Source.ID == id })
		switch {
		case at < 0:
			return nil, wrong("there is no source %q; \"samenloop source list\" shows them", printable(id))
		case states[at].State == post.Blocked:
			return nil, fmt.Errorf("source %q is blocked: \"samenloop source blocks\" shows what is, \"source unblock\" lets it in", id)
		case states[at].State == post.Removed:
			return nil, fmt.Errorf("source %q was removed: \"samenloop source resume %[1]s\" reads it again", id)
		}
	}
	return chosen, nil
}

// told is a report in a few words.
func told(r ingest.Report) string {
	if r.Trouble != "" {
		return r.Source.ID + ": " + r.Trouble
	}
	return fmt.Sprintf("%s: %d new, %d changed", r.Source.ID, r.Saved.New, r.Saved.Changed)
}

// tell prints a table of what each source gave, in the order of the configuration.
func tell(w io.Writer, asked []post.SourceState, reports map[string]ingest.Report) (trouble bool) {
	g := &grid{}
	g.row("source", "new", "changed", "known", "on topic", "trouble or notice")
	for _, s := range asked {
		r, ok := reports[s.Source.ID]
		if !ok { // the round was stopped
			continue
		}
		say := r.Notice
		if r.Trouble != "" {
			trouble = true
			say = strings.TrimSuffix("trouble: "+r.Trouble+"; "+r.Notice, "; ")
		}
		g.row(s.Source.ID, strconv.Itoa(r.Saved.New), strconv.Itoa(r.Saved.Changed), strconv.Itoa(r.Known), strconv.Itoa(r.Saved.Matched), say)
	}
	if len(asked) == 0 {
		fmt.Fprintln(w, "no source is due")
		return false
	}
	g.WriteTo(w)
	return trouble
}

// round visits what is due and calls each with what came of it.
func round(ctx context.Context, states []post.SourceState, reader *ingest.Reader, each func(ingest.Report)) error {
	due, err := choose(states, nil, true, reader.Now())
	if err != nil || len(due) == 0 {
		return err
	}
	return reader.Round(ctx, due, each)
}
