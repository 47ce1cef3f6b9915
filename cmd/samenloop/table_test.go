package main

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"Fryslân 日本 👋":                      "Fryslân 日本 👋",
		"\x1b[31mred\x1b[0m\r\nnext\tcell":  " [31mred [0m  next cell",
		"\u009b31m":                         " 31m",
		"a\u202eb\u2066c\u200b\ufeff\u00ad": "abc",
		"می\u200cخواهم":                     "می\u200cخواهم",
		"a\u2028b":                          "a b",
		"a\xffb":                            "a\ufffdb",
		"\x00\x7f":                          "  ",
	} {
		if got := printable(in); got != want {
			t.Errorf("printable(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestColumns(t *testing.T) {
	for s, want := range map[string]int{"": 0, "Fryslân": 7, "Frysla\u0302n": 7, "日本": 4, "ｗ": 2, "👋": 2, "الويب": 5, "می\u200cخواهم": 7} {
		if got := columns(s); got != want {
			t.Errorf("columns(%q) = %d, want %d", s, got, want)
		}
	}
}

func TestShorten(t *testing.T) {
	for _, tt := range []struct {
		s    string
		n    int
		want string
	}{{"Fryslân", 7, "Fryslân"}, {"Fryslân", 6, "Frysl…"}, {"日本語", 5, "日本…"}, {"日本語", 4, "日…"}, {"e\u0301e\u0301e\u0301", 2, "e\u0301…"}} {
		if got := shorten(tt.s, tt.n); got != tt.want {
			t.Errorf("shorten(%q, %d) = %q, want %q", tt.s, tt.n, got, tt.want)
		}
	}
}

func TestGrid(t *testing.T) {
	var g grid
	g.row("SOURCE", "POSTS", "NEW", "TROUBLE")
	g.row("nluug", "10", "1", "")
	g.row("日本", "5", "12", "404: the page\nis gone")
	g.row("fryslân", "1234", "", "\x1b[2Jwiped")
	var out bytes.Buffer
	if _, err := g.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	want := `SOURCE   POSTS  NEW  TROUBLE
nluug       10    1
日本         5   12  404: the page is gone
fryslân   1234        [2Jwiped
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

// Where nobody sees it move, progress is a line a step.
func TestProgressInAFile(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out, 10)
	p.step("nluug: 10 posts, 1 new")
	p.step("\x1b[2Jwaag\n: 403")
	p.done()
	want := " 1/10  nluug: 10 posts, 1 new\n 2/10   [2Jwaag : 403\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

// On a terminal each line stands over the last, whatever their lengths, and the
// last is wiped.
func TestProgressOnATerminal(t *testing.T) {
	var out bytes.Buffer
	p := &progress{w: &out, live: true, total: 2}
	p.step("bits-of-freedom: 20 posts")
	p.step("日本")
	p.done()
	lines := strings.Split(out.String(), "\r")
	want := []string{
		"",
		"████████████░░░░░░░░░░░░  1/2  bits-of-freedom: 20 posts",
		"████████████████████████  2/2  日本                     ",
		strings.Repeat(" ", 35),
		"",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
}

func TestProgressFromManyGoroutines(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out, 50)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() { p.step("x") })
	}
	wg.Wait()
	if lines := strings.Count(out.String(), "\n"); lines != 50 || !strings.Contains(out.String(), "50/50") {
		t.Errorf("%d lines:\n%s", lines, out.String())
	}
}

func TestBarFitsALine(t *testing.T) {
	for _, line := range []string{bar(7, 1000, strings.Repeat("日本", 100)), bar(12, 10, "more than all"), bar(0, 0, "")} {
		if n := columns(line); n >= 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

func FuzzPrintable(f *testing.F) {
	f.Add("\x1b]0;title\x07", 5)
	f.Add("a\xff\u202e日", 2)
	f.Fuzz(func(t *testing.T, s string, n int) {
		clean := printable(s)
		if !utf8.ValidString(clean) || strings.ContainsFunc(clean, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }) || printable(clean) != clean {
			t.Errorf("printable(%q) = %q", s, clean)
		}
		n = max(1, n%100)
		if short := shorten(clean, n); columns(short) > n {
			t.Errorf("shorten(%q, %d) = %q: %d columns", clean, n, short, columns(short))
		}
	})
}
