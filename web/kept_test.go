package web

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"samenloop/post"
)

func TestKeptUntilChanged(t *testing.T) {
	store := planet()
	h := newHandler(t, testSite(), store)
	now := noon
	h.now = func() time.Time { return now }
	server := serve(t, h)

	first, a := get(t, server, "GET", "/nl/feed.atom")
	for range 3 {
		get(t, server, "GET", "/nl/feed.atom")
		get(t, server, "GET", "/nl/feed.atom?utm_source=elsewhere")
		get(t, server, "GET", "/nl/feed.atom", "Accept-Encoding", "gzip")
	}
	if n := store.renders(); n != 1 {
		t.Errorf("rendered %d times, nothing having changed", n)
	}

	// Another version of the same bytes is no news.
	now = now.Add(time.Minute)
	store.version++
	same, b := get(t, server, "GET", "/nl/feed.atom")
	if !bytes.Equal(a, b) || same.Header.Get("Last-Modified") != first.Header.Get("Last-Modified") {
		t.Error("the same bytes were given another date")
	}
	if n := store.renders(); n != 2 {
		t.Errorf("rendered %d times, want 2", n)
	}

	// An edition with an old date is news all the same, for every kind of client.
	store.change(edition(-60, "noord", "nl", "Te laat gezien"))
	since := same.Header.Get("Last-Modified")
	changed, c := get(t, server, "GET", "/nl/feed.atom", "If-Modified-Since", since)
	if changed.StatusCode != 200 || bytes.Equal(b, c) || changed.Header.Get("ETag") == same.Header.Get("ETag") {
		t.Errorf("%d: a change is not seen", changed.StatusCode)
	}
	if got, want := changed.Header.Get("Last-Modified"), now.Format(http.TimeFormat); got != want {
		t.Errorf("Last-Modified %s, want %s", got, want)
	}
	// And so is another in the same second.
	store.change(edition(-61, "noord", "nl", "Ook te laat gezien"))
	since = changed.Header.Get("Last-Modified")
	if res, _ := get(t, server, "GET", "/nl/feed.atom", "If-Modified-Since", since); res.StatusCode != 200 {
		t.Errorf("%d: a second change within a second is not seen", res.StatusCode)
	}
}

func TestPages(t *testing.T) {
	store := planet()
	for i := range int64(2 * perPage) {
		store.editions = append(store.editions, edition(100+i, "noord", "nl", fmt.Sprint("Bericht ", i)))
	}
	h := newHandler(t, testSite(), store)
	seen := 0
	q := post.Query{Language: "nl", Limit: perPage}
	for pages := 1; ; pages++ {
		l, err := h.read(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		f := h.compose(l)
		seen += len(f.Editions)
		if want := map[string]string{"en": "https://example.org/en/feed", "ar": "https://example.org/ar/feed"}; !maps.Equal(f.Alternates, want) {
			t.Errorf("alternates %v", f.Alternates)
		}
		if f.URL("atom") == f.Next("atom") {
			t.Fatal("a page follows itself")
		}
		if f.NextQuery == "" {
			if pages != 3 || seen != 2*perPage+2 {
				t.Errorf("%d editions on %d pages", seen, pages)
			}
			break
		}
		if _, q.Before, err = parsePageQuery(f.NextQuery); err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "/nl/feed.json?"+f.NextQuery, nil))
		if w.Code != 200 {
			t.Fatalf("page %d: %d %s", pages+1, w.Code, w.Body)
		}
	}
}

func TestStampede(t *testing.T) {
	store := planet()
	store.waiting, store.release = make(chan struct{}), make(chan struct{})
	h := newHandler(t, testSite(), store)
	const crowd = 50
	bodies := make([]string, crowd)
	var all sync.WaitGroup
	for i := range crowd {
		all.Go(func() {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("GET", "/feed.atom", nil))
			bodies[i] = w.Body.String()
		})
	}
	<-store.waiting
	close(store.release)
	all.Wait()
	if n := store.renders(); n != 1 {
		t.Errorf("rendered %d times", n)
	}
	for _, b := range bodies {
		if b == "" || b != bodies[0] {
			t.Fatal("not everybody got the same feed")
		}
	}
}

// Where making it anew takes long, readers get what was kept, until it is there.
func TestNobodyWaitsForNews(t *testing.T) {
	store := planet()
	h := newHandler(t, testSite(), store)
	get := func() string {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "/nl/feed.atom", nil))
		return w.Body.String()
	}
	before := get()
	store.change(edition(5, "noord", "nl", "Nieuws"))
	store.waiting, store.release = make(chan struct{}), make(chan struct{})
	h.patience = 0
	for range 3 {
		if get() != before {
			t.Error("who asks meanwhile gets something else")
		}
	}
	<-store.waiting
	h.patience = time.Minute
	after := make(chan string)
	go func() { after <- get() }()
	close(store.release)
	if !strings.Contains(<-after, "Nieuws") {
		t.Error("the news does not come")
	}
	if n := store.renders(); n != 2 {
		t.Errorf("rendered %d times", n)
	}

	before = get() // by now what waited is done
	store.release = nil
	store.change(edition(6, "noord", "nl", "Meer nieuws"))
	for range cap(h.rendering) {
		h.rendering <- struct{}{}
	}
	if get() != before {
		t.Error("who asks while much is being made gets something else")
	}
	for range cap(h.rendering) {
		<-h.rendering
	}
	if !strings.Contains(get(), "Meer nieuws") {
		t.Error("the news does not come")
	}
}

