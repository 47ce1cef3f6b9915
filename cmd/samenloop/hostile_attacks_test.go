package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf16"
)

// Servers.

func answering(contentType string, body func() []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Write(body())
	}
}

func says(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) {
		io.WriteString(w, strings.ReplaceAll(body, "{HOST}", q.Host))
	}
}

func hang(w http.ResponseWriter, q *http.Request) { <-q.Context().Done() }

func drip(first string) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) {
		io.WriteString(w, first)
		for q.Context().Err() == nil {
			w.(http.Flusher).Flush()
			time.Sleep(50 * time.Millisecond)
			io.WriteString(w, " ")
		}
	}
}

func hangAfter(first string) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) {
		io.WriteString(w, first)
		w.(http.Flusher).Flush()
		<-q.Context().Done()
	}
}

// hijack answers with these bytes, and closes or hangs.
func hijack(raw string, hangs bool) http.HandlerFunc {
	return endlessly(raw, "", hangs)
}

// endlessly answers with these bytes and then with more for ever, unless that is nothing.
func endlessly(raw, more string, hangs bool) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		_, err = io.WriteString(conn, raw)
		for more != "" && err == nil {
			_, err = io.WriteString(conn, more)
		}
		if hangs {
			conn.SetReadDeadline(time.Now().Add(time.Minute))
			io.Copy(io.Discard, conn)
		}
	}
}

func redirect(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) {
		w.Header()["Location"] = []string{strings.ReplaceAll(to, "{HOST}", q.Host)}
		w.WriteHeader(http.StatusFound)
	}
}

func header(name, value string) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) {
		w.Header()[name] = []string{value}
		io.WriteString(w, rssOf(honest))
	}
}

func packed(encoding string, body func() []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Content-Encoding", encoding)
		w.Write(body())
	}
}

func gzipped(body []byte) []byte {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	z.Write(body)
	z.Close()
	return b.Bytes()
}

// Documents.

const honest = `<item><title>Honest</title><link>http://example.org/honest</link><guid>honest</guid><description>An honest item.</description></item>`

func rssOf(items ...string) string {
	return `<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/"><channel><title>T</title><link>http://example.org/</link>` + strings.Join(items, "") + `</channel></rss>`
}

func itemOf(fields string) string { return "<item>" + fields + "</item>" }

func atomOf(entries ...string) string {
	return `<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><id>urn:x:feed</id>` + strings.Join(entries, "") + `</feed>`
}

func jsonOf(items ...any) string {
	b, err := json.Marshal(map[string]any{"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": items})
	if err != nil {
		panic(err)
	}
	return string(b)
}

var honestJSON = map[string]any{"id": "honest", "url": "http://example.org/honest", "content_text": "An honest item."}

func repeated(before, s string, n int, after string) func() []byte {
	return func() []byte { return []byte(before + strings.Repeat(s, n) + after) }
}

// wrapped is an item whose content is this, in a feed with an honest one.
func wrapped(content string) string {
	return rssOf(itemOf(`<title>Hostile</title><link>http://example.org/h</link><guid>h</guid><content:encoded><![CDATA[`+content+`]]></content:encoded>`), honest)
}

const (
	two     = `^2 posts; trouble: ; notice: `
	one     = `^1 posts; trouble: ; notice: `
	none    = `^0 posts; trouble: `
	honest1 = one + `$`
)

// hostileAttacks are made by code: none is large before it is asked for.
func hostileAttacks(canary *forbidden) []attack {
	list := hostileServers(canary.URL)
	list = append(list, hostileXML(canary.URL)...)
	list = append(list, hostileJSON(canary.URL)...)
	list = append(list, hostileHTML()...)
	list = append(list, hostileFields(canary.URL)...)
	list = append(list, hostilePages(canary.URL)...)
	list = append(list, hostileStreams(canary.URL)...)
	return list
}

