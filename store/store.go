// Package store keeps everything in one SQLite file: all SQL of the program is
// here, and no decision. The schema is schema.sql.
//
// There is one writer and some readers (WAL). Every write is one transaction
// that takes the write lock at its start; no network I/O happens inside.
package store

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"samenloop/post"
)

//go:embed schema.sql
var schema string

// migrations[i] brings a database from version i+1 to i+2. A new database is
// made from schema.sql at once.
var migrations = []string{
	// 2: what is looked up to explain why a post is not there. The hosts come with the next visits.
	`ALTER TABLE visit ADD COLUMN site_host TEXT NOT NULL DEFAULT '';
	CREATE INDEX visit_site ON visit(site_host);
	CREATE INDEX waiting_url ON waiting(url);`,
	// 3: where the address of a story leads that another took in. Those of before are not known.
	`ALTER TABLE story ADD COLUMN successor INTEGER REFERENCES story;
	CREATE INDEX story_successor ON story(successor) WHERE successor IS NOT NULL;`,
	// 4: what people decide: the journal, blocks, locks.
	`ALTER TABLE source ADD COLUMN locked TEXT NOT NULL DEFAULT '';
	CREATE TABLE block (name TEXT NOT NULL, source TEXT NOT NULL, since INTEGER NOT NULL, PRIMARY KEY (name, source)) STRICT, WITHOUT ROWID;
	CREATE TABLE journal (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, name TEXT NOT NULL, command INTEGER NOT NULL,
		deed TEXT NOT NULL, about TEXT NOT NULL, word TEXT NOT NULL) STRICT`,
	// 5: each word once. The index is filled anew.
	`DROP TABLE edition_text;
	CREATE VIRTUAL TABLE edition_text USING fts5(words, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2');`,
	// 6: who speaks at an address, however many stand there.
	`CREATE INDEX post_told ON post(key, own) WHERE story IS NOT NULL;`,
	// 7: sources that may be larger than others.
	`ALTER TABLE source ADD COLUMN max_bytes INTEGER NOT NULL DEFAULT 0;`,
	// 8: what members propose.
	`CREATE TABLE proposal (row INTEGER PRIMARY KEY, token BLOB NOT NULL, key TEXT NOT NULL, url TEXT NOT NULL, title TEXT NOT NULL,
		site TEXT NOT NULL, contact TEXT NOT NULL, sent INTEGER NOT NULL, proof TEXT NOT NULL, found INTEGER NOT NULL, state TEXT NOT NULL,
		decided INTEGER NOT NULL, reason TEXT NOT NULL, source TEXT NOT NULL) STRICT;
	CREATE UNIQUE INDEX proposal_token ON proposal(token);
	CREATE UNIQUE INDEX proposal_waiting ON proposal(key) WHERE state = 'waiting';`,
	// 9: who decides on the pages.
	`CREATE TABLE operator (name TEXT PRIMARY KEY, added INTEGER NOT NULL, seen INTEGER NOT NULL, password TEXT NOT NULL,
		link BLOB NOT NULL, linked INTEGER NOT NULL) STRICT;
	CREATE TABLE session (token BLOB PRIMARY KEY, operator TEXT NOT NULL REFERENCES operator, began INTEGER NOT NULL, until INTEGER NOT NULL) STRICT, WITHOUT ROWID;`,
	// 10: the roots of words among what translations are found by. The marks are made anew.
	`UPDATE print SET marks = x'';`,
	// 11: what a proposal leads to, and several for one place: who proposes first does not keep its owner out.
	`DROP INDEX proposal_waiting;
	ALTER TABLE proposal DROP COLUMN key;
	ALTER TABLE proposal ADD COLUMN feed TEXT NOT NULL DEFAULT '';`,
	// 12: what is known of the entries of a document. It comes with the next visits.
	`CREATE TABLE known (source TEXT PRIMARY KEY REFERENCES source, entries BLOB NOT NULL) STRICT;`,
	// 13: the language beside what translations are found by: of most sites and authors an index tells that there are none.
	`ALTER TABLE print ADD COLUMN language TEXT NOT NULL DEFAULT '';
	UPDATE print SET language = (SELECT substr(language, 1, instr(language || '-', '-') - 1) FROM post WHERE row = print.post);
	DROP INDEX print_site;
	DROP INDEX print_author;
	CREATE INDEX print_site ON print(site, date, language);
	CREATE INDEX print_author ON print(author, date, language, site) WHERE author <> '';`,
	// 14: words are folded before they are indexed, and where in a text they stand is not kept. The index is filled anew.
	`DROP TABLE edition_text;
	CREATE VIRTUAL TABLE edition_text USING fts5(words, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii');`,
}

