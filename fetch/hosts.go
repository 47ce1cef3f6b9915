package fetch

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// HeldError says that a host asked, by Retry-After, not to be asked before Until.
type HeldError struct {
	Host  string // lower case, with its port where that is not the scheme's own
	Until time.Time
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("%s asked not to be asked before %s", e.Host, e.Until.UTC().Format(time.RFC3339))
}

// hosts keeps how many requests are open, and which hosts are left alone.
type hosts struct {
	now     func() time.Time
	perHost int
	open    chan struct{} // one for each request under way

	mu    sync.Mutex
	turns map[string]*turns
	held  map[string]time.Time
}

// turns are the requests to one host. It is forgotten when nobody uses it.
type turns struct {
	open  chan struct{}
	users int // under way and waiting
}

// enter waits for a turn to ask a host; leave gives it back. The host's turn comes
// first, so that a queue for one host takes nothing from the others.
func (h *hosts) enter(ctx context.Context, host string) (leave func(), err error) {
	t := h.join(host)
	select {
	case t.open <- struct{}{}:
	case <-ctx.Done():
		h.part(host, t)
		return nil, ctx.Err()
	}
	select {
	case h.open <- struct{}{}:
	case <-ctx.Done():
		<-t.open
		h.part(host, t)
		return nil, ctx.Err()
	}
	leave = func() {
		<-h.open
		<-t.open
		h.part(host, t)
	}
	// Only now: the request before this one may have been told to stay away.
	if until, ok := h.holds(host); ok {
		leave()
		return nil, &HeldError{Host: host, Until: until}
	}
	return leave, nil
}

func (h *hosts) join(host string) *turns {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.turns[host]
	if t == nil {
		t = &turns{open: make(chan struct{}, h.perHost)}
		h.turns[host] = t
	}
	t.users++
	return t
}

func (h *hosts) part(host string, t *turns) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if t.users--; t.users == 0 {
		delete(h.turns, host)
	}
}

// hold leaves a host alone until a time, at most 24 hours from now; the latest of
// several counts.
func (h *hosts) hold(host string, until time.Time) {
	host = strings.ToLower(host)
	now := h.now()
	if latest := now.Add(maxWait); until.After(latest) {
		until = latest
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for other, end := range h.held {
		if !end.After(now) || end.After(now.Add(maxWait)) { // or when the clock stood elsewhere
			delete(h.held, other)
		}
	}
	if until.After(now) && until.After(h.held[host]) {
		h.held[host] = until
	}
}

func (h *hosts) holds(host string) (time.Time, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	until, now := h.held[host], h.now()
	// What is further away was said when the clock stood elsewhere, as in hold.
	return until, until.After(now) && !until.After(now.Add(maxWait))
}
