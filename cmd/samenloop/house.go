package main

import (
	"context"
	"fmt"
	"time"

	"samenloop/fetch"
	"samenloop/ingest"
	"samenloop/post"
	"samenloop/store"
	"samenloop/web"
)

// What the configuration says, put together: the only place that knows all packages.

// openStore opens the database of a configuration; readOnly beside whoever writes to it.
func (c *config) openStore(ctx context.Context, readOnly bool) (*store.Store, error) {
	return store.Open(ctx, c.Site.Database, store.Options{Languages: c.Site.Languages, ReadOnly: readOnly})
}

// reader is what visits sources, at the time that now tells.
func (c *config) reader(s ingest.Store, now func() time.Time) (*ingest.Reader, error) {
	match, err := post.NewMatcher(c.topics())
	if err != nil {
		return nil, &configError{[]string{err.Error()}}
	}
	client, err := fetch.New(fetch.Options{
		AllowNetworks: c.Fetch.AllowNetworks,
		UserAgent:     fmt.Sprintf("samenloop/%s (+%s)", version(), c.Fetch.Contact),
		MaxBytes:      c.Fetch.MaxBytes,
		Timeout:       c.Fetch.Timeout.Duration,
		PerHost:       c.Schedule.PerHost,
		Concurrency:   c.Schedule.Concurrency,
		Now:           now,
	})
	if err != nil {
		return nil, &configError{[]string{err.Error()}}
	}
	return &ingest.Reader{Client: client, Store: s, Match: match, Now: now, Concurrency: c.Schedule.Concurrency, PerHost: c.Schedule.PerHost}, nil
}

// rematch decides anew about what is stored where topics changed, or sources
// that are taken whole did; it says of how many posts the topics are others now.
func (c *config) rematch(ctx context.Context, s *store.Store, now time.Time) (int, error) {
	states, err := s.Sources(ctx)
	if err != nil {
		return 0, err
	}
	rules := post.Rules{Topics: c.topics(), Whole: map[string]bool{}}
	for _, st := range states {
		rules.Whole[st.Source.ID] = st.Source.All
	}
	return ingest.Rematch(ctx, s, rules, now)
}

// site is what is served.
func (c *config) site() web.Site {
	return web.Site{Title: c.Site.Title, BaseURL: c.Site.BaseURL, Languages: c.Site.Languages, Others: c.Site.OtherLanguages, Topics: c.topics(), Version: version()}
}
