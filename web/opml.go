package web

import (
	"context"
	"time"

	"samenloop/opml"
	"samenloop/post"
)

// opml renders the list of who is read, and of our own feeds, for readers of feeds.
func (h *handler) opml(ctx context.Context, _ post.Query) (string, []byte, error) {
	states, err := h.store.Sources(ctx)
	if err != nil {
		return "", nil, err
	}
	ours := opml.Outline{Title: h.Title}
	for _, lang := range h.Languages {
		q := post.Query{Language: lang}
		ours.Outlines = append(ours.Outlines, opml.Outline{
			Title: h.title(listing{query: q}), Feed: h.base + feedPath(q) + ".atom", Site: h.base + pagePath(lang), Language: lang,
		})
	}
	var outlines []opml.Outline
	for _, s := range states {
		if s.State == post.Removed || s.State == post.Blocked {
			continue
		}
		feed := h.base + feedPath(post.Query{Source: s.Source.ID}) + ".atom" // what an account posts on topic, for who cannot follow it
		if s.HasFeed() {
			feed = s.Feed()
		}
		outlines = append(outlines, opml.Outline{Title: s.Title(), Feed: feed, Site: s.Visit.SiteURL, Language: s.Source.Language})
	}
	body, err := opml.Write(h.Title, time.Time{}, append(outlines, ours))
	return opml.Type, body, err
}
