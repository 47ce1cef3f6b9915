package ingest_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"samenloop/post"
)

// likes lets a server answer as one of a kind does: documents of testdata/fediverse by their paths.
func (f *fake) likes(documents map[string]string) {
	for at, file := range documents {
		text, err := os.ReadFile(filepath.Join("testdata/fediverse", file))
		if err != nil {
			panic(err)
		}
		host := strings.TrimPrefix(f.URL, "http://")
		at = strings.ReplaceAll(at, "{{it:}}", strings.ReplaceAll(host, ":", "%3A"))
		f.docs[at] = strings.ReplaceAll(string(text), "{{it:}}", host)
	}
}

func goToSocial(w *world) *fake {
	f := w.fakes["toots"]
	f.signed = true
	f.likes(map[string]string{
		"/.well-known/webfinger?resource=acct%3Avera%40{{it:}}": "gotosocial-webfinger.json",
		"/users/vera":                             "gotosocial-actor.json",
		"/users/vera/outbox":                      "gotosocial-outbox.json",
		"/users/vera/outbox?limit=40":             "gotosocial-page.json",
		"/users/vera/outbox?limit=40&max_id=01E1": "gotosocial-page-last.json",
		"/users/vera/statuses/01E1":               "gotosocial-note-01E1.json",
		"/users/vera/statuses/01E2":               "gotosocial-note-01E2.json",
		"/users/vera/statuses/01E3":               "gotosocial-note-01E3.json",
		"/@vera/feed.rss":                         "gotosocial-feed.rss",
	})
	return f
}

// GoToSocial: nothing without a signature, an outbox of ids, single values where lists may be.
// Its accounts are locked when they are made: that is said, and what their owner can do.
func TestGoToSocial(t *testing.T) {
	w := newWorld(t, "toots")
	f := goToSocial(w)
	w.follow(false, "acct:vera@{{toots:}}")
	if told := w.round(); !strings.Contains(told, "it is locked (it approves its followers by hand)") || !strings.Contains(told, "switch that off in its settings") {
		t.Errorf("of a locked account it says %q", told)
	}
	if _, err := w.reader.Examine(t.Context(), post.Source{ID: "x", URL: "acct:vera@" + strings.TrimPrefix(f.URL, "http://")}); err == nil || !strings.Contains(err.Error(), "it is locked") {
		t.Errorf("a look at a locked account says %v", err)
	}
	w.want()
	f.docs["/users/vera"] = strings.Replace(f.docs["/users/vera"], `"manuallyApprovesFollowers": true`, `"manuallyApprovesFollowers": false`, 1)
	if told := w.round(); told != "" {
		t.Error(told)
	}
	w.want("De tweede versie van dit bericht", "⚠ repair, screws", "Vandaag repareren we samen oude telefoons in het wijkcentrum.")
	if strings.Contains(strings.Join(w.shown(), " "), "phones") {
		t.Error("what a warning hides is shown")
	}
	editions, _, err := w.store.Editions(t.Context(), post.Query{Limit: 9})
	if err != nil {
		t.Fatal(err)
	}
	if e := editions[0]; e.Lead.URL != f.URL+"/@vera/statuses/01E3" || e.Lead.Language != "nl" || e.Lead.Authors[0] != (post.Author{Name: "Vera", URL: f.URL + "/@vera"}) || e.Lead.Updated.IsZero() {
		t.Errorf("%+v", e.Lead)
	}
	// It says 404 of what was deleted.
	delete(f.docs, "/users/vera/statuses/01E1")
	w.round()
	w.want("De tweede versie van dit bericht", "⚠ repair, screws")
}

// The feed that GoToSocial makes for people calls itself RSS and is not.
func TestGoToSocialFeed(t *testing.T) {
	w := newWorld(t, "toots")
	goToSocial(w).signed = false
	w.follow(false, "{{toots}}/@vera/feed.rss")
	if told := w.round(); !strings.Contains(told, "is there another format of it?") {
		t.Errorf("it says %q", told)
	}
}

// snac: bare notes, all in one outbox, to whoever asks.
func TestSnac(t *testing.T) {
	w := newWorld(t, "toots")
	f := w.fakes["toots"]
	f.likes(map[string]string{"/koos": "snac-actor.json", "/koos/outbox": "snac-outbox.json"})
	w.follow(false, "{{toots}}/koos")
	if told := w.round(); told != "" {
		t.Error(told)
	}
	w.want("Een eigen hoekje op het web #openweb https://koos.example")
	f.says["/koos"] = http.StatusGone
	w.round()
	w.want()
}
