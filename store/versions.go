package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"sync"

	"samenloop/post"
)

// versions tells, without a query, whether a feed may have changed.
type versions struct {
	sync.RWMutex
	shown  int64            // meta 'shown' as this process last saw it
	all    uint64           // counts what may have changed any feed
	lists  map[string]int64 // list → 'shown' when it last changed here
	visits uint64           // counts what may have changed how a source fares
}

// Version is another string whenever the answer of Editions to q may be another. It costs no query.
func (s *Store) Version(q post.Query) string {
	v := &s.versions
	v.RLock()
	defer v.RUnlock()
	at := v.lists[q.List()]
	if q.Others {
		q.Language = ""
		at = max(at, v.lists[q.List()])
	}
	return strconv.FormatUint(v.all, 36) + "." + strconv.FormatInt(at, 36)
}

// SourcesVersion is another string whenever the answer of Sources may be another. It costs no query.
func (s *Store) SourcesVersion() string {
	v := &s.versions
	v.RLock()
	defer v.RUnlock()
	return strconv.FormatUint(v.all, 36) + "." + strconv.FormatUint(v.visits, 36)
}

func (v *versions) visited() {
	v.Lock()
	defer v.Unlock()
	v.visits++
}

func (v *versions) bump(touched map[string]bool, shown int64) {
	if len(touched) == 0 {
		return
	}
	v.Lock()
	defer v.Unlock()
	if v.lists == nil {
		v.lists = map[string]int64{}
	}
	if v.shown != shown-1 || touched[everyList] {
		v.all++ // another process changed something in between
	}
	for list := range touched {
		v.lists[list] = shown
	}
	v.shown = shown
}

// everyList in transaction.touched says that any feed may have changed.
const everyList = "*"

// replacedError says that another file stands where the database was.
type replacedError struct{ path string }

func (e *replacedError) Error() string {
	return fmt.Sprintf("the database %s was replaced or moved away while it was in use: start samenloop again", e.path)
}

// IsReplaced says whether Refresh failed because the database is no longer the file
// that was opened: whatever is written now, nobody will find.
func IsReplaced(err error) bool {
	var replaced *replacedError
	return errors.As(err, &replaced)
}

// Refresh looks whether another process changed what readers see, or put another
// file in the place of the database. It costs one small query.
func (s *Store) Refresh(ctx context.Context) error {
	if now, err := os.Stat(s.path); errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(s.file, now) {
		return &replacedError{s.path}
	}
	return s.query(ctx, "SELECT value FROM meta WHERE name = 'shown'", func(scan func(...any) error) error {
		var shown int64
		if err := scan(&shown); err != nil {
			return err
		}
		v := &s.versions
		v.Lock()
		defer v.Unlock()
		if shown > v.shown {
			v.shown = shown
			v.all++
		}
		return nil
	})
}
