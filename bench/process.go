package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// bench is a measurement under way: a program, a farm and a folder.
type bench struct {
	dir, program string
	farm         *exec.Cmd
	farmInput    io.Closer
	port         string
	published    int // items of each site
	missed       []string
}

func newBench() (b *bench, err error) {
	b = &bench{program: *program}
	if b.dir, err = os.MkdirTemp("", "samenloop-bench-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			b.Close()
		}
	}()
	if b.program == "" {
		b.program = filepath.Join(b.dir, "samenloop")
		if out, err := exec.Command("go", "build", "-trimpath", "-o", b.program, "./cmd/samenloop").CombinedOutput(); err != nil {
			return nil, fmt.Errorf("build samenloop: %w: %s", err, out)
		}
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	b.farm = exec.Command(self, "-role", "farm", "-sites", strconv.Itoa(*sites))
	b.farm.Stderr = os.Stderr
	if b.farmInput, err = b.farm.StdinPipe(); err != nil { // its end is the farm's end
		return nil, err
	}
	output, err := b.farm.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := b.farm.Start(); err != nil {
		return nil, err
	}
	if b.port, err = bufio.NewReader(output).ReadString('\n'); err != nil {
		return nil, fmt.Errorf("start the farm: %w", err)
	}
	b.port = strings.TrimSpace(b.port)
	b.published = itemsShown
	return b, nil
}

// Close ends the farm and removes what was made.
func (b *bench) Close() error {
	var err error
	if b.farmInput != nil {
		err = errors.Join(b.farmInput.Close(), b.farm.Wait())
	}
	return errors.Join(err, os.RemoveAll(b.dir))
}

// grow lets each site publish some more items, with or without validators.
func (b *bench) grow(items int, validators bool) error {
	b.published += items
	set := url.Values{"published": {strconv.Itoa(b.published)}, "validators": {strconv.FormatBool(validators)}}
	resp, err := http.PostForm("http://"+farmHost(0)+":"+b.port+"/set", set) // any of them: they are one process
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// config writes a configuration that reads the farm into a database of that name, and says where it stands.
func (b *bench) config(name string) (string, error) {
	var text strings.Builder
	fmt.Fprintf(&text, "[site]\nlanguages = [\"en\"]\ndatabase = %q\n[schedule]\npoll = \"0 0 1 1 *\"\n[fetch]\nallow_networks = [\"127.0.0.0/8\"]\n[[topic]]\nid = \"bench\"\nhashtags = [\"bench\"]\n", name+".db")
	for n := range *sites {
		fmt.Fprintf(&text, "[[source]]\nid = \"s%d\"\nurl = \"http://%s:%s/feed.xml\"\n", n, farmHost(n), b.port)
	}
	file := filepath.Join(b.dir, name+".toml")
	return file, os.WriteFile(file, []byte(text.String()), 0o600)
}

// cost is what a process took.
type cost struct {
	cpu time.Duration
	out []byte
}

// samenloop runs the program to its end.
func (b *bench) samenloop(args ...string) (cost, error) {
	cmd := exec.Command(b.program, args...)
	var out, trouble bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &trouble
	if err := cmd.Run(); err != nil {
		return cost{}, fmt.Errorf("samenloop %s: %w: %s%s", strings.Join(args, " "), err, troubles(out.Bytes()), lastLine(trouble.Bytes()))
	}
	return cost{cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), out.Bytes()}, nil
}

// troubles are the first lines of a round's table that tell of trouble.
func troubles(table []byte) string {
	var told strings.Builder
	n := 0
	for line := range bytes.Lines(table) {
		if bytes.Contains(line, []byte("trouble: ")) && n < 5 {
			told.Write(line)
			n++
		}
	}
	return told.String()
}

func lastLine(b []byte) []byte {
	b = bytes.TrimSpace(b)
	return b[bytes.LastIndexByte(b, '\n')+1:]
}

// round reads all sites once, and gives the CPU time of that.
func (b *bench) round(config string) (time.Duration, error) {
	c, err := b.samenloop("poll", "-config", config)
	return c.cpu, err
}

// server is a process that serves.
type server struct {
	cmd *exec.Cmd
	url string
}

var address = regexp.MustCompile(`http://[0-9.:]+`)

// start starts a server and waits until it says where it is.
func start(name string, args ...string) (*server, error) {
	cmd := exec.Command(name, args...)
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if u := address.FindString(lines.Text()); u != "" {
			go io.Copy(io.Discard, output)
			return &server{cmd, u}, nil
		}
	}
	return nil, fmt.Errorf("%s does not serve: %w", name, cmd.Wait())
}

// serve starts "samenloop serve".
func (b *bench) serve(config string) (*server, error) {
	return start(b.program, "serve", "-config", config, "-listen", "127.0.0.1:0")
}

// end stops the server and gives the CPU time that it took in all.
func (s *server) end() (time.Duration, error) {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return 0, err
	}
	s.cmd.Wait() // the bare one ends by the signal: that is no failure
	return s.cmd.ProcessState.UserTime() + s.cmd.ProcessState.SystemTime(), nil
}

// cpu is what the threads of the process took so far, to the nanosecond.
func (s *server) cpu() (total time.Duration, err error) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", s.cmd.Process.Pid))
	if err == nil && len(threads) == 0 {
		err = errors.New("this system does not tell what threads take")
	}
	for _, file := range threads {
		var ran time.Duration
		if text, err := os.ReadFile(file); err == nil { // else it has just ended
			fmt.Sscan(string(text), &ran)
		}
		total += ran
	}
	return total, err
}

// memory is what the process has resident now and had at most, in MB (10⁶ bytes).
func (s *server) memory() (now, most float64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0, 0, err
	}
	value := func(name string) float64 {
		_, rest, _ := strings.Cut(string(text), name+":")
		kB, _ := strconv.ParseFloat(strings.Fields(rest + " 0")[0], 64)
		return kB * 1024 / 1e6
	}
	return value("VmRSS"), value("VmHWM"), nil
}
