package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"samenloop/feeds"
	"samenloop/ingest"
	"samenloop/store"
	"samenloop/web"
)

var serveFlags struct {
	demo   bool
	listen string
}

var serveCommand = &command{
	name:  "serve",
	short: "read the sources on schedule and serve what they give",
	long: `With -demo it needs nothing: sample sites run inside, in a temporary database.
It ends on Ctrl-C or SIGTERM, within 5 seconds, also while it is reading.`,
	flags: func(set *flag.FlagSet) {
		set.BoolVar(&serveFlags.demo, "demo", false, "show it with sample sites; no network, no configuration")
		set.StringVar(&serveFlags.listen, "listen", "", "serve on this `host:port` rather than what the configuration says")
	},
	run: serve,
}

// How long an end may take: requests under way get the first part of it.
const (
	timeToAnswer = 3 * time.Second
	lookAround   = time.Second // how often what other processes changed is looked for
)

func serve(c *call) error {
	if len(c.args) > 0 {
		return wrong("serve takes no arguments, and flags come first: %q", printable(c.args[0]))
	}
	cfg, err := c.serveConfig()
	if err != nil {
		return err
	}
	if cfg.demo != nil {
		defer cfg.demo.Close()
	}
	if serveFlags.listen != "" {
		if err := cfg.listenOn(serveFlags.listen); err != nil {
			return err
		}
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
	if err := s.Check(c); err != nil {
		return err
	}
	if err := s.Sync(c, cfg.sources()); err != nil {
		return err
	}
	reader, err := cfg.reader(s, time.Now)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", cfg.Site.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w: choose another address with -listen or [site] listen", cfg.Site.Listen, err)
	}
	if _, port, _ := net.SplitHostPort(cfg.Site.Listen); port == "0" {
		if err := cfg.listenOn(listener.Addr().String()); err != nil {
			return err
		}
	}
	handler, err := web.New(cfg.site(), s)
	if err != nil {
		return &configError{[]string{err.Error()}}
	}
	server, err := web.Server(handler, cfg.Site.Listen, cfg.Site.BaseURL)
	if err != nil {
		return &configError{[]string{err.Error()}}
	}
	greet(c, cfg.config)

	ctx, cancel := context.WithCancel(c)
	defer cancel()
	log := slog.New(slog.NewTextHandler(c.stderr, nil))
	var work sync.WaitGroup
	work.Go(func() { schedule(ctx, cfg.config, s, reader, log) })
	work.Go(func() { refresh(ctx, s, log) })
	work.Go(func() {
		<-ctx.Done()
		bounded, done := context.WithTimeout(context.WithoutCancel(ctx), timeToAnswer)
		defer done()
		if server.Shutdown(bounded) != nil {
			server.Close()
		}
	})
	err = server.Serve(listener)
	cancel()
	work.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		fmt.Fprintln(c.stderr, "samenloop: stopped; everything is stored")
		return nil
	}
	return fmt.Errorf("serve on %s: %w", cfg.Site.Listen, err)
}

// serving is a configuration, and the demo's sites where it is the demo's.
type serving struct {
	*config
	demo *demo
}

func (c *call) serveConfig() (serving, error) {
	if !serveFlags.demo {
		cfg, err := c.readConfig()
		return serving{config: cfg}, err
	}
	if c.configGiven {
		return serving{}, wrong("-demo brings its own configuration: leave -config out")
	}
	d, err := startDemo(c)
	if err != nil {
		return serving{}, fmt.Errorf("start the sample sites: %w", err)
	}
	return serving{d.config(), d}, nil
}

// greet says what runs, where, and what to open.
func greet(c *call, cfg *config) {
	w := c.stdout
	base := cfg.Site.BaseURL
	var formats, languages []string
	for _, f := range feeds.Formats {
		formats = append(formats, "."+f.Name)
	}
	for _, l := range cfg.Site.Languages {
		languages = append(languages, base+"/"+l+"/feed.atom")
	}
	fmt.Fprintf(w, "samenloop %s: %s\n", version(), printable(cfg.Site.Title))
	fmt.Fprintf(w, "  reads     %d sources; looks at %q (%s) which are due, asks each at most once an hour\n", len(cfg.Sources), cfg.Schedule.Poll, cfg.Schedule.TimeZone)
	fmt.Fprintf(w, "  keeps     %s\n", cfg.Site.Database)
	fmt.Fprintf(w, "  listens   %s\n", cfg.Site.Listen)
	fmt.Fprintf(w, "  page      %s/\n", base)
	fmt.Fprintf(w, "  feeds     %s/feed.atom   also %s\n", base, strings.Join(formats[1:], " "))
	for _, l := range languages {
		fmt.Fprintf(w, "            %s\n", l)
	}
	fmt.Fprint(w, "  stop      Ctrl-C\n")
}

// schedule reads what is due at once and at every tick, until ctx ends; then it
// waits for the round under way, which ends soon.
func schedule(ctx context.Context, cfg *config, s *store.Store, reader *ingest.Reader, log *slog.Logger) {
	tick := func() {
		n, fresh, matched := 0, 0, 0
		began := time.Now()
		err := round(ctx, s, reader, func(r ingest.Report) {
			n++
			fresh += r.Saved.New
			matched += r.Saved.Matched
			if r.Trouble != "" {
				log.Warn("source in trouble", "source", r.Source.ID, "trouble", printable(r.Trouble))
			}
		})
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			log.Error("round failed; what could not be stored is read again", "error", printable(err.Error()))
		case n > 0:
			log.Info("round", "sources", n, "new", fresh, "on topic", matched, "took", time.Since(began).Round(time.Millisecond))
		}
		if purged, err := s.Purge(ctx, time.Now().Add(-cfg.Schedule.KeepOffTopic.Duration)); err != nil {
			log.Error("purge failed", "error", printable(err.Error()))
		} else if purged > 0 {
			log.Info("forgot the content of old posts off topic", "posts", purged)
		}
	}
	// A job that is still running is skipped; a panic ends that one run alone. In
	// this order: the other way round a panic would skip the job for ever.
	logger := cron.PrintfLogger(slog.NewLogLogger(log.Handler(), slog.LevelError))
	job := cron.NewChain(cron.SkipIfStillRunning(cron.DiscardLogger), cron.Recover(logger)).Then(cron.FuncJob(tick))
	ticks := cron.New()
	ticks.Schedule(cfg.Schedule.Ticks, job)
	ticks.Start()
	job.Run()
	<-ctx.Done()
	<-ticks.Stop().Done()
}

// refresh looks from time to time whether another process changed what readers see.
func refresh(ctx context.Context, s *store.Store, log *slog.Logger) {
	t := time.NewTicker(lookAround)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		if err := s.Refresh(ctx); err != nil && ctx.Err() == nil {
			log.Error("cannot read the database", "error", printable(err.Error()))
		}
	}
}
