package web

import (
	"context"
	"slices"
	"strings"
	"time"

	"samenloop/i18n"
	"samenloop/post"
)

const sourcesPage = "sources/" // below a language

// sourcesView is what sources.html shows.
type sourcesView struct {
	frame
	OPML         string
	Count        string // in words
	Troubled     string // of those, likewise; empty where none is
	Rows         []sourceView
	Newer, Older string // pages of the list; empty where there are none
}

// sourceView is a source and how it fares.
type sourceView struct {
	ID, Title, Path string
	Site            string
	Condition       post.Condition
	Say             i18n.Notice
	Trouble, Notice string // in English
	Last, Next      string
	Posts, OnTopic  string
	Language        string // a lock; empty where each post has its own
}

// sources renders the list of who is read. Long lists have pages: Before.Row counts
// those that stand before the page.
func (h *handler) sources(ctx context.Context, q post.Query) (string, []byte, error) {
	all, err := h.store.Sources(ctx)
	if err != nil {
		return "", nil, err
	}
	all = slices.DeleteFunc(all, func(s post.SourceState) bool { return s.State == post.Removed || s.State == post.Blocked })
	v := sourcesView{frame: h.frame(q.Language, ""), OPML: h.prefix + "/sources.opml"}
	words := v.Words
	v.Title = words.Sources.Title
	h.stand(&v.frame, sourcesPage)
	v.Count = words.Sources.Count.Of(len(all))
	troubled := 0
	for _, s := range all {
		if s.Visit.Trouble != "" {
			troubled++
		}
	}
	if troubled > 0 {
		v.Troubled = words.Sources.Troubled.Of(troubled)
	}
	page := func(first int) string {
		if first == 0 {
			return v.Here
		}
		return v.Here + "?" + pageQuery("", post.Cursor{Sort: time.UnixMilli(0).UTC(), Row: int64(first)})
	}
	first := int(min(max(q.Before.Row, 0), int64(len(all))))
	last := min(first+perPage, len(all))
	if first > 0 {
		v.Newer = page(max(first-perPage, 0))
		v.AnyURL, v.URL = "", h.base+strings.TrimPrefix(page(first), h.prefix)
	}
	if last < len(all) {
		v.Older = page(last)
	}
	for i := range all[first:last] {
		v.Rows = append(v.Rows, h.viewSource(&all[first+i], q.Language))
	}
	body, err := execute("sources.html", v)
	return htmlType, body, err
}

func (h *handler) viewSource(s *post.SourceState, lang string) sourceView {
	words := i18n.WordsIn(lang)
	condition := s.Condition()
	v := sourceView{
		ID: s.Source.ID, Title: s.Title(), Path: h.prefix + pagePath(lang) + narrowed(post.Query{Source: s.Source.ID}),
		Site:      s.Visit.SiteURL,
		Condition: condition,
		Say:       fares(words, condition),
		Trouble:   s.Visit.Trouble, Notice: s.Visit.Notice,
		Last:  moment(words, s.Visit.Succeeded),
		Posts: words.Number(s.Posts), OnTopic: words.Number(s.Matched),
	}
	if s.State == post.Active {
		v.Next = moment(words, s.Visit.Next)
	}
	if s.Source.All {
		v.OnTopic = ""
	}
	if s.Source.Language != "" {
		v.Language = languageName(s.Source.Language)
	}
	return v
}

// fares says a condition in words.
func fares(words *i18n.Words, c post.Condition) i18n.Notice {
	w := &words.Sources.Fares
	switch c {
	case post.Unvisited:
		return w.Unvisited
	case post.Resting:
		return w.Resting
	case post.ForGood:
		return w.ForGood
	case post.Opposed:
		return w.Opposed
	case post.Unreachable:
		return w.Unreachable
	case post.Unwelcome:
		return w.Unwelcome
	case post.NotThere:
		return w.NotThere
	case post.Busy:
		return w.Busy
	case post.ServerFails:
		return w.ServerFails
	case post.Refuses:
		return w.Refuses
	case post.NotUnderstood:
		return w.NotUnderstood
	case post.HasMoved:
		return w.HasMoved
	case post.Empty:
		return w.Empty
	case post.NothingOnIt:
		return w.NothingOnIt
	case post.Noted:
		return w.Noted
	}
	return w.Well
}
