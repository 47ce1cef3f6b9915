package web

import (
	"cmp"
	"context"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"samenloop/feeds"
	"samenloop/i18n"
	"samenloop/post"
)

// prepare makes the answers that are the same as long as the program runs.
func (h *handler) prepare() error {
	h.style = newAnswer("text/css; charset=utf-8", styleSheet, h.now())
	body, err := execute("json.html", struct {
		frame
		Feed string
	}{h.frame(i18n.English, "JSON Feed: _samenloop"), h.base + feedPath(post.Query{}) + ".json"})
	if err != nil {
		return err
	}
	h.aboutJSON = newAnswer(htmlType, body, h.now())
	h.known, err = h.prepareWellKnown()
	return err
}

var varyLanguage = []string{"Accept-Language"}

// negotiate sends / to the page in the language that the reader wants.
func (h *handler) negotiate(w http.ResponseWriter, r *http.Request) {
	w.Header()["Vary"] = varyLanguage
	http.Redirect(w, r, h.prefix+pagePath(h.reader(r)), http.StatusSeeOther)
}

// pageView is what page.html shows.
type pageView struct {
	frame
	First      bool       // it has the newest editions
	AnyURL     string     // where the language is negotiated
	Older      string     // empty where nothing follows
	Feeds      []feedView // of this language first
	Articles   []articleView
	Heading    string
	Nothing    string // where there are no articles
	SearchPath string
	Search     string // what was searched for
	Searches   bool   // it is the page of a search
}

// feedView is a feed, in each format.
type feedView struct {
	Label   string // among the others: "Nederlands"
	Title   string // as a reader of feeds will call it
	Formats []formatView
}

// formatView is one format of a feed. Type is the whole attribute: html/template
// would write the plus in it as &#43;, which programs that look for feeds with less
// than a parser of HTML do not understand.
type formatView struct {
	Name, Path string
	Type       template.HTMLAttr
}

// articleView is an edition on a page.
type articleView struct {
	Title, URL, Excerpt, Source string
	Language, Dir               string // "" and "auto" where the language is not known
	Date, Time                  string // for people and for programs
	Translations                []languageView
	StoryPath                   string
	LanguageName                string // only where editions stand together
}

// page renders the page of a language: its newest editions, and what to subscribe to.
func (h *handler) page(ctx context.Context, q post.Query) (string, []byte, error) {
	l, err := h.read(ctx, q)
	if err != nil {
		return "", nil, err
	}
	body, err := execute("page.html", h.view(l))
	return htmlType, body, err
}

// search serves the page of what a search finds, in a language or in all.
func (h *handler) search(w http.ResponseWriter, r *http.Request) {
	if lang := r.URL.Query().Get("lang"); slices.Contains(h.Languages, lang) {
		r.SetPathValue("lang", lang)
	}
	h.keep("search", h.searchPage)(w, r)
}

func (h *handler) searchPage(ctx context.Context, q post.Query) (string, []byte, error) {
	l, err := h.read(ctx, q)
	if err != nil {
		return "", nil, err
	}
	v := h.view(l)
	v.Searches, v.NoIndex = true, true
	v.Heading, v.Nothing = v.Page.Search, v.Page.NothingFound
	if q.Search != "" {
		v.Heading = v.Page.Found.With("query", q.Search)
	}
	v.Title = v.Heading
	body, err := execute("page.html", v)
	return htmlType, body, err
}

// here is the page of a query below the base: of a language, or of a search.
func here(q post.Query) string {
	path, query := pagePath(q.Language), pageQuery(q.Search, q.Before)
	if q.Search != "" {
		path = searchPath
		if q.Language != "" {
			query += "&lang=" + q.Language
		}
	}
	return strings.TrimSuffix(path+"?"+query, "?")
}

func (h *handler) view(l listing) pageView {
	lang := h.language(l.query)
	words := i18n.WordsIn(lang)
	v := pageView{
		frame:      h.frame(lang, ""),
		First:      l.query.Before == post.Cursor{},
		AnyURL:     h.base + "/",
		Heading:    words.Page.Newest,
		Nothing:    words.Page.NothingYet,
		SearchPath: h.prefix + searchPath,
		Search:     l.query.Search,
	}
	v.URL = h.base + here(l.query)
	if l.next != (post.Cursor{}) {
		older := l.query
		older.Before = l.next
		v.Older = h.prefix + here(older)
	}
	offer := func(label string, l listing) {
		f := feedView{Label: label, Title: h.title(l)}
		for _, format := range feeds.Formats {
			f.Formats = append(f.Formats, formatView{
				Name: format.Name,
				Path: strings.TrimSuffix(h.prefix+feedPath(l.query)+"."+format.Name+"?"+pageQuery(l.query.Search, post.Cursor{}), "?"),
				Type: template.HTMLAttr(`type="` + format.Alternate + `"`),
			})
		}
		v.Feeds = append(v.Feeds, f)
	}
	if q := l.query; q.Search != "" {
		offer(words.Page.Found.With("query", q.Search), listing{query: post.Query{Language: q.Language, Search: q.Search}})
	}
	offer(languageName(lang), listing{query: post.Query{Language: lang}})
	for _, t := range h.Topics {
		title := cmp.Or(t.Title, t.ID)
		offer(title, listing{query: post.Query{Language: lang, Topic: t.ID}, topic: title})
	}
	offer(words.Page.AllLanguages, listing{})
	for _, e := range l.editions {
		v.Articles = append(v.Articles, h.viewArticle(e, words))
	}
	return v
}

func (h *handler) viewArticle(e post.Edition, words *i18n.Words) articleView {
	a := articleView{
		Title:    e.Lead.Title,
		URL:      e.Lead.URL,
		Excerpt:  excerpt(e.Lead),
		Source:   e.Source.Title,
		Language: e.Lead.Language,
		Dir:      i18n.Direction(e.Lead.Language),
		Date:     words.Date(e.Published.UTC()),
		Time:     e.Published.UTC().Format(time.RFC3339),

		StoryPath: h.prefix + storyPath(e.Story),
	}
	a.URL = cmp.Or(a.URL, a.StoryPath)
	if i18n.Tag(a.Language) == "" {
		a.Language, a.Dir = "", "auto"
	}
	for _, t := range e.Translations {
		a.Translations = append(a.Translations, languageView{Tag: t.Language, Name: languageName(t.Language), URL: t.URL})
	}
	return a
}

// excerpt is how a post begins, as far as its title has not said it already.
func excerpt(p post.Post) string {
	text := post.CleanText(cmp.Or(p.Summary, post.Text(p.HTML)), 280)
	if strings.HasPrefix(text, strings.TrimRight(p.Title, ".… ")) {
		return ""
	}
	return text
}

// languageName is what a language calls itself, where we have no words in it its tag.
func languageName(tag string) string {
	if words := i18n.WordsIn(tag); i18n.Base(words.Tag) == i18n.Base(tag) {
		return words.Name
	}
	return tag
}
