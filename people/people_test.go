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

func TestToken(t *testing.T) {
	a, b := NewToken(), NewToken()
	if a == b || len(a) < 26 || a.Digest() == b.Digest() || a.Digest() != a.Digest() || strings.Contains(fmt.Sprint(a.Digest()), string(a)) {
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

func TestLimit(t *testing.T) {
	l := Limit{Most: 3, In: time.Minute}
	take := func(who string, now time.Time, want bool) {
		t.Helper()
		if got := l.Take(who, now); got != want {
			t.Errorf("%s at %v: %v", who, now, got)
		}
	}
	for range 3 {
		take("a", t0, true)
	}
	take("a", t0, false)
	take("b", t0, true)
	take("a", t0.Add(59*time.Second), false)
	take("a", t0.Add(time.Minute), true)
	for range 2 {
		take("a", t0.Add(time.Minute), true)
	}
	take("a", t0.Add(time.Minute), false)
	take("a", t0.Add(-time.Hour), true) // the clock was set right
	for range 2 {
		take("b", t0, true)
	}
	l.Forget("b")
	take("b", t0, true)

	// However many there are, memory has a bound, and none gets more than its part.
	l = Limit{Most: 1, In: time.Minute}
	allowed := 0
	for i := range mostKnown + 100 {
		if l.Take(fmt.Sprint(i), t0) {
			allowed++
		}
	}
	if allowed != mostKnown+1 || len(l.tries) > mostKnown+1 {
		t.Errorf("%d allowed, %d known", allowed, len(l.tries))
	}
	take("new", t0.Add(time.Minute), true)
	if len(l.tries) != 1 {
		t.Errorf("%d are remembered in vain", len(l.tries))
	}
}
