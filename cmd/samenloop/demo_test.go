package main

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"
)

var demoNow = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func testDemo(t *testing.T) *demo {
	t.Helper()
	d, err := listenDemo(t.Context(), demoNow)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func get(t *testing.T, url string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

// What each source of the demo gives, as it comes over the wire.
func TestDemoSources(t *testing.T) {
	d := testDemo(t)
	tests := []struct {
		url, contentType string
		posts            int
		tagged           int // posts in which the hashtag, or its word as a tag, stands
		undated          bool
	}{
		{d.origins["buurtnet"] + "/feed/", "application/rss+xml; charset=UTF-8", 6, 3, false},
		{d.origins["waterlab"] + "/rss.xml", "application/rss+xml; charset=utf-8", 4, 0, false}, // on the pages alone
		{d.origins["openbron"] + "/atom.xml", "application/atom+xml", 4, 2, false},
		{d.origins["openbron"] + "/feed.json", "application/json", 4, 2, true},
		{d.origins["gemeingut"] + "/feed.atom", "application/atom+xml; charset=utf-8", 6, 4, false},
		{d.origins["iependoarp"] + "/nijs.xml", "application/rss+xml", 3, 2, false},
		{d.origins["krabbels"] + "/feed.json", "application/feed+json", 3, 1, false},
	}
	for _, tt := range tests {
		u, err := url.Parse(tt.url)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(u.Path, func(t *testing.T) {
			response, body := get(t, tt.url)
			if got := response.Header.Get("Content-Type"); got != tt.contentType {
				t.Errorf("Content-Type %q, want %q", got, tt.contentType)
			}
			feed, err := gofeed.NewParser().ParseString(body)
			if err != nil {
				t.Fatal(err)
			}
			if len(feed.Items) != tt.posts {
				t.Errorf("%d posts, want %d", len(feed.Items), tt.posts)
			}
			tagged := 0
			for _, item := range feed.Items {
				text := strings.ToLower(item.Title + item.Description + item.Content + " #" + strings.Join(item.Categories, " #"))
				if strings.Contains(text, "#makesocialssocialagain") {
					tagged++
				}
				date := item.PublishedParsed
				switch {
				case tt.undated:
					if date != nil {
						t.Errorf("%s: the date %q can be read", item.Title, item.Published)
					}
				case date == nil || date.After(demoNow) || demoNow.Sub(*date) > 16*24*time.Hour:
					t.Errorf("%s: published %q is not recent", item.Title, item.Published)
				}
			}
			if tagged != tt.tagged {
				t.Errorf("%d posts on topic, want %d", tagged, tt.tagged)
			}
			for _, validator := range [][]string{
				{"If-None-Match", response.Header.Get("ETag")},
				{"If-Modified-Since", response.Header.Get("Last-Modified")},
			} {
				if again, _ := get(t, tt.url, validator...); again.StatusCode != http.StatusNotModified {
					t.Errorf("%s: status %d, want 304", validator, again.StatusCode)
				}
			}
		})
	}
}

var loopbackURL = regexp.MustCompile(`http://127\.0\.0\.1:\d+[^\s"'<>&#\]]*`)

// Every document is well-formed and finished, and no link of one site to itself
// or to another leads nowhere.
func TestDemoDocuments(t *testing.T) {
	d := testDemo(t)
	links := map[string]bool{}
	pages := 0
	for site := range d.origins {
		documents, err := demoSite(site, d.origins, demoNow)
		if err != nil {
			t.Fatal(err)
		}
		for path, doc := range documents {
			body := string(doc.body)
			if strings.Contains(body, "{{") || strings.Contains(body, "&lt;no value") {
				t.Errorf("%s%s: a placeholder is left", site, path)
			}
			switch {
			case strings.Contains(doc.contentType, "xml"):
				decoder := xml.NewDecoder(strings.NewReader(body))
				for {
					_, err := decoder.Token()
					if errors.Is(err, io.EOF) {
						break
					}
					if err != nil {
						t.Fatalf("%s%s: %v", site, path, err)
					}
				}
			case strings.Contains(doc.contentType, "json"):
				if !json.Valid(doc.body) {
					t.Errorf("%s%s: not JSON", site, path)
				}
			default:
				pages++
			}
			if strings.Contains(doc.contentType, "json") {
				continue // its links stand in the feed beside it, without escapes
			}
			for _, u := range loopbackURL.FindAllString(body, -1) {
				if !strings.Contains(u, "/?p=") { // a guid
					links[u] = true
				}
			}
		}
	}
	if pages < 30 || len(links) < 30 {
		t.Errorf("%d pages, %d links", pages, len(links))
	}
	for u := range links {
		if response, _ := get(t, u); response.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", u, response.Status)
		}
	}
}

func TestDemoPages(t *testing.T) {
	d := testDemo(t)
	for _, path := range []string{"/nl/artikel/wie-bepaalt-wat-je-ziet", "/en/artikel/wie-bepaalt-wat-je-ziet"} {
		if _, body := get(t, d.origins["waterlab"]+path); !strings.Contains(body, "#makesocialssocialagain") || !strings.Contains(body, `<html lang="`+path[1:3]+`"`) {
			t.Errorf("%s: hashtag or language is missing", path)
		}
	}
	if _, body := get(t, d.origins["iependoarp"]+"/"); !strings.Contains(body, `<link rel="alternate" type="application/rss+xml" title="It Iepen Doarp" href="/nijs.xml">`) {
		t.Error("the page of It Iepen Doarp does not lead to its feed")
	}
	if response, body := get(t, d.origins["galerie"]+"/feed/"); response.StatusCode != http.StatusOK || !strings.HasPrefix(body, "<!DOCTYPE html>") || strings.Contains(body, "alternate") {
		t.Errorf("the broken source: %s\n%s", response.Status, body)
	}
	if response, _ := get(t, d.origins["galerie"]+"/nothing"); response.StatusCode != http.StatusNotFound {
		t.Errorf("a page that is not there: %s", response.Status)
	}
}

// The demo's configuration is complete, and nothing is left of it after Close.
func TestDemoConfig(t *testing.T) {
	d, err := startDemo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := d.config()
	if len(c.sources()) != len(demoSources) || len(c.topics()) != 1 || c.Schedule.Ticks == nil || c.Fetch.Timeout.Duration == 0 {
		t.Errorf("%+v", c)
	}
	hosts := map[string]bool{}
	for _, s := range c.sources() {
		u, err := url.Parse(s.URL)
		if err != nil || u.Hostname() != "127.0.0.1" {
			t.Errorf("%s: %s", s.ID, s.URL)
		}
		hosts[u.Host] = true
	}
	if len(hosts) != 7 {
		t.Errorf("%d hosts, want one a site: 7", len(hosts))
	}
	if err := os.WriteFile(c.Site.Database, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Dir(c.Site.Database)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the database's folder is still there: %v", err)
	}
	if _, err := http.Get(c.sources()[0].URL); err == nil {
		t.Error("a site still answers")
	}
}
