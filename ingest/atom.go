package ingest

import (
	"bytes"
	"cmp"
	"fmt"
	"html"
	"strings"

	"github.com/mmcdole/gofeed/atom"

	"samenloop/post"
)

// readAtom reads Atom 1.0 (RFC 4287) and 0.3.
func readAtom(in *feedInput) (*Document, error) {
	x, err := scanXML(in.text, in.rootAt, in.url, in.last)
	if err != nil {
		return nil, err
	}
	defer x.free()
	parse := func(text []byte) (*atom.Feed, int, error) {
		feed, err := (&atom.Parser{}).Parse(bytes.NewReader(text))
		if err != nil {
			return nil, 0, err
		}
		return feed, len(feed.Entries), nil
	}
	feed, parts, err := parseXMLFeed(x, parse)
	if err != nil {
		return nil, err
	}

	xs := extensionsOf(feed.Extensions)
	site, self := "", ""
	for _, l := range feed.Links {
		switch u := httpURL(x.base, l.Href); {
		case l.Rel == "self":
			self = cmp.Or(self, u)
		case l.Rel == "alternate" && pageType(l.Type):
			site = cmp.Or(site, u)
		}
	}
	base := cmp.Or(x.base, self, site)
	doc := &Document{
		Format:   xmlFormat("Atom", feed.Version),
		Title:    titleText(feed.Title),
		SiteURL:  site,
		Language: firstText(x.lang, extensionText(xs, "dc", "language")),
		TTL:      rssTTL("", xs),
		Lost:     x.lost,
		Torn:     x.torn,
	}
	authors := atomAuthors(nil, feed.Authors, base)
	for i, part := range parts {
		if part == nil {
			continue
		}
		e := atomEntry(part.feed.Entries[part.item], &x.entries[i], base, firstText(x.entries[i].ownLang(), doc.Language))
		if saysNothing(&e) {
			doc.Lost = append(doc.Lost, x.entries[i].lostAs(nothingSaid))
			continue
		}
		if len(e.Authors) == 0 {
			e.Authors = authors
		}
		doc.Entries = append(doc.Entries, e)
	}
	doc.passed(x, in.last, in.url, string(x.text[:x.root]), base, doc.Language, fmt.Sprint(authors))
	return doc, nil
}

