package fetch

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Whoever holds a part and waits for more ends all the same, one after another.
func TestStaysDoNotWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := client(t, Options{})
		var all sync.WaitGroup
		var held, most atomic.Int64
		for range 100 {
			all.Go(func() {
				ctx, leave := c.Stay(t.Context())
				defer leave()
				mine := int64(0)
				for range 10 {
					if err := stayOf(ctx).take(ctx, 1_000_000); err != nil {
						t.Error(err)
					}
					mine += 1_000_000
					for now := held.Add(1_000_000); now > most.Load(); {
						most.Store(now)
					}
					time.Sleep(time.Millisecond)
				}
				held.Add(-mine)
			})
		}
		all.Wait()
		if c.room.free != maxRoom || c.room.beyond != nil {
			t.Errorf("%d of %d free in the end", c.room.free, maxRoom)
		}
		if n := most.Load(); n > maxRoom+10_000_000 {
			t.Errorf("%d bytes at once", n)
		}
	})
}

// A part that ends gives back its own, and not the turn of the whole.
func TestStayWithinAStay(t *testing.T) {
	c := client(t, Options{})
	outer, leave := c.Stay(t.Context())
	inner, leaveInner := c.Stay(outer)
	for _, ctx := range []context.Context{outer, inner} {
		if err := stayOf(ctx).take(ctx, maxRoom); err != nil { // the second beyond what is free
			t.Fatal(err)
		}
	}
	leaveInner()
	if c.room.free != 0 || c.room.beyond == nil {
		t.Errorf("%d free", c.room.free)
	}
	other, leaveOther := c.Stay(t.Context())
	defer leaveOther()
	late, cancel := context.WithTimeout(other, 10*time.Millisecond)
	defer cancel()
	if stayOf(other).take(late, 1) == nil {
		t.Error("there was no room")
	}
	leave()
	if err := stayOf(other).take(other, 1); err != nil {
		t.Error(err)
	}
}

func TestBodiesTakeRoom(t *testing.T) {
	body := bytes.Repeat([]byte("beek"), 100_000)
	home := serve(t, func(w http.ResponseWriter, q *http.Request) { w.Write(body) })
	c := client(t, Options{AllowNetworks: loopback})
	ctx, leave := c.Stay(t.Context())
	if r, err := c.Get(ctx, Request{URL: home}); err != nil || !bytes.Equal(r.Body, body) {
		t.Fatal(err)
	}
	if taken := maxRoom - c.room.free; taken < int64(len(body)-noRoom) || taken > int64(2*len(body)) {
		t.Errorf("%d taken for %d", taken, len(body))
	}
	leave()
	if _, err := c.Get(t.Context(), Request{URL: home}); err != nil || c.room.free != maxRoom {
		t.Error(err, fmt.Sprint(c.room.free))
	}
}
