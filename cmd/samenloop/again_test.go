package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"samenloop/fetch"
	"samenloop/ingest"
	"samenloop/post"
	"samenloop/store"
)

// Whatever a feed does from visit to visit, the same is stored as where all of it
// is read each time.
func TestReadingAgainStoresTheSame(t *testing.T) {
	site := newServed(t)
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	client, err := fetch.New(fetch.Options{AllowNetworks: []string{"127.0.0.0/8"}})
	if err != nil {
		t.Fatal(err)
	}
	match, err := post.NewMatcher([]post.Topic{{ID: "t", Hashtags: []string{"open"}}})
	if err != nil {
		t.Fatal(err)
	}
	open := func(name string) *store.Store {
		s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), name), store.Options{Languages: []string{"en"}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	language := "en"
	visit := func(s *store.Store, all bool) (told ingest.Report) {
		if _, err := s.Sync(t.Context(), []post.Source{{ID: "s", URL: site.URL + "/feed", Language: language}}); err != nil {
			t.Fatal(err)
		}
		states, err := s.Sources(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var kept ingest.Store = s
		if all {
			kept = knowsNone{s}
		}
		r := ingest.Reader{Client: client, Store: kept, Match: match, Now: func() time.Time { return now }}
		if err := r.Round(t.Context(), states, func(r ingest.Report) { told = r }); err != nil {
			t.Fatal(err)
		}
		return told
	}
	posts := func(s *store.Store) (list []string) {
		err := s.Posts(t.Context(), func(p store.Stored) error {
			p.Story = "" // minted at random
			list = append(list, fmt.Sprintf("%+v", p))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return list
	}

	r := rand.New(rand.NewPCG(3, 4))
	entry := func() string { // few texts, and ids that come again: edits, and others under the same id
		return itemOf(fmt.Sprintf(`<guid>%d</guid><title>%s</title><link>http://a.example/%d</link><description>%s</description>`,
			r.IntN([]int{2, 40, 40, 40, 40}[r.IntN(5)]), strings.Repeat("title ", r.IntN(3)), r.IntN(3), strings.Repeat(fmt.Sprintf("Text %d #open. ", r.IntN(4)), 1+r.IntN(5))))
	}
	partly, all := open("partly.db"), open("all.db")
	var entries []string
	for round := range 150 {
		for range r.IntN(3) {
			at := r.IntN(len(entries) + 1)
			entries = append(entries[:at:at], append([]string{entry()}, entries[at:]...)...)
		}
		if len(entries) > 8 {
			entries = entries[:8]
		}
		if r.IntN(8) == 0 && len(entries) > 1 {
			entries[0] = entries[1] // twice
		}
		if r.IntN(8) == 0 {
			r.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
		}
		if r.IntN(8) == 0 { // the operator decides otherwise, and all is read anew
			language = []string{"en", "nl", "fy"}[r.IntN(3)]
		}
		document := rssOf(entries...)
		if r.IntN(8) == 0 {
			document = document[:len(document)*2/3] // cut off
		}
		site.set(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, document) })
		now = now.Add(25 * time.Hour)
		if diff := cmp.Diff(visit(all, true), visit(partly, false)); diff != "" {
			t.Fatalf("round %d: %s\n%s", round, diff, document)
		}
		if diff := cmp.Diff(posts(all), posts(partly)); diff != "" {
			t.Fatalf("round %d: %s\n%s", round, diff, document)
		}
	}
}

// knowsNone is a store by which no entry is known again.
type knowsNone struct{ *store.Store }

func (knowsNone) Entries(context.Context, string) ([]byte, error) { return nil, nil }
