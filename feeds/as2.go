package feeds

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"samenloop/i18n"
)

// ActivityStreams 2.0 (W3C, 2017). It is always UTF-8: its media type has no charset.
const (
	activityStreams = "https://www.w3.org/ns/activitystreams"
	AS2Type         = "application/activity+json"
	AS2Profile      = `application/ld+json; profile="` + activityStreams + `"`
	as2Public       = activityStreams + "#Public"
)

// as2Context says what the words mean to those who read JSON-LD. Hashtag is not in the standard's own.
var as2Context = []any{activityStreams, map[string]string{"Hashtag": "as:Hashtag"}}

// as2Collection is a feed, and the page of it that is asked for.
type as2Collection struct {
	Context    []any             `json:"@context,omitempty"`
	ID         string            `json:"id,omitempty"`
	Type       string            `json:"type"`
	Name       string            `json:"name,omitempty"`
	NameMap    map[string]string `json:"nameMap,omitempty"`
	Summary    string            `json:"summary,omitempty"`
	SummaryMap map[string]string `json:"summaryMap,omitempty"`
	URL        []as2Link         `json:"url,omitempty"`
	Updated    string            `json:"updated,omitempty"`
	PartOf     string            `json:"partOf,omitempty"`
	First      *as2Collection    `json:"first,omitempty"`
	Next       string            `json:"next,omitempty"`
	TotalItems *int              `json:"totalItems,omitempty"`
	Ordered    []as2Create       `json:"orderedItems,omitzero"`
	Items      []any             `json:"items,omitzero"` // of an unordered one: as2Object, as2Link
}

type as2Create struct {
	ID        string    `json:"id"`
	Type      string    `json:"type"`
	Actor     string    `json:"actor"`
	Published string    `json:"published"`
	To        []string  `json:"to"`
	Object    as2Object `json:"object"`
}

// as2Object is an edition. Each is an object of its own; url leads to the others.
type as2Object struct {
	Context      []any             `json:"@context,omitempty"`
	ID           string            `json:"id"`
	Type         string            `json:"type"`
	AttributedTo []as2Entity       `json:"attributedTo"`
	To           []string          `json:"to"`
	Published    string            `json:"published"`
	Updated      string            `json:"updated,omitempty"`
	URL          []as2Link         `json:"url"`
	Name         string            `json:"name,omitempty"`
	NameMap      map[string]string `json:"nameMap,omitempty"`
	Summary      string            `json:"summary,omitempty"`
	SummaryMap   map[string]string `json:"summaryMap,omitempty"`
	Content      string            `json:"content"`
	ContentMap   map[string]string `json:"contentMap,omitempty"`
	Tag          []as2Hashtag      `json:"tag,omitempty"`
	Attachment   []as2Document     `json:"attachment,omitempty"`
	StoryURL     string            `json:"context"` // what groups the editions of a story
	Replies      *as2Collection    `json:"replies,omitempty"`
}

// as2Entity is who wrote something: named and linked, and never with the id of an
// actor, as who reads this did not hear it from them.
type as2Entity struct {
	Type string `json:"type"`
	Name string `json:"name"`
	URL  string `json:"url,omitempty"`
}

type as2Link struct {
	Type      string `json:"type"`
	Rel       string `json:"rel,omitempty"`
	Href      string `json:"href"`
	Hreflang  string `json:"hreflang,omitempty"`
	MediaType string `json:"mediaType,omitempty"`
	Name      string `json:"name,omitempty"`
}

type as2Hashtag struct {
	Type string `json:"type"`
	Name string `json:"name"`
	Href string `json:"href,omitempty"`
}

type as2Document struct {
	Type      string `json:"type"`
	MediaType string `json:"mediaType"`
	URL       string `json:"url"`
}

type as2Tombstone struct {
	Context []any  `json:"@context"`
	ID      string `json:"id"`
	Type    string `json:"type"`
	Deleted string `json:"deleted,omitempty"`
}

// renderAS2 writes an ActivityStreams collection: for the first page the
// OrderedCollection with that page in it, else the page. What was
// retracted is no longer in it, and gone under its own id.
func renderAS2(f Feed) ([]byte, error) {
	page := &as2Collection{
		Type:    "OrderedCollectionPage",
		PartOf:  xmlText(f.First("as2")),
		Next:    xmlText(f.Next("as2")),
		Ordered: []as2Create{}, // there even when empty
	}
	for _, it := range f.items() {
		page.Ordered = append(page.Ordered, f.as2Create(it))
	}
	if f.PageQuery != f.FirstQuery {
		page.Context = as2Context
		page.ID = xmlText(f.URL("as2"))
		return writeJSON(page)
	}
	name, summary := xmlText(f.Title), textToHTML.Replace(xmlText(f.Description))
	links := []as2Link{{Type: "Link", Rel: "alternate", Href: xmlText(f.Home), Hreflang: hreflang(f.Language), MediaType: "text/html"}}
	for _, language := range slices.Sorted(maps.Keys(f.Alternates)) {
		if language != f.Language {
			links = append(links, as2Link{Type: "Link", Rel: "alternate", Href: xmlText(pageURL(f.Alternates[language], "as2", "")),
				Hreflang: xmlText(language), MediaType: AS2Type})
		}
	}
	return writeJSON(as2Collection{
		Context:    as2Context,
		ID:         page.PartOf,
		Type:       "OrderedCollection",
		Name:       name,
		NameMap:    as2Map(f.Language, name),
		Summary:    summary,
		SummaryMap: as2Map(f.Language, summary),
		URL:        links,
		Updated:    as2Time(f.Updated),
		TotalItems: f.Total,
		First:      page,
	})
}

