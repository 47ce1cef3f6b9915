package web

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"samenloop/post"
)

// errCursor says that a page was asked for that we never linked to.
var errCursor = errors.New("before: not a place in this feed; start again without it")

// mostSearch is how long a search may be, in characters.
const mostSearch = 100

// pageQuery is what stands after "?" in the URL of a page; empty for the first of
// all. A cursor is written as two varints, milliseconds and row, in base64url: some 12 letters.
func pageQuery(search string, c post.Cursor) string {
	query := ""
	if search != "" {
		query = "q=" + url.QueryEscape(search)
	}
	if c == (post.Cursor{}) {
		return query
	}
	if query != "" {
		query += "&"
	}
	return query + "before=" + spellCursor(c)
}

func spellCursor(c post.Cursor) string {
	b := binary.AppendVarint(nil, c.Sort.UnixMilli())
	b = binary.AppendVarint(b, c.Row)
	return base64.RawURLEncoding.EncodeToString(b)
}

// parsePageQuery is the inverse of pageQuery. Of a cursor it reads the one
// spelling that pageQuery writes and no other; parameters that are not ours are ignored.
func parsePageQuery(rawQuery string) (search string, c post.Cursor, err error) {
	if rawQuery == "" {
		return "", post.Cursor{}, nil
	}
	values, broken := readQuery(rawQuery, "before")
	if broken != "" {
		return "", post.Cursor{}, errCursor
	}
	search = post.CleanText(values.Get("q"), mostSearch)
	before, ok := values["before"]
	if !ok {
		return search, post.Cursor{}, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(before[0])
	if err != nil || len(before) > 1 {
		return "", post.Cursor{}, errCursor
	}
	milli, n := binary.Varint(b)
	row, m := binary.Varint(b[max(n, 0):])
	if n <= 0 || m <= 0 {
		return "", post.Cursor{}, errCursor
	}
	c = post.Cursor{Sort: time.UnixMilli(milli).UTC(), Row: row}
	if spellCursor(c) != before[0] || c == (post.Cursor{}) {
		return "", post.Cursor{}, errCursor
	}
	return search, c, nil
}

// readQuery reads what stands after "?". What others hung on, readable or not, is theirs; broken
// is one of ours that is there and cannot be read: also behind a semicolon, as where "&amp;" was
// taken for "&", since a bot whose number is not seen would be given everything anew.
func readQuery(rawQuery string, ours ...string) (values url.Values, broken string) {
	values, err := url.ParseQuery(rawQuery)
	if err == nil {
		return values, ""
	}
	for pair := range strings.SplitSeq(rawQuery, "&") {
		if _, err := url.ParseQuery(pair); err == nil {
			continue
		}
		for part := range strings.SplitSeq(pair, ";") {
			if name, _, ok := strings.Cut(part, "="); ok && slices.Contains(ours, name) {
				return values, name
			}
		}
	}
	return values, ""
}
