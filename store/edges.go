package store

import (
	"encoding/json"
	"slices"
	"strings"

	"samenloop/i18n"
	"samenloop/post"
)

const (
	// mostSharing is how many posts are looked at for one key: what more share is no evidence worth its price.
	mostSharing = 50
	mostOfKey   = 25 // of those, the newest; the others are the oldest. All that are looked at for one of the keys of a print
	// mostUsurping is how many posts at the address of a page give way when its own site speaks.
	mostUsurping = 1000
	// mostDeclaring is how many posts in one language may declare a page to be their
	// translation: where more do, it is a page for all of them, and no translation.
	mostDeclaring = 3
)

// join writes the keys and claims of a post, and the edges that they make with
// posts that are stored. It returns the rows whose stories that may change.
func (tx *transaction) join(row int64, p *post.Post, home string) (affected []int64, err error) {
	var edges []post.Edge
	pages := map[string]bool{} // declared translations, to be looked at as a whole
	shared, err := tx.saveKeys(row, p.Keys(home))
	if err != nil {
		return nil, err
	}
	for _, key := range shared {
		if edges, err = tx.findTwins(edges, row, p, key, home); err != nil {
			return nil, err
		}
		if !isAddress(key) {
			continue
		}
		err := tx.query(`SELECT c.reason, c.strength, c.post, p.language FROM claim c JOIN post p ON p.row = c.post
			WHERE c.key = ? AND c.post <> ? ORDER BY c.post `+limit(4*mostSharing), func(scan func(...any) error) error {
			e := post.Edge{B: row}
			var language string
			err := scan(&e.Reason, &e.Strength, &e.A, &language)
			switch e.Reason {
			case post.About:
				edges = append(edges, e)
			case post.Hreflang:
				pages[key] = true
			case post.SamePath:
				edges = appendSamePath(edges, e.A, row, language, p.Language)
			}
			return err
		}, key, row)
		if err != nil {
			return nil, err
		}
	}
	for _, c := range p.Claims() {
		if err := tx.exec("INSERT OR IGNORE INTO claim (key, reason, post, strength) VALUES (?, ?, ?, ?)", c.Key, c.Reason, row, c.Strength); err != nil {
			return nil, err
		}
		if c.Reason == post.Hreflang {
			pages[c.Key] = true
			continue
		}
		err := tx.query(`SELECT p.row, p.language FROM post_key k JOIN post p ON p.row = k.post WHERE k.key = ?1 AND k.post <> ?2
			UNION SELECT p.row, p.language FROM claim c JOIN post p ON p.row = c.post WHERE c.key = ?1 AND c.reason = ?3 AND c.reason = 'same-path' AND c.post <> ?2
			ORDER BY 1 `+limit(mostSharing), func(scan func(...any) error) error {
			var (
				other    int64
				language string
			)
			err := scan(&other, &language)
			if c.Reason == post.About {
				edges = append(edges, post.Edge{A: row, B: other, Reason: c.Reason, Strength: c.Strength})
			} else {
				edges = appendSamePath(edges, other, row, language, p.Language)
			}
			return err
		}, c.Key, row, c.Reason)
		if err != nil {
			return nil, err
		}
	}
	if p.Variant < 0 || p.Fediverse {
		err := tx.query("SELECT row FROM post WHERE source = ? AND id = ? AND variant <= 0 AND row <> ?", func(scan func(...any) error) error {
			var other int64
			err := scan(&other)
			edges = append(edges, between(row, other, post.SameObject))
			return err
		}, p.Source, p.ID, row)
		if err != nil {
			return nil, err
		}
	}
	for _, e := range edges {
		if err := tx.tie(e); err != nil {
			return nil, err
		}
		affected = append(affected, e.A, e.B)
	}
	for page := range pages {
		declared, err := tx.declare(page)
		if err != nil {
			return nil, err
		}
		affected = append(affected, declared...)
	}
	return affected, nil
}

