package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"samenloop/people"
	"samenloop/post"
)

// Sync brings the sources in the database in line with the configuration. A
// source that is no longer in it stops being read; what it gave stays. A source
// of which anything else is asked is read anew. replaced are the ids of those that
// were added otherwise by command.
func (s *Store) Sync(ctx context.Context, sources []post.Source) (replaced []string, err error) {
	err = s.update(ctx, func(tx *transaction) error {
		type row struct {
			post.Source
			position   int
			configured bool
			state      post.State
		}
		stored := map[string]row{}
		err := tx.query("SELECT id, position, title, url, language, takes_all, full_text, boosts, max_bytes, configured, state FROM source", func(scan func(...any) error) error {
			var r row
			err := scan(&r.ID, &r.position, &r.Title, &r.URL, &r.Language, &r.All, &r.FullText, &r.Boosts, &r.MaxBytes, &r.configured, &r.state)
			stored[r.ID] = r
			return err
		})
		if err != nil {
			return err
		}
		for i, src := range sources {
			was, known := stored[src.ID]
			delete(stored, src.ID)
			state := post.Active // unless the operator said otherwise by command
			if known && (was.state == post.Paused || was.state == post.Removed && was.configured) {
				state = was.state
			}
			if known && was.Source == src && was.configured && was.state == state {
				if was.position != i {
					if err := tx.exec("UPDATE source SET position = ? WHERE id = ?", i, src.ID); err != nil {
						return err
					}
				}
				continue
			}
			if known && was.Source != src && !was.configured && was.state != post.Removed {
				replaced = append(replaced, src.ID)
			}
			if err := tx.exec(`INSERT INTO source (id, position, title, url, language, takes_all, decided, full_text, boosts, max_bytes, configured, state)
				VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8, ?9, 1, ?10)
				ON CONFLICT (id) DO UPDATE SET position = excluded.position, title = excluded.title, url = excluded.url, language = excluded.language,
					takes_all = excluded.takes_all, full_text = excluded.full_text, boosts = excluded.boosts, max_bytes = excluded.max_bytes, configured = 1, state = excluded.state`,
				src.ID, i, src.Title, src.URL, src.Language, src.All, src.FullText, src.Boosts, src.MaxBytes, state); err != nil {
				return fmt.Errorf("store source %q: %w", src.ID, err)
			}
			if !known {
				if err := tx.insertVisit(src); err != nil {
					return fmt.Errorf("store source %q: %w", src.ID, err)
				}
				continue
			}
			if was.Title != src.Title {
				tx.touched[everyList] = true
			}
			// What decides about its posts changed: forget the validators, come soon.
			if err := tx.forgetDocument(src.ID); err != nil {
				return fmt.Errorf("store source %q: %w", src.ID, err)
			}
		}
		for id, r := range stored {
			if !r.configured {
				continue
			}
			if err := tx.exec("UPDATE source SET state = 'removed', configured = 0 WHERE id = ?", id); err != nil {
				return fmt.Errorf("remove source %q: %w", id, err)
			}
			tx.touched[everyList] = true
		}
		return nil
	})
	return replaced, err
}

// forgetDocument makes a source be read anew at the next round, also where nothing changed.
func (tx *transaction) forgetDocument(id string) error {
	return tx.exec("UPDATE visit SET etag = '', last_modified = '', body = x'', next = 0, gone = 0 WHERE source = ?", id)
}

func (tx *transaction) insertVisit(src post.Source) error {
	return tx.exec(`INSERT INTO visit (source, host, feed_url, given, etag, last_modified, body, feed_title, site_url, status, checked, succeeded, changed,
		next, held, failures, conditional, interval, trouble, notice, reading, gone, moved_to, agreed)
		VALUES (?, ?, '', ?, '', '', x'', '', '', 0, 0, 0, 0, 0, 0, 0, 0, 0, '', '', '', 0, '', 0)`, src.ID, post.Host(src.URL), src.URL)
}

