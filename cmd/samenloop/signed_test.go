package main

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"samenloop/ingest"
	"samenloop/store"
)

var signatureForm = regexp.MustCompile(`^keyId="([^"]+)",algorithm="rsa-sha256",headers="\(request-target\) host date",signature="([^"]+)"$`)

// verify checks a request's signature as servers of the fediverse do: with the key that stands
// where the signature says, of an actor that names that key as its own.
func verify(q *http.Request) error {
	m := signatureForm.FindStringSubmatch(q.Header.Get("Signature"))
	if m == nil {
		return fmt.Errorf("it is not signed: %q", q.Header.Get("Signature"))
	}
	if date, err := http.ParseTime(q.Header.Get("Date")); err != nil || time.Since(date).Abs() > time.Minute {
		return fmt.Errorf("its date is %q", q.Header.Get("Date"))
	}
	type actor struct {
		ID, Type  string
		PublicKey struct{ ID, Owner, PublicKeyPem string }
	}
	read := func(at string) (a actor, err error) {
		resp, err := http.Get(at)
		if err != nil {
			return a, err
		}
		defer resp.Body.Close()
		return a, json.NewDecoder(resp.Body).Decode(&a)
	}
	named, err := read(m[1])
	if err != nil {
		return err
	}
	owner, err := read(named.PublicKey.Owner)
	if err != nil {
		return err
	}
	if owner.ID != named.PublicKey.Owner || owner.Type != "Application" || owner.PublicKey != named.PublicKey || owner.PublicKey.ID != m[1] {
		return fmt.Errorf("the key %s is of %+v, who is %+v", m[1], named, owner)
	}
	block, _ := pem.Decode([]byte(owner.PublicKey.PublicKeyPem))
	if block == nil {
		return fmt.Errorf("no key: %q", owner.PublicKey.PublicKeyPem)
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return err
	}
	signature, err := base64.StdEncoding.DecodeString(m[2])
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte("(request-target): get " + q.RequestURI + "\nhost: " + q.Host + "\ndate: " + q.Header.Get("Date")))
	return rsa.VerifyPKCS1v15(key.(*rsa.PublicKey), crypto.SHA256, sum[:], signature)
}

// A server that wants signatures finds our key where they say, and lets us read; the
// key is made once, "check" shows it, and a backup has it.
func TestSignedAsOurActor(t *testing.T) {
	var r *running
	ours := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { r.ServeHTTP(w, q) }))
	defer ours.Close()
	let := 0
	strict := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.Header.Get("Signature") == "" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if err := verify(q); err != nil {
			t.Errorf("%s: %v", q.RequestURI, err)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if agent := q.UserAgent(); !strings.Contains(agent, "(+mailto:us@example.org)") {
			t.Errorf("it says that it is %q", agent)
		}
		let++
		home := "http://" + q.Host
		w.Header().Set("Content-Type", "application/activity+json")
		switch q.RequestURI {
		case "/users/ans":
			fmt.Fprintf(w, `{"@context":"https://www.w3.org/ns/activitystreams","type":"Person","id":"%s/users/ans","name":"Ans","outbox":"%[1]s/outbox?page=1"}`, home)
		case "/outbox?page=1":
			fmt.Fprintf(w, `{"type":"OrderedCollectionPage","orderedItems":[{"type":"Note","id":"%s/1","attributedTo":"%[1]s/users/ans","content":"<p>One #web","to":"as:Public"}]}`, home)
		}
	}))
	defer strict.Close()
	config := filepath.Join(t.TempDir(), "config.toml")
	writeFile(t, config, strings.Replace(configText("web", fmt.Sprintf("base_url = %q", ours.URL), strict.URL+"/users/ans"), "[fetch]", "[fetch]\ncontact = \"mailto:us@example.org\"", 1))
	r, _ = newRunning(t, config)
	states, err := r.store.Sources(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.reader.Round(t.Context(), states, func(report ingest.Report) {
		if report.Trouble != "" || report.Saved.New != 1 {
			t.Errorf("%+v", report)
		}
	}); err != nil || let < 2 {
		t.Errorf("%v, it was let in %d times", err, let)
	}

	key, err := r.store.InstanceKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "copy.db")
	if err := r.store.Backup(t.Context(), copied); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{r.store.Path(), copied} {
		s, err := store.Open(t.Context(), path, store.Options{ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		if again, err := s.InstanceKey(t.Context()); err != nil || !key.Equal(again) || key.N.BitLen() != 2048 {
			t.Errorf("%s has another key: %v", path, err)
		}
		s.Close()
	}
	var told bytes.Buffer
	if err := checkCommand.run(&call{Context: t.Context(), config: config, stdout: &told, stderr: io.Discard}); err != nil {
		t.Error(err)
	}
	if mark := sha256.Sum256(key.N.Bytes()); !strings.Contains(told.String(), fmt.Sprintf("signs as       %s/actor, with the key %x…\n", ours.URL, mark[:4])) {
		t.Errorf("check says %s", &told)
	}
}
