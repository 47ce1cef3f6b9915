package export

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// answers is a site by its addresses; what is not in it is 404.
type answers map[string]Answer

func (a answers) Get(_ context.Context, address string) (Answer, error) {
	if answer, ok := a[address]; ok {
		return answer, nil
	}
	return Answer{Status: 404, Type: "text/plain", Body: []byte("not found\n")}, nil
}

func (a answers) site() Site {
	return Site{BaseURL: "https://example.org/planet", Start: []string{"/"}, Get: a.Get}
}

func page(body string) Answer { return Answer{Status: 200, Type: htmlType, Body: []byte(body)} }

// small is a site with each kind of address.
func small() answers {
	return answers{
		"/": {Status: 303, Location: "/planet/nl/"},
		"/nl/": page(`<link rel="alternate" href="/planet/feed.atom"><link rel=stylesheet href="/planet/style.css"><a href="/planet/story/s1#posts">one</a>
			<a href="/planet/nl/?before=AbC" rel="next">older</a> <a href="/planet/form">form</a> <a href="/planet/nl">here</a>
			<a href="https://example.org/planet/secret">of a post</a> <a href="/planet/search?q=x">search</a> <a href="/elsewhere">not ours</a>`),
		"/nl":             {Status: 301, Location: "/planet/nl/"},
		"/nl/?before=AbC": page(`the last; not <a href="/planet/nl/?before=zzz">a post's</a>`),
		"/nl/?before=zzz": page("nobody leads here"),
		"/story/s1":       page("story"),
		"/style.css":      {Status: 200, Type: "text/css", Body: []byte("a{}")},
		"/form":           {Status: 200, Type: htmlType, Private: true, Body: []byte("for you")},
		"/secret":         page("secret"),
		"/search?q=x":     page("found"),
		"/feed.atom": {Status: 200, Type: "application/atom+xml; charset=utf-8", Body: []byte(
			`<feed xmlns="http://www.w3.org/2005/Atom"><link rel="next" href="https://example.org/planet/feed.atom?before=AbC"/>` +
				`<entry><content type="html">&lt;link rel="next" href="https://example.org/planet/feed.atom?before=zzz"/&gt;</content></entry></feed>`)},
		"/feed.atom?before=AbC": {Status: 200, Type: "application/atom+xml", Body: []byte(`<feed xmlns="http://www.w3.org/2005/Atom"/>`)},
		"/feed.atom?before=zzz": {Status: 200, Type: "application/atom+xml", Body: []byte(`<feed xmlns="http://www.w3.org/2005/Atom"/>`)},
	}
}