func hostileServers(canary string) []attack {
	timeout := none + "timeout after " + slowTimeout.String()
	private := none + ".*(is a private or reserved address; name it in|no such host|the name server)"
	feed := rssOf(honest)
	list := []attack{
		{name: "wire-bomb", serve: answering("text/xml", repeated("<rss>", " ", 20e6, "")), want: none + `larger than 8 MB as it is sent; if it is right, raise max_bytes of its \[\[source\]\]`, costly: true},
		{name: "gzip-bomb", serve: packed("gzip", func() []byte { return gzipped(make([]byte, 200e6)) }), want: none + `larger than 12 MB; if it is right, raise max_bytes of its \[\[source\]\]`, costly: true},
		{name: "gzip-bomb-of-text", serve: packed("gzip", func() []byte { return gzipped(bytes.Repeat([]byte("<item></item>"), 3e6)) }), want: none + `larger than 12 MB`, costly: true},
		{name: "gzip-in-gzip", serve: packed("gzip, gzip", func() []byte { return gzipped(gzipped([]byte(feed))) }), want: none + `the answer is packed with "gzip, gzip"; only gzip was asked for`},
		{name: "gzip-of-nothing-for-ever", serve: func(w http.ResponseWriter, q *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			nothing := bytes.Repeat(gzipped(nil), 1000)
			for q.Context().Err() == nil {
				if _, err := w.Write(nothing); err != nil {
					return
				}
			}
		}, want: none + "larger than 8 MB as it is sent", costly: true},
		{name: "gzip-lie", serve: packed("gzip", func() []byte { return []byte(feed) }), want: none + "the answer says it is gzip, but is not"},
		{name: "gzip-cut", serve: packed("gzip", func() []byte { b := gzipped([]byte(feed)); return b[:len(b)-9] }), want: none + "the connection was closed before the end"},
		{name: "gzip-checksum", serve: packed("gzip", func() []byte { b := gzipped([]byte(feed)); b[len(b)-5]++; return b }), want: none + "the answer says it is gzip, but is not"},
		{name: "gzip-giant-name", serve: packed("gzip", func() []byte {
			return append([]byte("\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\xff"), bytes.Repeat([]byte("x"), 7e6)...)
		}), want: none + "the answer says it is gzip, but is not", costly: true},
		{name: "endless-body", serve: func(w http.ResponseWriter, q *http.Request) {
			for q.Context().Err() == nil {
				io.WriteString(w, "<rss><channel><item/>")
			}
		}, want: none + "larger than 8 MB", costly: true},
		{name: "length-too-large", serve: hijack("HTTP/1.1 200 OK\r\nContent-Length: 9000000000000\r\n\r\n<rss>", true), want: none + "larger than 8 MB"},
		{name: "length-beyond-numbers", serve: hijack("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n<rss>", true), want: none + ".*Content-Length"},
		{name: "length-negative", serve: hijack("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n<rss>", true), want: none + ".*Content-Length"},
		{name: "length-twice", serve: hijack("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n<rss>", true), want: none + ".*Content-Length"},
		{name: "length-more-than-sent", serve: hijack("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n<rss>", false), want: none + "the connection was closed before the end"},
		{name: "chunk-broken", serve: hijack("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n<rss>", true), want: none},
		{name: "chunk-too-large", serve: hijack("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n<rss>", true), want: none},
		{name: "chunk-extension", serve: endlessly("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;", strings.Repeat("x", 1000), true), want: none},
		{name: "chunks-of-one", serve: endlessly("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1;"+strings.Repeat("x", 90)+"\r\n \r\n", true), want: none, costly: true},
		{name: "trailers-for-ever", serve: endlessly("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<rss>\r\n0\r\n", "X-Y: z\r\n", true), want: none},
		{name: "no-answer", slow: true, serve: hang, want: timeout},
		{name: "slow-headers", slow: true, serve: func(w http.ResponseWriter, q *http.Request) {
			conn, _, _ := w.(http.Hijacker).Hijack()
			defer conn.Close()
			io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
			for {
				if _, err := io.WriteString(conn, "X-A: b\r\n"); err != nil {
					return
				}
				time.Sleep(50 * time.Millisecond)
			}
		}, want: timeout},
		{name: "slow-body", slow: true, serve: drip("<rss><channel>"), want: timeout},
		{name: "hangs-in-body", slow: true, serve: hangAfter(feed[:len(feed)-20]), want: timeout},
		{name: "hangs-after-a-megabyte", slow: true, serve: hangAfter("<rss>" + strings.Repeat(" ", 1e6)), want: timeout},
		{name: "hangs-after-its-end", slow: true, serve: hangAfter(feed), want: timeout},
		{name: "interim-for-ever", serve: endlessly("", "HTTP/1.1 103 Early Hints\r\nLink: <"+canary+"/x>; rel=preload\r\n\r\n", true), want: none},
		{name: "interim-slowly", slow: true, serve: func(w http.ResponseWriter, q *http.Request) {
			for q.Context().Err() == nil {
				w.WriteHeader(http.StatusProcessing)
				time.Sleep(50 * time.Millisecond)
			}
		}, want: none},
		{name: "switching-protocols", serve: hijack("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", true), want: none + "it answered 101"},
		{name: "headers-for-ever", serve: endlessly("HTTP/1.1 200 OK\r\n", "X-A: "+strings.Repeat("b", 500)+"\r\n", true), want: none + "its headers are larger than 64 kB"},
		{name: "header-giant", serve: hijack("HTTP/1.1 200 OK\r\nX-A: "+strings.Repeat("b", 300<<10)+"\r\n\r\n"+feed, false), want: none + "its headers are larger than 64 kB"},
		{name: "header-without-end", serve: endlessly("HTTP/1.1 200 OK\r\nX-A: ", strings.Repeat("b", 4096), true), want: none + "its headers are larger than 64 kB"},
		{name: "headers-by-the-thousand", serve: hijack("HTTP/1.1 200 OK\r\n"+strings.Repeat("A:\r\n", 30000)+"\r\n"+feed, false), want: none + "its headers are larger than 64 kB"},
		{name: "header-nul", serve: hijack("HTTP/1.1 200 OK\r\nX-A: a\x00b\r\nContent-Length: 5\r\n\r\n<rss>", false), want: none},
		{name: "header-folded", serve: hijack("HTTP/1.1 200 OK\r\nContent-Type: text/xml;\r\n charset=utf-8\r\nConnection: close\r\n\r\n"+feed, false), want: honest1},
		{name: "status-garbage", serve: hijack("\x1b[2J\x1b]0;FORGED\x07\r\n\r\n", false), want: none + ".*malformed"},
		{name: "status-forging", serve: hijack("HTTP/1.1 500 \x1b[31mx\nFORGED line\r\n\r\n", false), want: none},
		{name: "status-999", serve: hijack("HTTP/1.1 999 Go away\r\nContent-Length: 0\r\n\r\n", false), want: none + "it answered 999"},
		{name: "status-000", serve: hijack("HTTP/1.1 000 Nothing\r\nContent-Length: 0\r\n\r\n", false), want: none},
		{name: "status-204", serve: hijack("HTTP/1.1 204 No Content\r\n\r\n", false), want: none + "it answered 204"},
		{name: "status-206", serve: hijack("HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\n\r\n<rss>", false), want: none + "it answered 206"},
		{name: "status-304-unasked", serve: hijack("HTTP/1.1 304 Not Modified\r\n\r\n", false), want: none},
		{name: "status-407", serve: hijack("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n", false), want: none + "it answered 407"},
		{name: "http-0-9", serve: hijack(feed, false), want: none},
		{name: "closes-at-once", serve: hijack("", false), want: none + "the connection was closed before the end"},
		{name: "retry-after-for-ever", serve: func(w http.ResponseWriter, q *http.Request) {
			w.Header().Set("Retry-After", "999999999999999999")
			w.WriteHeader(http.StatusTooManyRequests)
		}, want: none + "it answered 429 Too Many Requests and asks to wait 24h0m0s"},
		{name: "retry-after-year-9999", serve: func(w http.ResponseWriter, q *http.Request) {
			w.Header().Set("Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT")
			w.WriteHeader(http.StatusServiceUnavailable)
		}, want: none + "it answered 503 Service Unavailable and asks to wait 24h0m0s"},
		{name: "retry-after-garbage", serve: func(w http.ResponseWriter, q *http.Request) {
			w.Header().Set("Retry-After", "-1e9")
			w.WriteHeader(http.StatusTooManyRequests)
		}, want: none + "it answered 429"},
		{name: "etag-giant", serve: header("Etag", `"`+strings.Repeat("x", 30000)+`"`), want: honest1},
		{name: "etag-binary", serve: header("Etag", "\"\xff\xfe\x80\""), want: honest1},
		{name: "cookies", serve: header("Set-Cookie", strings.Repeat("a=b; ", 5000)), want: honest1},
		{name: "content-type-giant", serve: header("Content-Type", "text/xml; charset="+strings.Repeat("x", 30000)), want: honest1},
		{name: "content-type-lie", serve: header("Content-Type", "image/png"), want: honest1},
		{name: "content-type-forging", serve: header("Content-Type", "\u202etext/evil\u2066"), want: honest1},
		{name: "max-age-for-ever", serve: header("Cache-Control", "max-age=99999999999999999999"), want: honest1},
		{name: "expires-9999", serve: header("Expires", "Fri, 31 Dec 9999 23:59:59 GMT"), want: honest1},
		{name: "link-header", serve: header("Link", "<"+canary+"/hub>; rel=hub, <"+canary+"/next>; rel=next, <"+canary+"/feed>; rel=alternate"), want: honest1},
		{name: "refresh-header", serve: header("Refresh", "0; url="+canary), want: honest1},
		{name: "alt-svc", serve: header("Alt-Svc", `h2="`+strings.TrimPrefix(canary, "http://")+`"; ma=99999`), want: honest1},
		{name: "redirect-loop", serve: redirect("/feed"), want: none + "more than 5 redirects"},
		{name: "redirect-for-ever", serve: func(w http.ResponseWriter, q *http.Request) {
			http.Redirect(w, q, q.URL.Path+"x", http.StatusMovedPermanently)
		}, want: none + "more than 5 redirects"},
		{name: "redirect-slowly", slow: true, serve: func(w http.ResponseWriter, q *http.Request) {
			time.Sleep(slowTimeout / 5)
			http.Redirect(w, q, q.URL.Path+"x", http.StatusFound)
		}, want: timeout},
		{name: "redirect-empty", serve: redirect(""), want: none + "it answered 302"},
		{name: "redirect-giant", serve: redirect("/" + strings.Repeat("x", 10000)), want: none + ".*the URL is longer than 4 kB"},
		{name: "redirect-garbage", serve: redirect("http://[::1"), want: none + ".*not a valid URL"},
		{name: "redirect-escape", serve: redirect("http://a\x1b]0;FORGED\x07/"), want: none + ".*(not a valid URL|malformed MIME header)"},
		{name: "redirect-no-host", serve: redirect("http:///feed"), want: none + ".*names no host"},
		{name: "redirect-port", serve: redirect("http://1.1.1.1:25/"), want: none + "port 25 is neither 80 nor 443"},
		{name: "redirect-body", serve: func(w http.ResponseWriter, q *http.Request) {
			if q.URL.Path == "/feed" {
				w.Header().Set("Location", "/real")
				w.WriteHeader(http.StatusFound)
				for q.Context().Err() == nil {
					if _, err := io.WriteString(w, strings.Repeat("x", 1000)); err != nil {
						return
					}
				}
			}
			io.WriteString(w, feed)
		}, want: honest1},
		{name: "error-body-for-ever", serve: func(w http.ResponseWriter, q *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			for q.Context().Err() == nil {
				if _, err := io.WriteString(w, strings.Repeat("x", 1000)); err != nil {
					return
				}
			}
		}, want: none + "it answered 500"},
		{name: "error-body-hangs", slow: true, serve: func(w http.ResponseWriter, q *http.Request) {
			w.WriteHeader(http.StatusNotFound)
			w.(http.Flusher).Flush()
			<-q.Context().Done()
		}, want: none + "(it answered 404|timeout)"},
	}
	for _, status := range []int{301, 302, 303, 307, 308} {
		list = append(list, attack{name: fmt.Sprintf("redirect-%d-inside", status), want: private, serve: func(w http.ResponseWriter, q *http.Request) {
			w.Header().Set("Location", canary+"/feed")
			w.WriteHeader(status)
		}})
	}
	for _, encoding := range []string{"br", "zstd", "deflate", "compress", "identity, br", "aes128gcm", strings.Repeat("gzip, ", 1000)} {
		list = append(list, attack{name: fmt.Sprintf("encoding-%d", len(list)), serve: packed(encoding, func() []byte { return []byte(feed) }), want: none + "the answer is packed with .*; only gzip was asked for"})
	}
	port := canary[strings.LastIndexByte(canary, ':'):]
	for _, place := range []string{"http://localhost" + port, "http://[::1]" + port, "http://[::ffff:127.0.0.1]" + port, "http://[::ffff:7f00:1]" + port, "http://[::]" + port,
		"http://0.0.0.0" + port, "http://0" + port, "http://127.1" + port, "http://0x7f000001" + port, "http://2130706433" + port, "http://0177.0.0.1" + port, "http://127.0.0.1." + port,
		"http://①②⑦.0.0.1" + port, "http://10.0.0.1/", "http://192.168.0.1/", "http://172.16.0.1/", "http://169.254.169.254/latest/meta-data/", "http://168.63.129.16/", "http://100.64.0.1/",
		"http://198.18.0.1/", "http://224.0.0.1/", "http://240.0.0.1/", "http://255.255.255.255/", "http://[fe80::1]/", "http://[fe80::1%25lo]/", "http://[fd00::1]/", "http://[fec0::1]/",
		"http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://[2001:db8::1]/", "http://[::7f00:1]/", "http://me:secret@127.0.0.1" + port, "http://example.org@127.0.0.1" + port, `http://example.org\@127.0.0.1` + port, "//127.0.0.1" + port} {
		want := private
		switch {
		case strings.ContainsAny(place, `\`):
			want = none + ".*not a valid URL"
		case strings.Contains(place, "%"): // a zone
			want = none + ".*the URL names a host that cannot be"
		}
		list = append(list, attack{name: fmt.Sprintf("redirect-to-%d", len(list)), serve: redirect(place), want: want})
	}
	for _, place := range []string{"file:///etc/passwd", "gopher://127.0.0.1" + port + "/_x", "ftp://127.0.0.1" + port + "/", "javascript:alert(1)", "data:text/xml,<rss/>", "unix:///run/x", "dict://127.0.0.1" + port, "feed:" + canary, "view-source:" + canary, "about:blank"} {
		list = append(list, attack{name: "redirect-" + place[:strings.IndexByte(place, ':')], serve: redirect(place), want: none + "redirect to .*the scheme is .*; only http and https are fetched"})
	}
	return list
}

func hostileXML(canary string) []attack {
	entity := none + ".*<!ENTITY"
	var bomb strings.Builder
	bomb.WriteString(`<!DOCTYPE rss [<!ENTITY a0 "lol">`)
	for i := range 20 {
		fmt.Fprintf(&bomb, `<!ENTITY a%d "%s">`, i+1, strings.Repeat(fmt.Sprintf("&a%d;", i), 10))
	}
	bomb.WriteString(`]>`)
	var spaces, attrs strings.Builder
	for i := range 120 {
		fmt.Fprintf(&spaces, ` xmlns:n%d="urn:%d"`, i, i)
	}
	for i := range 9000 {
		fmt.Fprintf(&attrs, ` a%d="b"`, i)
	}
	channel := `<rss version="2.0"><channel><title>T</title>`
	end := honest + `</channel></rss>`
	list := []attack{
		{name: "xml-billion-laughs", serve: says(bomb.String() + `<rss><channel><title>&a20;</title></channel></rss>`), want: entity},
		{name: "xml-quadratic-entity", serve: answering("text/xml", repeated(`<!DOCTYPE rss [<!ENTITY a "`+strings.Repeat("x", 1e5)+`">]><rss><channel>`, "&a;", 1e5, "</channel></rss>")), want: entity, costly: true},
		{name: "xml-external-entity", serve: says(`<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><channel><title>&x;</title></channel></rss>`), want: entity},
		{name: "xml-external-entity-http", serve: says(`<!DOCTYPE rss [<!ENTITY x SYSTEM "` + canary + `/x">]><rss><channel><title>&x;</title></channel></rss>`), want: entity},
		{name: "xml-parameter-entity", serve: says(`<!DOCTYPE rss [<!ENTITY % x SYSTEM "` + canary + `/x"> %x;]><rss><channel/></rss>`), want: entity},
		{name: "xml-entity-in-lower-case", serve: says(`<!doctype rss [<!entity x "y">]><rss><channel/></rss>`), want: entity},
		{name: "xml-entity-behind-a-comment", serve: says(`<!DOCTYPE rss [<!-- ] --><!ENTITY x "y">]>` + rssOf(honest)[21:]), want: `(` + none + `|` + one + `)`},
		{name: "xml-external-dtd", serve: says(`<!DOCTYPE rss SYSTEM "` + canary + `/rss.dtd">` + rssOf(honest)[21:]), want: honest1},
		{name: "xml-attlist", serve: says(`<!DOCTYPE rss [<!ATTLIST rss version CDATA "9"><!ELEMENT rss ANY>]>` + rssOf(honest)[21:]), want: honest1},
		{name: "xml-undeclared-entities", serve: says(rssOf(itemOf(`<guid>h</guid><title>&x;&nbsp;&foo; &#0; &#x110000; &#xD800; &#1; &amp</title>`), honest)), want: two},
		{name: "xml-xinclude", serve: says(rssOf(`<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="`+canary+`/x"/>`, honest)), want: honest1},
		{name: "xml-stylesheet", serve: says(`<?xml version="1.0"?><?xml-stylesheet href="` + canary + `/x.xsl" type="text/xsl"?>` + rssOf(honest)[21:]), want: honest1},
		{name: "xml-depth-300", serve: answering("text/xml", repeated(channel, "<a>", 300, strings.Repeat("</a>", 300)+end)), want: none + ".*nested more than 256 deep"},
		{name: "xml-depth-a-million", serve: answering("text/xml", repeated("", "<a>", 2e6, "")), want: none, costly: true},
		{name: "xml-depth-in-a-feed", serve: answering("text/xml", repeated(channel+"<item>", "<a>", 2e6, "")), want: none + ".*nested more than 256 deep", costly: true},
		{name: "xml-depth-200-of-an-extension", serve: answering("text/xml", repeated(channel+`<item xmlns:x="urn:x"><guid>h</guid><title>H</title>`, "<x:a>", 200, strings.Repeat("</x:a>", 200)+"</item>"+end)), want: two},
		{name: "xml-depth-of-extensions", serve: answering("text/xml", repeated(channel+`<item xmlns:x="urn:x"><guid>h</guid><title>H</title>`, strings.Repeat("<x:a>", 240)+strings.Repeat("</x:a>", 240), 300, "</item>"+end)), want: two, costly: true},
		{name: "xml-a-million-items", serve: answering("text/xml", repeated(channel, "<item/>", 1e6, end)), want: none + ".*more than 150000 tags", costly: true},
		{name: "xml-149000-items", serve: answering("text/xml", repeated(channel, "<item/>", 149e3, end)), want: none, costly: true},
		{name: "xml-500-and-more-items", serve: answering("text/xml", func() []byte {
			var b strings.Builder
			for i := range 5000 {
				fmt.Fprintf(&b, "<item><title>Item %d</title><guid>%d</guid></item>", i, i)
			}
			return []byte(channel + b.String() + end)
		}), want: "^500 posts; trouble: ; notice: .*4500 more new entries wait", costly: true},
		{name: "xml-a-million-titles", serve: answering("text/xml", repeated(channel+"<item><guid>h</guid>", "<title>x</title>", 1e5/2, "</item>"+end)), want: two, costly: true},
		{name: "xml-categories", serve: answering("text/xml", repeated(channel+"<item><guid>h</guid><title>H</title>", "<category>xyz</category>", 7e4, "</item>"+end)), want: two, costly: true},
		{name: "xml-links", serve: answering("text/xml", repeated(channel+`<item xmlns:a="http://www.w3.org/2005/Atom"><guid>h</guid><title>H</title>`, `<a:link rel="alternate" hreflang="nl" href="http://example.org/x"/>`, 7e4, "</item>"+end)), want: two, costly: true},
		{name: "xml-enclosures", serve: answering("text/xml", repeated(channel+"<item><guid>h</guid><title>H</title>", `<enclosure url="http://example.org/x.mp3" length="99999999999999999999" type="a/b"/>`, 7e4, "</item>"+end)), want: two, costly: true},
		{name: "xml-attributes", serve: says(channel + "<item><guid>h</guid><title" + attrs.String() + ">H</title></item>" + end), want: two, costly: true},
		{name: "xml-attributes-many", serve: answering("text/xml", repeated(channel, "<x"+attrs.String()+"/>", 60, end)), want: one, costly: true},
		{name: "xml-attribute-twice", serve: says(channel + `<item><guid isPermaLink="true" isPermaLink="false">h</guid><title>H</title></item>` + end), want: `^[12] posts`},
		{name: "xml-giant-tag", serve: answering("text/xml", repeated(channel+`<item x="`, "x", 7e6, `"/>`+end)), want: none + ".*a tag of more than 128 kB", costly: true},
		{name: "xml-giant-name", serve: answering("text/xml", repeated(channel+`<`, "x", 7e6, `/>`+end)), want: none, costly: true},
		{name: "xml-giant-space-in-tag", serve: answering("text/xml", repeated(channel+`<item `, " ", 7e6, `/>`+end)), want: none, costly: true},
		{name: "xml-giant-comment", serve: answering("text/xml", repeated(channel+`<!--`, "x<!-- ", 1e6, `-->`+end)), want: honest1, costly: true},
		{name: "xml-giant-instruction", serve: answering("text/xml", repeated(channel+`<?x `, "x<?x ", 1e6, `?>`+end)), want: honest1, costly: true},
		{name: "xml-giant-text", serve: answering("text/xml", repeated(channel+`<item><guid>h</guid><title>`, "x ", 3500000, `</title></item>`+end)), want: two, costly: true},
		{name: "xml-giant-content", serve: answering("text/xml", repeated(channel+`<item><guid>h</guid><title>H</title><description>`, "word ", 15e5, `</description></item>`+end)), want: two, costly: true},
		{name: "xml-500-large-contents", serve: packed("gzip", func() []byte {
			return gzipped([]byte(channel + strings.Repeat("<item><title>H</title><description>"+strings.Repeat("&lt;p&gt;word word word&lt;/p&gt;", 700)+"</description></item>", 480) + "</channel></rss>"))
		}), want: "posts; trouble: ", costly: true},
		{name: "xml-comments", serve: answering("text/xml", repeated(channel, "<!---->", 1e6, end)), want: honest1, costly: true},
		{name: "xml-comments-open", serve: answering("text/xml", repeated(channel, "<!--", 2e6, end)), want: "^[01] posts", costly: true},
		{name: "xml-cdata-open", serve: answering("text/xml", repeated(channel+"<item>", "<![CDATA[", 8e5, end)), want: "^[01] posts", costly: true},
		{name: "xml-cdata-ends", serve: answering("text/xml", repeated(channel+"<item><guid>h</guid><title>", "]]>", 2e6, "</title></item>"+end)), want: two, costly: true},
		{name: "xml-cdata-sections", serve: answering("text/xml", repeated(channel+"<item><guid>h</guid><title>", "<![CDATA[x]]>", 5e5, "</title></item>"+end)), want: two, costly: true},
		{name: "xml-cdata-never-closed", serve: says(channel + "<item><title>H<![CDATA[</title></item>" + end), want: `posts; trouble: ; notice: .*never closed`},
		{name: "xml-lone-signs", serve: answering("text/xml", repeated(channel+"<item><guid>h</guid><title>", "<", 7e6, "</title></item>"+end)), want: "^[012] posts", costly: true},
		{name: "xml-lone-ampersands", serve: answering("text/xml", repeated(channel+"<item><guid>h</guid><title>", "&", 7e6, "</title></item>"+end)), want: "^[012] posts", costly: true},
		{name: "xml-references", serve: answering("text/xml", repeated(channel+"<item><guid>h</guid><title>H</title><description>", "&amp;lt;", 9e5, "</description></item>"+end)), want: two, costly: true},
		{name: "xml-numbers", serve: answering("text/xml", repeated(channel+"<item><guid>h</guid><title>", "&#0000000000000065;", 3e5, "</title></item>"+end)), want: "^[012] posts", costly: true},
		{name: "xml-stray-ends", serve: answering("text/xml", repeated(channel+"<item><guid>h</guid><title>H", "</x>", 15e5, "</title></item>"+end)), want: "^[012] posts", costly: true},
		{name: "xml-items-open", serve: answering("text/xml", repeated(channel, "<item><title>x", 7e4, end)), want: "posts; trouble: ", costly: true},
		{name: "xml-tags-open", serve: answering("text/xml", repeated(channel, "<item ", 1e6, end)), want: "posts; trouble: ", costly: true},
		{name: "xml-quotes-open", serve: answering("text/xml", repeated(channel, `<item a="`, 8e5, end)), want: "posts; trouble: ", costly: true},
		{name: "xml-doctypes", serve: answering("text/xml", repeated("", "<!DOCTYPE x [", 5e5, "")), want: none, costly: true},
		{name: "xml-declarations", serve: answering("text/xml", repeated("", "<?xml ", 1e6, "")), want: none, costly: true},
		{name: "xml-spaces-and-tags", serve: answering("text/xml", repeated("<rss"+spaces.String()+"><channel>", "<x/>", 1e5, "</channel></rss>")), want: none + ".*too many namespaces for so many tags", costly: true},
		{name: "xml-spaces-nested", serve: answering("text/xml", repeated("<rss><channel>", `<x xmlns:a="b" xmlns:c="d">`, 120, "")), want: none + ".*more than 128 namespaces", costly: true},
		{name: "xml-space-redeclared", serve: says(`<rss xmlns="http://www.w3.org/2005/Atom" xmlns:rss="http://www.w3.org/1999/xhtml"><channel xmlns="">` + honest + `</channel></rss>`), want: "^[01] posts"},
		{name: "xml-space-giant", serve: answering("text/xml", repeated(`<rss xmlns:x="`, "x", 120e3, `"><channel>`+strings.Repeat("<x:a/>", 20000)+end)), want: "posts; trouble: ", costly: true},
		{name: "xml-two-roots", serve: says(rssOf(honest) + rssOf(itemOf("<guid>second</guid><title>S</title>"))), want: honest1},
		{name: "xml-feed-in-a-feed", serve: says(rssOf(`<item><title>Outer</title><guid>outer</guid><description><rss><channel><item><title>inner</title></item></channel></rss></description></item>`, honest)), want: "posts; trouble: "},
		{name: "xml-1-1", serve: says(`<?xml version="1.1"?>` + rssOf(itemOf("<guid>h</guid><title>a&#1;b</title>"), honest)[21:]), want: two},
		{name: "xml-nul", serve: says(rssOf(itemOf("<guid>h</guid><title>a\x00b</title><description>c\x00d</description>"), honest)), want: two},
		{name: "xml-nul-everywhere", serve: says(strings.ReplaceAll(rssOf(honest), ">", ">\x00")), want: honest1},
		{name: "xml-controls", serve: says(rssOf(itemOf("<guid>h</guid><title>\x01\x02\x1b[31m\x7f\u0080\u0085\u009f H</title><author>\x1b]0;FORGED\x07</author>"), honest)), want: two},
		{name: "xml-noncharacters", serve: says(rssOf(itemOf("<guid>h</guid><title>\ufffe\uffff\U0001ffff H</title>"), honest)), want: two},
		{name: "xml-invalid-utf8", serve: says(rssOf(itemOf("<guid>h</guid><title>\xff\xfe\xc0\xaf\xed\xa0\x80\xf8\x88\x80\x80\x80</title>"), honest)), want: two},
		{name: "xml-overlong-tag", serve: says(rssOf("\xc0\xbcitem\xc0\xbe", honest)), want: honest1},
		{name: "xml-boms", serve: says(strings.Repeat("\ufeff", 1000) + rssOf(honest)), want: "^[01] posts"},
		{name: "xml-utf16", serve: answering("text/xml", func() []byte { return utf16LE(rssOf(honest), true) }), want: honest1},
		{name: "xml-utf16-without-mark", serve: answering("text/xml", func() []byte { return utf16LE(rssOf(honest), false) }), want: honest1},
		{name: "xml-utf16-odd", serve: answering("text/xml", func() []byte { b := utf16LE(rssOf(honest), true); return b[:len(b)-1] }), want: honest1[:len(honest1)-1]},
		{name: "xml-utf16-surrogates", serve: answering("text/xml", func() []byte {
			return slices.Concat(utf16LE(rssOf("<item><guid>h</guid><title>"), true), []byte{0x00, 0xd8, 0x00, 0xdc, 0x00, 0xdc, 0x00, 0xd8}, utf16LE("x</title></item>"+honest+"</channel></rss>", false))
		}), want: "posts; trouble: "},
		{name: "xml-utf32", serve: answering("text/xml", func() []byte {
			return []byte("\xff\xfe\x00\x00<\x00\x00\x00r\x00\x00\x00s\x00\x00\x00s\x00\x00\x00>\x00\x00\x00")
		}), want: none},
		{name: "xml-utf7", serve: says(`<?xml version="1.0" encoding="utf-7"?>` + rssOf(itemOf("<guid>h</guid><title>+ADw-script+AD4-</title>"), honest)[21:]), want: two},
		{name: "xml-ebcdic", serve: says(`<?xml version="1.0" encoding="cp037"?>` + rssOf(honest)[21:]), want: honest1},
		{name: "xml-unknown-encoding", serve: says(`<?xml version="1.0" encoding="x-evil-` + strings.Repeat("x", 1000) + `"?>` + rssOf(honest)[21:]), want: honest1},
		{name: "xml-iso-2022", serve: says("<?xml version=\"1.0\" encoding=\"iso-2022-jp\"?>" + rssOf(itemOf("<guid>h</guid><title>\x1b$B<script>\x1b(B \xe9</title>"), honest)[21:]), want: two},
		{name: "xml-shift-jis-cut", serve: says("<?xml version=\"1.0\" encoding=\"shift_jis\"?>" + rssOf(itemOf("<guid>h</guid><title>\x81</title>"), honest)[21:]), want: "posts; trouble: "},
		{name: "xml-gb18030", serve: answering("text/xml; charset=gb18030", repeated(channel+"<item><guid>h</guid><title>", "\x81\x30\x81\x30", 1e6, "</title></item>"+end)), want: "posts; trouble: ", costly: true},
		{name: "xml-latin-growth", serve: answering("text/xml; charset=iso-8859-1", repeated(channel+"<item><guid>h</guid><title>", "\xe9", 7900000, "</title></item>"+end)), want: "posts; trouble: ", costly: true},
		{name: "xml-bidi", serve: says(rssOf(itemOf("<guid>h</guid><title>\u202egnp.exe\u202c \u2066x\u2069 \u200b\u200e\ufeff\u061c</title><category>\u202ex</category><author>\u2067y</author>"), honest)), want: two},
		{name: "xml-piles-of-marks", serve: answering("text/xml", repeated(channel+"<item><guid>h</guid><title>Z", "\u0300", 1e6, "</title></item>"+end)), want: two, costly: true},
		{name: "xml-forged-log", serve: says(rssOf(itemOf("<guid>a&#10;FORGED guid</guid><title>a&#13;&#10;FORGED title</title><author>b&#10;FORGED author</author><description>x</description>"), honest)), want: two},
		{name: "xml-forged-title-of-a-feed", serve: says(strings.Replace(rssOf(honest), "<title>T", "<title>T&#10;FORGED title \x1b[2J", 1)), want: honest1},
		{name: "xml-forged-name", serve: says("<forged\x1b[2J\nFORGED/>"), want: none},
		{name: "xml-lost-with-escapes", serve: says(rssOf(itemOf("<title>\x1b[31m&#10;FORGED \u202e<![CDATA[</title>"), honest)), want: "posts; trouble: "},
		{name: "xml-cut", serve: says(rssOf(honest)[:400]), want: "^[01] posts"},
		{name: "xml-empty", serve: says(""), want: none + "it is empty"},
		{name: "xml-of-spaces", serve: answering("text/xml", repeated("", " ", 7e6, "")), want: none + "it is empty", costly: true},
		{name: "xml-of-nul", serve: answering("text/xml", func() []byte { return make([]byte, 7e6) }), want: none, costly: true},
		{name: "xml-no-feed", serve: says("<opml><x/></opml>"), want: none + "it is XML but no feed: <opml>"},
		{name: "xml-binary", serve: answering("image/png", func() []byte { return []byte("\x89PNG\r\n\x1a\n\x00\x00") }), want: none + "it is no feed"},
		{name: "atom-paging", serve: says(`<feed xmlns="http://www.w3.org/2005/Atom"><link rel="next" href="` + canary + `/2"/><link rel="hub" href="` + canary + `/hub"/><link rel="self" href="` + canary + `/feed"/><icon>` + canary + `/i</icon><logo>` + canary + `/l</logo><entry><id>a</id><title>A</title><content src="` + canary + `/c" type="text/html"/></entry></feed>`), want: one},
		{name: "atom-base", serve: says(atomOf(`<entry xml:base="javascript:alert(1)//"><id>a</id><title>A</title><link href="x"/><content type="html">&lt;a href="y">z&lt;/a></content></entry>`, `<entry xml:base="data:text/html,"><id>b</id><title>B</title><link href="x"/></entry>`, `<entry xml:base="file:///etc/"><id>c</id><title>C</title><link href="passwd"/></entry>`)), want: "^3 posts"},
		{name: "atom-base-giant", serve: answering("text/xml", repeated(`<feed xmlns="http://www.w3.org/2005/Atom" xml:base="http://example.org/`, "x", 100e3, `/"><entry><id>a</id><title>A</title><content type="html">`+strings.Repeat(`&lt;a href="y">z&lt;/a>`, 3000)+`</content></entry></feed>`)), want: one, costly: true},
		{name: "atom-base-long-and-links", serve: answering("text/xml", repeated(`<feed xmlns="http://www.w3.org/2005/Atom" xml:base="http://example.org/`, "x", 4000, `/">`+strings.Repeat(`<entry><title>A</title><content type="html">`+strings.Repeat(`&lt;a href="y">z&lt;/a>`, 1000)+`</content></entry>`, 200)+`</feed>`)), want: "posts; trouble: ", costly: true},
		{name: "atom-xhtml-deep", serve: answering("text/xml", repeated(`<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>a</id><title>A</title><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">`, "<b>", 240, "x"+strings.Repeat("</b>", 240)+`</div></content></entry></feed>`)), want: one},
		{name: "atom-base64", serve: says(atomOf(`<entry><id>a</id><title>A</title><content type="text/html; charset=base64">PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==</content></entry>`)), want: one},
		{name: "atom-authors", serve: answering("text/xml", repeated(`<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>a</id><title>A</title>`, "<author><name>x</name><uri>javascript:alert(1)</uri></author>", 3e4, `</entry></feed>`)), want: one, costly: true},
		{name: "rdf-about", serve: says(`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><channel rdf:about="javascript:x"><title>T</title></channel><item rdf:about="javascript:alert(1)"><title>H</title><link>javascript:alert(2)</link></item></rdf:RDF>`), want: one},
	}
	return list
}

func utf16LE(s string, mark bool) []byte {
	var b []byte
	if mark {
		b = append(b, 0xff, 0xfe)
	}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}

func hostileJSON(canary string) []attack {
	const start = `{"version":"https://jsonfeed.org/version/1.1","title":"T","items":[{"id":"honest","url":"http://example.org/honest","content_text":"x"}`
	list := []attack{
		{name: "json-depth", serve: answering("application/json", repeated(start+`],"x":`, "[", 1e6, "")), want: none + ".*nested more than 200 deep", costly: true},
		{name: "json-depth-of-objects", serve: answering("application/json", repeated(start+`],"x":`, `{"a":`, 1e6, "")), want: none + ".*nested more than 200 deep", costly: true},
		{name: "json-values", serve: answering("application/json", repeated(start, `,1`, 3e6, "]}")), want: none + ".*more than 150000 JSON values", costly: true},
		{name: "json-149000-values", serve: answering("application/json", repeated(start, `,{}`, 74e3, "]}")), want: one, costly: true},
		{name: "json-items", serve: answering("application/json", func() []byte {
			var b strings.Builder
			for i := range 9000 {
				fmt.Fprintf(&b, `,{"id":"%d","content_text":"item %d"}`, i, i)
			}
			return []byte(start + b.String() + "]}")
		}), want: "^500 posts; trouble: ; notice: .*4500 more new entries wait", costly: true},
		{name: "json-keys", serve: answering("application/json", func() []byte {
			var b strings.Builder
			for i := range 70000 {
				fmt.Fprintf(&b, `,"k%d":%d`, i, i)
			}
			return []byte(start + "]" + b.String() + "}")
		}), want: honest1, costly: true},
		{name: "json-key-giant", serve: answering("application/json", repeated(start+`],"`, "x", 7e6, `":1}`)), want: honest1, costly: true},
		{name: "json-string-giant", serve: answering("application/json", repeated(start+`,{"id":"h","title":"`, "x", 7e6, `"}]}`)), want: two, costly: true},
		{name: "json-escapes", serve: answering("application/json", repeated(start+`,{"id":"h","content_text":"`, `\u003c`, 1e6, `"}]}`)), want: two, costly: true},
		{name: "json-tabs", serve: answering("application/json", repeated(start+`,{"id":"h","content_text":"`, "\t", 19e5, `"}]}`)), want: "posts; trouble: ", costly: true},
		{name: "json-tags", serve: answering("application/json", repeated(start+`,{"id":"h","title":"H","tags":["a"`, `,"a"`, 1e5, `]}]}`)), want: two, costly: true},
		{name: "json-tags-in-a-string", serve: answering("application/json", repeated(start+`,{"id":"h","title":"H","tags":"`, `a,`, 3e6, `"}]}`)), want: two, costly: true},
		{name: "json-authors", serve: answering("application/json", repeated(start+`,{"id":"h","title":"H","authors":[{"name":"x"}`, `,{"name":"x","url":"javascript:x"}`, 4e4, `]}]}`)), want: two, costly: true},
		{name: "json-number-giant", serve: answering("application/json", repeated(start+`,{"id":1`, `0`, 7e6, `,"title":"H"}]}`)), want: two, costly: true},
		{name: "json-number-exponent", serve: says(start + `,{"id":1e999999999,"title":"H","date_published":1e999}]}`), want: two},
		{name: "json-ids-that-look-equal", serve: says(start + `,{"id":7,"title":"A"},{"id":7.0,"title":"B"},{"id":"07","title":"C"},{"id":"7 ","title":"D"},{"id":"7","title":"E"}]}`), want: "^[56] posts"},
		{name: "json-wrong-kinds", serve: says(start + `,{"id":["a"],"title":{"b":1},"url":5,"authors":"x","tags":{"a":1},"attachments":7,"content_text":"y"},7,null,"x",[],true]}`), want: two},
		{name: "json-twice", serve: says(start + `,{"id":"h","id":"honest","title":"A","title":"B"}],"items":[{"id":"z","title":"Z"}]}`), want: "^[123] posts"},
		{name: "json-surrogates", serve: says(start + `,{"id":"h","title":"\ud800 \udc00 \u0000 \u001b[2J \u202e \uffff","content_text":"\ud83d"}]}`), want: two},
		{name: "json-invalid-utf8", serve: says(start + ",{\"id\":\"h\",\"title\":\"\xff\xfe\xed\xa0\x80\"}]}"), want: two},
		{name: "json-nul", serve: says(start + ",{\"id\":\"h\",\"title\":\"a\x00b\"}]}"), want: two},
		{name: "json-forging", serve: says(start + `,{"id":"h\nFORGED","title":"a\r\nFORGED\u001b[2J","authors":[{"name":"x\nFORGED"}],"tags":["y\nFORGED"]}]}`), want: two},
		{name: "json-cut", serve: says(start + `,{"id":"h","title":"ab`), want: one},
		{name: "json-garbage-after", serve: says(start + `]}}}}<script>`), want: one},
		{name: "json-comment", serve: says(start + `,/* x */{"id":"h"}]}`), want: one},
		{name: "json-nan", serve: says(start + `,{"id":NaN}]}`), want: one},
		{name: "json-items-object", serve: says(`{"version":"https://jsonfeed.org/version/1.1","title":"T","items":{"id":"x"}}`), want: none},
		{name: "json-list", serve: says(`[{"id":1}]`), want: none + "it is JSON, but no JSON Feed"},
		{name: "json-mark", serve: says("\ufeff" + start + `]}`), want: honest1},
		{name: "json-paging", serve: says(strings.Replace(start, `"title":"T"`, `"title":"T","next_url":"`+canary+`/2","hubs":[{"type":"WebSub","url":"`+canary+`/hub"}],"icon":"`+canary+`/i","favicon":"`+canary+`/f","feed_url":"`+canary+`/feed","authors":[{"name":"A","avatar":"`+canary+`/a"}]`, 1) + `]}`), want: one},
		{name: "json-paging-on-its-own", serve: says(strings.Replace(start, `"title":"T"`, `"title":"T","next_url":"http://{HOST}/feed"`, 1) + `]}`), want: one},
		{name: "json-prototype", serve: says(start + `,{"__proto__":{"a":1},"constructor":{"prototype":{}},"id":"h","title":"H"}]}`), want: two},
	}
	for _, u := range badURLs(canary) {
		list = append(list, attack{name: fmt.Sprintf("json-url-%d", len(list)), want: "posts; trouble: ; notice: ", serve: says(jsonOf(honestJSON, map[string]any{
			"id": "h", "url": u, "external_url": u, "title": "H", "image": u, "banner_image": u,
			"authors": []any{map[string]any{"name": "A", "url": u, "avatar": u}}, "attachments": []any{map[string]any{"url": u, "mime_type": "text/html"}},
			"content_html": fmt.Sprintf(`<a href="%s">a</a><img src="%s"><video src="%s" poster="%s"></video><q cite="%s">b</q>`, u, u, u, u, u),
		}))})
	}
	return list
}

// badURLs may stand nowhere.
func badURLs(canary string) []string {
	return []string{
		"javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)", "java\tscript:alert(1)", "\x01javascript:alert(1)", "javascript&colon;alert(1)", "javascript://example.org/%0aalert(1)",
		"data:text/html,<script>alert(1)</script>", "data:image/svg+xml;base64,PHN2Zy8+", "vbscript:msgbox(1)", "file:///etc/passwd", "blob:http://example.org/x", "feed:javascript:alert(1)", "view-source:http://example.org/",
		"mailto:a@example.org", "tel:+311234", "ftp://example.org/", "gopher://example.org/", "chrome://settings", "about:blank", "intent://x#Intent;end", "ms-msdt:/id", "//", "http://", "http:///x", "http:example.org", "https://[::1", "http://a b/", "http://me:secret@example.org/",
		"http://example.org/\r\nX: y", "http://example.org/\u202egpj.exe", "http://exa\u200bmple.org/", "http://example.org/\"onmouseover=alert(1)", "http://example.org/'><script>alert(1)</script>", "http://" + strings.Repeat("x", 5000) + ".org/", "http://example.org/" + strings.Repeat("x", 5000), "",
	}
}

func hostileHTML() []attack {
	costly := map[string]string{
		"b-open":             strings.Repeat("<b>", 85000),
		"a-open":             strings.Repeat("<a href=x>", 25000),
		"formatting":         strings.Repeat("<b><i><u><s>", 20000),
		"formatting-p":       strings.Repeat("<b><i><u><p>", 20000),
		"adoption":           strings.Repeat("<a><p></a></p>", 15000),
		"tables":             strings.Repeat("<table><tr><td>", 15000),
		"tables-fostering":   strings.Repeat("<table>x", 30000),
		"table-a":            strings.Repeat("<table><a>", 20000),
		"divs":               strings.Repeat("<div>", 50000),
		"selects":            strings.Repeat("<select><option>", 15000),
		"svg":                strings.Repeat("<svg><g>", 30000),
		"math":               strings.Repeat("<math><mi>", 25000),
		"svg-integration":    strings.Repeat("<svg><desc>", 20000),
		"templates":          strings.Repeat("<template>", 25000),
		"lists":              strings.Repeat("<ul><li>", 30000),
		"quotes":             strings.Repeat("<blockquote>", 20000),
		"framesets":          strings.Repeat("<frameset>", 25000),
		"signs":              strings.Repeat("<", 250000),
		"ends":               strings.Repeat("</p>", 60000),
		"comments":           strings.Repeat("<!--", 60000),
		"bogus-comments":     strings.Repeat("<!x", 80000),
		"attribute":          "<a href=\"" + strings.Repeat("x", 250000) + "\">x</a>",
		"attributes":         "<a " + strings.Repeat("x=y ", 60000) + ">x</a>",
		"attributes-unique":  uniqueAttributes(20000),
		"attribute-open":     strings.Repeat(`<a x="`, 40000),
		"entities":           strings.Repeat("&amp;", 50000),
		"entities-long":      strings.Repeat("&CounterClockwiseContourIntegral", 8000),
		"entity-open":        "&#" + strings.Repeat("9", 250000),
		"textarea":           strings.Repeat("<textarea>", 25000),
		"plaintext":          strings.Repeat("<plaintext>", 20000),
		"scripts":            strings.Repeat("<script>", 30000),
		"script-ends":        "<script>" + strings.Repeat("<!--<script>", 20000),
		"nobr":               strings.Repeat("<nobr>", 40000),
		"forms":              strings.Repeat("<form><div></form>", 13000),
		"ruby":               strings.Repeat("<ruby><rt>", 20000),
		"images":             strings.Repeat("<img src=http://example.org/x>", 8000),
		"breaks":             strings.Repeat("<br>", 60000),
		"small-b-open":       strings.Repeat("<b>", 990),
		"small-mixed":        strings.Repeat("<b><i><p><a href=x>", 240),
		"text":               strings.Repeat("word ", 50000),
		"text-without-space": strings.Repeat("x", 250000),
		"marks":              "e" + strings.Repeat("\u0301", 120000),
		"hashtags":           strings.Repeat("#web", 60000),
		"hashtags-spaced":    strings.Repeat("#web ", 50000),
		"links-in-text":      strings.Repeat("http://example.org/ ", 12000),
		"crlf":               strings.Repeat("\r\n", 120000),
		"over-the-limit":     strings.Repeat("<p>x</p>", 200000),
	}
	var list []attack
	for name, html := range costly {
		list = append(list, attack{name: "html-" + name, serve: answering("text/xml", func() []byte { return []byte(wrapped(strings.ReplaceAll(html, "]]>", ""))) }), want: two, costly: true})
	}
	slices.SortFunc(list, func(a, b attack) int { return strings.Compare(a.name, b.name) })
	// The same many times over, as far as the limit of a document lets it.
	for _, name := range []string{"formatting-p", "adoption", "tables", "small-mixed", "entities", "text"} {
		html := costly[name]
		list = append(list, attack{name: "html-often-" + name, costly: true, want: "posts; trouble: ", serve: packed("gzip", func() []byte {
			item := "<item><title>H</title><description><![CDATA[" + html + "]]></description></item>"
			return gzipped([]byte(rssOf(strings.Repeat(item, min(500, 11e6/len(item))))))
		})})
	}
	return list
}

func uniqueAttributes(n int) string {
	var b strings.Builder
	b.WriteString("<a")
	for i := range n {
		fmt.Fprintf(&b, " a%d=b", i)
	}
	return b.String() + ">x</a>"
}

func hostileFields(canary string) []attack {
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\r", "&#13;", "\n", "&#10;").Replace
	var list []attack
	for _, date := range []string{"Fri, 31 Dec 9999 23:59:59 GMT", "9999-12-31T23:59:59Z", "Thu, 01 Jan 1970 00:00:00 GMT", "1969-12-31T23:59:59Z", "0000-00-00T00:00:00Z", "0001-01-01T00:00:00Z", "3168875820", "3168875820-01-01T00:00:00Z",
		"28056-28-09T547:2828:00+00:00", "-9999-01-01T00:00:00Z", "99999999999999999999", "-1", "0", "Mon, 99 Foo 2026 99:99:99 +9999", "2026-02-30T25:61:61+99:99", "now", "tomorrow", "\x00", strings.Repeat("2026-", 100000), "2026-11-24T00:00:00+14:00", "Tue, 19 Jan 2038 03:14:08 GMT", "<b>2026</b>", "1e999", "Infinity", "١٩٩٩-٠١-٠١"} {
		i := len(list)
		list = append(list,
			attack{name: fmt.Sprintf("date-rss-%d", i), want: two, serve: says(rssOf(itemOf("<guid>h</guid><title>H</title><pubDate>"+escape(date)+"</pubDate><dc:date>"+escape(date)+"</dc:date>"), honest))},
			attack{name: fmt.Sprintf("date-atom-%d", i), want: two, serve: says(atomOf("<entry><id>h</id><title>H</title><published>"+escape(date)+"</published><updated>"+escape(date)+"</updated></entry>", "<entry><id>honest</id><title>A</title></entry>"))},
			attack{name: fmt.Sprintf("date-json-%d", i), want: two, serve: says(jsonOf(honestJSON, map[string]any{"id": "h", "title": "H", "date_published": date, "date_modified": date}))})
	}
	for _, id := range []string{"", " ", "\x00", "a\x00b", strings.Repeat("x", 1e6), "honest", "HONEST", "' OR 1=1; --", `"; DROP TABLE post; --`, "../../etc/passwd", "%00", "\u202ehonest", "\xff\xfe", "07", "7.0", "1e0", "null", "http://example.org/honest", "javascript:alert(1)", canary + "/x", "-1", "$(id)", "`id`"} {
		i := len(list)
		list = append(list,
			attack{name: fmt.Sprintf("id-rss-%d", i), want: "^[12] posts; trouble: ; notice: ", serve: says(rssOf(itemOf(`<guid isPermaLink="true">`+escape(id)+"</guid><title>H</title>"), honest))},
			attack{name: fmt.Sprintf("id-json-%d", i), want: "^[12] posts; trouble: ; notice: ", serve: says(jsonOf(honestJSON, map[string]any{"id": id, "title": "H", "content_text": "Quite another text than that of the other one."}))})
	}
	list = append(list, attack{name: "ids-all-equal", want: "^500 posts", costly: true, serve: answering("text/xml", func() []byte {
		var b strings.Builder
		for i := range 500 {
			fmt.Fprintf(&b, "<item><guid>same</guid><title>Title %d</title><link>http://example.org/%d</link></item>", i, i)
		}
		return []byte(rssOf(b.String()))
	})})
	for _, u := range badURLs(canary) {
		e := escape(u)
		i := len(list)
		list = append(list,
			attack{name: fmt.Sprintf("url-rss-%d", i), want: "^[12] posts; trouble: ; notice: ", serve: says(strings.Replace(rssOf(
				itemOf("<title>H</title><link>"+e+"</link><guid>"+e+"</guid><enclosure url=\""+e+"\" type=\"text/html\"/><source url=\""+e+"\">S</source><comments>"+e+"</comments><media:content url=\""+e+"\"/><atom:link rel=\"alternate\" hreflang=\"nl\" href=\""+e+"\"/>"+
					"<description>"+escape(`<a href="`+u+`">a</a><img src="`+u+`"><img src=x data-src="`+u+`"><iframe src="`+u+`"></iframe><video src="`+u+`"><source src="`+u+`"></video><object data="`+u+`"></object><blockquote cite="`+u+`">q</blockquote>`)+"</description>"), honest),
				"http://example.org/</link>", e+"</link><image><url>"+e+"</url></image><atom:link rel=\"self\" href=\""+e+"\"/><atom:link rel=\"hub\" href=\""+e+"\"/>", 1))},
			attack{name: fmt.Sprintf("url-atom-%d", i), want: "posts; trouble: ; notice: ", serve: says(`<feed xmlns="http://www.w3.org/2005/Atom" xml:base="` + e + `"><title>T</title><icon>` + e + `</icon><link href="` + e + `"/><entry xml:base="` + e + `"><id>` + e + `</id><title>H</title><link href="` + e + `"/><link rel="alternate" hreflang="nl" href="` + e + `"/><link rel="enclosure" href="` + e + `"/><author><name>A</name><uri>` + e + `</uri></author><source><link rel="self" href="` + e + `"/></source><content type="html">` + escape(`<a href="`+u+`">a</a><img src="`+u+`">`) + `</content></entry></feed>`)})
	}
	for _, text := range []string{strings.Repeat("A", 2e5), strings.Repeat("\u202e", 1000) + "x", strings.Repeat("\u200b", 1e5), "a" + strings.Repeat("\u0489", 1000), "\x1b[2J\x1b[H", "x\u2028FORGED\u2029y", "\u0000\u0001", "=cmd|'/c calc'!A0", "`id` $(id) ; id", "<!--", "]]>", "%s%n%x", "{{.}} {{7*7}}", "\U000e0041\U000e007f", "\ufffc\ufff9", strings.Repeat("🏳️‍⚧️", 2000)} {
		e := escape(text)
		list = append(list, attack{name: fmt.Sprintf("text-%d", len(list)), want: "^[12] posts; trouble: ; notice: ", serve: says(strings.Replace(rssOf(itemOf("<guid>h</guid><title>"+e+"</title><author>"+e+"</author><dc:creator>"+e+"</dc:creator><category>"+e+"</category><dc:language>"+e+"</dc:language><description>"+e+"</description>"), honest), "<title>T", "<language>"+e+"</language><title>"+e, 1))})
	}
	list = append(list, attack{name: "links-empty", want: "^3 posts", serve: says(rssOf(itemOf("<title>A</title><link/>"), itemOf("<title>B</title><link></link><guid/>"), honest))})
	list = append(list, attack{name: "enclosures-inside", want: two, serve: says(rssOf(itemOf(`<guid>h</guid><title>H</title><enclosure url="`+canary+`/e.mp3" type="audio/mpeg"/><media:thumbnail url="`+canary+`/t"/><comments>`+canary+`/c</comments>`), honest))})
	return list
}

// hostilePages are sites whose feed is looked for, and articles that are read.
func hostilePages(canary string) []attack {
	summary := func(links ...string) string {
		var items []string
		for i, l := range links {
			items = append(items, itemOf(fmt.Sprintf("<guid>%d</guid><title>Item %d</title><link>%s</link><description>Only …</description>", i, i, l)))
		}
		return rssOf(items...)
	}
	// site answers /feed with that, everything else with an article.
	site := func(feed string, article http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, q *http.Request) {
			switch q.URL.Path {
			case "/feed":
				says(feed)(w, q)
			case "/robots.txt":
				w.WriteHeader(http.StatusNotFound)
			default:
				article(w, q)
			}
		}
	}
	page := func(contentType string, body func() []byte) http.HandlerFunc { return answering(contentType, body) }
	links := make([]string, 60)
	for i := range links {
		links[i] = fmt.Sprintf("http://{HOST}/article/%d", i)
	}
	ones := summary("http://{HOST}/article")
	named := func(hrefs ...string) http.HandlerFunc {
		var b strings.Builder
		b.WriteString("<!DOCTYPE html><html><head><title>A site</title>")
		for _, h := range hrefs {
			fmt.Fprintf(&b, `<link rel="alternate" type="application/rss+xml" href="%s">`, h)
		}
		return func(w http.ResponseWriter, q *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			says(b.String())(w, q)
		}
	}
	feedPage := func(h http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, q *http.Request) {
			if q.URL.Path != "/feed" {
				w.WriteHeader(http.StatusNotFound)
				return
			}
			h(w, q)
		}
	}
	return []attack{
		{name: "site-names-inside", serve: feedPage(named(canary+"/feed", "http://127.0.0.1:1/feed", "http://169.254.169.254/")), want: none + ".*its page names the feed .*private or reserved address"},
		{name: "site-names-schemes", serve: feedPage(named("file:///etc/passwd", "javascript:alert(1)", "data:text/xml,<rss/>", "gopher://x/")), want: none + "it is a web page that names no feed"},
		{name: "site-names-itself", serve: named("/feed", "/feed?2", "/feed?3"), want: none + ".*it is an HTML page, not a feed"},
		{name: "site-names-many", serve: feedPage(named(slices.Repeat([]string{"/nothing", "/more"}, 20000)...)), want: none, costly: true},
		{name: "site-with-base", serve: feedPage(func(w http.ResponseWriter, q *http.Request) {
			io.WriteString(w, `<html><head><base href="`+canary+`/"><meta http-equiv=refresh content="0;url=`+canary+`"><link rel=alternate type="application/rss+xml" href="feed.xml"><link rel=icon href="/favicon.ico">`)
		}), want: none + ".*private or reserved address"},
		{name: "site-of-slow-feeds", slow: true, serve: func(w http.ResponseWriter, q *http.Request) {
			if q.URL.Path == "/feed" {
				named("/a", "/b", "/c", "/d")(w, q)
				return
			}
			<-q.Context().Done()
		}, want: none + "(it is a web page, and its site is too slow|.*timeout)"},
		{name: "site-giant", serve: feedPage(page("text/html", repeated("<html><head>", "<link rel=alternate>", 3e5, ""))), want: none, costly: true},
		{name: "site-tag-giant", serve: feedPage(page("text/html", repeated("<html><head><link rel=alternate title='", "x", 7e6, "'>"))), want: none, costly: true},
		{name: "site-attributes", serve: feedPage(page("text/html", repeated("<html><head><link ", "a=b ", 15e5, ">"))), want: none, costly: true},
		{name: "site-redirects-inside", serve: func(w http.ResponseWriter, q *http.Request) {
			if q.URL.Path == "/feed" {
				named("/away")(w, q)
				return
			}
			redirect(canary+"/x")(w, q)
		}, want: none + ".*private or reserved address"},
		{name: "articles-inside", pages: true, serve: says(summary(canary+"/a", canary+"/b", "http://169.254.169.254/latest", "http://[::1]/")), want: "^4 posts"},
		{name: "articles-redirect-inside", pages: true, serve: site(ones, redirect(canary+"/x")), want: one},
		{name: "articles-robots-inside", pages: true, serve: func(w http.ResponseWriter, q *http.Request) {
			if q.URL.Path == "/feed" {
				says(ones)(w, q)
				return
			}
			redirect(canary+"/robots.txt")(w, q)
		}, want: one},
		{name: "articles-robots-giant", pages: true, serve: func(w http.ResponseWriter, q *http.Request) {
			switch q.URL.Path {
			case "/feed":
				says(ones)(w, q)
			case "/robots.txt":
				io.WriteString(w, strings.Repeat("User-agent: *\nDisallow: /*x*y*z*$\n", 2e5))
			default:
				io.WriteString(w, "<p>#web")
			}
		}, want: one, costly: true},
		{name: "articles-hang", slow: true, pages: true, serve: site(summary(links...), hang), want: "^60 posts"},
		{name: "articles-drip", slow: true, pages: true, serve: site(summary(links...), drip("<html>")), want: "^60 posts"},
		{name: "article-giant", pages: true, serve: site(ones, page("text/html", repeated("<html><body><article><p>#web ", "word ", 15e5, ""))), want: one, costly: true},
		{name: "article-bomb", pages: true, serve: site(ones, packed("gzip", func() []byte { return gzipped(make([]byte, 100e6)) })), want: one, costly: true},
		{name: "article-deep", pages: true, serve: site(ones, page("text/html", repeated("<html><body>", "<div>", 99e3, "#web"))), want: one, costly: true},
		{name: "article-open", pages: true, serve: site(ones, page("text/html", repeated("<html><body>", "<b><i><p>", 30e3, "#web"))), want: one, costly: true},
		{name: "article-tables", pages: true, serve: site(ones, page("text/html", repeated("<html><body>", "<table><tr><td>x", 33e3, "#web"))), want: one, costly: true},
		{name: "article-paragraphs", pages: true, serve: site(ones, page("text/html", repeated("<html><body><article>", "<p>Some words, and more of them, too; so it is.</p>", 40e3, "#web"))), want: one, costly: true},
		{name: "article-classes", pages: true, serve: site(ones, page("text/html", repeated("<html><body>", "<div class='comment sidebar article'><p>Words, words, words.</p></div>", 25e3, "#web"))), want: one, costly: true},
		{name: "article-attribute", pages: true, serve: site(ones, page("text/html", repeated("<html><body><article class='", "article ", 2e5, "'>#web"))), want: one, costly: true},
		{name: "article-many", pages: true, serve: site(summary(links...), page("text/html", repeated("<html><body><article>", "<div><p>Some words, and more.</p></div>", 16e3, "#web"))), want: "^60 posts"},
		{name: "article-binary", pages: true, serve: site(ones, page("application/octet-stream", repeated("", "\x00\xff", 1e6, ""))), want: one},
		{name: "article-encoding", pages: true, serve: site(ones, page("text/html; charset=utf-16", repeated("", "\xd8\x00", 9e5, ""))), want: one, costly: true},
	}
}

