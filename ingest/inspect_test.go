package ingest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"samenloop/fetch"
	"samenloop/post"
)

// Who only has a look waits, too, until a large document can be understood: however many
// look at a time, memory holds what one takes.
func TestLooksTakeTurns(t *testing.T) {
	served := make(chan struct{}, 1)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `<rss version="2.0"><channel><title>T</title><item><title>A</title><description>%s</description></item></channel></rss>`, strings.Repeat("x ", large/2))
		served <- struct{}{}
	}))
	defer site.Close()
	client, err := fetch.New(fetch.Options{AllowNetworks: []string{"127.0.0.0/8"}})
	if err != nil {
		t.Fatal(err)
	}
	match, err := post.NewMatcher(nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &Reader{Client: client, Match: match, Now: time.Now}
	largeAtOnce <- struct{}{}
	done := make(chan error, 1)
	go func() {
		_, err := r.Skim(t.Context(), post.Source{URL: site.URL})
		done <- err
	}()
	<-served
	select {
	case err := <-done:
		t.Errorf("it did not wait: %v", err)
		done <- nil
	case <-time.After(100 * time.Millisecond):
	}
	<-largeAtOnce
	if err := <-done; err != nil {
		t.Error(err)
	}
}
