package post

// Topic is a named rule that says which posts belong.
type Topic struct {
	ID       string
	Title    string
	Hashtags []string // without '#', any case
	Phrases  []string // whole words, folded for case and diacritics
}
