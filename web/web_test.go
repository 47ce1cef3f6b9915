package web

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"samenloop/feeds"
)

// get asks over a real connection, changing nothing: no redirects, no compression of its own.
func get(t testing.TB, server *httptest.Server, method, path string, header ...string) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequest(method, server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	transport := &http.Transport{DisableCompression: true, DisableKeepAlives: true}
	res, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, body
}

func serve(t testing.TB, h http.Handler) *httptest.Server {
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server
}

// Every URL there is, and those there are not.
func TestRoutes(t *testing.T) {
	h := newHandler(t, testSite(), planet())
	server := serve(t, h)
	const (
		plain = "text/plain; charset=utf-8"
		html  = "text/html; charset=utf-8"
		atom  = "application/atom+xml; charset=utf-8"
	)
	tests := []struct {
		request     string
		status      int
		contentType string
		header      string // one more that is expected: "Name: value"
	}{
		{"GET /", 303, html, "Location: /nl/"},
		{"HEAD /", 303, html, "Vary: Accept-Language, Cookie"},
		{"GET /nl", 301, html, "Location: /nl/"},
		{"GET /nl/", 200, html, "Cache-Control: public, max-age=300"},
		{"GET /ar/", 200, html, ""},
		{"HEAD /en/", 200, html, ""},
		{"GET /about/json", 200, html, "Cache-Control: public, max-age=300"},
		{"GET " + stylePath, 200, "text/css; charset=utf-8", "Cache-Control: public, max-age=31536000, immutable"},
		{"GET /icon.svg", 200, "image/svg+xml", "Cache-Control: public, max-age=300"},
		{"GET /about", 303, html, "Location: /nl/about/"},
		{"GET /nl/about", 301, html, "Location: /nl/about/"},
		{"GET /nl/about/", 200, html, ""},
		{"GET /sources/", 303, html, "Location: /nl/sources/"},
		{"GET /nl/sources/", 200, html, ""},
		{"GET /topic/social", 303, html, "Location: /nl/topic/social/"},
		{"GET /source/%2Fnoord/", 303, html, "Location: /nl/source/%2Fnoord/"},
		{"GET /topic/nope", 404, plain, ""},
		{"GET /nl/topic/social", 301, html, "Location: /nl/topic/social/"},
		{"GET /nl/topic/social/", 200, html, ""},
		{"GET /source/noord", 303, html, "Vary: Accept-Language, Cookie"},
		{"GET /en/source/noord/", 200, html, ""},
		{"GET /healthz", 200, plain, "Cache-Control: no-store"},
		{"GET /feed.atom", 200, atom, "Cache-Control: public, max-age=300"},
		{"GET /feed.rss", 200, "application/rss+xml; charset=utf-8", "Vary: Accept-Encoding"},
		{"GET /feed.json", 200, "application/feed+json; charset=utf-8", ""},
		{"GET /nl/feed.atom", 200, atom, ""},
		{"GET /topic/social/feed.atom", 200, atom, ""},
		{"GET /en/topic/social/feed.atom", 200, atom, ""},
		{"GET /source/noord/feed.atom", 200, atom, ""},
		{"GET /feed.atom?utm_source=elsewhere", 200, atom, ""},

		{"GET /nope", 404, plain, ""},
		{"GET /nope/", 404, plain, ""},
		{"GET /nl/nope", 404, plain, ""},
		{"GET /NL/", 404, plain, ""},
		{"GET /fr/", 404, plain, ""},
		{"GET /fr/feed.atom", 404, plain, ""},
		{"GET /feed.xml", 404, plain, ""},
		{"GET /topic/nope/feed.atom", 404, plain, "Cache-Control: no-store"},
		{"GET /fr/topic/social/feed.atom", 404, plain, ""},
		{"GET /source/nope/feed.atom", 404, plain, ""},
		{"GET /topic/social%2Ffeed.atom", 404, plain, ""},
		{"GET /feed.atom?before=", 400, plain, "Cache-Control: no-store"},
		{"GET /feed.atom?before=nope", 400, plain, ""},
		{"GET /feed.atom?before=%zz", 400, plain, ""},
		{"GET /nl/?before=nope", 400, plain, ""},
		{"GET /nl/topic/nope/", 404, plain, ""},
		{"GET /nl/source/nope/", 404, plain, ""},

		{"POST /feed.atom", 405, plain, "Allow: GET, HEAD"},
		{"DELETE /nl/", 405, plain, "Allow: GET, HEAD"},
		{"POST /nope/nope", 404, plain, ""},
	}
	for _, f := range feeds.Formats {
		tests = append(tests, struct {
			request     string
			status      int
			contentType string
			header      string
		}{"GET /nl/topic/social/feed." + f.Name, 200, f.Type, ""})
	}
	for _, tt := range tests {
		t.Run(tt.request, func(t *testing.T) {
			method, path, _ := strings.Cut(tt.request, " ")
			res, body := get(t, server, method, path)
			if res.StatusCode != tt.status {
				t.Errorf("status %d, want %d", res.StatusCode, tt.status)
			}
			if got := res.Header.Get("Content-Type"); got != tt.contentType {
				t.Errorf("Content-Type %q, want %q", got, tt.contentType)
			}
			if name, want, _ := strings.Cut(tt.header, ": "); res.Header.Get(name) != want {
				t.Errorf("%s %q, want %q", name, res.Header.Get(name), want)
			}
			for name, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Access-Control-Allow-Origin": "*", "Cross-Origin-Opener-Policy": "same-origin",
			} {
				kept := res.StatusCode == 200 && tt.contentType != html && !strings.HasSuffix(path, "/healthz")
				if kept && (name == "Referrer-Policy" || name == "Cross-Origin-Opener-Policy") {
					want = "" // they say nothing of what is no page
				}
				if got := res.Header.Get(name); got != want {
					t.Errorf("%s %q, want %q", name, got, want)
				}
			}
			isPage := tt.status == 200 && tt.contentType == html
			if got := res.Header.Get("Content-Security-Policy"); (got == pagePolicy[0]) != isPage {
				t.Errorf("Content-Security-Policy %q on a page: %v", got, isPage)
			}
			if tt.status >= 400 && (len(body) > 100 || bytes.Count(body, []byte("\n")) != 1) {
				t.Errorf("an error is one short line; got %q", body)
			}
			if method == "HEAD" && len(body) > 0 {
				t.Errorf("HEAD gave %d bytes", len(body))
			}
			if tt.status == 200 && res.ContentLength < 0 {
				t.Error("no Content-Length")
			}
		})
	}
	if _, body := get(t, server, "GET", "/healthz"); string(body) != "ok" {
		t.Errorf("/healthz says %q", body)
	}
}

