package store

import (
	"context"
	"fmt"

	"samenloop/people"
	"samenloop/post"
)

// mostWord bounds what somebody says about a decision, in characters.
const mostWord = 500

// note writes a decision in the journal, in the transaction that does it.
func (tx *transaction) note(by people.Hand, deed people.Deed, about string) error {
	return tx.exec("INSERT INTO journal (at, name, command, deed, about, word) VALUES (?, ?, ?, ?, ?, ?)",
		millis(by.At), post.CleanText(by.Name, 100), by.Command, deed, about, post.CleanText(by.Word, mostWord))
}

// All, as a limit, is none.
const All = -1

// Journal gives what was decided before an entry, the newest first; before 0 from the newest on.
func (s *Store) Journal(ctx context.Context, before int64, limit int) ([]people.Entry, error) {
	var list []people.Entry
	err := s.query(ctx, "SELECT seq, at, name, command, deed, about, word FROM journal WHERE ?1 = 0 OR seq < ?1 ORDER BY seq DESC LIMIT ?2",
		func(scan func(...any) error) error {
			var (
				e  people.Entry
				at int64
			)
			err := scan(&e.Seq, &at, &e.Name, &e.Command, &e.Deed, &e.Of, &e.Word)
			e.At = moment(at)
			list = append(list, e)
			return err
		}, before, limit)
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	return list, nil
}
