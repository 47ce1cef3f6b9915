package store

import (
	"maps"
	"slices"
	"strings"

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
		var title, summary, html string
		if err := tx.row("SELECT title, summary, html FROM post WHERE row = ?", []any{w.lead}, &title, &summary, &html); err != nil {
			return err
		}
		text := summary + "\n" + post.Text(html)
		text = strings.ToValidUTF8(text[:min(len(text), mostIndexed)], "")
		err := tx.exec("INSERT INTO edition_text (rowid, words) VALUES (?, ?)", edition, i18n.Terms(w.language, title+"\n"+text))
		if err != nil {
			return err
		}
	}
	return nil
}

// indexAll fills an index that was made anew.
func (tx *transaction) indexAll() error {
	return tx.query("SELECT row, lead, language FROM edition WHERE retracted = '' AND NOT EXISTS (SELECT 1 FROM edition_text)", func(scan func(...any) error) error {
		w := wording{shown: true, isNew: true}
		var edition int64
		err := scan(&edition, &w.lead, &w.language)
		tx.worded[edition] = w
		return err
	})
}

// matchExpression is a search in the language of FTS5: every word must be there, as
// it is or by its stem in one of the languages. Empty where the search has no words.
func (s *Store) matchExpression(q post.Query) string {
	languages := s.languages
	if q.Language != "" {
		languages = []string{q.Language}
	}
	var all []string
	for _, word := range i18n.SearchWords(q.Search) {
		one := []string{quoteTerm(word)}
		for _, l := range languages {
			if stem, ok := i18n.Stem(l, word); ok {
				if term := quoteTerm(stem); !slices.Contains(one, term) {
					one = append(one, term)
				}
			}
		}
		all = append(all, "("+strings.Join(one, " OR ")+")")
	}
	return strings.Join(all, " AND ")
}

// quoteTerm makes a word a string of FTS5, whatever is in it.
func quoteTerm(word string) string { return `"` + strings.ReplaceAll(word, `"`, `""`) + `"` }
