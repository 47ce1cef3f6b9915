package web

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestAcceptsGzip(t *testing.T) {
	for header, want := range map[string]bool{
		"":                          false,
		"gzip":                      true,
		"GZIP":                      true,
		"x-gzip":                    true,
		"deflate, gzip, br, zstd":   true,
		"br;q=1.0, gzip;q=0.8":      true,
		"gzip; q=0":                 false,
		"gzip;q=0.000":              false,
		"gzip;q=nonsense":           false,
		"*":                         true,
		"*;q=0":                     false,
		"gzip;q=0, *":               false,
		"*;q=0, gzip":               true,
		"identity":                  false,
		"gzipped, br":               false,
		"identity;q=0.5, *;q=0.001": true,
	} {
		if got := acceptsGzip([]string{header}); got != want {
			t.Errorf("%q: %v, want %v", header, got, want)
		}
	}
	if !acceptsGzip([]string{"br", "gzip"}) {
		t.Error("the second line is not read")
	}
}

// What a client has, what it asks for, and whether it is sent again.
func TestConditional(t *testing.T) {
	body := []byte(strings.Repeat("the same words again. ", 100))
	a := newAnswer("text/plain", body, noon.Add(300*time.Millisecond))
	plain, packed := a.plain.etag[0], a.packed.etag[0]
	if plain == packed || strings.HasPrefix(plain, "W/") {
		t.Fatalf("etags %s and %s are to differ, and to be strong", plain, packed)
	}
	at := func(d time.Duration) string { return noon.Add(d).Format(http.TimeFormat) }

	tests := []struct {
		name    string
		headers []string
		status  int
		etag    string
	}{
		{"nothing", nil, 200, plain},
		{"gzip", []string{"Accept-Encoding", "gzip"}, 200, packed},
		{"same", []string{"If-None-Match", plain}, 304, plain},
		{"weak", []string{"If-None-Match", "W/" + plain}, 304, plain},
		{"other", []string{"If-None-Match", `"other"`}, 200, plain},
		{"star", []string{"If-None-Match", " * "}, 304, plain},
		{"list", []string{"If-None-Match", `"a,b" , W/"c",` + plain}, 304, plain},
		{"two lines", []string{"If-None-Match", `"a"`, "If-None-Match", plain}, 304, plain},
		{"inside another", []string{"If-None-Match", `"x` + strings.Trim(plain, `"`) + `"`}, 200, plain},
		{"without quotes", []string{"If-None-Match", strings.Trim(plain, `"`)}, 200, plain},
		{"open quote", []string{"If-None-Match", `"a, ` + plain}, 200, plain},
		{"empty", []string{"If-None-Match", ""}, 200, plain},
		{"gzip, has it", []string{"If-None-Match", packed, "Accept-Encoding", "gzip"}, 304, packed},
		{"gzip, has plain", []string{"If-None-Match", plain, "Accept-Encoding", "gzip"}, 304, plain},
		{"plain, has gzip", []string{"If-None-Match", packed}, 304, packed},
		{"gzip, has both", []string{"If-None-Match", plain + ", " + packed, "Accept-Encoding", "gzip"}, 304, packed},
		{"gzip, star", []string{"If-None-Match", "*", "Accept-Encoding", "gzip"}, 304, packed},
		{"since then", []string{"If-Modified-Since", at(0)}, 304, plain},
		{"since later", []string{"If-Modified-Since", at(time.Hour)}, 304, plain},
		{"since before", []string{"If-Modified-Since", at(-time.Second)}, 200, plain},
		{"since, RFC 850", []string{"If-Modified-Since", noon.Format("Monday, 02-Jan-06 15:04:05 GMT")}, 304, plain},
		{"since nonsense", []string{"If-Modified-Since", "yesterday"}, 200, plain},
		{"since twice", []string{"If-Modified-Since", at(0), "If-Modified-Since", at(0)}, 200, plain},
		{"other, but since", []string{"If-None-Match", `"other"`, "If-Modified-Since", at(0)}, 200, plain},
		{"same, not since", []string{"If-None-Match", plain, "If-Modified-Since", at(-time.Hour)}, 304, plain},
	}
	server := serve(t, http.HandlerFunc(a.serve))
	for _, tt := range tests {
		for _, method := range []string{"GET", "HEAD"} {
			t.Run(tt.name+" "+method, func(t *testing.T) {
				res, got := get(t, server, method, "/", tt.headers...)
				if res.StatusCode != tt.status || res.Header.Get("ETag") != tt.etag {
					t.Errorf("%d %s, want %d %s", res.StatusCode, res.Header.Get("ETag"), tt.status, tt.etag)
				}
				if res.Header.Get("Vary") != "Accept-Encoding" || res.Header.Get("Cache-Control") == "" || res.Header.Get("Last-Modified") != at(0) {
					t.Errorf("headers %v", res.Header)
				}
				want, encoding := a.plain.body, ""
				if tt.etag == packed {
					want, encoding = a.packed.body, "gzip"
				}
				if tt.status == 304 {
					if len(got) > 0 || res.Header.Get("Content-Type") != "" || res.Header.Get("Content-Encoding") != "" {
						t.Errorf("a 304 describes no content: %v", res.Header)
					}
					return
				}
				if res.Header.Get("Content-Encoding") != encoding || res.Header.Get("Content-Length") != strconv.Itoa(len(want)) {
					t.Errorf("headers %v", res.Header)
				}
				if method == "HEAD" {
					want = nil
				}
				if !bytes.Equal(got, want) {
					t.Errorf("got %d bytes, want %d", len(got), len(want))
				}
			})
		}
	}
	if !bytes.Equal(gunzip(t, a.packed.body), body) {
		t.Error("what was compressed is something else")
	}
	if len(a.packed.body) >= len(body) {
		t.Error("compression made it no smaller")
	}
}

