package web

import (
	"bytes"
	"html/template"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/html/atom"
)

const browserAccept = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"

// A person gets an error as a page in a language that can be read, a program in one line.
func TestTrouble(t *testing.T) {
	site := testSite()
	site.BaseURL = "https://example.org/planet"
	store := told()
	server := serve(t, newHandler(t, site, store))
	for _, tt := range []struct {
		path, language string
		status         int
		lang, heading  string
	}{
		{"/planet/nope", "ar", 404, "ar", "الصفحة غير موجودة"},
		{"/planet/nope/nope", "", 404, "nl", "Pagina niet gevonden"},
		{"/elsewhere", "en", 404, "en", "Page not found"},
		{"/planet/topic/nope/feed.atom", "en", 404, "en", "Page not found"},
		{"/planet/en/topic/nope/feed.atom", "ar", 404, "en", "Page not found"}, // that of the address comes first
		{"/planet/story/gone", "nl", 410, "nl", "Niet meer hier"},
		{"/planet/en/?before=nope", "nl", 400, "en", "That cannot be"},
	} {
		res, page := get(t, server, "GET", tt.path, "Accept", browserAccept, "Accept-Language", tt.language)
		if res.StatusCode != tt.status || res.Header.Get("Content-Type") != htmlType ||
			res.Header.Get("Content-Security-Policy") == "" || res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v", tt.path, res.StatusCode, res.Header)
			continue
		}
		if root := elements(t, page, atom.Html)[0]; root["lang"] != tt.lang {
			t.Errorf("%s: html %v, want %s", tt.path, root, tt.lang)
		}
		if h := elements(t, page, atom.H1); len(h) != 1 || h[0]["text"] != tt.heading {
			t.Errorf("%s: headings %v, want %q", tt.path, h, tt.heading)
		}
		if !bytes.Contains(page, []byte(`<a href="/planet/`+tt.lang+`/"`)) || !bytes.Contains(page, []byte("noindex")) {
			t.Errorf("%s: no way on:\n%s", tt.path, page)
		}
		for _, accept := range []string{"", "*/*", "application/atom+xml, text/html;q=0.2, */*;q=0.1", as2Accept} {
			res, line := get(t, server, "GET", tt.path, "Accept", accept)
			if kind := res.Header.Get("Content-Type"); res.StatusCode != tt.status || strings.HasPrefix(kind, "text/html") || bytes.Contains(line, []byte("<")) {
				t.Errorf("%s for %q: %d %s %s", tt.path, accept, res.StatusCode, kind, line)
			}
		}
	}
	store.panics = true
	if res, page := get(t, server, "GET", "/planet/nl/", "Accept", browserAccept); res.StatusCode != 500 || !bytes.Contains(page, []byte("Er ging hier iets mis")) {
		t.Errorf("%d %s", res.StatusCode, page)
	}
	if res, _ := get(t, server, "POST", "/planet/nl/", "Accept", browserAccept); res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", res.StatusCode)
	}
}

// A page that cannot be made to its end is none: of what was made nothing is sent.
func TestNoHalfPages(t *testing.T) {
	h, _ := gate(t, "nl-NL")
	said := logged(t)
	before := pages
	defer func() { pages = before }()
	half := parsePages()
	for _, page := range half {
		template.Must(page.Parse(`{{define "main"}}<p>half</p>{{index .Languages 99}}{{end}}`))
	}
	pages = func() map[string]*template.Template { return half }
	server := serve(t, h)
	for _, path := range []string{"/nl/", "/story/s1", "/search?q=web", "/nl/sources/", "/nl/about/", "/explain", "/operator/"} {
		said.Reset()
		res, body := get(t, server, "GET", path, "Accept", browserAccept)
		if res.StatusCode != 500 || bytes.Contains(body, []byte("<")) || res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("ETag") != "" {
			t.Errorf("%s: %d %v %.200s", path, res.StatusCode, res.Header, body)
		}
		where, _, _ := strings.Cut(path, "?")
		if !strings.Contains(said.String(), "path="+where) {
			t.Errorf("%s is not logged: %s", path, said)
		}
	}
	if res, body := get(t, server, "GET", "/nope", "Accept", browserAccept); res.StatusCode != 404 || string(body) != "not found\n" {
		t.Errorf("an error that cannot be a page: %d %s", res.StatusCode, body)
	}
}
