package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"samenloop/i18n"
	"samenloop/post"
)

const (
	// printsKept is how long after a post was first seen copies and translations of it are looked for.
	printsKept = 60 * 24 * time.Hour
	// mostBefore and mostAfter are how many posts of one site or author are looked at for
	// translations: the nearest in time. Most of those of a new post are older than it.
	mostBefore, mostAfter = 100, 50
)

// savePrint writes down what copies and translations of a post are found by, and
// the edges to those that are stored. It returns the rows whose stories those may
// change. An edit does not make one of two stories that were both emitted: what
// it shows is that they are possibly one.
func (tx *transaction) savePrint(row int64, p *post.Post, isNew bool) (tied []int64, err error) {
	piece := p.Piece()
	print := post.NewPrint(piece.Text)
	printed, _ := print.MarshalBinary()
	marks, _ := post.MarksOf(p).MarshalBinary()
	list := piece.CopyKeys(print)
	keys := rowList(list)
	var old string
	if !isNew {
		err := tx.row("SELECT keys FROM print WHERE post = ?", []any{row}, &old)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
	}
	if old != keys {
		if old != "" {
			if err := tx.exec("DELETE FROM print_key WHERE post = ?1 AND hash IN (SELECT value FROM json_each(?2))", row, old); err != nil {
				return nil, err
			}
		}
		if tied, err = tx.findCopies(row, piece, print, list); err != nil {
			return nil, err
		}
		if err := tx.exec("INSERT OR IGNORE INTO print_key (hash, post) SELECT value, ? FROM json_each(?)", row, keys); err != nil {
			return nil, err
		}
	}
	author := p.AuthorKey()
	err = tx.exec("INSERT OR REPLACE INTO print (post, seen, date, site, author, length, print, marks, keys, language) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		row, millis(p.FirstSeen), millis(piece.Date), piece.Site, author, utf8.RuneCountInString(piece.Text), printed, marks, keys, piece.Language)
	if err != nil {
		return nil, err
	}
	for _, scope := range []struct{ column, value string }{{"site", piece.Site}, {"author", author}} {
		if scope.value == "" {
			continue
		}
		more, err := tx.findTranslations(piece.Date, scope.column, scope.value)
		if err != nil {
			return nil, err
		}
		tied = append(tied, more...)
	}
	return tied, nil
}

// findCopies writes the edges to the stored copies of a piece.
func (tx *transaction) findCopies(row int64, piece post.Piece, print post.Print, keys []int64) (tied []int64, err error) {
	candidates, err := tx.sharingKeys(row, piece, print, keys)
	if err != nil {
		return nil, err
	}
	for _, other := range candidates {
		var story, theirs sql.NullInt64
		p, err := scanPost(func(into ...any) error {
			return tx.row("SELECT "+postColumns+", p.story, (SELECT story FROM post WHERE row = ?2) FROM post p WHERE p.row = ?1", []any{other, row}, into...)
		}, &theirs, &story)
		if err != nil {
			return nil, err
		}
		e := between(row, other, post.Copy)
		e.Strength = post.CopyStrength(piece.CopyOf(p.Piece()), story.Valid && theirs.Valid && story != theirs)
		if e.Strength == 0 {
			continue
		}
		if err := tx.tie(e); err != nil {
			return nil, err
		}
		tied = append(tied, other)
	}
	return tied, nil
}

// sharingKeys are the posts that have one of the keys of a piece and may be copies of it,
// the newest first. What many texts say in three words is a key as well: of most that are
// found by one, the print says that they are others, and their posts are not read.
func (tx *transaction) sharingKeys(row int64, piece post.Piece, print post.Print, keys []int64) (candidates []int64, err error) {
	byTitle := map[int64]bool{} // who was found, and whether by the title
	for _, key := range keys {
		err := tx.query("SELECT post FROM print_key WHERE hash = ? ORDER BY post DESC "+limit(mostOfKey), func(scan func(...any) error) error {
			var other int64
			err := scan(&other)
			byTitle[other] = byTitle[other] || piece.MayShareTitle(key)
			return err
		}, key)
		if err != nil {
			return nil, err
		}
	}
	delete(byTitle, row)
	found := slices.Sorted(maps.Keys(byTitle))
	slices.Reverse(found)
	for _, other := range found {
		if len(candidates) == mostSharing {
			break
		}
		var (
			stored []byte
			theirs post.Print
			q      post.Piece
			date   int64
			room   bool
		)
		err := tx.row("SELECT print, site, date FROM print WHERE post = ?", []any{other}, &stored, &q.Site, &date)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		} else if err != nil {
			return nil, err
		}
		if err := theirs.UnmarshalBinary(stored); err != nil {
			return nil, err
		}
		if !byTitle[other] && !print.MayCopy(theirs) {
			continue
		}
		if err := tx.row("SELECT language, title, "+hasRoom+" FROM post p WHERE row = ?", []any{other}, &q.Language, &q.Title, &room); err != nil {
			return nil, err
		}
		q.Language, q.Date = i18n.Base(q.Language), moment(date)
		if room && piece.MayCopy(q, print, theirs) {
			candidates = append(candidates, other)
		}
	}
	return candidates, nil
}