func atomEntry(entry *atom.Entry, x *xmlEntry, base, lang string) Entry {
	xs := extensionsOf(entry.Extensions)
	entryURLBase := cmp.Or(x.base, base)
	e := Entry{
		ID:        x.id,
		Title:     atomTitle(entry.Title, x.titleType),
		Published: firstDate(entry.Published, extensionText(xs, "dc", "date")),
		Updated:   firstDate(entry.Updated, extensionText(xs, "dcterms", "modified")),
		Reply:     len(xs["thr"]["in-reply-to"]) > 0,
	}
	if e.Published.IsZero() && entry.PublishedParsed != nil {
		e.Published = believable(*entry.PublishedParsed)
	}
	if e.Updated.IsZero() && entry.UpdatedParsed != nil {
		e.Updated = believable(*entry.UpdatedParsed)
	}
	if e.Published.IsZero() { // RFC 4287 asks for updated alone
		e.Published = e.Updated
	}

	// Of several pages the one in the entry's own language is the entry's.
	rank := 0
	for i, l := range entry.Links {
		linkBase := entryURLBase
		if i < len(x.linkBases) {
			linkBase = cmp.Or(x.linkBases[i], base)
		}
		u := httpURL(linkBase, l.Href)
		switch {
		case l.Rel == "alternate" && pageType(l.Type):
			e.Alternates = addAlternate(e.Alternates, l.Hreflang, u)
			r := 2
			if l.Hreflang == "" || sameLanguage(l.Hreflang, lang) {
				r = 3
			}
			if u != "" && r > rank {
				e.URL, rank = u, r
			}
		case l.Rel == "alternate" && rank == 0 && u != "":
			e.URL, rank = u, 1
		case l.Rel == "enclosure":
			e.Enclosures = addEnclosure(e.Enclosures, post.Enclosure{URL: u, Type: strings.TrimSpace(l.Type), Length: byteCount(l.Length)})
		}
	}
	if u := httpURL(entryURLBase, extensionText(xs, "feedburner", "origLink")); u != "" {
		e.URL = u
	}
	e.Enclosures = addMedia(e.Enclosures, xs["media"], entryURLBase)

	summary := atomHTML(entry.Summary, x.summaryType)
	e.Base = cmp.Or(x.contentBase, x.base, base)
	if entry.Content != nil && entry.Content.Src == "" {
		e.Content = atomHTML(aside(entry.Content.Value, x.content), entry.Content.Type)
	}
	if e.Content != "" {
		e.Summary = summary
		e.Whole = looksWhole(e.Content)
	} else {
		e.Content = summary
		e.Whole = summaryLooksWhole(summary)
		e.Base = cmp.Or(x.summaryBase, x.base, base)
	}

	if own := x.ownLang(); own != "" {
		e.Language, e.LanguageFrom = own, "xml:lang"
	} else if own := extensionText(xs, "dc", "language"); own != "" {
		e.Language, e.LanguageFrom = own, "dc:language"
	}

	e.Authors = atomAuthors(nil, entry.Authors, entryURLBase)
	for _, creator := range xs["dc"]["creator"] {
		e.Authors = addAuthor(e.Authors, authorName(creator.Value), "")
	}
	var tags []string
	for _, c := range entry.Categories {
		tags = append(tags, cmp.Or(c.Label, c.Term))
		if !sameWords(c.Label, c.Term) { // the word that programs know it by
			tags = append(tags, c.Term)
		}
	}
	for _, c := range xs["dc"]["subject"] {
		tags = append(tags, c.Value)
	}
	e.Tags = plainTags(tags)

	if src := entry.Source; src != nil {
		e.Origin = post.Origin{ID: src.ID, Title: titleText(src.Title)}
		for _, rel := range []string{"self", "alternate"} {
			for _, l := range src.Links {
				if l.Rel == rel {
					e.Origin.URL = cmp.Or(e.Origin.URL, httpURL(entryURLBase, l.Href))
				}
			}
		}
		if len(e.Authors) == 0 {
			e.Authors = atomAuthors(nil, src.Authors, entryURLBase)
		}
	}
	return e
}

func atomAuthors(authors []post.Author, persons []*atom.Person, base string) []post.Author {
	for _, p := range persons {
		authors = addAuthor(authors, authorName(p.Name), httpURL(base, p.URI))
	}
	return authors
}

// atomTitle is plain text. Only what is declared as markup is: in type="text" a "<b>" is meant literally.
func atomTitle(s, kind string) string {
	if atomPlain(kind) {
		return lineOfText(validUTF8(s))
	}
	return titleText(validUTF8(s))
}

// atomHTML makes HTML of a text construct or content, "" of what is neither text nor markup.
func atomHTML(s, kind string) string {
	kind = strings.ToLower(strings.TrimSpace(kind))
	s = carriable(validUTF8(s)) // base64 can hold anything
	switch {
	case atomPlain(kind):
		return paragraphs(s)
	case kind == "html", kind == "xhtml", strings.HasPrefix(kind, "text/html"), strings.HasPrefix(kind, "application/xhtml+xml"):
		return strings.TrimSpace(s)
	case strings.HasPrefix(kind, "text/"):
		return "<pre>" + html.EscapeString(s) + "</pre>"
	}
	return ""
}

func atomPlain(kind string) bool {
	kind = strings.ToLower(strings.TrimSpace(kind))
	return kind == "" || kind == "text" || strings.HasPrefix(kind, "text/plain")
}

// sameLanguage compares the first subtags.
func sameLanguage(a, b string) bool {
	a, _, _ = strings.Cut(a, "-")
	b, _, _ = strings.Cut(b, "-")
	return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b))
}
