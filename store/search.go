package store

import (
	"slices"
	"strings"

	"samenloop/i18n"
	"samenloop/post"
)

// mostIndexed is how much of an edition's text can be found, in bytes.
const mostIndexed = 64 << 10

// index makes an edition findable as its lead tells it, in the place of what
// was found of it before; forget where it is no longer shown. Only editions are
// indexed: a row here costs many times a plain one.
func (tx *transaction) index(edition, lead int64, language string) error {
	if err := tx.forget(edition); err != nil {
		return err
	}
	var title, summary, html string
	if err := tx.row("SELECT title, summary, html FROM post WHERE row = ?", []any{lead}, &title, &summary, &html); err != nil {
		return err
	}
	text := summary + "\n" + post.Text(html)
	text = strings.ToValidUTF8(text[:min(len(text), mostIndexed)], "")
	return tx.exec("INSERT INTO edition_text (rowid, title, text, stems) VALUES (?, ?, ?, ?)",
		edition, title, text, i18n.Stems(language, title+"\n"+text))
}

func (tx *transaction) forget(edition int64) error {
	return tx.exec("DELETE FROM edition_text WHERE rowid = ?", edition)
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
				if term := "stems:" + quoteTerm(stem); !slices.Contains(one, term) {
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
