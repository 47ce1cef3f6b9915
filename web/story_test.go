package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"golang.org/x/net/html/atom"

	"samenloop/feeds"
	"samenloop/post"
)

// told is a planet with a story in two languages, made of three posts, one that
// is possibly of it, and what somebody said about it; another one is gone.
func told() *memory {
	store := planet()
	nl, ar := edition(10, "noord", "nl", "Oproep"), edition(11, "west", "ar", "نداء")
	nl.Story, ar.Story = "s", "s"
	nl.Discussions = []post.Discussion{{URL: "https://social.example/1", Title: "Lees dit!", Author: "Roos", Language: "nl"}}
	ar.Discussions = nl.Discussions
	nl.Source.Title, ar.Source.Title = "Noorderlicht", "West"
	store.editions = append(store.editions, nl, ar)
	store.removed = map[string]post.Tombstone{
		"gone": {ID: "urn:uuid:00000000-0000-4000-8000-00000000dead", Language: "en", At: noon},
		"s":    {ID: "urn:uuid:00000000-0000-4000-8000-00000000beef", Language: "en", At: noon},
	}
	part := func(story, source, language, title string) post.Part {
		return post.Part{Story: story, Source: post.Source{ID: source, Title: source}, URL: "https://" + source + ".example/p",
			Title: title, Language: language, Date: noon}
	}
	store.posts = map[string][]post.Part{"s": {
		part("s", "noord", "nl", "Oproep"), part("s", "planeet", "nl", "Noord: Oproep"), part("s", "west", "ar", "نداء"),
		part("s3", "oost", "nl", "Een oproep"), part("s", "roos", "nl", "Lees dit!"),
	}}
	store.posts["s"][4].URL = nl.Discussions[0].URL
	store.edges = []post.Edge{
		{A: 0, B: 1, Reason: post.SameURL, Strength: 1},
		{A: 2, B: 0, Reason: post.Hreflang, Strength: 1},
		{A: 0, B: 3, Reason: post.Copy, Strength: 0.3},
		{A: 4, B: 0, Reason: post.About, Strength: 1},
		{A: 0, B: 2, Reason: post.Hreflang, Strength: 1}, // each declares the other
		{A: 2, B: 1, Reason: post.Hreflang, Strength: 1},
	}
	return store
}

const as2Accept = `application/ld+json; profile="https://www.w3.org/ns/activitystreams", text/html;q=0.1`

func TestStoryPage(t *testing.T) {
	server := serve(t, newHandler(t, testSite(), told()))
	res, page := get(t, server, "GET", "/story/s", "Accept-Language", "ar")
	if res.StatusCode != 200 || res.Header.Get("Vary") != "Accept, Accept-Encoding" || res.Header.Get("Content-Security-Policy") == "" {
		t.Fatalf("%d %v", res.StatusCode, res.Header)
	}
	if root := elements(t, page, atom.Html)[0]; root["lang"] != "nl" || root["dir"] != "ltr" {
		t.Errorf("html %v", root)
	}
	articles := elements(t, page, atom.Article)
	if len(articles) != 2 || articles[0]["lang"] != "nl" || articles[1]["lang"] != "ar" || articles[1]["dir"] != "rtl" {
		t.Errorf("articles %v", articles)
	}
	var items []string
	for _, li := range elements(t, page[bytes.Index(page, []byte("<main")):], atom.Li) {
		items = append(items, strings.Join(strings.Fields(li["text"]), " "))
	}
	if len(items) != 5 {
		t.Errorf("%d items", len(items))
	}
	for i, want := range []string{
		"Oproep noord 23 november 2026",
		"Noord: Oproep planeet 23 november 2026 Zelfde adres: noord",
		"نداء west 23 november 2026 Opgegeven als vertaling: noord planeet",
		"Een oproep oost 23 november 2026 Alles hierover Bijna dezelfde tekst: noord",
		"Lees dit! Roos",
	} {
		if i >= len(items) || items[i] != want {
			t.Errorf("item %d of %q is not %q", i, items, want)
		}
	}
	for _, want := range []string{`href="/story/s3"`, `id="post-2"`, `href="#post-1"`, `hreflang="ar"`, "Mogelijk hetzelfde verhaal", "Niet meer getoond sinds 23 november 2026: English"} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("no %s in\n%s", want, page)
		}
	}
	_, list := get(t, server, "GET", "/nl/")
	if !bytes.Contains(list, []byte(`href="/story/s"`)) {
		t.Error("the page does not link to the story")
	}
}

// The page of a post whose author did not allow it to be searched is not for search engines.
func TestStoryNoIndex(t *testing.T) {
	for _, noIndex := range []bool{false, true} {
		store := told()
		store.editions[len(store.editions)-1].NoIndex = noIndex
		server := serve(t, newHandler(t, testSite(), store))
		if _, page := get(t, server, "GET", "/story/s"); bytes.Contains(page, []byte(`<meta name="robots" content="noindex">`)) != noIndex {
			t.Errorf("noindex is to be there: %v, in\n%s", noIndex, page)
		}
	}
}

