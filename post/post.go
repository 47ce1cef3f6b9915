// Package post holds the words of the program: a source, a post, a story, an
// edition, a visit, and the pure functions that decide about them. It does no I/O.
package post

import (
	"cmp"
	"crypto/sha256"
	"hash"
	"maps"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"samenloop/i18n"
)

// Source is a site feed, a fediverse account or a hashtag timeline that we poll.
type Source struct {
	ID       string // a slug, unique, part of URLs: a-z, 0-9 and hyphens
	Title    string // what readers see; empty until the feed has told its own
	URL      string // as the operator gave it: a feed, a site, an account
	Language string // BCP 47; a lock: wins over everything a post says of itself
	All      bool   // every post belongs, whatever its topic (topics = "all")
	FullText bool   // read the article's page where the feed has only a summary
	Boosts   bool   // take what a listed account boosts, too
	MaxBytes int64  // the largest document of it that is read; 0: as large as any other's
}

// Post is one published piece as one source gave it, whatever its format. Its
// text is UTF-8 that XML can carry, its URLs are absolute, its HTML is sanitised.
//
// A post is identified by (Source, ID, Variant): nobody can write another's.
type Post struct {
	Source string // Source.ID

	// ID is the entry's own, verbatim.
	//	RSS guid · Atom id · JSON Feed id · AS2 id; else URL; else a hash of title and text
	ID string

	// Variant is 0, but for an ID that the source gave to different pieces: those
	// are numbered in the order they were seen. Negative numbers are the second and
	// further languages of one fediverse object, each language always the same.
	Variant int

	// URL is the page the source published, absolute, without tracking parameters and fragment.
	//	RSS link, else guid that is a permalink · Atom link rel=alternate · JSON Feed url, else external_url · AS2 url, else id
	URL string

	// Title is plain text.
	//	RSS title · Atom title · JSON Feed title · AS2 name; a post without one gets its first sentence
	Title string

	// Summary is plain text, empty where it would only repeat the content.
	//	RSS description beside content:encoded · Atom summary · JSON Feed summary · AS2 summary of an article
	Summary string

	// HTML is the content, sanitised.
	//	RSS content:encoded, else description · Atom content, else summary · JSON Feed content_html, else content_text · AS2 content
	HTML string

	// Published and Updated are as stated, zero where the source gave none that can be believed.
	//	RSS pubDate, dc:date · Atom published, updated · JSON Feed date_published, date_modified · AS2 published, updated
	Published, Updated time.Time

	// FirstSeen is when we first read the post.
	FirstSeen time.Time

	// Language is a BCP 47 tag, "und" where nothing tells; LanguageFrom says what settled it.
	Language, LanguageFrom string
	// Declared is what was said of it by the entry and what stands around it: with the text, what settles Language.
	Declared []i18n.Evidence

	// Authors as the entry names them, else as the feed does.
	//	RSS author, dc:creator · Atom author · JSON Feed authors, author · AS2 attributedTo
	Authors []Author

	// Tags are plain words, without '#'.
	//	RSS category · Atom category (label, else term) · JSON Feed tags · AS2 tag of type Hashtag
	Tags []string

	// Enclosures are files that belong to the post.
	//	RSS enclosure, media:content · Atom link rel=enclosure · JSON Feed attachments · AS2 attachment
	Enclosures []Enclosure

	// Alternates are the same piece in other languages, as the entry declares: language → URL.
	//	RSS atom:link · Atom link rel=alternate hreflang
	Alternates map[string]string

	// Canonical is where the article's page says that it belongs, within its own host.
	Canonical string

	// Origin is the feed that an entry says it was taken from. A hint: anyone can write it.
	//	RSS source · Atom source
	Origin Origin

	Reply   bool    // it answers another post
	Note    bool    // it is short and has no title of its own: a toot
	Matches []Match // the topics it is on, each with its evidence

	// Fediverse says that edits and deletions are followed: an edit that loses the
	// topic takes the post off it. Booster is who passed it on, where it is
	// another's post: no name where nobody did.
	Fediverse bool
	Booster   Author

	// Page is the article's main text, read once to decide the topic where the
	// feed had only a summary, or what a content warning hides. It is not shown.
	Page      string
	PageNeed  Need
	PageTries int // how often it could not be read

	// Backfill says that the post was in the first document we read of its
	// source: it is the source's past, not news.
	Backfill bool

	// Digest is of the entry as it was read, before anything was settled: the
	// same digest means that there is nothing to do.
	Digest Digest

	plain plain // what PlainText found
	keyed keyed // what Key found
}

