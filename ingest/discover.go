package ingest

import (
	"bytes"
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// Links is what an HTML page says of itself, and what it points at. URLs are absolute.
type Links struct {
	Feeds    []string // best first
	Language string   // <html lang>, verbatim
	Me       []string // rel="me": accounts of those whose page it is
}

// maxPageLinks is how many links of a kind are taken from a page.
const maxPageLinks = 50

// Discover finds the feeds that an HTML page names by <link rel="alternate">:
// Atom and RSS before JSON Feed, else in the page's order, without feeds of
// comments. pageURL is where the page came from.
func Discover(page []byte, pageURL string) Links {
	var found Links
	base := pageURL
	var jsonFeeds []string
	z := html.NewTokenizer(bytes.NewReader(utf8Text(page, "")))
	z.SetMaxBuf(1 << 20)
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		name, more := z.TagName()
		switch string(name) {
		case "html", "base", "link", "a":
		default:
			continue
		}
		tag := string(name)
		attrs := map[string]string{}
		for more {
			var key, value []byte
			key, value, more = z.TagAttr()
			if _, ok := attrs[string(key)]; !ok {
				attrs[string(key)] = string(value)
			}
		}
		rel := strings.Fields(strings.ToLower(attrs["rel"]))
		switch {
		case tag == "html":
			found.Language = cmp.Or(found.Language, firstText(attrs["lang"], attrs["xml:lang"]))
		case tag == "base":
			if base == pageURL {
				base = cmp.Or(httpURL(pageURL, attrs["href"]), base)
			}
		case slices.Contains(rel, "me"):
			found.Me = addLink(found.Me, httpURL(base, attrs["href"]))
		case tag == "link" && slices.Contains(rel, "alternate") && !slices.Contains(rel, "stylesheet"):
			feed := httpURL(base, attrs["href"])
			if isCommentFeed(feed, attrs["title"]) {
				continue
			}
			switch kindOfFeed(attrs["type"], feed) {
			case "xml":
				found.Feeds = addLink(found.Feeds, feed)
			case "json":
				jsonFeeds = addLink(jsonFeeds, feed)
			}
		}
	}
	for _, feed := range jsonFeeds {
		found.Feeds = addLink(found.Feeds, feed)
	}
	return found
}

func addLink(links []string, link string) []string {
	if link == "" || len(links) == maxPageLinks || slices.Contains(links, link) {
		return links
	}
	return append(links, link)
}

// kindOfFeed tells the types of feeds; those that mean anything at all count only at an address that looks like a feed's.
func kindOfFeed(mediaType, feed string) string {
	mediaType, _, _ = strings.Cut(strings.ToLower(mediaType), ";")
	path := feed
	if u, err := url.Parse(feed); err == nil {
		path = strings.ToLower(u.Path)
	}
	named := strings.Contains(path, "feed") || strings.Contains(path, "rss") || strings.Contains(path, "atom")
	switch strings.TrimSpace(mediaType) {
	case "application/atom+xml", "application/rss+xml", "application/rdf+xml":
		return "xml"
	case "application/feed+json":
		return "json"
	case "application/xml", "text/xml":
		if named {
			return "xml"
		}
	case "application/json":
		if named && !strings.Contains(path, "wp-json") {
			return "json"
		}
	}
	return ""
}

var (
	commentFeedTitle = regexp.MustCompile(`(?i)\bcomments?\b|\breacties|\breaksjes|\bkommentar|\bcommentaires?\b`)
	commentFeedPath  = regexp.MustCompile(`(?i)/comments?(/|\.|-?feed|$)|withcomments`)
)

func isCommentFeed(feed, title string) bool {
	return commentFeedPath.MatchString(feed) || commentFeedTitle.MatchString(title)
}

// usualNames are where sites keep their feed, the most common first.
var usualNames = []string{"feed.xml", "atom.xml", "rss.xml", "index.xml", "feed/", "feed", "rss", "feed.json"}

// UsualPaths are the places to try on a site whose page names no feed: beside
// the page, then at the top of the site.
func UsualPaths(pageURL string) []string {
	page, err := url.Parse(httpURL("", pageURL))
	if err != nil || page.Host == "" {
		return nil
	}
	var places []string
	for _, folder := range []string{"./", "/"} {
		for _, name := range usualNames {
			places = addLink(places, page.ResolveReference(&url.URL{Path: folder + name}).String())
		}
	}
	return places
}
