// Package web is every URL of a site: feeds and pages, rendered once and kept
// until what they show changes.
package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"samenloop/feeds"
	"samenloop/post"
)

// Site is what the operator decides about a site.
type Site struct {
	Title     string
	BaseURL   string       // where the world reaches the site: absolute, http or https; may have a path
	Languages []string     // BCP 47, at least one; the first is the default
	Others    bool         // a language's feeds and pages also have the stories that exist in other languages only
	Topics    []post.Topic // those that have feeds of their own
	Version   string       // of the program
	PublicKey string       // that our requests are signed with, as PEM; empty where they are not
	Contact   string       // of the operator: a mail address or the URL of a page; BaseURL where there is none
	// Proxies are whose word counts for who asks: X-Forwarded-For. Loopback's always does.
	Proxies []netip.Prefix
	// Static says that the answers are written as files: they offer nothing that a
	// file cannot do, such as a search.
	Static bool

	Members   *Members                    // who may propose sources; nil: nobody
	Operators *Operators                  // who decides on the pages; nil: nobody
	Metrics   *Metrics                    // what is counted; nil: there is no /metrics
	Health    func(context.Context) error // why the program does not do its work, in words for everybody; nil: it does
}

const (
	perPage  = 50 // how many editions a feed shows at once
	articles = 25 // how many a page does: it stays below 60 kB
)

// New is the handler of a site. It does not look at the request's Host: Server
// does. For another configuration, call it again: nothing is shared but the store, and
// the limits and counts of the Site.
func New(site Site, store Store) (http.Handler, error) {
	base, err := parseBase(site.BaseURL)
	if err != nil {
		return nil, err
	}
	if len(site.Languages) == 0 {
		return nil, fmt.Errorf("languages: give at least one, such as %q", "en")
	}
	h := &handler{
		Site:   site,
		store:  store,
		base:   strings.TrimSuffix(base.String(), "/"),
		prefix: strings.TrimSuffix(base.Path, "/"),
		now:    time.Now,
		kept:   keptAnswers{max: keptBytes},

		crossOrigin: http.NewCrossOriginProtection(),

		patience: patience, rendering: make(chan struct{}, runtime.GOMAXPROCS(0)),
	}
	// A proxy may ask us by another name than browsers ask it.
	if err := h.crossOrigin.AddTrustedOrigin(base.Scheme + "://" + base.Host); err != nil {
		return nil, fmt.Errorf("base_url: %w", err)
	}
	if err := h.prepare(); err != nil {
		return nil, err
	}
	h.mux = h.routes()
	return h, nil
}

// parseBase reads the URL that everything stands below. It has no slash, query
// or fragment at its end that would come between it and a path.
func parseBase(rawURL string) (*url.URL, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("base_url: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("base_url %q: write it as https://example.org or https://example.org/path", rawURL)
	}
	if u.EscapedPath() != u.Path || strings.ContainsAny(u.Path, "{}") || strings.Contains(u.Path, "//") {
		return nil, fmt.Errorf("base_url %q: write its path with plain letters, digits and hyphens", rawURL)
	}
	return u, nil
}

// handler serves one site.
type handler struct {
	Site
	store  Store
	base   string // absolute, no slash at its end
	prefix string // the path of base: "" or "/planet"
	now    func() time.Time
	kept   keptAnswers
	mux    *http.ServeMux

	// crossOrigin lets pages of other sites read, and change nothing. GET changes nothing of ours.
	crossOrigin *http.CrossOriginProtection

	patience  time.Duration
	rendering chan struct{} // has a place for each answer that is being made

	style, icon, aboutJSON *answer // the same as long as the program runs
	known                  wellKnown
}

