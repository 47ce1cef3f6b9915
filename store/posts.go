package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"samenloop/i18n"
	"samenloop/post"
)

// Known tells what is stored under each of the ids of a source, variants in order.
func (s *Store) Known(ctx context.Context, source string, ids []string) (map[string][]post.Known, error) {
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, fmt.Errorf("look up posts of %q: %w", source, err)
	}
	known := make(map[string][]post.Known, len(ids))
	err = s.query(ctx, `SELECT p.row, p.id, p.variant, p.digest, p.key, p.title, p.updated, p.withdrawn FROM json_each(?) AS ids
			CROSS JOIN post AS p ON p.source = ? AND p.id = ids.value ORDER BY p.variant`,
		func(scan func(...any) error) error {
			var (
				k       post.Known
				id      string
				digest  []byte
				updated int64
			)
			if err := scan(&k.Row, &id, &k.Variant, &digest, &k.Key, &k.Title, &updated, &k.Withdrawn); err != nil {
				return err
			}
			k.Updated = moment(updated)
			copy(k.Digest[:], digest)
			known[id] = append(known[id], k)
			return nil
		}, string(list), source)
	if err != nil {
		return nil, fmt.Errorf("look up posts of %q: %w", source, err)
	}
	return known, nil
}

// WantPages are posts of a source whose article page is still to be read, the newest first.
func (s *Store) WantPages(ctx context.Context, source string, limit int) ([]post.Post, error) {
	posts, err := s.posts(ctx, "SELECT "+postColumns+" FROM post p INDEXED BY post_page WHERE p.source = ? AND p.page_need = 1 ORDER BY p.row DESC LIMIT ?", source, limit)
	if err != nil {
		return nil, fmt.Errorf("look up posts of %q: %w", source, err)
	}
	return posts, nil
}

// Post is a stored post by its row.
func (s *Store) Post(ctx context.Context, row int64) (post.Post, error) {
	posts, err := s.posts(ctx, "SELECT "+postColumns+" FROM post p WHERE p.row = ?", row)
	if err == nil && len(posts) == 0 {
		err = sql.ErrNoRows
	}
	if err != nil {
		return post.Post{}, fmt.Errorf("look up post %d: %w", row, err)
	}
	return posts[0], nil
}

// Stored is a post with what became of it.
type Stored struct {
	post.Post
	Row      int64
	Story    string   // its story's id; empty where nothing was emitted of it
	JoinedBy []string // why it is in that story with others
}

// Posts walks through all stored posts in the order they were first stored, until each returns an error.
func (s *Store) Posts(ctx context.Context, each func(Stored) error) error {
	const page = 200
	for after := int64(0); ; {
		var batch []Stored
		err := s.query(ctx, "SELECT "+postColumns+`, p.row, coalesce((SELECT id FROM story WHERE row = p.story), ''),
				(SELECT json_group_array(DISTINCT reason) FROM (
					SELECT t.reason FROM tie t JOIN post q ON q.row = t.b WHERE t.a = p.row AND q.story = p.story
					UNION SELECT t.reason FROM tie t JOIN post q ON q.row = t.a WHERE t.b = p.row AND q.story = p.story))
			FROM post p WHERE p.row > ? ORDER BY p.row LIMIT ?`,
			func(scan func(...any) error) error {
				var (
					st      Stored
					reasons string
				)
				p, err := scanPost(scan, &st.Row, &st.Story, &reasons)
				if err != nil {
					return err
				}
				st.Post = p
				batch = append(batch, st)
				return json.Unmarshal([]byte(reasons), &batch[len(batch)-1].JoinedBy)
			}, after, page)
		if err != nil {
			return fmt.Errorf("list the posts: %w", err)
		}
		for i := range batch {
			if batch[i].Matches, err = s.matches(ctx, batch[i].Row); err != nil {
				return err
			}
			if err := each(batch[i]); err != nil {
				return err
			}
		}
		if len(batch) < page {
			return nil
		}
		after = batch[len(batch)-1].Row
	}
}

func (s *Store) matches(ctx context.Context, row int64) ([]post.Match, error) {
	var list []post.Match
	err := s.query(ctx, "SELECT topic, by FROM post_topic WHERE post = ? ORDER BY topic", func(scan func(...any) error) error {
		var m post.Match
		err := scan(&m.Topic, &m.By)
		list = append(list, m)
		return err
	}, row)
	return list, err
}

func (s *Store) posts(ctx context.Context, query string, args ...any) ([]post.Post, error) {
	var list []post.Post
	err := s.query(ctx, query, func(scan func(...any) error) error {
		p, err := scanPost(scan)
		list = append(list, p)
		return err
	}, args...)
	return list, err
}

