package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A clock that is set forward and back, by hours and by decades: nothing is lost or
// told twice, what states its date keeps it, no source waits for the clock of that
// time or is asked more often, and numbers only grow.
func TestClockJumps(t *testing.T) {
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	items, asked := 0, 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		fmt.Fprint(w, `<rss version="2.0"><channel><title>T</title><ttl>60</ttl>`)
		for i := range items {
			fmt.Fprintf(w, `<item><title>Item %d #web</title><link>http://%[2]s/%[1]d</link><guid>%[1]d</guid><pubDate>%[3]s</pubDate></item>`,
				i, r.Host, noon.Add(-time.Duration(100-i)*time.Hour).Format(time.RFC1123Z))
		}
		fmt.Fprint(w, `</channel></rss>`)
	}))
	defer server.Close()
	path := filepath.Join(t.TempDir(), "config.toml")
	writeFile(t, path, configText("web", "", server.URL+"/feed"))
	command := func(args ...string) (string, int) {
		var out, errs bytes.Buffer
		code := run(append([]string{args[0], "-config", path}, args[1:]...), nil, &out, &errs)
		return out.String() + errs.String(), code
	}
	ids := map[string]string{}
	var seen []int64

	const day, year = 24 * time.Hour, 365 * 24 * time.Hour
	for _, step := range []struct {
		clock   time.Duration // after noon
		asks    int
		refuses string
	}{
		{0, 1, ""},
		{15 * time.Minute, 0, ""},
		{200 * day, 1, ""},
		{200*day + 15*time.Minute, 0, ""},
		{30 * year, 0, "set it or, if it is right"},
		{30 * time.Minute, 1, ""}, // back again
		{45 * time.Minute, 0, ""},
		{2 * time.Hour, 1, ""},
		{-57 * year, 0, "which cannot be: set it"},
		{-20 * day, 0, ""}, // back a little: it waits no longer than a day
		{-19*day - 23*time.Hour, 0, ""},
		{4 * time.Hour, 1, ""},
		{5*time.Hour + 30*time.Minute, 1, ""},
	} {
		was := asked
		if items++; step.asks == 0 {
			items--
		}
		out, code := command("poll", "-due", "-now", noon.Add(step.clock).Format(time.RFC3339))
		if step.refuses != "" && (code != 1 || !strings.Contains(out, step.refuses)) || step.refuses == "" && code != 0 {
			t.Errorf("at %v poll ends with %d: %s", step.clock, code, out)
		}
		if step.clock < 0 && step.refuses == "" { // it may ask, once
			if asked-was > 1 {
				t.Errorf("at %v it asks %d times", step.clock, asked-was)
			}
		} else if asked-was != step.asks {
			t.Errorf("at %v it asks %d times, want %d: %s", step.clock, asked-was, step.asks, out)
		}

		text, _ := command("feed", "/feed.json")
		var feed struct {
			Items []struct {
				ID, URL   string
				Published time.Time `json:"date_published"`
			}
		}
		if err := json.Unmarshal([]byte(text), &feed); err != nil || len(feed.Items) != items {
			t.Fatalf("at %v %d items, want %d: %v", step.clock, len(feed.Items), items, err)
		}
		for n, item := range feed.Items {
			if was, ok := ids[item.URL]; ok && was != item.ID {
				t.Errorf("%s had the id %s, now it has %s", item.URL, was, item.ID)
			}
			ids[item.URL] = item.ID
			if want := noon.Add(-time.Duration(100-(items-1-n)) * time.Hour); !item.Published.Equal(want) {
				t.Errorf("at %v %s is dated %v, want %v", step.clock, item.URL, item.Published, want)
			}
		}
		text, _ = command("feed", "/changes.json?after=0&backfill=1")
		var changes struct{ Items []struct{ Seq int64 } }
		if err := json.Unmarshal([]byte(text), &changes); err != nil {
			t.Fatal(err)
		}
		var seqs []int64
		for _, c := range changes.Items {
			seqs = append(seqs, c.Seq)
		}
		if len(seqs) != items || !slices.IsSorted(seqs) || !slices.Equal(seqs[:len(seen)], seen) || len(slices.Compact(slices.Clone(seqs))) != items {
			t.Errorf("at %v the numbers are %v, after %v", step.clock, seqs, seen)
		}
		seen = seqs
	}
}
