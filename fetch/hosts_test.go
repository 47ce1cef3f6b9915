package fetch

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// roundTrip stands in for the network where time is what is tested.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(q *http.Request) (*http.Response, error) { return f(q) }

func client(t testing.TB, o Options) *Client {
	t.Helper()
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestLimitsOpenRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		open, most, all, mostInAll := make(map[string]int), make(map[string]int), 0, 0
		c := client(t, Options{PerHost: 2, Concurrency: 5, Timeout: time.Minute})
		c.transport = roundTrip(func(q *http.Request) (*http.Response, error) {
			host := q.URL.Host
			mu.Lock()
			open[host]++
			all++
			most[host] = max(most[host], open[host])
			mostInAll = max(mostInAll, all)
			mu.Unlock()
			time.Sleep(50 * time.Second) // less than the timeout, the queue is longer
			mu.Lock()
			open[host]--
			all--
			mu.Unlock()
			return &http.Response{StatusCode: 304, Body: http.NoBody}, nil
		})
		began := time.Now()
		var round sync.WaitGroup
		for range 6 {
			for _, host := range []string{"a.example", "b.example", "c.example", "d.example"} {
				round.Go(func() {
					if _, err := c.Get(t.Context(), Request{URL: "https://" + host + "/"}); err != nil {
						t.Error(err)
					}
				})
			}
		}
		round.Wait()
		for host, n := range most {
			if n != 2 {
				t.Errorf("%d requests open to %s", n, host)
			}
		}
		if mostInAll != 5 {
			t.Errorf("%d requests open in all", mostInAll)
		}
		if took := time.Since(began); took > 7*50*time.Second {
			t.Errorf("24 requests, 5 at a time, took %v", took)
		}
		if len(c.hosts.turns) != 0 {
			t.Errorf("%d hosts are remembered", len(c.hosts.turns))
		}
	})
}

func TestQueueOfOneHostHoldsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := client(t, Options{PerHost: 1, Concurrency: 2})
		leave, err := c.hosts.enter(t.Context(), "slow.example")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var queue sync.WaitGroup
		for range 5 {
			queue.Go(func() {
				if _, err := c.hosts.enter(ctx, "slow.example"); !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		other, err := c.hosts.enter(t.Context(), "quick.example")
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		queue.Wait()
		other()
		leave()
		if len(c.hosts.turns) != 0 || len(c.hosts.open) != 0 {
			t.Errorf("%d hosts, %d open requests are left", len(c.hosts.turns), len(c.hosts.open))
		}
	})
}

func TestStoppedTurnGoesToTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := client(t, Options{PerHost: 1, Concurrency: 1})
		busy, err := c.hosts.enter(t.Context(), "busy.example")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		go c.hosts.enter(ctx, "example.org") // has its host's turn, but not yet one of all
		synctest.Wait()
		next := make(chan error)
		go func() {
			leave, err := c.hosts.enter(t.Context(), "example.org")
			if err == nil {
				leave()
			}
			next <- err
		}()
		synctest.Wait()
		cancel()
		synctest.Wait()
		busy()
		if err := <-next; err != nil {
			t.Error(err)
		}
	})
}

func TestStoppedWhileWaiting(t *testing.T) {
	c := client(t, Options{Concurrency: 1})
	leave, err := c.hosts.enter(t.Context(), "other.example")
	if err != nil {
		t.Fatal(err)
	}
	defer leave()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = c.Get(ctx, Request{URL: "https://example.org/"})
	var e *Error
	if !errors.As(err, &e) || e.Reason != "stopped while it waited for its turn" || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := client(t, Options{Timeout: 20 * time.Second})
		c.transport = roundTrip(func(q *http.Request) (*http.Response, error) {
			<-q.Context().Done()
			return nil, q.Context().Err()
		})
		began := time.Now()
		_, err := c.Get(t.Context(), Request{URL: "https://example.org/"})
		var e *Error
		if !errors.As(err, &e) || e.Reason != "timeout after 20s; if it is always so slow, raise [fetch] timeout" || !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 20*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = c.Get(ctx, Request{URL: "https://example.org/"})
		if !errors.As(err, &e) || e.Reason != "stopped before the answer was there" || !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}

func TestTimeoutIsOfAllRedirectsTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := client(t, Options{Timeout: 20 * time.Second})
		c.transport = roundTrip(func(q *http.Request) (*http.Response, error) {
			select {
			case <-time.After(8 * time.Second):
				return &http.Response{StatusCode: 302, Header: http.Header{"Location": {"/on"}}, Body: http.NoBody}, nil
			case <-q.Context().Done():
				return nil, q.Context().Err()
			}
		})
		began := time.Now()
		_, err := c.Get(t.Context(), Request{URL: "https://example.org/"})
		if err == nil || err.Error() != "get https://example.org/on: timeout after 20s; if it is always so slow, raise [fetch] timeout" || time.Since(began) != 20*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

func TestHold(t *testing.T) {
	now := noon
	asked, status := 0, 429
	c := client(t, Options{Now: func() time.Time { return now }})
	c.transport = roundTrip(func(q *http.Request) (*http.Response, error) {
		asked++
		return &http.Response{StatusCode: status, Header: http.Header{"Retry-After": {"600"}}, Body: http.NoBody}, nil
	})
	get := func(url string) error {
		_, err := c.Get(t.Context(), Request{URL: url})
		return err
	}
	if r, err := c.Get(t.Context(), Request{URL: "http://Example.org/a"}); err != nil || r.RetryAfter != 10*time.Minute {
		t.Fatal(r, err)
	}
	status = 200
	for _, url := range []string{"http://example.org/b", "https://example.org./c"} {
		var held *HeldError
		if err := get(url); !errors.As(err, &held) || held.Host != "example.org" || !held.Until.Equal(noon.Add(10*time.Minute)) {
			t.Errorf("%s: %v", url, err)
		}
	}
	if asked != 1 {
		t.Errorf("a held host was asked %d times", asked-1)
	}
	if err := get("http://other.example/"); err != nil {
		t.Error(err)
	}
	c.Hold("example.org", now.Add(time.Minute)) // shorter: the longer one stays
	now = noon.Add(10*time.Minute - 1)
	if get("http://example.org/") == nil {
		t.Error("asked too early")
	}
	now = noon.Add(10 * time.Minute)
	if err := get("http://example.org/"); err != nil {
		t.Error(err)
	}

	// By a clock that was years ahead; it is set right before it is asked again.
	now = noon.Add(20 * 365 * 24 * time.Hour)
	c.Hold("example.org", now.Add(time.Hour))
	if get("http://example.org/") == nil {
		t.Error("asked too early")
	}
	now = noon.Add(20 * time.Minute)
	if err := get("http://example.org/"); err != nil {
		t.Errorf("after the clock came back: %v", err)
	}

	c.Hold("Seeded.example:8080", now.Add(1000*time.Hour))
	var held *HeldError
	if err := get("http://seeded.example:8080/"); !errors.As(err, &held) || !held.Until.Equal(now.Add(24*time.Hour)) {
		t.Error(err)
	}
	if len(c.hosts.held) != 1 {
		t.Errorf("%v are remembered", c.hosts.held)
	}
}

func TestQueueSeesThatItsHostIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := client(t, Options{PerHost: 1})
		c.transport = roundTrip(func(q *http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			return &http.Response{StatusCode: 503, Header: http.Header{"Retry-After": {"60"}}, Body: http.NoBody}, nil
		})
		asked, held := 0, 0
		var mu sync.Mutex
		var round sync.WaitGroup
		for range 4 {
			round.Go(func() {
				_, err := c.Get(t.Context(), Request{URL: "https://example.org/"})
				mu.Lock()
				defer mu.Unlock()
				if errors.As(err, new(*HeldError)) {
					held++
				} else {
					asked++
				}
			})
		}
		round.Wait()
		if asked != 1 || held != 3 {
			t.Errorf("%d asked, %d held", asked, held)
		}
	})
}

func TestRedirectToHeldHost(t *testing.T) {
	c := client(t, Options{})
	c.transport = roundTrip(func(q *http.Request) (*http.Response, error) {
		if q.URL.Host != "a.example" {
			t.Errorf("%s was asked", q.URL)
		}
		return &http.Response{StatusCode: 302, Header: http.Header{"Location": {"https://b.example/"}}, Body: http.NoBody}, nil
	})
	c.Hold("b.example", time.Now().Add(time.Hour))
	if _, err := c.Get(t.Context(), Request{URL: "https://a.example/"}); !errors.As(err, new(*HeldError)) {
		t.Error(err)
	}
}
