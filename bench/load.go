package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// What readers ask for while a round is under way, over and over. Those that begin
// with "=" they have already.
var reading = []string{
	"/feed.atom", "=/feed.atom", "/en/feed.json", "=/en/feed.rss", "/feed.as2", "/en/", "=/topic/bench/feed.atom", "/source/s7/feed.atom",
	"/changes.json", "/en/sources/", "=/feed.rss", "/en/source/s1/", "/feed.atom?q=servers", "/en/about/", "/sources.opml", "=/en/feed.atom",
}

const (
	loadRate  = 500 // requests a second
	loadLasts = 20 * time.Second
)

// load is how long the slowest hundredth of readers wait, in the middle of a cold
// round, beside those of a bare handler at the same rate and the same time.
func (b *bench) load() error {
	config, err := b.config("load")
	if err != nil {
		return err
	}
	s, err := b.serve(config)
	if err != nil {
		return err
	}
	defer s.end()
	answer := filepath.Join(b.dir, "answer")
	if err := os.WriteFile(answer, []byte("here"), 0o600); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	plain, err := start(self, "-role", "bare", answer)
	if err != nil {
		return err
	}
	defer plain.end()
	var ours, bare []time.Duration
	var errOurs, errBare error
	var both sync.WaitGroup
	both.Go(func() { ours, errOurs = readers(s.url, reading) })
	both.Go(func() { bare, errBare = readers(plain.url, []string{"/"}) })
	both.Wait()
	for _, err := range []error{errOurs, errBare} {
		if err != nil {
			return err
		}
	}
	stored, err := b.stored("load")
	if err != nil {
		return err
	}
	_, most, err := s.memory()
	if err != nil {
		return err
	}
	beside := slowest(bare)
	b.tell(fmt.Sprintf("%d requests a second in a cold round: 99 %% within", loadRate), slowest(ours), max(250, 3*beside),
		fmt.Sprintf("ms (a bare handler: %.3f; %.0f %% of the items stored meanwhile)", beside, 100*float64(stored)/float64(*sites*itemsShown)))
	b.tell("  memory of serve meanwhile, at most", most, 200, "MB")
	return nil
}

// readers ask at their rate, whether or not those before were answered, and tell how
// long each waited from when it meant to ask.
func readers(base string, paths []string) (waits []time.Duration, err error) {
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 500, MaxIdleConnsPerHost: 500, DisableCompression: true}, Timeout: time.Minute}
	defer client.CloseIdleConnections()
	var (
		mu   sync.Mutex
		tags = map[string]string{}
		all  sync.WaitGroup
	)
	read := func(path string, meant time.Time) error {
		address, conditional := strings.CutPrefix(path, "=")
		request, err := http.NewRequest(http.MethodGet, base+address, nil)
		if err != nil {
			return err
		}
		mu.Lock()
		if conditional && tags[path] != "" {
			request.Header.Set("If-None-Match", tags[path])
		}
		mu.Unlock()
		resp, err := client.Do(request)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			return err
		}
		if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusNotModified {
			return fmt.Errorf("GET %s: %s", path, resp.Status)
		}
		mu.Lock()
		defer mu.Unlock()
		tags[path] = resp.Header.Get("Etag")
		waits = append(waits, time.Since(meant))
		return nil
	}
	for _, path := range paths { // they are not the first that ever came
		if err := read(path, time.Now()); err != nil {
			return nil, err
		}
	}
	waits = nil
	began := time.Now()
	for n := range int(loadLasts.Seconds() * loadRate) {
		meant := began.Add(time.Duration(n) * time.Second / loadRate)
		time.Sleep(time.Until(meant))
		all.Go(func() {
			if failed := read(paths[n%len(paths)], meant); failed != nil {
				mu.Lock()
				defer mu.Unlock()
				err = failed
			}
		})
	}
	all.Wait()
	return waits, err
}

// slowest is what 99 of 100 do not exceed, in milliseconds.
func slowest(waits []time.Duration) float64 {
	slices.Sort(waits)
	return waits[len(waits)*99/100].Seconds() * 1000
}
