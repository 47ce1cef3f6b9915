package store

import (
	"fmt"
	"testing"
	"time"

	"samenloop/post"
)

// The thousandth page of a feed costs what the first does.
func BenchmarkPages(b *testing.B) {
	s := open(b)
	know(b, s, "a")
	save(b, s, t0, "a", about("a", "1", "https://a.example/1"))
	const most = 60_000
	err := s.update(b.Context(), func(tx *transaction) error {
		if err := tx.exec(`WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i <= ?)
			INSERT INTO story (row, id) SELECT i, 's' || i FROM n`, most); err != nil {
			return err
		}
		if err := tx.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
			INSERT INTO edition (id, story, language, lead, main, sort, published, updated, shown, backfill, retracted, seq)
			SELECT 'urn:' || i, i + 1, language, lead, 0, sort - i, published, updated, shown, 0, '', 0 FROM edition CROSS JOIN n WHERE row = 1`, most); err != nil {
			return err
		}
		return tx.exec("INSERT INTO listing (list, sort, edition) SELECT 'many', sort, row FROM edition")
	})
	if err != nil {
		b.Fatal(err)
	}
	for _, page := range []int{1, 1000} {
		b.Run(fmt.Sprint(page), func(b *testing.B) {
			q := post.Query{Language: "many", Limit: 50}
			if page > 1 {
				q.Before = post.Cursor{Sort: t0.Add(-time.Hour - time.Duration(page*50)*time.Millisecond), Row: 1 << 40}
			}
			for b.Loop() {
				list, next, err := s.Editions(b.Context(), q)
				if err != nil || len(list) != 50 || next == (post.Cursor{}) {
					b.Fatalf("%d editions, then %v, %v", len(list), next, err)
				}
				if _, err := s.Newer(b.Context(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
