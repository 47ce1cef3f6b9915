package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"samenloop/post"
)

// Changes gives every edition as new, in order of its number.
func (m *memory) Changes(_ context.Context, q post.ChangeQuery) (post.ChangePage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	page := post.ChangePage{Last: q.After, Walk: post.Walk{From: 0, To: 7}}
	if m.err != nil {
		return page, m.err
	}
	newest := int64(0)
	for _, e := range m.editions {
		newest = max(newest, e.Seq)
		if e.Seq <= q.After || q.Language != "" && e.Lead.Language != q.Language {
			continue
		}
		if page.More = len(page.Changes) == q.Limit; page.More {
			break
		}
		page.Changes = append(page.Changes, post.Change{Step: post.Step{Seq: e.Seq, What: post.New}, Edition: e})
		page.Last = e.Seq
	}
	if q.Now {
		return post.ChangePage{Last: newest}, nil
	}
	if q.After > newest {
		return page, &post.UnknownSeqError{Seq: q.After, Newest: newest}
	}
	m.asked++
	return page, nil
}

func TestChanges(t *testing.T) {
	store := planet()
	server := serve(t, newHandler(t, testSite(), store))
	for path, want := range map[string]string{
		"/changes.json":                    "1 2 3 4 | 4",
		"/changes.json?after=0":            "1 2 3 4 | 4",
		"/changes.json?after=2&utm=x":      "3 4 | 4",
		"/changes.json?utm=a;b&after=2&%":  "3 4 | 4",
		"/changes.json?after=4":            "| 4",
		"/changes.json?after=now":          "| 4",
		"/nl/changes.json?after=0":         "1 3 | 3",
		"/nl/changes.json?after=1":         "3 | 3",
		"/nl/changes.json?after=4":         "| 4",
		"/changes.json?after=3&backfill=1": "4 | 4",
	} {
		res, body := get(t, server, "GET", path)
		var page changePage
		if err := json.Unmarshal(body, &page); err != nil || res.StatusCode != 200 {
			t.Fatalf("%s: %d, %v", path, res.StatusCode, err)
		}
		got := ""
		for _, item := range page.Items {
			got += fmt.Sprint(item.Seq, " ")
		}
		if got += fmt.Sprint("| ", page.Last); got != want || page.Next != "" {
			t.Errorf("%s is %s, want %s; next %q", path, got, want, page.Next)
		}
		if cache := res.Header.Get("Cache-Control"); cache != "public, max-age=30" || res.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: Cache-Control %q", path, cache)
		}
		if again, _ := get(t, server, "GET", path, "If-None-Match", res.Header.Get("ETag")); again.StatusCode != 304 {
			t.Errorf("%s: %d for what the client has", path, again.StatusCode)
		}
	}
	renders := store.renders()
	get(t, server, "GET", "/changes.json?after=2")
	get(t, server, "GET", "/changes.json?after=2&other=1")
	if n := store.renders(); n != renders {
		t.Errorf("what was kept was made %d times again", n-renders)
	}
	store.change(edition(9, "noord", "nl", "Nieuw"))
	if _, body := get(t, server, "GET", "/changes.json?after=2"); !strings.Contains(string(body), "Nieuw") {
		t.Error("a change is not seen")
	}
}

func TestChangeItem(t *testing.T) {
	store := planet()
	store.editions = store.editions[:1]
	store.editions[0].Lead.Tags = []string{"Social", "web"}
	store.editions[0].Source.Title = "Noorderlicht"
	server := serve(t, newHandler(t, testSite(), store))
	_, body := get(t, server, "GET", "/changes.json")
	want := `{
  "items": [
    {
      "seq": 1,
      "event": "new",
      "id": "urn:uuid:00000000-0000-4000-8000-000000000001",
      "url": "https://noord.example/1",
      "title": "Sociale media weer sociaal",
      "language": "nl",
      "source": "noord",
      "tags": [
        "social",
        "web"
      ],
      "published": "2026-11-23T12:01:00Z",
      "updated": "2026-11-23T12:01:00Z",
      "backfill": false,
      "status_text": "Sociale media weer sociaal – van Noorderlicht\n\nhttps://noord.example/1"
    }
  ],
  "last": 1
}
`
	if string(body) != want {
		t.Errorf("%s, want\n%s", body, want)
	}
}

func TestChangesInPages(t *testing.T) {
	store := planet()
	for i := range int64(perChanges) {
		store.editions = append(store.editions, edition(100+i, "noord", "nl", "Bericht"))
	}
	server := serve(t, newHandler(t, testSite(), store))
	_, body := get(t, server, "GET", "/nl/changes.json?after=1&backfill=1")
	var page changePage
	if err := json.Unmarshal(body, &page); err != nil {
		t.Fatal(err)
	}
	const next = "https://example.org/nl/changes.json?after=198&backfill=1&walk=0-7"
	if page.Next != next || len(page.Items) != perChanges {
		t.Errorf("%d items, then %q, want %q", len(page.Items), page.Next, next)
	}
	if res, body := get(t, server, "GET", strings.TrimPrefix(next, "https://example.org")); res.StatusCode != 200 || strings.Contains(string(body), `"next"`) {
		t.Errorf("the next page is %d: %s", res.StatusCode, body)
	}
}

func TestChangesBadInput(t *testing.T) {
	server := serve(t, newHandler(t, testSite(), planet()))
	for path, status := range map[string]int{
		"/changes.json?after=":                        http.StatusBadRequest,
		"/changes.json?after=x":                       http.StatusBadRequest,
		"/changes.json?after=-1":                      http.StatusBadRequest,
		"/changes.json?after=1.5":                     http.StatusBadRequest,
		"/changes.json?after=1e3":                     http.StatusBadRequest,
		"/changes.json?after=1&after=2":               http.StatusBadRequest,
		"/changes.json?after=now&after=2":             http.StatusBadRequest,
		"/changes.json?after=NOW":                     http.StatusBadRequest,
		"/changes.json?after=1&backfill=yes":          http.StatusBadRequest,
		"/changes.json?after=1&walk=2-3":              http.StatusBadRequest,
		"/changes.json?after=1&walk=1":                http.StatusBadRequest,
		"/changes.json?after=%zz":                     http.StatusBadRequest,
		"/changes.json?after=5;utm=a":                 http.StatusBadRequest,
		"/changes.json?after=1&walk=0-1;":             http.StatusBadRequest,
		"/changes.json?backfill=1&amp;after=2":        http.StatusBadRequest, // not from the start
		"/changes.json?after=1&after=%zz":             http.StatusBadRequest,
		"/changes.json?after=5":                       http.StatusGone,
		"/changes.json?after=99999999999999999999999": http.StatusGone,
		"/xx/changes.json":                            http.StatusNotFound,
	} {
		res, body := get(t, server, "GET", path)
		if res.StatusCode != status || res.Header.Get("Cache-Control") != "no-store" && status != 404 {
			t.Errorf("%s: %d, want %d", path, res.StatusCode, status)
		}
		if status == http.StatusBadRequest && strings.Count(string(body), "\n") != 1 {
			t.Errorf("%s: not one line: %q", path, body)
		}
	}
	_, body := get(t, server, "GET", "/nl/changes.json?after=5")
	var again startAgain
	if err := json.Unmarshal(body, &again); err != nil || again.Error == "" ||
		again.Start != "https://example.org/nl/changes.json?after=0" || again.Now != "https://example.org/nl/changes.json?after=4" {
		t.Errorf("%+v, %v", again, err)
	}
}
