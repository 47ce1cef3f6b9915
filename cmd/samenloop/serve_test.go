package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// startServe starts "samenloop serve" and returns where it serves.
func startServe(t *testing.T, args ...string) (cmd *exec.Cmd, base string) {
	t.Helper()
	cmd = exec.CommandContext(t.Context(), "samenloop", append([]string{"serve", "-listen", "127.0.0.1:0"}, args...)...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	page := regexp.MustCompile(`^  page +(http://\S+)/$`)
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if m := page.FindStringSubmatch(lines.Text()); m != nil {
			go io.Copy(io.Discard, stdout)
			return cmd, m[1]
		}
	}
	t.Fatal("serve did not say where its page is")
	return nil, ""
}

// ends waits for an end in good order, which may take 5 seconds.
func ends(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	began := time.Now()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("serve ended with %v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v to end", took)
	}
}

func read(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(resp.StatusCode, " ", string(body))
}

// until asks again until an answer has what is wanted.
func until(t *testing.T, url, want string) string {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	timeout := time.After(20 * time.Second)
	for {
		got := read(t, url)
		if strings.Contains(got, want) {
			return got
		}
		select {
		case <-tick.C:
		case <-timeout:
			t.Fatalf("%s never had %q; it has %s", url, want, got)
		}
	}
}

// The demo fills its feeds within seconds, answers conditionally and ends when told.
func TestServeDemo(t *testing.T) {
	cmd, base := startServe(t, "-demo")
	if got := read(t, base+"/source/buurtnet/feed.atom"); !strings.HasPrefix(got, "200 ") {
		t.Errorf("the feed of a source is not there from the first: %.100s", got)
	}
	until(t, base+"/nl/feed.atom", "<entry")
	for _, path := range []string{"/feed.rss", "/en/feed.json", "/", "/ar/"} {
		if got := read(t, base+path); !strings.HasPrefix(got, "200 ") {
			t.Errorf("%s answers %.100s", path, got)
		}
	}
	if got := read(t, base+"/xx/feed.atom"); !strings.HasPrefix(got, "404 ") {
		t.Errorf("an unknown language answers %.100s", got)
	}
	ends(t, cmd)
}

// A site that never ends its answer holds up neither the others nor the end; nor do
// visitors who say nothing, not all, or take nothing of what they asked for.
func TestServeEndsInTheMiddleOfARound(t *testing.T) {
	arrived := make(chan struct{}, 10)
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-r.Context().Done()
	}))
	defer slow.Close()
	quick := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `<rss version="2.0"><channel><title>Quick</title><item><title>One #web</title><guid>1</guid></item></channel></rss>`)
	}))
	defer quick.Close()
	config := filepath.Join(t.TempDir(), "config.toml")
	text := fmt.Sprintf(`
[fetch]
allow_networks = ["127.0.0.0/8"]
[[topic]]
id = "web"
hashtags = ["web"]
[[source]]
id = "slow"
url = "%s/feed"
[[source]]
id = "quick"
url = "%s/feed"
full_text = false
`, slow.URL, quick.URL)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd, base := startServe(t, "-config", config)
	<-arrived
	until(t, base+"/feed.json", "One #web")

	// One at a time.
	out, err := exec.CommandContext(t.Context(), "samenloop", "poll", "-config", config).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "another samenloop") {
		t.Errorf("poll beside serve: %v: %s", err, out)
	}
	get := "GET /feed.json HTTP/1.1\r\nHost: " + strings.TrimPrefix(base, "http://") + "\r\n"
	for _, says := range []string{"", get, get + "\r\n", strings.Repeat(get+"\r\n", 5000)} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.(*net.TCPConn).SetReadBuffer(4 << 10)
		go io.WriteString(conn, says)
	}
	until(t, base+"/healthz", "ok") // they are in
	ends(t, cmd)

	// What was cut off says nothing about the source.
	out, err = exec.CommandContext(t.Context(), "samenloop", "source", "list", "-json", "-config", config).Output()
	if err != nil || strings.Count(string(out), `"trouble":""`) != 2 {
		t.Errorf("after the end: %v: %s", err, out)
	}
}
