package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"
	"golang.org/x/net/html"
)

// files is a host of static files below a path, such as any web server is.
func files(t *testing.T, folder, path string) *httptest.Server {
	t.Helper()
	for ending, mediaType := range map[string]string{".atom": "application/atom+xml", ".rss": "application/rss+xml", ".as2": "application/activity+json", ".opml": "text/x-opml"} {
		if err := mime.AddExtensionType(ending, mediaType); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(http.StripPrefix(path, http.FileServer(http.Dir(folder))))
	t.Cleanup(server.Close)
	return server
}

// exported is a planet without a server: its configuration, and the folder it is written to.
type exported struct {
	t                    *testing.T
	config, folder, base string
}

func (e *exported) samenloop(args ...string) string {
	e.t.Helper()
	var out, trouble bytes.Buffer
	args = append([]string{args[0], "-config", e.config}, args[1:]...)
	if code := run(args, strings.NewReader(""), &out, &trouble); code != 0 {
		e.t.Fatalf("samenloop %q: %d\n%s%s", args, code, &out, &trouble)
	}
	return out.String()
}

// nowhere is a page backward in time that posts link to, and that there is not.
const nowhere = "gLj20IFnrAI"

// newExported reads a site of so many posts, in turn Dutch and English, which come at noon of one day after another.
func newExported(t *testing.T, posts int) (e *exported, publish func(posts int)) {
	published := 0
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `<feed xmlns="http://www.w3.org/2005/Atom"><title>News</title><id>urn:news</id><updated>2026-01-01T00:00:00Z</updated>`)
		for i := range published {
			language, text := "nl", "De mensen van de buurt lezen samen het bericht"
			if i%2 == 1 {
				language, text = "en", "The people of the quarter read together what the message says"
			}
			// Each leads to pages of ours that are not there, and are not to be made.
			date := demoNow.AddDate(0, 0, i-400).Format(time.RFC3339)
			fmt.Fprintf(w, `<entry xml:lang="%s"><id>urn:%d</id><title>%s %d</title><link href="http://%s/%d"/><published>%s</published><updated>%s</updated>`,
				language, i, text, i, r.Host, i, date, date)
			fmt.Fprintf(w, `<content type="html">%s %d #web &lt;a href="%s/feed.atom?before=%s"&gt;%s&lt;/a&gt;</content></entry>`,
				text, i, e.base, nowhere, strings.Repeat(fmt.Sprint(i*7919, " "), 20))
		}
		fmt.Fprint(w, "</feed>")
	}))
	t.Cleanup(site.Close)
	folder := t.TempDir()
	e = &exported{t, filepath.Join(folder, "config.toml"), filepath.Join(folder, "out"), ""}
	e.base = files(t, e.folder, "/planet").URL + "/planet"
	text := fmt.Sprintf("[site]\nbase_url = %q\nlanguages = [\"nl\", \"en\"]\ndatabase = \"x.db\"\n[fetch]\nallow_networks = [\"127.0.0.0/8\"]\n"+
		"[[topic]]\nid = \"web\"\nhashtags = [\"web\"]\n[[source]]\nid = \"news\"\nurl = %q\n", e.base, site.URL+"/feed.atom")
	if err := os.WriteFile(e.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	publish = func(posts int) {
		t.Helper()
		published += posts
		e.samenloop("poll")
		e.samenloop("export", e.folder)
	}
	publish(posts)
	return e, publish
}

var hrefs = regexp.MustCompile(`"(https?://[^"<>\s]+)"`)