// routes is every URL there is.
func (h *handler) routes() *http.ServeMux {
	mux := http.NewServeMux()
	handle := func(path string, f http.HandlerFunc) { mux.HandleFunc("GET "+h.prefix+path, f) }

	// handleIn is a path below that of each language, which stand by their names:
	// /{lang}/feed.atom would leave no room for /story/{id}.
	handleIn := func(path string, f http.HandlerFunc) {
		for _, lang := range h.Languages {
			handle("/"+lang+path, func(w http.ResponseWriter, r *http.Request) {
				r.SetPathValue("lang", lang)
				f(w, r)
			})
		}
	}

	// An address without a language leads to the reader's.
	handle("/{$}", h.enter)
	handle("/about", h.toReader)
	handle("/about/{$}", h.toReader)
	handle("/topic/{topic}", h.toTopic)
	handle("/topic/{topic}/{$}", h.toTopic)
	handle("/source/{source}", h.toReader)
	handle("/source/{source}/{$}", h.toReader)
	handle("/sources", h.toReader)
	handle("/sources/{$}", h.toReader)
	handleIn("", h.addSlash)
	handleIn("/{$}", h.keep("html", h.page))
	handleIn("/topic/{topic}", h.addSlash)
	handleIn("/topic/{topic}/{$}", h.keep("html", h.page))
	handleIn("/source/{source}", h.addSlash)
	handleIn("/source/{source}/{$}", h.keep("html", h.sourcePage))
	handle(searchPath, h.search)
	handle(explainPath, h.explain)
	handle("/about/json", h.aboutJSON.serve)
	handleIn("/about", h.addSlash)
	handleIn("/about/{$}", h.keep("about", h.about))
	handleIn("/sources", h.addSlash)
	handleIn("/sources/{$}", h.keepBy(func(post.Query) string { return h.store.SourcesVersion() }, "sources", h.sources))
	handle(stylePath, h.style.serve)
	handle(iconPath, h.icon.serve)
	if h.Members != nil {
		handle(proposePath, h.propose)
		handle(proposalPath, h.proposal)
		mux.HandleFunc("POST "+h.prefix+proposePath, h.look)
		for path, f := range map[string]http.HandlerFunc{sendPath: h.send, provePath: h.prove, withdrawPath: h.withdraw} {
			mux.HandleFunc("POST "+h.prefix+path, f)
			handle(path, h.toForm)
		}
	}
	if h.Operators != nil {
		h.handleOperators(mux)
	}
	handle("/changes.json", h.changes)
	handleIn("/changes.json", h.changes)
	handle("/sources.opml", h.keep("opml", h.opml))
	handle("/healthz", h.healthz)
	if h.Metrics != nil {
		handle("/metrics", h.Metrics.handler.ServeHTTP)
	}
	feed := func(ending string, f http.HandlerFunc) {
		handle("/feed"+ending, f)
		handleIn("/feed"+ending, f)
		handle("/topic/{topic}/feed"+ending, f)
		handleIn("/topic/{topic}/feed"+ending, f)
		handle("/source/{source}/feed"+ending, f)
	}
	var formats []choice
	for _, f := range feeds.Formats {
		serve := h.keep(f.Name, h.feed(f))
		feed("."+f.Name, serve)
		formats = append(formats, choice{[]string{f.Alternate, f.Also}, serve})
	}
	feed("", byAccept(formats...))
	html, as2 := []string{"text/html"}, []string{feeds.AS2Type, feeds.AS2Profile}
	story := h.keep("html", h.story)
	handleIn("/story/{story}", h.addSlash)
	handleIn("/story/{story}/{$}", func(w http.ResponseWriter, r *http.Request) {
		if path := h.storyPage(r.PathValue("lang"), r.PathValue("story")); path == storyPath(r.PathValue("story")) {
			http.Redirect(w, r, h.prefix+path, http.StatusMovedPermanently)
			return
		}
		story(w, r)
	})
	handle("/story/{story}/{$}", dropSlash)
	handle("/story/{story}", byAccept(choice{html, story}, choice{as2, h.keep("as2", h.storyAS2)}))
	handle("/edition/{edition}", byAccept(choice{html, h.toStory}, choice{as2, ofEdition(h.keep("edition", h.editionAS2))}))
	handle(actorPath, h.known.actor.serve)
	handle(KeyPath, h.known.actor.serve)
	handle("/.well-known/webfinger", h.finger)
	handle("/.well-known/nodeinfo", h.known.nodeInfoLinks.serve)
	handle("/nodeinfo/2.1", h.known.nodeInfo.serve)
	return mux
}

