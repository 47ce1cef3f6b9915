package web

import (
	"context"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"samenloop/feeds"
	"samenloop/i18n"
	"samenloop/post"
)

const uuidURN = "urn:uuid:"

// storyPath is where a story stands below the base.
func storyPath(story string) string { return "/story/" + url.PathEscape(story) }

// storyPage is where people read a story below the base: its own address is in the
// site's first language, the others have pages of it below theirs. As files there is
// that one alone, rather than as many for each story as there are languages.
func (h *handler) storyPage(lang, story string) string {
	if lang == h.Languages[0] || h.Static {
		return storyPath(story)
	}
	return "/" + lang + storyPath(story) + "/"
}

func (h *handler) storyURL(story string) string { return h.base + storyPath(story) }

// editionURL is where an edition stands, for programs; people are sent on to its story.
func (h *handler) editionURL(id string) string {
	return h.base + "/edition/" + url.PathEscape(strings.TrimPrefix(id, uuidURN))
}

// ofEdition asks for the story that has the edition in the path.
func ofEdition(f http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.SetPathValue("story", uuidURN+r.PathValue("edition"))
		f(w, r)
	}
}

// toStory sends a person from an edition to its story.
func (h *handler) toStory(w http.ResponseWriter, r *http.Request) {
	id := uuidURN + r.PathValue("edition")
	s, err := h.store.Story(r.Context(), id)
	switch {
	case err != nil:
		h.failed(w, r, "look up an edition", err)
	case s.ID == "":
		h.fail(w, r, http.StatusNotFound, errNotFound.Error())
	case s.Successor != "":
		http.Redirect(w, r, h.prefix+storyPath(s.Successor), http.StatusSeeOther)
	case !slices.ContainsFunc(s.Editions, func(e post.Edition) bool { return e.ID == id }):
		h.fail(w, r, http.StatusGone, (&goneError{}).Error())
	default:
		http.Redirect(w, r, h.prefix+storyPath(s.ID), http.StatusSeeOther)
	}
}

// readStory gets the story of a query: errNotFound where there is none, a *movedError
// where another took it in.
func (h *handler) readStory(ctx context.Context, q post.Query) (post.Story, error) {
	s, err := h.store.Story(ctx, q.Story)
	if err == nil && s.ID != q.Story { // an edition's id names no story
		err = errNotFound
	}
	if err == nil && s.Successor != "" {
		err = &movedError{h.prefix + h.storyPage(h.language(q), s.Successor)}
	}
	return s, err
}

// storyAS2 renders a story as ActivityStreams.
func (h *handler) storyAS2(ctx context.Context, q post.Query) (string, []byte, error) {
	s, err := h.readStory(ctx, q)
	if err != nil {
		return "", nil, err
	}
	if len(s.Editions) == 0 {
		return "", nil, tombstone(h.storyURL(s.ID), last(s.Removed))
	}
	f, err := h.storyFeed(ctx, q, s.Editions)
	if err != nil {
		return "", nil, err
	}
	f.Base = h.storyURL(s.ID)
	body, err := feeds.AS2Story(f)
	return feeds.AS2Type, body, err
}

// editionAS2 renders one edition as ActivityStreams: what its id in feeds resolves to.
func (h *handler) editionAS2(ctx context.Context, q post.Query) (string, []byte, error) {
	s, err := h.store.Story(ctx, q.Story)
	if err != nil {
		return "", nil, err
	}
	if i := slices.IndexFunc(s.Removed, func(t post.Tombstone) bool { return t.ID == q.Story }); i >= 0 {
		return "", nil, tombstone(h.editionURL(q.Story), s.Removed[i].At)
	}
	i := slices.IndexFunc(s.Editions, func(e post.Edition) bool { return e.ID == q.Story })
	if i < 0 {
		return "", nil, errNotFound
	}
	f, err := h.storyFeed(ctx, q, s.Editions[i:i+1])
	if err != nil {
		return "", nil, err
	}
	body, err := feeds.AS2Edition(f)
	return feeds.AS2Type, body, err
}

// storyFeed is a feed of some editions of a story.
func (h *handler) storyFeed(ctx context.Context, q post.Query, editions []post.Edition) (feeds.Feed, error) {
	l := listing{query: q, editions: editions}
	_, err := h.readSources(ctx, &l)
	return h.compose(l), err
}

// tombstone says in ActivityStreams that something is gone.
func tombstone(id string, at time.Time) error {
	body, err := feeds.AS2Tombstone(id, at)
	if err != nil {
		return err
	}
	return &goneError{feeds.AS2Type, body}
}

// last is when the last of some editions went, zero where there are none.
func last(removed []post.Tombstone) time.Time {
	var t time.Time
	for _, r := range removed {
		if r.At.After(t) {
			t = r.At
		}
	}
	return t
}

// storyView is what story.html shows.
type storyView struct {
	frame
	AS2Type         template.HTMLAttr
	Editions        []articleView
	Removed         []string // a sentence each
	Posts, Possibly []partView
	Discussions     []discussionView
}

// partView is a post of the story.
type partView struct {
	articleView
	Anchor    string
	Elsewhere *linkView // the story it is in, where that is another
	Ties      []tieView
}

type linkView struct{ Path, Label string }

