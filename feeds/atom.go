package feeds

import (
	"bytes"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	gorilla "github.com/gorilla/feeds"
)

const (
	atomNamespace = "http://www.w3.org/2005/Atom"
	atomType      = "application/atom+xml"
)

// gorilla's structs hold what they can; a field declared beside them goes before
// theirs of the same element name. It knows one category, one link without
// language, one author and no source.

type atomFeed struct {
	Lang string `xml:"xml:lang,attr,omitempty"`
	gorilla.AtomFeed
	Tombstones string         `xml:"xmlns:at,attr,omitempty"`
	Generator  *atomGenerator `xml:"generator"`
	Links      []atomLink     `xml:"link"`
	Deleted    []atomDeleted  `xml:"at:deleted-entry"`
	Entries    []atomEntry    `xml:"entry"`
}

// atomDeleted says that an entry is gone (RFC 6721).
type atomDeleted struct {
	Ref  string `xml:"ref,attr"`
	When string `xml:"when,attr"`
}

// FeedXml makes it a gorilla.XmlFeed.
func (f *atomFeed) FeedXml() any { return f }

type atomGenerator struct {
	Version string `xml:"version,attr,omitempty"`
	Name    string `xml:",chardata"`
}

type atomEntry struct {
	Lang string `xml:"xml:lang,attr"`
	gorilla.AtomEntry
	Authors    []gorilla.AtomPerson `xml:"author"`
	Categories []atomCategory       `xml:"category"`
	Links      []atomLink           `xml:"link"`
	Source     atomSource           `xml:"source"`
}

type atomCategory struct {
	Term  string `xml:"term,attr"`
	Label string `xml:"label,attr,omitempty"`
}

// atomLink stands in RSS as well, as atom:link.
type atomLink struct {
	Rel      string `xml:"rel,attr"`
	Type     string `xml:"type,attr,omitempty"`
	Hreflang string `xml:"hreflang,attr,omitempty"`
	Href     string `xml:"href,attr"`
	Length   string `xml:"length,attr,omitempty"`
	Title    string `xml:"title,attr,omitempty"`
}

type atomSource struct {
	ID      string     `xml:"id"`
	Title   string     `xml:"title"`
	Updated string     `xml:"updated"`
	Links   []atomLink `xml:"link"`
}

// renderAtom writes Atom 1.0 (RFC 4287), paged as RFC 5005 says.
// What left it is told as RFC 6721 says.
func renderAtom(f Feed) ([]byte, error) {
	name, version, _ := strings.Cut(xmlText(f.Generator), "/")
	out := &atomFeed{
		Lang: hreflang(f.Language),
		AtomFeed: gorilla.AtomFeed{
			Xmlns:    atomNamespace,
			Title:    xmlText(f.Title),
			Subtitle: xmlText(f.Description),
			Id:       xmlText(f.id()),
			Updated:  rfc3339(f.Updated),
		},
		Generator: &atomGenerator{version, name},
		Links: append([]atomLink{{Rel: "alternate", Type: "text/html", Hreflang: hreflang(f.Language), Href: xmlText(f.Home)}},
			frameLinks(f, "atom", atomType)...),
	}
	for _, t := range f.Removed {
		out.Tombstones = "http://purl.org/atompub/tombstones/1.0"
		out.Deleted = append(out.Deleted, atomDeleted{xmlText(t.ID), rfc3339(t.At)})
	}
	for _, it := range f.items() {
		out.Entries = append(out.Entries, newAtomEntry(it))
	}
	return writeXML(out)
}

// frameLinks are the links of a feed in XML: itself, its newest and its next
// page, and the same feed in other languages.
func frameLinks(f Feed, format, mediaType string) []atomLink {
	links := []atomLink{
		{Rel: "self", Type: mediaType, Href: xmlText(f.URL(format))},
		{Rel: "first", Type: mediaType, Href: xmlText(f.First(format))},
	}
	if next := f.Next(format); next != "" {
		links = append(links, atomLink{Rel: "next", Type: mediaType, Href: xmlText(next)})
	}
	for _, language := range slices.Sorted(maps.Keys(f.Alternates)) {
		if language == f.Language {
			continue
		}
		links = append(links, atomLink{Rel: "alternate", Type: mediaType, Hreflang: xmlText(language),
			Href: xmlText(pageURL(f.Alternates[language], format, ""))})
	}
	return links
}

