package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"samenloop/i18n"
	"samenloop/post"
)

// language measures what it costs to tell languages apart, and what only stories need.
func (b *bench) language() error {
	own, longest := postsOfFarm()
	b.tell("settling the language of a post, median", costOf(own, settle), 0.15, "ms")
	b.tell("  of the longest", costOf(longest, settle), 0.15, "ms")
	b.tell("  recognising it alone, of the longest", costOf(longest, func(p *post.Post) { i18n.Detect(p.PlainText()[:i18n.MostRead]) }), 0.1, "ms")
	b.tell("what copies and translations are found by, median", costOf(own, printed), 0.5, "ms")

	out, err := exec.Command(os.Args[0], "-role", "detect").Output()
	if err != nil {
		return fmt.Errorf("start a process that recognises languages: %w", err)
	}
	var took detecting
	if err := json.Unmarshal(out, &took); err != nil {
		return err
	}
	b.tell("the first language that a process recognises", took.First, 50, "ms")
	b.tell("memory for it, resident", took.Memory, 15, "MB")

	grown, err := b.withoutModel()
	if err != nil {
		return err
	}
	b.tell("what the model adds to the program", grown, 3, "MB")
	return nil
}

// postsOfFarm are some posts of 5 KB, and one as long as any that is read.
func postsOfFarm() (own, longest []*post.Post) {
	for site := range 10 {
		for item := range itemsShown {
			own = append(own, &post.Post{URL: fmt.Sprintf("https://%d.example/article/%d", site, item), Title: fmt.Sprintf("Site %d writes its article number %d", site, item), HTML: article(site, item)})
		}
	}
	long := *own[0]
	long.Title, long.HTML = strings.Repeat("A title that goes on ", 15), strings.Repeat(own[0].HTML, 200)
	for _, p := range append(own, &long) {
		p.PlainText() // which others need, too
	}
	return own, []*post.Post{&long}
}

func settle(p *post.Post) {
	i18n.Settle(p.Title, p.PlainText(), append(i18n.URLSigns(p.URL), i18n.Evidence{Kind: i18n.OfFeed, Says: "en-US"}))
}

func printed(p *post.Post) {
	piece := p.Piece()
	piece.CopyKeys(post.NewPrint(piece.Text))
	post.MarksOf(p)
	p.Claims()
	p.Keys("")
}

// costOf is the median of what something takes for each post, in milliseconds: of
// each the least of several times, since what disturbs a measurement only ever adds to it.
func costOf(posts []*post.Post, do func(*post.Post)) float64 {
	var all []time.Duration
	for _, p := range posts {
		least := time.Hour
		for range 15 {
			began := time.Now()
			do(p)
			least = min(least, time.Since(began))
		}
		all = append(all, least)
	}
	slices.Sort(all)
	return milliseconds(all[len(all)/2], 1)
}

// detecting is what a process that recognises languages says of itself.
type detecting struct {
	First  float64 // ms
	Memory float64 // MB
}

// runDetect recognises languages in a process of its own, until all of the model was looked at.
func runDetect() error {
	own, _ := postsOfFarm()
	self := &server{cmd: &exec.Cmd{Process: &os.Process{Pid: os.Getpid()}}}
	before, _, err := self.memory()
	if err != nil {
		return err
	}
	began := time.Now()
	i18n.Detect("A text of a few words in some language")
	first := milliseconds(time.Since(began), 1)
	for _, p := range own {
		settle(p)
		for _, script := range []string{"аз буки веди ", "ا ب پ ت ", "žluťoučký kůň "} {
			i18n.Detect(strings.Repeat(script+p.URL[8:]+" ", 40))
		}
	}
	after, _, err := self.memory()
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(detecting{first, after - before})
}

// withoutModel builds the program with an empty file in the place of the model, and
// says by how many MB it is smaller.
func (b *bench) withoutModel() (float64, error) {
	const model = "i18n/model/languages.model"
	full, err := filepath.Abs(model)
	if err != nil {
		return 0, err
	}
	empty, overlay := filepath.Join(b.dir, "empty"), filepath.Join(b.dir, "overlay.json")
	text, _ := json.Marshal(map[string]map[string]string{"Replace": {full: empty}})
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		return 0, err
	}
	if err := os.WriteFile(overlay, text, 0o600); err != nil {
		return 0, err
	}
	var sizes []int64
	for _, more := range [][]string{nil, {"-overlay", overlay}} {
		program := filepath.Join(b.dir, "sized")
		args := append([]string{"build", "-trimpath", "-o", program}, more...)
		if out, err := exec.Command("go", append(args, "./cmd/samenloop")...).CombinedOutput(); err != nil {
			return 0, fmt.Errorf("build samenloop: %w: %s", err, out)
		}
		info, err := os.Stat(program)
		if err != nil {
			return 0, err
		}
		sizes = append(sizes, info.Size())
	}
	return float64(sizes[0]-sizes[1]) / 1e6, nil
}
