package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// LockRounds makes this process the only one that polls into the database, until
// release is called or the process ends in whatever way. Reading and the
// commands of the operator go on beside it.
//
// The lock is a write transaction on a file of its own beside the database: the
// operating system frees it when the process dies, on every system SQLite knows.
func (s *Store) LockRounds(ctx context.Context) (release func(), err error) {
	if err := reserve(s.path + ".lock"); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", dsn(s.path+".lock", "_txlock=exclusive"))
	if err != nil {
		return nil, s.explain(err)
	}
	db.SetMaxOpenConns(1)
	tx, err := db.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		db.Close()
		var e *sqlite.Error
		if errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_BUSY {
			return nil, fmt.Errorf("another samenloop (\"serve\" or \"poll\") is polling into %s: stop it first, or wait until it is done", s.path)
		}
		return nil, fmt.Errorf("lock %s.lock: %w", s.path, s.explain(err))
	}
	return func() { tx.Rollback(); db.Close() }, nil
}