// saveKeys writes the keys of a post, and says which of them others have or make claims about.
func (tx *transaction) saveKeys(row int64, keys []string) (shared []string, err error) {
	if len(keys) == 0 {
		return nil, nil
	}
	list, err := json.Marshal(keys)
	if err != nil {
		return nil, err
	}
	err = tx.query(`INSERT OR IGNORE INTO post_key (key, post) SELECT value, ?2 FROM json_each(?1)
		RETURNING key, EXISTS (SELECT 1 FROM post_key k WHERE k.key = post_key.key AND k.post <> ?2)
			OR EXISTS (SELECT 1 FROM claim c WHERE c.key = post_key.key AND c.post <> ?2)`, func(scan func(...any) error) error {
		var (
			key    string
			others bool
		)
		err := scan(&key, &others)
		if others {
			shared = append(shared, key)
		}
		return err
	}, string(list), row)
	return shared, err
}

// rejoin brings keys, claims and edges of an edited post up to date. It returns
// the rows whose stories that may change.
func (tx *transaction) rejoin(row int64, was, p *post.Post, home string) (affected []int64, err error) {
	keys, claims := was.Keys(home), was.Claims()
	if was.Language == p.Language && slices.Equal(keys, p.Keys(home)) && slices.Equal(claims, p.Claims()) {
		var tied int
		err := tx.row("SELECT EXISTS (SELECT 1 FROM edge WHERE a = ?1) OR EXISTS (SELECT 1 FROM edge WHERE b = ?1)", []any{row}, &tied)
		return []int64{row}[:tied], err
	}
	for _, key := range keys {
		if err := tx.exec("DELETE FROM post_key WHERE key = ? AND post = ?", key, row); err != nil {
			return nil, err
		}
	}
	for _, c := range claims {
		if err := tx.exec("DELETE FROM claim WHERE key = ? AND reason = ? AND post = ?", c.Key, c.Reason, row); err != nil {
			return nil, err
		}
	}
	// What was said and is no longer joins no more; equal text that was seen once stays evidence.
	if err := tx.exec("DELETE FROM edge WHERE (a = ?1 OR b = ?1) AND reason IN ('same-url', 'hreflang', 'same-path', 'about')", row); err != nil {
		return nil, err
	}
	if affected, err = tx.join(row, p, home); err != nil {
		return nil, err
	}
	for _, c := range claims {
		if c.Reason == post.Hreflang {
			declared, err := tx.declare(c.Key)
			if err != nil {
				return nil, err
			}
			affected = append(affected, declared...)
		}
	}
	return append(affected, row), nil
}

// hasRoom is the condition that the story of post p can take another. A story of
// more posts is a flood, and deciding about it again and again costs more than it is worth:
// what would come to it begins another, but where that would speak for another site (see spokenFor).
const hasRoom = "(p.story IS NULL OR (SELECT count(*) FROM (SELECT 1 FROM post member WHERE member.story = p.story LIMIT 50)) < 50)"

// Those who share a key with a post and are looked at: the oldest, the newest and who
// speaks at the address for its own site. However many share it, they cost the same.
var (
	sharing = `SELECT p.row, p.source, p.title, p.published, p.first_seen, CASE WHEN p.source = ?1 THEN p.html ELSE '' END
		FROM post p WHERE p.row <> ?3 AND p.row IN (
			SELECT post FROM (SELECT post FROM post_key WHERE key = ?2 ORDER BY post ` + limit(mostSharing) + `)
			UNION SELECT post FROM (SELECT post FROM post_key WHERE key = ?2 ORDER BY post DESC ` + limit(mostOfKey) + `)
			UNION SELECT row FROM (SELECT row FROM post WHERE key = ?2 AND story IS NOT NULL AND own > 0 ` + limit(mostOfKey) + `)`
	sharingAsGuest = sharing + ") AND " + hasRoom + " ORDER BY p.row"
	// Whose site it is finds all that stand there, also in a story that has no room: it leads them.
	sharingAtHome = sharing + `
			UNION SELECT row FROM (SELECT row FROM post WHERE key = ?2 AND story IS NOT NULL AND own = 0 ` + limit(mostUsurping) + `)) ORDER BY p.row`
)

// findTwins adds the edges between a post and others with the same key.
func (tx *transaction) findTwins(edges []post.Edge, row int64, p *post.Post, key, home string) ([]post.Edge, error) {
	query := sharingAsGuest
	if isAddress(key) && post.OwnSite(home, p.URL) > 0 {
		query = sharingAtHome
	}
	err := tx.query(query, func(scan func(...any) error) error {
		var (
			twin                 post.Post
			other                int64
			published, firstSeen int64
		)
		if err := scan(&other, &twin.Source, &twin.Title, &published, &firstSeen, &twin.HTML); err != nil {
			return err
		}
		twin.Published, twin.FirstSeen = moment(published), moment(firstSeen)
		if reason := post.TwinReason(p, &twin, isAddress(key)); reason != "" {
			edges = append(edges, between(row, other, reason))
		}
		return nil
	}, p.Source, key, row)
	return edges, err
}

