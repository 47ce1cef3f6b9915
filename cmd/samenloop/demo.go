package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// The sample sites: what each publishes is demo/NAME.toml, and each is written
// in the shape of a content system out there, which is a template beside it.
//
//go:embed demo
var demoFiles embed.FS

// demoSources are what the demo reads: a path of a sample site.
var demoSources = []struct{ id, site, path string }{
	{"buurtnet", "buurtnet", "/feed/"},
	{"waterlab", "waterlab", "/rss.xml"},
	{"openbron", "openbron", "/atom.xml"},
	{"openbron-json", "openbron", "/feed.json"}, // the same posts again
	{"gemeingut", "gemeingut", "/feed.atom"},
	{"iepen-doarp", "iependoarp", "/"}, // a site: its feed is to be found
	{"krabbels", "krabbels", "/feed.json"},
	{"galerie-noord", "galerie", "/feed/"}, // broken, to show how that looks
}

// demoUnread is a sample site that nobody proposed yet.
const demoUnread = "leeszaal"

// demo is a handful of made-up sites on loopback, with recent posts in six
// languages. It serves until Close.
type demo struct {
	origins map[string]string // site → "http://127.0.0.1:PORT"
	servers []*http.Server
	dir     string // of the database
}

// startDemo serves the sample sites, each on a port of its own: to a reader of
// feeds they are different hosts.
func startDemo(ctx context.Context) (*demo, error) {
	d, err := listenDemo(ctx, time.Now())
	if err != nil {
		return nil, fmt.Errorf("start the demo's sites: %w", err)
	}
	return d, nil
}

func listenDemo(ctx context.Context, now time.Time) (_ *demo, err error) {
	d := &demo{origins: map[string]string{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close())
		}
	}()
	if d.dir, err = os.MkdirTemp("", "samenloop-demo-"); err != nil {
		return nil, err
	}
	// Sites link to each other: all addresses are known before a page is written.
	listeners := map[string]net.Listener{}
	sites := []string{demoUnread}
	for _, source := range demoSources {
		sites = append(sites, source.site)
	}
	for _, site := range sites {
		if listeners[site] != nil {
			continue
		}
		var config net.ListenConfig
		listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		listeners[site] = listener
		d.origins[site] = "http://" + listener.Addr().String()
	}
	for name, listener := range listeners {
		documents, err := demoSite(name, d.origins, now)
		if err != nil {
			return nil, fmt.Errorf("site %s: %w", name, err)
		}
		server := &http.Server{Handler: documents, ReadHeaderTimeout: 5 * time.Second}
		d.servers = append(d.servers, server)
		go server.Serve(listener)
	}
	return d, nil
}

// Close ends the sites and removes the database. Close the database first.
func (d *demo) Close() error {
	var errs []error
	for _, s := range d.servers {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, os.RemoveAll(d.dir))...)
}

// config reads the sample sites into a database that goes away with them.
func (d *demo) config() *config {
	c := defaultConfig()
	c.Site.Title = "samenloop: the demo"
	c.Site.Languages = []string{"nl", "en", "fy", "de", "fr", "ar"}
	c.Site.Database = filepath.Join(d.dir, "samenloop.db")
	c.Site.example = d.origins[demoUnread] + "/"
	c.Schedule.Poll = "* * * * *"
	c.Fetch.AllowNetworks = []string{"127.0.0.0/8"}
	c.Topics = []topicConfig{{ID: "makesocialssocialagain", Hashtags: []string{"makesocialssocialagain"}}}
	for _, s := range demoSources {
		c.Sources = append(c.Sources, sourceConfig{ID: s.id, URL: d.origins[s.site] + s.path})
	}
	if problems := c.check(nil); len(problems) > 0 {
		panic(problems[0].text) // a mistake in the lines above
	}
	return c
}

// demoPublisher is what a site publishes: demo/NAME.toml.
type demoPublisher struct {
	Title    string     `toml:"title"`
	About    string     `toml:"about"`
	Language string     `toml:"language"` // of its pages
	Claims   string     `toml:"claims"`   // what its feed says its language is
	Files    []demoFile `toml:"file"`
	Posts    []demoPost `toml:"post"` // newest first

	Origin string    `toml:"-"`
	Now    time.Time `toml:"-"`
}

// demoFile is one document of a site, made of a template.
type demoFile struct {
	Path  string `toml:"path"`
	Shape string `toml:"shape"` // the template: demo/SHAPE
	Type  string `toml:"type"`  // Content-Type, also where it is wrong
}

