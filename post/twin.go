package post

import (
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Keys are what the twins of a post may be found by: the canonical key of its
// URL and of what its page says is its URL, that of its id where the id is a URL on the source's own site (a foreign
// one could be anybody's), and one for its writer, title and text within the source.
// home is the host that the operator gave for the source. A home page is no
// key: feeds without permalinks have it in every entry.
func (p *Post) Keys(home string) []string {
	var keys []string
	add := func(raw, key string) {
		u, err := url.Parse(raw)
		if err != nil || strings.Trim(u.Path, "/") == "" && u.RawQuery == "" {
			return
		}
		if key != "" && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	add(p.URL, p.Key())
	if p.Canonical != "" {
		add(p.Canonical, Key(p.Canonical))
	}
	if p.ID != p.URL && OwnSite(home, p.ID) > 0 {
		add(p.ID, Key(p.ID))
	}
	if text := p.PlainText(); wordCount(text, leastWords) >= leastWords {
		s := NewSummer()
		for _, a := range p.Authors { // of a source with several writers, who copies another tells a piece of their own
			s.Add(a.Name, a.URL, Host(p.URL))
		}
		s.Add(p.Title)
		s.write(text)
		sum := s.Digest()
		keys = append(keys, "="+p.Source+" "+hex.EncodeToString(sum[:8]))
	}
	return keys
}

// Below this many words equal text is no evidence: "Sold out" is said of many things.
const leastWords = 20

// TwinReason says whether two posts that share a key tell the same: "" if not.
// Within one source the same address is not enough (a feed may give one address
// to all of its entries): title or text must agree too.
func TwinReason(a, b *Post, sameAddress bool) Reason {
	switch {
	case a.Source != b.Source:
		return SameURL
	case sameAddress && (a.Title == b.Title || Similarity(a.PlainText(), b.PlainText()) >= leastSimilar):
		return SameURL
	case !sameAddress && a.Title == b.Title && apart(a.Date(), b.Date()) <= 48*time.Hour && a.PlainText() == b.PlainText():
		return SameText
	}
	return ""
}

// leastSimilar is how much of the words two texts of one id must share to be versions of one piece.
const leastSimilar = 0.2

// Recognise says which of the posts known under one id an entry is: its index
// in known, or -1 when it is a new piece. An id that stands for several pieces
// (shared says that the document itself shows it) proves nothing any more; then
// address or title must agree.
//
// text gives the stored text of a known post; it is asked for only where
// neither address nor title agree.
func Recognise(p *Post, known []Known, shared bool, text func(Known) string) int {
	for i, k := range known {
		if k.Digest == p.Digest {
			return i
		}
	}
	for i, k := range known {
		if key := p.Key(); k.Key == key && key != "" {
			return i
		}
	}
	for i, k := range known {
		if k.Title == p.Title && p.Title != "" {
			return i
		}
	}
	if len(known) == 1 && !shared && Similarity(text(known[0]), p.PlainText()) >= leastSimilar {
		return 0
	}
	return -1
}

func wordCount(text string, enough int) int {
	n := 0
	for range strings.FieldsSeq(text) {
		if n++; n == enough {
			break
		}
	}
	return n
}

func apart(a, b time.Time) time.Duration { return a.Sub(b).Abs() }