// mostLog is how large the log of what was written becomes, in bytes.
const mostLog = 32 << 20

// applicationID marks a file as ours ("slop"): a database of another program is not touched.
const applicationID = 0x736c6f70

// Store is an open database. It is safe for concurrent use.
type Store struct {
	path      string
	languages []string // of the site, the default first
	write     *writer  // nil where the store was opened to read
	read      *sql.DB
	file      os.FileInfo           // the file that was opened, whatever stands at path by now
	broken    atomic.Pointer[error] // the damage that was found: nothing is written any more
	unfound   atomic.Bool           // what searches look in was damaged: the next write makes it anew
	reads     sync.Map              // query → *sql.Stmt on read
	versions  versions
}

// Options of Open.
type Options struct {
	// Languages of the site, the default first: which edition is a story's main one.
	Languages []string
	// ReadOnly opens an existing database beside a program that writes to it.
	ReadOnly bool
}

// Open opens the database at path, and makes it where there is none (unless
// ReadOnly). Its errors are one line that says what is wrong and what to do.
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	_, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && o.ReadOnly:
		return nil, &missingError{path}
	case errors.Is(err, fs.ErrNotExist):
		if dir := filepath.Dir(path); !isDir(dir) {
			return nil, fmt.Errorf("the folder of the database, %s, does not exist: make it, or change [site] database", dir)
		}
		if err := reserve(path); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if err := refuseStrangeLog(path); err != nil {
		return nil, err
	}
	s := &Store{path: path, languages: o.Languages}
	if !o.ReadOnly {
		if err := s.openWriter(ctx); err != nil {
			s.Close()
			return nil, err
		}
	}
	if err := s.openReader(ctx); err != nil {
		s.Close()
		return nil, err
	}
	if err := s.Refresh(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// missingError says that there is no database to read yet.
type missingError struct{ path string }

func (e *missingError) Error() string {
	return fmt.Sprintf("there is no database at %s yet: run \"samenloop poll\" or \"samenloop serve\" first", e.path)
}

// IsMissing says whether Open failed only because there is no database yet.
func IsMissing(err error) bool {
	var missing *missingError
	return errors.As(err, &missing)
}

func (s *Store) openWriter(ctx context.Context) error {
	db, err := sql.Open("sqlite", dsn(s.path, "_pragma=busy_timeout(5000)"))
	if err != nil {
		return s.explain(err)
	}
	s.write = &writer{db: db, statements: map[string]*sql.Stmt{}}
	if s.write.conn, err = db.Conn(ctx); err != nil {
		return s.explain(err)
	}
	// Looked at before anything is set: what is not ours stays as it is, byte for byte.
	var version, app, tables int
	if err := s.write.conn.QueryRowContext(ctx, identityQuery).Scan(&version, &app, &tables); err != nil {
		return s.explain(err)
	}
	if err := s.acceptable(version, app, tables); err != nil {
		return err
	}
	// What is taken back is overwritten in the file, too.
	if _, err := s.write.conn.ExecContext(ctx, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -8192; PRAGMA secure_delete = ON"); err != nil {
		return s.explain(err)
	}
	// The log is folded in when it has so many pages: what many posts change is then
	// written once for more of them.
	var page int
	if err := s.write.conn.QueryRowContext(ctx, "PRAGMA page_size").Scan(&page); err != nil {
		return s.explain(err)
	}
	if _, err := s.write.conn.ExecContext(ctx, fmt.Sprintf("PRAGMA wal_autocheckpoint = %d", mostLog/page)); err != nil {
		return s.explain(err)
	}
	return s.bringUpToDate(ctx, version, tables)
}

// openReader opens the database to read. Where that is all that is wanted, the
// folder may be one that cannot be written, as on a read-only disk: then there is no
// place for the index of the log. If there is no log either, the file is all there
// is, and it stays as it is.
func (s *Store) openReader(ctx context.Context) (err error) {
	options := []string{"_pragma=busy_timeout(5000)", "_pragma=query_only(1)", "_pragma=cache_size(-4096)"}
	if s.read, err = sql.Open("sqlite", dsn(s.path, options...)); err != nil {
		return s.explain(err)
	}
	if s.write == nil {
		err := s.checkVersion(ctx)
		if isUnwritable(err) {
			if hasLog(s.path) {
				return fmt.Errorf("the database %s was not closed, and %[1]s-wal cannot be read without writing beside it: run this as the user that samenloop runs as, or copy both to another folder", s.path)
			}
			s.read.Close()
			if s.read, err = sql.Open("sqlite", dsn(s.path, append(options, "mode=ro", "immutable=1")...)); err == nil {
				err = s.checkVersion(ctx)
			}
		}
		if err != nil {
			return err
		}
	}
	s.read.SetMaxOpenConns(max(2, runtime.GOMAXPROCS(0)))
	s.read.SetMaxIdleConns(max(2, runtime.GOMAXPROCS(0)))
	if s.file, err = os.Stat(s.path); err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	return nil
}

func isUnwritable(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code()&0xff == sqlite3.SQLITE_CANTOPEN || e.Code()&0xff == sqlite3.SQLITE_READONLY)
}