func newAtomEntry(it item) atomEntry {
	e := atomEntry{
		Lang: it.language,
		AtomEntry: gorilla.AtomEntry{
			Title:     it.title,
			Id:        it.id,
			Published: rfc3339(it.published),
			Updated:   rfc3339(it.updated),
		},
		Links: []atomLink{{Rel: "alternate", Hreflang: hreflang(it.language), Href: it.url}},
		// The feed's own id is not known to us: its address names it.
		Source: atomSource{ID: it.source.url, Title: it.source.title, Updated: rfc3339(it.updated)},
	}
	switch {
	case it.html != "":
		e.Content = &gorilla.AtomContent{Type: "html", Content: it.html}
	case it.summary == "":
		e.Content = &gorilla.AtomContent{Type: "text", Content: it.text()}
	}
	if it.summary != "" {
		e.Summary = &gorilla.AtomSummary{Type: "text", Content: it.summary}
	}
	for _, a := range it.authors {
		e.Authors = append(e.Authors, gorilla.AtomPerson{Name: a.Name, Uri: a.URL})
	}
	for _, t := range it.tags {
		e.Categories = append(e.Categories, atomCategory{t.term, t.label})
	}
	e.Links = append(e.Links, translationLinks(it)...)
	e.Links = append(e.Links, discussionLinks(it)...)
	for _, x := range it.enclosures {
		e.Links = append(e.Links, atomLink{Rel: "enclosure", Type: x.Type, Href: x.URL, Length: size(x.Length)})
	}
	if it.source.page != "" {
		e.Source.Links = append(e.Source.Links, atomLink{Rel: "alternate", Href: it.source.page})
	}
	if it.source.feed != "" {
		e.Source.Links = append(e.Source.Links, atomLink{Rel: "self", Href: it.source.feed})
	}
	return e
}

// translationLinks are the item in other languages. Atom allows one alternate a
// type and language (RFC 4287, 4.1.2), the item's own included. Some readers
// (Universal Feed Parser) take the last alternate for the item's page, others the
// first: so the item's own stands on either side, once with a type.
func translationLinks(it item) []atomLink {
	var links []atomLink
	own := hreflang(it.language)
	seen := map[string]bool{own: true}
	for _, t := range it.translations {
		if l := hreflang(t.Language); t.URL != "" && !seen[l] {
			seen[l] = true
			links = append(links, atomLink{Rel: "alternate", Hreflang: l, Href: t.URL, Title: t.Title})
		}
	}
	if links != nil {
		links = append(links, atomLink{Rel: "alternate", Type: "text/html", Hreflang: own, Href: it.url})
	}
	return links
}

// discussionLinks are the posts about the item.
func discussionLinks(it item) []atomLink {
	var links []atomLink
	for _, d := range it.discussions {
		if d.URL == "" {
			continue
		}
		links = append(links, atomLink{Rel: "related", Hreflang: hreflang(d.Language), Href: d.URL, Title: discussionLabel(d)})
	}
	return links
}

// size is a length in bytes, empty where it is not known.
func size(bytes int64) string {
	if bytes <= 0 {
		return ""
	}
	return strconv.FormatInt(bytes, 10)
}

// rfc3339 writes a time as Atom and JSON Feed do. An empty feed changed at no
// time; Atom wants one, and it must not be now.
func rfc3339(t time.Time) string {
	if t.IsZero() {
		t = time.Unix(0, 0)
	}
	return t.UTC().Format(time.RFC3339)
}

func writeXML(f gorilla.XmlFeed) ([]byte, error) {
	var b bytes.Buffer
	if err := gorilla.WriteXML(f, &b); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}
