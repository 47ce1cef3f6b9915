package people

import (
	"crypto/rand"
	"crypto/sha256"
	"time"
)

// How long what opens a door works.
const (
	// LinkLasts is how long a one-time link to set a password works.
	LinkLasts = 24 * time.Hour
	// SessionLasts is how long a session lasts after its last decision.
	SessionLasts = 14 * 24 * time.Hour
	// SessionEnds is how long it lasts at most, however it is used.
	SessionEnds = 90 * 24 * time.Hour
)

// Token opens a door for who has it, a private link or a session. It is given once and
// never stored.
type Token string

// NewToken is a token of 128 random bits at least, of letters and digits.
func NewToken() Token { return Token(rand.Text()) }

// Digest is what is stored of a token: looking one up by it tells nothing, in no
// time that could be measured, about those that there are.
type Digest [32]byte

// Digest of a token.
func (t Token) Digest() Digest { return sha256.Sum256([]byte("samenloop\x00" + t)) }

// Session is a time in which an operator need not give the password again.
type Session struct {
	Operator string
	Began    time.Time
	Until    time.Time
}

// NewSession is one that begins now.
func NewSession(operator string, now time.Time) Session {
	return Session{Operator: operator, Began: now, Until: now.Add(SessionLasts)}
}

// Valid says whether it holds. One from the future does not: the clock was wrong
// when it was made, or is now.
func (s Session) Valid(now time.Time) bool {
	return s.Operator != "" && now.Before(s.Until) && !now.Before(s.Began.Add(-time.Minute))
}

// Kept is the session after it was used: it lasts longer, to its end.
func (s Session) Kept(now time.Time) Session {
	s.Until = now.Add(SessionLasts)
	if end := s.Began.Add(SessionEnds); s.Until.After(end) {
		s.Until = end
	}
	return s
}
