package ingest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"samenloop/fetch"
	"samenloop/post"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// wait is how long a source is left alone, without the tenth that spreads sources.
func wait(t *testing.T, v post.Visit, least time.Duration) {
	t.Helper()
	if got := v.Next.Sub(noon); got < least || got > least+least/10 {
		t.Errorf("it waits %v, want %v and up to a tenth more", got, least)
	}
}

func TestHowOften(t *testing.T) {
	for name, test := range map[string]struct {
		was  post.Visit
		r    fetch.Response
		gave bool
		ttl  time.Duration
		want time.Duration
	}{
		"hourly":                              {post.Visit{}, fetch.Response{Status: 200, ETag: "x"}, true, 0, time.Hour},
		"ttl":                                 {post.Visit{}, fetch.Response{Status: 200, ETag: "x"}, true, 3 * time.Hour, 3 * time.Hour},
		"max-age":                             {post.Visit{}, fetch.Response{Status: 200, ETag: "x", Fresh: 2 * time.Hour}, true, 0, 2 * time.Hour},
		"a hint of minutes":                   {post.Visit{}, fetch.Response{Status: 200, ETag: "x", Fresh: time.Minute}, true, 0, time.Hour},
		"a hint of a month":                   {post.Visit{}, fetch.Response{Status: 200, ETag: "x"}, true, 700 * time.Hour, 24 * time.Hour},
		"ttl holds across a 304":              {post.Visit{ETag: "x", Interval: 3 * time.Hour}, fetch.Response{Status: 304}, false, 0, 3 * time.Hour},
		"ttl holds across the same bytes":     {post.Visit{ETag: "x", Interval: 3 * time.Hour, Conditional: true}, fetch.Response{Status: 200, ETag: "x"}, false, 0, 3 * time.Hour},
		"no validators, but a hint":           {post.Visit{}, fetch.Response{Status: 200, Fresh: 2 * time.Hour}, true, 0, 2 * time.Hour},
		"no validators":                       {post.Visit{}, fetch.Response{Status: 200}, true, 0, 24 * time.Hour},
		"validators that do not work":         {post.Visit{ETag: "x"}, fetch.Response{Status: 200, ETag: "y"}, false, 0, 24 * time.Hour},
		"validators and something new":        {post.Visit{ETag: "x"}, fetch.Response{Status: 200, ETag: "y"}, true, 0, time.Hour},
		"it learned to answer conditionally":  {post.Visit{ETag: "x", Conditional: false}, fetch.Response{Status: 304}, false, 0, time.Hour},
		"after failures it is as it was":      {post.Visit{ETag: "x", Failures: 7, Trouble: "x"}, fetch.Response{Status: 304}, false, 0, time.Hour},
		"max-age of a 304 counts":             {post.Visit{ETag: "x"}, fetch.Response{Status: 304, Fresh: 5 * time.Hour}, false, 0, 5 * time.Hour},
		"with Last-Modified alone":            {post.Visit{}, fetch.Response{Status: 200, LastModified: "x"}, true, 0, time.Hour},
		"a document that asks for less again": {post.Visit{ETag: "x", Interval: 5 * time.Hour}, fetch.Response{Status: 200, ETag: "y"}, true, 0, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			test.was.Source, test.was.Next = "s", noon
			v := succeeded(test.was, &test.r, test.gave, test.ttl, noon)
			wait(t, v, test.want)
			if v.Trouble != "" || v.Failures != 0 || !v.Succeeded.Equal(noon) {
				t.Errorf("%+v", v)
			}
		})
	}
}

func TestBackOff(t *testing.T) {
	v := post.Visit{Source: "s", ETag: "kept"}
	for _, want := range []time.Duration{time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 16 * time.Hour, 24 * time.Hour, 24 * time.Hour} {
		v = refused(v, &fetch.Response{Status: 500}, noon)
		wait(t, v, want)
	}
	for range 100 {
		v = refused(v, &fetch.Response{Status: 500}, noon)
	}
	wait(t, v, 24*time.Hour)
	if v.ETag != "kept" {
		t.Error("a failure forgot the validator")
	}
	v = post.Visit{Source: "s"}
	for _, want := range []time.Duration{10 * time.Minute, 20 * time.Minute, 40 * time.Minute} {
		v = unreachable(v, "no such host", noon)
		wait(t, v, want)
	}
}

func TestRefusals(t *testing.T) {
	for status, want := range map[int]string{
		401: "it does not let us in", 403: "it does not let us in", 404: "has the feed moved?",
		410: "gone for good", 418: "it answered 418 I'm a teapot", 502: "tried again later", 599: "it answered 599: its server",
	} {
		v := refused(post.Visit{Source: "s"}, &fetch.Response{Status: status}, noon)
		if !strings.Contains(v.Trouble, want) || v.Status != status || v.Gone != (status == http.StatusGone) {
			t.Errorf("%d: %+v", status, v)
		}
	}
	v := refused(post.Visit{Source: "s"}, &fetch.Response{Status: 429, RetryAfter: 20 * time.Hour}, noon)
	if got := v.Next.Sub(noon); got != 20*time.Hour {
		t.Errorf("Retry-After of 20 h is kept as %v", got)
	}
}