// hostileStreams are accounts of the fediverse.
func hostileStreams(canary string) []attack {
	const public = `"to":"https://www.w3.org/ns/activitystreams#Public"`
	note := func(n int, more string) string {
		return fmt.Sprintf(`{"type":"Note","id":"http://{HOST}/notes/%d","attributedTo":"http://{HOST}/feed",%s,"content":"<p>Note number %d."%s}`, n, public, n, more)
	}
	// account is an actor at /feed with its list, and answers what else is asked of it.
	account := func(outbox string, list, others http.HandlerFunc) http.HandlerFunc {
		actor := says(`{"@context":"https://www.w3.org/ns/activitystreams","type":"Person","id":"http://{HOST}/feed","name":"A","outbox":"` + outbox + `","inbox":"` + canary + `/inbox","icon":{"type":"Image","url":"` + canary + `/icon"},"publicKey":"` + canary + `/key"}`)
		return func(w http.ResponseWriter, q *http.Request) {
			w.Header().Set("Content-Type", "application/activity+json")
			switch {
			case q.URL.Path == "/feed":
				actor(w, q)
			case q.URL.Path == "/outbox":
				list(w, q)
			default:
				others(w, q)
			}
		}
	}
	outbox := func(list, others http.HandlerFunc) http.HandlerFunc {
		return account("http://{HOST}/outbox", list, others)
	}
	page := func(items, more string) http.HandlerFunc {
		return says(`{"type":"OrderedCollectionPage","id":"http://{HOST}/outbox","orderedItems":[` + items + `]` + more + `}`)
	}
	// endless has pages of 20 posts and always one more, whole or by their ids.
	endless := func(item func(n int) string) http.HandlerFunc {
		return func(w http.ResponseWriter, q *http.Request) {
			var from int
			fmt.Sscan(q.FormValue("from"), &from)
			items := make([]string, 20)
			for i := range items {
				items[i] = item(from + i)
			}
			page(strings.Join(items, ","), fmt.Sprintf(`,"next":"http://{HOST}/outbox?from=%d"`, from+20))(w, q)
		}
	}
	byID := func(n int) string {
		return fmt.Sprintf(`{"type":"Create",%s,"object":"http://{HOST}/notes/%d"}`, public, n)
	}
	notes := func(w http.ResponseWriter, q *http.Request) {
		var n int
		fmt.Sscanf(q.URL.Path, "/notes/%d", &n)
		says(note(n, ""))(w, q)
	}
	big := func(before, part string, n int, after string) http.HandlerFunc {
		return func(w http.ResponseWriter, q *http.Request) {
			page(note(1, before+strings.Repeat(part, n)+after), "")(w, q)
		}
	}
	return []attack{
		{name: "streams-inside", want: one, serve: outbox(page(
			note(1, `,"url":"`+canary+`/url","attachment":{"type":"Image","url":"`+canary+`/image"},"replies":"`+canary+`/replies","image":"`+canary+`/i","tag":{"type":"Emoji","icon":"`+canary+`/e"}`)+
				`,{"type":"Create",`+public+`,"object":"`+canary+`/1"},{"type":"Announce",`+public+`,"object":"`+canary+`/2"},"`+canary+`/3"`, `,"next":"`+canary+`/next","partOf":"`+canary+`/all"`), hang)},
		{name: "streams-outbox-inside", want: none + "its actor names no outbox on its own host", serve: account(canary+"/outbox", hang, hang)},
		{name: "streams-first-inside", want: none + "; notice: .*shows no posts", serve: outbox(says(`{"type":"OrderedCollection","first":"`+canary+`/first","last":"`+canary+`/last"}`), hang)},
		{name: "streams-redirect-inside", want: none + "; notice: ", serve: outbox(page(byID(1)+","+byID(2), ""), redirect(canary+"/note"))},
		{name: "streams-endless", want: "^200 posts; trouble: ", serve: outbox(endless(func(n int) string { return note(n, "") }), hang), costly: true},
		{name: "streams-endless-by-id", want: "^200 posts; trouble: ", serve: outbox(endless(byID), notes)},
		{name: "streams-objects-hang", slow: true, want: none, serve: outbox(endless(byID), hang)},
		{name: "streams-signature-never-enough", want: none + "it answered 401", serve: func(w http.ResponseWriter, q *http.Request) { w.WriteHeader(http.StatusUnauthorized) }},
		{name: "streams-deep", want: none, serve: outbox(page(strings.Repeat(`{"type":"Create",`+public+`,"object":`, 1000)+"1"+strings.Repeat("}", 1000), ""), hang)},
		{name: "streams-many-items", want: none, costly: true, serve: outbox(func(w http.ResponseWriter, q *http.Request) { page(strings.Repeat("{},", 1e6)+"{}", "")(w, q) }, hang)},
		{name: "streams-nothing-in-items", want: none + "; notice: ", costly: true, serve: outbox(func(w http.ResponseWriter, q *http.Request) { page(strings.Repeat("{},", 6e4)+"{}", "")(w, q) }, hang)},
		{name: "streams-tags", want: one, costly: true, serve: outbox(big(`,"tag":[`, `{"type":"Hashtag","name":"#x"},`, 45e3, `{"type":"Hashtag","name":"#y"}]`), hang)},
		{name: "streams-attachments", want: one, costly: true, serve: outbox(big(`,"attachment":[`, `{"type":"Image","url":"http://example.org/x","name":"y"},`, 35e3, `1]`), hang)},
		{name: "streams-options", want: one, costly: true, serve: outbox(big(`,"type":"Question","oneOf":[`, `{"type":"Note","name":"x"},`, 45e3, `{"name":"y"}]`), hang)},
		{name: "streams-summary", want: one, costly: true, serve: outbox(big(`,"summary":"`, `<b>x`, 1e6, `"`), hang)},
		{name: "streams-languages", want: "^20 posts", serve: outbox(func(w http.ResponseWriter, q *http.Request) {
			var b strings.Builder
			for a := 'a'; a <= 'z'; a++ {
				for c := 'a'; c <= 'z'; c++ {
					fmt.Fprintf(&b, `,"%c%c":"<p>In %c%c"`, a, c, a, c)
				}
			}
			page(note(1, `,"contentMap":{`+b.String()[1:]+`}`), "")(w, q)
		}, hang)},
		{name: "streams-text-giant", want: one, costly: true, serve: outbox(big(`,"name":"`, "x", 7e6, `"`), hang)},
		{name: "streams-forging", want: one, serve: outbox(page(note(1, `,"name":"\u001b[2J\u202eFORGED\nline","attributedTo":[{"id":"http://{HOST}/feed","name":"\u001b]0;FORGED\u0007"},"http://{HOST}/feed"]`), ""), hang)},
	}
}
