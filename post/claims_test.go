package post

import (
	"fmt"
	"strings"
	"testing"
)

func TestClaims(t *testing.T) {
	note := func(html string) Post { return Post{URL: "https://toot.example/@a/1", Note: true, HTML: html} }
	for name, test := range map[string]struct {
		p    Post
		want string
	}{
		"a link": {note(`<p>Read <a href="https://a.example/x/?utm_source=m">this</a></p>`), "about https://a.example/x"},
		"two links, mentions, hashtags, itself": {note(`<p><a href="https://b.example/y">y</a> and <a href="http://www.a.example/x">x</a>
			<a href="https://m.example/@roos">@<span>roos</span></a> <a href="https://m.example/tags/web">#<span>web</span></a> <a href="https://toot.example/@a/1">me</a></p>`),
			"about https://b.example/y, about https://a.example/x"},
		"one page twice":             {note(`<a href="https://a.example/x">x</a> <a href="https://a.example/x/#top">again</a>`), "about https://a.example/x"},
		"written out":                {note(`<p>See https://a.example/x.</p>`), "about https://a.example/x"},
		"a list":                     {note(`<a href="https://a.example/1">1</a><a href="https://a.example/2">2</a><a href="https://a.example/3">3</a>`), ""},
		"a home page":                {note(`<a href="https://a.example/">a</a>`), ""},
		"a home page and an article": {note(`<a href="https://a.example/nl/">a</a> <a href="https://a.example/nl/x">x</a>`), "about https://a.example/nl/x"},
		"an article that links":      {Post{URL: "https://b.example/y", HTML: `<a href="https://a.example/x">x</a>`}, ""},
		"alternates":                 {Post{URL: "https://a.example/x", Alternates: map[string]string{"en": "https://a.example/y"}}, "hreflang https://a.example/y"},
		"alternates that say little": {Post{URL: "https://a.example/x", Alternates: map[string]string{"nl": "https://a.example/x/", "en": "https://a.example/en/", "x-default": "https://a.example/z"}}, ""},
		"a path with its language":   {Post{URL: "https://www.a.example/en/news/x"}, "same-path https://a.example/news/x"},
		"the page of a language":     {Post{URL: "https://a.example/en/"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, c := range test.p.Claims() {
				got = append(got, fmt.Sprint(c.Reason, " ", c.Key))
			}
			if s := strings.Join(got, ", "); s != test.want {
				t.Errorf("got %q, want %q", s, test.want)
			}
		})
	}
}

func FuzzClaims(f *testing.F) {
	f.Add(`<a href="https://a.example/x">x</a> https://b.example`, "https://a.example/nl/y")
	f.Fuzz(func(t *testing.T, html, address string) {
		p := Post{URL: address, Note: true, HTML: html}
		about := 0
		for _, c := range p.Claims() {
			if c.Key == "" || c.Key == Key(address) {
				t.Errorf("claims %q of %q", c.Key, address)
			}
			if c.Reason == About {
				about++
			}
		}
		if about > 2 {
			t.Errorf("it is about %d pages", about)
		}
	})
}
