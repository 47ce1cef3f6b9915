package store

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"samenloop/people"
	"samenloop/post"
)

// InstanceKey is the key that our requests are signed with: RSA of 2048 bits, made
// at its first use and kept. Where the store was opened to read and there is none
// yet, it is an error.
func (s *Store) InstanceKey(ctx context.Context) (*rsa.PrivateKey, error) {
	der, err := s.instanceKey(ctx)
	if err == nil && der == nil && s.write == nil {
		return nil, errors.New("there is no key to sign requests with yet: run \"samenloop serve\" once")
	}
	if err == nil && der == nil {
		// Made before the transaction, which keeps everybody else from writing. Of two that race the first stays.
		var key *rsa.PrivateKey
		if key, err = rsa.GenerateKey(rand.Reader, 2048); err == nil {
			err = s.update(ctx, func(tx *transaction) error {
				if err := tx.exec("INSERT OR IGNORE INTO secret (name, value) VALUES ('instance-key', ?)", x509.MarshalPKCS1PrivateKey(key)); err != nil {
					return err
				}
				return tx.row("SELECT value FROM secret WHERE name = 'instance-key'", nil, &der)
			})
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read the key that signs requests: %w", err)
	}
	key, err := x509.ParsePKCS1PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("read the key that signs requests: %w", err)
	}
	return key, nil
}

func (s *Store) instanceKey(ctx context.Context) (der []byte, err error) {
	err = s.query(ctx, "SELECT value FROM secret WHERE name = 'instance-key'", func(scan func(...any) error) error { return scan(&der) })
	return der, err
}

// Followed are the ids of a fediverse source's newest posts, the newest first:
// those that are looked at again for edits and deletions.
func (s *Store) Followed(ctx context.Context, source string, limit int) ([]string, error) {
	// An object in several languages is several posts.
	return s.texts(ctx, `SELECT p.id FROM followed f JOIN post p ON p.row = f.post WHERE f.source = ?
		GROUP BY p.id ORDER BY max(f.post) DESC LIMIT ?`, source, limit)
}

// Seen are those of the names (ids and URLs of posts) that a source has stored,
// deleted ones included, or that wait, or waited, for a moderator in it, with when
// they were first seen.
func (s *Store) Seen(ctx context.Context, source string, names []string) (map[string]time.Time, error) {
	type name struct {
		Name string `json:"name"`
		Key  string `json:"key"`
	}
	list := make([]name, len(names))
	for i, n := range names {
		list[i] = name{n, post.Key(n)}
	}
	in, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	seen := map[string]time.Time{}
	// CROSS JOIN: from the few names, however many posts there are.
	err = s.query(ctx, `SELECT n.value ->> '$.name', p.first_seen FROM json_each(?1) AS n
			CROSS JOIN post p ON p.source = ?2 AND p.id = n.value ->> '$.name'
		UNION ALL SELECT n.value ->> '$.name', p.first_seen FROM json_each(?1) AS n
			CROSS JOIN post_key k ON k.key = n.value ->> '$.key' CROSS JOIN post p ON p.row = k.post AND p.source = ?2
		UNION ALL SELECT n.value ->> '$.name', w.since FROM json_each(?1) AS n
			JOIN waiting w ON w.source = ?2 AND (w.id = n.value ->> '$.name' OR w.url = n.value ->> '$.name')`,
		func(scan func(...any) error) error {
			var (
				name  string
				first int64
			)
			err := scan(&name, &first)
			if at, ok := seen[name]; !ok || moment(first).Before(at) {
				seen[name] = moment(first)
			}
			return err
		}, string(in), source)
	return seen, err
}

// Admitted are the ids of waiting posts of a source that may be taken now: a
// moderator approved them, or their author became a source.
func (s *Store) Admitted(ctx context.Context, source string, limit int) ([]string, error) {
	return s.texts(ctx, `SELECT w.id FROM waiting w WHERE w.source = ?1 AND (w.verdict = 'approved' OR w.verdict = '' AND EXISTS (
			SELECT 1 FROM visit v JOIN source s ON s.id = v.source WHERE s.state = 'active' AND v.account <> '' AND v.account ->> '$.actor' = w.author))
		ORDER BY w.since LIMIT ?2`, source, limit)
}