// AddSources adds sources beside those of the configuration, to be read unless they are
// paused, each with the feed that was found for it: all of them, or none where an id is
// taken, or an address is blocked: a *post.BlockedError.
func (s *Store) AddSources(ctx context.Context, by people.Hand, sources ...post.SourceState) error {
	return s.update(ctx, func(tx *transaction) error {
		blocks, err := tx.blocks()
		if err != nil {
			return err
		}
		for _, src := range sources {
			if err := tx.addSource(by, src, blocks); err != nil {
				return err
			}
		}
		return nil
	})
}

// addSource adds one beside those of the configuration.
func (tx *transaction) addSource(by people.Hand, st post.SourceState, blocks post.Blocks) error {
	src := st.Source
	if block, blocked := blocks.Find(src.URL); blocked {
		return fmt.Errorf("add source %q: %w", src.ID, &post.BlockedError{Block: block})
	}
	var taken int
	if err := tx.row("SELECT count(*) FROM source WHERE id = ?", []any{src.ID}, &taken); err != nil {
		return fmt.Errorf("add source %q: %w", src.ID, err)
	}
	if taken > 0 {
		return fmt.Errorf("add source %q: the id is taken", src.ID)
	}
	err := tx.exec(`INSERT INTO source (id, position, title, url, language, takes_all, decided, full_text, boosts, configured, state)
		VALUES (?1, (SELECT coalesce(max(position), -1) + 1 FROM source), ?2, ?3, ?4, ?5, ?5, ?6, ?7, 0, ?8)`,
		src.ID, src.Title, src.URL, src.Language, src.All, src.FullText, src.Boosts, cmp.Or(st.State, post.Active))
	if err == nil {
		err = tx.insertVisit(src)
	}
	if feed := st.Visit.FeedURL; err == nil && feed != "" {
		err = tx.exec("UPDATE visit SET feed_url = ?, host = ? WHERE source = ?", feed, post.Host(feed), src.ID)
	}
	if err == nil {
		err = tx.note(by, people.SourceAdded, src.ID)
	}
	if err != nil {
		return fmt.Errorf("add source %q: %w", src.ID, err)
	}
	tx.touched[everyList] = true
	return nil
}

// SetState writes down what the operator wants of a source: to be read, paused or
// removed. What it gave stays. One that is to be read is asked at the next round,
// also where it answered 410.
func (s *Store) SetState(ctx context.Context, by people.Hand, id string, state post.State) error {
	deed, ok := map[post.State]people.Deed{post.Active: people.SourceResumed, post.Paused: people.SourcePaused, post.Removed: people.SourceRemoved}[state]
	if !ok {
		return fmt.Errorf("set source %q %s: nobody decides that", id, state)
	}
	err := s.update(ctx, func(tx *transaction) error {
		st, err := tx.source(id)
		if err != nil {
			return err
		}
		if state == post.Active {
			blocks, err := tx.blocks()
			if err != nil {
				return err
			}
			if block, blocked := blocks.Find(st.Addresses()...); blocked {
				return &post.BlockedError{Block: block}
			}
			if err := tx.exec("UPDATE visit SET gone = 0, next = 0 WHERE source = ?", id); err != nil {
				return err
			}
		}
		tx.touched[everyList] = true
		if err := tx.exec("UPDATE source SET state = ? WHERE id = ?", state, id); err != nil {
			return err
		}
		return tx.note(by, deed, id)
	})
	if err != nil {
		return fmt.Errorf("set source %q %s: %w", id, state, err)
	}
	return nil
}

// source is what a source is blocked by: its addresses alone are filled in.
func (tx *transaction) source(id string) (st post.SourceState, err error) {
	var account string
	err = tx.row("SELECT s.url, s.state, v.feed_url, v.account FROM source s JOIN visit v ON v.source = s.id WHERE s.id = ?", []any{id},
		&st.Source.URL, &st.State, &st.Visit.FeedURL, &account)
	if errors.Is(err, sql.ErrNoRows) {
		return st, &people.Refusal{Why: fmt.Sprintf("there is no source %q", id), Help: `"samenloop source list" shows them`}
	}
	if err == nil {
		st.Visit.Account, err = scanAccount(account)
	}
	return st, err
}

