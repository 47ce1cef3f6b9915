package web

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestDoorChooses(t *testing.T) {
	type there struct {
		home   string
		waited time.Duration
	}
	crowd := func(home string, n int, waited time.Duration) (all []there) {
		for range n {
			all = append(all, there{home, waited})
		}
		return all
	}
	tests := []struct {
		name   string
		guests []there
		most   int
		want   string // home
	}{
		{"nobody", nil, 0, ""},
		{"there is place", crowd("a", 3, time.Hour), 3, ""},
		{"who waits longest", []there{{"a", time.Second}, {"b", time.Minute}, {"c", time.Millisecond}}, 2, "b"},
		{"the crowd, though it came just now", append(crowd("crowd", 900, 100*time.Millisecond), there{"slow", 60 * time.Second}), 900, "crowd"},
		{"one who reads for long, where nobody crowds", append(crowd("two", 2, 5*time.Second), there{"slow", 60 * time.Second}), 2, "slow"},
	}
	for _, tt := range tests {
		d, now := &Door{Most: tt.most}, time.Now()
		for _, g := range tt.guests {
			d.letIn(nil, g.home, now.Add(-g.waited))
		}
		got := ""
		if g := d.heaviest(tt.most, now); g != nil {
			got = g.home
		}
		if got != tt.want {
			t.Errorf("%s: %q goes, want %q", tt.name, got, tt.want)
		}
	}
}

// Who waits for us keeps their place before those who let us wait: for a request, or for
// the answer to be taken.
func TestDoorHearsOfSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		d := &Door{Most: 3}
		goes := func(want *guest, what string) {
			t.Helper()
			if d.heaviest(2, time.Now()) != want {
				t.Errorf("%s does not go", what)
			}
		}
		patient, slow, quiet := d.letIn(nil, "a", time.Now()), d.letIn(ours, "a", time.Now()), d.letIn(nil, "a", time.Now())
		time.Sleep(time.Second)
		moved(patient, http.StateActive)
		moved(slow, http.StateActive)
		goes(quiet, "one that asked for nothing yet")
		go slow.Write([]byte("an answer"))
		time.Sleep(time.Second)
		moved(quiet, http.StateActive)
		goes(slow, "one that takes nothing")
		io.ReadFull(theirs, make([]byte, len("an answer")))
		synctest.Wait()
		moved(quiet, http.StateIdle)
		time.Sleep(time.Second)
		goes(quiet, "one that asks for nothing more")
	})
}

func TestSlowReaders(t *testing.T) {
	tests := []struct {
		name      string
		takes     int
		each      time.Duration
		wantTaken bool
	}{
		{"slow and steady", leastTaken, timeToTake - time.Second, true},
		{"too little", leastTaken / 2, timeToTake - time.Second, false},
		{"with pauses", 64 << 10, timeToTake + time.Second, false},
		{"quick", 1 << 20, 0, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := net.Pipe()
				g := (&Door{Most: 1}).letIn(ours, "a", time.Now())
				var reading sync.WaitGroup
				reading.Go(func() {
					for buffer := make([]byte, tt.takes); ; {
						time.Sleep(tt.each)
						if _, err := io.ReadFull(theirs, buffer); err != nil {
							return
						}
					}
				})
				const answer = 256 << 10
				n, err := g.Write(make([]byte, answer))
				if taken := n == answer && err == nil; taken != tt.wantTaken || !taken && !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("%d bytes taken, then %v", n, err)
				}
				g.Close()
				reading.Wait()
			})
		})
	}
}

// Each write has its time, however close to the end of that of another it begins.
func TestTimeToTake(t *testing.T) {
	for _, pause := range []time.Duration{0, lessTime, lessTime + 1, timeToTake - 1, time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			ours, theirs := net.Pipe()
			g := (&Door{Most: 1}).letIn(ours, "a", time.Now())
			go theirs.Read(make([]byte, 1))
			if _, err := g.Write(make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
			g.SetWriteDeadline(time.Time{}) // as net/http does after each answer
			time.Sleep(pause)
			began := time.Now()
			_, err := g.Write(make([]byte, 1))
			if took := time.Since(began); !errors.Is(err, os.ErrDeadlineExceeded) || took < timeToTake-lessTime || took > timeToTake {
				t.Errorf("%v after another it ended after %v: %v", pause, took, err)
			}
		})
	}
}

