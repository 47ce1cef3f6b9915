package ingest

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	ext "github.com/mmcdole/gofeed/extensions"
	"github.com/mmcdole/gofeed/rss"

	"samenloop/post"
)

// readRSS reads RSS 0.9x, 1.0 (RDF) and 2.0.
func readRSS(in *feedInput) (*Document, error) {
	x, err := scanXML(in.text, in.rootAt, in.url, in.last)
	if err != nil {
		return nil, err
	}
	defer x.free()
	parse := func(text []byte) (*rss.Feed, int, error) {
		feed, err := (&rss.Parser{}).Parse(bytes.NewReader(text))
		if err != nil {
			return nil, 0, err
		}
		return feed, len(feed.Items), nil
	}
	if len(x.entries) == 0 && !x.torn && !bytes.Contains(bytes.ToLower(x.text), []byte("channel")) {
		return nil, &NotFeedError{What: "it calls itself RSS, but has neither <channel> nor <item>: it is malformed; is there another format of it?"}
	}
	feed, parts, err := parseXMLFeed(x, parse)
	if err != nil {
		return nil, err
	}

	channel := extensionsOf(feed.Extensions)
	self := ""
	for _, l := range channel["atom"]["link"] {
		if l.Attrs["rel"] == "self" {
			self = cmp.Or(self, httpURL(x.base, l.Attrs["href"]))
		}
	}
	site := ""
	for _, l := range feed.Links {
		site = cmp.Or(site, httpURL(x.base, l))
	}
	base := cmp.Or(x.base, self, site)
	doc := &Document{
		Format:   xmlFormat("RSS", feed.Version),
		Title:    titleText(feed.Title),
		SiteURL:  site,
		Language: firstText(feed.Language, extensionText(channel, "dc", "language"), x.lang),
		TTL:      rssTTL(feed.TTL, channel),
		Lost:     x.lost,
		Torn:     x.torn,
	}
	var authors []post.Author
	for _, creator := range channel["dc"]["creator"] {
		authors = addAuthor(authors, authorName(creator.Value), "")
	}
	if len(authors) == 0 {
		authors = addAuthor(authors, authorName(feed.ManagingEditor), "")
	}
	for i, part := range parts {
		if part == nil {
			continue
		}
		e := rssEntry(part.feed.Items[part.item], &x.entries[i], base, in.url)
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

// xmlPart is where the entry of an xmlFeed was parsed: an item of a whole feed or of one made for it alone.
type xmlPart[F any] struct {
	feed F
	item int
}

// parseXMLFeed parses a feed, and gives the place of each of its entries: by
// index in the whole. Where that fails, or gives another number of entries, each
// is parsed alone within the feed's root, and those that fail are lost (nil).
func parseXMLFeed[F any](x *xmlFeed, parse func([]byte) (F, int, error)) (F, []*xmlPart[F], error) {
	parts := make([]*xmlPart[F], len(x.entries))
	feed, n, err := caught(parse, x.text)
	if err == nil && n == len(x.entries) {
		for i := range parts {
			parts[i] = &xmlPart[F]{feed, i}
		}
		return feed, parts, nil
	}
	feed, _, err = caught(parse, slices.Concat(x.text[:x.head], x.text[x.tail:]))
	if err != nil {
		return feed, nil, fmt.Errorf("read feed: what stands around its entries cannot be read: %w", err)
	}
	if x.root*len(x.entries) > maxXMLFrames {
		return feed, nil, beyond(0, "so long a start that no entry can be read by itself, as it must here")
	}
	end := x.text[bytes.LastIndex(x.text, []byte("</")):]
	framed := func(entry []byte) (F, int, error) {
		return caught(parse, slices.Concat(x.text[:x.root], entry, end))
	}
	for i, e := range x.entries {
		one, n, err := framed(x.text[e.start:e.end])
		switch {
		case err != nil:
			x.lost, x.torn = append(x.lost, e.lostAs(err.Error())), true
		case n == 0:
			x.lost, x.torn = append(x.lost, e.lostAs("the parser does not know it as an entry")), true
		default:
			parts[i] = &xmlPart[F]{one, 0}
		}
	}
	return feed, parts, nil
}

// caught makes an error of a panic in the parser.
func caught[F any](parse func([]byte) (F, int, error), text []byte) (feed F, n int, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the parser gave up: %v", r)
		}
	}()
	return parse(text)
}

