package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"samenloop/post"
)

// Editions is a page of a feed, the newest first, and the place where the next
// page begins; zero where there is none.
func (s *Store) Editions(ctx context.Context, q post.Query) ([]post.Edition, post.Cursor, error) {
	places, args := s.places(q, q.Limit+1, false)
	if places == "" {
		return nil, post.Cursor{}, nil
	}
	list, rows, stories, err := s.editions(ctx, "FROM ("+places+") l JOIN edition e ON e.row = l.edition",
		"ORDER BY l.sort DESC, l.edition DESC LIMIT ?", append(args, q.Limit+1)...)
	if err != nil {
		return nil, post.Cursor{}, fmt.Errorf("read the feed %q: %w", q.List(), err)
	}
	var next post.Cursor
	if len(list) > q.Limit {
		list, rows, stories = list[:q.Limit], rows[:q.Limit], stories[:q.Limit]
		next = post.Cursor{Sort: list[q.Limit-1].Sort, Row: rows[q.Limit-1]}
	}
	if err := s.addStories(ctx, list, stories); err != nil {
		return nil, post.Cursor{}, fmt.Errorf("read the feed %q: %w", q.List(), err)
	}
	return list, next, nil
}

// Newer is where the page begins that comes before the one of q; zero where that
// is the first of all.
func (s *Store) Newer(ctx context.Context, q post.Query) (c post.Cursor, err error) {
	places, args := s.places(q, q.Limit, true)
	if places == "" {
		return c, nil
	}
	err = s.query(ctx, "SELECT sort, edition FROM ("+places+") l ORDER BY sort, edition LIMIT 1 OFFSET ?", func(scan func(...any) error) error {
		var sort int64
		err := scan(&sort, &c.Row)
		c.Sort = moment(sort)
		return err
	}, append(args, q.Limit-1)...)
	if err != nil {
		return post.Cursor{}, fmt.Errorf("read the feed %q: %w", q.List(), err)
	}
	return c, nil
}

// Count is how many editions a feed has, on all its pages.
func (s *Store) Count(ctx context.Context, q post.Query) (n int, err error) {
	const all = -1
	places, args := s.places(q, all, false)
	if places == "" {
		return 0, nil
	}
	err = s.query(ctx, "SELECT count(*) FROM ("+places+")", func(scan func(...any) error) error { return scan(&n) }, args...)
	if err != nil {
		return 0, fmt.Errorf("count the feed %q: %w", q.List(), err)
	}
	return n, nil
}

// places is a query, and what it is asked with, for sort and edition of a page of a
// feed: of those that come after q.Before or, for newer ones, before it. It may
// give some more than most. It is empty where a search can find nothing.
//
// Each list is read in its own order and no further than the page needs, so that
// the thousandth page costs what the first does.
func (s *Store) places(q post.Query, most int, newer bool) (query string, args []any) {
	sort, row := int64(1<<62), int64(1<<62)
	if q.Before != (post.Cursor{}) {
		sort, row = millis(q.Before.Sort), q.Before.Row
	}
	match := ""
	if q.Search != "" {
		if match = matchExpression(q); match == "" {
			return "", nil
		}
	}
	beyond, order := "<", "DESC"
	if newer {
		beyond, order = ">", "ASC"
	}
	var parts []string
	from := func(list, where string, more ...any) {
		where = "l.list = ? AND (l.sort, l.edition) " + beyond + " (?, ?)" + where
		args = append(append(args, list, sort, row), more...)
		if match != "" {
			where, args = where+" AND l.edition IN (SELECT rowid FROM edition_text WHERE edition_text MATCH ?)", append(args, match)
		}
		parts = append(parts, "SELECT * FROM (SELECT l.sort, l.edition FROM listing l WHERE "+where+
			" ORDER BY l.sort "+order+", l.edition "+order+" LIMIT ?)")
		args = append(args, most)
	}
	from(q.List(), "")
	if q.Others && q.Language != "" {
		everywhere := q
		everywhere.Language = ""
		from(everywhere.List(), ` AND NOT EXISTS (SELECT 1 FROM edition a JOIN edition b ON b.story = a.story JOIN listing o ON o.edition = b.row
			WHERE a.row = l.edition AND o.list = ?)`, q.List())
	}
	return strings.Join(parts, " UNION ALL "), args
}