// Need says whether the article's page is still to be read.
type Need int

const (
	PageNotNeeded Need = iota
	PageWanted         // not read yet, or it could not be reached: try again
	PageRead
	PageFailed // tried often enough
)

// Digest identifies what an entry said.
type Digest [16]byte

// Summer makes a digest of strings. It takes them in small pieces: to make bytes of
// a string in order to hash it is to copy it.
type Summer struct {
	sum   hash.Hash
	piece [512]byte
}

var summers = sync.Pool{New: func() any { return &Summer{sum: sha256.New()} }}

// NewSummer begins a digest.
func NewSummer() *Summer { return summers.Get().(*Summer) }

// Add adds strings, which are told apart: "ab", "c" is not "a", "bc".
func (s *Summer) Add(fields ...string) {
	for _, f := range fields {
		s.write(f)
		s.write("\x00")
	}
}

func (s *Summer) write(text string) {
	for text != "" {
		n := copy(s.piece[:], text)
		s.sum.Write(s.piece[:n])
		text = text[n:]
	}
}

// Digest is that of all that was added. It ends the Summer, which others go on with.
func (s *Summer) Digest() (d Digest) {
	copy(d[:], s.sum.Sum(s.piece[:0]))
	s.sum.Reset()
	summers.Put(s)
	return d
}

// Author is a person or organisation. Name is never empty.
type Author struct {
	Name string `json:"name"`
	URL  string `json:"url,omitempty"`
}

// Enclosure is a file that belongs to a post.
type Enclosure struct {
	URL    string `json:"url"`
	Type   string `json:"type,omitempty"`   // media type
	Length int64  `json:"length,omitempty"` // bytes, 0 where unknown
}

// Origin names the feed that an entry came from.
type Origin struct {
	ID    string `json:"id,omitempty"`
	Title string `json:"title,omitempty"`
	URL   string `json:"url,omitempty"`
}

// Match is a topic that a post is on, and the evidence: "hashtag in content: #example".
type Match struct {
	Topic string
	By    string
}

// plain is the text of some HTML, keyed the key of an address.
type (
	plain struct{ html, text string }
	keyed struct{ url, key string }
)

// Key is Key(p.URL), found once, as PlainText is.
func (p *Post) Key() string {
	if p.keyed.url != p.URL {
		p.keyed = keyed{p.URL, Key(p.URL)}
	}
	return p.keyed.key
}

// PlainText is Text(p.HTML), found once: several who decide about a post look at it.
func (p *Post) PlainText() string {
	if p.plain.html != p.HTML { // the same string compares at once
		p.plain = plain{p.HTML, Text(p.HTML)}
	}
	return p.plain.text
}

// KeepPage lets a post say what the page of its article said of it before an edit, as long as
// the page could not be read again: nothing falls apart meanwhile that belonged together. It
// reports whether it does.
func (p *Post) KeepPage(before *Post) bool {
	if p.PageNeed != PageWanted || before.PageNeed != PageRead && before.Page == "" || p.URL != before.URL {
		return false
	}
	p.Page, p.Canonical = before.Page, cmp.Or(p.Canonical, before.Canonical)
	if len(before.Alternates) > 0 {
		alternates := maps.Clone(before.Alternates)
		maps.Copy(alternates, p.Alternates)
		p.Alternates = alternates
	}
	if p.Title == before.Title && p.Summary == before.Summary && p.HTML == before.HTML {
		p.Language, p.LanguageFrom = before.Language, before.LanguageFrom
	}
	return true
}

// Date is min(stated, first seen): the date that orders posts. A date in the
// future pins nothing to the top.
func (p *Post) Date() time.Time {
	if p.Published.IsZero() || p.Published.After(p.FirstSeen) {
		return p.FirstSeen
	}
	return p.Published
}

// Shown is a digest of all that an edition led by the post shows of it: when it
// changes, readers see something else.
func (p *Post) Shown() Digest {
	s := NewSummer()
	s.Add(p.URL, p.Title, p.Summary, p.HTML, p.Language)
	for _, a := range p.Authors {
		s.Add("author", a.Name, a.URL)
	}
	for _, t := range p.Tags {
		s.Add("tag", t)
	}
	for _, e := range p.Enclosures {
		s.Add("enclosure", e.URL, e.Type, strconv.FormatInt(e.Length, 10))
	}
	return s.Digest()
}

// Host is the host of a URL as sites are compared: lower case, without "www." and
// without a default port; empty where there is none.
func Host(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return ""
	}
	return siteHost(u)
}

