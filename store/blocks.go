package store

import (
	"context"
	"fmt"

	"samenloop/i18n"
	"samenloop/people"
	"samenloop/post"
)

// Blocks are what the operator keeps out.
func (s *Store) Blocks(ctx context.Context) (post.Blocks, error) {
	return readBlocks(func(query string, each func(scan func(...any) error) error) error { return s.query(ctx, query, each) })
}

func (tx *transaction) blocks() (post.Blocks, error) {
	return readBlocks(func(query string, each func(scan func(...any) error) error) error { return tx.query(query, each) })
}

func readBlocks(query func(string, func(scan func(...any) error) error) error) (list post.Blocks, err error) {
	err = query("SELECT name, source, since FROM block ORDER BY since, name", func(scan func(...any) error) error {
		var (
			b     post.Block
			since int64
		)
		err := scan(&b.Name, &b.Source, &since)
		b.Since = moment(since)
		list = append(list, b)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what is blocked: %w", err)
	}
	return list, nil
}

// Block keeps something out: a source, by its id; a domain with all below it; or
// an address or an account's handle. What was taken of it stays; what waits of it does not.
func (s *Store) Block(ctx context.Context, by people.Hand, what string) error {
	err := s.update(ctx, func(tx *transaction) error {
		names, source := []string{post.BlockName(what)}, ""
		if names[0] == "" {
			st, err := tx.source(what)
			if err != nil {
				return fmt.Errorf("%w; a domain is written as \"example.org\", an address with https://", err)
			}
			names, source = nil, what
			for _, address := range st.Addresses() {
				if name := post.BlockName(address); name != "" {
					names = append(names, name)
				}
			}
		}
		for _, name := range names {
			if err := tx.exec("INSERT OR IGNORE INTO block (name, source, since) VALUES (?, ?, ?)", name, source, millis(by.At)); err != nil {
				return err
			}
		}
		if err := tx.dismiss(); err != nil {
			return err
		}
		tx.touched[everyList] = true // lists of sources
		return tx.note(by, people.Blocked, what)
	})
	if err != nil {
		return fmt.Errorf("block %s: %w", what, err)
	}
	return nil
}

// dismiss forgets what waits of those who are blocked. What was refused stays so.
func (tx *transaction) dismiss() error {
	blocks, err := tx.blocks()
	if err != nil {
		return err
	}
	type waiting struct{ source, id, author string }
	var out []waiting
	err = tx.query("SELECT source, id, author FROM waiting WHERE verdict <> ?", func(scan func(...any) error) error {
		var w waiting
		err := scan(&w.source, &w.id, &w.author)
		if _, blocked := blocks.Find(w.id, w.author); blocked {
			out = append(out, w)
		}
		return err
	}, post.Refused)
	for _, w := range out {
		if err == nil {
			err = tx.exec("DELETE FROM waiting WHERE source = ? AND id = ?", w.source, w.id)
		}
	}
	return err
}

// Unblock lets in again what was blocked under that name. Its sources go on as they
// were before, at the next round.
func (s *Store) Unblock(ctx context.Context, by people.Hand, what string) error {
	err := s.update(ctx, func(tx *transaction) error {
		var n int
		err := tx.query("DELETE FROM block WHERE source = ?1 AND source <> '' OR name = ?2 AND source = '' RETURNING name", func(scan func(...any) error) error {
			n++
			return scan(new(string))
		}, what, post.BlockName(what))
		if err != nil {
			return err
		}
		if n == 0 {
			return &people.Refusal{Why: "it is not blocked under that name", Help: `"samenloop source blocks" shows what is`}
		}
		tx.touched[everyList] = true
		return tx.note(by, people.Unblocked, what)
	})
	if err != nil {
		return fmt.Errorf("unblock %s: %w", what, err)
	}
	return nil
}

// Regard is what the operator thinks of an actor of the fediverse.
func (s *Store) Regard(ctx context.Context, actor string) (post.Regard, error) {
	blocks, err := s.Blocks(ctx)
	if err != nil {
		return 0, err
	}
	if _, blocked := blocks.Find(actor); blocked {
		return post.Unwanted, nil
	}
	regard := post.Stranger
	err = s.query(ctx, `SELECT 1 FROM visit v JOIN source s ON s.id = v.source
		WHERE s.state = 'active' AND v.account <> '' AND v.account ->> '$.actor' = ? LIMIT 1`, func(scan func(...any) error) error {
		regard = post.Listed
		return scan(new(int))
	}, actor)
	return regard, err
}

// LockLanguage locks a source to a language, whatever its posts say, or with ""
// takes back such a lock; what the configuration says of it holds then. Its posts
// are read anew, as far as its feed still has them.
func (s *Store) LockLanguage(ctx context.Context, by people.Hand, id, language string) error {
	deed := people.Unlocked
	if language != "" {
		deed, by.Word = people.Locked, i18n.Tag(language)
		if by.Word == "" {
			return fmt.Errorf("lock source %q: %q is not the tag of a language: write \"nl\", \"en\", \"pt-BR\"", id, language)
		}
	}
	err := s.update(ctx, func(tx *transaction) error {
		if _, err := tx.source(id); err != nil {
			return err
		}
		if err := tx.exec("UPDATE source SET locked = ? WHERE id = ?", i18n.Tag(language), id); err != nil {
			return err
		}
		if err := tx.forgetDocument(id); err != nil {
			return err
		}
		tx.touched[everyList] = true
		return tx.note(by, deed, id)
	})
	if err != nil {
		return fmt.Errorf("lock source %q: %w", id, err)
	}
	return nil
}