func export(t *testing.T, site answers, folder string) Report {
	t.Helper()
	report, err := Write(t.Context(), site.site(), folder)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// files are those of a folder that are part of the site, with what is in them.
func files(t *testing.T, folder string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := fs.WalkDir(os.DirFS(folder), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(name, ourFolder+"/") {
			return err
		}
		text, err := os.ReadFile(filepath.Join(folder, name))
		found[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func expectFiles(t *testing.T, folder string, want ...string) map[string]string {
	t.Helper()
	found := files(t, folder)
	if got := slices.Sorted(maps.Keys(found)); !slices.Equal(got, want) {
		t.Fatalf("files: %q\nwant   %q", got, want)
	}
	return found
}

var smallFiles = []string{"before/AbC/feed.atom", "feed.atom", "index.html", "nl/before/AbC/index.html", "nl/index.html", "story/s1/index.html", "style.css"}

// What our own links lead to is written, and nothing that a post leads to.
func TestWrite(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new", "site")
	if report := export(t, small(), folder); report.Written != len(smallFiles) {
		t.Errorf("%+v", report)
	}
	found := expectFiles(t, folder, smallFiles...)
	for name, part := range map[string]string{
		"nl/index.html": `<a href="/planet/nl/before/AbC/" rel="next">`,
		"feed.atom":     `<link rel="next" href="https://example.org/planet/before/AbC/feed.atom"/>`,
		"index.html":    `content="0; url=/planet/nl/"`,
	} {
		if !strings.Contains(found[name], part) {
			t.Errorf("%s lacks %s:\n%s", name, part, found[name])
		}
	}
}

func TestNextInJSON(t *testing.T) {
	for _, feed := range []string{
		`{"next_url": "N", "items": [{"next_url": "other"}]}`,
		`{"type": "OrderedCollection", "first": {"next": "N"}}`,
		`{"type": "OrderedCollectionPage", "next": "N"}`,
	} {
		if next, err := nextInJSON([]byte(feed)); next != "N" || err != nil {
			t.Errorf("%s: %q, %v", feed, next, err)
		}
	}
}

// Only what changed is written: a file that is right is not touched.
func TestWriteAgain(t *testing.T) {
	folder := t.TempDir()
	site := small()
	export(t, site, folder)
	old := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, name := range append(smallFiles, manifestName) {
		if err := os.Chtimes(filepath.Join(folder, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	touched := func() (names []string) {
		for _, name := range append(smallFiles, manifestName) {
			if info, err := os.Stat(filepath.Join(folder, name)); err == nil && !info.ModTime().Equal(old) {
				names = append(names, name)
			}
		}
		return names
	}
	if report := export(t, site, folder); report.Written+report.Removed != 0 || touched() != nil {
		t.Errorf("nothing changed: %+v, touched %q", report, touched())
	}

	site["/story/s1"] = page("another story")
	if report := export(t, site, folder); report.Written != 1 || !slices.Equal(touched(), []string{"story/s1/index.html", manifestName}) {
		t.Errorf("one changed: %+v, touched %q", report, touched())
	}
	if err := os.Remove(filepath.Join(folder, "style.css")); err != nil {
		t.Fatal(err)
	}
	if report := export(t, site, folder); report.Written != 1 {
		t.Errorf("one was lost: %+v", report)
	}
}

// What is no longer linked goes; what the site says is gone says so.
func TestGone(t *testing.T) {
	folder := t.TempDir()
	site := small()
	export(t, site, folder)
	site["/nl/"] = page("empty")
	site["/story/s1"] = Answer{Status: 410, Type: htmlType, Private: true, Body: []byte("it is gone")}
	for range 2 { // and stays so
		export(t, site, folder)
		found := expectFiles(t, folder, "index.html", "nl/index.html", "story/s1/index.html")
		if found["story/s1/index.html"] != "it is gone" {
			t.Error(found)
		}
	}
	site["/story/s1"] = Answer{Status: 303, Location: "/planet/story/s2"}
	export(t, site, folder)
	if text := files(t, folder)["story/s1/index.html"]; !strings.Contains(text, "url=/planet/story/s2") {
		t.Error(text)
	}
	delete(site, "/story/s1")
	export(t, site, folder)
	expectFiles(t, folder, "index.html", "nl/index.html")
	if _, err := os.Stat(filepath.Join(folder, "story")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("an empty folder stays")
	}
}

// What is not ours is not touched, and what is not empty not begun in.
func TestForeign(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "mine.txt"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(t.Context(), small().site(), folder); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Fatalf("a folder with a file of somebody's: %v", err)
	}
	expectFiles(t, folder, "mine.txt")

	folder = t.TempDir()
	site := small()
	delete(site, "/style.css")
	export(t, site, folder)
	for name, text := range map[string]string{"style.css": "mine", "CNAME": "example.org"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		report := export(t, small(), folder)
		if !slices.Equal(report.Foreign, []string{"style.css"}) {
			t.Errorf("%+v", report)
		}
	}
	if found := files(t, folder); found["style.css"] != "mine" || found["CNAME"] == "" {
		t.Errorf("%q", found)
	}
}

// Links in the folder lead nowhere outside it.
func TestWriteStaysInside(t *testing.T) {
	folder, outside := t.TempDir(), t.TempDir()
	site := small()
	delete(site, "/story/s1")
	export(t, site, folder)
	if err := os.Symlink(outside, filepath.Join(folder, "story")); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err) // a system that lets not everybody make links
	}
	if _, err := Write(t.Context(), small().site(), folder); err == nil {
		t.Error("written through a link that leaves the folder")
	}
	if found := files(t, outside); len(found) > 0 {
		t.Errorf("outside: %q", found)
	}
}

// An error ends the run, removes nothing, and the next one goes on from there:
// what a run that was stopped has made is ours.
func TestStopped(t *testing.T) {
	folder := t.TempDir()
	site := small()
	site["/story/s1"] = Answer{Status: 500, Type: "text/plain", Body: []byte("not now\n")}
	for range 2 {
		if _, err := Write(t.Context(), site.site(), folder); err == nil || !strings.Contains(err.Error(), "/story/s1 answers 500: not now") {
			t.Fatalf("%v", err)
		}
	}
	site = small()
	delete(site, "/feed.atom")
	site["/nl/"] = page(string(site["/nl/"].Body) + " changed since")
	report := export(t, site, folder)
	if report.Foreign != nil {
		t.Errorf("its own files are taken for somebody's: %+v", report)
	}
	expectFiles(t, folder, "index.html", "nl/before/AbC/index.html", "nl/index.html", "story/s1/index.html", "style.css")

	delete(site, "/")
	if _, err := Write(t.Context(), site.site(), folder); err == nil {
		t.Error("no error where nothing can be found")
	}
	expectFiles(t, folder, "index.html", "nl/before/AbC/index.html", "nl/index.html", "story/s1/index.html", "style.css")
}

func TestFile(t *testing.T) {
	for _, test := range []struct{ address, contentType, want string }{
		{"/", htmlType, "index.html"},
		{"/nl/", htmlType, "nl/index.html"},
		{"/about/json", htmlType, "about/json/index.html"},
		{"/nl/?before=a-_1", htmlType, "nl/before/a-_1/index.html"},
		{"/topic/web/feed.rss?before=a", "application/rss+xml", "topic/web/before/a/feed.rss"},
		{"/story/a%20b", htmlType, "story/a b/index.html"},
		{"/nl/?q=x", htmlType, ""},
		{"/nl/", "text/plain", ""},
		{"/../x", "text/css", ""},
		{"/%2e%2e/x", "text/css", ""},
		{"/a%2f..%2fx", "text/css", ""},
		{"/.samenloop/manifest.json", "application/json", ""},
		{"/a//b", "text/css", ""},
		{`/a\b`, "text/css", ""},
	} {
		if got, err := file(test.address, test.contentType); got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%s: %q, %v; want %q", test.address, got, err, test.want)
		}
	}
}
