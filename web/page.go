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
	h.style.cache = forever
	h.icon = newAnswer("image/svg+xml", icon, h.now())
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

// pageView is what page.html shows.
type pageView struct {
	frame
	Newer      string // the pages beside it; empty where there is none
	Older      string
	Feeds      []feedView // the narrowest first
	Topics     []linkView
	Articles   []articleView
	Heading    string
	Lede       string // a sentence below the heading
	SiteLink   string // of the source that it is about
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
	Title, URL, Excerpt string
	Source, SourcePath  string
	Language, Dir       string // "" and "auto" where the language is not known
	Date, Time          string // for people and for programs
	Topics              []linkView
	Translations        []languageView
	StoryPath           string
	Discussions         string // how many there are, in words; empty where there is none
	LanguageName        string // only where editions stand together
}

// page renders a page of editions: those of a language or a topic, the newest
// first, and what to subscribe to.
func (h *handler) page(ctx context.Context, q post.Query) (string, []byte, error) {
	return h.pageIn(ctx, q.Language, q)
}

// sourcePage renders what a source gives, whatever its language: that of q is the page's own.
func (h *handler) sourcePage(ctx context.Context, q post.Query) (string, []byte, error) {
	lang := q.Language
	q.Language, q.Others = "", false
	return h.pageIn(ctx, lang, q)
}

func (h *handler) pageIn(ctx context.Context, lang string, q post.Query) (string, []byte, error) {
	q.Limit = articles
	v, err := h.view(ctx, lang, q)
	if err != nil {
		return "", nil, err
	}
	body, err := execute("page.html", v)
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
	q.Limit = articles
	v, err := h.view(ctx, h.language(q), q)
	if err != nil {
		return "", nil, err
	}
	v.Searches, v.NoIndex, v.AnyURL, v.Here = true, true, "", ""
	v.Heading, v.Lede, v.Nothing = v.Page.Search, "", v.Page.NothingFound
	if q.Search != "" {
		v.Heading = v.Page.Found.With("query", q.Search)
	}
	v.Title = v.Heading
	body, err := execute("page.html", v)
	return htmlType, body, err
}

// here is the page of a query below the base, in a language: of what is new, of a
// topic or a source, or of a search.
func here(lang string, q post.Query) string {
	path, query := pagePath(lang)+narrowed(q), pageQuery(q.Search, q.Before)
	if q.Search != "" {
		path = searchPath
		if q.Language != "" {
			query += "&lang=" + q.Language
		}
	}
	return strings.TrimSuffix(path+"?"+query, "?")
}

// narrowed is where the page of a topic or a source stands below that of a language.
func narrowed(q post.Query) string {
	switch {
	case q.Topic != "":
		return "topic/" + q.Topic + "/"
	case q.Source != "":
		return "source/" + q.Source + "/"
	}
	return ""
}

// view is a page of editions in the words of a language.
func (h *handler) view(ctx context.Context, lang string, q post.Query) (pageView, error) {
	l, err := h.read(ctx, q)
	if err != nil {
		return pageView{}, err
	}
	words := i18n.WordsIn(lang)
	v := pageView{
		frame:      h.frame(lang, cmp.Or(l.topic, l.source)),
		Heading:    cmp.Or(l.topic, l.source, words.Page.Newest),
		Nothing:    words.Page.NothingYet,
		SearchPath: h.prefix + searchPath,
		Search:     q.Search,
	}
	h.stand(&v.frame, narrowed(q))
	if q.Before != (post.Cursor{}) {
		v.AnyURL, v.URL = "", h.base+here(lang, q)
	}
	beside := func(c post.Cursor) string {
		other := q
		other.Before = c
		return h.prefix + here(lang, other)
	}
	if l.next != (post.Cursor{}) {
		v.Older = beside(l.next)
	}
	if q.Before != (post.Cursor{}) {
		newer, err := h.newer(ctx, q)
		if err != nil {
			return v, err
		}
		v.Newer = beside(newer)
	}
	switch {
	case l.source != "":
		v.Lede, v.SiteLink = words.Feed.Source.With("site", h.Title, "source", l.source), l.sites[q.Source].Page
	case l.topic != "":
		v.Lede = words.Feed.Topic.With("site", h.Title, "topic", l.topic)
	}
	v.offer(h, l, lang)
	for _, t := range h.Topics {
		v.Topics = append(v.Topics, linkView{h.prefix + pagePath(lang) + narrowed(post.Query{Topic: t.ID}), cmp.Or(t.Title, t.ID)})
	}
	for _, e := range l.editions {
		v.Articles = append(v.Articles, h.viewArticle(e, lang))
	}
	return v, nil
}

