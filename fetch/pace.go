package fetch

import (
	"context"
	"slices"
	"sync"
	"time"
)

// pace holds back who would begin while enough others have work: what has come in
// takes memory until it is understood, and to begin more makes that no faster.
// Who waits for the network has no work: however many of them there are, they
// hold back nobody.
type pace struct {
	mu   sync.Mutex
	busy int             // stays with something to do
	line []chan struct{} // who waits to begin; closed when it may
}

const (
	mostBusy = 16                     // stays, before the next may begin: 80 in a second, however many servers are slow
	patience = 200 * time.Millisecond // an answer that takes longer is waited for
)

// begin waits until there is something to do for one more, or ctx ends.
func (p *pace) begin(ctx context.Context) error {
	p.mu.Lock()
	if p.busy < mostBusy {
		p.busy++
		p.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	p.line = append(p.line, turn)
	p.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	p.mu.Lock()
	at := slices.Index(p.line, turn)
	if at >= 0 {
		p.line = slices.Delete(p.line, at, at+1)
	}
	p.mu.Unlock()
	if at < 0 { // its turn came all the same
		p.rest()
	}
	return ctx.Err()
}

// rest says that one has nothing to do: it waits, or it is done.
func (p *pace) rest() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.busy--
	if p.busy < mostBusy && len(p.line) > 0 {
		p.busy++
		close(p.line[0])
		p.line = p.line[1:]
	}
}

// resume says that one that rested has something to do again. It does not wait:
// what it has takes memory already.
func (p *pace) resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.busy++
}
