package ingest

import (
	"time"

	"samenloop/post"
)

// Document is a feed as a reader understood it: nothing settled, nothing
// sanitised, but valid UTF-8, with absolute URLs and each field from where it stood.
type Document struct {
	Format   string        // as people call it: "RSS 2.0", "Atom 1.0", "JSON Feed 1.1"
	Title    string        // plain text
	SiteURL  string        // the page the feed says it belongs to
	Language string        // as the feed claims, verbatim
	TTL      time.Duration // how long the publisher asks us to stay away; 0 where it does not say
	Entries  []Entry

	// Lost says what could not be read, one line each: "entry 4: …". What could
	// be read stands in Entries all the same.
	Lost []string
	// Torn says that it could not be read to its end, or that whole entries could not:
	// the same bytes may mean more to a better answer, so nothing is to be relied on.
	Torn bool

	// Known is how many more entries there are that stand in it as they did in the
	// document before: they were passed over.
	Known      int
	knownWhole int       // of those, how many look whole
	last       *lastRead // by which all are known again; nil where they are not to be

	object *asObject // the whole, where it is ActivityStreams: an account may stand behind it
}

// Entry is one item of a document, before anything was settled.
type Entry struct {
	ID      string // verbatim; empty where there is none
	URL     string // absolute http(s) URL as published; empty where there is none
	Title   string // plain text: markup removed, entities resolved
	Summary string // HTML, as given
	Content string // HTML, as given; RSS with a description alone: that is the content

	// Hidden is HTML behind a content warning: it decides the topic and is never shown.
	Hidden string

	// Whole says that Content looks like the whole piece rather than its first
	// lines: the article's page need not be read to decide the topic.
	Whole bool

	Language     string // the entry's own, verbatim
	LanguageFrom string // where that stood: "xml:lang", "dc:language", "language", "inLanguage", "contentMap", "contentMap of several"

	Published, Updated time.Time // zero where missing or unbelievable

	Authors    []post.Author
	Tags       []string // without '#'
	Enclosures []post.Enclosure
	// Alternates are hreflang as given → absolute URL. The entry's own page is
	// among them where its link says its language.
	Alternates map[string]string
	Origin     post.Origin
	Reply      bool

	// Variant is that of the post, where the format knows it: negative for the
	// second and further languages of one object.
	Variant   int
	Fediverse bool        // edits that lose the topic, and deletions, are followed
	Booster   post.Author // who passed it on; no name where nobody did

	// Base is what relative URLs in Summary and Content are relative to: xml:base;
	// else, in RSS and JSON Feed, the entry's page; else the document.
	Base string
}
