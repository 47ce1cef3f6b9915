package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"samenloop/post"
)

const (
	changeChunk = 250  // changes looked at together
	mostPassed  = 5000 // changes that one page may pass over, told or not
)

// Changes is what happened in a stream after a number; a *post.UnknownSeqError
// where this database never gave that number.
//
// Who goes on with ChangePage.Walk hears everything once (ChangeQuery.Tell says
// what that means). Who goes on from the middle with the number alone misses
// nothing either, but may hear that something changed which they have as it is.
func (s *Store) Changes(ctx context.Context, q post.ChangeQuery) (post.ChangePage, error) {
	page, err := s.changes(ctx, q)
	var unknown *post.UnknownSeqError
	if err != nil && !errors.As(err, &unknown) {
		err = fmt.Errorf("read the changes after %d: %w", q.After, err)
	}
	return page, err
}

func (s *Store) changes(ctx context.Context, q post.ChangeQuery) (post.ChangePage, error) {
	page := post.ChangePage{Last: q.After, Walk: q.Walk}
	// Read first: what comes in from now on is for the next time.
	var newest, given int64
	err := s.query(ctx, `SELECT (SELECT coalesce(max(seq), 0) FROM change WHERE scope = ?), (SELECT count(*) FROM change WHERE seq = ?)`,
		func(scan func(...any) error) error { return scan(&newest, &given) }, q.Language, q.After)
	if err != nil {
		return page, err
	}
	if q.Now {
		page.Last = newest
		return page, nil
	}
	if q.After != 0 && given == 0 {
		return page, s.unknownSeq(ctx, q.After)
	}
	if q.Walk == (post.Walk{}) {
		page.Walk = post.Walk{From: q.After, To: newest}
	}

	var editions []int64
	for passed := 0; !page.More && page.Last < newest; {
		rows, steps, err := s.happened(ctx, q, page.Last, newest)
		if err != nil {
			return page, err
		}
		for _, r := range rows {
			told := q.Tell(steps[r.edition])
			if at := slices.IndexFunc(told, func(step post.Step) bool { return step.Seq == r.seq }); at >= 0 {
				if page.More = len(editions) == q.Limit; page.More {
					break
				}
				page.Changes = append(page.Changes, post.Change{Step: told[at]})
				editions = append(editions, r.edition)
			}
			page.Last = r.seq
		}
		if len(rows) < changeChunk && !page.More {
			page.Last = newest
		}
		if passed += len(rows); passed >= mostPassed && page.Last < newest {
			page.More = true
		}
	}
	return page, s.addChanged(ctx, page.Changes, editions)
}

// unknownSeq says what a database that never gave a number did give.
func (s *Store) unknownSeq(ctx context.Context, seq int64) error {
	unknown := &post.UnknownSeqError{Seq: seq}
	err := s.query(ctx, "SELECT coalesce(max(seq), 0) FROM change", func(scan func(...any) error) error { return scan(&unknown.Newest) })
	if err != nil {
		return err
	}
	return unknown
}

// changeRow is a place in a stream.
type changeRow struct{ seq, edition int64 }

// happened are the next places in a stream, and all that ever happened there to the editions at them.
func (s *Store) happened(ctx context.Context, q post.ChangeQuery, after, newest int64) ([]changeRow, map[int64][]post.Step, error) {
	news, known := " AND c.backfill = 0", fmt.Sprintf(" AND (c.backfill = 0 OR c.event = '%s')", post.Returned)
	if q.Backfill {
		news, known = "", ""
	}
	var (
		rows     []changeRow
		editions []int64
		steps    = map[int64][]post.Step{}
	)
	err := s.query(ctx, "SELECT c.seq, c.edition FROM change c WHERE c.scope = ? AND c.seq > ? AND c.seq <= ?"+news+" ORDER BY c.seq LIMIT ?",
		func(scan func(...any) error) error {
			var r changeRow
			err := scan(&r.seq, &r.edition)
			rows = append(rows, r)
			if steps[r.edition] == nil {
				steps[r.edition] = []post.Step{}
				editions = append(editions, r.edition)
			}
			return err
		}, q.Language, after, newest, changeChunk)
	if err != nil || len(rows) == 0 {
		return nil, nil, err
	}
	in, err := json.Marshal(editions)
	if err != nil {
		return nil, nil, err
	}
	err = s.query(ctx, `SELECT c.edition, c.seq, c.event FROM json_each(?) AS ids CROSS JOIN change c ON c.edition = ids.value
			WHERE c.scope = ? AND c.seq <= ?`+known+" ORDER BY c.seq",
		func(scan func(...any) error) error {
			var (
				edition int64
				step    post.Step
			)
			err := scan(&edition, &step.Seq, &step.What)
			steps[edition] = append(steps[edition], step)
			return err
		}, string(in), q.Language, newest)
	return rows, steps, err
}

// addChanged adds to changes the editions, by their rows, as they are today.
func (s *Store) addChanged(ctx context.Context, changes []post.Change, rows []int64) error {
	if len(rows) == 0 {
		return nil
	}
	in, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	editions, found, stories, err := s.editions(ctx, "FROM json_each(?) AS ids CROSS JOIN edition e ON e.row = ids.value", "", string(in))
	if err != nil {
		return err
	}
	if err := s.addStories(ctx, editions, stories); err != nil {
		return err
	}
	for i := range changes {
		changes[i].Edition = editions[slices.Index(found, rows[i])]
	}
	return nil
}
