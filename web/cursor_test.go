package web

import (
	"math"
	"strings"
	"testing"
	"time"

	"samenloop/post"
)

func TestPageQuery(t *testing.T) {
	for _, c := range []post.Cursor{
		{},
		{Sort: noon, Row: 1},
		{Sort: noon, Row: math.MaxInt64},
		{Sort: time.UnixMilli(-5).UTC(), Row: 0},
		{Sort: time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC), Row: -1},
	} {
		query := pageQuery("", c)
		_, got, err := parsePageQuery(query)
		if err != nil || got != c {
			t.Errorf("%v became %q, and that %v, %v", c, query, got, err)
		}
	}
	if q := pageQuery("", post.Cursor{Sort: noon, Row: 123456}); len(q) > len("before=")+12 {
		t.Errorf("%q is not short", q)
	}
}

// A place has one spelling: whoever invents others fills no memory with them.
func TestParsePageQueryRefuses(t *testing.T) {
	good := pageQuery("", post.Cursor{Sort: noon, Row: 7})
	if _, _, err := parsePageQuery(good); err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{
		"before=", "before=AAA!", "before=AAAA", good + "A", good + "AAAA", good[:len(good)-1], good + "=",
		good + "&" + good, good + "&before=", good + ";x", "q=web&amp;" + good, "before=AIAA", "before=gICAgICAgICAgIAB",
		"before=" + strings.Repeat("_", 10_000),
	} {
		if _, c, err := parsePageQuery(query); err == nil {
			t.Errorf("%q was taken for %v", query, c)
		}
	}
}

// What others hang on to an address is theirs.
func TestParsePageQueryIgnores(t *testing.T) {
	for _, query := range []string{"utm=a;b", "x=%zz", "x=%zz&q=web", "%", "q=web&utm=a;b", "q=web&utm=a;before", "q=web&utm=before=;"} {
		search, c, err := parsePageQuery(query)
		if err != nil || c != (post.Cursor{}) || strings.Contains(query, "q=web") != (search == "web") {
			t.Errorf("%q: %q, %v, %v", query, search, c, err)
		}
	}
}

func FuzzParsePageQuery(f *testing.F) {
	f.Add("before=" + strings.TrimPrefix(pageQuery("", post.Cursor{Sort: noon, Row: 7}), "before="))
	f.Add("before=AAAA&before=AAAA")
	f.Add("before=gICAgICAgICAgIAB")
	f.Add("utm_source=x&before=%41%41")
	f.Add("before")
	f.Fuzz(func(t *testing.T, query string) {
		_, c, err := parsePageQuery(query)
		if err != nil || c == (post.Cursor{}) {
			return
		}
		if _, again, err := parsePageQuery(pageQuery("", c)); err != nil || again != c {
			t.Errorf("%q became %v, and that %v, %v", query, c, again, err)
		}
	})
}
