// Package web is every URL of a site: feeds and pages, rendered once and kept
// until what they show changes.
package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
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
	// Static says that the answers are written as files: they offer nothing that a
	// file cannot do, such as a search.
	Static bool

	Metrics *Metrics                    // what is counted; nil: there is no /metrics
	Health  func(context.Context) error // why the program does not do its work, in words for everybody; nil: it does
}

// perPage is how many editions a feed or a page shows.
const perPage = 50

// New is the handler of a site. It does not look at the request's Host: Server
// does. For another configuration, call it again: nothing is shared but the store.
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

	style, aboutJSON *answer // the same as long as the program runs
	known            wellKnown
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

	handle("/{$}", h.negotiate)
	handleIn("", h.addSlash)
	handleIn("/{$}", h.keep("html", h.page))
	handle(searchPath, h.search)
	handle(explainPath, h.explain)
	handle("/about/json", h.aboutJSON.serve)
	handle("/style.css", h.style.serve)
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
	handle("/story/{story}", byAccept(choice{html, h.keep("html", h.story)}, choice{as2, h.keep("as2", h.storyAS2)}))
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

const searchPath = "/search"

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
			slog.Error("panic while answering", "path", r.URL.Path, "panic", err, "stack", string(debug.Stack()))
			h.fail(w, r, http.StatusInternalServerError, "something went wrong here; it has been noted")
		}
	}()
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
	noStore    = []string{"no-store"}
	pagePolicy = []string{"default-src 'none'; style-src 'self'; img-src 'self' https:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"}
)

// setHeaders sets what stands on every answer, errors included. Any page may
// read ours: they are public and the same for everybody.
func setHeaders(header http.Header) {
	header["X-Content-Type-Options"] = nosniff
	header["Referrer-Policy"] = noReferrer
	header["Access-Control-Allow-Origin"] = anyOrigin
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

// addSlash sends /nl to /nl/.
func (h *handler) addSlash(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, h.prefix+pagePath(r.PathValue("lang")), http.StatusMovedPermanently)
}