func rssEntry(item *rss.Item, x *xmlEntry, base, docURL string) Entry {
	xs := extensionsOf(item.Extensions)
	linkBase := cmp.Or(x.base, base)
	e := Entry{
		Title:     titleText(item.Title),
		Published: firstDate(item.PubDate, extensionText(xs, "dc", "date"), extensionText(xs, "atom", "published"), extensionText(xs, "dcterms", "created")),
		Updated:   firstDate(extensionText(xs, "atom", "updated"), extensionText(xs, "dcterms", "modified")),
		Reply:     len(xs["thr"]["in-reply-to"]) > 0,
	}
	if e.Published.IsZero() && item.PubDateParsed != nil {
		e.Published = believable(*item.PubDateParsed)
	}

	permalink := ""
	e.ID = x.id
	if item.GUID != nil {
		e.ID = cmp.Or(item.GUID.Value, x.id)
		if !strings.EqualFold(strings.TrimSpace(item.GUID.IsPermalink), "false") {
			permalink = httpURL("", item.GUID.Value)
		}
	}
	e.URL = httpURL(linkBase, extensionText(xs, "feedburner", "origLink"))
	for _, l := range item.Links {
		e.URL = cmp.Or(e.URL, httpURL(linkBase, l))
	}
	for _, l := range xs["atom"]["link"] {
		u := httpURL(linkBase, l.Attrs["href"])
		switch rel := l.Attrs["rel"]; {
		case (rel == "" || rel == "alternate") && pageType(l.Attrs["type"]):
			e.URL = cmp.Or(e.URL, u)
			e.Alternates = addAlternate(e.Alternates, l.Attrs["hreflang"], u)
		case rel == "enclosure":
			e.Enclosures = addEnclosure(e.Enclosures, post.Enclosure{URL: u, Type: l.Attrs["type"], Length: byteCount(l.Attrs["length"])})
		}
	}
	e.URL = cmp.Or(e.URL, permalink)

	xmlBase := x.base
	description := aside(item.Description, x.description)
	if item.Content != "" {
		e.Content, e.Summary = aside(item.Content, x.content), description
		e.Whole = looksWhole(e.Content)
		xmlBase = x.contentBase
	} else {
		e.Content = description
		e.Whole = summaryLooksWhole(e.Content)
		xmlBase = cmp.Or(x.summaryBase, xmlBase)
	}
	e.Base = cmp.Or(e.URL, base) // the page that the HTML was made for
	if xmlBase != docURL {       // an xml:base is meant
		e.Base = xmlBase
	}

	if lang := x.ownLang(); lang != "" {
		e.Language, e.LanguageFrom = lang, "xml:lang"
	} else if lang := extensionText(xs, "dc", "language"); lang != "" {
		e.Language, e.LanguageFrom = lang, "dc:language"
	} else if lang := firstText(item.Custom["language"]); lang != "" {
		e.Language, e.LanguageFrom = lang, "language"
	}

	for _, author := range xs["atom"]["author"] {
		e.Authors = addAuthor(e.Authors, authorName(extensionText(author.Children, "name")), httpURL(linkBase, extensionText(author.Children, "uri")))
	}
	for _, creator := range xs["dc"]["creator"] {
		e.Authors = addAuthor(e.Authors, authorName(creator.Value), "")
	}
	for _, author := range x.authors {
		e.Authors = addAuthor(e.Authors, authorName(author), "")
	}
	if len(e.Authors) == 0 {
		e.Authors = addAuthor(nil, authorName(extensionText(xs, "itunes", "author")), "")
	}

	var tags []string
	for _, c := range item.Categories {
		tags = append(tags, c.Value)
	}
	for _, c := range xs["dc"]["subject"] {
		tags = append(tags, c.Value)
	}
	for _, c := range xs["atom"]["category"] {
		tags = append(tags, cmp.Or(c.Attrs["label"], c.Attrs["term"]))
	}
	e.Tags = plainTags(tags)

	for _, f := range item.Enclosures {
		e.Enclosures = addEnclosure(e.Enclosures, post.Enclosure{URL: httpURL(linkBase, f.URL), Type: strings.TrimSpace(f.Type), Length: byteCount(f.Length)})
	}
	e.Enclosures = addMedia(e.Enclosures, xs["media"], linkBase)
	if item.Source != nil {
		e.Origin = post.Origin{Title: titleText(item.Source.Title), URL: httpURL(linkBase, item.Source.URL)}
	}
	return e
}

