package fetch

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
)

var loopback = []string{"127.0.0.0/8"}

// serve answers on loopback.
func serve(t testing.TB, handler http.HandlerFunc) (url string) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func get(t *testing.T, c *Client, url string) *Response {
	t.Helper()
	r, err := c.Get(t.Context(), Request{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// wantReason checks that the request fails, and that its error names shown alone.
func wantReason(t *testing.T, c *Client, url, shown, reason string) {
	t.Helper()
	r, err := c.Get(t.Context(), Request{URL: url})
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%v, %v", r, err)
	}
	if e.Reason != reason || e.URL != shown {
		t.Errorf("\n got %s: %s\nwant %s: %s", e.URL, e.Reason, shown, reason)
	}
}

func TestGet(t *testing.T) {
	var asked *http.Request
	home := serve(t, func(w http.ResponseWriter, q *http.Request) {
		asked = q
		h := w.Header()
		h.Set("Content-Type", "application/rss+xml; charset=utf-8")
		h.Set("Content-Encoding", "gzip")
		h.Set("ETag", `W/"1, é"`)
		h.Set("Last-Modified", "yesterday, about noon")
		h.Set("Cache-Control", "max-age=900")
		z := gzip.NewWriter(w)
		fmt.Fprint(z, "<rss/>")
		z.Close()
	})
	c := client(t, Options{AllowNetworks: loopback, UserAgent: "samenloop/1.0 (+https://example.org/)"})
	r, err := c.Get(t.Context(), Request{URL: home + "/feed?a=b#top", Accept: "application/rss+xml"})
	if err != nil {
		t.Fatal(err)
	}
	want := Response{URL: home + "/feed?a=b", Status: 200, ContentType: "application/rss+xml; charset=utf-8", ETag: `W/"1, é"`, LastModified: "yesterday, about noon", Fresh: 15 * time.Minute}
	if body := string(r.Body); body != "<rss/>" {
		t.Errorf("body %q", body)
	}
	if r.Body = nil; fmt.Sprint(*r) != fmt.Sprint(want) {
		t.Errorf("\n got %+v\nwant %+v", *r, want)
	}
	// Nothing is sent beside these.
	if got, want := fmt.Sprint(asked.Header), "map[Accept:[application/rss+xml] Accept-Encoding:[gzip] User-Agent:[samenloop/1.0 (+https://example.org/)]]"; got != want {
		t.Errorf("\nsent %s\nwant %s", got, want)
	}
}

func TestConditional(t *testing.T) {
	const etag, modified = "\"caf\xe9\" as it came", "Sun, 22 Nov 2026 10:00:00 +0100"
	var validators string
	home := serve(t, func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/moved" {
			http.Redirect(w, q, "/feed", http.StatusFound)
			return
		}
		validators = q.Header.Get("If-None-Match") + "|" + q.Header.Get("If-Modified-Since")
		if validators == etag+"|"+modified {
			w.WriteHeader(http.StatusNotModified)
		}
	})
	c := client(t, Options{AllowNetworks: loopback})
	for _, path := range []string{"/feed", "/moved"} {
		r, err := c.Get(t.Context(), Request{URL: home + path, ETag: etag, LastModified: modified})
		if err != nil || r.Status != 304 || r.Body != nil {
			t.Errorf("%s: %+v, %v", path, r, err)
		}
	}
	// What could not be a header is not sent, and spoils no request.
	validators = "none asked"
	r, err := c.Get(t.Context(), Request{URL: home + "/feed", ETag: "a\r\nX: y", LastModified: strings.Repeat("x", 2000)})
	if err != nil || r.Status != 200 || validators != "|" {
		t.Errorf("%+v, %v, sent %.50q", r, err, validators)
	}
}

func TestStatusesAreAnswers(t *testing.T) {
	home := serve(t, func(w http.ResponseWriter, q *http.Request) {
		var status int
		fmt.Sscanf(q.URL.Path, "/%d", &status)
		w.Header().Set("Content-Encoding", "br") // of a page that is not read
		w.WriteHeader(status)
		if status != 204 && status != 304 {
			io.WriteString(w, "an error page")
		}
	})
	c := client(t, Options{AllowNetworks: loopback})
	for _, status := range []int{204, 300, 301, 304, 401, 404, 410, 429, 500, 503} {
		if r := get(t, c, fmt.Sprintf("%s/%d", home, status)); r.Status != status || r.Body != nil || r.Permanent != "" {
			t.Errorf("%d: %+v", status, r)
		}
	}
}

