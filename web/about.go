package web

import (
	"cmp"
	"context"
	"net/url"
	"strings"

	"samenloop/post"
)

const aboutPage = "about/" // below a language

// aboutView is what about.html shows.
type aboutView struct {
	frame
	Intro   string
	Contact *linkView // who to write to; nil where the operator named nobody
	Unknown string    // what is said then
}

// about renders the page that says who is read, on what terms, and how to leave.
func (h *handler) about(_ context.Context, q post.Query) (string, []byte, error) {
	v := aboutView{frame: h.frame(q.Language, "")}
	words := &v.About
	v.Title = words.Title
	h.stand(&v.frame, aboutPage)
	var topics []string
	for _, t := range h.Topics {
		topics = append(topics, cmp.Or(t.Title, t.ID))
	}
	v.Intro = words.Intro.With("site", h.Title, "topics", strings.Join(topics, ", "))
	if v.Contact = contact(h.Contact, h.base); v.Contact == nil {
		v.Unknown = words.Unknown.With("host", post.Host(h.base))
	}
	body, err := execute("about.html", v)
	return htmlType, body, err
}

// contact is a link to a mail address or a page; nil where it is only the site itself.
func contact(address, base string) *linkView {
	switch {
	case address == "" || strings.TrimSuffix(address, "/") == base:
		return nil
	case strings.HasPrefix(address, "mailto:"):
		return &linkView{address, strings.TrimPrefix(address, "mailto:")}
	case strings.Contains(address, "://"):
		return &linkView{address, address}
	}
	return &linkView{(&url.URL{Scheme: "mailto", Opaque: url.PathEscape(address)}).String(), address}
}
