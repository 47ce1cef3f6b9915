package feeds

import (
	"cmp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"samenloop/i18n"
	"samenloop/post"
)

// item is what every format shows of an edition: decided here, once, so that the
// formats agree. Its text is what XML can carry.
type item struct {
	id, url            string
	title              string // plain text
	summary            string // plain text, may be empty
	html               string // content, may be empty
	language           string
	note               bool // its title is only how the text begins
	published, updated time.Time
	authors            []post.Author // at least one
	tags               []tag
	enclosures         []post.Enclosure
	source             source
	translations       []post.Translation
	discussions        []post.Discussion
	story              string
	seq                int64
	backfill           bool
}

// tag is a word from the post, or a topic by its id, which then may have a label.
type tag struct{ term, label string }

// source is where the lead came from. Its url is the feed, where that is known,
// else as the operator gave it; page and feed are empty where they are not known.
type source struct{ id, title, url, page, feed string }

// items are the editions of a feed as every format shows them.
func (f Feed) items() []item {
	items := make([]item, len(f.Editions))
	for i, e := range f.Editions {
		items[i] = f.item(e)
	}
	return items
}

func (f Feed) item(e post.Edition) item {
	it := item{
		id:        xmlText(e.ID),
		url:       xmlText(e.Lead.URL),
		title:     xmlText(e.Lead.Title),
		summary:   xmlText(e.Lead.Summary),
		html:      xmlText(e.Lead.HTML),
		language:  cmp.Or(i18n.Tag(e.Lead.Language), i18n.Und),
		note:      e.Lead.Note,
		published: e.Published,
		updated:   e.Updated,
		source:    f.source(e.Source),
		story:     xmlText(e.Story),
		seq:       e.Seq,
		backfill:  e.Backfill,
		tags:      f.tags(e),
	}
	if it.url == "" {
		it.url = xmlText(f.StoryURL(e.Story))
	}
	// A reader shows the content in a page of its own direction, not of the post's.
	if it.html != "" && i18n.Direction(it.language) == "rtl" {
		it.html = `<div lang="` + it.language + `" dir="rtl">` + it.html + `</div>`
	}
	for _, a := range e.Lead.Authors {
		if name := xmlText(a.Name); name != "" {
			it.authors = append(it.authors, post.Author{Name: name, URL: xmlText(a.URL)})
		}
	}
	if it.authors == nil {
		it.authors = []post.Author{{Name: it.source.title, URL: it.source.page}}
	}
	for _, x := range e.Lead.Enclosures {
		it.enclosures = append(it.enclosures, post.Enclosure{URL: xmlText(x.URL), Type: xmlText(x.Type), Length: x.Length})
	}
	for _, t := range e.Translations {
		it.translations = append(it.translations, post.Translation{
			ID: xmlText(t.ID), Language: xmlText(t.Language), Title: xmlText(t.Title), URL: xmlText(t.URL)})
	}
	for _, d := range e.Discussions {
		it.discussions = append(it.discussions, post.Discussion{
			URL: xmlText(d.URL), Title: xmlText(d.Title), Author: xmlText(d.Author), Language: xmlText(d.Language)})
	}
	return it
}

// text is the content as plain text, else the summary, else the title: an item
// always has something to show.
func (it item) text() string {
	return cmp.Or(post.Text(it.html), it.summary, it.title) // Text gives what XML can carry
}

// discussionLabel is who said something, and what.
func discussionLabel(d post.Discussion) string {
	if d.Author == "" {
		return d.Title
	}
	return strings.TrimSuffix(d.Author+": "+d.Title, ": ")
}

// source names where a lead came from: by the operator's title, else by its host.
func (f Feed) source(s post.Source) source {
	site := f.Sites[s.ID]
	out := source{id: xmlText(s.ID), title: xmlText(s.Title), page: xmlText(site.Page), feed: xmlText(site.Feed)}
	out.url = cmp.Or(out.feed, xmlText(s.URL))
	out.title = cmp.Or(out.title, post.Host(out.page), post.Host(out.url), out.id)
	return out
}

// tags are the post's own words and the topics it is on, each once, any case.
func (f Feed) tags(e post.Edition) []tag {
	var tags []tag
	seen := make(map[string]bool)
	add := func(term, label string) {
		term = strings.TrimSpace(xmlText(term))
		if key := strings.ToLower(term); term != "" && !seen[key] {
			seen[key] = true
			tags = append(tags, tag{term, xmlText(label)})
		}
	}
	for _, id := range e.Topics {
		add(id, f.Topics[id])
	}
	for _, word := range e.Lead.Tags {
		add(word, "")
	}
	return tags
}

// hreflang is the language to state of a link: none where it is not known.
func hreflang(language string) string {
	if language == i18n.Und {
		return ""
	}
	return language
}

// mediaType is the type to state of a file where a format requires one: of one
// that has none, "some bytes" is all that can be said.
func mediaType(e post.Enclosure) string {
	return cmp.Or(e.Type, "application/octet-stream")
}

// excerpt is the beginning of a text, at most max runes, cut between words, with
// an ellipsis where something was cut.
func excerpt(text string, max int) string {
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) <= max {
		return text
	}
	runes := []rune(text)[:max-1]
	for i := len(runes) - 1; i > max/2; i-- {
		if unicode.IsSpace(runes[i]) {
			runes = runes[:i]
			break
		}
	}
	return strings.TrimRightFunc(string(runes), unicode.IsSpace) + "…"
}

// xmlText makes a string what an XML document can carry (XML 1.0, 2.2): valid
// UTF-8 without control characters and U+FFFE, U+FFFF. Posts are clean when they
// are stored; this is the second wall.
func xmlText(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t', r == '\n':
			return r
		case r == '\r':
			return '\n' // what a parser would make of it
		case r < ' ', r >= 0x7f && r <= 0x9f, r == 0xfffe, r == 0xffff:
			return -1
		}
		return r
	}, s)
}
