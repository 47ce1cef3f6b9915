package fetch

import (
	"bufio"
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// testKey is one for all tests: making one takes a while.
var testKey, _ = rsa.GenerateKey(rand.Reader, 2048)

var signatureForm = regexp.MustCompile(`^keyId="([^"]+)",algorithm="rsa-sha256",headers="\(request-target\) host date",signature="([^"]+)"$`)

// verifies says whether a request is signed with the test's key over a target.
func verifies(q *http.Request, target string) bool {
	m := signatureForm.FindStringSubmatch(q.Header.Get("Signature"))
	date, err := http.ParseTime(q.Header.Get("Date"))
	if m == nil || m[1] != "https://ours.example/actor/key" || err != nil || time.Since(date).Abs() > time.Minute {
		return false
	}
	signature, _ := base64.StdEncoding.DecodeString(m[2])
	sum := sha256.Sum256([]byte("(request-target): get " + target + "\nhost: " + q.Host + "\ndate: " + q.Header.Get("Date")))
	return rsa.VerifyPKCS1v15(&testKey.PublicKey, crypto.SHA256, sum[:], signature) == nil
}

func TestSign(t *testing.T) {
	var asked []string
	home := serve(t, func(w http.ResponseWriter, q *http.Request) {
		note := func(what string) { asked = append(asked, q.URL.RequestURI()+" "+what) }
		target := q.URL.RequestURI()
		if strings.HasPrefix(target, "/strange") { // checks without the query
			target = q.URL.Path
		}
		switch {
		case q.URL.Path == "/open":
			note("open")
		case q.URL.Path == "/password":
			note("password")
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(http.StatusUnauthorized)
		case q.Header.Get("Signature") == "":
			note("unsigned")
			w.WriteHeader(http.StatusUnauthorized)
		case !verifies(q, target):
			note("wrong")
			w.WriteHeader(http.StatusUnauthorized)
		case q.URL.Path == "/moved":
			note("signed")
			http.Redirect(w, q, "/there?page=2", http.StatusFound)
		default:
			note("signed")
		}
	})
	parsed := 0
	signer := &Signer{KeyID: "https://ours.example/actor/key", Key: func() (*rsa.PrivateKey, error) { parsed++; return testKey, nil }}
	c, err := New(Options{AllowNetworks: loopback, Signer: signer})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		path          string
		may, at, bare bool // bare: a client without a key
		status        int
		asked         string
	}{
		{path: "/open", may: true, status: 200, asked: "/open open"},
		{path: "/a?page=1", may: true, status: 200, asked: "/a?page=1 unsigned, /a?page=1 signed"},
		{path: "/a?page=1", at: true, status: 200, asked: "/a?page=1 signed"},
		{path: "/a", status: 401, asked: "/a unsigned"},
		{path: "/a", may: true, bare: true, status: 401, asked: "/a unsigned"},
		{path: "/strange?page=1", at: true, status: 200, asked: "/strange?page=1 wrong, /strange?page=1 signed"},
		{path: "/moved", at: true, status: 200, asked: "/moved signed, /there?page=2 signed"},
		{path: "/password", may: true, status: 401, asked: "/password password"},
	} {
		asked = nil
		client := c
		if test.bare {
			client, _ = New(Options{AllowNetworks: loopback})
		}
		r, err := client.Get(t.Context(), Request{URL: home + test.path, MaySign: test.may, Sign: test.at})
		if err != nil {
			t.Errorf("%s: %v", test.path, err)
			continue
		}
		if got := strings.Join(asked, ", "); r.Status != test.status || got != test.asked {
			t.Errorf("%s: %d, asked %s; want %d, %s", test.path, r.Status, got, test.status, test.asked)
		}
		if r.Signed != strings.HasSuffix(test.asked, " signed") {
			t.Errorf("%s: signed %v", test.path, r.Signed)
		}
	}
	if parsed != 1 {
		t.Errorf("the key was asked for %d times", parsed)
	}
}

func TestSignWithoutKey(t *testing.T) {
	home := serve(t, func(w http.ResponseWriter, q *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	signer := &Signer{KeyID: "x", Key: func() (*rsa.PrivateKey, error) { return nil, errors.New("the disk is full") }}
	c, err := New(Options{AllowNetworks: loopback, Signer: signer})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Get(t.Context(), Request{URL: home + "/", MaySign: true}); err == nil || !strings.Contains(err.Error(), "sign the request: the disk is full") {
		t.Error(err)
	}
}

// What is signed is what its server sees of the request, whatever the URL: else it would be
// turned away, or a signature would say what nobody asked for.
func FuzzSign(f *testing.F) {
	for _, address := range []string{"https://a.example/users/ans?page=1", "https://a.example", "http://A.example:8080/%2f/é?q=%zz", "https://bücher.example/?", "https://[2001:db8::1]:443//x"} {
		f.Add(address, true)
		f.Add(address, false)
	}
	s := &Signer{KeyID: "https://ours.example/actor/key", Key: func() (*rsa.PrivateKey, error) { return testKey, nil }}
	f.Fuzz(func(t *testing.T, address string, withQuery bool) {
		u, err := parse(nil, address)
		if err != nil {
			return
		}
		u.User = nil
		q := &http.Request{Method: http.MethodGet, URL: u, Header: http.Header{}}
		if err := s.sign(q, withQuery); err != nil {
			t.Fatal(err)
		}
		var wire bytes.Buffer
		if err := q.Write(&wire); err != nil {
			return
		}
		seen, err := http.ReadRequest(bufio.NewReader(&wire))
		if err != nil {
			t.Fatalf("%q: %v", u, err)
		}
		target := seen.RequestURI
		if !withQuery {
			target, _, _ = strings.Cut(target, "?")
		}
		if !verifies(seen, target) {
			t.Errorf("%q: %q of %q is not what was signed: %q", u, target, seen.Host, seen.Header["Signature"])
		}
	})
}

func BenchmarkSign(b *testing.B) {
	s := &Signer{KeyID: "x", Key: func() (*rsa.PrivateKey, error) { return testKey, nil }}
	q, err := http.NewRequest(http.MethodGet, "https://example.org/users/a/outbox?page=true", nil)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := s.sign(q, true); err != nil {
			b.Fatal(err)
		}
	}
}
