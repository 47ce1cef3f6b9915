package fetch

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/http/httpguts"
)

// Signer signs requests as one actor of the fediverse: HTTP Signatures as
// servers there read them (draft-cavage-http-signatures-12, rsa-sha256 over
// "(request-target) host date").
type Signer struct {
	// KeyID is where the public key can be fetched: a path of its own rather than
	// a fragment, since servers ask for the very URL.
	KeyID string
	// Key is asked for when a server first wants a signature, and once.
	Key func() (*rsa.PrivateKey, error)

	once sync.Once
	key  *rsa.PrivateKey
	err  error
}

// signatures has a place for each that is being made at the time. Each computes
// for a millisecond: hundreds at once would keep the answers that come in
// meanwhile from being read until their connections are given up.
var signatures = make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))

// sign adds Date and Signature for a request as it stands. Without the query is
// how some servers check what has one.
func (s *Signer) sign(q *http.Request, withQuery bool) error {
	s.once.Do(func() { s.key, s.err = s.Key() })
	if s.err != nil {
		return s.err
	}
	// The clock of the world: who checks it has no other.
	date := time.Now().UTC().Format(http.TimeFormat)
	// Both as they are sent: what the server sees is what it checks.
	target := q.URL.RequestURI()
	if !withQuery {
		target, _, _ = strings.Cut(target, "?")
	}
	host, err := httpguts.PunycodeHostPort(q.URL.Host)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("(request-target): %s %s\nhost: %s\ndate: %s", strings.ToLower(q.Method), target, host, date)
	sum := sha256.Sum256([]byte(text))
	signatures <- struct{}{}
	signature, err := rsa.SignPKCS1v15(rand.Reader, s.key, crypto.SHA256, sum[:])
	<-signatures
	if err != nil {
		return err
	}
	q.Header.Set("Date", date)
	q.Header.Set("Signature", fmt.Sprintf(`keyId="%s",algorithm="rsa-sha256",headers="(request-target) host date",signature="%s"`,
		s.KeyID, base64.StdEncoding.EncodeToString(signature)))
	return nil
}

// signing is how a request is to be signed.
type signing int

const (
	unsigned signing = iota
	signed
	signedWithoutQuery
)

// next is what to try when a server answers 401, false where nothing is left.
// A server that asks for a password is not to be convinced by a signature.
func (s signing) next(u *url.URL, challenge string) (signing, bool) {
	switch {
	case s == unsigned && !strings.HasPrefix(strings.ToLower(challenge), "basic"):
		return signed, true
	case s == signed && u.RawQuery != "":
		return signedWithoutQuery, true
	}
	return s, false
}
