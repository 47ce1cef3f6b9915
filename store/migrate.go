package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// identityQuery tells what a file is.
const identityQuery = `SELECT (SELECT user_version FROM pragma_user_version),
	(SELECT application_id FROM pragma_application_id), (SELECT count(*) FROM sqlite_schema)`

// acceptable says no to a file that this program cannot know: it is left as it is.
func (s *Store) acceptable(version, app, tables int) error {
	switch {
	case tables > 0 && (app != applicationID || version < 1):
		return fmt.Errorf("%s is a database of another program: choose another file in [site] database", s.path)
	case version > len(migrations)+1:
		return fmt.Errorf("the database %s is of a newer samenloop (version %d, this one knows %d): use that samenloop, or another file in [site] database",
			s.path, version, len(migrations)+1)
	}
	return nil
}

// checkVersion says whether a database can be read as it is.
func (s *Store) checkVersion(ctx context.Context) error {
	var version, app, tables int
	if err := s.read.QueryRowContext(ctx, identityQuery).Scan(&version, &app, &tables); err != nil {
		return s.explain(err)
	}
	if err := s.acceptable(version, app, tables); err != nil {
		return err
	}
	if tables == 0 { // who makes it is not done yet, or was stopped just then
		return &missingError{s.path}
	}
	if version < len(migrations)+1 {
		return fmt.Errorf("the database %s is of an older version (%d): run \"samenloop serve\" or \"samenloop poll\" once to bring it up to date", s.path, version)
	}
	return nil
}

// reserve makes an empty file, which nobody but its owner can read: addresses of
// sources may hold passwords. What SQLite puts beside it takes over its mode.
func reserve(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist): // another process was faster
		return nil
	case err != nil:
		return fmt.Errorf("make %s: %w: let this user write that folder, or change [site] database", path, reason(err))
	}
	return f.Close()
}

// bringUpToDate makes a new database, or brings one of an older version up to
// date while nobody else polls into it: an older program that is still running
// does not know what it would find.
func (s *Store) bringUpToDate(ctx context.Context, version, tables int) error {
	if newest := len(migrations) + 1; tables > 0 && version < newest {
		release, err := s.LockRounds(ctx)
		if err != nil {
			return fmt.Errorf("bring the database from version %d to %d: %w", version, newest, err)
		}
		defer release()
	}
	return s.update(ctx, s.migrate)
}

// migrate does it in one transaction: all steps or none. What was there before is
// kept in a file beside it, for the way back to the older program.
func (s *Store) migrate(tx *transaction) error {
	var version, app, tables int
	if err := tx.row(identityQuery, nil, &version, &app, &tables); err != nil {
		return err
	}
	newest := len(migrations) + 1
	switch {
	case tables == 0:
		if _, err := tx.w.conn.ExecContext(tx.ctx, schema); err != nil {
			return err
		}
		version = newest
	case version < newest:
		if err := s.copyTo(tx.ctx, fmt.Sprintf("%s.version-%d", s.path, version)); err != nil {
			return fmt.Errorf("keep the database %s as it is before it is brought from version %d to %d: %w", s.path, version, newest, err)
		}
	default:
		return nil
	}
	for ; version < newest; version++ {
		if _, err := tx.w.conn.ExecContext(tx.ctx, migrations[version-1]); err != nil {
			return fmt.Errorf("bring the database %s from version %d to %d: %w", s.path, version, version+1, err)
		}
	}
	if err := tx.indexAll(); err != nil {
		return err
	}
	if err := tx.markAll(); err != nil {
		return err
	}
	_, err := tx.w.conn.ExecContext(tx.ctx, fmt.Sprintf("PRAGMA user_version = %d; PRAGMA application_id = %d", newest, applicationID))
	return err
}