// HEAD says all that GET does, and a 304 what a cache must know, whatever made the answer
// (RFC 9110, sections 9.3.2 and 15.4.5).
func TestHeaders(t *testing.T) {
	server := serve(t, newHandler(t, testSite(), planet()))
	for path, vary := range map[string]string{
		"/nl/": "Accept-Encoding", "/feed.atom": "Accept-Encoding", "/nl/sources/": "Accept-Encoding", "/sources.opml": "Accept-Encoding", "/changes.json?after=1": "Accept-Encoding",
		"/search?q=sociale&lang=nl": "Accept-Encoding", "/feed": "Accept, Accept-Encoding", "/story/s1": "Accept, Accept-Encoding",
		"/edition/00000000-0000-4000-8000-000000000001": "Accept, Accept-Encoding",
	} {
		accept := []string{"Accept", "application/activity+json", "Accept-Encoding", "gzip"}
		full, _ := get(t, server, "GET", path, accept...)
		head, body := get(t, server, "HEAD", path, accept...)
		full.Header.Del("Date")
		head.Header.Del("Date")
		if full.StatusCode != 200 || head.StatusCode != 200 || len(body) > 0 || !maps.EqualFunc(full.Header, head.Header, slices.Equal) || full.Header.Get("Vary") != vary {
			t.Errorf("%s: GET %d %v, HEAD %d %v", path, full.StatusCode, full.Header, head.StatusCode, head.Header)
		}
		has := append(accept, "If-None-Match", `"other", W/`+full.Header.Get("ETag"))
		for _, method := range []string{"GET", "HEAD"} {
			same, body := get(t, server, method, path, has...)
			if same.StatusCode != 304 || len(body) > 0 {
				t.Errorf("%s %s: %d for what the client has", method, path, same.StatusCode)
			}
			for _, name := range []string{"ETag", "Vary", "Cache-Control"} {
				if got, want := same.Header.Get(name), full.Header.Get(name); got != want || got == "" {
					t.Errorf("%s %s: %s %q with 304, %q with 200", method, path, name, got, want)
				}
			}
		}
	}
}

func TestTinyAnswerIsNotCompressed(t *testing.T) {
	server := serve(t, http.HandlerFunc(newAnswer("text/plain", []byte("x"), noon).serve))
	res, body := get(t, server, "GET", "/", "Accept-Encoding", "gzip")
	if string(body) != "x" || res.Header.Get("Content-Encoding") != "" {
		t.Errorf("%q, %v", body, res.Header)
	}
}

func FuzzRequestHeaders(f *testing.F) {
	f.Add(`"a", W/"b", *`, "gzip;q=0.5, *;q=0", "Mon, 23 Nov 2026 12:00:00 GMT")
	f.Add(`W/`, ";q=", "0")
	f.Add(`",`, "gzip;q", "")
	a := newAnswer("text/plain", bytes.Repeat([]byte("x"), 100), noon)
	f.Fuzz(func(t *testing.T, match, encoding, since string) {
		acceptsGzip([]string{encoding})
		header := http.Header{"If-Modified-Since": {since}}
		if match != "" {
			header["If-None-Match"] = []string{match}
		}
		etag := a.notModified(header, a.plain.etag, a.packed.etag)
		if etag != nil && match != "" && strings.TrimSpace(match) != "*" && !strings.Contains(match, etag[0]) {
			t.Errorf("%q matches %s", match, etag[0])
		}
	})
}
