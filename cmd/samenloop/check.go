package main

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"samenloop/ingest"
	"samenloop/post"
	"samenloop/store"
)

var checkCommand = &command{
	name:  "check",
	short: "is the configuration right, are the sources reachable, is the database whole",
	long: `Nothing is stored. Ends with 1 when something is not as it should be. With -offline no source is
asked: that is for a monitor, and ends with 1 when the database is not whole, when a source died (it
answered 410, or failed again and again for three days), or when none could be read for a day.`,
	flags: func(set *flag.FlagSet) {
		set.BoolVar(&checkFlags.offline, "offline", false, "look at what is stored, and ask no source")
	},
	run: check,
}

var checkFlags struct{ offline bool }

func check(c *call) error {
	if len(c.args) > 0 {
		return wrong("check takes no arguments: %q", printable(c.args[0]))
	}
	cfg, err := c.readConfig()
	if err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "configuration  %s: right; sources: %d, topics: %d\n", c.config, len(cfg.Sources), len(cfg.Topics))
	bad := false
	s, err := cfg.openStore(c, true)
	if err == nil {
		defer s.Close()
		err = s.Check(c)
	}
	switch {
	case store.IsMissing(err) && !isFolder(filepath.Dir(cfg.Site.Database)):
		bad = true
		fmt.Fprintf(c.stdout, "database       the folder of %s does not exist: make it, or change [site] database\n", cfg.Site.Database)
	case store.IsMissing(err) && isThere(cfg.Site.Database): // as a disk that was full leaves a copy
		bad = true
		fmt.Fprintf(c.stdout, "database       %s is empty: put a backup in its place; \"serve\" and \"poll\" begin anew in it\n", cfg.Site.Database)
	case store.IsMissing(err):
		fmt.Fprintf(c.stdout, "database       %s: not there yet, \"serve\" and \"poll\" make it\n", cfg.Site.Database)
	case err != nil:
		bad = true
		fmt.Fprintf(c.stdout, "database       %s\n", printable(err.Error()))
	default:
		fmt.Fprintf(c.stdout, "database       %s: whole\n", cfg.Site.Database)
		if key, err := cfg.instanceKey(s); err == nil {
			mark := sha256.Sum256(key.N.Bytes())
			fmt.Fprintf(c.stdout, "signs as       %s/actor, with the key %x…\n", cfg.Site.BaseURL, mark[:4])
		}
	}
	for _, path := range exposed(cfg, c.config) {
		fmt.Fprintf(c.stdout, "notice         every user of this machine can read %s, and it may hold passwords: chmod o-rwx %[1]s\n", printable(path))
	}
	if cfg.Site.unseen() {
		fmt.Fprintf(c.stdout, "notice         readers come by https, so something passes them on to %s, and [site] proxies does not say what: limits would take them all for one visitor\n", cfg.Site.Listen)
	}
	states, err := cfg.sourceStates(c)
	if err != nil { // of the database, and told
		for _, src := range cfg.sources() {
			states = append(states, post.SourceState{Source: src, State: post.Active})
		}
	}
	states = slices.DeleteFunc(states, func(s post.SourceState) bool { return s.State != post.Active && s.State != post.Gone })
	for _, st := range states {
		if st.Source.Boosts {
			fmt.Fprintf(c.stdout, "notice         "+takesBoosts+"\n", st.Source.ID)
		}
	}
	if since, silent := post.Silent(states); silent {
		bad = true
		fmt.Fprintf(c.stdout, "sources        none could be read since %s: is there a network?\n", minute(since))
	}
	fmt.Fprintln(c.stdout)
	if checkFlags.offline {
		bad = tellStored(c, states) || bad
	} else {
		reader, err := cfg.reader(nil, time.Now)
		if err != nil {
			return err
		}
		bad = tellReached(c, reader, states, cfg.Schedule.Concurrency) || bad
	}
	if bad {
		return errTold
	}
	return c.Err()
}

// tellStored says how sources fared, and whether one is dead.
func tellStored(c *call, states []post.SourceState) (dead bool) {
	g := &grid{}
	g.row("source", "last success", "at the last visit")
	for _, s := range states {
		dead = dead || s.Visit.Dead()
		g.row(s.Source.ID, minute(s.Visit.Succeeded), lastVisit(s.Visit))
	}
	g.WriteTo(c.stdout)
	return dead
}

// tellReached asks all sources, a few at once, and says whether one cannot be reached.
func tellReached(c *call, reader *ingest.Reader, states []post.SourceState, atOnce int) (bad bool) {
	verdicts := make([]string, len(states))
	failed := make([]bool, len(states))
	bar := newProgress(c.stderr, len(states))
	slots := make(chan struct{}, atOnce)
	var work sync.WaitGroup
	for i, s := range states {
		work.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			verdicts[i], failed[i] = reach(c, reader, s.Source)
			bar.step(s.Source.ID)
		})
	}
	work.Wait()
	bar.done()
	g := &grid{}
	g.row("source", "reached", "what it gives", "at the last visit")
	for i, s := range states {
		reached := "yes"
		if failed[i] {
			reached, bad = "no", true
		}
		g.row(s.Source.ID, reached, verdicts[i], lastVisit(s.Visit))
	}
	g.WriteTo(c.stdout)
	return bad
}

// reach asks a source once and says what it found, or what is wrong.
func reach(c *call, reader *ingest.Reader, src post.Source) (verdict string, failed bool) {
	doc, resp, _, err := reader.Open(c, src)
	if err != nil {
		return err.Error(), true
	}
	verdict = fmt.Sprintf("%s with %d entries", doc.Format, len(doc.Entries))
	if len(doc.Entries) == 0 {
		verdict = doc.Format + ", valid, but empty"
	}
	if resp.URL != post.WithoutLogin(src.URL) {
		verdict += ", found at " + resp.URL
	}
	return verdict, false
}

// exposed are the files with passwords that others than their owner and his group can read.
func exposed(cfg *config, configPath string) (paths []string) {
	files := []string{cfg.Site.Database} // what stands beside it has its mode
	if slices.ContainsFunc(cfg.Sources, func(s sourceConfig) bool { u, err := url.Parse(s.URL); return err == nil && u.User != nil }) {
		files = append(files, configPath)
	}
	for _, path := range files {
		if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o007 != 0 && runtime.GOOS != "windows" {
			paths = append(paths, path)
		}
	}
	return paths
}

func isThere(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
