package web

import (
	"bytes"
	"cmp"
	"embed"
	"html/template"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"

	"samenloop/feeds"
	"samenloop/i18n"
	"samenloop/post"
)

//go:embed pages/*.html
var pageFiles embed.FS

//go:embed static/style.css
var styleSheet []byte

//go:embed static/icon.svg
var icon []byte

const htmlType = "text/html; charset=utf-8"

// frame is what stands around every page: pages/frame.html. The view of a page
// embeds it, and its template defines "main", and "head" for what is to be added there.
//
// Paths begin with "/", below the prefix; what has URL in its name is absolute.
type frame struct {
	*i18n.Words
	Language, Dir  string // of the page; its words may be in another language where we have none in its own
	Chosen         string // the same as the site names it: what forms and addresses of ours say
	Site, Version  string
	Title          string // of the page, beside the site's; empty on the front page
	URL            string // the page's own, canonical; empty where it has none that stays
	AnyURL         string // where the language of the same page is negotiated; empty where it is not there in each
	NoIndex        bool   // it is not for search engines
	Root           string // the newest posts
	SourcesPath    string // who is read
	AboutPath      string // and on what terms
	ProposePath    string // where a source is proposed; empty where nobody may
	Why            string // the page that says why a post is not there
	Here           string // the page's own path
	Style, Icon    string
	JSON           string // what our JSON Feeds add
	RememberPath   string // keeps the language as the reader's choice
	Remembers      bool   // there is a choice, and somebody to remember it
	Languages      []languageView
	ShowsLanguages bool // there is more than one
	Static         bool // nobody can be asked anything: no forms
}

// languageView is the page in a language.
type languageView struct {
	Tag, Name, Path, URL string
	Current              bool
}

// frame is that of a page in a language of the site.
func (h *handler) frame(lang, title string) frame {
	words := i18n.WordsIn(lang)
	f := frame{
		Words:          words,
		Language:       words.Tag,
		Dir:            words.Direction(),
		Chosen:         lang,
		Site:           h.Title,
		Version:        h.Version,
		Title:          title,
		Root:           h.prefix + pagePath(lang),
		SourcesPath:    h.prefix + pagePath(lang) + sourcesPage,
		AboutPath:      h.prefix + pagePath(lang) + aboutPage,
		Why:            h.prefix + explainPath + "?lang=" + lang,
		Style:          h.prefix + stylePath,
		Icon:           h.prefix + iconPath,
		JSON:           h.prefix + "/about/json",
		RememberPath:   h.prefix + "/?lang=" + lang,
		Remembers:      len(h.Languages) > 1 && !h.Static,
		ShowsLanguages: len(h.Languages) > 1,
		Static:         h.Static,
	}
	if h.Members != nil {
		f.ProposePath = h.prefix + proposePath + "?lang=" + lang
	}
	for _, tag := range h.Languages {
		f.Languages = append(f.Languages, languageView{
			Tag: tag, Name: languageName(tag), Current: tag == lang,
			Path: h.prefix + pagePath(tag), URL: h.base + pagePath(tag),
		})
	}
	return f
}

// Way is one of the frame's own links.
func (f frame) Way(path, name string) languageView {
	return languageView{Name: name, Path: path, Current: path == f.Here}
}

// stand says where the page is below the base: in each language at path below
// that of the language, and without one where the language is negotiated.
func (h *handler) stand(f *frame, path string) {
	for i := range f.Languages {
		l := &f.Languages[i]
		l.Path, l.URL = h.prefix+pagePath(l.Tag)+path, h.base+pagePath(l.Tag)+path
		if l.Current {
			f.Here, f.URL = l.Path, l.URL
		}
	}
	f.AnyURL = h.base + "/" + path
}

// language is that of the frame of a feed or a page.
func (h *handler) language(q post.Query) string { return cmp.Or(q.Language, h.Languages[0]) }

// pages are the templates by the names of their files, each in the frame. Most commands show none.
var pages = sync.OnceValue(parsePages)

func parsePages() map[string]*template.Template {
	const outer = "pages/frame.html"
	frame := template.Must(template.ParseFS(pageFiles, outer))
	names, err := pageFiles.ReadDir("pages")
	if err != nil {
		panic(err) // they are compiled in
	}
	sets := make(map[string]*template.Template)
	for _, entry := range names {
		if name := path.Join("pages", entry.Name()); name != outer {
			sets[entry.Name()] = template.Must(template.Must(frame.Clone()).ParseFS(pageFiles, name))
		}
	}
	return sets
}

// execute renders a page in its frame. Data embeds a frame.
func execute(name string, data any) ([]byte, error) {
	var b bytes.Buffer
	err := pages()[name].ExecuteTemplate(&b, "frame.html", data)
	return b.Bytes(), err
}

// errorFormats are what an error is told in: plain text, but to whoever prefers a page.
var errorFormats = func() []choice {
	plain := []string{"text/plain", feeds.AS2Profile}
	for _, f := range feeds.Formats {
		plain = append(plain, f.Alternate)
	}
	return []choice{{types: plain}, {types: []string{"text/html"}}}
}()

// wantsPage says whether an error is to be a page: for a browser, which prefers HTML.
func wantsPage(r *http.Request) bool {
	return preferred(strings.Join(r.Header["Accept"], ","), errorFormats) == 1
}

// troubleView is what trouble.html shows.
type troubleView struct {
	frame
	Say string
}

// fail answers with an error: a page in words of the reader's language for
// people, the message in plain text for others. The message is one line, lower case.
func (h *handler) fail(w http.ResponseWriter, r *http.Request, status int, message string) {
	if !wantsPage(r) {
		fail(w, status, message)
		return
	}
	lang := cmp.Or(r.PathValue("lang"), r.FormValue("lang"))
	if !slices.Contains(h.Languages, lang) {
		lang = h.reader(r)
	}
	words := i18n.WordsIn(lang)
	say := words.Trouble.Failed
	switch {
	case status == http.StatusNotFound:
		say = words.Trouble.NotFound
	case status == http.StatusGone:
		say = words.Trouble.Gone
	case status < 500:
		say = words.Trouble.Wrong
	}
	view := troubleView{h.frame(lang, say.Title), say.Say}
	view.NoIndex = true
	body, err := execute("trouble.html", view)
	if err != nil {
		fail(w, status, message)
		return
	}
	sendPage(w, status, body)
}

// sendPage sends a page that is not kept: an error, or what is for one person only.
func sendPage(w http.ResponseWriter, status int, body []byte) {
	header := w.Header()
	header["Cache-Control"] = noStore
	header["Content-Security-Policy"] = pagePolicy
	header.Set("Content-Type", htmlType)
	w.WriteHeader(status)
	w.Write(body) // fails only when nobody listens any more
}
