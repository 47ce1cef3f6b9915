package store

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"samenloop/post"
)

// Every refusal is one line that names the file and says what to do; the file is left as it was.
func TestOpenRefuses(t *testing.T) {
	ctx := t.Context()
	make := func(statements string) func(string) {
		return func(path string) {
			db, err := sql.Open("sqlite", dsn(path))
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.Exec(statements); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, test := range map[string]struct {
		prepare  func(path string)
		readOnly bool
		want     string
	}{
		"missing":       {func(string) {}, true, `run "samenloop poll"`},
		"not made yet":  {func(path string) { os.WriteFile(path, nil, 0o600) }, true, `run "samenloop poll"`},
		"no folder":     {func(path string) { os.Remove(filepath.Dir(path)) }, false, "does not exist: make it"},
		"a folder":      {func(path string) { os.Mkdir(path, 0o700) }, false, "cannot be written"},
		"another's":     {make("CREATE TABLE cat (name)"), false, "a database of another program"},
		"newer":         {make("CREATE TABLE x (y); PRAGMA application_id = 1936486256; PRAGMA user_version = 99"), false, "of a newer samenloop"},
		"newer, read":   {make("CREATE TABLE x (y); PRAGMA application_id = 1936486256; PRAGMA user_version = 99"), true, "of a newer samenloop"},
		"no database":   {func(path string) { os.WriteFile(path, []byte(strings.Repeat("not a database ", 100)), 0o600) }, false, "is damaged"},
		"not ours read": {make("CREATE TABLE cat (name)"), true, "a database of another program"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x", "test.db")
			if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			test.prepare(path)
			before, _ := os.ReadFile(path)
			s, err := Open(ctx, path, Options{ReadOnly: test.readOnly})
			if err == nil {
				s.Close()
				t.Fatal("it was opened")
			}
			if !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("it says %q, want %q in it", err, test.want)
			}
			if after, _ := os.ReadFile(path); string(after) != string(before) {
				t.Error("the file was changed")
			}
		})
	}
}

// A page in the middle is overwritten: Check finds it and says what to do.
func TestCheckFindsDamage(t *testing.T) {
	s := open(t)
	know(t, s, "a")
	var posts []post.Post
	for _, id := range []string{"1", "2", "3"} {
		p := about("a", id, "https://a.example/"+id)
		p.HTML = strings.Repeat("<p>long</p>", 5000)
		posts = append(posts, p)
	}
	save(t, s, t0, "a", posts...)
	if err := s.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	path := s.Path()
	s.Close()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	info, _ := f.Stat()
	for at := int64(32 << 10); at < info.Size(); at += 16 << 10 {
		f.WriteAt([]byte(strings.Repeat("x", 64)), at)
	}
	f.Close()
	s, err = Open(t.Context(), path, Options{ReadOnly: true})
	if err == nil {
		defer s.Close()
		err = s.Check(t.Context())
	}
	if err == nil || !strings.Contains(err.Error(), "is damaged") || !strings.Contains(err.Error(), "backup") {
		t.Errorf("a damaged database: %v", err)
	}
}

// What the pragmas set is in force: unknown names are ignored in silence.
func TestPragmas(t *testing.T) {
	s := open(t)
	ask := func(db interface {
		QueryRow(string, ...any) *sql.Row
	}, pragma string) (value string) {
		if err := db.QueryRow("PRAGMA " + pragma).Scan(&value); err != nil {
			t.Fatal(err)
		}
		return value
	}
	if got := ask(s.read, "journal_mode"); got != "wal" {
		t.Errorf("journal_mode is %s", got)
	}
	if err := s.update(t.Context(), func(tx *transaction) error {
		var log, page int
		err := errors.Join(tx.row("PRAGMA wal_autocheckpoint", nil, &log), tx.row("PRAGMA page_size", nil, &page))
		if log*page != mostLog {
			t.Errorf("the log has %d pages of %d bytes", log, page)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
	if got := ask(s.read, "query_only"); got != "1" {
		t.Errorf("query_only is %s for readers", got)
	}
	if _, err := s.read.Exec("DELETE FROM source"); err == nil {
		t.Error("a reader could write")
	}
}

// A full disk refuses a round in one line; what was stored stays, and once there
// is room the same round goes in.
func TestDiskFull(t *testing.T) {
	s := open(t)
	know(t, s, "a")
	save(t, s, t0, "a", about("a", "1", "https://a.example/1"))
	room := func(pages string) {
		if _, err := s.write.conn.ExecContext(t.Context(), "PRAGMA max_page_count = "+pages); err != nil {
			t.Fatal(err)
		}
	}
	room("1") // it cannot become smaller than it is, but no larger either
	var posts []post.Post
	for i := range 200 {
		p := about("a", "more "+string(rune('a'+i)), "https://a.example/more/"+string(rune('a'+i)))
		p.HTML = strings.Repeat("<p>long</p>", 5000)
		posts = append(posts, p)
	}
	batch := post.Batch{Now: t0, Posts: posts, Visit: post.Visit{Source: "a", Given: "https://a.example/feed", ETag: "new"}}
	_, err := s.Save(t.Context(), batch)
	if err == nil || !strings.Contains(err.Error(), "is full: make room, nothing was lost") || strings.Contains(err.Error(), "\n") {
		t.Errorf("a full disk: %v", err)
	}
	states, err := s.Sources(t.Context())
	if err != nil || states[0].Posts != 1 || states[0].Visit.ETag != "" {
		t.Errorf("after that: %+v, %v", states, err)
	}
	if n := len(editions(t, s, post.Query{})); n != 1 {
		t.Errorf("%d editions, want the one that was there", n)
	}
	room("1000000")
	if _, err := s.Save(t.Context(), batch); err != nil {
		t.Errorf("with room again: %v", err)
	}
}
