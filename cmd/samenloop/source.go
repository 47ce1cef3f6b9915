package main

import (
	"flag"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"samenloop/post"
	"samenloop/store"
)

var sourceFlags struct{ json bool }

var sourceCommand = &command{
	name:  "source",
	verbs: true,
	args:  "list",
	short: "list the sources and how each fares",
	flags: func(set *flag.FlagSet) {
		set.BoolVar(&sourceFlags.json, "json", false, "one JSON object a source, one a line")
	},
	run: source,
}

func source(c *call) error {
	if !slices.Equal(c.args, []string{"list"}) {
		return wrong("source: say \"source list\"")
	}
	cfg, err := c.readConfig()
	if err != nil {
		return err
	}
	states, err := cfg.sourceStates(c)
	if err != nil {
		return err
	}
	if sourceFlags.json {
		for _, s := range states {
			if err := writeJSON(c.stdout, struct {
				ID          string `json:"id"`
				Title       string `json:"title,omitempty"`
				URL         string `json:"url"`
				Site        string `json:"site,omitempty"`
				State       string `json:"state"`
				Trouble     string `json:"trouble,omitempty"`
				Notice      string `json:"notice,omitempty"`
				LastSuccess string `json:"last_success,omitempty"`
				NextVisit   string `json:"next_visit,omitempty"`
			}{s.Source.ID, s.Title(), redact(s.Source.URL), s.Visit.SiteURL, string(s.State), s.Visit.Trouble, s.Visit.Notice,
				rfc3339(s.Visit.Succeeded), rfc3339(s.Visit.Next)}); err != nil {
				return err
			}
		}
		return nil
	}
	g := &grid{}
	g.row("source", "state", "title", "posts", "on topic", "last success", "next visit", "address", "trouble or notice")
	for _, s := range states {
		say := s.Visit.Notice
		if s.Visit.Trouble != "" {
			say = strings.TrimSuffix("trouble: "+s.Visit.Trouble+"; "+s.Visit.Notice, "; ")
		}
		g.row(s.Source.ID, string(s.State), shorten(printable(s.Title()), 30), strconv.Itoa(s.Posts), strconv.Itoa(s.Matched),
			minute(s.Visit.Succeeded), minute(s.Visit.Next), redact(s.Source.URL), say)
	}
	_, err = g.WriteTo(c.stdout)
	return err
}

// sourceStates are the sources in the database and, after them, those that the
// configuration names and that were never read.
func (c *config) sourceStates(call *call) ([]post.SourceState, error) {
	var states []post.SourceState
	s, err := c.openStore(call, true)
	switch {
	case err == nil:
		defer s.Close()
		if states, err = s.Sources(call); err != nil {
			return nil, err
		}
	case !store.IsMissing(err):
		return nil, err
	}
	for _, src := range c.sources() {
		if !slices.ContainsFunc(states, func(st post.SourceState) bool { return st.Source.ID == src.ID }) {
			states = append(states, post.SourceState{Source: src, State: post.Active})
		}
	}
	return states, nil
}

func minute(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("2006-01-02 15:04")
}

// redact is an address without its password.
func redact(address string) string {
	if u, err := url.Parse(address); err == nil {
		return u.Redacted()
	}
	return address
}