func TestShortName(t *testing.T) {
	part := func(source, language string) post.Part {
		return post.Part{Source: post.Source{ID: source, Title: "Bron " + source}, Language: language, Title: "Titel"}
	}
	one := part("a", "nl")
	for want, other := range map[string]post.Part{"Bron b": part("b", "nl"), "français": part("a", "fr"), "Titel": part("a", "und")} {
		if got := shortName(one, other); got != want {
			t.Errorf("%+v is called %q, want %q", other, got, want)
		}
	}
}

// An edition that made room for another in its language is not missed.
func TestStoryWithMergedEdition(t *testing.T) {
	h := newHandler(t, testSite(), told())
	s := post.Story{ID: "s", Editions: []post.Edition{edition(1, "noord", "nl", "Oproep")},
		Removed: []post.Tombstone{{ID: "1", Language: "nl-BE", At: noon}, {ID: "2", Language: "fr", At: noon}}}
	if got := h.viewStory(s, "nl").Removed; len(got) != 1 || !strings.Contains(got[0], "français") {
		t.Errorf("%q", got)
	}
}

// What ids in ActivityStreams resolve to, for programs and for people.
func TestStoryAS2(t *testing.T) {
	server := serve(t, newHandler(t, testSite(), told()))
	const (
		edition = "/edition/00000000-0000-4000-8000-000000000010"
		merged  = "/edition/00000000-0000-4000-8000-00000000beef"
		plain   = "text/plain; charset=utf-8"
	)
	for _, tt := range []struct {
		path, accept string
		status       int
		contentType  string
		kind         string // its type
	}{
		{"/story/s", as2Accept, 200, feeds.AS2Type, "Collection"},
		{"/story/s", "application/activity+json", 200, feeds.AS2Type, "Collection"},
		{"/story/s", "*/*", 200, htmlType, ""},
		{"/story/gone", as2Accept, 410, feeds.AS2Type, "Tombstone"},
		{"/story/gone", "", 410, plain, ""},
		{"/story/nope", as2Accept, 404, plain, ""},
		{"/story/nope", "", 404, plain, ""},
		{"/story/urn:uuid:00000000-0000-4000-8000-000000000010", "", 404, plain, ""},
		{edition, as2Accept, 200, feeds.AS2Type, "Article"},
		{edition, "text/html", 303, htmlType, ""},
		{merged, as2Accept, 410, feeds.AS2Type, "Tombstone"},
		{merged, "text/html", 410, htmlType, ""},
		{merged, "", 410, plain, ""},
		{"/edition/nope", as2Accept, 404, plain, ""},
		{"/edition/nope", "", 404, plain, ""},
		{"/feed", "", 200, "application/atom+xml; charset=utf-8", ""},
		{"/feed", as2Accept, 200, feeds.AS2Type, "OrderedCollection"},
		{"/nl/feed", "application/feed+json", 200, "application/feed+json; charset=utf-8", ""},
		{"/nl/feed", "application/rss+xml, */*;q=0.1", 200, "application/rss+xml; charset=utf-8", ""},
		{"/topic/social/feed", as2Accept, 200, feeds.AS2Type, "OrderedCollection"},
		{"/nl/topic/social/feed", as2Accept, 200, feeds.AS2Type, "OrderedCollection"},
		{"/source/noord/feed", as2Accept, 200, feeds.AS2Type, "OrderedCollection"},
		{"/fr/feed", as2Accept, 404, plain, ""},
	} {
		header := []string{}
		if tt.accept != "" {
			header = []string{"Accept", tt.accept}
		}
		res, body := get(t, server, "GET", tt.path, header...)
		if res.StatusCode != tt.status || res.Header.Get("Content-Type") != tt.contentType {
			t.Errorf("%s for %q: %d %s, want %d %s", tt.path, tt.accept, res.StatusCode, res.Header.Get("Content-Type"), tt.status, tt.contentType)
		}
		if vary := res.Header.Get("Vary"); vary != "Accept, Accept-Encoding" && tt.path != "/fr/feed" {
			t.Errorf("%s: Vary %q", tt.path, vary)
		}
		head, none := get(t, server, "HEAD", tt.path, header...)
		for _, h := range []http.Header{res.Header, head.Header} {
			h.Del("Date")
			if tt.status == http.StatusSeeOther { // which need not say it
				h.Del("Content-Length")
			}
		}
		if diff := cmp.Diff(res.Header, head.Header); diff != "" || head.StatusCode != tt.status || len(none) > 0 {
			t.Errorf("HEAD %s for %q: %d, %d bytes (-GET +HEAD):\n%s", tt.path, tt.accept, head.StatusCode, len(none), diff)
		}
		if tt.kind == "" {
			continue
		}
		var o struct {
			Type, ID, Deleted string
			Items             []struct{ ID string }
		}
		if err := json.Unmarshal(body, &o); err != nil || o.Type != tt.kind {
			t.Errorf("%s: %v, %+v", tt.path, err, o)
		}
		if want := "https://example.org" + tt.path; !strings.HasSuffix(tt.path, "feed") && o.ID != want {
			t.Errorf("%s calls itself %s", tt.path, o.ID)
		}
		if tt.kind == "Tombstone" && o.Deleted != noon.Format(time.RFC3339) {
			t.Errorf("%s was deleted at %q", tt.path, o.Deleted)
		}
		if tt.kind == "Collection" && (len(o.Items) != 2 || o.Items[0].ID != "https://example.org"+edition) {
			t.Errorf("%s holds %v", tt.path, o.Items)
		}
	}
	for _, path := range []string{edition, "/story/s/"} {
		if res, _ := get(t, server, "GET", path); res.Header.Get("Location") != "/story/s" {
			t.Errorf("%s sends a person to %q", path, res.Header.Get("Location"))
		}
	}
	// The formats of one address are told apart, also by their validators.
	_, a := get(t, server, "GET", "/feed", "Accept", "application/activity+json")
	_, b := get(t, server, "GET", "/feed.as2")
	if !bytes.Equal(a, b) {
		t.Error("/feed is not /feed.as2")
	}
}