// Edition is a story in one language: what a feed emits.
type Edition struct {
	ID    string // "urn:uuid:…", minted once, never changes
	Story string // the story's own id, part of its URL
	Seq   int64  // the number of its newest change

	// Lead is the post that is shown. Lead.Published and Lead.Updated are as the
	// source stated them: show Published and Updated of the edition.
	Lead    Post
	Source  Source // of the lead; its Title is never empty
	SiteURL string // the page that source says it belongs to; may be empty

	// Published is when the lead appeared: min(stated, first seen).
	Published time.Time
	// Updated is when what the edition shows last changed; never before Published.
	Updated time.Time
	// Sort orders feeds, newest first; it never moves up.
	Sort time.Time

	Topics       []string // ids, sorted
	Translations []Translation
	Discussions  []Discussion
	Possibly     []Translation // other stories that weak evidence says are this one, by their main editions
	Backfill     bool          // it was there before its source (or its topic) was
	NoIndex      bool          // Account.NoIndex of the lead
}

// Translation is the same story in another language: another edition.
type Translation struct {
	ID, Language, Title, URL string
}

// Discussion is a short post about a story: a toot that links to the article.
type Discussion struct {
	URL, Title, Author, Language string
}

// Visit is what we remember of the last fetches of a source.
type Visit struct {
	Source string // Source.ID

	// FeedURL is what is fetched: Source.URL, the feed found on that page, or
	// where it moved to within its site. Given is the Source.URL it was found
	// from: when the operator changes that one, FeedURL is looked for again.
	FeedURL, Given string

	ETag, LastModified string // verbatim, of the newest document that was understood
	Body               Digest // of that document's bytes
	Entries            []byte // by which its entries are known again, where it is another document than before; else nil. Store.Entries has them

	FeedTitle string // the feed's own title
	SiteURL   string // the page the feed says it belongs to; a hint

	Status    int       // HTTP status of the last answer, 0 where there was none
	Checked   time.Time // last tried
	Succeeded time.Time // last understood, changed or not
	Changed   time.Time // last time it gave something new
	Next      time.Time // not before
	Held      time.Time // until then its host asked to be left alone, whoever wants to know

	// Failures in a row: what the back-off grows with.
	Failures int
	// Conditional: as far as we know it answers 304 where nothing changed. A
	// source that never does is asked less often.
	Conditional bool
	// Interval is what the publisher asked for by ttl or max-age; it holds across a 304.
	Interval time.Duration

	Trouble string // a failure, in words that say what to do; empty when all is well
	Notice  string // worth knowing, not a failure
	Reading string // what of Notice is about the newest document: it stays as long as that is the newest

	Account Account // where it is of the fediverse

	Gone    bool   // it answered 410: not asked again until the operator resumes it
	MovedTo string // where a permanent redirect pointed
	Agreed  int    // how many answers in a row pointed there
}

// State is whether a source is polled.
type State string

const (
	Active  State = "active"
	Paused  State = "paused"  // by the operator
	Gone    State = "gone"    // it answered 410
	Removed State = "removed" // no longer in the configuration; its editions stay
	Blocked State = "blocked" // by the operator, it or its domain; what it gave stays
)

// SourceState is a source and how it fares.
type SourceState struct {
	Source Source
	State  State
	Visit  Visit

	Configured bool // it stands in config.toml; else it was added by command

	Posts   int  // stored, on topic or not
	Matched int  // of those, on a topic
	Wanting bool // the pages of some are still to be read
}

// Title is what readers see: as the operator named it, else as its feed does, else its id.
func (s SourceState) Title() string { return cmp.Or(s.Source.Title, s.Visit.FeedTitle, s.Source.ID) }

// HasFeed says whether programs that read feeds can read it. Others are accounts, whose
// lists are ActivityStreams.
func (s SourceState) HasFeed() bool {
	kind := s.Visit.Account.Kind
	return kind == TagFeed || kind == "" && s.Feed() != ""
}

// Feed is the address to give to who wants to read it, too: of its feed, or of an account.
// It is without user and password, and empty where it is none of http or https.
func (s SourceState) Feed() string {
	at := cmp.Or(s.Visit.FeedURL, s.Source.URL)
	if kind := s.Visit.Account.Kind; kind != "" && kind != TagFeed {
		if at = s.Source.URL; !strings.HasPrefix(at, "http") {
			at = s.Visit.Account.Actor
		}
	}
	u, err := url.Parse(at)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	u.User = nil
	return u.String()
}
