package store

import (
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"samenloop/post"
)

// settle decides anew about the stories that these posts are, or were, part of.
func (tx *transaction) settle(rows []int64, o post.Occasion) error {
	done := map[int64]bool{}
	for _, row := range rows {
		if done[row] {
			continue
		}
		members, edges, err := tx.gather(row)
		if err != nil {
			return err
		}
		stories := map[int64]bool{}
		for _, m := range members {
			done[m.Row] = true
			if m.Story != 0 {
				stories[m.Story] = true
			}
		}
		var standing []post.Standing
		for story := range stories {
			s, err := tx.standing(story)
			if err != nil {
				return err
			}
			standing = append(standing, s...)
		}
		plans := post.Settle(members, edges, standing, o)
		for _, m := range members {
			if m.Story != 0 && !slices.ContainsFunc(plans, func(p post.StoryPlan) bool { return slices.Contains(p.Posts, m.Row) }) {
				if err := tx.exec("UPDATE post SET story = NULL, talks = 0 WHERE row = ?", m.Row); err != nil {
					return err
				}
			}
		}
		for _, plan := range plans {
			if err := tx.apply(plan, members, standing, rows, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// gather collects everything that edges or a common story connect with a post.
func (tx *transaction) gather(start int64) (members []post.Member, edges []post.Edge, err error) {
	seen := map[int64]bool{start: true}
	queue := []int64{start}
	reach := func(row int64) {
		if !seen[row] {
			seen[row] = true
			queue = append(queue, row)
		}
	}
	for len(queue) > 0 {
		row := queue[0]
		queue = queue[1:]
		m, err := tx.member(row)
		if err != nil {
			return nil, nil, err
		}
		if m.Story == 0 && m.Own == 0 {
			if silent, err := tx.spokenFor(row); err != nil {
				return nil, nil, err
			} else if silent {
				continue
			}
		}
		members = append(members, m)
		err = tx.query("SELECT a, b, reason, strength FROM edge WHERE a = ?1 UNION ALL SELECT a, b, reason, strength FROM edge WHERE b = ?1", func(scan func(...any) error) error {
			var e post.Edge
			if err := scan(&e.A, &e.B, &e.Reason, &e.Strength); err != nil {
				return err
			}
			if e.A == row { // each edge once
				edges = append(edges, e)
			}
			if e.Strong() { // what is only possible connects nothing
				reach(e.A)
				reach(e.B)
			}
			return nil
		}, row)
		if err != nil {
			return nil, nil, err
		}
		if m.Story == 0 {
			continue
		}
		err = tx.query("SELECT row FROM post WHERE story = ?", func(scan func(...any) error) error {
			var r int64
			if err := scan(&r); err != nil {
				return err
			}
			reach(r)
			return nil
		}, m.Story)
		if err != nil {
			return nil, nil, err
		}
	}
	return members, edges, nil
}

func (tx *transaction) member(row int64) (m post.Member, err error) {
	var (
		p                             post.Post
		published, updated, firstSeen int64
		story                         sql.NullInt64
		shown                         []byte
	)
	err = tx.row("SELECT source, id, story, language, own, published, updated, first_seen, shown, backfill, note, talks, withdrawn FROM post WHERE row = ?", []any{row},
		&m.Source, &m.ID, &story, &m.Language, &m.Own, &published, &updated, &firstSeen, &shown, &m.Backfill, &m.Note, &m.Talks, &m.Withdrawn)
	if err != nil {
		return m, fmt.Errorf("read post %d: %w", row, err)
	}
	p.Published, p.FirstSeen = moment(published), moment(firstSeen)
	m.Row, m.Story, m.Dated, m.Date, m.Updated = row, story.Int64, published != 0, p.Date(), moment(updated)
	copy(m.Shown[:], shown)
	if m.Withdrawn {
		return m, nil
	}
	err = tx.query("SELECT topic FROM post_topic WHERE post = ? ORDER BY topic", func(scan func(...any) error) error {
		var topic string
		err := scan(&topic)
		m.Topics = append(m.Topics, topic)
		return err
	}, row)
	return m, err
}

func (tx *transaction) standing(story int64) (list []post.Standing, err error) {
	err = tx.query(`SELECT row, story, language, lead, main, sort, published, updated, shown, backfill, retracted FROM edition WHERE story = ?`,
		func(scan func(...any) error) error {
			var (
				s                        post.Standing
				sort, published, updated int64
				shown                    []byte
			)
			err := scan(&s.Row, &s.Story, &s.Language, &s.Lead, &s.Main, &sort, &published, &updated, &shown, &s.Backfill, &s.Retracted)
			s.Sort, s.Published, s.Updated = moment(sort), moment(published), moment(updated)
			copy(s.Shown[:], shown)
			list = append(list, s)
			return err
		}, story)
	return list, err
}

// apply writes a story down as it shall stand. saved are posts of which something was written.
func (tx *transaction) apply(plan post.StoryPlan, members []post.Member, standing []post.Standing, saved []int64, o post.Occasion) (err error) {
	if plan.Row == 0 {
		id := strings.ToLower(rand.Text())[:16]
		if plan.Row, err = tx.insert("INSERT INTO story (id) VALUES (?)", id); err != nil {
			return err
		}
	}
	// Editions of a story name each other and those who discuss it: when one of them changes, the feeds of all do.
	changed := false
	for _, m := range members {
		if !slices.Contains(plan.Posts, m.Row) {
			continue
		}
		talks := slices.Contains(plan.Talks, m.Row)
		changed = changed || talks != m.Talks || talks && (m.Story != plan.Row || slices.Contains(saved, m.Row))
		if m.Story != plan.Row || talks != m.Talks {
			if err := tx.exec("UPDATE post SET story = ?, talks = ? WHERE row = ?", plan.Row, talks, m.Row); err != nil {
				return err
			}
		}
	}
	stale := []string{post.StoryList}
	for i := range plan.Editions {
		e := &plan.Editions[i]
		before, err := tx.lists(e.Row)
		if err != nil {
			return err
		}
		after := plan.Lists(*e)
		stale = append(append(stale, before...), after...)
		was := slices.IndexFunc(standing, func(s post.Standing) bool { return s.Row == e.Row })
		e.Story = plan.Row
		slices.Sort(after)
		if was >= 0 && standing[was] == e.Standing && len(e.Events) == 0 && slices.Equal(before, after) {
			continue
		}
		changed = true
		isNew := e.Row == 0
		if err := tx.saveEdition(e, o); err != nil {
			return err
		}
		if !isNew {
			if err := tx.exec("DELETE FROM listing WHERE edition = ?", e.Row); err != nil {
				return err
			}
			if err := tx.saveDepartures(e.Row, before, after, o.Now); err != nil {
				return err
			}
		}
		for _, list := range after {
			if err := tx.exec("INSERT INTO listing (list, sort, edition) VALUES (?, ?, ?)", list, millis(e.Sort), e.Row); err != nil {
				return err
			}
		}
	}
	if err := tx.succeed(plan, standing); err != nil {
		return err
	}
	if !changed {
		stale = stale[:1]
	}
	for _, list := range stale {
		tx.touched[list] = true
	}
	return nil
}

// succeed notes which stories a plan took in whole: what led to them leads to it.
func (tx *transaction) succeed(plan post.StoryPlan, standing []post.Standing) error {
	for _, s := range standing {
		if s.Story == plan.Row {
			continue
		}
		if err := tx.exec(`UPDATE story SET successor = ?1 WHERE (row = ?2 OR successor = ?2)
				AND NOT EXISTS (SELECT 1 FROM edition WHERE story = ?2) AND NOT EXISTS (SELECT 1 FROM post WHERE story = ?2)
				AND EXISTS (SELECT 1 FROM edition WHERE story = ?1)`, plan.Row, s.Story); err != nil {
			return err
		}
	}
	return nil
}

// saveEdition writes an edition and what happened to it. A new one gets its id here.
func (tx *transaction) saveEdition(e *post.EditionPlan, o post.Occasion) (err error) {
	var (
		isNew = e.Row == 0
		seqs  = make([]int64, len(e.Events))
		last  int64
	)
	for i := range seqs {
		if last, err = tx.nextSeq(o.Now); err != nil {
			return err
		}
		seqs[i] = last
	}
	if isNew {
		e.Row, err = tx.insert(`INSERT INTO edition (id, story, language, lead, main, sort, published, updated, shown, backfill, retracted, seq)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			mintID(), e.Story, e.Language, e.Lead, e.Main, millis(e.Sort), millis(e.Published), millis(e.Updated), e.Shown[:], e.Backfill, e.Retracted, last)
	} else {
		err = tx.exec(`UPDATE edition SET story = ?, language = ?, lead = ?, main = ?, sort = ?, published = ?, updated = ?, shown = ?, backfill = ?, retracted = ?, seq = max(seq, ?) WHERE row = ?`,
			e.Story, e.Language, e.Lead, e.Main, millis(e.Sort), millis(e.Published), millis(e.Updated), e.Shown[:], e.Backfill, e.Retracted, last, e.Row)
	}
	if err != nil {
		return err
	}
	tx.worded[e.Row] = wording{lead: e.Lead, language: e.Language, shown: e.Retracted == "", isNew: isNew || tx.worded[e.Row].isNew}
	for i, event := range e.Events {
		if err := tx.exec("INSERT INTO change (seq, scope, event, edition, at, backfill) VALUES (?, ?, ?, ?, ?, ?)",
			seqs[i], event.Scope, event.What, e.Row, millis(o.Now), e.Backfill || event.What == post.Returned); err != nil {
			return err
		}
	}
	return nil
}

// nextSeq gives the next number in the order of changes: the clock's, in
// microseconds, or one more than the last. Writing a change takes longer than one
// of those, so that no number runs ahead of the clock: what a database gives after
// it was restored is larger than all that the lost one gave. It fits a float64,
// which is what a number is to many readers of JSON, until the year 2255.
func (tx *transaction) nextSeq(now time.Time) (int64, error) {
	if tx.seq == 0 {
		err := tx.row("SELECT seq FROM change ORDER BY seq DESC LIMIT 1", nil, &tx.seq)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return 0, err
		}
	}
	tx.seq = max(tx.seq+1, now.UnixMicro())
	return tx.seq, nil
}

func (tx *transaction) lists(edition int64) (lists []string, err error) {
	if edition == 0 {
		return nil, nil
	}
	err = tx.query("SELECT list FROM listing WHERE edition = ? ORDER BY list", func(scan func(...any) error) error {
		var list string
		err := scan(&list)
		lists = append(lists, list)
		return err
	}, edition)
	return lists, err
}

// mintID makes a random UUID (RFC 9562, version 4) as a URN: it says nothing of
// the lead, the language or the address, so none of them can make it change.
func mintID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
