package web

import (
	"errors"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Door is the listener of a [Server]: Most connections are open at a time, and one
// who knocks is always let in. Where there is no place it is made by the connection
// that weighs most: how long its client has kept us waiting, for a request or with the
// taking of an answer, times how many connections its household has. So those who come
// and wait, or trickle, push out each other. Behind a proxy all are of one household,
// and time alone decides.
//
// A client that does not take what is written to it is let go.
type Door struct {
	net.Listener
	Most int

	mu     sync.Mutex
	guests map[*guest]struct{}
	homes  map[string]int // how many guests each household has
}

// How a client shows that it reads: so much of an answer, each time.
const (
	leastTaken = 4 << 10 // bytes
	timeToTake = 10 * time.Second
	lessTime   = time.Second // by so much it may be less: a timer that is set for each write costs more than the rest of it
	mostUnread = 256 << 10   // bytes that the system keeps for one; else it may be megabytes
)

// A full buffer of net/http is the head of an answer with the first of its body. The
// rest follows in a write of its own, which costs the system as much again: it is held
// until that comes.
const fullBuffer = 4 << 10 // bytes

var fullBuffers = sync.Pool{New: func() any { return new([fullBuffer]byte) }}

// guest is a connection that was let in.
type guest struct {
	net.Conn
	door *Door
	home string

	since    atomic.Int64                     // when it began to keep us waiting, in Unix nanoseconds; zero where it waits for us
	held     atomic.Pointer[[fullBuffer]byte] // goes with what is written next; whoever takes it out has it alone
	deadline atomic.Int64                     // of its writes, in Unix nanoseconds
}

// Accept implements [net.Listener].
func (d *Door) Accept() (net.Conn, error) {
	conn, err := d.Listener.Accept()
	if (errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)) && d.makePlace(0) {
		conn, err = d.Listener.Accept()
	}
	if err != nil {
		return nil, err
	}
	d.makePlace(d.Most - 1)
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetWriteBuffer(mostUnread) // where that fails, the system's own limit holds
	}
	return d.letIn(conn, homeOf(conn.RemoteAddr()), time.Now()), nil
}

func (d *Door) letIn(conn net.Conn, home string, now time.Time) *guest {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.guests == nil {
		d.guests, d.homes = map[*guest]struct{}{}, map[string]int{}
	}
	g := &guest{Conn: conn, door: d, home: home}
	g.waits(now)
	d.guests[g] = struct{}{}
	d.homes[home]++
	return g
}

// makePlace ends the connection that weighs most where there are more than so many.
func (d *Door) makePlace(most int) bool {
	g := d.heaviest(most, time.Now())
	if g == nil {
		return false
	}
	g.leave()
	g.Conn.Close() // what is held would be waited for
	return true
}

// heaviest is nil where there are no more than so many.
func (d *Door) heaviest(most int, now time.Time) (heaviest *guest) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.guests) <= most {
		return nil
	}
	var weight time.Duration
	for g := range d.guests {
		waited := time.Second // where it is we who keep all waiting, crowds go first
		if since := g.since.Load(); since != 0 {
			waited += max(0, time.Duration(now.UnixNano()-since)) // a clock can be set back
		}
		if w := waited * time.Duration(d.homes[g.home]); w > weight {
			heaviest, weight = g, w
		}
	}
	return heaviest
}

// moved is told of each step of a connection.
func moved(c net.Conn, step http.ConnState) {
	g, ok := c.(*guest)
	switch {
	case !ok:
	case step == http.StateActive: // its request is there
		g.since.Store(0)
	case step == http.StateIdle: // its answer was taken
		g.waits(time.Now())
	}
}

// waits says since when it has kept us waiting.
func (g *guest) waits(since time.Time) { g.since.Store(since.UnixNano()) }

// Close implements [net.Conn].
func (g *guest) Close() error {
	g.leave()
	return errors.Join(g.release(), g.Conn.Close())
}

// leave gives its place to others.
func (g *guest) leave() {
	g.door.mu.Lock()
	defer g.door.mu.Unlock()
	if _, here := g.door.guests[g]; here {
		delete(g.door.guests, g)
		if g.door.homes[g.home]--; g.door.homes[g.home] == 0 {
			delete(g.door.homes, g.home)
		}
	}
}

// Write implements [net.Conn].
func (g *guest) Write(b []byte) (int, error) {
	held := g.held.Swap(nil)
	switch {
	case held != nil:
		defer fullBuffers.Put(held)
		n, err := g.write(net.Buffers{held[:], b})
		return max(0, n-fullBuffer), err
	case len(b) == fullBuffer:
		held = fullBuffers.Get().(*[fullBuffer]byte)
		copy(held[:], b)
		g.held.Store(held)
		return len(b), nil
	}
	return g.write(net.Buffers{b})
}

// release writes what is held, where nothing follows it.
func (g *guest) release() error {
	held := g.held.Swap(nil)
	if held == nil {
		return nil
	}
	defer fullBuffers.Put(held)
	_, err := g.write(net.Buffers{held[:]})
	return err
}

// write goes on for as long as the client goes on reading.
func (g *guest) write(b net.Buffers) (n int, err error) {
	now := time.Now()
	g.waits(now)
	defer g.since.Store(0)
	for ; ; now = time.Now() {
		deadline := now.Add(timeToTake)
		if moves := deadline.UnixNano() - g.deadline.Load(); moves > int64(lessTime) || moves < 0 { // a clock can be set back
			if err := g.Conn.SetWriteDeadline(deadline); err != nil {
				return n, err
			}
			g.deadline.Store(deadline.UnixNano())
		}
		taken, err := b.WriteTo(g.Conn)
		n += int(taken)
		if taken < leastTaken || !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
	}
}

// SetWriteDeadline implements [net.Conn]. How long a write may take is for the door alone
// to say. net/http takes back every deadline when an answer is at its end: before it
// believes that the connection is idle, or waits with closing it.
func (g *guest) SetWriteDeadline(time.Time) error { return g.release() }

// homeOf is whose connection it is.
func homeOf(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return addr.String()
	}
	near, _ := networks(tcp.AddrPort().Addr().Unmap().WithZone(""))
	return near
}
