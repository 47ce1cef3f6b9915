package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

// patient is a samenloop with one source, to which something happens.
type patient struct {
	*testing.T
	dir    string // database, configuration, program; anybody may look into it
	feed   string
	items  atomic.Int64
	nobody bool              // commands run as a user who owns nothing here
	ids    map[string]string // URL → id, as first emitted
}

func newPatient(t *testing.T) *patient {
	dir, err := os.MkdirTemp("", "samenloop-faults-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	p := &patient{T: t, dir: dir, ids: map[string]string{}}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	p.feed = server.URL + "/feed"
	config := configText("web", "database = \"here/samenloop.db\"", p.feed)
	if err := errors.Join(os.Chmod(dir, 0o755), os.Mkdir(filepath.Join(dir, "here"), 0o755), os.WriteFile(filepath.Join(dir, "config.toml"), []byte(config), 0o644)); err != nil {
		t.Fatal(err)
	}
	program, err := exec.LookPath("samenloop")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "samenloop"), text, 0o755); err != nil {
		t.Fatal(err)
	}
	return p
}

// ServeHTTP is the source, which forgets nothing.
func (p *patient) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := p.items.Load()
	etag := fmt.Sprintf(`"%d"`, n)
	w.Header().Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	io.WriteString(w, `<rss version="2.0"><channel><title>T</title>`)
	for i := range n {
		fmt.Fprintf(w, `<item><title>Item %d #web</title><link>http://%[2]s/%[1]d</link><guid>%[1]d</guid><description>%[3]s</description></item>`, i, r.Host, strings.Repeat(fmt.Sprintf("word%d ", i), 2000))
	}
	io.WriteString(w, `</channel></rss>`)
}

func (p *patient) database() string { return filepath.Join(p.dir, "here", "samenloop.db") }

// run is a command as a user gives it: what it prints, its last line, how it ends.
func (p *patient) run(words ...string) (out, line string, code int) {
	p.Helper()
	return p.wrapped(p.command(words...))
}

// command is samenloop with these words.
func (p *patient) command(words ...string) *exec.Cmd {
	words = append(words, "-config", filepath.Join(p.dir, "config.toml"))
	return exec.CommandContext(p.Context(), filepath.Join(p.dir, "samenloop"), words...)
}

func (p *patient) wrapped(cmd *exec.Cmd) (out, line string, code int) {
	p.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if p.nobody && os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	var ended *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &ended) {
		p.Fatal(err)
	}
	var lines []string
	for l := range strings.Lines(stderr.String()) {
		if strings.HasPrefix(l, "samenloop: ") {
			lines = append(lines, l)
		} else if strings.Contains(l, "goroutine ") || strings.Contains(l, "panic") {
			p.Errorf("%v: %s", cmd.Args, stderr.String())
		}
	}
	if len(lines) > 1 {
		p.Errorf("%v says more than a line: %q", cmd.Args, lines)
	}
	return stdout.String(), strings.Join(lines, ""), cmd.ProcessState.ExitCode()
}

// publish writes some posts and, where asked, has them read.
func (p *patient) publish(n int64) { p.items.Add(n) }

func (p *patient) poll() {
	p.Helper()
	if out, line, code := p.run("poll"); code != 0 {
		p.Fatalf("poll ends with %d: %s%s", code, out, line)
	}
}