// findTranslations decides anew which posts of a site or an author look like
// translations of each other, as far as one of them may have changed that.
func (tx *transaction) findTranslations(date time.Time, column, value string) (changed []int64, err error) {
	args := []any{value, millis(date.Add(-2 * post.TranslatedWithin)), millis(date), millis(date.Add(2 * post.TranslatedWithin))}
	// The index of authors has only those that there are, and has to be told that this is one.
	nearest := func(columns string) string {
		all := fmt.Sprintf("SELECT %[2]s FROM print INDEXED BY print_%[1]s WHERE %[1]s = ?1 AND %[1]s <> '' AND date ", column, columns)
		return "(SELECT * FROM (" + all + "BETWEEN ?2 AND ?3 ORDER BY date DESC, post DESC " + limit(mostBefore) +
			") UNION ALL SELECT * FROM (" + all + "> ?3 AND date <= ?4 ORDER BY date, post " + limit(mostAfter) + "))"
	}
	byAuthor := column == "author"
	var several bool // languages, and of an author sites
	// Of those that are compared below: the posts of a busy author are many.
	if err := tx.row("SELECT coalesce(min(language) < max(language) AND (NOT ?5 OR min(site) < max(site)), 0) FROM "+nearest("language, site"), append(args, byAuthor), &several); err != nil || !several {
		return nil, err
	}
	var (
		near []post.Marked
		list []int64
	)
	err = tx.query("SELECT * FROM "+nearest("post, language, site, date, length, marks")+" ORDER BY date, post", func(scan func(...any) error) error {
		var (
			m     post.Marked
			date  int64
			marks []byte
		)
		if err := scan(&m.Row, &m.Language, &m.Site, &date, &m.Length, &marks); err != nil {
			return err
		}
		m.Date = moment(date)
		near, list = append(near, m), append(list, m.Row)
		return near[len(near)-1].Marks.UnmarshalBinary(marks)
	}, args...)
	if err != nil {
		return nil, err
	}
	was := map[post.Edge]bool{}
	err = tx.query("SELECT a, b, strength FROM json_each(?) i CROSS JOIN edge ON a = i.value WHERE reason = 'marks'", func(scan func(...any) error) error {
		e := post.Edge{Reason: post.SameMarks}
		err := scan(&e.A, &e.B, &e.Strength)
		was[e] = true
		return err
	}, rowList(list))
	if err != nil {
		return nil, err
	}
	var ask []int
	for i, x := range near {
		if x.Date.Sub(date).Abs() <= post.TranslatedWithin {
			ask = append(ask, i)
		}
	}
	is := post.Translations(near, ask, byAuthor)
	for _, e := range is {
		if was[e] {
			continue
		}
		if err := tx.exec("INSERT OR REPLACE INTO edge (a, b, reason, strength) VALUES (?, ?, ?, ?)", e.A, e.B, e.Reason, e.Strength); err != nil {
			return nil, err
		}
		changed = append(changed, e.A, e.B)
	}
	for e := range was {
		a := slices.IndexFunc(near, func(m post.Marked) bool { return m.Row == e.A })
		b := slices.IndexFunc(near, func(m post.Marked) bool { return m.Row == e.B })
		if !slices.Contains(ask, a) || b < 0 || byAuthor == (near[a].Site == near[b].Site) ||
			slices.ContainsFunc(is, func(n post.Edge) bool { return n.A == e.A && n.B == e.B }) {
			continue
		}
		if err := tx.exec("DELETE FROM edge WHERE a = ? AND b = ? AND reason = 'marks'", e.A, e.B); err != nil {
			return nil, err
		}
		changed = append(changed, e.A, e.B)
	}
	return changed, nil
}

// markAll gives marks to the posts that lack them: where they are made otherwise than before.
func (tx *transaction) markAll() error {
	var rows []int64
	if err := tx.query("SELECT post FROM print WHERE marks = x''", func(scan func(...any) error) error {
		var row int64
		err := scan(&row)
		rows = append(rows, row)
		return err
	}); err != nil {
		return err
	}
	for _, row := range rows {
		p, err := scanPost(func(into ...any) error {
			return tx.row("SELECT "+postColumns+" FROM post p WHERE p.row = ?", []any{row}, into...)
		})
		if err != nil {
			return err
		}
		marks, _ := post.MarksOf(&p).MarshalBinary()
		if err := tx.exec("UPDATE print SET marks = ? WHERE post = ?", marks, row); err != nil {
			return err
		}
	}
	return nil
}

// PrunePrints forgets what copies and translations of old posts were found by. Their edges stay.
func (s *Store) PrunePrints(ctx context.Context, now time.Time) error {
	for {
		n := 0
		err := s.update(ctx, func(tx *transaction) error {
			type print struct {
				post int64
				keys string
			}
			var old []print
			err := tx.query("SELECT post, keys FROM print WHERE seen < ? ORDER BY seen LIMIT ?", func(scan func(...any) error) error {
				var p print
				err := scan(&p.post, &p.keys)
				old = append(old, p)
				return err
			}, millis(now.Add(-printsKept)), slice)
			if err != nil {
				return err
			}
			for _, p := range old {
				if err := tx.exec("DELETE FROM print_key WHERE post = ?1 AND hash IN (SELECT value FROM json_each(?2))", p.post, p.keys); err != nil {
					return err
				}
				if err := tx.exec("DELETE FROM print WHERE post = ?", p.post); err != nil {
					return err
				}
			}
			n = len(old)
			return nil
		})
		if err != nil {
			return fmt.Errorf("forget the prints of old posts: %w", err)
		}
		if n < slice {
			return nil
		}
	}
}
