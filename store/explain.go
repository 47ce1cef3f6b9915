package store

import (
	"context"
	"fmt"

	"samenloop/post"
)

// Every look-up of an explanation goes by an index, and stops early: anybody may
// ask, about anything.
const (
	mostFound  = 10 // posts at an address
	mostNearby = 20 // sources on a host
	mostTies   = 10 // of a post
)

const (
	foundQuery = "SELECT " + postColumns + `, p.row, p.withdrawn, p.talks, coalesce(p.story, 0), coalesce((SELECT id FROM story WHERE row = p.story), '')
		FROM post_key k JOIN post p ON p.row = k.post WHERE k.key = ? ORDER BY p.own DESC, p.row LIMIT ?`
	shownQuery = `SELECT e.id, e.language, e.lead = ?2, lead.title, lead.url FROM edition e JOIN post lead ON lead.row = e.lead
		WHERE e.story = ?1 AND e.retracted = '' ORDER BY e.lead = ?2 DESC, e.language = ?3 DESC, e.main DESC, e.row LIMIT 1`
	retractedQuery = "SELECT retracted FROM edition WHERE story = ?1 AND retracted <> '' ORDER BY lead = ?2 DESC, seq DESC LIMIT 1"
	tiesQuery      = `SELECT t.reason, q.title, q.url FROM (SELECT b AS other, reason, strength FROM tie WHERE a = ?1 UNION SELECT a, reason, strength FROM tie WHERE b = ?1) t
		JOIN post q ON q.row = t.other WHERE q.story = ?2 AND NOT q.withdrawn ORDER BY t.strength DESC, t.other LIMIT ?3`
	waitingAtQuery = "SELECT source, id, author, url, since, verdict FROM waiting WHERE url IN (?1, ?2) LIMIT ?3"
	nearbyWhere    = "WHERE v.host = ?1 OR v.site_host = ?1 ORDER BY instr(?2, v.site_url) = 1 DESC, v.succeeded DESC, s.id LIMIT ?3"
	sourceWhere    = "WHERE s.id = ?1"
)

// Explain gives what is stored about the page at an address.
func (s *Store) Explain(ctx context.Context, address string) (post.Explanation, error) {
	x := post.Explanation{URL: post.PublicURL(address)}
	if x.URL == "" {
		return x, nil
	}
	if err := s.explainPage(ctx, &x, address); err != nil {
		return post.Explanation{}, fmt.Errorf("look up %s: %w", x.URL, err)
	}
	return x, nil
}

func (s *Store) explainPage(ctx context.Context, x *post.Explanation, address string) error {
	type place struct{ row, story int64 }
	var places []place
	err := s.query(ctx, foundQuery, func(scan func(...any) error) error {
		var (
			f  post.Finding
			at place
		)
		p, err := scanPost(scan, &at.row, &f.Withdrawn, &f.Talks, &at.story, &f.Story)
		f.Post = p
		f.Post.HTML, f.Post.Summary, f.Post.Page = "", "", ""
		x.Found, places = append(x.Found, f), append(places, at)
		return err
	}, post.Key(x.URL), mostFound)
	if err != nil {
		return err
	}
	for i, at := range places {
		if err := s.explainPost(ctx, &x.Found[i], at.row, at.story); err != nil {
			return err
		}
	}
	err = s.query(ctx, waitingAtQuery, func(scan func(...any) error) error {
		w, err := scanWaiting(scan)
		x.Waiting = append(x.Waiting, w)
		return err
	}, x.URL, address, mostFound)
	if err != nil {
		return err
	}
	onSite, err := s.states(ctx, nil, nearbyWhere, post.Host(x.URL), x.URL, mostNearby)
	x.Nearby = post.Near(x.URL, onSite)
	return err
}

// explainPost adds to a finding what its row and its story tell.
func (s *Store) explainPost(ctx context.Context, f *post.Finding, row, story int64) (err error) {
	sources, err := s.states(ctx, nil, sourceWhere, f.Post.Source)
	if err != nil {
		return err
	}
	f.Source = sources[0] // each post has its source
	if f.Post.Matches, err = s.matches(ctx, row); err != nil || story == 0 {
		return err
	}
	e := &f.Edition
	err = s.query(ctx, shownQuery, func(scan func(...any) error) error {
		return scan(&e.ID, &e.Language, &f.Leads, &e.Title, &e.URL)
	}, story, row, f.Post.Language)
	if err != nil {
		return err
	}
	if e.ID == "" {
		return s.query(ctx, retractedQuery, func(scan func(...any) error) error { return scan(&f.Retracted) }, story, row)
	}
	return s.query(ctx, tiesQuery, func(scan func(...any) error) error {
		var t post.Tie
		err := scan(&t.Reason, &t.Title, &t.URL)
		f.Ties = append(f.Ties, t)
		return err
	}, row, story, mostTies)
}
