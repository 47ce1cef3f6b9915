package web

import (
	"strings"
	"testing"

	"samenloop/opml"
	"samenloop/post"

	"github.com/google/go-cmp/cmp"
)

func TestSourcesOPML(t *testing.T) {
	store := planet()
	store.sources = []post.SourceState{
		{Source: post.Source{ID: "a", Title: "A & co", URL: "https://me:secret@a.example/feed", Language: "nl"}, State: post.Active},
		{Source: post.Source{ID: "b", URL: "https://b.example/"}, State: post.Paused, Visit: post.Visit{FeedURL: "https://b.example/atom.xml", FeedTitle: "B", SiteURL: "https://b.example/"}},
		{Source: post.Source{ID: "c", URL: "https://c.example/"}, State: post.Removed},
		{Source: post.Source{ID: "d", URL: "acct:d@d.example"}, State: post.Active},
		{Source: post.Source{ID: "e", URL: "https://e.example/@e"}, State: post.Active, Visit: post.Visit{FeedURL: "https://e.example/users/e/outbox", Account: post.Account{Kind: post.Outbox, Actor: "https://e.example/users/e"}}},
		{Source: post.Source{ID: "f", URL: "https://e.example/tags/f"}, State: post.Active, Visit: post.Visit{FeedURL: "https://e.example/tags/f.rss", Account: post.Account{Kind: post.TagFeed}}},
	}
	site := testSite()
	site.BaseURL = "https://planet.example/below"
	site.Languages = []string{"nl", "en"}
	w := ask(newHandler(t, site, store), "/below/sources.opml")
	if w.Code != 200 || w.Header().Get("Content-Type") != opml.Type || strings.Contains(w.Body.String(), "secret") {
		t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	feeds, err := opml.Read(w.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for i := range feeds {
		feeds[i].Title = ""
	}
	want := []opml.Outline{
		{Feed: "https://a.example/feed", Language: "nl"},
		{Feed: "https://b.example/atom.xml", Site: "https://b.example/"},
		{Feed: "https://planet.example/below/source/d/feed.atom"},
		{Feed: "https://planet.example/below/source/e/feed.atom"},
		{Feed: "https://e.example/tags/f.rss"},
		{Feed: "https://planet.example/below/nl/feed.atom", Site: "https://planet.example/below/nl/", Language: "nl"},
		{Feed: "https://planet.example/below/en/feed.atom", Site: "https://planet.example/below/en/", Language: "en"},
	}
	if diff := cmp.Diff(want, feeds); diff != "" {
		t.Error(diff)
	}
}