// more are the fields of a post that no query looks into.
type more struct {
	Authors    []post.Author     `json:"authors,omitempty"`
	Tags       []string          `json:"tags,omitempty"`
	Enclosures []post.Enclosure  `json:"enclosures,omitempty"`
	Alternates map[string]string `json:"alternates,omitempty"`
	Canonical  string            `json:"canonical,omitempty"`
	Declared   []i18n.Evidence   `json:"declared,omitempty"`
	Origin     *post.Origin      `json:"origin,omitempty"`
	Booster    *post.Author      `json:"booster,omitempty"`
}

const postColumns = `p.source, p.id, p.variant, p.digest, p.published, p.updated, p.first_seen, p.backfill, p.reply, p.note, p.page_need, p.page_tries,
	p.language, p.language_from, p.url, p.title, p.more, p.summary, p.html, p.page`

// scanPost reads postColumns, and what follows them into extra.
func scanPost(scan func(...any) error, extra ...any) (post.Post, error) {
	var (
		p                             post.Post
		digest                        []byte
		published, updated, firstSeen int64
		rest                          string
	)
	into := []any{&p.Source, &p.ID, &p.Variant, &digest, &published, &updated, &firstSeen, &p.Backfill, &p.Reply, &p.Note, &p.PageNeed, &p.PageTries,
		&p.Language, &p.LanguageFrom, &p.URL, &p.Title, &rest, &p.Summary, &p.HTML, &p.Page}
	if err := scan(append(into, extra...)...); err != nil {
		return p, err
	}
	copy(p.Digest[:], digest)
	p.Published, p.Updated, p.FirstSeen = moment(published), moment(updated), moment(firstSeen)
	if rest == "" {
		return p, nil
	}
	var m more
	if err := json.Unmarshal([]byte(rest), &m); err != nil {
		return p, fmt.Errorf("post %q of %q: %w", p.ID, p.Source, err)
	}
	p.Authors, p.Tags, p.Enclosures, p.Alternates, p.Canonical, p.Declared = m.Authors, m.Tags, m.Enclosures, m.Alternates, m.Canonical, m.Declared
	if m.Origin != nil {
		p.Origin = *m.Origin
	}
	if m.Booster != nil {
		p.Booster = *m.Booster
	}
	return p, nil
}

func packMore(p *post.Post) (string, error) {
	m := more{Authors: p.Authors, Tags: p.Tags, Enclosures: p.Enclosures, Alternates: p.Alternates, Canonical: p.Canonical, Declared: p.Declared}
	if p.Origin != (post.Origin{}) {
		m.Origin = &p.Origin
	}
	if p.Booster.Name != "" {
		m.Booster = &p.Booster
	}
	if m.Authors == nil && m.Tags == nil && m.Enclosures == nil && m.Alternates == nil && m.Canonical == "" && m.Declared == nil && m.Origin == nil && m.Booster == nil {
		return "", nil
	}
	b, err := json.Marshal(m)
	return string(b), err
}