// addMedia adds what Media RSS names: media:content, alone or in groups.
func addMedia(files []post.Enclosure, media map[string][]ext.Extension, base string) []post.Enclosure {
	for _, c := range media["content"] {
		files = addEnclosure(files, post.Enclosure{URL: httpURL(base, c.Attrs["url"]), Type: c.Attrs["type"], Length: byteCount(c.Attrs["fileSize"])})
	}
	for _, g := range media["group"] {
		files = addMedia(files, g.Children, base)
	}
	return files
}

// extensionsOf is a map that can be asked for what is not there.
func extensionsOf(e ext.Extensions) ext.Extensions {
	if e == nil {
		return ext.Extensions{}
	}
	return e
}

// extensionText is the first value of an extension: by prefix and name, or by name among children.
func extensionText[M map[string][]ext.Extension | ext.Extensions](in M, path ...string) string {
	var found []ext.Extension
	switch m := any(in).(type) {
	case ext.Extensions:
		found = m[path[0]][path[1]]
	case map[string][]ext.Extension:
		found = m[path[0]]
	}
	for _, e := range found {
		if v := strings.TrimSpace(e.Value); v != "" {
			return v
		}
	}
	return ""
}

func firstDate(dates ...string) time.Time {
	for _, d := range dates {
		if t := parseDate(d); !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// pageType tells links to a page from those to a file of it.
func pageType(mediaType string) bool {
	mediaType, _, _ = strings.Cut(strings.ToLower(mediaType), ";")
	switch strings.TrimSpace(mediaType) {
	case "", "text/html", "application/xhtml+xml", "html", "text":
		return true
	}
	return false
}

func byteCount(s string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// xmlFormat names a format; a version that is none is left out.
func xmlFormat(name, version string) string {
	if version == "" || len(version) > 8 || strings.Trim(version, "0123456789.") != "" {
		return name
	}
	return name + " " + version
}

// rssTTL is what <ttl> (minutes) or the syndication module asks for.
func rssTTL(ttl string, channel ext.Extensions) time.Duration {
	if minutes, err := strconv.ParseUint(strings.TrimSpace(ttl), 10, 31); err == nil && minutes > 0 {
		return min(time.Duration(minutes)*time.Minute, maxTTL)
	}
	period, ok := map[string]time.Duration{
		"hourly": time.Hour, "daily": maxTTL, "weekly": 7 * maxTTL, "monthly": 30 * maxTTL, "yearly": 365 * maxTTL,
	}[strings.ToLower(extensionText(channel, "sy", "updatePeriod"))]
	if !ok {
		return 0
	}
	if times, err := strconv.ParseUint(extensionText(channel, "sy", "updateFrequency"), 10, 16); err == nil && times > 0 {
		period /= time.Duration(times)
	}
	return min(period, maxTTL)
}
