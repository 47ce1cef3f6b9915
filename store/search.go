package store

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"samenloop/i18n"
	"samenloop/post"
)

// mostIndexed is how much of an edition's text can be found, in bytes.
const mostIndexed = 64 << 10

// wording is what an edition is to be found by after a transaction: what its lead
// says, in a language; nothing where it is no longer shown.
type wording struct {
	lead     int64
	language string
	shown    bool
	isNew    bool // nothing is found of it yet
}

// index makes the editions that changed findable by their new words. It comes last
// in a transaction: FTS5 writes down what it gathered, and later merges it, each time
// that a statement which may fail half-way follows. Only editions are indexed: a row
// here costs many times a plain one.
func (tx *transaction) index() error {
	for _, edition := range slices.Sorted(maps.Keys(tx.worded)) {
		w := tx.worded[edition]
		if !w.isNew {
			if err := tx.exec("DELETE FROM edition_text WHERE rowid = ?", edition); err != nil {
				return err
			}
		}
		if !w.shown {
			continue
		}
		lead := tx.saved[w.lead]
		if lead == nil {
			lead = new(post.Post)
			if err := tx.row("SELECT title, summary, html FROM post WHERE row = ?", []any{w.lead}, &lead.Title, &lead.Summary, &lead.HTML); err != nil {
				return err
			}
		}
		text := lead.PlainText()
		if len(text) > mostIndexed {
			text = strings.ToValidUTF8(text[:mostIndexed], "")
		}
		err := tx.exec("INSERT INTO edition_text (rowid, words) VALUES (?, ?)", edition, i18n.Terms(w.language, lead.Title, lead.Summary, text))
		if err != nil {
			return err
		}
	}
	return nil
}

// indexAll fills an index that was made anew. FTS5 writes it in pieces and merges as many
// as are told it here: by its own measure of four, the more there are, the more a new one costs.
func (tx *transaction) indexAll() error {
	if err := tx.exec("INSERT INTO edition_text (edition_text, rank) VALUES ('automerge', 8)"); err != nil {
		return err
	}
	return tx.query("SELECT row, lead, language FROM edition WHERE retracted = '' AND NOT EXISTS (SELECT 1 FROM edition_text)", func(scan func(...any) error) error {
		w := wording{shown: true, isNew: true}
		var edition int64
		err := scan(&edition, &w.lead, &w.language)
		tx.worded[edition] = w
		return err
	})
}

// indexError says that what searches look in is damaged.
type indexError struct{ path string }

func (e *indexError) Error() string {
	return fmt.Sprintf("what searches in the database %s look in is damaged, and nothing else: the next round makes it anew", e.path)
}

// IsIndexDamaged says whether an error is only of what searches look in, which the next
// write makes anew.
func IsIndexDamaged(err error) bool {
	var e *indexError
	return errors.As(err, &e)
}

// wrecked sees to it that what searches look in is made anew.
func (s *Store) wrecked() error {
	s.unfound.Store(true)
	return &indexError{s.path}
}

// isWrecked says whether an error of a transaction that wrote words down is what FTS5
// gives where its own records are not as it left them: also that there is no memory, or
// that a row is there already.
func isWrecked(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_ERROR:
		return true
	}
	return e.Code() == sqlite3.SQLITE_CORRUPT_VTAB
}

// refillIndex begins what searches look in anew, with all that is shown.
func (tx *transaction) refillIndex() error {
	var schema string
	if err := tx.row("SELECT sql FROM sqlite_schema WHERE name = 'edition_text'", nil, &schema); err != nil {
		return err
	}
	if _, err := tx.w.conn.ExecContext(tx.ctx, "DROP TABLE edition_text; "+schema); err != nil {
		return err
	}
	if err := tx.indexAll(); err != nil {
		return err
	}
	err := tx.index()
	clear(tx.worded)
	return err
}

// matchExpression is a search in the language of FTS5: every word must be there, in
// one of its forms. Empty where the search has no words.
func matchExpression(q post.Query) string {
	language := q.Language
	if q.Others {
		language = ""
	}
	var all []string
	for _, word := range i18n.SearchWords(q.Search) { // of letters, numbers and marks: it needs no more than quotes
		all = append(all, `("`+strings.Join(i18n.SearchTerms(language, word), `" OR "`)+`")`)
	}
	return strings.Join(all, " AND ")
}