// whole says whether each post that was published is stored and emitted exactly
// once, under the id it had before.
func (p *patient) whole() {
	p.Helper()
	want := int(p.items.Load())
	out, line, code := p.run("post", "list", "-json")
	if n := strings.Count(out, "\n"); code != 0 || n != want {
		p.Errorf("%d posts are stored, want %d: %s", n, want, line)
	}
	out, line, code = p.run("feed", "/feed.json")
	var feed struct {
		Items []struct{ ID, URL string }
	}
	if err := json.Unmarshal([]byte(out), &feed); err != nil || code != 0 {
		p.Fatalf("feed: %v: %s", err, line)
	}
	ids := map[string]string{}
	for _, item := range feed.Items {
		if was, ok := p.ids[item.URL]; ok && was != item.ID {
			p.Errorf("%s had the id %s, now it has %s", item.URL, was, item.ID)
		}
		ids[item.URL] = item.ID
	}
	if len(feed.Items) != want || len(ids) != want {
		p.Errorf("%d are emitted, of %d addresses, want %d", len(feed.Items), len(ids), want)
	}
	maps.Copy(p.ids, ids)
}

// files is what stands where the database does, byte for byte.
func (p *patient) files() map[string]string {
	files := map[string]string{}
	err := filepath.WalkDir(filepath.Dir(p.database()), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(path, ".lock") || strings.HasSuffix(path, "-shm") {
			return err
		}
		text, err := os.ReadFile(path)
		files[filepath.Base(path)] = string(text)
		return err
	})
	if err != nil {
		p.Fatal(err)
	}
	return files
}

// fault is something that happens to a storage.
type fault struct {
	name string
	// happen makes it so and returns what a person does about it after having read
	// the refusal; nil where it cannot be done on this system.
	happen func(*patient) (mend func())
	poll   func(*patient) *exec.Cmd // a round meanwhile; nil: an ordinary one
	says   string                   // in the refusal of a round; empty where it may go on
	reads  bool                     // reading commands go on
	keeps  bool                     // the files stay as they are, byte for byte
}

// edit changes the bytes of the database, or of what stands beside it.
func edit(suffix string, change func([]byte) []byte) func(*patient) func() {
	return func(p *patient) func() {
		copied := filepath.Join(p.dir, "copy")
		if _, line, code := p.run("backup", copied); code != 0 {
			p.Fatal(line)
		}
		text, err := os.ReadFile(p.database() + suffix)
		if err != nil {
			p.Fatal(err)
		}
		if err := os.WriteFile(p.database()+suffix, change(text), 0o600); err != nil {
			p.Fatal(err)
		}
		return func() { // as README.md says
			os.Remove(p.database() + "-wal")
			os.Remove(p.database() + "-shm")
			if err := os.Rename(copied, p.database()); err != nil {
				p.Fatal(err)
			}
		}
	}
}

// replaced puts another file in the place of the database, until somebody puts it back.
func replaced(statements string) func(*patient) func() {
	return func(p *patient) func() {
		aside := filepath.Join(p.dir, "aside")
		if err := os.Rename(p.database(), aside); err != nil {
			p.Fatal(err)
		}
		makeDatabase(p.T, p.database(), statements)
		return func() {
			if err := os.Rename(aside, p.database()); err != nil {
				p.Fatal(err)
			}
		}
	}
}

// mode takes the right to write, or to read, from everybody but the superuser, who
// leaves his place to another.
func mode(file, folder fs.FileMode) func(*patient) func() {
	return func(p *patient) func() {
		if runtime.GOOS == "windows" {
			return nil
		}
		set := func(file, folder fs.FileMode) {
			if err := errors.Join(os.Chmod(p.database(), file), os.Chmod(filepath.Dir(p.database()), folder)); err != nil {
				p.Fatal(err)
			}
		}
		set(file, folder)
		p.nobody = true
		p.Cleanup(func() { set(0o600, 0o755) })
		return func() { set(0o600, 0o755); p.nobody = false }
	}
}

