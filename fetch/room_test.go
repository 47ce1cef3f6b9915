package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
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

// Servers that stop in the middle of a large answer keep the room of their answers only
// while nobody else needs it; one that is slow but goes on keeps it.
func TestDalliersAreDismissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := client(t, Options{})
		c.transport = roundTrip(func(q *http.Request) (*http.Response, error) {
			in, out := io.Pipe()
			context.AfterFunc(q.Context(), func() { out.CloseWithError(q.Context().Err()) })
			go func() {
				defer func() { out.CloseWithError(q.Context().Err()) }()
				kind, _, _ := strings.Cut(q.URL.Host, ".")
				out.Write(make([]byte, 1_100_000))
				for n := 0; kind != "good"; n++ {
					select {
					case <-q.Context().Done():
						return
					case <-time.After(time.Second):
					}
					switch {
					case kind == "drips":
						out.Write(make([]byte, 100))
					case kind == "slow" && n < 15:
						out.Write(make([]byte, 20_000))
					case kind == "slow":
						return
					}
				}
			}()
			return &http.Response{StatusCode: 200, ContentLength: -1, Body: in}, nil
		})
		get := func(kind string, n int) (time.Duration, error) {
			ctx, leave := c.Stay(t.Context())
			defer leave()
			began := time.Now()
			_, err := c.Get(ctx, Request{URL: fmt.Sprintf("https://%s.%d.example/", kind, n)})
			return time.Since(began), err
		}
		if took, err := get("stops", 0); took != 20*time.Second || err == nil || errors.Is(err, errDallies) {
			t.Errorf("with nobody else it took %v: %v", took, err)
		}
		var all sync.WaitGroup
		for n := range 30 {
			for _, kind := range []string{"stops", "drips"} {
				all.Go(func() {
					if _, err := get(kind, n); err == nil {
						t.Errorf("%s was answered", kind)
					}
				})
			}
		}
		all.Go(func() {
			if took, err := get("slow", 0); err != nil {
				t.Errorf("what is slow ended after %v: %v", took, err)
			}
		})
		time.Sleep(time.Second)
		for n := range 30 {
			all.Go(func() {
				if took, err := get("good", n); err != nil || took > time.Minute { // of 20 s each, five at a time, it would be four
					t.Errorf("a good one took %v: %v", took, err)
				}
			})
		}
		all.Wait()
	})
}

// Hundreds of servers that stop in the middle of a large answer do not take the time of
// one each, and lose nothing of those that go on between them.
func TestManyDalliersTakeLittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const many, size = 250, 1_100_000
		c := client(t, Options{})
		c.transport = roundTrip(func(q *http.Request) (*http.Response, error) {
			in, out := io.Pipe()
			context.AfterFunc(q.Context(), func() { out.CloseWithError(q.Context().Err()) })
			go func() {
				time.Sleep(150 * time.Millisecond) // to begin
				out.Write(make([]byte, size))
				if strings.HasPrefix(q.URL.Host, "good") {
					out.Close()
				}
			}()
			return &http.Response{StatusCode: 200, ContentLength: -1, Body: in}, nil
		})
		var all sync.WaitGroup
		began := time.Now()
		for n := range 2 * many {
			kind := [...]string{"good", "stops"}[n%2]
			all.Go(func() {
				ctx, leave := c.Stay(t.Context())
				defer leave()
				if _, err := c.Get(ctx, Request{URL: fmt.Sprintf("https://%s.%d.example/", kind, n)}); (err == nil) != (kind == "good") {
					t.Errorf("%s: %v", kind, err)
				}
			})
		}
		all.Wait()
		if took := time.Since(began) - c.timeout; took > 20*time.Second {
			t.Errorf("besides the time of one it took %v", took)
		}
		if c.room.free != c.room.size() || c.room.beyond != nil || len(c.room.line) > 0 {
			t.Errorf("%d of %d free in the end, %d in line", c.room.free, c.room.size(), len(c.room.line))
		}
	})
}