func TestNegotiateLanguage(t *testing.T) {
	server := serve(t, newHandler(t, testSite(), planet()))
	for accept, want := range map[string]string{
		"":                    "/nl/",
		"en-GB,en;q=0.9":      "/en/",
		"ar":                  "/ar/",
		"fr, *;q=0.1":         "/nl/",
		"de;q=0.9, en;q=0.95": "/en/",
	} {
		res, _ := get(t, server, "GET", "/", "Accept-Language", accept)
		if got := res.Header.Get("Location"); got != want {
			t.Errorf("Accept-Language %q: %s, want %s", accept, got, want)
		}
	}
	// Everything else is the same for everybody.
	for _, path := range []string{"/nl/", "/feed.atom", "/nl/feed.json"} {
		_, a := get(t, server, "GET", path, "Accept-Language", "en")
		_, b := get(t, server, "GET", path, "Accept-Language", "nl")
		if !bytes.Equal(a, b) {
			t.Errorf("%s depends on Accept-Language", path)
		}
	}
}

func TestPrefix(t *testing.T) {
	site := testSite()
	site.BaseURL = "https://example.org/planet"
	server := serve(t, newHandler(t, site, planet()))
	tests := []struct {
		path     string
		status   int
		location string
	}{
		{"/planet/feed.atom", 200, ""},
		{"/planet/nl/", 200, ""},
		{"/planet" + stylePath, 200, ""},
		{"/planet/", 303, "/planet/nl/"},
		{"/planet", 307, "/planet/"},
		{"/planet/en", 301, "/planet/en/"},
		{"/planet/nope", 404, ""},
		{"/planetarium/feed.atom", 404, ""},
		// A proxy took the prefix off.
		{"/feed.atom", 200, ""},
		{"/nl/", 200, ""},
		{"/", 303, "/planet/nl/"},
		{"/nope", 404, ""},
	}
	for _, tt := range tests {
		res, body := get(t, server, "GET", tt.path)
		if res.StatusCode != tt.status || res.Header.Get("Location") != tt.location {
			t.Errorf("%s: %d %q, want %d %q", tt.path, res.StatusCode, res.Header.Get("Location"), tt.status, tt.location)
		}
		if strings.Contains(string(body), `href="/`) && !strings.Contains(string(body), `href="/planet/`) {
			t.Errorf("%s links outside its prefix:\n%s", tt.path, body)
		}
	}
	site.BaseURL = "https://example.org/s"
	if res, _ := get(t, serve(t, newHandler(t, site, planet())), "GET", "/source/noord/feed.atom"); res.StatusCode != 200 {
		t.Errorf("a path that begins with the letters of the prefix: %d", res.StatusCode)
	}
	_, below := get(t, server, "GET", "/planet/nl/feed.atom")
	_, stripped := get(t, server, "GET", "/nl/feed.atom")
	if !bytes.Equal(below, stripped) || !bytes.Contains(below, []byte("https://example.org/planet/nl/feed")) {
		t.Errorf("the feed does not name itself below the prefix:\n%s", below)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, base := range []string{
		"", "example.org", "/planet", "ftp://example.org", "https://", "https://example.org?x=1",
		"https://me@example.org", "https://example.org/{lang}", "https://example.org/a b", "https://example.org//x",
	} {
		site := testSite()
		site.BaseURL = base
		if _, err := New(site, planet()); err == nil {
			t.Errorf("base_url %q was taken", base)
		}
	}
	site := testSite()
	site.Languages = nil
	if _, err := New(site, planet()); err == nil {
		t.Error("a site without languages was taken")
	}
}

// logged is what is written to the log from now on.
func logged(t *testing.T) *bytes.Buffer {
	var log bytes.Buffer
	before := slog.Default()
	t.Cleanup(func() { slog.SetDefault(before) })
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	return &log
}

func TestErrors(t *testing.T) {
	log := logged(t)
	store := planet()
	server := serve(t, newHandler(t, testSite(), store))
	for _, tt := range []struct {
		name   string
		broken func()
		logged string
	}{
		{"error", func() { store.err = errors.New("disk on fire") }, "disk on fire"},
		{"panic", func() { store.panics = true }, "the store fell over"},
	} {
		log.Reset()
		tt.broken()
		res, body := get(t, server, "GET", "/feed.atom")
		if res.StatusCode != 500 || strings.Contains(string(body), tt.logged) {
			t.Errorf("%s: %d %s", tt.name, res.StatusCode, body)
		}
		if !strings.Contains(log.String(), tt.logged) {
			t.Errorf("%s is not logged: %s", tt.name, log.String())
		}
	}
	// Wherever it is met, it is told with its place.
	store.err, store.panics = errors.New("disk on fire"), false
	for _, path := range []string{"/nl/", "/search?q=web", "/explain?url=example.org", "/story/s1", "/edition/x", "/en/changes.json?after=2"} {
		log.Reset()
		if res, _ := get(t, server, "GET", path); res.StatusCode != 500 {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
		where, _, _ := strings.Cut(path, "?")
		if !strings.Contains(log.String(), "path="+where) || !strings.Contains(log.String(), "disk on fire") {
			t.Errorf("%s is not logged: %s", path, log.String())
		}
	}
	// What fell over is not remembered.
	store.err, store.panics = nil, false
	if res, _ := get(t, server, "GET", "/feed.atom"); res.StatusCode != 200 {
		t.Errorf("after the repair: %d", res.StatusCode)
	}
}

// Pages of other sites may read everything, and send nothing.
func TestOtherSitesSendNothing(t *testing.T) {
	h := newHandler(t, testSite(), planet())
	for _, tt := range []struct {
		method, header, value string
		want                  int
	}{
		{"POST", "Sec-Fetch-Site", "cross-site", 403},
		{"POST", "Sec-Fetch-Site", "same-site", 403},
		{"POST", "Origin", "https://evil.example", 403},
		{"DELETE", "Origin", "null", 403},
		{"POST", "Origin", "http://example.com", 405},  // the request's own host: over plain http browsers say no more
		{"POST", "Origin", "https://example.org", 405}, // base_url's: a proxy may have asked by another name
		{"POST", "Origin", "http://example.org", 403},
		{"POST", "Origin", "https://example.org:8443", 403},
		{"GET", "Sec-Fetch-Site", "cross-site", 200},
		{"GET", "Origin", "https://evil.example", 200},
		{"POST", "Sec-Fetch-Site", "same-origin", 405}, // there is nothing to send to
		{"POST", "Content-Encoding", "gzip", 415},
	} {
		r := httptest.NewRequest(tt.method, "/feed.atom", nil)
		r.Header.Set(tt.header, tt.value)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != tt.want {
			t.Errorf("%s with %s %s: %d, want %d", tt.method, tt.header, tt.value, w.Code, tt.want)
		}
	}
}

func TestServerHost(t *testing.T) {
	h := newHandler(t, testSite(), planet())
	s, err := Server(h, "127.0.0.1:0", "https://Example.org:8443/")
	if err != nil {
		t.Fatal(err)
	}
	server := serve(t, s.Handler)
	address := server.Listener.Addr().String()
	tests := []struct {
		host   string
		status int
	}{
		{"example.org", 200},
		{"EXAMPLE.org.:443", 200},
		{"example.org:8443", 200},
		{address, 200},
		{"localhost", 200},
		{"demo.localhost:8080", 200},
		{"[::1]:8080", 200},
		{"127.9.9.9", 200},
		{"evil.example", 421},
		{"example.org.evil.example", 421},
		{"notlocalhost", 421},
		{"192.0.2.1", 421},
		{"0.0.0.0", 421},
		{"", 421},
	}
	for _, tt := range tests {
		r := httptest.NewRequest("GET", "/healthz", nil)
		r.Host = tt.host
		res := overLoopback(t, server, r)
		if res.StatusCode != tt.status || res.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("Host %q: %d, want %d; %v", tt.host, res.StatusCode, tt.status, res.Header)
		}
		// Without a loopback connection its names mean nothing.
		w := httptest.NewRecorder()
		s.Handler.ServeHTTP(w, r)
		if want := strings.Contains(strings.ToLower(tt.host), "example.org"); (w.Code == 200) != (want && tt.status == 200) {
			t.Errorf("Host %q elsewhere: %d", tt.host, w.Code)
		}
	}
}

// What a client can make the server wait for or hold is limited.
func TestServerLimits(t *testing.T) {
	var read int64
	s, err := Server(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var err error
		if read, err = io.Copy(io.Discard, r.Body); err == nil {
			t.Error("the body has no end")
		}
	}), "127.0.0.1:0", "https://example.org")
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("POST", "/", bytes.NewReader(make([]byte, maxBody+1)))
	r.Host = "example.org"
	s.Handler.ServeHTTP(httptest.NewRecorder(), r)
	if read != maxBody {
		t.Errorf("read %d bytes of a body, want %d", read, maxBody)
	}
	if s.ReadHeaderTimeout == 0 || s.ReadTimeout == 0 || s.IdleTimeout == 0 || s.ConnState == nil || s.MaxHeaderBytes == 0 {
		t.Errorf("%+v", s)
	}
	if _, err := Server(nil, "127.0.0.1:0", "example.org"); err == nil {
		t.Error("a base URL without a scheme was taken")
	}
}

// overLoopback sends a request whose Host may be empty, which a client would not.
func overLoopback(t *testing.T, server *httptest.Server, r *http.Request) *http.Response {
	t.Helper()
	c, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", r.URL.Path, r.Host)
	res, err := http.ReadResponse(bufio.NewReader(c), r)
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, res.Body)
	res.Body.Close()
	return res
}

func gunzip(t *testing.T, b []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