// mounted puts the database on a file system of its own.
func mounted(kind, flags string) func(*patient) func() {
	return func(p *patient) func() {
		here := filepath.Dir(p.database())
		aside := filepath.Join(p.dir, "aside")
		if err := os.Rename(here, aside); err != nil {
			p.Fatal(err)
		}
		if err := os.Mkdir(here, 0o755); err != nil {
			p.Fatal(err)
		}
		back := func() {
			if err := errors.Join(os.Remove(here), os.Rename(aside, here)); err != nil {
				p.Fatal(err)
			}
		}
		if text, err := exec.CommandContext(p.Context(), "mount", "-t", kind, "-o", flags, "samenloop", here).CombinedOutput(); err != nil {
			back()
			p.Skipf("this system mounts nothing: %s", text)
		}
		p.Cleanup(func() { exec.Command("umount", here).Run() })
		if text, err := exec.CommandContext(p.Context(), "cp", filepath.Join(aside, "samenloop.db"), here).CombinedOutput(); err != nil {
			p.Fatalf("%s", text)
		}
		return func() {
			if text, err := exec.CommandContext(p.Context(), "mount", "-o", "remount,rw,size=20m", here).CombinedOutput(); err != nil {
				p.Fatalf("%s", text)
			}
		}
	}
}

func remountReadOnly(p *patient) func() {
	mend := mounted("tmpfs", "size=20m")(p)
	if text, err := exec.CommandContext(p.Context(), "mount", "-o", "remount,ro", filepath.Dir(p.database())).CombinedOutput(); err != nil {
		p.Fatalf("%s", text)
	}
	return mend
}

var faults = []fault{
	{name: "full disk", happen: mounted("tmpfs", "size=420k"), says: "is full: make room, nothing was lost", reads: true}, // the database takes 300 kB of it
	{name: "read-only disk", happen: remountReadOnly, says: "cannot be written: let this user write", reads: true, keeps: true},
	{name: "read-only folder", happen: mode(0o644, 0o555), says: "cannot be written: let this user write", reads: true, keeps: true},
	{name: "no permission", happen: mode(0o600, 0o755), says: "cannot be written: let this user write", keeps: true},
	{name: "input/output error", says: "gives errors: check the disk", reads: true,
		happen: func(*patient) func() { return func() {} },
		poll: func(p *patient) *exec.Cmd { // a write beyond that size is an error, though there is room
			cmd := p.command("poll")
			return exec.CommandContext(p.Context(), "sh", append([]string{"-c", `ulimit -f 64 && exec "$0" "$@"`}, cmd.Args...)...)
		}},
	{name: "truncated", happen: edit("", func(b []byte) []byte { return b[:len(b)/2] }), says: "is damaged", keeps: true},
	{name: "overwritten at its beginning", happen: edit("", func(b []byte) []byte { copy(b, strings.Repeat("x", 100)); return b }), says: "is damaged", keeps: true},
	{name: "a page in the middle", happen: edit("", func(b []byte) []byte { return scramble(b, "http://") }), says: "is damaged", keeps: true},
	{name: "the index for search", reads: true, // the round that meets it makes it anew
		happen: func(p *patient) func() {
			makeDatabase(p.T, p.database(), "UPDATE edition_text_data SET block = x'00' WHERE id = 10")
			return func() {}
		}},
	{name: "a database of another program", happen: replaced("CREATE TABLE cat (name)"), says: "is a database of another program", keeps: true},
	{name: "a newer database", happen: replaced("CREATE TABLE x (y); PRAGMA application_id = 1936486256; PRAGMA user_version = 99"), says: "is of a newer samenloop", keeps: true},
}

// scramble overwrites the pages that a word stands in.
func scramble(text []byte, word string) []byte {
	const page = 4096
	for at := 0; at+page <= len(text); at += page {
		if bytes.Contains(text[at:at+page], []byte(word)) {
			for i := at; i < at+page; i++ {
				text[i] ^= 0x55
			}
		}
	}
	return text
}

