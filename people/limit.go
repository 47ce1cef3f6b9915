package people

import (
	"sync"
	"time"
)

// Limit is how often something may be tried in a time, by each who tries: an
// address, a name. It is safe for concurrent use.
type Limit struct {
	Most int
	In   time.Duration

	mu    sync.Mutex
	tries map[string]tries
	swept time.Time
}

type tries struct {
	n     int
	until time.Time // they are forgotten then
}

// mostKnown is how many are told apart at a time: beyond that all share one count.
const mostKnown = 10_000

// Take counts a try, and says whether it is allowed.
func (l *Limit) Take(who string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tries == nil {
		l.tries = map[string]tries{}
	}
	if _, known := l.tries[who]; !known {
		l.sweep(now)
		if len(l.tries) >= mostKnown {
			who = ""
		}
	}
	t := l.tries[who]
	if over(t, l.In, now) {
		t = tries{until: now.Add(l.In)}
	}
	if t.n >= l.Most {
		return false
	}
	t.n++
	l.tries[who] = t
	return true
}

// Back takes back a try that turned out to be none.
func (l *Limit) Back(who string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.tries[who]; !known {
		who = ""
	}
	if t := l.tries[who]; t.n > 1 {
		t.n--
		l.tries[who] = t
	} else {
		delete(l.tries, who)
	}
}

// sweep forgets counts that are past, now and then.
func (l *Limit) sweep(now time.Time) {
	if age := now.Sub(l.swept); age >= 0 && age < l.In/16 {
		return
	}
	l.swept = now
	for k, t := range l.tries {
		if over(t, l.In, now) {
			delete(l.tries, k)
		}
	}
}

// over says whether a count is past. A clock that jumps back ends it, too.
func over(t tries, in time.Duration, now time.Time) bool {
	return !now.Before(t.until) || now.Before(t.until.Add(-in))
}