// spokenFor says whether a post stands at an address where its own site speaks, in a
// story that has no room for it: then it is told by nobody.
func (tx *transaction) spokenFor(row int64) (is bool, err error) {
	err = tx.row(`SELECT EXISTS (SELECT 1 FROM post p WHERE p.key = (SELECT key FROM post WHERE row = ? AND key <> '')
		AND p.story IS NOT NULL AND p.own > 0 AND p.withdrawn = 0 AND NOT `+hasRoom+`)`, []any{row}, &is)
	return is, err
}

// declare writes anew who declares the posts at a page to be their translation,
// and returns the rows of all of them.
func (tx *transaction) declare(page string) (rows []int64, err error) {
	var (
		targets, claimants []int64
		languages          []string
		strengths          []float64
	)
	count := map[string]int{} // of claimants, by language
	believed := true
	err = tx.query("SELECT c.post, p.language, c.strength FROM claim c JOIN post p ON p.row = c.post WHERE c.key = ? AND c.reason = 'hreflang' ORDER BY c.post "+limit(4*mostSharing),
		func(scan func(...any) error) error {
			var (
				claimant int64
				language string
				strength float64
			)
			err := scan(&claimant, &language, &strength)
			language = i18n.Base(language)
			claimants, languages, strengths = append(claimants, claimant), append(languages, language), append(strengths, strength)
			count[language]++
			believed = believed && count[language] <= mostDeclaring
			return err
		}, page)
	if err != nil {
		return nil, err
	}
	err = tx.query("SELECT post FROM post_key WHERE key = ? ORDER BY post "+limit(mostSharing), func(scan func(...any) error) error {
		var target int64
		err := scan(&target)
		targets = append(targets, target)
		return err
	}, page)
	if err != nil {
		return nil, err
	}
	for _, target := range targets {
		if !believed {
			for _, claimant := range claimants {
				if err := tx.exec("DELETE FROM edge WHERE a = ? AND b = ? AND reason = 'hreflang'", claimant, target); err != nil {
					return nil, err
				}
			}
			continue
		}
		answered := make([]bool, len(claimants))
		taken := map[string]bool{} // languages in which the page has a translation that answers
		for i, claimant := range claimants {
			if err := tx.row(`SELECT EXISTS (SELECT 1 FROM claim c JOIN post_key k ON k.key = c.key
				WHERE c.post = ? AND c.reason = 'hreflang' AND k.post = ?)`, []any{target, claimant}, &answered[i]); err != nil {
				return nil, err
			}
			taken[languages[i]] = taken[languages[i]] || answered[i]
		}
		for i, claimant := range claimants {
			strength := strengths[i]
			switch {
			case claimant == target:
				continue
			case answered[i]:
				strength = 1
			case taken[languages[i]]: // what was made of a copy often declares what that one does
				strength = min(strength, post.Possible)
			}
			if err := tx.exec("INSERT OR REPLACE INTO edge (a, b, reason, strength) VALUES (?, ?, 'hreflang', ?)", claimant, target, strength); err != nil {
				return nil, err
			}
		}
	}
	return slices.Concat(targets, claimants), nil
}

// tie writes an edge. What was found first stays as it was found.
func (tx *transaction) tie(e post.Edge) error {
	if e.A == e.B {
		return nil
	}
	return tx.exec("INSERT OR IGNORE INTO edge (a, b, reason, strength) VALUES (?, ?, ?, ?)", e.A, e.B, e.Reason, e.Strength)
}

func between(a, b int64, reason post.Reason) post.Edge {
	return post.Edge{A: min(a, b), B: max(a, b), Reason: reason, Strength: 1}
}

func appendSamePath(edges []post.Edge, a, b int64, languageA, languageB string) []post.Edge {
	if x, y := i18n.Base(languageA), i18n.Base(languageB); x != y && x != i18n.Und && y != i18n.Und {
		edges = append(edges, between(a, b, post.SamePath))
	}
	return edges
}

// isAddress tells keys of URLs from those of texts.
func isAddress(key string) bool { return !strings.HasPrefix(key, "=") }