func TestRedirects(t *testing.T) {
	home := serve(t, func(w http.ResponseWriter, q *http.Request) {
		if referer := q.Header.Get("Referer"); referer != "" {
			t.Errorf("%s was told %s", q.URL, referer)
		}
		// /301/308/302 answers 301 and leads to /308/302.
		status, rest, _ := strings.Cut(strings.TrimPrefix(q.URL.Path, "/"), "/")
		if status != "" {
			w.Header().Set("Location", "/"+rest+"#fragment")
			var code int
			fmt.Sscan(status, &code)
			w.WriteHeader(code)
		}
	})
	c := client(t, Options{AllowNetworks: loopback})
	for path, permanent := range map[string]string{
		"/":                     "",
		"/301/":                 "/",
		"/308/301/":             "/",
		"/302/":                 "",
		"/303/301/":             "",
		"/307/":                 "",
		"/301/302/301/":         "/302/301/",
		"/301/301/307/":         "/307/",
		"/301/302/303/307/308/": "/302/303/307/308/",
		"/301/301/301/301/301/": "/",
	} {
		r, err := c.Get(t.Context(), Request{URL: home + path})
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if permanent != "" {
			permanent = home + permanent
		}
		if r.URL != home+"/" || r.Permanent != permanent {
			t.Errorf("%s: at %s, permanent %q, want %q", path, r.URL, r.Permanent, permanent)
		}
	}
	six := "/301/301/301/301/301/301/"
	wantReason(t, c, home+six, home+six, "more than 5 redirects, the last to "+home+"/")
}

func TestRedirectsThatAreRefused(t *testing.T) {
	var location string
	home := serve(t, func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Location", location)
		w.WriteHeader(http.StatusFound)
	})
	far := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the guard let a redirect through") })
	_, port, _ := strings.Cut(strings.TrimPrefix(far, "http://"), ":")
	c := client(t, Options{AllowNetworks: []string{strings.TrimPrefix(home, "http://")}})
	for _, test := range []struct{ location, at, reason string }{
		{"ftp://example.org/", "", `redirect to ftp://example.org/: the scheme is "ftp"; only http and https are fetched`},
		{"file:///etc/passwd", "", `redirect to file:///etc/passwd: the scheme is "file"; only http and https are fetched`},
		{"http:///", "", "redirect to http:///: the URL names no host"},
		{"http://me:secret@%zz/", "", "redirect to …@%zz/: not a valid URL"},
		{"/" + strings.Repeat("x", 4096), "", "redirect to /" + strings.Repeat("x", 199) + "…: the URL is longer than 4 kB"},
		{far + "/", far + "/", "127.0.0.1 is a private or reserved address; name it in [fetch] allow_networks if it is yours"},
		{"http://localhost:" + port, "http://localhost:" + port, "127.0.0.1 is a private or reserved address; name it in [fetch] allow_networks if it is yours"},
		{"http://[::ffff:127.0.0.1]:" + port + "/", "http://[::ffff:127.0.0.1]:" + port + "/", "127.0.0.1 is a private or reserved address; name it in [fetch] allow_networks if it is yours"},
		{"http://169.254.169.254/latest/", "http://169.254.169.254/latest/", "169.254.169.254 is a private or reserved address; name it in [fetch] allow_networks if it is yours"},
		{"http://me:secret@127.0.0.1:9/", "http://127.0.0.1:9/", "127.0.0.1 is a private or reserved address; name it in [fetch] allow_networks if it is yours"},
		{"//[2002:7f00:1::]/", "http://[2002:7f00:1::]/", "2002:7f00:1:: is a private or reserved address; name it in [fetch] allow_networks if it is yours"},
	} {
		location = test.location
		if test.at == "" {
			test.at = home + "/feed"
		}
		if strings.Contains(test.location, "localhost") {
			// Which of its addresses comes first is the machine's affair.
			_, err := c.Get(t.Context(), Request{URL: home + "/feed"})
			if err == nil || !strings.Contains(err.Error(), "is a private or reserved address") {
				t.Error(err)
			}
			continue
		}
		wantReason(t, c, home+"/feed", test.at, test.reason)
	}
}