// AS2Story is a story as ActivityStreams: the collection of its editions, which
// their context names. f has them, and the story's URL as its Base.
func AS2Story(f Feed) ([]byte, error) {
	c := as2Collection{Context: as2Context, ID: xmlText(f.id()), Type: "Collection", Updated: as2Time(f.Updated)}
	for _, it := range f.items() {
		c.Items = append(c.Items, f.as2Object(it))
	}
	n := len(c.Items)
	c.TotalItems = &n
	return writeJSON(c)
}

// AS2Edition is the one edition in f as ActivityStreams.
func AS2Edition(f Feed) ([]byte, error) {
	o := f.as2Object(f.items()[0])
	o.Context = as2Context
	return writeJSON(o)
}

// AS2Tombstone is what remains at the URL of an edition or a story; deleted is
// zero where nobody knows since when.
func AS2Tombstone(id string, deleted time.Time) ([]byte, error) {
	return writeJSON(as2Tombstone{as2Context, xmlText(id), "Tombstone", as2Time(deleted)})
}

func (f Feed) as2Create(it item) as2Create {
	o := f.as2Object(it)
	return as2Create{ID: o.ID + "#create", Type: "Create", Actor: f.Actor, Published: o.Published, To: o.To, Object: o}
}

func (f Feed) as2Object(it item) as2Object {
	o := as2Object{
		ID:        f.EditionURL(it.id),
		Type:      "Article",
		To:        []string{as2Public},
		Published: rfc3339(it.published),
		URL:       as2Links(it),
		Name:      it.title,
		Summary:   textToHTML.Replace(it.summary),
		Content:   it.html,
		StoryURL:  xmlText(f.StoryURL(it.story)),
	}
	if o.Content == "" {
		o.Content = textToHTML.Replace(it.text())
	}
	if it.note { // it has no title of its own
		o.Type, o.Name = "Note", ""
	}
	if it.updated.After(it.published) {
		o.Updated = rfc3339(it.updated)
	}
	o.NameMap, o.SummaryMap, o.ContentMap = as2Map(it.language, o.Name), as2Map(it.language, o.Summary), as2Map(it.language, o.Content)
	source := as2Entity{"Service", it.source.title, it.source.page}
	for _, a := range it.authors {
		if a.Name == source.Name {
			source.URL = cmp.Or(source.URL, a.URL)
			continue
		}
		o.AttributedTo = append(o.AttributedTo, as2Entity{"Person", a.Name, a.URL})
	}
	source.URL = cmp.Or(source.URL, it.source.url)
	o.AttributedTo = append(o.AttributedTo, source)
	for _, t := range it.tags {
		name := as2HashtagName(t)
		if name == "" || slices.ContainsFunc(o.Tag, func(h as2Hashtag) bool { return strings.EqualFold(h.Name, name) }) {
			continue
		}
		h := as2Hashtag{Type: "Hashtag", Name: name}
		if _, topic := f.Topics[t.term]; topic {
			h.Href = xmlText(f.TopicURL(t.term))
		}
		o.Tag = append(o.Tag, h)
	}
	for _, x := range it.enclosures {
		o.Attachment = append(o.Attachment, as2Document{as2DocumentType(x.Type), mediaType(x), x.URL})
	}
	for _, d := range it.discussions {
		if d.URL == "" {
			continue
		}
		if o.Replies == nil {
			o.Replies = &as2Collection{Type: "Collection"}
		}
		o.Replies.Items = append(o.Replies.Items, as2Link{Type: "Link", Href: d.URL, Hreflang: hreflang(d.Language), Name: discussionLabel(d)})
	}
	return o
}

// as2Links are the item's own page, and those of the story in other languages.
func as2Links(it item) []as2Link {
	links := []as2Link{{Type: "Link", Href: it.url, Hreflang: hreflang(it.language), MediaType: "text/html"}}
	for _, t := range it.translations {
		if t.URL != "" {
			links = append(links, as2Link{Type: "Link", Rel: "alternate", Href: t.URL, Hreflang: hreflang(t.Language), MediaType: "text/html", Name: t.Title})
		}
	}
	return links
}

// as2Time is empty for no time, as all times may be left out.
func as2Time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return rfc3339(t)
}

// as2Map says the language of a text; nil where it is not known or there is no text.
func as2Map(language, text string) map[string]string {
	if language == i18n.Und || text == "" {
		return nil
	}
	return map[string]string{language: text}
}

// as2HashtagName makes a hashtag of a tag, which may be several words: "open
// web" is #OpenWeb. It is empty where no letter remains.
func as2HashtagName(t tag) string {
	text := t.term
	if strings.HasPrefix(t.label, "#") { // a topic whose title is its hashtag
		text = t.label
	}
	words := strings.FieldsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsNumber(r) && r != '_'
	})
	if !strings.ContainsFunc(text, unicode.IsLetter) {
		return ""
	}
	for i, w := range words {
		if len(words) > 1 {
			r, size := utf8.DecodeRuneInString(w)
			words[i] = string(unicode.ToTitle(r)) + w[size:]
		}
	}
	return "#" + strings.Join(words, "")
}

func as2DocumentType(mediaType string) string {
	switch kind, _, _ := strings.Cut(mediaType, "/"); kind {
	case "image":
		return "Image"
	case "audio":
		return "Audio"
	case "video":
		return "Video"
	}
	return "Document"
}
