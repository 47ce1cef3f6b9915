package fetch

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Who has something to do holds back who would begin; who waits for a server does not.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := client(t, Options{})
		var (
			all     sync.WaitGroup
			begun   atomic.Int64
			waiting = make(chan struct{})
		)
		for range 3 * mostBusy {
			all.Go(func() {
				ctx, leave := c.Stay(t.Context())
				defer leave()
				begun.Add(1)
				answered := stayOf(ctx).wait()
				<-waiting
				answered()
				time.Sleep(time.Second) // it works
			})
		}
		check := func(when string, want int64) {
			t.Helper()
			synctest.Wait()
			if n := begun.Load(); n != want {
				t.Errorf("%s: %d of %d began", when, n, want)
			}
		}
		check("at first", mostBusy)
		time.Sleep(patience / 2)
		check("before an answer can be called slow", mostBusy)
		time.Sleep(patience)
		check("when servers are slow", 2*mostBusy)
		close(waiting) // all that began have something to do
		time.Sleep(patience)
		check("while all are busy", 2*mostBusy)
		all.Wait()
		if begun.Load() != 3*mostBusy || c.pace.busy != 0 || len(c.pace.line) != 0 {
			t.Errorf("in the end %d began, %d are busy, %d wait", begun.Load(), c.pace.busy, len(c.pace.line))
		}
	})
}

// Who does not want to begin any more takes nobody's turn.
func TestPaceOfWhoGoesAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := client(t, Options{})
		var leaves []func()
		for range mostBusy {
			_, leave := c.Stay(t.Context())
			leaves = append(leaves, leave)
		}
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, leave := c.Stay(impatient)
		leaves = append(leaves, leave)
		for _, leave := range leaves {
			leave()
		}
		if c.pace.busy != 0 || len(c.pace.line) != 0 {
			t.Errorf("%d are busy, %d wait", c.pace.busy, len(c.pace.line))
		}
	})
}
