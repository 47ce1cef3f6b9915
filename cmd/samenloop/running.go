package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"samenloop/ingest"
	"samenloop/post"
	"samenloop/store"
	"samenloop/web"
)

// running is a serve under way: what stays while configurations come and go, and
// the one that holds now.
type running struct {
	call    *call
	store   *store.Store
	log     *slog.Logger
	metrics *web.Metrics
	limits  *web.Limits
	tries   *web.Tries
	written siteConfig // as the file had it at the start: what needs a restart is compared with it

	due     chan struct{} // a round is due; holds one
	handler atomic.Pointer[http.Handler]

	applying sync.Mutex // one configuration at a time; it may wait for the database
	sound    bool       // the database was looked through: the sources of a configuration may be written down

	sync.Mutex
	cfg    *config
	reader *ingest.Reader
	ended  time.Time // when the last round ended; at first, when the program began
	failed bool      // it could not do its work: the store, or the clock
	silent bool      // no source could be read for a day
}

// ServeHTTP answers by the configuration that holds now.
func (r *running) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	(*r.handler.Load()).ServeHTTP(w, request)
}

// use makes a configuration the one that holds: all of it or, where it returns an
// error, nothing. Feeds that were kept go with the handler of the old one.
func (r *running) use(cfg *config) (*http.Server, error) {
	reader, err := cfg.reader(r.store, time.Now)
	if err != nil {
		return nil, err
	}
	site := cfg.site()
	site.Metrics, site.Health = r.metrics, r.health
	if site.PublicKey, err = cfg.publicKey(r.store); err != nil {
		return nil, err
	}
	site.Operators = cfg.operators(r.store, r.tries, r.wake)
	if cfg.Site.Proposals {
		if site.Members, err = cfg.members(r.store, r.limits); err != nil {
			return nil, err
		}
	}
	handler, err := web.New(site, r.store)
	if err != nil {
		return nil, &configError{[]string{err.Error()}}
	}
	server, err := web.Server(handler, cfg.Site.Listen, cfg.Site.BaseURL)
	if err != nil {
		return nil, &configError{[]string{err.Error()}}
	}
	r.applying.Lock()
	defer r.applying.Unlock()
	if r.sound {
		if err := cfg.sync(r.call, r.store, r.call.stderr); err != nil {
			return nil, err
		}
	}
	r.store.SetLanguages(cfg.Site.Languages)
	guarded := server.Handler
	r.handler.Store(&guarded)

	r.Lock()
	defer r.Unlock()
	r.cfg, r.reader = cfg, reader
	return server, nil
}

// wake says that a round is due. While one is under way, one more waits.
func (r *running) wake() {
	select {
	case r.due <- struct{}{}:
	default:
	}
}

// check looks through the database before the first round: nothing is to be written into one
// that is damaged. An index for search that is, is made anew by that round.
func (r *running) check(ctx context.Context) error {
	err := r.store.Check(ctx)
	switch {
	case ctx.Err() != nil:
		return nil
	case store.IsIndexDamaged(err):
		r.log.Warn(err.Error())
	case err != nil:
		return err
	}
	r.applying.Lock()
	defer r.applying.Unlock()
	r.sound = true
	r.Lock()
	cfg := r.cfg
	r.Unlock()
	return cfg.sync(r.call, r.store, r.call.stderr)
}

// rounds reads what is due at once and whenever it is woken, until ctx ends.
func (r *running) rounds(ctx context.Context) {
	for ctx.Err() == nil {
		r.round(ctx)
		select {
		case <-ctx.Done():
		case <-r.due:
		}
	}
}

