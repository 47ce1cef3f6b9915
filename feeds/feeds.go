// Package feeds turns editions into bytes: one file a format, one table of formats.
package feeds

import (
	"strings"
	"time"

	"samenloop/post"
)

// Format is one way to write a feed.
type Format struct {
	Name string // the ending of the URL: feed.NAME
	Type string // Content-Type, with charset
	// Alternate is the bare media type for <link rel="alternate" type=…>.
	Alternate string
	// Also is another media type that asks for it by Accept; empty for none.
	Also string
	// Counts: it says how many editions a feed has, and wants Feed.Total.
	Counts bool
	Render func(Feed) ([]byte, error)
}

// Formats is the table of output formats. A new one is a file beside this and a line here.
var Formats = []Format{
	{"atom", "application/atom+xml; charset=utf-8", "application/atom+xml", "", false, renderAtom},
	{"rss", "application/rss+xml; charset=utf-8", "application/rss+xml", "", false, renderRSS},
	{"json", "application/feed+json; charset=utf-8", "application/feed+json", "application/json", false, renderJSON},
	{"as2", AS2Type, AS2Type, AS2Profile, true, renderAS2},
}

// Feed is what a format writes down. Its URLs are absolute. The same Feed is
// always the same bytes.
type Feed struct {
	Title       string // plain text
	Description string // plain text
	Language    string // BCP 47 of the frame; "und" where editions of several languages stand together
	Home        string // the page this feed belongs to
	// Base is the feed's URL without ".format": it identifies the feed in every format.
	Base string
	// FirstQuery is what follows "?" on the first page: a search, else nothing. PageQuery
	// is that of this page, NextQuery of the next; empty where there is none.
	FirstQuery, PageQuery, NextQuery string
	// Alternates are the same feed in other languages: language → its Base.
	Alternates map[string]string
	Updated    time.Time // of the newest change in it; zero where there never was one
	Generator  string    // "samenloop/1.2.3"
	About      string    // URL that documents the JSON extension
	// StoryURL is the page of a story, by Story: where an edition whose lead has no URL is read.
	StoryURL func(story string) string
	// EditionURL is what ActivityStreams calls an edition, by Edition.ID; and TopicURL a
	// topic, by Topic.ID. Actor is who says so: us.
	EditionURL, TopicURL func(id string) string
	Actor                string
	// Sites are where the sources of the editions live, by Source.ID; a source that
	// is not in it is known by Source.URL alone.
	Sites map[string]Site
	// Topics are the titles of topics, by Topic.ID; one that is not in it goes by its id.
	Topics   map[string]string
	Editions []post.Edition
	Total    *int             // on all pages of the feed; nil: not counted
	Removed  []post.Tombstone // editions that left the feed not long ago
}

// Site is where a source lives, as its last visit found: Visit.SiteURL and
// Visit.FeedURL. Both may be empty.
type Site struct {
	Page string // for people
	Feed string // what is fetched
}

// URL is where this page of the feed stands in a format.
func (f Feed) URL(format string) string { return pageURL(f.Base, format, f.PageQuery) }

// First is where the newest page of the feed stands in a format.
func (f Feed) First(format string) string { return pageURL(f.Base, format, f.FirstQuery) }

// id identifies the feed in every format: its first page without one.
func (f Feed) id() string { return strings.TrimSuffix(f.Base+"?"+f.FirstQuery, "?") }

// Next is where the page with older editions stands, empty where there is none.
func (f Feed) Next(format string) string {
	if f.NextQuery == "" {
		return ""
	}
	return pageURL(f.Base, format, f.NextQuery)
}

func pageURL(base, format, query string) string {
	u := base + "." + format
	if query != "" {
		u += "?" + query
	}
	return u
}
