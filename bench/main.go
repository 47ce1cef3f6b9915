// Command bench measures what samenloop costs on this machine: CPU time of its
// process, all in, and memory, beside marks, and beside others in the same run.
// It needs Linux and no network: a farm of feeds runs on loopback, as a process
// of its own.
//
//	go run ./bench                 all of it: some minutes
//	go run ./bench -sites 100      a quick look; what a process costs by itself weighs more
//	go run ./bench cold memory     these alone
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
)

var (
	sites   = flag.Int("sites", 1000, "how many sites: each has a feed of 30 items of 5 KB, and an account")
	times   = flag.Int("times", 10, "how many times as much is stored in the second measurement of growth")
	program = flag.String("program", "", "the samenloop to measure; without, it is built from this folder")
	role    = flag.String("role", "", "be a process beside the measured one: farm, detect, or bare FILE (bench starts these itself)")
)

// parts of the measurement. Each leaves behind what the next begins with.
var parts = []struct {
	name string
	run  func(*bench) error
}{
	{"cold", (*bench).cold},         // a round in which all is new
	{"known", (*bench).known},       // rounds in which nothing is, or one item
	{"serving", (*bench).serving},   // a feed that is kept
	{"load", (*bench).load},         // many readers in the middle of a cold round
	{"memory", (*bench).memory},     // resident, in peace and in the middle of a cold round
	{"growth", (*bench).growth},     // the same with more stored
	{"accounts", (*bench).accounts}, // of the fediverse
	{"language", (*bench).language}, // to tell it, and what only stories need
}

func main() {
	flag.Parse()
	var err error
	switch *role {
	case "farm":
		err = runFarm(*sites)
	case "detect":
		err = runDetect()
	case "bare":
		err = runBare(flag.Arg(0))
	default:
		err = measure(flag.Args())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func measure(asked []string) error {
	known := map[string]bool{}
	for _, p := range parts {
		known[p.name] = true
	}
	for _, name := range asked {
		if !known[name] {
			return fmt.Errorf("there is no part %q", name)
		}
	}
	b, err := newBench()
	if err != nil {
		return err
	}
	defer b.Close()
	fmt.Printf("%-58s %10s %10s\n", "", "measured", "mark")
	for _, p := range parts {
		if len(asked) > 0 && !slices.Contains(asked, p.name) {
			continue
		}
		if err := p.run(b); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	if len(b.missed) > 0 {
		return fmt.Errorf("over the mark: %s", strings.Join(b.missed, "; "))
	}
	return nil
}

// tell prints a figure, and keeps in mind where it is over its mark (0: none).
func (b *bench) tell(what string, figure, mark float64, unit string) {
	line := fmt.Sprintf("%-58s %10.3f", what, figure)
	if mark > 0 {
		line += fmt.Sprintf(" %10.3f", mark)
	} else {
		line += fmt.Sprintf(" %10s", "")
	}
	if mark > 0 && figure > mark {
		line += "  OVER"
		b.missed = append(b.missed, strings.TrimSpace(what))
	}
	fmt.Println(line, unit)
}