func TestNothingPrivateByDefault(t *testing.T) {
	home := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("it was dialled") })
	c := client(t, Options{})
	wantReason(t, c, home, home, "127.0.0.1 is a private or reserved address; name it in [fetch] allow_networks if it is yours")
	if c.transport.(*http.Transport).Proxy != nil {
		t.Error("there is a proxy")
	}
}

func TestCredentialsStayAtTheirOrigin(t *testing.T) {
	var seen []string
	note := func(q *http.Request) {
		user, password, _ := q.BasicAuth()
		seen = append(seen, q.URL.Path+" "+user+":"+password)
	}
	other := serve(t, func(w http.ResponseWriter, q *http.Request) {
		note(q)
		http.Redirect(w, q, q.URL.Query().Get("back"), http.StatusFound)
	})
	home := serve(t, func(w http.ResponseWriter, q *http.Request) {
		note(q)
		switch q.URL.Path {
		case "/start":
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
			http.Redirect(w, q, "/same", http.StatusMovedPermanently)
		case "/same":
			http.Redirect(w, q, "http://eve:evil@"+strings.TrimPrefix(other, "http://")+"/other?back="+url.QueryEscape("http://"+q.Host+"/back"), http.StatusMovedPermanently)
		}
		if q.Header.Get("Cookie") != "" {
			t.Error("a cookie came back")
		}
	})
	c := client(t, Options{AllowNetworks: loopback})
	r := get(t, c, strings.Replace(home, "http://", "http://me:s%20cret@", 1)+"/start")
	if got, want := strings.Join(seen, ", "), "/start me:s cret, /same me:s cret, /other :, /back me:s cret"; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if shown := fmt.Sprint(r); strings.Contains(shown, "cret") || strings.Contains(shown, "eve") {
		t.Errorf("credentials in %s", shown)
	}

	// Nor in errors, whatever goes wrong.
	for raw, shown := range map[string]string{
		"http://me:secret@127.0.0.1:1/":            "http://127.0.0.1:1/",
		"http://me:secret@10.0.0.1/":               "http://10.0.0.1/",
		"http://me:sec/ret@127.0.0.1/":             "…@127.0.0.1/",
		"ftp://me:secret@127.0.0.1/":               "ftp://127.0.0.1/",
		"http://me:secret@/":                       "…@/",
		"http://me:secret@127.0.0.1:99999/":        "http://127.0.0.1:99999/",
		home[:7] + "me:secret@" + home[7:] + "/\t": "…@" + home[7:] + "/\uFFFD",
	} {
		_, err := c.Get(t.Context(), Request{URL: raw})
		var e *Error
		if !errors.As(err, &e) || e.URL != shown {
			t.Errorf("%q is shown as %v, want %s", raw, err, shown)
		}
		for ; err != nil; err = errors.Unwrap(err) {
			if strings.Contains(err.Error(), "sec") {
				t.Errorf("credentials in %q", err)
			}
		}
	}
}

func TestURLsThatAreRefused(t *testing.T) {
	c := client(t, Options{AllowNetworks: loopback})
	for raw, reason := range map[string]string{
		"":                      `the scheme is ""; only http and https are fetched`,
		"example.org/feed":      `the scheme is ""; only http and https are fetched`,
		"gopher://example.org/": `the scheme is "gopher"; only http and https are fetched`,
		"http:feed":             "the URL names no host",
		"https://:443/":         "the URL names no host",
		"https://exa mple.org/": "not a valid URL",
		"https://127%2e0.0.1/":  "not a valid URL",
		"https://example.org/" + strings.Repeat("x", 4096): "the URL is longer than 4 kB",
		"https://example.org/" + strings.Repeat("é", 1000): "the URL is longer than 4 kB", // escaped
	} {
		_, err := c.Get(t.Context(), Request{URL: raw})
		var e *Error
		if !errors.As(err, &e) || e.Reason != reason || len(err.Error()) > 400 {
			t.Errorf("%.50q: %v, want %s", raw, err, reason)
		}
	}
}

