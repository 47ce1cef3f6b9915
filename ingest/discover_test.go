package ingest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiscover(t *testing.T) {
	const page = `<!doctype html>
<html lang="nl-NL"><head>
<base href="/blog/">
<link rel="alternate" type="application/feed+json" href="feed.json">
<link rel="alternate" type="application/json" title="Vereniging" href="https://example.org/feed.json">
<link rel="alternate" type="application/json" href="https://example.org/wp-json/wp/v2/pages/5?feed=1">
<link rel="alternate" type="application/json+oembed" href="/oembed">
<link REL="Alternate  home" TYPE="application/rss+xml; charset=utf-8" title="Blog &raquo; Feed" href="feed/">
<link rel="alternate" type="application/rss+xml" title="Blog &raquo; Reactiesfeed" href="https://example.org/comments/feed/">
<link rel="alternate" type="application/rss+xml" title="Comments on Post" href="/post/feed/">
<link rel="alternate" type="application/atom+xml" href="//example.org/atom.xml">
<link rel="alternate" type="application/atom+xml" href="https://example.org/atom.xml">
<link rel="alternate stylesheet" type="application/rss+xml" href="/no">
<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">
<link rel="alternate" type="application/rss+xml" href="">
<link rel="alternate" hreflang="en" href="/en/">
<link rel="me" href="https://social.example/@vereniging">
</head><body><a rel="nofollow me" href="https://social.example/@tweede">x</a>
<!-- <link rel="alternate" type="application/rss+xml" href="/comment.xml"> -->
<script>"<link rel='alternate' type='application/rss+xml' href='/script.xml'>"</script>
<base href="https://elders.example/"><a rel="me" href="derde">y</a></body></html>`
	want := Links{
		Feeds:    []string{"https://example.org/blog/feed/", "https://example.org/atom.xml", "https://example.org/blog/feed.json", "https://example.org/feed.json"},
		Language: "nl-NL",
		Me:       []string{"https://social.example/@vereniging", "https://social.example/@tweede", "https://example.org/blog/derde"},
	}
	if diff := cmp.Diff(want, Discover([]byte(page), "https://example.org/")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestUsualPaths(t *testing.T) {
	for page, want := range map[string]string{
		"https://example.org/":               "https://example.org/feed.xml https://example.org/atom.xml https://example.org/rss.xml https://example.org/index.xml https://example.org/feed/ https://example.org/feed https://example.org/rss https://example.org/feed.json",
		"https://example.org/blog/post?x=1#": "https://example.org/blog/feed.xml",
		"acct:a@example.org":                 "",
	} {
		if got := strings.Join(UsualPaths(page), " "); !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("UsualPaths(%q) = %s", page, got)
		}
	}
	if n := len(UsualPaths("https://example.org/blog/")); n != 16 {
		t.Errorf("%d places", n)
	}
}

func FuzzDiscover(f *testing.F) {
	f.Add([]byte(`<html lang=nl><base href="/x/"><link rel=alternate type=application/rss+xml href=feed><a rel=me href=//a>`))
	f.Fuzz(func(t *testing.T, page []byte) {
		links := Discover(page, "https://example.org/")
		for _, u := range append(links.Feeds, links.Me...) {
			if !strings.HasPrefix(u, "http://") && !strings.HasPrefix(u, "https://") {
				t.Fatalf("URL %q", u)
			}
		}
	})
}
