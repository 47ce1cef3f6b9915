package web

import (
	"cmp"
	"context"
	"time"

	"samenloop/feeds"
	"samenloop/i18n"
	"samenloop/post"
)

// feed renders what a query asks for in a format.
func (h *handler) feed(f feeds.Format) renderer {
	return func(ctx context.Context, q post.Query) (string, []byte, error) {
		l, err := h.read(ctx, q)
		if err != nil {
			return "", nil, err
		}
		feed := h.compose(l)
		if f.Counts && q.Search == "" && (q.Before == post.Cursor{}) { // what a search finds is found anew to be counted
			n, err := h.store.Count(ctx, q)
			if err != nil {
				return "", nil, err
			}
			feed.Total = &n
		}
		body, err := f.Render(feed)
		return f.Type, body, err
	}
}

// listing is a page of editions, and what must be known to show it.
type listing struct {
	query    post.Query
	topic    string // the title of the topic, empty where the query names none
	source   string // the title of the source, likewise
	editions []post.Edition
	next     post.Cursor // zero: nothing follows
	removed  []post.Tombstone
	sites    map[string]feeds.Site
}

// removedFor is how long a feed says what left it.
const removedFor = 30 * 24 * time.Hour

// read gets what a query asks for; errNotFound where it names what is not there.
func (h *handler) read(ctx context.Context, q post.Query) (listing, error) {
	l := listing{query: q}
	if q.Topic != "" {
		if l.topic = h.topicTitle(q.Topic); l.topic == "" {
			return l, errNotFound
		}
	}
	titles, err := h.readSources(ctx, &l)
	if err != nil {
		return l, err
	}
	if q.Source != "" {
		if l.source = titles[q.Source]; l.source == "" {
			return l, errNotFound
		}
	}
	if h.Static && (q.Before == post.Cursor{}) {
		n, err := h.store.Count(ctx, q)
		if err != nil {
			return l, err
		}
		q.Limit = firstPage(n, q.Limit)
	}
	if l.editions, l.next, err = h.store.Editions(ctx, q); err != nil {
		return l, err
	}
	for i := range l.editions {
		s := &l.editions[i].Source
		s.Title = cmp.Or(s.Title, titles[s.ID])
	}
	if (q.Before == post.Cursor{}) {
		l.removed, err = h.store.Removed(ctx, q, h.now().Add(-removedFor))
	}
	return l, err
}

// topicTitle is what a topic of the site is called; empty where it has none of that id.
func (h *handler) topicTitle(id string) string {
	for _, t := range h.Topics {
		if t.ID == id {
			return cmp.Or(t.Title, t.ID)
		}
	}
	return ""
}

// newer is where the page before the one of q begins; zero where that is the first.
func (h *handler) newer(ctx context.Context, q post.Query) (post.Cursor, error) {
	if h.Static { // where the first page has another length
		first := q
		first.Before = post.Cursor{}
		n, err := h.store.Count(ctx, first)
		if err != nil {
			return post.Cursor{}, err
		}
		first.Before, first.Limit = q.Before, firstPage(n, q.Limit)
		if c, err := h.store.Newer(ctx, first); err != nil || c == (post.Cursor{}) {
			return c, err
		}
	}
	return h.store.Newer(ctx, q)
}

// firstPage is how many of n editions the first page has where pages are files:
// so many that all others have the limit, counted from the oldest. A new edition then
// changes the first page alone, until there is one page more.
func firstPage(n, limit int) int { return (n+limit/2)%limit + limit/2 }

// readSources finds where sources live, and what each is called.
func (h *handler) readSources(ctx context.Context, l *listing) (titles map[string]string, err error) {
	states, err := h.store.Sources(ctx)
	if err != nil {
		return nil, err
	}
	titles = make(map[string]string, len(states))
	l.sites = make(map[string]feeds.Site, len(states))
	for _, s := range states {
		titles[s.Source.ID] = cmp.Or(s.Source.Title, s.Visit.FeedTitle, post.Host(s.Source.URL), s.Source.ID)
		l.sites[s.Source.ID] = feeds.Site{Page: s.Visit.SiteURL, Feed: post.WithoutLogin(s.Visit.FeedURL)}
	}
	return titles, nil
}

// compose puts the frame of a feed around a page of editions. The frame speaks
// the language of the feed; where editions of several stand together, the
// site's first.
func (h *handler) compose(l listing) feeds.Feed {
	q := l.query
	f := feeds.Feed{
		Title:       h.title(l),
		Description: h.description(l),
		Language:    h.language(q),
		Home:        h.base + pagePath(q.Language),
		Base:        h.base + feedPath(q),
		FirstQuery:  pageQuery(q.Search, post.Cursor{}),
		PageQuery:   pageQuery(q.Search, q.Before),
		Updated:     newest(l.editions),
		Generator:   "samenloop/" + h.Version,
		About:       h.base + "/about/json",
		StoryURL:    h.storyURL,
		EditionURL:  h.editionURL,
		TopicURL:    h.topicURL,
		Actor:       h.actorURL(),
		Sites:       l.sites,
		Topics:      make(map[string]string, len(h.Topics)),
		Editions:    l.editions,
		Removed:     l.removed,
	}
	if l.next != (post.Cursor{}) {
		f.NextQuery = pageQuery(q.Search, l.next)
	}
	for _, t := range h.Topics {
		f.Topics[t.ID] = cmp.Or(t.Title, t.ID)
	}
	if q.Language != "" {
		f.Alternates = make(map[string]string)
		for _, lang := range h.Languages {
			if other := q; lang != q.Language {
				other.Language = lang
				f.Alternates[lang] = h.base + feedPath(other)
			}
		}
	}
	return f
}

// topicURL is what ActivityStreams calls a topic: its feed, in whatever format is
// asked for, or by name where nobody can be asked.
func (h *handler) topicURL(id string) string {
	u := h.base + feedPath(post.Query{Topic: id})
	if h.Static {
		u += ".as2"
	}
	return u
}

// title is what a feed is called among the others that somebody reads.
func (h *handler) title(l listing) string {
	words := i18n.WordsIn(h.language(l.query))
	title := h.Title
	for _, what := range []string{cmp.Or(l.topic, l.source), l.query.Search} {
		if what != "" {
			title = words.Feed.Narrowed.With("site", title, "what", what)
		}
	}
	if l.query.Language != "" {
		title = words.Feed.InLanguage.With("title", title, "language", languageName(l.query.Language))
	}
	return title
}

// description is one sentence about what is in a feed.
func (h *handler) description(l listing) string {
	words := i18n.WordsIn(h.language(l.query)).Feed
	switch {
	case l.source != "":
		return words.Source.With("site", h.Title, "source", l.source)
	case l.topic != "":
		return words.Topic.With("site", h.Title, "topic", l.topic)
	case l.query.Language != "":
		return words.Language.With("site", h.Title, "language", languageName(l.query.Language))
	}
	return words.Everything
}

// newest is when the last change of all happened, zero where there are no editions.
func newest(editions []post.Edition) time.Time {
	var t time.Time
	for _, e := range editions {
		if e.Updated.After(t) {
			t = e.Updated
		}
	}
	return t
}
