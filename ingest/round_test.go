package ingest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"samenloop/fetch"
	"samenloop/ingest"
	"samenloop/post"
)

// Visits that bring nothing are written down together, and none of them waits for a
// server that is slow.
func TestVisitsWrittenTogether(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	const quick = 60
	told := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		select {
		case <-told:
		case <-time.After(10 * time.Second):
			t.Error("60 visits that are done are not told of")
		}
		io.WriteString(w, `<rss version="2.0"><channel><title>Slow</title></channel></rss>`)
	}))
	defer slow.Close()
	states := []post.SourceState{{Source: post.Source{ID: "slow", URL: slow.URL}, State: post.Active}}
	for i := range quick { // their hosts want to be left alone
		url := fmt.Sprintf("https://%d.example/feed", i)
		states = append(states, post.SourceState{Source: post.Source{ID: fmt.Sprint(i), URL: url}, State: post.Active,
			Visit: post.Visit{Source: fmt.Sprint(i), Given: url, Held: now.Add(time.Hour)}})
	}
	client, err := fetch.New(fetch.Options{AllowNetworks: []string{"127.0.0.0/8"}})
	if err != nil {
		t.Fatal(err)
	}
	s := &written{}
	r := ingest.Reader{Client: client, Store: s, Now: func() time.Time { return now }, Concurrency: 512, PerHost: 2}
	n := 0
	if err := r.Round(t.Context(), states, func(ingest.Report) {
		if n++; n == quick {
			close(told)
		}
	}); err != nil {
		t.Fatal(err)
	}
	if n != quick+1 || s.visits != n || s.times > 8 {
		t.Errorf("%d reports of %d visits, written %d times", n, s.visits, s.times)
	}
}

// written is a store that only counts.
type written struct {
	ingest.Store
	times, visits int
}

func (w *written) Save(_ context.Context, batches ...post.Batch) ([]post.Saved, error) {
	w.times++
	w.visits += len(batches)
	return make([]post.Saved, len(batches)), nil
}

// As the source is new, nothing is known of it.
func (w *written) Known(context.Context, string, []string) (map[string][]post.Known, error) {
	return nil, nil
}