// editions are those that a query finds, with their leads, and the rows of them and of their stories.
func (s *Store) editions(ctx context.Context, from, where string, args ...any) (list []post.Edition, rows, stories []int64, err error) {
	err = s.query(ctx, `SELECT `+postColumns+`, e.row, e.story, e.id, t.id, e.seq, e.language, e.published, e.updated, e.sort, e.backfill,
			src.id, coalesce(nullif(src.title, ''), nullif(v.feed_title, ''), src.id), src.url, v.site_url, v.account
		`+from+` JOIN story t ON t.row = e.story JOIN post p ON p.row = e.lead
			JOIN source src ON src.id = p.source JOIN visit v ON v.source = src.id
		`+where,
		func(scan func(...any) error) error {
			var (
				e                        post.Edition
				row, story               int64
				published, updated, sort int64
				language, account        string
			)
			lead, err := scanPost(scan, &row, &story, &e.ID, &e.Story, &e.Seq, &language, &published, &updated, &sort, &e.Backfill,
				&e.Source.ID, &e.Source.Title, &e.Source.URL, &e.SiteURL, &account)
			if err != nil {
				return err
			}
			of, err := scanAccount(account)
			if err != nil {
				return err
			}
			e.NoIndex = of.NoIndex(&lead)
			e.Lead, e.Source.URL = lead, post.WithoutLogin(e.Source.URL)
			e.Published, e.Updated, e.Sort = moment(published), moment(updated), moment(sort)
			list, rows, stories = append(list, e), append(rows, row), append(stories, story)
			return nil
		}, args...)
	return list, rows, stories, err
}

// mostDiscussions is how many discussions of a story are shown, the first.
const mostDiscussions = 50

// addStories adds to editions what their stories know: topics, other editions,
// who discusses them, and other stories that are possibly the same.
func (s *Store) addStories(ctx context.Context, list []post.Edition, stories []int64) error {
	if len(list) == 0 {
		return nil
	}
	in, err := json.Marshal(stories)
	if err != nil {
		return err
	}
	topics := map[int64][]string{}
	err = s.query(ctx, `SELECT DISTINCT p.story, t.topic FROM json_each(?) AS ids CROSS JOIN post p ON p.story = ids.value
			JOIN post_topic t ON t.post = p.row WHERE t.topic <> '' ORDER BY t.topic`, func(scan func(...any) error) error {
		var (
			story int64
			topic string
		)
		err := scan(&story, &topic)
		topics[story] = append(topics[story], topic)
		return err
	}, string(in))
	if err != nil {
		return err
	}
	editions := map[int64][]post.Translation{}
	err = s.query(ctx, `SELECT e.story, e.id, e.language, p.title, p.url FROM json_each(?) AS ids CROSS JOIN edition e ON e.story = ids.value
			JOIN post p ON p.row = e.lead WHERE e.retracted = '' ORDER BY e.row`, func(scan func(...any) error) error {
		var (
			story int64
			t     post.Translation
		)
		err := scan(&story, &t.ID, &t.Language, &t.Title, &t.URL)
		editions[story] = append(editions[story], t)
		return err
	}, string(in))
	if err != nil {
		return err
	}
	discussions := map[int64][]post.Discussion{}
	err = s.query(ctx, `SELECT story, url, title, language, author FROM (
			SELECT p.row, p.story, p.url, p.title, p.language, coalesce(CASE WHEN p.more <> '' THEN p.more ->> '$.authors[0].name' END, '') AS author,
				row_number() OVER (PARTITION BY p.story ORDER BY p.row) AS place
			FROM json_each(?) AS ids CROSS JOIN post p ON p.story = ids.value WHERE p.talks AND NOT p.withdrawn)
		WHERE place <= ? ORDER BY row`, func(scan func(...any) error) error {
		var (
			story int64
			d     post.Discussion
		)
		err := scan(&story, &d.URL, &d.Title, &d.Language, &d.Author)
		discussions[story] = append(discussions[story], d)
		return err
	}, string(in), mostDiscussions)
	if err != nil {
		return err
	}
	possibly := map[int64][]post.Translation{}
	err = s.query(ctx, `WITH near (story, post) AS (
			SELECT p.story, t.b FROM json_each(?1) AS ids CROSS JOIN post p ON p.story = ids.value CROSS JOIN tie t ON t.a = p.row
			UNION SELECT p.story, t.a FROM json_each(?1) AS ids CROSS JOIN post p ON p.story = ids.value CROSS JOIN tie t ON t.b = p.row)
		SELECT DISTINCT near.story, e.id, e.language, lead.title, lead.url FROM near JOIN post p ON p.row = near.post
			JOIN edition e ON e.story = p.story AND e.main AND e.retracted = '' JOIN post lead ON lead.row = e.lead
		WHERE p.story <> near.story ORDER BY e.row`, func(scan func(...any) error) error {
		var (
			story int64
			t     post.Translation
		)
		err := scan(&story, &t.ID, &t.Language, &t.Title, &t.URL)
		possibly[story] = append(possibly[story], t)
		return err
	}, string(in))
	if err != nil {
		return err
	}
	for i := range list {
		e := &list[i]
		e.Topics, e.Discussions, e.Possibly = topics[stories[i]], discussions[stories[i]], possibly[stories[i]]
		for _, t := range editions[stories[i]] {
			if t.ID != e.ID {
				e.Translations = append(e.Translations, t)
			}
		}
	}
	return nil
}

