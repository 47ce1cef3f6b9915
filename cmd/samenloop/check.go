package main

import (
	"crypto/sha256"
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
	long:  "Nothing is stored. Ends with 1 when something is not as it should be.",
	run:   check,
}

func check(c *call) error {
	if len(c.args) > 0 {
		return wrong("check takes no arguments: %q", printable(c.args[0]))
	}
	cfg, err := c.readConfig()
	if err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "configuration  %s: right (%d sources, %d topics)\n", c.config, len(cfg.Sources), len(cfg.Topics))
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
	reader, err := cfg.reader(nil, time.Now)
	if err != nil {
		return err
	}
	sources := cfg.sources()
	if states, err := cfg.sourceStates(c); err == nil { // those added by command, too
		sources = nil
		for _, s := range states {
			if s.State == post.Active || s.State == post.Gone {
				sources = append(sources, s.Source)
			}
		}
	}
	verdicts := make([]string, len(sources))
	failed := make([]bool, len(sources))
	bar := newProgress(c.stderr, len(sources))
	slots := make(chan struct{}, cfg.Schedule.Concurrency)
	var work sync.WaitGroup
	for i, src := range sources {
		work.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			verdicts[i], failed[i] = reach(c, reader, src)
			bar.step(src.ID)
		})
	}
	work.Wait()
	bar.done()
	g := &grid{}
	g.row("source", "reached", "what it gives")
	for i, src := range sources {
		reached := "yes"
		if failed[i] {
			reached, bad = "no", true
		}
		g.row(src.ID, reached, verdicts[i])
	}
	fmt.Fprintln(c.stdout)
	if _, err := g.WriteTo(c.stdout); err != nil {
		return err
	}
	if bad {
		return errTold
	}
	return c.Err()
}

// reach asks a source once and says what it found, or what is wrong.
func reach(c *call, reader *ingest.Reader, src post.Source) (verdict string, failed bool) {
	doc, resp, err := reader.Open(c, src.URL)
	if err != nil {
		return err.Error(), true
	}
	verdict = fmt.Sprintf("%s with %d entries", doc.Format, len(doc.Entries))
	if len(doc.Entries) == 0 {
		verdict = doc.Format + ", valid, but empty"
	}
	if resp.URL != src.URL {
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

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