func TestDue(t *testing.T) {
	for next, want := range map[time.Duration]bool{0: true, -time.Hour: true, time.Second: false, 26 * time.Hour: false, 40 * time.Hour: true} {
		if got := Due(post.Visit{Next: noon.Add(next)}, noon); got != want {
			t.Errorf("next in %v: due is %v", next, got)
		}
	}
	if !Due(post.Visit{}, noon) {
		t.Error("what was never visited is not due")
	}
}

func TestMoves(t *testing.T) {
	const old, moved, away = "http://www.a.example/feed", "https://a.example/feed", "https://b.example/feed"
	v := post.Visit{Source: "s", Given: old}
	for i := range enoughAgreed {
		if v.FeedURL != "" {
			t.Fatalf("followed after %d answers", i)
		}
		v = succeeded(v, &fetch.Response{Status: 304, Permanent: moved}, false, 0, noon)
	}
	if address(v) != moved || !strings.Contains(v.Notice, "it moved to "+moved) {
		t.Errorf("not followed: %+v", v)
	}
	if v = succeeded(v, &fetch.Response{Status: 304}, false, 0, noon); address(v) != moved || v.Notice == "" {
		t.Errorf("forgotten: %+v", v)
	}

	v = post.Visit{Source: "s", Given: old}
	v = succeeded(v, &fetch.Response{Status: 304, Permanent: moved}, false, 0, noon)
	v = succeeded(v, &fetch.Response{Status: 304}, false, 0, noon) // it changed its mind
	v = succeeded(v, &fetch.Response{Status: 304, Permanent: moved}, false, 0, noon)
	v = succeeded(v, &fetch.Response{Status: 304, Permanent: moved}, false, 0, noon)
	if v.FeedURL != "" {
		t.Error("answers that did not agree in a row were followed")
	}

	v = post.Visit{Source: "s", Given: old}
	for range 10 {
		v = succeeded(v, &fetch.Response{Status: 304, Permanent: away}, false, 0, noon)
	}
	if v.FeedURL != "" || !strings.Contains(v.Notice, "another site") {
		t.Errorf("a move to another site was followed: %+v", v)
	}

	v = post.Visit{Source: "s", Given: "https://me:secret@a.example/old"}
	for range enoughAgreed {
		v = succeeded(v, &fetch.Response{Status: 304, Permanent: "https://a.example/new"}, false, 0, noon)
	}
	if v.FeedURL != "https://me:secret@a.example/new" || strings.Contains(v.Notice, "secret") {
		t.Errorf("the login did not come along, or is told: %+v", v)
	}
}

// Sources do not all come at once, and each always at its own place; those that do, at
// the first time or after a stop, do not the next time.
func TestJitter(t *testing.T) {
	if a, b := jitter("a", time.Hour), jitter("b", time.Hour); a == b || a != jitter("a", time.Hour) || a < 0 || a > time.Hour {
		t.Errorf("jitter %v and %v", a, b)
	}
	quarters := func(next time.Time) (n int) {
		seen := map[time.Duration]bool{}
		for i := range 100 {
			v := succeeded(post.Visit{Source: fmt.Sprint("s", i), Next: next}, &fetch.Response{Status: 304}, false, 0, noon)
			after := v.Next.Sub(noon)
			if after < time.Hour || after > 2*time.Hour {
				t.Fatalf("it comes again after %v", after)
			}
			seen[after.Truncate(15*time.Minute)] = true
		}
		return len(seen)
	}
	for name, next := range map[string]time.Time{"the first time": {}, "after a stop": noon.Add(-9 * time.Hour)} {
		if n := quarters(next); n != 4 {
			t.Errorf("%s: all come within %d quarters of an hour", name, n)
		}
	}
	if n := quarters(noon.Add(-15 * time.Minute)); n != 1 {
		t.Errorf("at their time they come within %d quarters of an hour", n)
	}
}

func TestOurs(t *testing.T) {
	r := Reader{BaseURL: "https://samen.example/planet"}
	for address, want := range map[string]bool{
		"https://samen.example/planet":              true,
		"http://www.Samen.example/planet/feed.atom": true,
		"https://samen.example/planeten/feed.atom":  false,
		"https://samen.example/blog/feed.atom":      false,
		"https://samen.example:8443/planet/feed":    false,
		"https://ander.example/planet/feed.atom":    false,
		"acct:planet@samen.example":                 false, // its WebFinger leads there, and is refused then
	} {
		if got := r.ours(address); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
	if r.BaseURL = ""; r.ours("") || r.ours("https://a.example/") {
		t.Error("without an address of its own something is its own")
	}
}
