package store

import (
	"testing"

	"samenloop/post"
)

// Whatever happens to what searches look in, nothing that is stored is lost by it, and it
// is made anew when a search, a write or a check saw that.
func TestIndexIsMadeAnew(t *testing.T) {
	for name, harm := range map[string]string{
		"an empty record":        "UPDATE edition_text_data SET block = x'00' WHERE id = 10",
		"a record of zeros":      "UPDATE edition_text_data SET block = zeroblob(length(block)) WHERE id = 10",
		"a record of large ones": "UPDATE edition_text_data SET block = x'00000001ffffffffffffffffff7f7f7f' WHERE id = 10",
		"a record of nonsense":   "UPDATE edition_text_data SET block = x'ffffffffffffffffffff' WHERE id = 10",
		"no record":              "DELETE FROM edition_text_data WHERE id = 10",
		"other words":            "UPDATE edition_text_data SET block = x'0badc0de' WHERE id > 10",
		"no words":               "DELETE FROM edition_text_data WHERE id > 10",
		"another format":         "UPDATE edition_text_config SET v = 99 WHERE k = 'version'",
		"no format":              "DELETE FROM edition_text_config",
	} {
		t.Run(name, func(t *testing.T) {
			for _, asked := range []bool{false, true} {
				s := open(t)
				know(t, s, "a")
				save(t, s, t0, "a", about("a", "1", "https://a.example/1"), about("a", "2", "https://a.example/2"))
				if _, err := s.write.conn.ExecContext(t.Context(), harm); err != nil {
					t.Fatal(err)
				}
				s.Editions(t.Context(), post.Query{Search: "Title", Limit: 10}) // may fail, and breaks nothing
				changed := about("a", "1", "https://a.example/1")
				changed.Title = "Other words"
				b := post.Batch{Now: t0, Visit: post.Visit{Source: "a", Given: "https://a.example/feed"}, Posts: []post.Post{changed, about("a", "3", "https://a.example/3")}}
				if asked {
					if err := s.Check(t.Context()); err != nil && !IsIndexDamaged(err) {
						t.Errorf("check: %v", err)
					}
				}
				if _, err := s.Save(t.Context(), b); err != nil && !IsIndexDamaged(err) {
					t.Error(err)
				}
				if _, err := s.Save(t.Context(), b); err != nil {
					t.Errorf("a second time: %v", err)
				}
				for search, want := range map[string]int{"Title": 2, "Other words": 1} {
					if found, _, err := s.Editions(t.Context(), post.Query{Search: search, Limit: 10}); err != nil || len(found) != want {
						t.Errorf("%q finds %d, %v", search, len(found), err)
					}
				}
				if err := s.Check(t.Context()); err != nil {
					t.Error(err)
				}
				var together int
				if err := s.read.QueryRow("SELECT v FROM edition_text_config WHERE k = 'automerge'").Scan(&together); err != nil || together != 8 {
					t.Errorf("it is merged by %d, %v", together, err)
				}
			}
		})
	}
}