// Who asks for what is not there yet, while all that can be made at once is being made, is
// told when to come again.
func TestTooMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, testSite(), planet())
		for range cap(h.rendering) {
			h.rendering <- struct{}{}
		}
		for _, path := range []string{"/feed.atom", "/nl/", "/changes.json"} {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
			if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "20" || strings.Count(w.Body.String(), "\n") != 1 {
				t.Errorf("%s: %d %v %s", path, w.Code, w.Header(), w.Body)
			}
		}
		<-h.rendering
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "/feed.atom", nil))
		if w.Code != http.StatusOK {
			t.Errorf("afterwards: %d", w.Code)
		}
	})
}

// Who asked first may leave; those who wait get their feed all the same.
func TestFirstClientLeaves(t *testing.T) {
	h := newHandler(t, testSite(), planet())
	r := httptest.NewRequest("GET", "/feed.atom", nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r.WithContext(ctx))
	if w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestKeptIsBounded(t *testing.T) {
	body := bytes.Repeat([]byte("x"), 10_000)
	ks := keptAnswers{max: 100_000}
	k := func(i int) key { return key{format: strconv.Itoa(i)} }
	for i := range 100 {
		ks.put(k(i), newAnswer("text/plain", body, noon))
		ks.get(k(0)) // always in use
	}
	if ks.size > ks.max || len(ks.answers) != ks.used.Len() || len(ks.answers) < 5 {
		t.Errorf("%d answers, %d bytes", len(ks.answers), ks.size)
	}
	if ks.get(k(0)) == nil {
		t.Error("what was used last is gone")
	}
	if ks.get(k(1)) != nil || ks.get(k(99)) == nil {
		t.Error("the wrong ones are gone")
	}
	ks.put(k(99), newAnswer("text/plain", body, noon))
	if len(ks.answers) != ks.used.Len() {
		t.Error("a replaced answer stays")
	}
	ks.put(k(100), newAnswer("text/plain", bytes.Repeat(body, 20), noon))
	if ks.size != 0 || len(ks.answers) != 0 {
		t.Errorf("after one that is larger than all: %d bytes, %d answers", ks.size, len(ks.answers))
	}
}

// sink takes an answer and does nothing: what is measured is the handler.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(int)             {}

func BenchmarkHandler(b *testing.B) {
	h := newHandler(b, testSite(), large())
	r := httptest.NewRequest("GET", "/nl/feed.atom", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	w := &sink{make(http.Header)}
	b.ReportAllocs()
	for b.Loop() {
		clear(w.header)
		h.ServeHTTP(w, r)
	}
}

// BenchmarkKept and BenchmarkBare are to be compared: a kept feed, and a handler
// that only writes the same bytes, over the same kind of connection.
func BenchmarkKept(b *testing.B) { benchmark(b, newHandler(b, testSite(), large())) }

func BenchmarkBare(b *testing.B) {
	h := newHandler(b, testSite(), large())
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/nl/feed.atom", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	h.ServeHTTP(w, r)
	body, length := w.Body.Bytes(), strconv.Itoa(w.Body.Len())
	benchmark(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/atom+xml; charset=utf-8")
		w.Header().Set("Content-Length", length)
		w.Write(body)
	}))
}

func benchmark(b *testing.B, h http.Handler) {
	conn, err := net.Dial("tcp", serve(b, h).Listener.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	request := []byte("GET /nl/feed.atom HTTP/1.1\r\nHost: example.org\r\nAccept-Encoding: gzip\r\n\r\n")
	b.ReportAllocs()
	for b.Loop() {
		conn.Write(request)
		length := 0
		for {
			line, err := in.ReadSlice('\n')
			if err != nil {
				b.Fatal(err)
			}
			if len(line) <= 2 {
				break
			}
			if n, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
				length, _ = strconv.Atoi(string(bytes.TrimSpace(n)))
			}
		}
		if n, err := io.CopyN(io.Discard, in, int64(length)); err != nil || n < 1000 {
			b.Fatal(n, err)
		}
	}
}

// large is a store whose Dutch feed is full.
func large() *memory {
	store := planet()
	for i := range int64(perPage) {
		e := edition(100+i, "noord", "nl", fmt.Sprint("Bericht ", i))
		for j := range 60 {
			e.Lead.HTML += fmt.Sprintf("<p>Zin %d van bericht %d, die weer iets anders zegt.</p>", j*j, i*i)
		}
		store.editions = append(store.editions, e)
	}
	return store
}