func TestHostileServers(t *testing.T) {
	t.Run("more than its length says it is", func(t *testing.T) {
		home := serve(t, func(w http.ResponseWriter, q *http.Request) { w.Write(make([]byte, 9e6)) })
		wantReason(t, client(t, Options{AllowNetworks: loopback}), home, home, "larger than 8 MB as it is sent; if it is right, raise max_bytes of its [[source]], or [fetch] max_bytes for all")
	})
	t.Run("endless headers", func(t *testing.T) {
		home := serve(t, func(w http.ResponseWriter, q *http.Request) {
			w.Header().Set("X-Endless", strings.Repeat("x", 200<<10))
		})
		wantReason(t, client(t, Options{AllowNetworks: loopback}), home, home, "its headers are larger than 64 kB, the most that is taken; ask its owner to send fewer")
	})
	t.Run("no end of the body", func(t *testing.T) {
		home := serve(t, func(w http.ResponseWriter, q *http.Request) {
			io.WriteString(w, "<rss>")
			w.(http.Flusher).Flush()
			<-q.Context().Done()
		})
		wantReason(t, client(t, Options{AllowNetworks: loopback, Timeout: 100 * time.Millisecond}), home, home, "timeout after 100ms; if it is always so slow, raise [fetch] timeout")
	})
	t.Run("no answer", func(t *testing.T) {
		home := serve(t, func(w http.ResponseWriter, q *http.Request) { <-q.Context().Done() })
		c := client(t, Options{AllowNetworks: loopback})
		c.transport.(*http.Transport).ResponseHeaderTimeout = 50 * time.Millisecond
		wantReason(t, c, home, home, "no answer within 10s, the longest that is waited for one to begin; it is tried again later")
	})
	t.Run("another protocol", func(t *testing.T) { // in which nothing comes, for ever
		home := serve(t, func(w http.ResponseWriter, q *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")
			conn.SetReadDeadline(time.Now().Add(10 * time.Second))
			if _, err := conn.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("it waits for more")
			}
		})
		r, err := client(t, Options{AllowNetworks: loopback, Timeout: 100 * time.Millisecond}).Get(t.Context(), Request{URL: home})
		if err != nil || r.Status != http.StatusSwitchingProtocols || r.Body != nil {
			t.Error(r, err)
		}
	})
	t.Run("broken off", func(t *testing.T) {
		home := serve(t, func(w http.ResponseWriter, q *http.Request) {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, "<rss>")
		})
		wantReason(t, client(t, Options{AllowNetworks: loopback}), home, home, "the connection was closed before the end")
	})
	t.Run("not HTTP", func(t *testing.T) {
		home := raw(t, "\x1b[2Jhello\r\n\r\n")
		_, err := client(t, Options{AllowNetworks: loopback}).Get(t.Context(), Request{URL: home})
		if err == nil || strings.ContainsRune(err.Error(), '\x1b') || !strings.Contains(err.Error(), "malformed HTTP response") {
			t.Errorf("%v", err)
		}
	})
	t.Run("endless 1xx", func(t *testing.T) {
		home := raw(t, strings.Repeat("HTTP/1.1 103 Early Hints\r\nX: "+strings.Repeat("x", 1000)+"\r\n\r\n", 1000))
		if _, err := client(t, Options{AllowNetworks: loopback}).Get(t.Context(), Request{URL: home}); err == nil {
			t.Error("no error")
		}
	})
	t.Run("nobody listens", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
		home := "http://" + l.Addr().String() + "/"
		wantReason(t, client(t, Options{AllowNetworks: loopback}), home, home, "connection refused")
	})
}

// raw answers each connection with the same bytes.
func raw(t *testing.T, answer string) (url string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.Read(make([]byte, 1024))
			io.WriteString(conn, answer)
			conn.Close()
		}
	}()
	return "http://" + l.Addr().String() + "/"
}

func TestTLS(t *testing.T) {
	var protocol string
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { protocol = q.Proto }))
	server.EnableHTTP2 = true
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	trusting := func(at time.Time) *Client {
		c := client(t, Options{AllowNetworks: loopback})
		c.transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: roots, Time: func() time.Time { return at }}
		return c
	}
	if get(t, trusting(noon), server.URL); protocol != "HTTP/2.0" {
		t.Errorf("it spoke %s", protocol)
	}
	wantReason(t, trusting(noon.AddDate(200, 0, 0)), server.URL, server.URL, "certificate expired")
	wantReason(t, trusting(noon.AddDate(-200, 0, 0)), server.URL, server.URL, "certificate not valid yet")
	wantReason(t, client(t, Options{AllowNetworks: loopback}), server.URL, server.URL, "certificate is from an unknown authority, or its chain is incomplete")

	elsewhere := trusting(noon)
	elsewhere.transport.(*http.Transport).TLSClientConfig.ServerName = "elsewhere.test"
	wantReason(t, elsewhere, server.URL, server.URL, "certificate is for another host")
}

