package web

import (
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// Behind a proxy, below a path, every address that pages, feeds and redirects
// name leads back to us: whether the proxy passes the path on whole or without
// the prefix, and only with the host that readers asked for.
func TestBehindProxyBelowPath(t *testing.T) {
	for _, strip := range []bool{false, true} {
		// The proxy's address is known first: it is the base URL.
		var back *url.URL
		front := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(back)
			r.Out.Host = r.In.Host
			r.SetXForwarded()
			if strip {
				r.Out.URL.Path = strings.TrimPrefix(r.Out.URL.Path, "/social")
			}
		}})
		defer front.Close()
		site := testSite()
		site.BaseURL = front.URL + "/social"
		server, err := Server(newHandler(t, site, planet()), "", site.BaseURL)
		if err != nil {
			t.Fatal(err)
		}
		behind := httptest.NewServer(server.Handler)
		defer behind.Close()
		if back, err = url.Parse(behind.URL); err != nil {
			t.Fatal(err)
		}
		walk(t, front.URL, "/social/")
		walk(t, front.URL, "/social/nl/feed.atom")
	}
}

var addresses = regexp.MustCompile(`(?:href|src|uri)="([^"]+)"`)

// walk follows every address below a site that a page names, redirects too, and
// wants each to be there and none to be beside the prefix.
func walk(t *testing.T, origin, start string) {
	t.Helper()
	seen := map[string]bool{}
	queue := []string{start}
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		if seen[path] {
			continue
		}
		seen[path] = true
		resp, err := http.Get(origin + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("%s answers %s, %v", path, resp.Status, err)
			continue
		}
		for _, m := range addresses.FindAllStringSubmatch(string(body), -1) {
			u, err := resp.Request.URL.Parse(html.UnescapeString(m[1]))
			if err != nil || "http://"+u.Host != origin {
				continue
			}
			if !strings.HasPrefix(u.Path, "/social") {
				t.Errorf("%s names %s, which is beside the prefix", path, u)
				continue
			}
			queue = append(queue, u.RequestURI())
		}
	}
	if len(seen) < 10 {
		t.Errorf("from %s only %d addresses were found", start, len(seen))
	}
}
