package post

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"samenloop/i18n"
)

// Claim is what a post says about a page: Key is of the page's URL.
type Claim struct {
	Reason   Reason // About, Hreflang or SamePath
	Key      string
	Strength float64 // of the edge to whoever stands there
}

// Claims are what a post says about other pages, whether or not they are stored:
// whoever comes later finds them waiting.
//
//   - About: the one or two pages that a note links to, the first link first. Who links to
//     more is making a list.
//   - Hreflang: where it says the same piece stands in other languages. On another site
//     that is only possible, unless that one says the same: anybody can write it.
//   - SamePath: the address without the segment that names the language; equal ones, or one
//     that is the other's whole address, are the same piece in another language.
//
// Home pages are nobody's piece, and are not claimed.
func (p *Post) Claims() []Claim {
	var claims []Claim
	own := p.Key()
	if p.Note {
		links := noteLinks(p.HTML, own)
		if len(links) > mostAbout {
			links = nil
		}
		for i, key := range links {
			if !isHome(key) {
				claims = append(claims, Claim{About, key, 1 - 0.1*float64(i)})
			}
		}
	}
	for _, lang := range slices.Sorted(maps.Keys(p.Alternates)) {
		if key := Key(p.Alternates[lang]); key != "" && key != own && !isHome(key) && i18n.Tag(lang) != "" {
			strength := 1.0
			if OwnSite(Host(p.URL), key) == 0 {
				strength = Possible
			}
			claims = append(claims, Claim{Hreflang, key, strength})
		}
	}
	if key := withoutLanguage(own); key != "" {
		claims = append(claims, Claim{SamePath, key, 1})
	}
	return claims
}

// mostAbout is how many pages a note may link to and still be about them.
const mostAbout = 2

// isHome is true for the key of a front page, also that of a language: "/", "/nl".
func isHome(key string) bool {
	u, err := url.Parse(key)
	if err != nil || u.RawQuery != "" || u.Fragment != "" {
		return err != nil
	}
	path := strings.Trim(u.Path, "/")
	return path == "" || !strings.Contains(path, "/") && i18n.FromURL("https://x.invalid/"+path+"/x") != ""
}

// withoutLanguage is a key without the first segment of its path, where that names
// a language; empty where it does not, and for home pages.
func withoutLanguage(key string) string {
	rest, ok := strings.CutPrefix(key, "https://")
	if !ok {
		return ""
	}
	host, path, _ := strings.Cut(rest, "/")
	segment, path, ok := strings.Cut(path, "/")
	if !ok || path == "" || i18n.FromURL("https://x.invalid/"+segment+"/x") == "" {
		return ""
	}
	return "https://" + host + "/" + path
}

// noteLinks are the keys of the pages that a note links to, those it only writes
// out included, but for its own: each once, in order, at most one more than a
// note may have. Mentions and hashtags are links in many formats, and no pages.
func noteLinks(htmlText, own string) (keys []string) {
	add := func(raw string) {
		if key := Key(raw); key != "" && key != own && len(keys) <= mostAbout && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	var (
		href   string
		inside bool
		text   strings.Builder
	)
	end := func() {
		if !inside {
			return
		}
		inside = false
		if s := strings.TrimSpace(text.String()); !strings.HasPrefix(s, "#") && !strings.HasPrefix(s, "@") {
			add(href)
		}
	}
	z := html.NewTokenizer(strings.NewReader(htmlText))
	for {
		switch z.Next() {
		case html.ErrorToken:
			end()
			return keys
		case html.TextToken:
			if inside {
				text.Write(z.Text())
				continue
			}
			for word := range strings.FieldsSeq(string(z.Text())) {
				if i := strings.Index(word, "http"); i >= 0 {
					add(strings.TrimRight(word[i:], ".,;:!?)]}»”\"'"))
				}
			}
		case html.StartTagToken:
			if name, more := z.TagName(); atom.Lookup(name) == atom.A {
				end()
				href = attribute(z, more, "href")
				inside = true
				text.Reset()
			}
		case html.EndTagToken:
			if name, _ := z.TagName(); atom.Lookup(name) == atom.A {
				end()
			}
		}
	}
}

// attribute is the value of an attribute of the tag that a tokenizer is at.
func attribute(z *html.Tokenizer, more bool, name string) string {
	for more {
		var key, value []byte
		key, value, more = z.TagAttr()
		if string(key) == name {
			return string(value)
		}
	}
	return ""
}
