package web

import (
	"cmp"
	"context"
	"net/url"
	"slices"
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
		body, err := f.Render(h.compose(l))
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
	sites    map[string]feeds.Site
}

// read gets what a query asks for; errNotFound where it names what is not there.
func (h *handler) read(ctx context.Context, q post.Query) (listing, error) {
	l := listing{query: q}
	if q.Topic != "" {
		i := slices.IndexFunc(h.Topics, func(t post.Topic) bool { return t.ID == q.Topic })
		if i < 0 {
			return l, errNotFound
		}
		l.topic = cmp.Or(h.Topics[i].Title, q.Topic)
	}
	states, err := h.store.Sources(ctx)
	if err != nil {
		return l, err
	}
	titles := make(map[string]string, len(states))
	l.sites = make(map[string]feeds.Site, len(states))
	for _, s := range states {
		titles[s.Source.ID] = cmp.Or(s.Source.Title, s.Visit.FeedTitle, post.Host(s.Source.URL), s.Source.ID)
		l.sites[s.Source.ID] = feeds.Site{Page: s.Visit.SiteURL, Feed: s.Visit.FeedURL}
	}
	if q.Source != "" {
		if l.source = titles[q.Source]; l.source == "" {
			return l, errNotFound
		}
	}
	if l.editions, l.next, err = h.store.Editions(ctx, q); err != nil {
		return l, err
	}
	for i := range l.editions {
		s := &l.editions[i].Source
		s.Title = cmp.Or(s.Title, titles[s.ID])
	}
	return l, nil
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
		PageQuery:   pageQuery(q.Before),
		NextQuery:   pageQuery(l.next),
		Updated:     newest(l.editions),
		Generator:   "samenloop/" + h.Version,
		About:       h.base + "/about/json",
		StoryURL:    h.storyURL,
		Sites:       l.sites,
		Topics:      make(map[string]string, len(h.Topics)),
		Editions:    l.editions,
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

// language is that of the frame.
func (h *handler) language(q post.Query) string { return cmp.Or(q.Language, h.Languages[0]) }

// storyURL is where a story will stand. Feeds name it only where an edition has
// no page of its own.
func (h *handler) storyURL(story string) string { return h.base + "/story/" + url.PathEscape(story) }

// title is what a feed is called among the others that somebody reads.
func (h *handler) title(l listing) string {
	words := i18n.WordsIn(h.language(l.query))
	title := h.Title
	if what := cmp.Or(l.topic, l.source); what != "" {
		title = words.Feed.Narrowed.With("site", title, "what", what)
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