// hasLog says whether there is something in the log beside a database.
func hasLog(path string) bool {
	info, err := os.Stat(path + "-wal")
	return err == nil && info.Size() > 0
}

// refuseStrangeLog says no to a database that says in its header that it has no
// log, as every backup does, beside a log: that is what the file left behind in
// whose place it was put, and SQLite would mix the two.
func refuseStrangeLog(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return nil // who opens it next has more to say
	}
	defer f.Close()
	var header [20]byte
	if _, err := io.ReadFull(f, header[:]); err != nil || header[18] != 1 || !hasLog(path) {
		return nil
	}
	return fmt.Errorf("%s-wal is not the log of the database %[1]s, but of the one that was there before: remove it and %[1]s-shm, then go on", path)
}

// Close ends the use of the database.
func (s *Store) Close() error {
	var errs []error
	s.reads.Range(func(_, st any) bool {
		errs = append(errs, st.(*sql.Stmt).Close())
		return true
	})
	if s.read != nil {
		errs = append(errs, s.read.Close())
	}
	if s.write != nil { // last: it folds the log into the file
		for _, st := range s.write.statements {
			errs = append(errs, st.Close())
		}
		if s.write.conn != nil {
			errs = append(errs, s.write.conn.Close())
		}
		errs = append(errs, s.write.db.Close())
	}
	return errors.Join(errs...)
}

// Path is where the database stands.
func (s *Store) Path() string { return s.path }

// Check reads the whole database and says whether it is sound. Nothing is written here
// meanwhile, nor afterwards where it is not.
func (s *Store) Check(ctx context.Context) error {
	if s.write != nil {
		s.write.Lock()
		defer s.write.Unlock()
	}
	var verdict string
	if err := s.read.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return s.explain(err)
	}
	switch {
	case verdict == "ok":
		return nil
	case strings.Contains(verdict, "edition_text"):
		return s.wrecked()
	}
	return s.damaged(verdict)
}