// A full buffer waits for what follows it, and no longer than that.
func TestDoorHolds(t *testing.T) {
	full := strings.Repeat("x", fullBuffer)
	for _, tt := range []struct {
		name  string
		ends  func(*guest)
		after string
	}{
		{"the rest", func(g *guest) { io.WriteString(g, "rest") }, "rest"},
		{"another one", func(g *guest) { io.WriteString(g, full) }, full},
		{"the end of the answer", func(g *guest) { g.SetWriteDeadline(time.Time{}) }, ""}, // as net/http does
		{"the end of the connection", func(g *guest) { g.Close() }, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			ours, theirs := net.Pipe()
			g := (&Door{Most: 1}).letIn(ours, "a", time.Now())
			var got bytes.Buffer
			go got.ReadFrom(theirs)
			if n, err := io.WriteString(g, full); n != len(full) || err != nil {
				t.Errorf("%s: %d bytes taken, %v", tt.name, n, err)
			}
			synctest.Wait()
			if got.Len() > 0 {
				t.Errorf("%s: written before it came", tt.name)
			}
			tt.ends(g)
			ours.Close()
			synctest.Wait()
			if got.String() != full+tt.after {
				t.Errorf("%s: %d bytes came, not %d", tt.name, got.Len(), len(full+tt.after))
			}
		})
	}
}

// Of what is held, what a client that goes took counts for what it was asked to take.
func TestDoorCounts(t *testing.T) {
	for _, taken := range []int{0, 1, fullBuffer, fullBuffer + 5} {
		ours, theirs := net.Pipe()
		g := (&Door{Most: 1}).letIn(ours, "a", time.Now())
		g.Write(make([]byte, fullBuffer))
		go func() {
			io.ReadFull(theirs, make([]byte, taken))
			theirs.Close()
		}()
		if n, err := g.Write(make([]byte, 10)); n != max(0, taken-fullBuffer) || err == nil {
			t.Errorf("of %d taken in all %d are of the second write (%v)", taken, n, err)
		}
	}
}

// An answer of any length arrives whole, also where its connection ends with it.
func TestDoorLetsOut(t *testing.T) {
	site, err := Server(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		length, _ := strconv.Atoi(r.URL.Query().Get("length"))
		if parts := r.URL.Query().Has("parts"); !parts {
			w.Header().Set("Content-Length", strconv.Itoa(length))
		}
		w.Write(bytes.Repeat([]byte("x"), length/2))
		w.Write(bytes.Repeat([]byte("x"), length-length/2))
	}), "", "http://127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	server.Config, server.Listener = site, &Door{Listener: server.Listener, Most: 8}
	server.Start()
	defer server.Close()
	var lengths []int
	for n := 0; n < 2*fullBuffer; n += 100 {
		lengths = append(lengths, n)
	}
	for n := fullBuffer - 300; n <= fullBuffer; n++ { // with its head it is a full buffer, or less, or more
		lengths = append(lengths, n, n+fullBuffer)
	}
	for _, closing := range []bool{false, true} {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: closing}, Timeout: 10 * time.Second}
		for _, length := range lengths {
			for _, how := range []string{"", "&parts"} {
				resp, err := client.Get(fmt.Sprintf("%s/?length=%d%s", server.URL, length, how))
				if err != nil {
					t.Fatalf("%d bytes: %v", length, err)
				}
				n, err := io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				if err != nil || n != int64(length) {
					t.Fatalf("%d of %d bytes came (closing %v%s): %v", n, length, closing, how, err)
				}
			}
		}
		client.CloseIdleConnections()
	}
}

