package people

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

var t0 = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestLimit(t *testing.T) {
	l := Limit{Most: 3, In: time.Minute}
	for i := range 5 {
		if got := l.Take("a", t0.Add(time.Duration(i)*time.Second)); got != (i < 3) {
			t.Errorf("try %d: %v", i, got)
		}
	}
	if !l.Take("b", t0) {
		t.Error("another pays for it")
	}
	if !l.Take("a", t0.Add(time.Minute)) {
		t.Error("it does not end")
	}
	if !l.Take("b", t0.Add(-time.Hour)) {
		t.Error("a clock that was set back keeps somebody out")
	}
	l.Back("b") // what was no try
	l.Back("nobody")
	if _, known := l.tries["b"]; known {
		t.Error("who did nothing is remembered")
	}
	for i := range 4 {
		if got := l.Take("b", t0.Add(-time.Hour)); got != (i < 3) {
			t.Errorf("after one came back, try %d: %v", i, got)
		}
	}
	few := Limit{Most: 1, In: time.Minute}
	for i := range 100 { // who came once is forgotten, also where few come
		few.Take(fmt.Sprint(i), t0.Add(time.Duration(i)*time.Minute))
	}
	if len(few.tries) > 2 {
		t.Errorf("%d are remembered", len(few.tries))
	}
	many := Limit{Most: 1, In: time.Minute}
	allowed := 0
	for i := range 2 * mostKnown {
		if many.Take(fmt.Sprint(i), t0) {
			allowed++
		}
	}
	if allowed != mostKnown+1 || len(many.tries) > mostKnown+1 {
		t.Errorf("%d allowed, %d known", allowed, len(many.tries))
	}
}

func TestName(t *testing.T) {
	for s, fine := range map[string]bool{"anna": true, "a-1": true, "": false, "Anna": false, "a b": false, "-a": false, "a--b": false,
		"a\n": false, "ánna": false, strings.Repeat("a", 41): false} {
		if err := CheckName(s); (err == nil) != fine {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestPassword(t *testing.T) {
	const right = "cafe\u0301 with croissants"
	stored, err := HashPassword(t.Context(), right)
	if err != nil || !strings.HasPrefix(stored, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("%s, %v", stored, err)
	}
	if again, _ := HashPassword(t.Context(), right); again == stored {
		t.Error("two hashes of one password are equal: there is no salt")
	}
	for _, tt := range []struct {
		stored, password string
		want             bool
	}{
		{stored, right, true},
		{stored, "caf\u00e9 with croissants", true}, // composed
		{stored, right + " ", false},
		{stored, "", false},
		{stored, strings.Repeat("a", mostPassword+1), false},
		{"", "", false},
		{"", right, false},
		{"plain", "plain", false},
		{stored[:len(stored)-4], right, false},
		{strings.Replace(stored, "t=2", "t=1", 1), right, false},
	} {
		if got, err := VerifyPassword(t.Context(), tt.stored, tt.password); got != tt.want || err != nil {
			t.Errorf("%.20q is %q: %v, %v", tt.password, tt.stored, got, err)
		}
	}
	for s, fine := range map[string]bool{"eleven char": false, "twelve chars": true, "": false, "ééééééééééé": false,
		strings.Repeat("e\u0301", 11): false, strings.Repeat("a", 513): false, "twelve chars\xff": false} {
		if err := CheckPassword(s); (err == nil) != fine {
			t.Errorf("%q: %v", s, err)
		}
	}
}

// Whatever comes in at once, one password is looked at at a time.
func TestPasswordsWait(t *testing.T) {
	hashing <- struct{}{}
	defer func() { <-hashing }()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := VerifyPassword(ctx, "", "x"); !errors.Is(err, ErrBusy) {
		t.Error(err)
	}
	if _, err := HashPassword(ctx, "x"); !errors.Is(err, ErrBusy) {
		t.Error(err)
	}
}

// A browser is known for one operator, and one password.
func TestDevice(t *testing.T) {
	const stored = "$argon2id$stored"
	device := NewDevice("anna", stored)
	id, mark, _ := strings.Cut(device, ".")
	if !IsDevice(device, "anna", stored) || device == NewDevice("anna", stored) || strings.Contains(device, "anna") {
		t.Errorf("%q", device)
	}
	for _, d := range []struct{ device, operator, stored string }{
		{device, "bob", stored}, {device, "anna", stored + "x"}, {device, "anna", ""}, {NewDevice("anna", ""), "anna", ""},
		{"", "anna", stored}, {id, "anna", stored}, {"A" + device, "anna", stored}, {id + "." + strings.ToUpper(mark), "anna", stored}, {device + "0", "anna", stored},
	} {
		if IsDevice(d.device, d.operator, d.stored) {
			t.Errorf("%q is one of %s with %q", d.device, d.operator, d.stored)
		}
	}
}

func TestToken(t *testing.T) {
	a, b := NewToken(), NewToken()
	if a == b || len(a) < 26 || a.Digest() == b.Digest() || a.Digest() != Token(string(a)).Digest() || strings.Contains(fmt.Sprint(a.Digest()), string(a)) {
		t.Errorf("%q %q", a, b)
	}
}

func TestSession(t *testing.T) {
	s := NewSession("anna", t0)
	for after, want := range map[time.Duration]bool{0: true, SessionLasts - 1: true, SessionLasts: false, -time.Hour: false} {
		if s.Valid(t0.Add(after)) != want {
			t.Errorf("valid after %v: %v", after, !want)
		}
	}
	if (Session{}).Valid(time.Time{}) {
		t.Error("no session is one")
	}
	now := t0
	for range 100 { // used every day
		now = now.Add(24 * time.Hour)
		s = s.Kept(now)
	}
	if !s.Valid(t0.Add(SessionEnds-1)) || s.Valid(t0.Add(SessionEnds)) {
		t.Errorf("kept until %v", s.Until)
	}
}

// The word of a proposal tells neither its token nor what is stored of it.
func TestWord(t *testing.T) {
	token := NewToken()
	word := token.Digest().Word()
	if len(word) != 24 || strings.Contains(strings.ToLower(string(token)), word) || word == NewToken().Digest().Word() || word != token.Digest().Word() {
		t.Errorf("token %s, word %s", token, word)
	}
}