// offer says what to subscribe to on a page: the same as it shows, then wider.
func (v *pageView) offer(h *handler, l listing, lang string) {
	add := func(label string, l listing) {
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
	switch q := l.query; {
	case q.Search != "":
		add(v.Page.Found.With("query", q.Search), listing{query: post.Query{Language: q.Language, Search: q.Search}})
	case q.Source != "":
		add(l.source, listing{query: post.Query{Source: q.Source}, source: l.source})
	case q.Topic != "":
		add(l.topic, listing{query: post.Query{Language: lang, Topic: q.Topic}, topic: l.topic})
	}
	add(languageName(lang), listing{query: post.Query{Language: lang}})
	for _, t := range h.Topics {
		if title := cmp.Or(t.Title, t.ID); t.ID != l.query.Topic {
			add(title, listing{query: post.Query{Language: lang, Topic: t.ID}, topic: title})
		}
	}
	add(v.Page.AllLanguages, listing{})
}

// viewArticle is an edition on a page in a language of the site.
func (h *handler) viewArticle(e post.Edition, lang string) articleView {
	words := i18n.WordsIn(lang)
	a := articleView{
		Title:   e.Lead.Title,
		URL:     e.Lead.URL,
		Excerpt: excerpt(e.Lead),
		Source:  e.Source.Title, SourcePath: h.prefix + pagePath(lang) + narrowed(post.Query{Source: e.Source.ID}),
		Language: e.Lead.Language,
		Dir:      i18n.Direction(e.Lead.Language),
		Date:     words.Date(e.Published.UTC()),
		Time:     e.Published.UTC().Format(time.RFC3339),

		StoryPath: h.prefix + h.storyPage(lang, e.Story),
	}
	a.URL = cmp.Or(a.URL, a.StoryPath)
	if i18n.Tag(a.Language) == "" {
		a.Language, a.Dir = "", "auto"
	}
	for _, t := range h.Topics {
		if slices.Contains(e.Topics, t.ID) {
			a.Topics = append(a.Topics, linkView{h.prefix + pagePath(lang) + narrowed(post.Query{Topic: t.ID}), cmp.Or(t.Title, t.ID)})
		}
	}
	if n := len(e.Discussions); n > 0 {
		a.Discussions = words.Page.Discussions.Of(n)
	}
	for _, t := range e.Translations {
		a.Translations = append(a.Translations, languageView{Tag: t.Language, Name: languageName(t.Language), URL: t.URL})
	}
	return a
}

// mostExcerpt is how long an excerpt may be, in characters.
const mostExcerpt = 280

// excerpt is how a post begins; nothing where its title said that already, cut short or not.
func excerpt(p post.Post) string {
	const ends = ".…!? "
	title := strings.TrimRight(p.Title, ends)
	text := post.CleanText(untilCut(cmp.Or(p.Summary, post.Text(p.HTML)), title), mostExcerpt)
	if title == "" {
		return text
	}
	begins := strings.TrimRight(text, ends)
	if begins == title || isCut(p.Title) && strings.HasPrefix(text, title) || isCut(text) && strings.HasPrefix(title, begins) {
		return ""
	}
	return text
}

// isCut says whether a text ends as one does that was cut short.
func isCut(text string) bool { return strings.HasSuffix(text, "…") || strings.HasSuffix(text, "...") }

// untilCut is a text as far as its site gave it. Behind "[…]" sites put a link to read on, and
// WordPress where the post appeared first, by its title: the page says that in other places.
// Where more follows, the writer left something out.
func untilCut(text, title string) string {
	at := max(strings.LastIndex(text, "[…]"), strings.LastIndex(text, "[...]"))
	if at <= 0 {
		return text
	}
	_, behind, _ := strings.Cut(text[at:], "]")
	most := 40 // bytes
	if title != "" && strings.Contains(behind, title) {
		most = len(title) + 100
	}
	if len(behind) > most {
		return text
	}
	return text[:at] + "…"
}

// languageName is what a language calls itself, where we have no words in it its tag.
func languageName(tag string) string {
	if words := i18n.WordsIn(tag); i18n.Base(words.Tag) == i18n.Base(tag) {
		return words.Name
	}
	return tag
}
