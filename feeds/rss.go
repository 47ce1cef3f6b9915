package feeds

import (
	"strconv"
	"strings"
	"time"

	gorilla "github.com/gorilla/feeds"
)

const rssType = "application/rss+xml"

// excerptLength is the length of a description, in runes, where there is no summary.
const excerptLength = 300

type rss struct {
	gorilla.RssFeedXml
	AtomNamespace  string     `xml:"xmlns:atom,attr"`
	DCNamespace    string     `xml:"xmlns:dc,attr"`
	MediaNamespace string     `xml:"xmlns:media,attr"`
	Channel        rssChannel `xml:"channel"`
}

// FeedXml makes it a gorilla.XmlFeed.
func (r *rss) FeedXml() any { return r }

type rssChannel struct {
	Title rssTitle `xml:"title"`
	gorilla.RssFeed
	Links []atomLink `xml:"atom:link"`
	Items []rssItem  `xml:"item"`
}

type rssItem struct {
	Title rssTitle `xml:"title"`
	gorilla.RssItem
	Creators   []string      `xml:"dc:creator"`
	Language   string        `xml:"dc:language"`
	Updated    string        `xml:"atom:updated"`
	Categories []string      `xml:"category"`
	Source     *rssSource    `xml:"source"`
	Links      []atomLink    `xml:"atom:link"`
	Media      []rssMediaURL `xml:"media:content"`
}

type rssSource struct {
	URL   string `xml:"url,attr"`
	Title string `xml:",chardata"`
}

// rssMediaURL is a file beyond the first: RSS readers expect one enclosure at most.
type rssMediaURL struct {
	URL  string `xml:"url,attr"`
	Type string `xml:"type,attr"`
	Size string `xml:"fileSize,attr,omitempty"`
}

// rssTitle is plain text. Some readers take a title for HTML; the RSS Advisory
// Board found that hexadecimal references come through in most of them.
type rssTitle struct {
	Escaped string `xml:",innerxml"`
}

var titleEscapes = strings.NewReplacer("&", "&#x26;", "<", "&#x3C;", ">", "&#x3E;")

// textToHTML escapes plain text for the description of an item, which is HTML.
var textToHTML = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// renderRSS writes RSS 2.0 as the RSS Advisory Board's best practices profile says.
func renderRSS(f Feed) ([]byte, error) {
	out := &rss{
		RssFeedXml: gorilla.RssFeedXml{
			Version:          "2.0",
			ContentNamespace: "http://purl.org/rss/1.0/modules/content/",
		},
		AtomNamespace:  atomNamespace,
		DCNamespace:    "http://purl.org/dc/elements/1.1/",
		MediaNamespace: "http://search.yahoo.com/mrss/",
		Channel: rssChannel{
			Title: rssTitle{titleEscapes.Replace(xmlText(f.Title))},
			RssFeed: gorilla.RssFeed{
				Link:          xmlText(f.Home),
				Description:   textToHTML.Replace(xmlText(f.Description)),
				Language:      hreflang(f.Language),
				LastBuildDate: rfc1123(f.Updated),
				Generator:     xmlText(f.Generator),
				Docs:          "https://www.rssboard.org/rss-specification",
				Ttl:           60, // minutes
			},
			Links: frameLinks(f, "rss", rssType),
		},
	}
	for _, it := range f.items() {
		out.Channel.Items = append(out.Channel.Items, newRSSItem(it))
	}
	return writeXML(out)
}

func newRSSItem(it item) rssItem {
	description := it.summary
	if description == "" {
		description = excerpt(it.text(), excerptLength)
	}
	r := rssItem{
		Title: rssTitle{titleEscapes.Replace(it.title)},
		RssItem: gorilla.RssItem{
			Link:        it.url,
			Description: textToHTML.Replace(description),
			Guid:        &gorilla.RssGuid{Id: it.id, IsPermaLink: "false"},
			PubDate:     rfc1123(it.published),
		},
		Language: it.language,
		Updated:  rfc3339(it.updated),
		Links:    translationLinks(it),
	}
	r.Links = append(r.Links, discussionLinks(it)...)
	if it.html != "" {
		r.Content = &gorilla.RssContent{Content: it.html}
	}
	for _, a := range it.authors {
		r.Creators = append(r.Creators, a.Name)
	}
	for _, t := range it.tags {
		r.Categories = append(r.Categories, t.term)
	}
	if it.source.url != "" {
		r.Source = &rssSource{URL: it.source.url, Title: it.source.title}
	}
	for i, x := range it.enclosures {
		if i == 0 {
			// The length is required; 0 is how it is said that nobody knows.
			r.Enclosure = &gorilla.RssEnclosure{Url: x.URL, Type: mediaType(x), Length: strconv.FormatInt(max(x.Length, 0), 10)}
			continue
		}
		r.Media = append(r.Media, rssMediaURL{URL: x.URL, Type: mediaType(x), Size: size(x.Length)})
	}
	return r
}

// rfc1123 writes a time as RSS does, with a numeric zone; empty for none.
func rfc1123(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC1123Z)
}