// PurgeSource withdraws what a source gave, for good: the content of its posts is
// forgotten and its editions are retracted. A story that others tell, too, goes on
// without it. It says how many posts it withdrew; where it was stopped, call it again.
func (s *Store) PurgeSource(ctx context.Context, by people.Hand, id string) (withdrawn int, err error) {
	for after := int64(0); ; {
		var rows []int64
		err := s.update(ctx, func(tx *transaction) error {
			if after == 0 {
				if err := tx.note(by, people.SourcePurged, id); err != nil {
					return err
				}
			}
			rows = rows[:0]
			err := tx.query(`UPDATE post SET withdrawn = 1, more = '', summary = '', html = '', page = '', page_need = 0
				WHERE row IN (SELECT row FROM post WHERE source = ? AND row > ? AND withdrawn = 0 ORDER BY row LIMIT ?) RETURNING row`,
				func(scan func(...any) error) error {
					var row int64
					err := scan(&row)
					rows, after = append(rows, row), max(after, row)
					return err
				}, id, after, slice)
			if err != nil {
				return err
			}
			for _, row := range rows {
				if err := tx.exec("DELETE FROM post_topic WHERE post = ?", row); err != nil {
					return err
				}
			}
			if err := tx.exec("UPDATE visit SET matched = 0 WHERE source = ?", id); err != nil {
				return err
			}
			return tx.settle(rows, post.Occasion{Now: by.At, Languages: s.languages, Past: true})
		})
		if err != nil {
			return withdrawn, fmt.Errorf("withdraw what source %q gave: %w", id, err)
		}
		if len(rows) == 0 {
			return withdrawn, nil
		}
		withdrawn += len(rows)
	}
}

// slice is how many posts one transaction changes where many are to be changed:
// others write in between.
const slice = 200

// Sources lists all sources in the order the operator gave them: those of the
// configuration, those added by command, those removed.
func (s *Store) Sources(ctx context.Context) ([]post.SourceState, error) {
	n := 0
	err := s.query(ctx, "SELECT count(*) FROM source", func(scan func(...any) error) error { return scan(&n) })
	if err != nil {
		return nil, fmt.Errorf("count the sources: %w", err)
	}
	list, err := s.states(ctx, make([]post.SourceState, 0, n), "ORDER BY s.state = 'removed', s.configured = 0, s.position, s.id")
	if err != nil {
		return nil, fmt.Errorf("list the sources: %w", err)
	}
	return list, nil
}

const statesQuery = `SELECT s.id, s.title, s.url, coalesce(nullif(s.locked, ''), s.language), s.takes_all, s.full_text, s.boosts, s.max_bytes, s.state, s.configured,
		v.feed_url, v.given, v.etag, v.last_modified, v.body, v.feed_title, v.site_url, v.status, v.checked, v.succeeded, v.changed,
		v.next, v.held, v.failures, v.conditional, v.interval, v.trouble, v.notice, v.reading, v.gone, v.moved_to, v.agreed, v.account, v.posts, v.matched,
		EXISTS (SELECT 1 FROM post p INDEXED BY post_page WHERE p.source = s.id AND p.page_need = 1)
	FROM source s JOIN visit v ON v.source = s.id `

// states adds to a list the sources that the rest of a query names.
func (s *Store) states(ctx context.Context, list []post.SourceState, rest string, args ...any) ([]post.SourceState, error) {
	blocks, err := s.Blocks(ctx)
	if err != nil {
		return nil, err
	}
	var (
		body                                              []byte
		account                                           string
		checked, succeeded, changed, next, held, interval int64
	)
	err = s.query(ctx, statesQuery+rest,
		func(scan func(...any) error) error {
			list = append(list, post.SourceState{})
			st := &list[len(list)-1]
			src, v := &st.Source, &st.Visit
			if err := scan(&src.ID, &src.Title, &src.URL, &src.Language, &src.All, &src.FullText, &src.Boosts, &src.MaxBytes, &st.State, &st.Configured,
				&v.FeedURL, &v.Given, &v.ETag, &v.LastModified, &body, &v.FeedTitle, &v.SiteURL, &v.Status, &checked, &succeeded, &changed,
				&next, &held, &v.Failures, &v.Conditional, &interval, &v.Trouble, &v.Notice, &v.Reading, &v.Gone, &v.MovedTo, &v.Agreed, &account, &st.Posts, &st.Matched, &st.Wanting); err != nil {
				return err
			}
			var err error
			if v.Account, err = scanAccount(account); err != nil {
				return err
			}
			v.Source = src.ID
			copy(v.Body[:], body)
			v.Checked, v.Succeeded, v.Changed, v.Next, v.Held = moment(checked), moment(succeeded), moment(changed), moment(next), moment(held)
			v.Interval = time.Duration(interval) * time.Millisecond
			if v.Gone && st.State == post.Active {
				st.State = post.Gone
			}
			if _, blocked := blocks.Find(st.Addresses()...); blocked && st.State != post.Removed {
				st.State = post.Blocked
			}
			return nil
		}, args...)
	return list, err
}