// demoPost is an article with its page, or a mention of another site's page.
type demoPost struct {
	Path       string            `toml:"path"` // its page on the site; also tells it apart
	Link       string            `toml:"link"` // the page of another site, instead
	Ago        duration          `toml:"ago"`
	Title      string            `toml:"title"`
	Author     string            `toml:"author"`
	Language   string            `toml:"language"` // default the site's
	Tags       []string          `toml:"tags"`
	Summary    string            `toml:"summary"`    // plain text
	HTML       string            `toml:"html"`       // a template: {{origin "site"}}
	Alternates map[string]string `toml:"alternates"` // language → URL, a template

	URL  string    `toml:"-"`
	Date time.Time `toml:"-"`
}

// demoSite writes every document of a site, with recent dates and real addresses.
func demoSite(name string, origins map[string]string, now time.Time) (demoDocuments, error) {
	text, err := fs.ReadFile(demoFiles, path.Join("demo", name+".toml"))
	if err != nil {
		return nil, err
	}
	site := demoPublisher{Origin: origins[name], Now: now}
	decoder := toml.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&site); err != nil {
		return nil, err
	}
	words := template.FuncMap{
		"origin": func(site string) (string, error) {
			if origins[site] == "" {
				return "", fmt.Errorf("no site %q", site)
			}
			return origins[site], nil
		},
		"xml": func(s string) (string, error) {
			var b strings.Builder
			err := xml.EscapeText(&b, []byte(s))
			return b.String(), err
		},
		"json":  func(v any) (string, error) { b, err := json.Marshal(v); return string(b), err },
		"plain": func(s string) string { return html.UnescapeString(strings.TrimSpace(markup.ReplaceAllString(s, ""))) },
		"media": func(contentType string) string { media, _, _ := strings.Cut(contentType, ";"); return media },
		"hash":  func(s string) string { sum := sha256.Sum256([]byte(s)); return hex.EncodeToString(sum[:20]) },
	}
	expand := func(text string) (string, error) {
		t, err := template.New(name).Funcs(words).Option("missingkey=error").Parse(text)
		if err != nil {
			return "", err
		}
		var b strings.Builder
		err = t.Execute(&b, site)
		return b.String(), err
	}

	for i := range site.Posts {
		p := &site.Posts[i]
		ago, err := parseDuration(p.Ago.text)
		if err != nil {
			return nil, err
		}
		p.Date = now.Add(-ago).Truncate(time.Minute).UTC()
		if p.Language == "" {
			p.Language = site.Language
		}
		if p.HTML, err = expand(p.HTML); err != nil {
			return nil, err
		}
		for lang, u := range p.Alternates {
			if p.Alternates[lang], err = expand(u); err != nil {
				return nil, err
			}
		}
		p.URL = site.Origin + p.Path
		if p.Link != "" {
			if p.URL, err = expand(p.Link); err != nil {
				return nil, err
			}
		}
	}

	shapes, err := template.New("").Funcs(words).ParseFS(demoFiles, "demo/*.tmpl")
	if err != nil {
		return nil, err
	}
	documents := demoDocuments{}
	add := func(path, shape, contentType string, data any) error {
		var body bytes.Buffer
		if err := shapes.ExecuteTemplate(&body, shape, data); err != nil {
			return err
		}
		sum := sha256.Sum256(body.Bytes())
		documents[path] = demoDocument{body.Bytes(), contentType, `"` + hex.EncodeToString(sum[:8]) + `"`, now}
		return nil
	}
	for _, f := range site.Files {
		if err := add(f.Path, f.Shape, f.Type, site); err != nil {
			return nil, err
		}
	}
	for _, p := range site.Posts {
		if p.Link != "" {
			continue
		}
		page := struct {
			Site demoPublisher
			demoPost
		}{site, p}
		if err := add(p.Path, "page.html.tmpl", "text/html; charset=utf-8", page); err != nil {
			return nil, err
		}
	}
	return documents, nil
}

// markup is a tag of HTML as it stands in the sample texts.
var markup = regexp.MustCompile(`<[^>]*>`)

// demoDocuments are the documents of a site by path.
type demoDocuments map[string]demoDocument

type demoDocument struct {
	body        []byte
	contentType string
	etag        string
	modified    time.Time
}

// ServeHTTP answers as a good site does: with validators, and 304 to those that send them.
func (docs demoDocuments) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	doc, ok := docs[r.URL.Path]
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "this site is for reading", http.StatusMethodNotAllowed)
	case !ok:
		http.NotFound(w, r)
	default:
		w.Header().Set("Content-Type", doc.contentType)
		w.Header().Set("ETag", doc.etag)
		http.ServeContent(w, r, "", doc.modified, bytes.NewReader(doc.body))
	}
}
