package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"samenloop/post"
)

// rule is what of a topic decides, as it is stored.
type rule struct {
	Hashtags []string `json:"hashtags"`
	Phrases  []string `json:"phrases"`
}

// Rules are those that what is stored was last decided by.
func (s *Store) Rules(ctx context.Context) (post.Rules, error) {
	rules := post.Rules{Whole: map[string]bool{}}
	err := s.query(ctx, "SELECT id, rule FROM topic ORDER BY id", func(scan func(...any) error) error {
		var id, text string
		if err := scan(&id, &text); err != nil {
			return err
		}
		var r rule
		err := json.Unmarshal([]byte(text), &r)
		rules.Topics = append(rules.Topics, post.Topic{ID: id, Hashtags: r.Hashtags, Phrases: r.Phrases})
		return err
	})
	if err == nil {
		err = s.query(ctx, "SELECT id FROM source WHERE decided", func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			rules.Whole[id] = true
			return err
		})
	}
	if err != nil {
		return rules, fmt.Errorf("read the topics as they were: %w", err)
	}
	return rules, nil
}

// SaveRules notes that all that is stored was decided by these.
func (s *Store) SaveRules(ctx context.Context, rules post.Rules) error {
	err := s.update(ctx, func(tx *transaction) error {
		if err := tx.exec("DELETE FROM topic"); err != nil {
			return err
		}
		for _, t := range rules.Topics {
			text, err := json.Marshal(rule{t.Hashtags, t.Phrases})
			if err != nil {
				return err
			}
			if err := tx.exec("INSERT INTO topic (id, rule) VALUES (?, ?)", t.ID, string(text)); err != nil {
				return err
			}
		}
		for id, whole := range rules.Whole {
			if err := tx.exec("UPDATE source SET decided = ? WHERE id = ?", whole, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store the topics: %w", err)
	}
	return nil
}

// Slice reads some posts after a row, in the order they were stored: of one
// source, or of all where that is empty. What was withdrawn is left out. rows
// are theirs, and their Matches are read, too.
func (s *Store) Slice(ctx context.Context, source string, after int64) (rows []int64, posts []post.Post, err error) {
	query, args := "SELECT "+postColumns+", p.row FROM post p WHERE p.row > ? AND p.withdrawn = 0 ORDER BY p.row LIMIT ?", []any{after, slice}
	if source != "" {
		query, args = "SELECT "+postColumns+", p.row FROM post p WHERE p.source = ? AND p.row > ? AND p.withdrawn = 0 ORDER BY p.row LIMIT ?", []any{source, after, slice}
	}
	err = s.query(ctx, query, func(scan func(...any) error) error {
		var row int64
		p, err := scanPost(scan, &row)
		rows, posts = append(rows, row), append(posts, p)
		return err
	}, args...)
	for i := range posts {
		if err == nil {
			posts[i].Matches, err = s.matches(ctx, rows[i])
		}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read stored posts: %w", err)
	}
	return rows, posts, nil
}

// Redecide writes down which topics posts are on, and what that means for their
// stories: what comes on topic is the past, not news.
func (s *Store) Redecide(ctx context.Context, now time.Time, decisions []post.Decision) error {
	err := s.update(ctx, func(tx *transaction) error {
		rows := make([]int64, len(decisions))
		for i, d := range decisions {
			rows[i] = d.Row
			if err := tx.redecide(d); err != nil {
				return err
			}
		}
		return tx.settle(rows, post.Occasion{Now: now, Languages: s.languages, Past: true})
	})
	if err != nil {
		return fmt.Errorf("store which topics posts are on: %w", err)
	}
	return nil
}

func (tx *transaction) redecide(d post.Decision) error {
	var was int
	if err := tx.row("SELECT EXISTS (SELECT 1 FROM post_topic WHERE post = ?)", []any{d.Row}, &was); err != nil {
		return err
	}
	if err := tx.exec("DELETE FROM post_topic WHERE post = ?", d.Row); err != nil {
		return err
	}
	is := 0
	for _, m := range d.Matches {
		is = 1
		if err := tx.exec("INSERT INTO post_topic (post, topic, by) VALUES (?, ?, ?)", d.Row, m.Topic, m.By); err != nil {
			return err
		}
	}
	if is > was {
		p, err := scanPost(func(into ...any) error {
			return tx.row("SELECT "+postColumns+" FROM post p WHERE p.row = ?", []any{d.Row}, into...)
		})
		if err != nil {
			return err
		}
		if _, err := tx.savePrint(d.Row, &p, false); err != nil { // what it ties to is settled with the post
			return err
		}
	}
	return tx.exec("UPDATE visit SET matched = matched + ? WHERE source = (SELECT source FROM post WHERE row = ?)", is-was, d.Row)
}