// From "first" by "next" a program comes to every edition once, the newest first, and
// to an end; beyond that there is an empty page.
func TestAS2Pages(t *testing.T) {
	store := planet()
	for n := range int64(2 * perPage) {
		store.change(edition(10+n, "noord", "nl", "Nog een"))
	}
	server := serve(t, newHandler(t, testSite(), store))
	type page struct {
		ID, Type, PartOf, Next string
		TotalItems             *int
		First                  *page
		OrderedItems           []struct {
			Published string
			Object    struct{ ID string }
		}
	}
	read := func(path string) page {
		t.Helper()
		res, body := get(t, server, "GET", path, "Accept", as2Accept)
		var p page
		if err := json.Unmarshal(body, &p); err != nil || res.StatusCode != 200 || res.Header.Get("Content-Type") != feeds.AS2Type {
			t.Fatalf("%s: %v, %d %s", path, err, res.StatusCode, body)
		}
		return p
	}
	whole := read("/nl/feed")
	seen := map[string]bool{}
	last, pages := "9", 0
	for p := whole.First; ; {
		pages++
		for _, a := range p.OrderedItems {
			if seen[a.Object.ID] || a.Published > last {
				t.Errorf("%s comes twice, or late", a.Object.ID)
			}
			seen[a.Object.ID], last = true, a.Published
		}
		if p.Next == "" {
			break
		}
		next := read(strings.TrimPrefix(p.Next, "https://example.org"))
		if next.Type != "OrderedCollectionPage" || next.ID != p.Next || next.PartOf != whole.ID {
			t.Errorf("%s is %s %s, part of %s", p.Next, next.Type, next.ID, next.PartOf)
		}
		p = &next
	}
	if len(seen) != *whole.TotalItems || pages != 3 {
		t.Errorf("%d editions on %d pages, and it counts %d", len(seen), pages, *whole.TotalItems)
	}
	beyond := read("/nl/feed?" + pageQuery("", post.Cursor{Sort: noon.AddDate(-50, 0, 0), Row: 1}))
	if beyond.Type != "OrderedCollectionPage" || beyond.Next != "" || beyond.OrderedItems == nil || len(beyond.OrderedItems) > 0 {
		t.Errorf("beyond the end: %+v", beyond)
	}
}

// A collection says how many editions all its pages have, and follows what comes.
func TestTotalItems(t *testing.T) {
	store := planet()
	server := serve(t, newHandler(t, testSite(), store))
	total := func(path string) *int {
		var c struct{ TotalItems *int }
		_, body := get(t, server, "GET", path)
		if err := json.Unmarshal(body, &c); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		return c.TotalItems
	}
	for n := range int64(perPage) {
		store.change(edition(10+n, "noord", "nl", "Nog een"))
	}
	for path, want := range map[string]int{"/feed.as2": perPage + 4, "/nl/feed.as2": perPage + 2, "/topic/social/feed.as2": 2, "/source/west/feed.as2": 2} {
		if got := total(path); got == nil || *got != want {
			t.Errorf("%s counts %v, want %d", path, got, want)
		}
	}
	store.change(edition(1000, "noord", "nl", "De nieuwste"))
	if got := total("/nl/feed.as2"); got == nil || *got != perPage+3 {
		t.Errorf("with one more it counts %v", got)
	}
	if got := total("/nl/feed.as2?q=avond"); got != nil {
		t.Errorf("a search counts %d", *got)
	}
}