// tieView is why a post belongs with others.
type tieView struct {
	Why    string
	Others []otherView
}

// otherView names a post among those on the page.
type otherView struct{ Label, Anchor string }

type discussionView struct{ URL, Title, Author, Language, Dir string }

// story renders the page of a story.
func (h *handler) story(ctx context.Context, q post.Query) (string, []byte, error) {
	s, err := h.readStory(ctx, q)
	if err != nil {
		return "", nil, err
	}
	if len(s.Editions) == 0 {
		return "", nil, &goneError{}
	}
	body, err := execute("story.html", h.viewStory(s, h.language(q)))
	return htmlType, body, err
}

func (h *handler) viewStory(s post.Story, lang string) storyView {
	words := i18n.WordsIn(lang)
	v := storyView{
		frame:   h.frame(lang, s.Editions[0].Lead.Title),
		AS2Type: template.HTMLAttr(`type="` + feeds.AS2Type + `"`),
	}
	v.Here = h.prefix + h.storyPage(lang, s.ID)
	v.URL = h.base + h.storyPage(lang, s.ID)
	if !h.Static {
		v.AnyURL = h.storyURL(s.ID)
		for i := range v.Languages {
			l := &v.Languages[i]
			l.Path, l.URL = h.prefix+h.storyPage(l.Tag, s.ID), h.base+h.storyPage(l.Tag, s.ID)
		}
	}
	for _, e := range s.Editions {
		v.NoIndex = v.NoIndex || e.NoIndex
		a := h.viewArticle(e, lang)
		a.LanguageName = languageName(e.Lead.Language)
		v.Editions = append(v.Editions, a)
		for _, d := range e.Discussions {
			dir := i18n.Direction(d.Language)
			if i18n.Tag(d.Language) == "" {
				d.Language, dir = "", "auto"
			}
			view := discussionView{d.URL, d.Title, d.Author, d.Language, dir}
			if !slices.Contains(v.Discussions, view) {
				v.Discussions = append(v.Discussions, view)
			}
		}
	}
	for _, t := range s.Removed {
		if slices.ContainsFunc(s.Editions, func(e post.Edition) bool { return i18n.Base(e.Lead.Language) == i18n.Base(t.Language) }) {
			continue // another edition of the same language took its place
		}
		v.Removed = append(v.Removed, words.Story.Removed.With("language", languageName(t.Language), "date", words.Date(t.At.UTC())))
	}
	for i, p := range s.Posts {
		if slices.ContainsFunc(v.Discussions, func(d discussionView) bool { return d.URL == p.URL }) {
			continue // it is told as what it is
		}
		view := partView{Anchor: anchor(int64(i)), articleView: h.viewPart(p, lang)}
		view.Ties = viewTies(s, int64(i), words)
		if p.Story == s.ID {
			v.Posts = append(v.Posts, view)
		} else {
			view.Elsewhere = &linkView{view.StoryPath, words.Story.Whole}
			v.Possibly = append(v.Possibly, view)
		}
	}
	return v
}

// viewTies are the reasons why a post belongs with others. Each tie is told once:
// by the note that is about something, else by the later of the two.
func viewTies(s post.Story, place int64, words *i18n.Words) []tieView {
	var ties []tieView
	for _, e := range s.Edges {
		from, to := max(e.A, e.B), min(e.A, e.B)
		if e.Reason == post.About {
			from, to = e.A, e.B
		}
		if from != place {
			continue
		}
		reason := why(words, e.Reason)
		i := slices.IndexFunc(ties, func(t tieView) bool { return t.Why == reason })
		if i < 0 {
			i = len(ties)
			ties = append(ties, tieView{Why: reason})
		}
		other := otherView{shortName(s.Posts[from], s.Posts[to]), anchor(to)}
		if !slices.Contains(ties[i].Others, other) { // each may have declared the other
			ties[i].Others = append(ties[i].Others, other)
		}
	}
	return ties
}

// shortName is what tells another post from one: its source, else its language, else its title.
func shortName(one, other post.Part) string {
	switch {
	case other.Source.ID != one.Source.ID:
		return other.Source.Title
	case i18n.Base(other.Language) != i18n.Base(one.Language) && i18n.Tag(other.Language) != "":
		return languageName(other.Language)
	}
	return other.Title
}

func (h *handler) viewPart(p post.Part, lang string) articleView {
	return h.viewArticle(post.Edition{
		Story:     p.Story,
		Lead:      post.Post{Title: p.Title, URL: p.URL, Language: p.Language},
		Source:    p.Source,
		Published: p.Date,
	}, lang)
}

// anchor names a post on the page of its story.
func anchor(place int64) string { return "post-" + strconv.FormatInt(place+1, 10) }

// why says a reason in words.
func why(words *i18n.Words, r post.Reason) string {
	w := &words.Story.Why
	switch r {
	case post.SameURL:
		return w.SameURL
	case post.SameText:
		return w.SameText
	case post.SameObject:
		return w.SameObject
	case post.Hreflang:
		return w.Hreflang
	case post.SamePath:
		return w.SamePath
	case post.Copy:
		return w.Copy
	case post.SameMarks:
		return w.Marks
	case post.About:
		return w.About
	case post.Joined:
		return w.Joined
	}
	return string(r)
}