// explain turns SQLite's errors into a line that says what to do.
func (s *Store) explain(err error) error {
	var e *sqlite.Error
	if err == nil || !errors.As(err, &e) {
		return err
	}
	if e.Code() == sqlite3.SQLITE_CORRUPT_VTAB || strings.Contains(err.Error(), "fts5 file format") {
		return s.wrecked()
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return s.damaged(err.Error())
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("the disk with the database %s is full: make room, nothing was lost (%w)", s.path, err)
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN:
		if s.write == nil {
			return fmt.Errorf("the database %s cannot be read: run this as the user that samenloop runs as, or let this user read the file (%w)", s.path, err)
		}
		return fmt.Errorf("the database %s cannot be written: let this user write the file and its folder, or change [site] database (%w)", s.path, err)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fmt.Errorf("the database %s is in use by another program: try again when it is done (%w)", s.path, err)
	case sqlite3.SQLITE_IOERR:
		return fmt.Errorf("the disk with the database %s gives errors: check the disk (%w)", s.path, err)
	}
	return fmt.Errorf("the database %s: %w", s.path, err)
}

// damagedError says that what the file holds cannot be relied on.
type damagedError struct{ path, what string }

func (e *damagedError) Error() string {
	return fmt.Sprintf("the database %s is damaged (%s): put a backup in its place, or move it away to start anew", e.path, e.what)
}

// IsFault says whether the store could not do what was asked of it, rather than that
// there is a reason against it.
func IsFault(err error) bool {
	var (
		engine  *sqlite.Error
		damaged *damagedError
	)
	return errors.As(err, &engine) || errors.As(err, &damaged) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// damaged says so, and sees to it that nothing more is written into what cannot be relied on.
func (s *Store) damaged(what string) error {
	err := error(&damagedError{s.path, strings.Join(strings.Fields(what), " ")})
	s.broken.CompareAndSwap(nil, &err)
	return err
}

// query runs a query on the readers, prepared once, and hands each row to each.
func (s *Store) query(ctx context.Context, query string, each func(scan func(...any) error) error, args ...any) error {
	st, err := s.prepared(ctx, query)
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(ctx, args...)
	if err != nil {
		return s.explain(err)
	}
	return s.explain(scanAll(rows, each))
}

func (s *Store) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if st, ok := s.reads.Load(query); ok {
		return st.(*sql.Stmt), nil
	}
	st, err := s.read.PrepareContext(ctx, query)
	if err != nil {
		return nil, s.explain(err)
	}
	if first, raced := s.reads.LoadOrStore(query, st); raced {
		st.Close()
		return first.(*sql.Stmt), nil
	}
	return st, nil
}

// writer is the one connection that writes, and the statements prepared on it.
type writer struct {
	sync.Mutex
	db         *sql.DB
	conn       *sql.Conn
	statements map[string]*sql.Stmt
}

// transaction is one write: everything in it or nothing.
type transaction struct {
	ctx context.Context
	w   *writer
	s   *Store
	// touched are the lists whose feeds changed.
	touched map[string]bool
	// visited says that how a source fares was written down.
	visited bool
	// saved are the posts that were written down, by their rows.
	saved map[int64]*post.Post
	// worded are the editions that are to be found by other words than before; indexing
	// says that they are being written down.
	worded   map[int64]wording
	indexing bool
	// seq is the newest number given; 0 until the first was asked for.
	seq int64
}