// A story is rendered once and kept; what changes it makes it anew.
func TestStoryIsKept(t *testing.T) {
	store := told()
	server := serve(t, newHandler(t, testSite(), store))
	first, _ := get(t, server, "GET", "/story/s")
	again, _ := get(t, server, "GET", "/story/s", "If-None-Match", first.Header.Get("ETag"))
	if again.StatusCode != 304 {
		t.Errorf("the same page: %d", again.StatusCode)
	}
	if n := store.told; n != 1 {
		t.Errorf("the story was read %d times", n)
	}
	e := edition(12, "west", "en", "Call")
	e.Story = "s"
	store.change(e)
	if _, page := get(t, server, "GET", "/story/s"); !bytes.Contains(page, []byte("Call")) {
		t.Error("a new edition is not seen")
	}
}

func TestActor(t *testing.T) {
	site := testSite()
	site.BaseURL = "https://example.org:8443/planet"
	site.PublicKey = "-----BEGIN PUBLIC KEY-----\nMII\n-----END PUBLIC KEY-----\n"
	server := serve(t, newHandler(t, site, planet()))
	for _, path := range []string{"/planet/actor", "/actor", "/planet/actor/main-key"} {
		res, body := get(t, server, "GET", path)
		var a struct {
			ID, Type, PreferredUsername, Inbox, Outbox string
			PublicKey                                  struct{ ID, Owner, PublicKeyPem string }
		}
		if err := json.Unmarshal(body, &a); err != nil || res.Header.Get("Content-Type") != feeds.AS2Type {
			t.Fatalf("%s: %v, %v", path, err, res.Header)
		}
		if a.ID != "https://example.org:8443/planet/actor" || a.Type != "Application" || a.PreferredUsername != "example.org" ||
			a.Outbox != "https://example.org:8443/planet/feed.as2" || a.Inbox != "https://example.org:8443/planet/inbox" ||
			a.PublicKey.Owner != a.ID || a.PublicKey.ID != a.ID+"/main-key" || a.PublicKey.PublicKeyPem != site.PublicKey {
			t.Errorf("%s: %+v", path, a)
		}
	}
	if _, body := get(t, serve(t, newHandler(t, testSite(), planet())), "GET", "/actor"); bytes.Contains(body, []byte("publicKey")) {
		t.Errorf("a key is shown where there is none: %s", body)
	}
	for _, tt := range []struct {
		request string
		status  int
	}{
		{"GET /.well-known/webfinger?resource=acct:example.org@example.org:8443", 200},
		{"GET /.well-known/webfinger?resource=acct%3AExample.org%40example.org%3A8443", 200},
		{"GET /.well-known/webfinger?resource=https://example.org:8443/planet/actor", 200},
		{"GET /.well-known/webfinger?resource=acct:else@example.org:8443", 404},
		{"GET /.well-known/webfinger", 400},
		{"GET /.well-known/nodeinfo", 200},
		{"GET /planet/nodeinfo/2.1", 200},
		{"POST /planet/inbox", 404},
		{"POST /planet/actor", 405},
		{"POST /planet/feed.as2", 405},
	} {
		method, path, _ := strings.Cut(tt.request, " ")
		res, body := get(t, server, method, path)
		if res.StatusCode != tt.status {
			t.Errorf("%s: %d, want %d", tt.request, res.StatusCode, tt.status)
		}
		if strings.Contains(path, "webfinger") && tt.status == 200 {
			var jrd webFinger
			if err := json.Unmarshal(body, &jrd); err != nil || res.Header.Get("Content-Type") != webFingerType ||
				jrd.Subject != "acct:example.org@example.org:8443" || jrd.Links[0].Rel != "self" || jrd.Links[0].Href != "https://example.org:8443/planet/actor" {
				t.Errorf("%s: %v, %+v, %v", tt.request, err, jrd, res.Header)
			}
		}
	}
}

// All that a feed names by our own address is there.
func TestAS2Resolves(t *testing.T) {
	server := serve(t, newHandler(t, testSite(), told()))
	_, body := get(t, server, "GET", "/feed.as2")
	seen := map[string]bool{}
	for part := range strings.SplitSeq(string(body), `"`) {
		path, ours := strings.CutPrefix(part, "https://example.org")
		if path, _, _ = strings.Cut(path, "#"); !ours || seen[path] {
			continue
		}
		seen[path] = true
		if res, _ := get(t, server, "GET", path, "Accept", as2Accept); res.StatusCode != http.StatusOK && res.StatusCode != http.StatusSeeOther {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	if len(seen) < 10 || !seen["/topic/social/feed"] || !seen["/actor"] || !seen["/story/s"] {
		t.Errorf("only %v", seen)
	}
}