// Whatever happens to the storage: a round says in one line what to do, overwrites
// nothing that it cannot read, and once that was done every post is there, once.
func TestStorageFaults(t *testing.T) {
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			p := newPatient(t)
			p.publish(5)
			p.poll()
			p.whole()
			mend := f.happen(p)
			p.publish(40)
			before := p.files()

			cmd := p.command("poll")
			if f.poll != nil {
				cmd = f.poll(p)
			}
			out, line, code := p.wrapped(cmd)
			if (code != 1 || !strings.Contains(line, f.says)) && f.says != "" {
				t.Errorf("poll ends with %d and says %q, want %q in it; it printed %s", code, line, f.says, out)
			}
			for _, words := range [][]string{{"post", "list"}, {"feed", "/feed.json"}, {"source", "list"}, {"check"}} {
				out, line, code := p.run(words...)
				if f.reads && code != 0 || code > 1 || words[0] == "check" && !f.reads && code == 0 {
					t.Errorf("%v ends with %d: %s%s", words, code, out, line)
				}
			}
			if f.keeps {
				for name, text := range p.files() {
					if text != before[name] {
						t.Errorf("%s was changed", name)
					}
				}
			}
			if out, _, code := p.run("inspect", p.feed); code != 0 || !strings.Contains(out, "Item 44") {
				t.Errorf("inspect ends with %d: %s", code, out)
			}

			mend()
			p.poll()
			p.whole()
		})
	}
}

// makeDatabase makes a database with these statements.
func makeDatabase(t *testing.T, path, statements string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statements); err != nil {
		t.Fatal(err)
	}
}

// The log that a killed program leaves is damaged: what of it cannot be read was
// never there, validators included, and is read again.
func TestDamagedLog(t *testing.T) {
	for name, change := range map[string]func([]byte) []byte{
		"cut off":     func(b []byte) []byte { return b[:len(b)*2/3] },
		"overwritten": func(b []byte) []byte { copy(b[len(b)/2:], bytes.Repeat([]byte("x"), 5000)); return b },
		"all of it":   func(b []byte) []byte { return bytes.Repeat([]byte("x"), len(b)) },
		"none left":   func(b []byte) []byte { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPatient(t)
			p.publish(5)
			p.poll()
			p.whole()
			p.publish(20)
			if _, line, code := p.run("source", "resume", "one"); code != 0 { // due at once
				t.Fatal(line)
			}
			cmd, base := startServe(t, "-config", filepath.Join(p.dir, "config.toml"))
			until(t, base+"/feed.json", "Item 24 ")
			cmd.Process.Kill()
			cmd.Wait()
			text, err := os.ReadFile(p.database() + "-wal")
			if err != nil || len(text) == 0 {
				t.Fatalf("there is no log: %v", err)
			}
			if err := os.WriteFile(p.database()+"-wal", change(text), 0o600); err != nil {
				t.Fatal(err)
			}
			p.poll()
			p.whole()
			if out, line, code := p.run("check"); code != 0 {
				t.Errorf("check: %s%s", out, line)
			}
		})
	}
}

// The way back while everything is in the way: the old program runs on, and the
// log of the file that was replaced lies there still.
func TestWayBack(t *testing.T) {
	p := newPatient(t)
	p.publish(5)
	p.poll()
	p.whole()
	copied := filepath.Join(p.dir, "copy")
	if _, line, code := p.run("backup", copied); code != 0 {
		t.Fatal(line)
	}
	p.publish(5)
	if _, line, code := p.run("source", "resume", "one"); code != 0 {
		t.Fatal(line)
	}
	cmd, base := startServe(t, "-config", filepath.Join(p.dir, "config.toml"))
	until(t, base+"/feed.json", "Item 9 ")
	if err := os.Rename(copied, p.database()); err != nil {
		t.Fatal(err)
	}
	if _, line, code := p.run("post", "list"); code != 1 || !strings.Contains(line, "samenloop.db-wal is not the log of the database") {
		t.Errorf("the log of another database: %d, %s", code, line)
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("serve on a database that was replaced: %v", err)
	}
	os.Remove(p.database() + "-wal")
	os.Remove(p.database() + "-shm")
	p.poll()
	p.whole()
}