func (s *Store) texts(ctx context.Context, query string, args ...any) (list []string, err error) {
	err = s.query(ctx, query, func(scan func(...any) error) error {
		var text string
		err := scan(&text)
		list = append(list, text)
		return err
	}, args...)
	return list, err
}

// Waiting lists what waits for a moderator, the oldest first.
func (s *Store) Waiting(ctx context.Context) ([]post.Waiting, error) {
	list, _, err := s.FirstWaiting(ctx, -1)
	return list, err
}

// firstWaitingQuery counts beside what it gives: a window over it would hold all of them.
const firstWaitingQuery = `SELECT source, id, author, url, since, verdict, (SELECT count(*) FROM waiting WHERE verdict = '')
	FROM waiting WHERE verdict = '' ORDER BY since, source, id LIMIT ?`

// FirstWaiting is the beginning of Waiting, at most so many, and how many wait in all.
func (s *Store) FirstWaiting(ctx context.Context, most int) (list []post.Waiting, inAll int, err error) {
	err = s.query(ctx, firstWaitingQuery, func(scan func(...any) error) error {
		w, err := scanWaiting(scan, &inAll)
		list = append(list, w)
		return err
	}, most)
	if err != nil {
		return nil, 0, fmt.Errorf("list what waits: %w", err)
	}
	return list, inAll, nil
}

// scanWaiting reads the columns of a waiting post, and what follows them into extra.
func scanWaiting(scan func(...any) error, extra ...any) (w post.Waiting, err error) {
	var since int64
	err = scan(append([]any{&w.Source, &w.ID, &w.Author, &w.URL, &since, &w.Verdict}, extra...)...)
	w.Since = moment(since)
	return w, err
}

