package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"samenloop/post"
)

const (
	// mostParts is how many posts of a story are shown, as many that possibly belong, and as many tombstones.
	mostParts = 200
	// mostRemoved is how many tombstones a feed shows, the newest.
	mostRemoved = 100
)

// Story is a story with everything there is to show of it: by its own id, or by
// that of an edition that it has or had. Its ID is empty where there is none.
func (s *Store) Story(ctx context.Context, id string) (post.Story, error) {
	story, err := s.story(ctx, id)
	if err != nil {
		return post.Story{}, fmt.Errorf("read story %q: %w", id, err)
	}
	return story, nil
}

func (s *Store) story(ctx context.Context, id string) (story post.Story, err error) {
	var row int64
	err = s.query(ctx, `SELECT t.row, t.id, coalesce(s.id, '') FROM story t LEFT JOIN story s ON s.row = t.successor WHERE t.id = ?1
			UNION SELECT t.row, t.id, coalesce(s.id, '') FROM edition e JOIN story t ON t.row = e.story LEFT JOIN story s ON s.row = t.successor WHERE e.id = ?1`,
		func(scan func(...any) error) error { return scan(&row, &story.ID, &story.Successor) }, id)
	if err != nil || row == 0 {
		return story, err
	}
	var stories []int64
	story.Editions, _, stories, err = s.editions(ctx, "FROM edition e", "WHERE e.story = ? AND e.retracted = '' ORDER BY e.main DESC, e.row", row)
	if err != nil {
		return story, err
	}
	if err := s.addStories(ctx, story.Editions, stories); err != nil {
		return story, err
	}
	story.Removed, err = s.tombstones(ctx, "SELECT id, language, updated FROM edition WHERE story = ? AND retracted <> '' ORDER BY row LIMIT ?", row, mostParts)
	if err != nil {
		return story, err
	}
	story.Posts, story.Edges, err = s.parts(ctx, row)
	return story, err
}

// parts are the posts of a story, those of other stories that an edge ties to
// one of them, and the edges between all of these.
func (s *Store) parts(ctx context.Context, story int64) (parts []post.Part, edges []post.Edge, err error) {
	var rows []int64
	place := map[int64]int64{}
	add := func(scan func(...any) error) error {
		var (
			row                  int64
			published, firstSeen int64
			p                    post.Part
		)
		err := scan(&row, &p.Story, &p.Source.ID, &p.Source.Title, &p.Source.URL, &p.URL, &p.Title, &p.Language, &published, &firstSeen)
		stated := post.Post{Published: moment(published), FirstSeen: moment(firstSeen)}
		p.Date = stated.Date()
		place[row] = int64(len(parts))
		parts, rows = append(parts, p), append(rows, row)
		return err
	}
	const columns = `p.row, t.id, src.id, coalesce(nullif(src.title, ''), nullif(v.feed_title, ''), src.id), src.url,
		p.url, p.title, p.language, p.published, p.first_seen`
	const joined = `JOIN story t ON t.row = p.story JOIN source src ON src.id = p.source JOIN visit v ON v.source = src.id`
	if err := s.query(ctx, "SELECT "+columns+" FROM post p "+joined+" WHERE p.story = ? AND NOT p.withdrawn ORDER BY p.row LIMIT ?", add, story, mostParts); err != nil {
		return nil, nil, err
	}
	// Only what is shown itself: nobody learns here of a post that is on no topic.
	err = s.query(ctx, `WITH near (row) AS (SELECT b FROM json_each(?1) i CROSS JOIN tie ON a = i.value
			UNION SELECT a FROM json_each(?1) i CROSS JOIN tie ON b = i.value)
		SELECT `+columns+" FROM near CROSS JOIN post p ON p.row = near.row "+joined+` WHERE p.story <> ?2 AND NOT p.withdrawn
			AND EXISTS (SELECT 1 FROM edition e WHERE e.story = p.story AND e.retracted = '') ORDER BY p.row LIMIT ?3`, add, rowList(rows), story, mostParts)
	if err != nil {
		return nil, nil, err
	}
	err = s.query(ctx, "SELECT a, b, reason, strength FROM json_each(?) i CROSS JOIN tie ON a = i.value ORDER BY a, b, strength DESC, reason",
		func(scan func(...any) error) error {
			var e post.Edge
			if err := scan(&e.A, &e.B, &e.Reason, &e.Strength); err != nil {
				return err
			}
			a, okA := place[e.A]
			b, okB := place[e.B]
			if okA && okB {
				edges = append(edges, post.Edge{A: a, B: b, Reason: e.Reason, Strength: e.Strength})
			}
			return nil
		}, rowList(rows))
	return parts, edges, err
}

// rowList is a list of rows for json_each.
func rowList(rows []int64) string {
	b, _ := json.Marshal(rows) // numbers do not fail
	return string(b)
}

// Removed are the editions that left a feed since a time, the newest first.
func (s *Store) Removed(ctx context.Context, q post.Query, since time.Time) ([]post.Tombstone, error) {
	list, err := s.tombstones(ctx, `SELECT e.id, e.language, d.at FROM departure d JOIN edition e ON e.row = d.edition
		WHERE d.list = ? AND d.at >= ? ORDER BY d.at DESC, d.edition DESC LIMIT ?`, q.List(), millis(since), mostRemoved)
	if err != nil {
		return nil, fmt.Errorf("read what left the feed %q: %w", q.List(), err)
	}
	return list, nil
}

func (s *Store) tombstones(ctx context.Context, query string, args ...any) (list []post.Tombstone, err error) {
	err = s.query(ctx, query, func(scan func(...any) error) error {
		var (
			t  post.Tombstone
			at int64
		)
		err := scan(&t.ID, &t.Language, &at)
		t.At = moment(at)
		list = append(list, t)
		return err
	}, args...)
	return list, err
}

// saveDepartures notes which lists an edition left, and forgets that it had left those it is in.
func (tx *transaction) saveDepartures(edition int64, before, after []string, now time.Time) error {
	for _, list := range before {
		if slices.Contains(after, list) {
			continue
		}
		if err := tx.exec("INSERT OR REPLACE INTO departure (edition, list, at) VALUES (?, ?, ?)", edition, list, millis(now)); err != nil {
			return err
		}
	}
	for _, list := range after {
		if slices.Contains(before, list) {
			continue
		}
		if err := tx.exec("DELETE FROM departure WHERE edition = ? AND list = ?", edition, list); err != nil {
			return err
		}
	}
	return nil
}