// update runs fn in one transaction. Where fn panics nothing of it is written, and others go on writing.
func (s *Store) update(ctx context.Context, fn func(*transaction) error) error {
	w := s.write
	if w == nil {
		return fmt.Errorf("the database %s was opened to read only", s.path)
	}
	w.Lock()
	defer w.Unlock()
	if found := s.broken.Load(); found != nil {
		return *found
	}
	if _, err := w.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return s.explain(err)
	}
	written := false
	defer func() {
		if !written {
			w.conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		}
	}()
	tx := &transaction{ctx: ctx, w: w, s: s, touched: map[string]bool{}, saved: map[int64]*post.Post{}, worded: map[int64]wording{}}
	if s.unfound.Load() {
		if err := tx.refillIndex(); err != nil {
			return s.explain(err)
		}
	}
	shown, err := tx.run(fn)
	if err != nil {
		if tx.indexing && isWrecked(err) {
			return s.wrecked()
		}
		return s.explain(err)
	}
	written = true
	s.unfound.Store(false)
	s.versions.bump(tx.touched, shown)
	if tx.visited {
		s.versions.visited()
	}
	return nil
}

func (tx *transaction) run(fn func(*transaction) error) (shown int64, err error) {
	if err := fn(tx); err != nil {
		return 0, err
	}
	tx.indexing = len(tx.worded) > 0
	if err := tx.index(); err != nil {
		return 0, err
	}
	if len(tx.touched) > 0 {
		if err := tx.row("UPDATE meta SET value = value + 1 WHERE name = 'shown' RETURNING value", nil, &shown); err != nil {
			return 0, err
		}
	}
	return shown, tx.exec("COMMIT")
}

func (tx *transaction) prepared(query string) (*sql.Stmt, error) {
	if st, ok := tx.w.statements[query]; ok {
		return st, nil
	}
	st, err := tx.w.conn.PrepareContext(tx.ctx, query)
	if err != nil {
		return nil, err
	}
	tx.w.statements[query] = st
	return st, nil
}

func (tx *transaction) exec(query string, args ...any) error {
	st, err := tx.prepared(query)
	if err != nil {
		return err
	}
	_, err = st.ExecContext(tx.ctx, args...)
	return err
}

// insert runs a query that adds one row and returns its number.
func (tx *transaction) insert(query string, args ...any) (row int64, err error) {
	row, _, err = tx.insertNew(query, args...)
	return row, err
}

// insertNew is insert, of a query that adds nothing where the row is there already.
func (tx *transaction) insertNew(query string, args ...any) (row int64, isNew bool, err error) {
	st, err := tx.prepared(query)
	if err != nil {
		return 0, false, err
	}
	result, err := st.ExecContext(tx.ctx, args...)
	if err != nil {
		return 0, false, err
	}
	n, err := result.RowsAffected()
	if err != nil || n == 0 {
		return 0, false, err
	}
	row, err = result.LastInsertId()
	return row, true, err
}

// row runs a query that gives one row; sql.ErrNoRows where it gives none.
func (tx *transaction) row(query string, args []any, into ...any) error {
	st, err := tx.prepared(query)
	if err != nil {
		return err
	}
	return st.QueryRowContext(tx.ctx, args...).Scan(into...)
}

func (tx *transaction) query(query string, each func(scan func(...any) error) error, args ...any) error {
	st, err := tx.prepared(query)
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(tx.ctx, args...)
	if err != nil {
		return err
	}
	return scanAll(rows, each)
}

func scanAll(rows *sql.Rows, each func(scan func(...any) error) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// limit is the end of a query that gives at most n rows. The number stands in the
// text, since SQLite plans a statement anew whenever a number bound there is set.
func limit(n int) string { return "LIMIT " + strconv.Itoa(n) }

// dsn is the name of the file for the driver; path may hold any character.
func dsn(path string, options ...string) string {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath(), RawQuery: strings.Join(options, "&")}
	return u.String()
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// millis and moment store a time: milliseconds of Unix time, 0 for none.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// SetLanguages takes other languages of the site; as [Options].Languages.
func (s *Store) SetLanguages(languages []string) {
	s.write.Lock()
	defer s.write.Unlock()
	s.languages = languages
}