func TestConnectionsAreKept(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		switch q.URL.Path {
		case "/moved":
			http.Redirect(w, q, "/", http.StatusFound)
		case "/error":
			w.WriteHeader(500)
			io.WriteString(w, strings.Repeat("an error page", 500))
		case "/same":
			w.WriteHeader(304)
		}
	}))
	connections := 0
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections++
		}
	}
	server.Start()
	defer server.Close()
	c := client(t, Options{AllowNetworks: loopback})
	for _, path := range []string{"/", "/moved", "/error", "/same", "/"} {
		get(t, c, server.URL+path)
	}
	if connections != 1 {
		t.Errorf("%d connections", connections)
	}
}

func TestLastConnectionIsClosed(t *testing.T) {
	for _, protocol := range []string{"HTTP/1.1", "HTTP/2.0"} {
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			if q.Proto != protocol {
				t.Errorf("%s is spoken by %s", protocol, q.Proto)
			}
		}))
		server.EnableHTTP2 = protocol == "HTTP/2.0"
		closed := make(chan struct{}, 1)
		server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateClosed {
				closed <- struct{}{}
			}
		}
		server.StartTLS()
		c := client(t, Options{AllowNetworks: loopback})
		roots := x509.NewCertPool()
		roots.AddCert(server.Certificate())
		c.transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: roots, Time: func() time.Time { return noon }}
		if _, err := c.Get(t.Context(), Request{URL: server.URL, Last: true}); err != nil {
			t.Fatal(err)
		}
		select {
		case <-closed:
		case <-time.After(3 * time.Second): // before it would be for being idle
			t.Errorf("%s: the connection is kept", protocol)
		}
		server.Close()
	}
}

func TestUserAgent(t *testing.T) {
	for _, agent := range []string{"samenloop/1.0\r\nX: y", strings.Repeat("x", 2000)} {
		if _, err := New(Options{UserAgent: agent}); err == nil {
			t.Errorf("%.20q is taken", agent)
		}
	}
}

func TestReason(t *testing.T) {
	for want, err := range map[string]error{
		"no such host":                    &net.OpError{Op: "dial", Err: &net.DNSError{IsNotFound: true}},
		"the name server does not answer": &net.OpError{Op: "dial", Err: &net.DNSError{IsTimeout: true}},
		"the name server fails":           &net.OpError{Op: "dial", Err: &net.DNSError{IsTemporary: true}},
		"no answer within 10s, the longest that is waited for one to begin; it is tried again later": &net.OpError{Op: "dial", Err: context.DeadlineExceeded},
		"the server does not speak TLS there":                                                        fmt.Errorf("handshake: %w", tls.RecordHeaderError{Msg: "x"}),
		"what\uFFFDever":                                                                             errors.New("what\never"),
	} {
		if got := reason(err); got != want {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
	for n, want := range map[int64]string{999: "999 bytes", 1000: "1 kB", 12_000_000: "12 MB", 12 << 20: "12.6 MB"} {
		if got := size(n); got != want {
			t.Errorf("size(%d) = %s", n, got)
		}
	}
}

// The hot case: nothing is new.
func BenchmarkNotModified(b *testing.B) {
	home := serve(b, func(w http.ResponseWriter, q *http.Request) { w.WriteHeader(http.StatusNotModified) })
	benchmark(b, home, http.StatusNotModified)
}

func BenchmarkPacked200kB(b *testing.B) {
	var text strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&text, "<item><title>%s</title></item>\n", base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%0120d", i*i)))
	}
	packed := pack(b, []byte(text.String()))
	home := serve(b, func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(packed)
	})
	b.SetBytes(int64(text.Len()))
	benchmark(b, home, http.StatusOK)
}

func benchmark(b *testing.B, home string, status int) {
	c := client(b, Options{AllowNetworks: loopback})
	b.ReportAllocs()
	for b.Loop() {
		r, err := c.Get(b.Context(), Request{URL: home, ETag: `"1"`, LastModified: "Mon, 23 Nov 2026 11:00:00 GMT"})
		if err != nil || r.Status != status {
			b.Fatal(r, err)
		}
	}
}