// saveVisit writes down how a visit went.
func (tx *transaction) saveVisit(v post.Visit, saved post.Saved) error {
	var body []byte = v.Body[:]
	if v.Body == (post.Digest{}) {
		body = []byte{}
	}
	var (
		title, site, feed, was string // what feeds and pages show
		host, siteHost         string // what it is looked up by
	)
	if err := tx.row("SELECT feed_title, site_url, feed_url, account, host, site_host FROM visit WHERE source = ?", []any{v.Source},
		&title, &site, &feed, &was, &host, &siteHost); err != nil {
		return fmt.Errorf("store the visit of %q: %w", v.Source, err)
	}
	before, err := scanAccount(was)
	if err != nil {
		return fmt.Errorf("store the visit of %q: %w", v.Source, err)
	}
	if title != v.FeedTitle || site != v.SiteURL || feed != v.FeedURL || before.Indexable != v.Account.Indexable {
		tx.touched[everyList] = true
	}
	tx.visited = true
	account, err := packAccount(v.Account)
	if err != nil {
		return fmt.Errorf("store the visit of %q: %w", v.Source, err)
	}
	if at, siteAt := post.Host(cmp.Or(v.FeedURL, v.Given)), post.Host(v.SiteURL); at != host || siteAt != siteHost { // which no visit does but a few
		if err := tx.exec("UPDATE visit SET host = ?, site_host = ? WHERE source = ?", at, siteAt, v.Source); err != nil {
			return fmt.Errorf("store the visit of %q: %w", v.Source, err)
		}
	}
	err = tx.exec(`UPDATE visit SET feed_url = ?, given = ?, etag = ?, last_modified = ?, body = ?, feed_title = ?, site_url = ?, status = ?,
			checked = ?, succeeded = ?, changed = ?, next = ?, held = ?, failures = ?, conditional = ?, interval = ?, trouble = ?, notice = ?, reading = ?, gone = ?, moved_to = ?, agreed = ?, account = ?,
			posts = posts + ?, matched = matched + ?
		WHERE source = ?`,
		v.FeedURL, v.Given, v.ETag, v.LastModified, body, v.FeedTitle, v.SiteURL, v.Status,
		millis(v.Checked), millis(v.Succeeded), millis(v.Changed), millis(v.Next), millis(v.Held), v.Failures, v.Conditional, v.Interval.Milliseconds(), v.Trouble, v.Notice, v.Reading, v.Gone, v.MovedTo, v.Agreed, account,
		saved.New, saved.Matched, v.Source)
	if err == nil && v.Entries != nil {
		err = tx.exec("INSERT OR REPLACE INTO known (source, entries) VALUES (?, ?)", v.Source, v.Entries)
	}
	if err != nil {
		return fmt.Errorf("store the visit of %q: %w", v.Source, err)
	}
	return nil
}

// Entries is the last post.Visit.Entries of a source that was not nil; empty where none was.
func (s *Store) Entries(ctx context.Context, source string) (entries []byte, err error) {
	err = s.query(ctx, "SELECT entries FROM known WHERE source = ?", func(scan func(...any) error) error { return scan(&entries) }, source)
	if err != nil {
		return nil, fmt.Errorf("look up the entries of %q: %w", source, err)
	}
	return entries, nil
}

// hold keeps every source of a host from being visited before the host wants it.
func (tx *transaction) hold(h post.Hold) error {
	if h.Host == "" {
		return nil
	}
	return tx.exec("UPDATE visit SET held = ?1, next = max(next, ?1) WHERE host = ?2", millis(h.Until), h.Host)
}
