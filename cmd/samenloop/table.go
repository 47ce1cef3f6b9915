package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/width"
)

// What a person reads in a terminal, in one place:
//   - words, no colours: nothing to switch off, nothing lost in a file or a screen reader;
//   - text from outside goes through printable;
//   - a bar only where somebody can see it move; else one line a step.

// printable is text from outside as one line that cannot steer a terminal:
// control characters become spaces, what is invisible or turns the direction of
// writing goes, invalid UTF-8 becomes U+FFFD.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\u2028', r == '\u2029', unicode.IsControl(r):
			return ' '
		case r == '\u200c', r == '\u200d': // they shape Persian and Hindi words
			return r
		case unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}

// columns is how many columns of a terminal a printable text fills.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

func runeColumns(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// shorten is a printable text in at most n columns, with "…" where something went.
func shorten(s string, n int) string {
	if columns(s) <= n {
		return s
	}
	used := 0
	for i, r := range s {
		used += runeColumns(r)
		if used > n-1 {
			return s[:i] + "…"
		}
	}
	return s
}

// terminal says whether a person looks at w while it is written.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// grid is text in aligned columns. A column of numbers stands to the right, the
// last column is never padded.
type grid struct {
	rows [][]string // the first is the heading
}

// row adds a row; its cells may be text from outside.
func (g *grid) row(cells ...string) {
	clean := make([]string, len(cells))
	for i, c := range cells {
		clean[i] = printable(c)
	}
	g.rows = append(g.rows, clean)
}

// WriteTo writes the rows, two spaces between columns.
func (g *grid) WriteTo(w io.Writer) (int64, error) {
	var widths []int
	var number []bool
	for i, row := range g.rows {
		for j, cell := range row {
			if j == len(widths) {
				widths, number = append(widths, 0), append(number, len(g.rows) > 1)
			}
			widths[j] = max(widths[j], columns(cell))
			number[j] = number[j] && (i == 0 || strings.Trim(cell, "0123456789") == "")
		}
	}
	var text strings.Builder
	for _, row := range g.rows {
		var line strings.Builder
		for j, cell := range row {
			gap := strings.Repeat(" ", widths[j]-columns(cell))
			if j > 0 {
				line.WriteString("  ")
			}
			if number[j] {
				line.WriteString(gap + cell)
			} else {
				line.WriteString(cell + gap)
			}
		}
		text.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	n, err := io.WriteString(w, text.String())
	return int64(n), err
}

// progress shows how far a round is: a line that is written over on a terminal,
// elsewhere a line a step. It may be used from several goroutines.
type progress struct {
	w     io.Writer
	live  bool
	total int

	mu    sync.Mutex
	at    int
	shown int // columns of the line that stands there
}

// newProgress starts at 0 of total.
func newProgress(w io.Writer, total int) *progress {
	return &progress{w: w, live: terminal(w), total: total}
}

// step says that one more is finished; label, which may be text from outside, names it.
func (p *progress) step(label string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at++
	if p.live {
		p.over(bar(p.at, p.total, printable(label)))
		return
	}
	digits := len(fmt.Sprint(p.total))
	fmt.Fprintf(p.w, "%*d/%d  %s\n", digits, p.at, p.total, printable(label))
}

// done wipes the moving line, so that what follows starts on a clean one.
func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.live && p.shown > 0 {
		p.over("")
		io.WriteString(p.w, "\r")
	}
}

// over writes a line in the place of the last. Spaces wipe what was longer: they
// work on every terminal.
func (p *progress) over(line string) {
	n := columns(line)
	io.WriteString(p.w, "\r"+line+strings.Repeat(" ", max(0, p.shown-n)))
	p.shown = n
}

// bar is one line of less than 80 columns.
func bar(at, total int, label string) string {
	const cells = 24
	full := cells
	if total > 0 {
		full = min(cells, cells*at/total)
	}
	return fmt.Sprintf("%s%s  %d/%d  %s", strings.Repeat("█", full), strings.Repeat("░", cells-full), at, total, shorten(label, 40))
}