// round decides anew what topics that changed touch, visits what is due and
// forgets what is old. A panic ends this one round alone, and one in a visit that visit.
func (r *running) round(ctx context.Context) {
	began := time.Now()
	var err error
	defer func() {
		if p := recover(); p != nil {
			r.log.Error("panic in a round", "panic", p, "stack", string(debug.Stack()))
			err = errors.New("panic")
		}
		if ctx.Err() != nil {
			return
		}
		r.metrics.Round(time.Since(began), err == nil)
		r.Lock()
		defer r.Unlock()
		r.ended, r.failed = time.Now(), err != nil
	}()
	r.Lock()
	cfg, reader, wasSilent := r.cfg, r.reader, r.silent
	r.Unlock()
	states, err := r.store.Sources(ctx)
	if err == nil {
		err = ingest.CheckClock(began, ingest.LastVisit(states))
	}
	if err != nil {
		r.report(ctx, "no round", err)
		return
	}
	var changed, purged int
	if changed, err = cfg.rematch(ctx, r.store, states, began); err != nil {
		r.report(ctx, "topics changed; what is stored is decided anew at the next round", err)
	} else if changed > 0 {
		r.log.Info("topics changed", "posts that came or left", changed)
	}
	n, fresh, matched := 0, 0, 0
	since, silent := post.Silent(states)
	visits := round(ctx, states, reader, func(report ingest.Report) {
		n++
		fresh += report.Saved.New
		matched += report.Saved.Matched
		r.metrics.Visit(report.Status, report.Asked, report.Trouble == "", report.Saved.New)
		if report.Stack != "" {
			r.log.Error("panic in a visit", "source", report.Source.ID, "stack", report.Stack)
		}
		switch {
		case report.Died:
			r.log.Error("source died", "source", report.Source.ID, "trouble", report.Trouble)
		case report.Trouble != "":
			r.log.Warn("source in trouble", "source", report.Source.ID, "trouble", report.Trouble)
		case report.Asked:
			silent = false
		}
	})
	if silent && !wasSilent {
		r.log.Error("no source could be read for a day: is there a network?", "since", since)
	}
	r.Lock()
	r.silent = silent
	r.Unlock()
	if visits != nil {
		err = visits
		r.report(ctx, "round failed; what could not be stored is read again", err)
	} else if n > 0 {
		r.log.Info("round", "sources", n, "new", fresh, "on topic", matched, "took", time.Since(began).Round(time.Millisecond))
	}
	if ctx.Err() != nil {
		return
	}
	var purge error
	if purged, purge = r.store.Purge(ctx, began.Add(-cfg.Schedule.KeepOffTopic.Duration)); purge != nil {
		err = purge
		r.report(ctx, "purge failed", err)
	} else if purged > 0 {
		r.log.Info("forgot the content of old posts off topic", "posts", purged)
	}
	if end := r.store.EndProposals(ctx, began); end != nil {
		err = end
		r.report(ctx, "proposals could not be ended", err)
	}
	if prune := r.store.PrunePrints(ctx, began); prune != nil {
		err = prune
		r.report(ctx, "prune failed", err)
	}
}

// report says that the store could not do something, unless we are ending.
func (r *running) report(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		r.metrics.StoreError()
		r.log.Error(what, "error", err)
	}
}

// refresh looks from time to time whether another process changed what readers see,
// until ctx ends, or returns an error where there is no use in going on.
func (r *running) refresh(ctx context.Context) error {
	t := time.NewTicker(lookAround)
	defer t.Stop()
	said := ""
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
		err := r.store.Refresh(ctx)
		switch {
		case err == nil:
			said = ""
		case store.IsReplaced(err):
			return err
		case err.Error() != said: // once, not each second
			said = err.Error()
			r.report(ctx, "cannot read the database", err)
		}
	}
}

// reload reads the configuration anew at each signal, until ctx ends.
func (r *running) reload(ctx context.Context, signals <-chan os.Signal) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-signals:
			r.useAnew()
		}
	}
}

// useAnew uses the configuration as it is now, or says why not.
func (r *running) useAnew() {
	if serveFlags.demo {
		r.log.Warn("the demo has no configuration to read again")
		return
	}
	cfg, err := r.reread()
	if err == nil {
		_, err = r.use(cfg)
	}
	if err != nil {
		for line := range strings.Lines(err.Error()) {
			r.log.Error("the configuration is not taken; the old one holds", "error", strings.TrimSpace(line))
		}
		return
	}
	r.log.Info("the configuration was read again", "sources", len(cfg.Sources), "topics", len(cfg.Topics))
	r.wake()
}

// reread is the configuration as it is now, but for what needs a restart.
func (r *running) reread() (*config, error) {
	cfg, err := r.call.readConfig()
	if err != nil {
		return nil, err
	}
	r.Lock()
	held := r.cfg.Site
	r.Unlock()
	for _, key := range []struct{ name, was, is string }{
		{"listen", r.written.Listen, cfg.Site.Listen}, {"database", r.written.Database, cfg.Site.Database},
	} {
		if key.was != key.is {
			r.log.Warn("this holds after a restart only", "key", key.name, "now", key.was)
		}
	}
	cfg.Site.Database = held.Database
	return cfg, cfg.listenOn(held.Listen)
}

// health is why a monitor should call somebody; nil while all is well.
func (r *running) health(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	if err := r.store.Refresh(ctx); err != nil {
		return errors.New("the database cannot be read; the log says more")
	}
	r.Lock()
	defer r.Unlock()
	switch {
	case late(r.cfg.Schedule.Ticks, r.ended, time.Now()):
		return fmt.Errorf("no round has ended since %s", r.ended.UTC().Format(time.RFC3339))
	case r.failed:
		return errors.New("the last round failed; the log says more")
	case r.silent:
		return errors.New("no source could be read for a day")
	}
	return nil
}