// crawl follows every link of the site's own in what a host of files shows, in
// pages and in feeds, and gives what it found by address.
func (e *exported) crawl() map[string]string {
	e.t.Helper()
	found := map[string]string{}
	waiting, seen := []string{e.base + "/"}, map[string]bool{}
	for len(waiting) > 0 {
		address, from, _ := strings.Cut(waiting[0], " ")
		waiting = waiting[1:]
		if seen[address] {
			continue
		}
		seen[address] = true
		response, body := get(e.t, address)
		if response.StatusCode != http.StatusOK {
			e.t.Errorf("%s answers %s; linked from %s", address, response.Status, from)
			continue
		}
		found[strings.TrimPrefix(address, e.base)] = body
		var links []string
		switch mediaType := response.Header.Get("Content-Type"); {
		case strings.HasPrefix(mediaType, "text/html"):
			links = pageLinks(e.t, body)
		case strings.Contains(mediaType, "atom"), strings.Contains(mediaType, "rss"), strings.HasSuffix(mediaType, "json"):
			feed, err := gofeed.NewParser().ParseString(body)
			if !strings.HasSuffix(address, ".as2") && (err != nil || len(feed.Items) == 0) {
				e.t.Errorf("%s is no feed with entries: %v", address, err)
			}
			for _, m := range hrefs.FindAllStringSubmatch(body, -1) {
				// An object's id is its name, which a host of files cannot answer for.
				if !strings.Contains(m[1], "/edition/") && !strings.HasSuffix(m[1], "/actor") && !strings.HasSuffix(m[1], "/feed") {
					links = append(links, m[1])
				}
			}
		}
		for _, link := range links {
			u, err := response.Request.URL.Parse(link)
			if err != nil {
				e.t.Errorf("%s: %v", address, err)
				continue
			}
			u.Fragment = ""
			if strings.HasPrefix(u.String(), e.base+"/") && !strings.Contains(u.String(), nowhere) {
				waiting = append(waiting, u.String()+" "+address)
			}
		}
	}
	return found
}

func pageLinks(t *testing.T, page string) (links []string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Data == "form" {
			t.Errorf("a form, where nobody can be asked: %.2000s", page)
		}
		for _, a := range n.Attr {
			if a.Key == "href" || a.Key == "src" {
				links = append(links, a.Val)
			}
		}
	}
	return links
}

// A tree of files is a whole site: no link leads nowhere, feeds are feeds, and
// the pages backward in time show everything once.
func TestExport(t *testing.T) {
	e, publish := newExported(t, 260)
	found := e.crawl()
	for _, address := range []string{"/nl/", "/en/feed.atom", "/nl/feed.json", "/feed.rss", "/feed.as2", "/nl/topic/web/feed.atom",
		"/nl/topic/web/", "/en/source/news/", "/en/sources/", "/nl/about/"} {
		if _, ok := found[address]; !ok {
			t.Errorf("nothing leads to %s", address)
		}
	}
	for _, name := range []string{"sources.opml", "index.html", "topic/web/index.html", "source/news/index.html", "sources/index.html", "about/index.html"} {
		if _, err := os.Stat(filepath.Join(e.folder, name)); err != nil {
			t.Error(err)
		}
	}
	titles := regexp.MustCompile(`<h2><a[^>]*><bdi>(De mensen.*?)</bdi>`)
	next := regexp.MustCompile(`<a href="/planet(/[^"]*)" rel="next"`)
	var read []string
	for address := "/nl/"; address != ""; {
		for _, m := range titles.FindAllStringSubmatch(found[address], -1) {
			read = append(read, m[1])
		}
		m := next.FindStringSubmatch(found[address])
		if address = ""; m != nil {
			address = m[1]
		}
	}
	if n := len(read); n != 130 || len(slices.Compact(slices.Sorted(slices.Values(read)))) != n || !strings.HasSuffix(read[0], " 258") {
		t.Errorf("%d articles, page by page: %q", len(read), read)
	}

	// A new post changes the first pages alone.
	before := e.tree()
	publish(1)
	var changed []string
	for name, text := range e.tree() {
		if before[name] != text && strings.Contains(name, "before/") {
			changed = append(changed, name)
		}
		delete(before, name)
	}
	if len(changed) > 0 || len(before) > 0 {
		t.Errorf("one new post: changed %q, and gone is %d", changed, len(before))
	}
	if out := e.samenloop("export", e.folder); !strings.Contains(out, "nothing changed in") {
		t.Errorf("again: %s", out)
	}
}

// tree is all there is in the folder.
func (e *exported) tree() map[string]string {
	tree := map[string]string{}
	err := fs.WalkDir(os.DirFS(e.folder), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(e.folder, name))
		tree[name] = string(text)
		return err
	})
	if err != nil {
		e.t.Fatal(err)
	}
	return tree
}
