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

// It is said on which page a feed was found, and of a feed that was named itself, by whatever
// address, that it was found on none.
func TestSkimSaysThePage(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch name, _, _ := r.BasicAuth(); {
		case r.URL.Path == "/old":
			http.Redirect(w, r, "/feed", http.StatusFound)
		case r.URL.Path == "/feed":
			fmt.Fprint(w, `<rss version="2.0"><channel><title>T</title></channel></rss>`)
		case r.URL.Path == "/" || r.URL.Path == "/private" && name == "me":
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, `<link rel="alternate" type="application/rss+xml" href="/feed">`)
		case r.URL.Path == "/blog":
			http.Redirect(w, r, "/", http.StatusFound)
		default:
			http.NotFound(w, r)
		}
	}))
	defer site.Close()
	client, err := fetch.New(fetch.Options{AllowNetworks: []string{"127.0.0.0/8"}})
	if err != nil {
		t.Fatal(err)
	}
	r := &Reader{Client: client, Now: time.Now}
	mine := strings.Replace(site.URL, "//", "//me:secret@", 1)
	for address, want := range map[string]string{
		site.URL + "/feed": "", site.URL + "/feed#top": "", site.URL + "/old": "", mine + "/feed": "",
		site.URL + "/": site.URL + "/", site.URL + "/blog": site.URL + "/", mine + "/private": mine + "/private",
	} {
		x, err := r.Skim(t.Context(), post.Source{URL: address})
		if err != nil || x.Page != want || x.URL != site.URL+"/feed" {
			t.Errorf("%s: %+v, %v, want the page %q", address, x, err, want)
		}
	}
}
