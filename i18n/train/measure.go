package main

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"samenloop/i18n"
)

// A group is texts of one kind: at least and at most so many letters.
type group struct {
	name            string
	shortest, limit int
	noise           string
}

var groups = []group{
	{"titles of 20–60 characters", 20, 60, ""},
	{"the same with hashtags and a link", 20, 60, " #PrivacyMatters #opensource #DigitalRights https://example.org/the-news/about-this"},
	{"posts of 40–200 characters", 40, 200, ""},
}

const mostMeasured = 1000 // texts of a kind and language

func measure(c *corpus, w io.Writer) error {
	texts := c.texts()
	tags := slices.Sorted(maps.Keys(texts))
	for _, g := range groups {
		fmt.Fprintf(w, "%s\n", g.name)
		var sum float64
		var languages int
		confused := map[string]int{}
		var sure, sureRight [11]int
		for _, tag := range tags {
			n, right := 0, 0
			mistakes := map[string]int{}
			for _, text := range texts[tag] {
				if l := utf8.RuneCountInString(text); l < g.shortest || l > g.limit {
					continue
				}
				if n++; n > mostMeasured {
					n--
					break
				}
				got := i18n.Und
				if guesses := i18n.Detect(text + g.noise); len(guesses) > 0 {
					got = guesses[0].Tag
					bin := int(10 * math.Exp(guesses[0].LogP))
					if math.Exp(guesses[0].LogP) >= 0.99 {
						bin = 10
					}
					sure[min(bin, 10)]++
					if got == tag {
						sureRight[min(bin, 10)]++
					}
				}
				if got == tag {
					right++
				} else {
					mistakes[got]++
					confused[tag+"→"+got]++
				}
			}
			if n == 0 {
				continue
			}
			languages++
			sum += float64(right) / float64(n)
			fmt.Fprintf(w, "  %-4s %5.1f %% of %4d", tag, 100*float64(right)/float64(n), n)
			worst := slices.SortedFunc(maps.Keys(mistakes), func(a, b string) int { return mistakes[b] - mistakes[a] })
			for _, m := range worst[:min(3, len(worst))] {
				fmt.Fprintf(w, "  %s %d", m, mistakes[m])
			}
			fmt.Fprintln(w)
		}
		if languages > 0 {
			fmt.Fprintf(w, "  mean %.1f %% over %d languages\n", 100*sum/float64(languages), languages)
		}
		var b strings.Builder
		for i := range sure {
			if sure[i] > 0 {
				from := float64(i) / 10
				if i == 10 {
					from = 0.99
				}
				fmt.Fprintf(&b, "  %.2f–: %.1f %% of %d", from, 100*float64(sureRight[i])/float64(sure[i]), sure[i])
			}
		}
		fmt.Fprintf(w, "  how sure, how often right:%s\n\n", b.String())
	}
	return nil
}