// Save writes batches down: all of them, or none where it returns an error.
func (s *Store) Save(ctx context.Context, batches ...post.Batch) ([]post.Saved, error) {
	saved := make([]post.Saved, len(batches))
	err := s.update(ctx, func(tx *transaction) error {
		blocks, err := tx.blocks()
		if err != nil {
			return err
		}
		for i, b := range batches {
			if wanted, err := tx.wanted(&b, blocks); err != nil {
				return err
			} else if !wanted {
				continue
			}
			affected, done, err := tx.savePosts(b)
			if err != nil {
				return err
			}
			withdrawn, err := tx.saveFediverse(b)
			if err != nil {
				return err
			}
			if err := tx.settle(append(affected, withdrawn...), post.Occasion{Now: b.Now, Languages: s.languages}); err != nil {
				return fmt.Errorf("group the posts of %q: %w", b.Visit.Source, err)
			}
			if err := tx.saveVisit(b.Visit, done); err != nil {
				return err
			}
			if err := tx.hold(b.Held); err != nil {
				return err
			}
			saved[i] = done
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return saved, nil
}

// wanted says whether the source is still to be read, as it was when the visit began,
// and takes out of its batch what others said who were blocked since.
func (tx *transaction) wanted(b *post.Batch, blocks post.Blocks) (bool, error) {
	if len(b.Posts) == 0 && len(b.Waiting) == 0 {
		return true, nil
	}
	st, err := tx.source(b.Visit.Source)
	if err != nil {
		return false, err
	}
	if _, blocked := blocks.Find(st.Addresses()...); blocked || st.State == post.Removed {
		return false, nil
	}
	if len(blocks) > 0 {
		b.Posts = slices.DeleteFunc(slices.Clone(b.Posts), func(p post.Post) bool {
			_, blocked := blocks.Find(p.ID)
			for _, a := range p.Authors {
				_, too := blocks.Find(a.URL)
				blocked = blocked || too
			}
			return blocked && p.Fediverse
		})
	}
	return true, nil
}

// savePosts writes the posts of a batch and returns the rows of those whose stories may have changed.
func (tx *transaction) savePosts(b post.Batch) (affected []int64, saved post.Saved, err error) {
	home := b.Visit.Home()
	for i := range b.Posts {
		p := &b.Posts[i]
		row, isNew, edited, tied, err := tx.savePost(p, home)
		if err != nil {
			return nil, saved, fmt.Errorf("store post %q of %q: %w", p.ID, p.Source, err)
		}
		tx.saved[row] = p
		lost := false
		if p.Fediverse {
			if lost, err = tx.follow(row, p); err != nil {
				return nil, saved, fmt.Errorf("store post %q of %q: %w", p.ID, p.Source, err)
			}
		}
		onTopic, came, err := tx.saveMatches(row, p.Matches, isNew)
		if err != nil {
			return nil, saved, fmt.Errorf("store post %q of %q: %w", p.ID, p.Source, err)
		}
		switch {
		case isNew:
			saved.New++
		case edited:
			saved.Changed++
		}
		if came {
			saved.Matched++
		}
		if onTopic || lost {
			affected = append(affected, row)
		}
		if onTopic {
			like, err := tx.savePrint(row, p, isNew)
			if err != nil {
				return nil, saved, fmt.Errorf("store post %q of %q: %w", p.ID, p.Source, err)
			}
			affected = append(affected, like...)
		}
		affected = append(affected, tied...)
	}
	return affected, saved, nil
}

// savePost writes one post and its edges. edited says that its source gave it otherwise than
// before: not where only its article's page was read. tied are the rows whose stories those may change.
func (tx *transaction) savePost(p *post.Post, home string) (row int64, isNew, edited bool, tied []int64, err error) {
	rest, err := packMore(p)
	if err != nil {
		return 0, false, false, nil, err
	}
	var (
		key   = p.Key()
		own   = post.OwnSite(home, p.URL)
		shown = p.Shown()
	)
	row, isNew, err = tx.insertNew(`INSERT INTO post (source, id, variant, digest, shown, own, published, updated, first_seen, backfill, reply, note, page_need, page_tries,
			language, language_from, key, url, title, more, summary, html, page)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source, id, variant) DO NOTHING`,
		p.Source, p.ID, p.Variant, p.Digest[:], shown[:], own, millis(p.Published), millis(p.Updated), millis(p.FirstSeen), p.Backfill, p.Reply, p.Note, p.PageNeed, p.PageTries,
		p.Language, p.LanguageFrom, key, p.URL, p.Title, rest, p.Summary, p.HTML, p.Page)
	if err != nil {
		return 0, false, false, nil, err
	}
	if isNew {
		tied, err = tx.join(row, p, home)
		return row, true, false, tied, err
	}
	was, err := scanPost(func(into ...any) error {
		return tx.row("SELECT "+postColumns+", p.row FROM post p WHERE p.source = ? AND p.id = ? AND p.variant = ?", []any{p.Source, p.ID, p.Variant}, into...)
	}, &row)
	if err != nil {
		return 0, false, false, nil, err
	}
	p.FirstSeen = was.FirstSeen
	if p.KeepPage(&was) {
		if rest, err = packMore(p); err != nil {
			return 0, false, false, nil, err
		}
		shown = p.Shown()
	}
	err = tx.exec(`UPDATE post SET digest = ?, shown = ?, own = ?, published = ?, updated = ?, reply = ?, note = ?, page_need = ?, page_tries = ?,
			language = ?, language_from = ?, key = ?, url = ?, title = ?, more = ?, summary = ?, html = ?, page = ? WHERE row = ?`,
		p.Digest[:], shown[:], own, millis(p.Published), millis(p.Updated), p.Reply, p.Note, p.PageNeed, p.PageTries,
		p.Language, p.LanguageFrom, key, p.URL, p.Title, rest, p.Summary, p.HTML, p.Page, row)
	if err != nil {
		return 0, false, false, nil, err
	}
	tied, err = tx.rejoin(row, &was, p, home)
	return row, false, p.Digest != was.Digest, tied, err
}

// saveMatches adds to the topics a post is on. What it once matched stays: a
// site's post that loses the hashtag in an edit is still the post that had it.
func (tx *transaction) saveMatches(row int64, matches []post.Match, isNew bool) (onTopic, came bool, err error) {
	n := 0
	if !isNew {
		if err := tx.row("SELECT count(*) FROM post_topic WHERE post = ?", []any{row}, &n); err != nil {
			return false, false, err
		}
	}
	for _, m := range matches {
		if err := tx.exec("INSERT INTO post_topic (post, topic, by) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET by = excluded.by", row, m.Topic, m.By); err != nil {
			return false, false, err
		}
	}
	return n > 0 || len(matches) > 0, n == 0 && len(matches) > 0, nil
}
