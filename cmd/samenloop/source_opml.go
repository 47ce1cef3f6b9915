package main

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"samenloop/opml"
	"samenloop/post"
)

func importSources(c *call) error {
	if len(c.args) != 1 {
		return wrong("source import: give one OPML file, or - for standard input")
	}
	cfg, states, err := c.sourceStates()
	if err != nil {
		return err
	}
	text, err := c.readInput(c.args[0])
	if err != nil {
		return err
	}
	fail := func(err error) error {
		return fmt.Errorf("import %s: %w; nothing was imported", c.args[0], err)
	}
	outlines, err := opml.Read(text)
	if err != nil {
		return fail(err)
	}
	if len(outlines) == 0 {
		return fail(errors.New("it names no feed"))
	}
	var (
		sources []post.SourceState
		known   int
	)
	for _, o := range outlines {
		src, err := cfg.outlined(o)
		if err != nil {
			return fail(err)
		}
		if s, here := reads(states, src.URL); here {
			known++
			fmt.Fprintf(c.stdout, "known  %s  %s%s\n", s.Source.ID, printable(redact(src.URL)), unread(s.State))
			continue
		}
		if src.ID == "" || slices.ContainsFunc(states, named(src.ID)) {
			src.ID = freeID(states, src.URL, o.Title)
		}
		added := post.SourceState{Source: src, State: post.Active}
		if o.Paused {
			added.State = post.Paused
		}
		states, sources = append(states, added), append(sources, added)
	}
	s, err := cfg.openStore(c, false)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.AddSources(c, c.hand(""), sources...); err != nil {
		return fail(err)
	}
	for _, added := range sources {
		fmt.Fprintf(c.stdout, "added  %s  %s%s\n", added.Source.ID, printable(redact(added.Source.URL)), unread(added.State))
	}
	say := fmt.Sprintf("%d added, %d known already", len(sources), known)
	if len(sources) > 0 {
		say += `; what was added is read at the next round; where "serve" does not run, now with "samenloop poll"`
	}
	fmt.Fprintln(c.stdout, say)
	return nil
}

// unread says of a source that is not read why that is.
func unread(s post.State) string {
	if s == post.Active {
		return ""
	}
	return fmt.Sprintf("  (%s)", s)
}

// outlined is the source that an outline describes; without an id where it has
// none that can be one. What it says of the language is not believed: most
// programs repeat there what the feed's own claim is.
func (c *config) outlined(o opml.Outline) (post.Source, error) {
	u, err := url.Parse(o.Feed)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || len(o.Feed) > 2000 {
		return post.Source{}, fmt.Errorf("outline %q: %q is no address of http or https", shorten(printable(o.Title), 40), shorten(printable(o.Feed), 60))
	}
	full := !o.NoFullText
	row := sourceConfig{ID: o.ID, Title: post.CleanText(o.Title, 200), URL: o.Feed, Language: o.Lock, Topics: "match", FullText: &full, Boosts: o.Boosts}
	if o.All {
		row.Topics = "all"
	}
	if !slug.MatchString(row.ID) {
		row.ID = ""
	}
	src, problem := c.newSource(row)
	if problem != "" {
		return src, fmt.Errorf("outline %q: %s", shorten(printable(o.Title), 40), problem)
	}
	return src, nil
}

func exportSources(c *call) error {
	if len(c.args) > 0 {
		return wrong("source export takes no arguments: it writes to standard output")
	}
	cfg, states, err := c.sourceStates()
	if err != nil {
		return err
	}
	var outlines []opml.Outline
	for _, s := range states {
		if s.State == post.Removed || s.State == post.Blocked {
			continue
		}
		o := opml.Outline{
			Title: s.Title(), Feed: s.Feed(), Site: s.Visit.SiteURL, Language: s.Source.Language,
			ID: s.Source.ID, Lock: s.Source.Language, All: s.Source.All, Boosts: s.Source.Boosts, NoFullText: !s.Source.FullText,
			Paused: s.State == post.Paused,
		}
		if o.Feed == "" {
			fmt.Fprintf(c.stderr, "samenloop: source %q is left out: OPML has no place for %s\n", s.Source.ID, printable(s.Source.URL))
			continue
		}
		if u, err := url.Parse(s.Source.URL); err == nil && u.User != nil {
			fmt.Fprintf(c.stderr, "samenloop: the password of source %q is left out\n", s.Source.ID)
		}
		outlines = append(outlines, o)
	}
	text, err := opml.Write(cfg.Site.Title, time.Now(), outlines)
	if err != nil {
		return err
	}
	_, err = c.stdout.Write(text)
	return err
}