// mostOffTopic is how many posts of one source that are on no topic keep their content.
const mostOffTopic = 2000

// Purge forgets the content of posts that are on no topic and were first seen
// before a time, or are not among the newest of their source: whoever publishes
// without end does not fill the disk with what nobody is shown. Their ids and
// digests stay, so that they do not come back as new.
func (s *Store) Purge(ctx context.Context, before time.Time) (purged int, err error) {
	purged, err = s.forget(ctx, "first_seen < ?", millis(before))
	if err != nil {
		return purged, err
	}
	var many []string
	err = s.query(ctx, "SELECT source FROM visit WHERE posts - matched > ?", func(scan func(...any) error) error {
		var source string
		err := scan(&source)
		many = append(many, source)
		return err
	}, mostOffTopic)
	if err != nil {
		return purged, fmt.Errorf("forget old posts: %w", err)
	}
	for _, source := range many {
		n, err := s.forget(ctx, `row IN (SELECT row FROM post p WHERE source = ? AND story IS NULL AND html <> ''
			AND NOT EXISTS (SELECT 1 FROM post_topic t WHERE t.post = p.row) ORDER BY first_seen DESC, row DESC LIMIT -1 OFFSET ?)`, source, mostOffTopic)
		if purged += n; err != nil {
			return purged, err
		}
	}
	return purged, nil
}

// forget forgets the content of posts on no topic to which a condition applies, a slice in a transaction.
func (s *Store) forget(ctx context.Context, which string, args ...any) (forgot int, err error) {
	for {
		n := 0
		err := s.update(ctx, func(tx *transaction) error {
			return tx.query(`UPDATE post SET more = '', summary = '', html = '', page = '', page_need = 0
				WHERE row IN (SELECT row FROM post WHERE `+which+` AND html <> '' AND story IS NULL
					AND NOT EXISTS (SELECT 1 FROM post_topic t WHERE t.post = post.row) LIMIT ?) RETURNING row`,
				func(scan func(...any) error) error {
					n++
					var row int64
					return scan(&row)
				}, append(args, slice)...)
		})
		if err != nil {
			return forgot, fmt.Errorf("forget old posts: %w", err)
		}
		if forgot += n; n < slice {
			return forgot, nil
		}
	}
}
