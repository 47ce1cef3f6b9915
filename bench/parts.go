package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/mmcdole/gofeed"

	"samenloop/store"
)

func milliseconds(d time.Duration, per int) float64 { return d.Seconds() * 1000 / float64(per) }

// cold reads all sites for the first time, again and again: the least of that.
func (b *bench) cold() error {
	parse, err := parsing()
	if err != nil {
		return err
	}
	config, err := b.config("cold")
	if err != nil {
		return err
	}
	took, err := least(3, func() (time.Duration, error) {
		if err := b.forget("cold"); err != nil {
			return 0, err
		}
		return b.round(config)
	})
	if err != nil {
		return err
	}
	stored, err := b.stored("cold")
	if err != nil {
		return err
	}
	items := *sites * itemsShown
	b.tell("cold round, CPU an item", milliseconds(took, items), 0.5, "ms")
	b.tell("  beside gofeed's bare parse of the same", milliseconds(took, items)/parse, 3, fmt.Sprintf("times %.3f ms", parse))
	b.tell("  items stored / published", float64(stored)/float64(items), 1, "")
	if stored != items {
		b.missed = append(b.missed, fmt.Sprintf("%d items stored of %d", stored, items))
	}
	return nil
}

// parsing is the CPU time, in milliseconds an item, that gofeed takes for its bare
// parse of some of the feeds, as least takes it.
func parsing() (float64, error) {
	const some, often = 40, 7
	documents := make([]string, some)
	for n := range documents {
		documents[n] = feedDocument(n, itemsShown)
	}
	took, err := least(often, func() (time.Duration, error) {
		began := cpu()
		for _, d := range documents {
			if _, err := gofeed.NewParser().ParseString(d); err != nil {
				return 0, err
			}
		}
		return cpu() - began, nil
	})
	return milliseconds(took, some*itemsShown), err
}

// forget removes a database, where there is one.
func (b *bench) forget(name string) error {
	files, err := filepath.Glob(filepath.Join(b.dir, name+".db*"))
	for _, file := range files {
		err = errors.Join(err, os.Remove(file))
	}
	return err
}

// stored counts the posts of a database.
func (b *bench) stored(name string) (posts int, err error) {
	s, err := store.Open(context.Background(), filepath.Join(b.dir, name+".db"), store.Options{ReadOnly: true})
	if err != nil {
		return 0, err
	}
	defer s.Close()
	sources, err := s.Sources(context.Background())
	for _, source := range sources {
		posts += source.Posts
	}
	return posts, err
}

// ready makes sure that all sites were read once, for a part that is run alone.
func (b *bench) ready() (config string, err error) {
	if config, err = b.config("cold"); err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(b.dir, "cold.db")); err == nil {
		return config, nil
	}
	_, err = b.round(config)
	return config, err
}

// known reads sites in which little or nothing is new.
func (b *bench) known() error {
	config, err := b.ready()
	if err != nil {
		return err
	}
	costs, err := b.rounds(config)
	if err != nil {
		return err
	}
	document := float64(len(feedDocument(0, b.published))) / 1000
	b.tell("round answered 304, CPU a source", costs.unchanged, 0.35, "ms")
	b.tell("round answered 200 with the same bytes, CPU a source", costs.same, 1, fmt.Sprintf("ms, of %.0f KB", document))
	b.tell("  one new item in it: CPU beyond that", costs.item, 0, "ms, in a feed of 30; every fifth on topic")
	return nil
}

// roundCosts are CPU milliseconds a source.
type roundCosts struct{ unchanged, same, item float64 }

func (b *bench) rounds(config string) (c roundCosts, err error) {
	round := func() (time.Duration, error) { return b.round(config) }
	if _, err := round(); err != nil {
		return c, err
	}
	took, err := least(5, round)
	if err != nil {
		return c, err
	}
	c.unchanged = milliseconds(took, *sites)
	if err := b.grow(0, false); err != nil {
		return c, err
	}
	if took, err = least(5, round); err != nil {
		return c, err
	}
	c.same = milliseconds(took, *sites)
	const often = 2 * onTopic
	for range often {
		if err := b.grow(1, true); err != nil {
			return c, err
		}
		if took, err = round(); err != nil {
			return c, err
		}
		c.item += (milliseconds(took, *sites) - c.same) / often
	}
	return c, nil
}

// least is what something takes, the least of several times: what disturbs a measurement only ever adds to it.
func least(times int, something func() (time.Duration, error)) (least time.Duration, err error) {
	for n := range times {
		took, err := something()
		if err != nil {
			return 0, err
		}
		if n == 0 || took < least {
			least = took
		}
	}
	return least, nil
}