// A clock that is set back ends no connection.
func TestDoorClockSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		go io.Copy(io.Discard, theirs)
		g := (&Door{Most: 1}).letIn(ours, "a", time.Now())
		io.WriteString(g, "one answer")
		time.Sleep(2 * timeToTake)
		g.deadline.Store(time.Now().Add(time.Hour).UnixNano()) // as it looks then
		if _, err := io.WriteString(g, "another"); err != nil {
			t.Error(err)
		}
		ours.Close()
	})
}

// knocking is a listener of connections that are there already.
type knocking chan net.Conn

func (k knocking) Accept() (net.Conn, error) {
	if c, ok := <-k; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}
func (k knocking) Close() error   { close(k); return nil }
func (k knocking) Addr() net.Addr { return &net.TCPAddr{} }

// Who is being answered when the server stops gets all of the answer, however slowly they take it.
func TestDoorShutsAfterTheAnswer(t *testing.T) {
	const date = "Mon, 23 Nov 2026 12:00:00 GMT"
	for length := fullBuffer - 1; length <= fullBuffer+1; length++ {
		synctest.Test(t, func(t *testing.T) {
			site, err := Server(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				const head = "HTTP/1.1 200 OK\r\nContent-Length: 9999\r\nContent-Type: text/plain\r\nDate: " + date + "\r\n\r\n"
				body := length - len(head)
				w.Header().Set("Date", date)
				w.Header().Set("Content-Type", "text/plain")
				w.Header().Set("Content-Length", strconv.Itoa(body))
				io.WriteString(w, strings.Repeat("x", body))
			}), "", "http://127.0.0.1")
			if err != nil {
				t.Fatal(err)
			}
			listener := make(knocking, 1)
			go site.Serve(&Door{Listener: listener, Most: 8})
			ours, theirs := net.Pipe()
			listener <- ours
			io.WriteString(theirs, "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
			synctest.Wait()
			go site.Shutdown(t.Context())
			time.Sleep(time.Second)
			if answer, err := io.ReadAll(theirs); len(answer) != length || err != nil {
				t.Errorf("%d of %d bytes came, %v", len(answer), length, err)
			}
		})
	}
}

// Whoever knocks is let in and answered, however many sit there, and those make place.
func TestDoorLetsIn(t *testing.T) {
	site, err := Server(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "here") }), "", "http://127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	door := &Door{Listener: server.Listener, Most: 8}
	server.Config, server.Listener = site, door
	server.Start()
	defer server.Close()
	address := server.Listener.Addr().String()
	var sitting []net.Conn
	for i := range 5 * door.Most {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprint(c, "GET / HTTP/1.1\r\nHost:"[:i%20]) // none says all that it has to
		sitting = append(sitting, c)
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: i%2 == 0}}
		resp, err := client.Get("http://" + address)
		if err != nil {
			t.Fatalf("with %d there: %v", i+1, err)
		}
		defer client.CloseIdleConnections()
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	door.mu.Lock()
	if len(door.guests) > door.Most || door.homes["127.0.0.1/32"] != len(door.guests) || len(door.homes) != 1 {
		t.Errorf("%d are in, of households %v, where %d may be", len(door.guests), door.homes, door.Most)
	}
	door.mu.Unlock()
	if _, err := io.ReadAll(sitting[0]); err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the first that sat there: %v", err)
	}
}

// outOfFiles says so, once.
type outOfFiles struct {
	net.Listener
	said bool
}

func (l *outOfFiles) Accept() (net.Conn, error) {
	if !l.said {
		l.said = true
		return nil, &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
	}
	c, _ := net.Pipe()
	return c, nil
}

// Where the system lets us have no more open, a connection makes place too.
func TestDoorWithoutFiles(t *testing.T) {
	d := &Door{Listener: &outOfFiles{}, Most: 8}
	if _, err := d.Accept(); !errors.Is(err, syscall.EMFILE) {
		t.Errorf("where nobody is: %v", err)
	}
	d.Listener = &outOfFiles{}
	sitting, theirs := net.Pipe()
	d.letIn(sitting, "a", time.Now())
	if _, err := d.Accept(); err != nil {
		t.Error(err)
	}
	if _, err := theirs.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the one that sat there: %v", err)
	}
}
