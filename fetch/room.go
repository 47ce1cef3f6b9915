package fetch

import (
	"cmp"
	"context"
	"io"
	"math"
	"slices"
	"sync"
	"time"
)

// room is how many bytes of bodies may be in memory at once. Small ones need
// none of it: they are limited by how many requests are open.
type room struct {
	mu   sync.Mutex
	free int64
	line []*waiting
	// beyond takes what it needs although nothing is free, so that those who
	// hold a part and wait for more cannot wait for each other.
	beyond *stay
	asking map[*asking]struct{} // who waits for a server
	// Where servers keep room from others without going on there is more of it for a
	// while, and less patience: hundreds of them shall not take their time one after another.
	crowded   bool
	dismissed time.Time // the last of them
	looks     bool      // for those that do not go on, every now and then
}

const (
	maxRoom  = 12_000_000       // bytes
	moreRoom = 5 * maxRoom      // besides, where it is crowded
	noRoom   = 64 << 10         // bytes of a body that need none
	aStep    = 16 << 10         // bytes: with less a server does not go on
	glance   = time.Second / 10 // how often those that do not are looked for

	hush      = 2 * time.Second // a server may keep room from others so long without going on,
	shortHush = time.Second     // or so long where it is crowded,
	forgiven  = time.Minute     // which it is until so long after the last that did
)

func newRoom() *room {
	return &room{free: maxRoom, asking: make(map[*asking]struct{})}
}

// waiting is who waits for room.
type waiting struct {
	stay *stay
	n    int64
	turn chan struct{} // closed when it has it
}

// stay is what somebody has taken.
type stay struct {
	room  *room
	whole *stay // of which this is a part, or itself
	taken int64
	holds int64 // what the whole and its parts have taken
	pace  *pace // nil where it is a part, or did not begin
}

type stayKey struct{}

// Stay bounds the memory of who gets with the context it returns: bodies count
// until leave is called, and where there is no room Get waits for it. It begins
// when not too many others have something to do; those that wait for a server do not count.
// A stay within another is a part of it that can be left earlier.
func (c *Client) Stay(ctx context.Context) (_ context.Context, leave func()) {
	s := &stay{room: c.room}
	s.whole = s
	if outer := stayOf(ctx); outer != nil {
		s.whole = outer.whole
	} else if c.pace.begin(ctx) == nil {
		s.pace = &c.pace
	}
	return context.WithValue(ctx, stayKey{}, s), s.leave
}

// wait says that a server is waited for; done, that there is something to do
// again. What is quick does not count as waiting.
func (s *stay) wait() (done func()) {
	if s == nil || s.whole.pace == nil {
		return func() {}
	}
	p := s.whole.pace
	clock := time.AfterFunc(patience, p.rest)
	return func() {
		if !clock.Stop() {
			p.resume()
		}
	}
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
	r, w := s.room, &waiting{stay: s, n: n, turn: make(chan struct{})}
	r.mu.Lock()
	r.forgive(time.Now())
	r.line = append(r.line, w)
	r.serve()
	if len(r.line) > 0 && !r.looks {
		r.looks = true
		time.AfterFunc(glance, r.look)
	}
	r.mu.Unlock()
	select {
	case <-w.turn:
		return nil
	case <-ctx.Done():
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.leaveLine(w) {
		r.serve()
	}
	return ctx.Err()
}

func (r *room) size() int64 {
	if r.crowded {
		return maxRoom + moreRoom
	}
	return maxRoom
}

// serve gives room to those in line, to who holds most first, who ends soonest: were it
// given to many in small parts, none of them could go on.
func (r *room) serve() {
	for len(r.line) > 0 {
		w := slices.MaxFunc(r.line, func(a, b *waiting) int { return cmp.Compare(r.rank(a), r.rank(b)) })
		need := w.n
		if w.stay.whole.holds == 0 { // half is for those who have a part already
			need += r.size() / 2
		}
		if r.free < need && r.beyond == nil {
			r.beyond = w.stay.whole
		}
		if r.free < need && r.beyond != w.stay.whole {
			return
		}
		r.free -= w.n
		w.stay.taken += w.n
		w.stay.whole.holds += w.n
		r.leaveLine(w)
		close(w.turn)
	}
}

func (r *room) rank(w *waiting) int64 {
	if r.beyond == w.stay.whole {
		return math.MaxInt64
	}
	return w.stay.whole.holds
}

// leaveLine is false where w is not in line any more.
func (r *room) leaveLine(w *waiting) bool {
	at := slices.Index(r.line, w)
	if at >= 0 {
		r.line = slices.Delete(r.line, at, at+1)
	}
	return at >= 0
}

// asking is a request that waits for its server. While it holds room that others need
// and its server does not go on, it may be dismissed.
type asking struct {
	stay    *stay     // nil where nothing bounds its memory
	dismiss func()    // ends it
	went    time.Time // when its server went on last
	came    int       // bytes since
}

// begin says that the server is waited for, pause that it is not.
func (a *asking) begin() {
	if a.stay == nil {
		return
	}
	r := a.stay.room
	r.mu.Lock()
	defer r.mu.Unlock()
	a.went, a.came = time.Now(), 0
	r.asking[a] = struct{}{}
}

func (a *asking) pause() {
	if a.stay == nil {
		return
	}
	r := a.stay.room
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.asking, a)
}

// asked is the body of an answer that is asked for.
type asked struct {
	io.ReadCloser
	*asking
}

func (b asked) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.stay == nil {
		return n, err
	}
	r := b.stay.room
	r.mu.Lock()
	defer r.mu.Unlock()
	if b.came += n; b.came >= aStep {
		b.went, b.came = time.Now(), 0
	}
	return n, err
}

// look lets go of the servers that keep room from others and do not go on.
func (r *room) look() {
	r.mu.Lock()
	defer r.mu.Unlock()
	now, allowed := time.Now(), hush
	r.forgive(now)
	if r.looks = len(r.line) > 0 || r.crowded; !r.looks {
		return
	}
	time.AfterFunc(glance, r.look)
	if r.crowded {
		allowed = shortHush
	}
	for a := range r.asking {
		if a.stay.whole.holds > 0 && now.Sub(a.went) > allowed {
			delete(r.asking, a)
			a.dismiss()
			r.dismissed = now
			if !r.crowded {
				r.crowded = true
				r.free += moreRoom
				r.serve()
			}
		}
	}
}

func (r *room) forgive(now time.Time) {
	if r.crowded && now.Sub(r.dismissed) > forgiven {
		r.crowded = false
		r.free -= moreRoom
	}
}

func (s *stay) leave() {
	if s.pace != nil {
		s.pace.rest()
	}
	r := s.room
	r.mu.Lock()
	defer r.mu.Unlock()
	r.free += s.taken
	s.whole.holds -= s.taken
	s.taken = 0
	if r.beyond == s { // a part alone does not give up the turn of the whole
		r.beyond = nil
	}
	r.serve()
}