// growth measures with as much stored as there is, and with much more.
func (b *bench) growth() error {
	config, err := b.ready()
	if err != nil {
		return err
	}
	before, err := b.rounds(config)
	if err != nil {
		return err
	}
	feed, err := b.render(config)
	if err != nil {
		return err
	}
	for range *times - 1 {
		if err := b.grow(itemsShown, true); err != nil {
			return err
		}
		if _, err := b.round(config); err != nil {
			return err
		}
	}
	after, err := b.rounds(config)
	if err != nil {
		return err
	}
	feedAfter, err := b.render(config)
	if err != nil {
		return err
	}
	stored, err := b.stored("cold")
	if err != nil {
		return err
	}
	b.tell(fmt.Sprintf("with %d posts stored, of what it was: round of 304", stored), after.unchanged/before.unchanged, 1.15, "times")
	b.tell("  new item", after.item/before.item, 1.15, "times")
	b.tell("  feed rendered", feedAfter/feed, 1.15, "times")
	return nil
}

// render is the CPU time of one feed that nobody asked for before.
func (b *bench) render(config string) (float64, error) {
	const often = 20
	var total time.Duration
	for range often {
		c, err := b.samenloop("feed", "-config", config, "/feed.atom")
		if err != nil {
			return 0, err
		}
		total += c.cpu
	}
	return milliseconds(total, often), nil
}

// memory looks at serve: at rest with what is stored, and while it reads all for the first time.
func (b *bench) memory() error {
	config, err := b.ready()
	if err != nil {
		return err
	}
	s, err := b.serve(config)
	if err != nil {
		return err
	}
	if err := ask(s.url+"/feed.atom", 200); err != nil {
		return err
	}
	time.Sleep(3 * time.Second) // its first round, and what it looks after
	now, _, err := s.memory()
	if err != nil {
		return err
	}
	if _, err := s.end(); err != nil {
		return err
	}
	b.tell("memory of serve, resident, all stored", now, 80, "MB")

	if config, err = b.config("fresh"); err != nil {
		return err
	}
	if s, err = b.serve(config); err != nil {
		return err
	}
	stored, items := 0, *sites*itemsShown
	for deadline := time.Now().Add(timeForRound); stored < items && time.Now().Before(deadline); {
		time.Sleep(time.Second)
		if stored, err = b.stored("fresh"); err != nil {
			return errors.Join(err, s.cmd.Process.Kill())
		}
	}
	_, most, err := s.memory()
	if err != nil {
		return err
	}
	b.tell("  at most, in a cold round", most, 120, "MB")
	if _, err = s.end(); err == nil && stored < items {
		err = fmt.Errorf("after %v only %d of %d items are stored", timeForRound, stored, items)
	}
	return err
}

// timeForRound is how long serve may take to read all sites for the first time.
const timeForRound = 3 * time.Minute

// serving compares a feed that is kept with the same bytes from a bare handler.
func (b *bench) serving() error {
	// Turn by turn, by several processes of each: where the system puts a process and who
	// asks it makes more of a difference than what it does. What is told is the middle of all.
	const processes, turns, often = 6, 8, 1000
	config, err := b.ready()
	if err != nil {
		return err
	}
	kept := filepath.Join(b.dir, "feed.atom")
	c, err := b.samenloop("feed", "-config", config, "/feed.atom")
	if err != nil {
		return err
	}
	if err := os.WriteFile(kept, c.out, 0o600); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	var ours, bare []time.Duration
	for range processes {
		err := b.beside(func() (*server, error) { return b.serve(config) }, func() (*server, error) { return start(self, "-role", "bare", kept) },
			func(s, plain *server) error {
				if err := ask(s.url+"/feed.atom", often); err != nil { // it begins with a round
					return err
				}
				time.Sleep(time.Second)
				for range turns {
					for _, turn := range []struct {
						s    *server
						took *[]time.Duration
					}{{s, &ours}, {plain, &bare}} {
						before, err := turn.s.cpu()
						if err != nil {
							return err
						}
						if err := ask(turn.s.url+"/feed.atom", often); err != nil {
							return err
						}
						after, err := turn.s.cpu()
						if err != nil {
							return err
						}
						*turn.took = append(*turn.took, after-before)
					}
				}
				return nil
			})
		if err != nil {
			return err
		}
	}
	ratios := make([]float64, len(ours))
	for i := range ours {
		ratios[i] = ours[i].Seconds() / bare[i].Seconds()
	}
	slices.Sort(ratios)
	slices.Sort(bare)
	b.tell("kept feed served, CPU beside a bare handler", ratios[len(ratios)/2], 1.15, fmt.Sprintf("times %.3f ms", milliseconds(bare[len(bare)/2], often)))
	return nil
}

// beside starts two servers, does something with them and ends them.
func (b *bench) beside(one, other func() (*server, error), do func(one, other *server) error) error {
	first, err := one()
	if err != nil {
		return err
	}
	defer first.end()
	second, err := other()
	if err != nil {
		return err
	}
	defer second.end()
	return do(first, second)
}

// ask gets a URL again and again.
func ask(url string, often int) error {
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	defer client.CloseIdleConnections()
	for range often {
		resp, err := client.Get(url)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			return fmt.Errorf("GET %s: %s, %v", url, resp.Status, err)
		}
	}
	return nil
}

// runBare serves a file from memory and does nothing else.
func runBare(file string) error {
	body, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + listener.Addr().String())
	return http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/atom+xml; charset=utf-8")
		w.Write(body)
	}))
}

// cpu is what this process took so far.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // cannot be: the arguments are right
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
