package main

import (
	"cmp"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"samenloop/post"
	"samenloop/store"
	"samenloop/web"
)

// The bot of the README, as it stands there, posts every story once: also when it
// or its server fails, when we start anew, and when a story is edited.
func TestBotOfTheReadme(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"sh", "curl", "jq"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	script := regexp.MustCompile("(?s)```sh\n(#!/bin/sh\n.*?)```").FindSubmatch(readme)
	if script == nil {
		t.Fatal("the README has no bot")
	}
	dir := t.TempDir()
	bot := filepath.Join(dir, "bot")
	if err := os.WriteFile(bot, script[1], 0o700); err != nil {
		t.Fatal(err)
	}

	var (
		mu     sync.Mutex
		posted []string
		works  = 1 << 30 // how many more statuses are taken before it fails
		never  = "\x00"  // what is in a status that is never taken
	)
	mastodon := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if works--; works < 0 || r.URL.Path != "/api/v1/statuses" || r.Header.Get("Authorization") != "Bearer secret" || r.Header.Get("Idempotency-Key") == "" {
			http.Error(w, "no", http.StatusInternalServerError)
			return
		}
		if strings.Contains(r.PostFormValue("status"), never) {
			http.Error(w, "no", http.StatusUnprocessableEntity)
			return
		}
		posted = append(posted, r.PostFormValue("status"))
	}))
	defer mastodon.Close()

	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	source := post.Source{ID: "waag", Title: "Waag", URL: "https://waag.example/feed"}
	var (
		s      *store.Store
		server *httptest.Server
	)
	start := func() {
		if server != nil {
			server.Close()
			s.Close()
		}
		if s, err = store.Open(t.Context(), filepath.Join(dir, "db"), store.Options{Languages: []string{"nl"}}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Sync(t.Context(), []post.Source{source}); err != nil {
			t.Fatal(err)
		}
		server = httptest.NewUnstartedServer(nil)
		handler, err := web.New(web.Site{Title: "Samen", BaseURL: "http://" + server.Listener.Addr().String(), Languages: []string{"nl"}}, s)
		if err != nil {
			t.Fatal(err)
		}
		server.Config.Handler = handler
		server.Start()
	}
	start()
	defer func() { server.Close(); s.Close() }()
	save := func(title string, numbers ...int) {
		t.Helper()
		now = now.Add(time.Hour)
		b := post.Batch{Now: now, Visit: post.Visit{Source: source.ID, Given: source.URL}}
		for _, n := range numbers {
			p := post.Post{
				Source: source.ID, ID: fmt.Sprint(n), URL: fmt.Sprint("https://waag.example/", n), Title: fmt.Sprint(title, " ", n), Language: "nl",
				FirstSeen: now, Matches: []post.Match{{Topic: "x", By: "hashtag"}},
			}
			p.Digest = p.Shown()
			b.Posts = append(b.Posts, p)
		}
		if _, err := s.Save(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	place, address := filepath.Join(dir, "place"), ""
	run := func(fine bool, want ...string) (says string) {
		t.Helper()
		mu.Lock()
		posted = nil
		mu.Unlock()
		cmd := exec.CommandContext(t.Context(), "sh", bot, cmp.Or(address, server.URL)+"/nl/changes.json", place)
		cmd.Env = append(os.Environ(), "TOKEN=secret", "MASTODON="+mastodon.URL)
		out, err := cmd.CombinedOutput()
		if (err == nil) != fine {
			t.Fatalf("the bot ended with %v: %s", err, out)
		}
		for i := range want {
			want[i] = fmt.Sprintf("%s – van Waag\n\nhttps://waag.example/%s", want[i], want[i][strings.LastIndexByte(want[i], ' ')+1:])
		}
		mu.Lock()
		defer mu.Unlock()
		if strings.Join(posted, "|") != strings.Join(want, "|") {
			t.Errorf("posted %q, want %q", posted, want)
		}
		return string(out)
	}

	run(true)
	save("Eén", 1)
	run(true, "Eén 1")
	run(true)
	save("Meer", 2, 3, 4)
	mu.Lock()
	works = 1
	mu.Unlock()
	run(false, "Meer 2")
	mu.Lock()
	works = 1 << 30
	mu.Unlock()
	save("Verbeterd", 2, 3)
	start()
	run(true, "Verbeterd 3", "Meer 4")
	run(true)
	many := make([]int, 102)
	for i := range many {
		many[i] = 1000 + i
	}
	save("Veel", many...)
	start()
	run(true, func() (want []string) {
		for _, n := range many {
			want = append(want, fmt.Sprint("Veel ", n))
		}
		return want
	}()...)
	run(true)
	// What its server never takes is passed over, and told.
	mu.Lock()
	never = "Nooit 6"
	mu.Unlock()
	save("Nooit", 5, 6, 7)
	start()
	if says := run(false, "Nooit 5"); !strings.Contains(says, mastodon.URL+" answered 422 to {") {
		t.Errorf("it says %q", says)
	}
	run(true, "Nooit 7")
	// A server that answers with something else takes away no place, and without a place to keep nothing is posted.
	closed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "<h1>Back soon</h1>") }))
	defer closed.Close()
	address = closed.URL
	run(false)
	save("Meer", 8)
	address = ""
	place = filepath.Join(dir, "nowhere", "place")
	run(false)
	place = filepath.Join(dir, "place")
	run(true, "Meer 8")
	// A number that was never given is not passed over, and how to go on is told.
	if err := os.WriteFile(place, []byte("12"), 0o600); err != nil {
		t.Fatal(err)
	}
	if says := run(false); !strings.Contains(says, "forget the number and go on at from_now") {
		t.Errorf("it says %q", says)
	}
}
