package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Backup writes a copy of the database to a new file, as it stands at one moment,
// while others read and write it, and reads the copy through once. The file is
// there when it is whole, and not before; a file that is there already stays as it is.
//
// The copy holds what the database holds, passwords in addresses of sources
// included: only its owner can read it.
func (s *Store) Backup(ctx context.Context, path string) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("back up to %s: there is a file of that name already: name another, or remove it first", path)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("back up to %s: %w", path, reason(err))
	}
	if err := s.copyTo(ctx, path); err != nil {
		return fmt.Errorf("back up to %s: %w", path, err)
	}
	return nil
}

// copyTo puts a whole copy in the place of a file, once it was read through.
func (s *Store) copyTo(ctx context.Context, path string) error {
	part, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.part")
	if err != nil {
		return fmt.Errorf("%w: choose a folder that this user can write", reason(err))
	}
	defer os.Remove(part.Name())
	defer part.Close()
	if err := s.copyInto(ctx, part.Name()); err != nil {
		return err
	}
	copied := &Store{path: part.Name()}
	if copied.read, err = sql.Open("sqlite", dsn(copied.path, "mode=ro")); err != nil {
		return err
	}
	defer copied.Close()
	var verdict string
	if err := copied.read.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&verdict); err != nil {
		return fmt.Errorf("read the copy: %w", err)
	}
	if verdict != "ok" {
		return fmt.Errorf("the copy is not sound (%s): run \"samenloop check\"; the database or the disk is damaged", strings.Join(strings.Fields(verdict), " "))
	}
	if err := part.Sync(); err != nil {
		return reason(err)
	}
	if err := os.Rename(part.Name(), path); err != nil {
		return reason(err)
	}
	return nil
}

// copyInto fills an empty file. It reads on a connection of its own, so that
// nobody waits for it.
func (s *Store) copyInto(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", dsn(s.path, "_pragma=busy_timeout(5000)"))
	if err != nil {
		return s.explain(err)
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", path)
	var e *sqlite.Error
	if errors.As(err, &e) {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_FULL:
			return fmt.Errorf("the disk is full: make room there, or choose another (%w)", err)
		case sqlite3.SQLITE_IOERR:
			return fmt.Errorf("its disk, or that of the database, gives errors: check them, and how large a file may be (%w)", err)
		}
	}
	return s.explain(err)
}

// reason is an error of a file without the name, which is said already.
func reason(err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}
