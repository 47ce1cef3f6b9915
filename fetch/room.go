package fetch

import (
	"context"
	"sync"
)

// room is how many bytes of bodies may be in memory at once. Small ones need
// none of it: they are limited by how many requests are open.
type room struct {
	mu    sync.Mutex
	free  int64
	freed chan struct{} // closed when somebody leaves
	// beyond takes what it needs although nothing is free, so that those who
	// hold a part and wait for more cannot wait for each other.
	beyond *stay
}

const (
	maxRoom = 12_000_000 // bytes
	noRoom  = 64 << 10   // bytes of a body that need none
)

func newRoom() *room { return &room{free: maxRoom, freed: make(chan struct{})} }

// stay is what somebody has taken.
type stay struct {
	room  *room
	whole *stay // of which this is a part, or itself
	taken int64
}

type stayKey struct{}

// Stay bounds the memory of who gets with the context it returns: bodies count
// until leave is called, and where there is no room Get waits for it.
// A stay within another is a part of it that can be left earlier.
func (c *Client) Stay(ctx context.Context) (_ context.Context, leave func()) {
	s := &stay{room: c.room}
	s.whole = s
	if outer := stayOf(ctx); outer != nil {
		s.whole = outer.whole
	}
	return context.WithValue(ctx, stayKey{}, s), s.leave
}

func stayOf(ctx context.Context) *stay {
	s, _ := ctx.Value(stayKey{}).(*stay)
	return s
}

// take waits for room. Nobody who did not enter is held up.
func (s *stay) take(ctx context.Context, n int64) error {
	if s == nil {
		return nil
	}
	for r := s.room; ; {
		r.mu.Lock()
		if r.free < n && r.beyond == nil {
			r.beyond = s.whole
		}
		if r.free >= n || r.beyond == s.whole {
			r.free -= n
			s.taken += n
			r.mu.Unlock()
			return nil
		}
		freed := r.freed
		r.mu.Unlock()
		select {
		case <-freed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *stay) leave() {
	r := s.room
	r.mu.Lock()
	defer r.mu.Unlock()
	r.free += s.taken
	s.taken = 0
	if r.beyond == s { // a part alone does not give up the turn of the whole
		r.beyond = nil
	}
	close(r.freed)
	r.freed = make(chan struct{})
}
