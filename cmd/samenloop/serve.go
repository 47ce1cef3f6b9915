package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"samenloop/feeds"
	"samenloop/people"
	"samenloop/post"
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
It ends on Ctrl-C or SIGTERM, within 5 seconds, also while it is reading. On SIGHUP it reads
the configuration again, or says why not and goes on with the old one.`,
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

// timeToCheck is how long readers wait at the start until the database was looked through:
// of a large one not to the end.
const timeToCheck = time.Second

// mostConnections may be open at a time: some 30 MB where all of them are.
const mostConnections = 1024

func serve(c *call) error {
	if len(c.args) > 0 {
		return wrong("serve takes no arguments: %q", printable(c.args[0]))
	}
	reloads := make(chan os.Signal, 1)
	signal.Notify(reloads, syscall.SIGHUP)
	defer signal.Stop(reloads)
	cfg, err := c.serveConfig()
	if err != nil {
		return err
	}
	if cfg.demo != nil {
		defer cfg.demo.Close()
	}
	written := cfg.Site
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
	listener, err := net.Listen("tcp", cfg.Site.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w: choose another address with -listen or [site] listen", cfg.Site.Listen, err)
	}
	defer listener.Close()
	if _, port, _ := net.SplitHostPort(cfg.Site.Listen); port == "0" {
		if err := cfg.listenOn(listener.Addr().String()); err != nil {
			return err
		}
	}
	log := newLog(c.stderr)
	slog.SetDefault(log)
	r := &running{call: c, store: s, log: log, written: written,
		metrics: web.NewMetrics(version(), s), limits: web.NewLimits(), tries: web.NewTries(), due: make(chan struct{}, 1), ended: time.Now()}
	server, err := r.use(cfg.config)
	if err != nil {
		return err
	}
	server.Handler, server.ErrorLog = r, slog.NewLogLogger(log.Handler(), slog.LevelWarn)
	ctx, cancel := context.WithCancel(c)
	defer cancel()
	var (
		work sync.WaitGroup
		lost error // what makes going on useless, the first of it
		once sync.Once
	)
	unless := func(err error) {
		if err != nil {
			once.Do(func() { lost = err })
			cancel()
		}
	}
	checked := make(chan struct{})
	work.Go(func() {
		unless(r.check(ctx))
		close(checked)
	})
	select {
	case <-checked:
	case <-time.After(timeToCheck):
	}
	if ctx.Err() == nil {
		unless(welcome(c, cfg, s))
	}
	work.Go(func() {
		<-checked
		r.rounds(ctx)
	})
	work.Go(func() { r.ticks(ctx) })
	work.Go(func() { unless(r.refresh(ctx)) })
	work.Go(func() { r.reload(ctx, reloads) })
	work.Go(func() {
		<-ctx.Done()
		bounded, done := context.WithTimeout(context.WithoutCancel(ctx), timeToAnswer)
		defer done()
		if server.Shutdown(bounded) != nil {
			server.Close()
		}
	})
	err = server.Serve(&web.Door{Listener: listener, Most: mostConnections})
	cancel()
	work.Wait()
	if lost != nil {
		return lost
	}
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

// welcome says what there is to know now that it runs.
func welcome(c *call, cfg serving, s *store.Store) error {
	states, err := s.Sources(c)
	if err != nil {
		return err
	}
	greet(c, cfg.config, cfg.withConfigured(states))
	if cfg.demo != nil {
		link := people.NewToken()
		if err := s.AddOperator(c, c.hand(""), "demo", link.Digest()); err != nil {
			return err
		}
		fmt.Fprintf(c.stdout, "  decide    %s\n            sets the password of \"demo\", who decides what waits\n", cfg.oneTime(link))
	}
	fmt.Fprint(c.stdout, "  stop      Ctrl-C\n")
	return nil
}

// greet says what runs, where, and what to open.
func greet(c *call, cfg *config, states []post.SourceState) {
	w := c.stdout
	base := cfg.Site.BaseURL
	read := 0
	for _, s := range states {
		if s.State == post.Active {
			read++
		}
	}
	var formats, languages []string
	for _, f := range feeds.Formats {
		formats = append(formats, "."+f.Name)
	}
	for _, l := range cfg.Site.Languages {
		languages = append(languages, base+"/"+l+"/feed.atom")
	}
	fmt.Fprintf(w, "samenloop %s: %s\n", version(), printable(cfg.Site.Title))
	fmt.Fprintf(w, "  reads     %d sources; looks at %q (%s) which are due, asks each at most once an hour\n", read, cfg.Schedule.Poll, cfg.Schedule.TimeZone)
	fmt.Fprintf(w, "  keeps     %s\n", cfg.Site.Database)
	fmt.Fprintf(w, "  listens   %s\n", cfg.Site.Listen)
	fmt.Fprintf(w, "  page      %s/\n", base)
	fmt.Fprintf(w, "  feeds     %s/feed.atom   also %s\n", base, strings.Join(formats[1:], " "))
	for _, l := range languages {
		fmt.Fprintf(w, "            %s\n", l)
	}
}
