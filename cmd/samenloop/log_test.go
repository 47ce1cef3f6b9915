package main

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"samenloop/people"
)

// Whatever is done with serve, and whatever goes wrong, its log has a line for it that is
// short and whole, and none of what people and servers keep to themselves.
func TestLogKeepsSecrets(t *testing.T) {
	secrets := map[string]string{"password of a source": "hunter2", "token of a source": "tok-3n-in-an-address", "of who proposes": "me@new.example", "password": rightPassword, "wrong password": "wrong horse battery"}
	signed := false
	remote := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/moved":
			http.Redirect(w, r, "http://localhost/elsewhere?token="+secrets["token of a source"], http.StatusMovedPermanently)
		case r.URL.Path == "/page":
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, `<html><link rel="alternate" type="application/rss+xml" href="/feed?token=%s"></html>`, secrets["token of a source"])
		case r.Header.Get("Signature") != "":
			signed = true
			_, signature, _ := strings.Cut(r.Header.Get("Signature"), `signature="`)
			secrets["signature"] = strings.TrimSuffix(signature, `"`)
			http.Error(w, r.Header.Get("Signature")+"\x1b[2J\nlevel=ERROR forged "+strings.Repeat("long ", 1000), http.StatusInternalServerError)
		case r.URL.Path == "/users/x":
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path != "/private":
			http.NotFound(w, r)
		default:
			fmt.Fprintf(w, "<rss><channel><title>\x1b[2J</titel>&%s;", strings.Repeat("long\n", 500))
		}
	}))
	defer remote.Close()
	address := strings.Replace(remote.URL, "//", "//me:hunter2@", 1)
	path := filepath.Join(t.TempDir(), "config.toml")
	conf := "[fetch]\nallow_networks = [\"127.0.0.0/8\"]\n[[topic]]\nid = \"web\"\nhashtags = [\"web\"]\n"
	for i, where := range []string{address + "/private", address + "/moved", address + "/page", remote.URL + "/users/x"} {
		conf += fmt.Sprintf("[[source]]\nid = \"s%d\"\nurl = %q\n", i, where+"?token="+secrets["token of a source"])
	}
	conf += fmt.Sprintf("[[source]]\nid = \"dead\"\nurl = \"http://me:hunter2@127.0.0.1:1/?token=%s\"\n", secrets["token of a source"])
	writeFile(t, path, conf)
	r, said := newRunning(t, path)
	slog.SetDefault(r.log)
	defer log.SetOutput(os.Stderr)
	defer slog.SetDefault(slog.New(slog.DiscardHandler))
	server := httptest.NewServer(r)
	defer server.Close()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{T: t, Store: r.store, base: server.URL, Client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}

	var out bytes.Buffer
	if code := run([]string{"operator", "add", "-config", path, "anna"}, nil, &out, io.Discard); code != 0 {
		t.Fatal(out.String())
	}
	d.link = people.Token(regexp.MustCompile(`key=(\S+)`).FindStringSubmatch(out.String())[1])
	proposal := people.NewToken()
	secrets["one-time link"], secrets["private link"] = string(d.link), string(proposal)
	if err := d.Propose(t.Context(), people.Proposal{URL: "https://new.example/feed", Site: "https://new.example/", Contact: secrets["of who proposes"], Sent: time.Now()}, proposal.Digest()); err != nil {
		t.Fatal(err)
	}
	visit := func() {
		r.round(t.Context())
		d.ask("/operator/link?key=" + string(d.link))
		d.ask("/operator/link", "key", string(d.link), "password", rightPassword)
		d.ask("/operator/in", "name", "anna", "password", secrets["wrong password"])
		d.ask("/operator/in", "name", "anna", "password", rightPassword)
		for i, c := range jar.Cookies(mustParse(t, d.base)) {
			secrets[fmt.Sprint("cookie ", i)] = c.Value
		}
		d.ask("/operator/")
		d.ask("/operator/do", "do", "pause", "what", "s0", "word", secrets["token of a source"])
		d.ask("/proposals?key=" + string(proposal))
		d.ask("/proposals/prove", "key", string(proposal))
		d.ask("/sources/new", "url", address+"/private?token="+secrets["token of a source"])
		d.ask("/explain?url=" + address + "/x?token=" + secrets["token of a source"])
		d.ask("/search?q=" + secrets["of who proposes"])
		d.ask("/nl/feed.atom?q=%1b[2J%0a" + secrets["of who proposes"])
		d.ask("/story/" + strings.Repeat("%0a%1b", 3000))
	}
	visit()
	if !signed || len(jar.Cookies(mustParse(t, d.base))) == 0 {
		t.Fatalf("signed: %t; nobody came in, or no server asked for a signature: %s", signed, said)
	}
	r.cfg = nil // so that who asks for its health, and a round, fall over it
	d.ask("/healthz?key=" + string(proposal))
	r.round(t.Context())
	r.store.Close() // and nothing works any more
	visit()

	told := said.String()
	for what, secret := range secrets {
		if len(secret) < 6 || strings.Contains(told, secret) {
			t.Errorf("the log tells the %s", what)
		}
	}
	for line := range strings.Lines(told) {
		if len(line) > 1000 || !utf8.ValidString(line) || printable(line) != strings.TrimSuffix(line, "\n")+" " || !strings.HasPrefix(line, "time=") {
			t.Errorf("%d bytes: %q", len(line), line)
		}
	}
	for _, want := range []string{"source in trouble", "source=s3", "panic while answering", "panic in a round", "samenloop/running.go:", "msg=\"sign in\"", "no round"} {
		if !strings.Contains(told, want) {
			t.Errorf("%q is not told", want)
		}
	}
	if t.Failed() {
		t.Log(told)
	}
}

func TestLogLines(t *testing.T) {
	var b bytes.Buffer
	l := newLog(&b)
	long := strings.Repeat("\"\x1b\u202eé", 2000)
	l.Error(long, "path", long, "error", fmt.Errorf("%s", long), "stack", "goroutine 1:\n"+strings.Repeat("main.f()\n\t/usr/src/samenloop/web/kept.go:95 +0x1\n", 300))
	if line := b.String(); len(line) > 1300 || !utf8.ValidString(line) || strings.Contains(line, "\x1b") || strings.Count(line, "\n") != 1 {
		t.Errorf("%d bytes: %q", len(line), line)
	}
	b.Reset()
	l.Info("round", "sources", 3, "took", time.Second, "at", "https://a.example/b?token=x#y said no")
	if got, want := b.String(), `level=INFO msg=round sources=3 took=1s at="https://a.example/b?… said no"`; !strings.Contains(got, want) {
		t.Errorf("%q, want %q in it", got, want)
	}
}
