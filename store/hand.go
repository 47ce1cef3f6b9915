package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"samenloop/people"
	"samenloop/post"
)

// What a person decides about stories. It stays: new evidence does not undo it.

// named is what a person means by a name: a story, by its own id or an edition's,
// or posts, by their URL.
type named struct {
	story int64   // 0: posts in no story
	rows  []int64 // by a URL, the posts there; by an id, the lead of its main edition or of the oldest
}

// find looks a name up; query runs a query, as transaction.query does.
func find(name string, query func(string, func(scan func(...any) error) error, ...any) error) (named, error) {
	var found named
	stories := map[int64]bool{}
	add := func(scan func(...any) error) error {
		var row, story int64
		err := scan(&row, &story)
		found.rows = append(found.rows, row)
		found.story = story
		stories[story] = true
		return err
	}
	if strings.Contains(name, "://") {
		key := post.Key(name)
		err := query("SELECT p.row, coalesce(p.story, 0) FROM post_key k JOIN post p ON p.row = k.post WHERE k.key = ? ORDER BY p.row LIMIT 200", add, key)
		if err == nil && len(found.rows) == 0 {
			err = &people.Refusal{Why: "no post has the URL " + name, Help: `"samenloop post list" shows them`}
		}
		delete(stories, 0)
		if err == nil && len(stories) > 1 {
			err = fmt.Errorf("the URL %s is that of posts in %d stories: name the story by its id", name, len(stories))
		}
		for story := range stories { // those that are off topic and in no story are none of them
			found.story = story
		}
		return found, err
	}
	err := query(`SELECT e.lead, e.story FROM story t JOIN edition e ON e.story = t.row WHERE t.id = ?1
		OR t.row = (SELECT story FROM edition WHERE id = ?1) ORDER BY e.main DESC, e.row LIMIT 1`, add, name)
	if err == nil && len(found.rows) == 0 {
		err = &people.Refusal{Why: fmt.Sprintf("there is no story %q", name), Help: `give its id as "samenloop post list" shows it, or the URL of one of its posts`}
	}
	return found, err
}

// FindStory is the id of the story that a name means: its own id, an edition's, or the URL of a post.
func (s *Store) FindStory(ctx context.Context, name string) (id string, err error) {
	read := func(query string, each func(scan func(...any) error) error, args ...any) error {
		return s.query(ctx, query, each, args...)
	}
	found, err := find(name, read)
	if err == nil && found.story == 0 {
		err = noStory(name)
	}
	if err != nil {
		return "", err
	}
	return id, read("SELECT id FROM story WHERE row = ?", func(scan func(...any) error) error { return scan(&id) }, found.story)
}

func noStory(name string) error {
	return fmt.Errorf("%s is in no story: it is on no topic, and nothing that is joins it", name)
}

// JoinStories makes one story of those named. A post that is in none may be named, too.
func (s *Store) JoinStories(ctx context.Context, by people.Hand, names ...string) error {
	return s.update(ctx, func(tx *transaction) error {
		var first int64
		var all, rows []int64
		for i, name := range names {
			found, err := find(name, tx.query)
			if err != nil {
				return err
			}
			if all, err = tx.appendStory(all, found); err != nil {
				return err
			}
			rows = append(rows, found.rows...)
			if i == 0 {
				first = found.rows[0]
				continue
			}
			if found.rows[0] == first {
				return fmt.Errorf("%s and %s are the same: name another to join it with", names[0], name)
			}
			if err := tx.tie(between(first, found.rows[0], post.Joined)); err != nil {
				return err
			}
		}
		together := rowList(all)
		if err := tx.exec(`DELETE FROM edge WHERE reason = 'split' AND a IN (SELECT value FROM json_each(?1)) AND b IN (SELECT value FROM json_each(?1))`, together); err != nil {
			return err
		}
		if err := tx.note(by, people.StoriesJoined, strings.Join(names, " ")); err != nil {
			return err
		}
		return tx.settle(rows, post.Occasion{Now: by.At, Languages: s.languages})
	})
}

// appendStory adds to rows those that were named and the others of their story.
func (tx *transaction) appendStory(rows []int64, found named) ([]int64, error) {
	rows = append(rows, found.rows...)
	err := tx.query("SELECT row FROM post WHERE story = ?", func(scan func(...any) error) error {
		var row int64
		err := scan(&row)
		rows = append(rows, row)
		return err
	}, found.story)
	return rows, err
}

// SplitStory takes the posts with a URL out of the story they are in. Those who
// discuss them go along.
func (s *Store) SplitStory(ctx context.Context, by people.Hand, address string) error {
	return s.update(ctx, func(tx *transaction) error {
		found, err := find(address, tx.query)
		if err == nil && found.story == 0 {
			err = noStory(address)
		}
		if err != nil {
			return err
		}
		var tell, talk []int64
		err = tx.query("SELECT row, talks FROM post WHERE story = ? ORDER BY row", func(scan func(...any) error) error {
			var (
				row   int64
				talks bool
			)
			err := scan(&row, &talks)
			switch {
			case slices.Contains(found.rows, row):
			case talks:
				talk = append(talk, row)
			default:
				tell = append(tell, row)
			}
			return err
		}, found.story)
		if err != nil {
			return err
		}
		if len(tell) == 0 {
			tell = talk
		}
		if len(tell) == 0 {
			return fmt.Errorf("%s is alone in its story: there is nothing to take it apart from", address)
		}
		for _, a := range found.rows {
			for _, b := range tell {
				if err := tx.exec("DELETE FROM edge WHERE a = ? AND b = ? AND reason = 'joined'", min(a, b), max(a, b)); err != nil {
					return err
				}
				e := between(a, b, post.Split)
				e.Strength = 0
				if err := tx.tie(e); err != nil {
					return err
				}
			}
		}
		if err := tx.note(by, people.StorySplit, address); err != nil {
			return err
		}
		return tx.settle(found.rows, post.Occasion{Now: by.At, Languages: s.languages})
	})
}

// RetractStory takes a story down: its editions are retracted and no other is made of it.
func (s *Store) RetractStory(ctx context.Context, by people.Hand, name string) error {
	return s.decideStory(ctx, by, people.StoryRetracted, name)
}

// RestoreStory takes that back: the editions return under their ids, as far as they are on topic.
func (s *Store) RestoreStory(ctx context.Context, by people.Hand, name string) error {
	return s.decideStory(ctx, by, people.StoryRestored, name)
}

func (s *Store) decideStory(ctx context.Context, by people.Hand, deed people.Deed, name string) error {
	return s.update(ctx, func(tx *transaction) error {
		found, err := find(name, tx.query)
		if err == nil && found.story == 0 {
			err = noStory(name)
		}
		if err != nil {
			return err
		}
		o := post.Occasion{Now: by.At, Languages: s.languages}
		if deed == people.StoryRetracted {
			o.TakeDown = found.story
		} else {
			o.PutBack = found.story
			var down int
			if err := tx.row("SELECT count(*) FROM edition WHERE story = ? AND retracted = ?", []any{found.story, post.TakenDown}, &down); err != nil {
				return err
			}
			if down == 0 {
				return fmt.Errorf("the story %s was not retracted by hand", name)
			}
		}
		if err := tx.note(by, deed, name); err != nil {
			return err
		}
		return tx.settle(found.rows, o)
	})
}
