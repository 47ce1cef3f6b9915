package store

import (
	"bytes"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"samenloop/post"
)

// version1 makes a database as the first version of the schema kept it.
func version1(t *testing.T) (path string) {
	t.Helper()
	text, err := os.ReadFile("testdata/version1.sql")
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "old.db")
	raw(t, path, "PRAGMA journal_mode = WAL;"+string(text))
	return path
}

// raw runs statements on a file as any program could.
func raw(t *testing.T, path, statements string) {
	t.Helper()
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statements); err != nil {
		t.Fatal(err)
	}
}

// column is the first column of what a query gives, on a file that nobody has open.
func column(t *testing.T, path, query string) (values []string) {
	t.Helper()
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	err = scanAll(rows, func(scan func(...any) error) error {
		var v string
		err := scan(&v)
		values = append(values, v)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return values
}

var blank = regexp.MustCompile(`--[^\n]*|\s+`)

// structure is what a database is made of, in an order and a notation that do not
// depend on how it became so.
func structure(t *testing.T, path string) []string {
	list := column(t, path, `SELECT concat_ws(' ', t.name, 'strict', t.strict, 'without rowid', t.wr, ':', c.name, c.type, 'not null', c."notnull", 'default', c.dflt_value, 'key', c.pk)
		FROM pragma_table_list t JOIN pragma_table_xinfo(t.name) c WHERE t.schema = 'main' AND t.type = 'table' AND t.name <> 'sqlite_schema' ORDER BY t.name, c.name`)
	for _, s := range column(t, path, `SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND (type <> 'table' OR sql LIKE 'CREATE VIRTUAL%') ORDER BY type, name`) {
		list = append(list, strings.TrimSpace(blank.ReplaceAllString(s, " ")))
	}
	return list
}

// with lets this program know other steps.
func with(t *testing.T, steps ...string) {
	t.Helper()
	was := migrations
	migrations = steps
	t.Cleanup(func() { migrations = was })
}

// What the first version kept comes out as it was, in a database that is like a new one.
func TestMigrate(t *testing.T) {
	path := version1(t)
	s, err := Open(t.Context(), path, Options{Languages: []string{"nl", "en"}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(structure(t, open(t).Path()), structure(t, path)); diff != "" {
		t.Errorf("a new database and one that was brought up to date differ:\n%s", diff)
	}
	for name, q := range map[string]post.Query{"all": {}, "search": {Search: "today"}, "topic": {Topic: "mssa", Language: "nl"}} {
		list := editions(t, s, q)
		if len(list) != 1 || list[0].ID != "urn:uuid:d20a00e7-3330-40bf-8082-5f8ddef60ccb" || list[0].Story != "aefhgbh6ujqb6ng3" || list[0].Lead.Title != "Title of 1" {
			t.Errorf("%s: %+v", name, list)
		}
	}
	if st := stateOf(t, s, "b"); st.State != post.Paused || st.Posts != 2 || st.Matched != 2 || !st.Visit.Checked.Equal(t0.Add(time.Minute)) {
		t.Errorf("source %+v", st)
	}
	marked := 0
	if err := s.query(t.Context(), "SELECT r.marks, r.language, "+postColumns+" FROM print r JOIN post p ON p.row = r.post", func(scan func(...any) error) error {
		var (
			marks    []byte
			language string
		)
		p, err := scanPost(func(into ...any) error { return scan(append([]any{&marks, &language}, into...)...) })
		marked++
		if want, _ := post.MarksOf(&p).MarshalBinary(); !bytes.Equal(marks, want) || language != p.Piece().Language {
			t.Errorf("the marks of %s are %s %x, want %s %x", p.ID, language, marks, p.Piece().Language, want)
		}
		return err
	}); err != nil || marked != 3 {
		t.Errorf("%d posts have marks, %v", marked, err)
	}
	page, err := s.Changes(t.Context(), post.ChangeQuery{After: 1795435260000000, Limit: 10})
	if err != nil || len(page.Changes) != 2 || page.Changes[1].What != "retracted" || page.Last != 1795435380000000 {
		t.Errorf("changes %+v, %v", page, err)
	}
	n := 0
	if err := s.Posts(t.Context(), func(Stored) error { n++; return nil }); err != nil || n != 4 {
		t.Errorf("%d posts, %v", n, err)
	}
	// And it goes on: what is known is known, what is new joins it.
	if saved := save(t, s, t0.Add(time.Hour), "a", about("a", "1", "https://a.example/1"), about("a", "3", "https://a.example/3")); saved.New != 1 {
		t.Errorf("%+v", saved)
	}
	if list := editions(t, s, post.Query{}); len(list) != 2 {
		t.Errorf("%d editions", len(list))
	}
	s.Close()
	if again, err := Open(t.Context(), path, Options{ReadOnly: true}); err != nil {
		t.Errorf("read after that: %v", err)
	} else {
		again.Close()
	}
	kept := path + ".version-1"
	info, err := os.Stat(kept)
	switch {
	case len(migrations) == 0 && !os.IsNotExist(err):
		t.Errorf("nothing was to be done, but it was copied: %v", err)
	case len(migrations) > 0 && (err != nil || info.Mode().Perm() != 0o600):
		t.Errorf("what was there before is kept as %v, %v", info, err)
	case len(migrations) > 0:
		if v := column(t, kept, "SELECT user_version FROM pragma_user_version UNION ALL SELECT count(*) FROM post"); v[0] != "1" || v[1] != "4" {
			t.Errorf("what was kept is of version %s, with %s posts", v[0], v[1])
		}
	}
}

const good = `ALTER TABLE post ADD COLUMN mood TEXT NOT NULL DEFAULT ''; UPDATE post SET mood = 'good'`

// A step that fails undoes those before it: the older program could go on as if
// nobody had tried, and once the reason is gone it is brought up to date after all.
func TestMigrateAllOrNothing(t *testing.T) {
	for name, test := range map[string]struct{ step, want string }{
		"full":   {"PRAGMA max_page_count = 1; CREATE TABLE large (x); INSERT INTO large VALUES (zeroblob(1000000))", "is full: make room"},
		"wrong":  {"UPDATE post SET feeling = 'good'", "from version 2 to 3"},
		"halves": {"CREATE TABLE half (x); DELETE FROM post; SELECT no FROM such", "from version 2 to 3"},
	} {
		t.Run(name, func(t *testing.T) {
			path := version1(t)
			before := structure(t, path)
			with(t, good, test.step)
			s, err := Open(t.Context(), path, Options{})
			if err == nil {
				s.Close()
				t.Fatal("it was brought up to date")
			}
			if !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("it says %q, want %q in it", err, test.want)
			}
			untouched(t, path, before)
			with(t, good, "CREATE TABLE small (x)")
			if s, err = Open(t.Context(), path, Options{}); err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if n := len(editions(t, s, post.Query{})); n != 1 {
				t.Errorf("%d editions", n)
			}
		})
	}
}

// untouched says that a file is as [version1] made it.
func untouched(t *testing.T, path string, before []string) {
	t.Helper()
	if diff := cmp.Diff(before, structure(t, path)); diff != "" {
		t.Errorf("half of it was done:\n%s", diff)
	}
	if v := column(t, path, "SELECT user_version FROM pragma_user_version UNION ALL SELECT count(*) FROM post UNION ALL SELECT * FROM pragma_integrity_check"); strings.Join(v, " ") != "1 4 ok" {
		t.Errorf("version, posts and soundness: %v", v)
	}
}

// endless writes for so long that there is time to be killed; much of it is in the log by then.
const endless = `CREATE TABLE filling (x); DELETE FROM post;
	WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) INSERT INTO filling SELECT randomblob(2000) FROM n`

// Killed in the middle of a step, nothing of it is left.
func TestMigrateKilled(t *testing.T) {
	if path := os.Getenv("SAMENLOOP_MIGRATE"); path != "" {
		migrations = []string{good, endless}
		_, err := Open(t.Context(), path, Options{})
		t.Fatalf("nobody killed it: %v", err)
	}
	path := version1(t)
	before := structure(t, path)
	for range 3 {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMigrateKilled$")
		cmd.Env = append(os.Environ(), "SAMENLOOP_MIGRATE="+path)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		for written := int64(0); written < 2<<20; {
			if info, err := os.Stat(path + "-wal"); err == nil {
				written = info.Size()
			}
			select {
			case err := <-ended:
				t.Fatalf("it ended by itself: %v", err)
			case <-time.After(time.Millisecond):
			}
		}
		cmd.Process.Kill()
		<-ended
		untouched(t, path, before)
	}
	with(t, good)
	s, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if n := len(editions(t, s, post.Query{})); n != 1 {
		t.Errorf("%d editions", n)
	}
}

// An older program that still polls is not pulled the ground from under its feet.
func TestMigrateBesideAnother(t *testing.T) {
	path := version1(t)
	with(t)
	older, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer older.Close()
	release, err := older.LockRounds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	with(t, good)
	if s, err := Open(t.Context(), path, Options{}); err == nil || !strings.Contains(err.Error(), "stop it first") || strings.Contains(err.Error(), "\n") {
		t.Errorf("beside another: %v", err)
		s.Close()
	}
	if _, err := Open(t.Context(), path, Options{ReadOnly: true}); err == nil || !strings.Contains(err.Error(), `run "samenloop serve"`) {
		t.Errorf("to read, before it is up to date: %v", err)
	}
	release()
	s, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
}

// Addresses of sources may hold passwords: nobody else can read the file, nor what stands beside it.
func TestMode(t *testing.T) {
	s := open(t)
	know(t, s, "a")
	release, err := s.LockRounds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	err = filepath.WalkDir(filepath.Dir(s.Path()), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm() != 0o600 {
			err = fmt.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
