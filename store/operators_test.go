package store

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"samenloop/people"
)

func TestOperators(t *testing.T) {
	s, ctx := open(t), t.Context()
	link := people.NewToken()
	if err := s.AddOperator(ctx, by(t0), "anna", link.Digest()); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"anna": "operator link anna", "No Name": "up to 40 characters"} {
		if err := s.AddOperator(ctx, by(t0), name, link.Digest()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("added %q: %v", name, err)
		}
	}
	for _, err := range []error{s.ResetOperator(ctx, by(t0), "nobody", link.Digest()), s.RemoveOperator(ctx, by(t0), "nobody")} {
		if err == nil || !strings.Contains(err.Error(), "there is none of that name") {
			t.Error(err)
		}
	}
	set := func(link people.Token, at time.Time) string {
		t.Helper()
		name, err := s.SetPassword(ctx, link.Digest(), "hash", at)
		if err != nil {
			t.Fatal(err)
		}
		return name
	}
	start := func(password string, want bool) people.Token {
		t.Helper()
		token := people.NewToken()
		if started, err := s.StartSession(ctx, token.Digest(), people.NewSession("anna", t0), password); started != want || err != nil {
			t.Errorf("a session with password %q: %v, %v", password, started, err)
		}
		return token
	}
	session := func(token people.Token) people.Session {
		t.Helper()
		got, err := s.Session(ctx, token.Digest())
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	start("", false) // none is set
	// A link works once, and not for ever; to look at it consumes nothing.
	if name := set(people.NewToken(), t0); name != "" {
		t.Error("somebody's own link set the password of", name)
	}
	if name := set(link, t0.Add(people.LinkLasts)); name != "" {
		t.Error("a link that is over set the password of", name)
	}
	for range 2 {
		if name, err := s.Linked(ctx, link.Digest(), t0); name != "anna" || err != nil {
			t.Error(name, err)
		}
	}
	if set(link, t0) != "anna" || set(link, t0) != "" {
		t.Error("the link works not once")
	}
	if name, _ := s.Linked(ctx, link.Digest(), t0); name != "" {
		t.Error("it is still shown")
	}

	start("other", false)
	token := start("hash", true)
	if got := session(token); got.Operator != "anna" || !got.Until.Equal(t0.Add(people.SessionLasts)) || !got.Valid(t0) {
		t.Errorf("%+v", got)
	}
	if err := s.KeepSession(ctx, token.Digest(), t0.Add(30*24*time.Hour)); err != nil || !session(token).Until.Equal(t0.Add(30*24*time.Hour)) {
		t.Error(err)
	}
	if err := s.EndSession(ctx, token.Digest()); err != nil || session(token) != (people.Session{}) {
		t.Error("signed out, and still in", err)
	}

	// Whatever ends a password ends what it opened.
	token = start("hash", true)
	again := people.NewToken()
	if err := s.ResetOperator(ctx, by(t0), "anna", again.Digest()); err != nil || session(token).Operator != "" {
		t.Error("reset, and still in", err)
	}
	start("hash", false)
	set(again, t0)
	token = start("hash", true)
	if list, err := s.Operators(ctx); err != nil || len(list) != 1 || !list[0].Ready || !list[0].Seen.Equal(t0) || !list[0].Linked.IsZero() {
		t.Errorf("%+v, %v", list, err)
	}
	if err := s.RemoveOperator(ctx, by(t0.Add(time.Hour)), "anna"); err != nil || session(token).Operator != "" {
		t.Error("removed, and still in", err)
	}
	start("hash", false)

	entries, err := s.Journal(ctx, 0, All)
	var deeds []string
	for _, e := range entries {
		deeds = append(deeds, string(e.Deed)+" "+e.Of)
	}
	const want = "operator removed anna, password set anna, operator reset anna, password set anna, operator added anna"
	if got := strings.Join(deeds, ", "); got != want || err != nil || entries[0].Name != "anna" || !entries[0].At.Equal(t0.Add(time.Hour)) {
		t.Errorf("the journal has %s, %v", got, err)
	}
	if rest, err := s.Journal(ctx, entries[1].Seq, 2); err != nil || len(rest) != 2 || rest[0] != entries[2] {
		t.Errorf("%+v, %v", rest, err)
	}

	// No token and no link stands in the database, nor in its log.
	for _, path := range []string{s.Path(), s.Path() + "-wal"} {
		file, err := os.ReadFile(path)
		for _, secret := range []people.Token{link, again, token} {
			if err != nil || bytes.Contains(file, []byte(secret)) {
				t.Errorf("%s holds a secret, or cannot be read: %v", path, err)
			}
		}
	}
}