// feedPath is where the feed of a query stands below the base, without its format.
func feedPath(q post.Query) string {
	path := ""
	if q.Language != "" {
		path += "/" + q.Language
	}
	if q.Topic != "" {
		path += "/topic/" + q.Topic
	}
	if q.Source != "" {
		path += "/source/" + q.Source
	}
	return path + "/feed"
}

const (
	searchPath = "/search"
	iconPath   = "/icon.svg"
)

// stylePath changes with the style sheet, so that browsers may keep it.
var stylePath = func() string {
	hash := sha256.Sum256(styleSheet)
	return "/style." + hex.EncodeToString(hash[:5]) + ".css"
}()

// pagePath is where the page of a language stands; without one, where it is negotiated.
func pagePath(language string) string {
	if language == "" {
		return "/"
	}
	return "/" + language + "/"
}

// ServeHTTP implements [http.Handler].
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	setHeaders(w.Header())
	defer func() {
		switch err := recover(); err {
		case nil:
		case http.ErrAbortHandler:
			panic(err)
		default:
			stack := debug.Stack()
			if p, ok := err.(*panicked); ok {
				stack = p.stack
			}
			slog.Error("panic while answering", "path", r.URL.Path, "panic", err, "stack", string(stack))
			h.fail(w, r, http.StatusInternalServerError, "something went wrong here; it has been noted")
		}
	}()
	if err := h.crossOrigin.Check(r); err != nil {
		h.fail(w, r, http.StatusForbidden, "a page of another site may not send this")
		return
	}
	if r.Header.Get("Content-Encoding") != "" { // what it unpacks to has no limit
		h.fail(w, r, http.StatusUnsupportedMediaType, "send it as it is, not packed")
		return
	}
	// A proxy in front may pass the path on as it is, or without the prefix: both
	// name the same thing here. Only below a prefix that is itself a path of ours
	// ("/nl") must it pass on all.
	if !h.underPrefix(r.URL.Path) {
		u := *r.URL
		u.Path = h.prefix + u.Path
		if u.RawPath != "" {
			u.RawPath = h.prefix + u.RawPath
		}
		below := *r
		below.URL = &u
		r = &below
	}
	if wantsPage(r) && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		if _, pattern := h.mux.Handler(r); pattern == "" {
			h.fail(w, r, http.StatusNotFound, errNotFound.Error())
			return
		}
	}
	h.mux.ServeHTTP(w, r)
}

func (h *handler) underPrefix(path string) bool {
	rest, ok := strings.CutPrefix(path, h.prefix)
	return ok && (rest == "" || rest[0] == '/')
}

// Header values that never change; nothing may write to them.
var (
	nosniff    = []string{"nosniff"}
	noReferrer = []string{"no-referrer"}
	anyOrigin  = []string{"*"}
	sameOrigin = []string{"same-origin"}
	noStore    = []string{"no-store"}
	pagePolicy = []string{"default-src 'none'; style-src 'self'; img-src 'self' https:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"}
)

// setHeaders sets what stands on every answer, errors included. Any page may
// read ours: they are public and the same for everybody, but those of operators and members,
// which take that back.
func setHeaders(header http.Header) {
	header["X-Content-Type-Options"] = nosniff
	header["Referrer-Policy"] = noReferrer
	header["Access-Control-Allow-Origin"] = anyOrigin
	header["Cross-Origin-Opener-Policy"] = sameOrigin
}

// fail answers with an error in plain text, which is for people: lower case, one line.
func fail(w http.ResponseWriter, status int, message string) {
	w.Header()["Cache-Control"] = noStore
	http.Error(w, message, status)
}

// healthz answers a monitor: 200, or 503 and in one line why.
func (h *handler) healthz(w http.ResponseWriter, r *http.Request) {
	if h.Health != nil {
		if err := h.Health(r.Context()); err != nil {
			fail(w, http.StatusServiceUnavailable, err.Error())
			return
		}
	}
	w.Header()["Cache-Control"] = noStore
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprint(w, "ok")
}

// dropSlash sends /feed.atom/ to /feed.atom.
func dropSlash(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, strings.TrimSuffix(r.URL.EscapedPath(), "/"), http.StatusMovedPermanently)
}

// addSlash sends /nl to /nl/.
func (h *handler) addSlash(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, r.URL.EscapedPath()+"/", http.StatusMovedPermanently)
}