// Decide writes down what a moderator says of a waiting post, by its id or its
// URL, in every source that it waits in. The sources are asked anew at the next
// round. It is false where nothing of that name waits.
func (s *Store) Decide(ctx context.Context, by people.Hand, name string, v post.Verdict) (found bool, err error) {
	deed := people.PostApproved
	if v == post.Refused {
		deed = people.PostRefused
	}
	err = s.update(ctx, func(tx *transaction) error {
		var sources []string
		err := tx.query("UPDATE waiting SET verdict = ?1 WHERE verdict = '' AND (id = ?2 OR url = ?2) RETURNING source", func(scan func(...any) error) error {
			var source string
			err := scan(&source)
			sources = append(sources, source)
			return err
		}, v, name)
		if err != nil {
			return err
		}
		if found = len(sources) > 0; !found {
			return nil
		}
		if err := tx.note(by, deed, name); err != nil {
			return err
		}
		if v == post.Refused { // nobody needs to be asked
			return nil
		}
		for _, source := range sources {
			if err := tx.exec("UPDATE visit SET next = 0 WHERE source = ?", source); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("decide about %s: %w", name, err)
	}
	return found, nil
}

// mostWaiting bounds what one source can make wait. Its newest stay: what a list
// shows first is then known, and not asked for again with each visit.
const mostWaiting = 500

// saveFediverse writes what a batch says besides its posts: which are deleted and
// which wait. It returns the rows whose stories may have changed.
func (tx *transaction) saveFediverse(b post.Batch) (affected []int64, err error) {
	source := b.Visit.Source
	var blocks post.Blocks
	if len(b.Waiting) > 0 {
		if blocks, err = tx.blocks(); err != nil {
			return nil, err
		}
	}
	for _, w := range b.Waiting {
		if _, blocked := blocks.Find(w.ID, w.Author); blocked { // since the visit began
			continue
		}
		err := tx.exec(`INSERT INTO waiting (source, id, author, url, since, verdict) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (source, id) DO UPDATE SET verdict = excluded.verdict WHERE excluded.verdict <> ''`,
			source, w.ID, w.Author, w.URL, millis(w.Since), w.Verdict)
		if err != nil {
			return nil, fmt.Errorf("store what waits in %q: %w", source, err)
		}
	}
	if len(b.Waiting) > 0 {
		err := tx.exec(`DELETE FROM waiting WHERE source = ?1 AND id IN (SELECT id FROM waiting WHERE source = ?1 AND verdict = ''
			ORDER BY since DESC, id LIMIT -1 OFFSET ?2)`, source, mostWaiting)
		if err != nil {
			return nil, fmt.Errorf("bound what waits in %q: %w", source, err)
		}
	}
	for i := range b.Posts {
		if err := tx.exec("DELETE FROM waiting WHERE source = ? AND id = ?", source, b.Posts[i].ID); err != nil {
			return nil, fmt.Errorf("store what waits in %q: %w", source, err)
		}
	}
	if b.AllDeleted {
		return tx.withdraw("SELECT post FROM followed WHERE source = ?", source, source)
	}
	for _, id := range b.Deleted {
		rows, err := tx.withdraw("SELECT f.post FROM post p JOIN followed f ON f.source = p.source AND f.post = p.row WHERE p.source = ? AND p.id = ?", source, source, id)
		if err != nil {
			return nil, err
		}
		affected = append(affected, rows...)
	}
	for _, id := range b.Unboosted {
		rows, err := tx.withdraw(`SELECT f.post FROM post p JOIN followed f ON f.source = p.source AND f.post = p.row
			WHERE p.source = ? AND p.id = ? AND json_valid(p.more) AND json_type(p.more, '$.booster') = 'object'`, source, source, id)
		if err != nil {
			return nil, err
		}
		affected = append(affected, rows...)
	}
	return affected, nil
}

// withdraw forgets what deleted posts said. Their rows stay, so that no edition
// loses its lead and nothing comes back.
func (tx *transaction) withdraw(query, source string, args ...any) (rows []int64, err error) {
	err = tx.query(query, func(scan func(...any) error) error {
		var row int64
		err := scan(&row)
		rows = append(rows, row)
		return err
	}, args...)
	if err != nil {
		return nil, fmt.Errorf("look up deleted posts of %q: %w", source, err)
	}
	for _, row := range rows {
		for _, query := range []string{
			"UPDATE post SET withdrawn = 1, title = '', more = '', summary = '', html = '', page = '', page_need = 0 WHERE row = ?",
			"UPDATE visit SET matched = matched - 1 WHERE source = (SELECT source FROM post WHERE row = ?1) AND EXISTS (SELECT 1 FROM post_topic WHERE post = ?1)",
			"DELETE FROM post_topic WHERE post = ?",
			"DELETE FROM followed WHERE source = (SELECT source FROM post WHERE row = ?1) AND post = ?1",
		} {
			if err := tx.exec(query, row); err != nil {
				return nil, fmt.Errorf("forget a deleted post of %q: %w", source, err)
			}
		}
	}
	return rows, nil
}

// follow notes that a post's edits and deletions are followed, and takes it off
// the topics that an edit lost. lost says that there were any.
func (tx *transaction) follow(row int64, p *post.Post) (lost bool, err error) {
	if err := tx.exec("INSERT OR IGNORE INTO followed (source, post) VALUES (?, ?)", p.Source, row); err != nil {
		return false, err
	}
	topics := make([]string, len(p.Matches))
	for i, m := range p.Matches {
		topics[i] = m.Topic
	}
	kept, err := json.Marshal(topics)
	if err != nil {
		return false, err
	}
	err = tx.query("DELETE FROM post_topic WHERE post = ? AND topic NOT IN (SELECT value FROM json_each(?)) RETURNING topic", func(scan func(...any) error) error {
		lost = true
		var topic string
		return scan(&topic)
	}, row, string(kept))
	if lost && len(p.Matches) == 0 && err == nil {
		err = tx.exec("UPDATE visit SET matched = matched - 1 WHERE source = ?", p.Source)
	}
	return lost, err
}

// packAccount and scanAccount store an account as JSON, ” for none.
func packAccount(a post.Account) (string, error) {
	if a == (post.Account{}) {
		return "", nil
	}
	b, err := json.Marshal(a)
	return string(b), err
}

func scanAccount(text string) (a post.Account, err error) {
	if text != "" {
		err = json.Unmarshal([]byte(text), &a)
	}
	return a, err
}
