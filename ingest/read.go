package ingest

import (
	"bytes"
	"fmt"
	"mime"
	"net/url"
	"strings"
	"time"

	"samenloop/post"
)

// NotFeedError says that a document is something else than a feed.
type NotFeedError struct {
	What string // for a person: "it is an HTML page, not a feed"
	Page bool   // an HTML page: Discover may find the feeds that it names
}

func (e *NotFeedError) Error() string { return e.What }

// feedReader is one format that can be read.
type feedReader struct {
	format string
	knows  func(*feedInput) bool
	read   func(*feedInput) (*Document, error)
}

// feedReaders is the table of input formats: the first that knows a document
// reads it. A new one is a file beside this and a line here.
var feedReaders = []feedReader{
	{"activitystreams", knowsActivityStreams, readActivityStreams},
	{"jsonfeed", knowsJSONFeed, readJSONFeed},
	{"rss", func(in *feedInput) bool { return in.root == "rss" || in.root == "rdf" }, readRSS},
	{"atom", func(in *feedInput) bool { return in.root == "feed" }, readAtom},
}

// feedInput is a document with what tells its format.
type feedInput struct {
	text   []byte // valid UTF-8 without a byte order mark
	url    string // where it came from; empty for a file
	root   string // local name of the XML root element in lower case, "html" for a page
	rootAt int
	json   *jsonObject // nil where it is not a JSON object
	last   *lastRead   // what stands there as it did is passed over
}

// Read understands a document. contentType is what the server claimed (may be
// empty); docURL is where it came from, and what relative URLs are relative to
// (may be empty for a file: then the feed's own link serves).
//
// What is no feed gives a *NotFeedError. A document beyond the limits (depth,
// tags, namespaces) gives another error. Entries that cannot be read are named
// in Document.Lost; the others are read.
func Read(body []byte, contentType, docURL string) (*Document, error) {
	return readAgain(body, contentType, docURL, nil)
}

// readAgain is Read, and passes over what it knows of the last document from there.
func readAgain(body []byte, contentType, docURL string, last *lastRead) (*Document, error) {
	text := utf8Text(body, contentType)
	trimmed := bytes.TrimLeft(text, " \t\r\n\x00")
	switch {
	case len(body) == 0:
		return nil, &NotFeedError{What: "it is empty (0 bytes)"}
	case len(trimmed) == 0:
		return nil, &NotFeedError{What: fmt.Sprintf("it is empty (%d bytes of white space)", len(body))}
	}
	in := &feedInput{text: text, url: httpURL("", docURL), last: last}
	var err error
	switch trimmed[0] {
	case '{':
		in.json, err = readJSONObject(trimmed)
	case '[':
		return nil, &NotFeedError{What: "it is JSON, but no JSON Feed"}
	default:
		in.root, in.rootAt, err = findXMLRoot(text)
	}
	if err != nil {
		return nil, err
	}
	for _, r := range feedReaders {
		if r.knows(in) {
			doc, err := r.read(in)
			if in.last != nil && (err != nil || !doc.rightly(in.last)) {
				in.last = nil
				doc, err = r.read(in)
			}
			if err != nil {
				return nil, err
			}
			wholeTogether(doc)
			return doc, nil
		}
	}
	return nil, notFeed(in, contentType)
}

func notFeed(in *feedInput, contentType string) error {
	claimed, _, _ := mime.ParseMediaType(contentType)
	switch {
	case in.json != nil:
		return &NotFeedError{What: "it is JSON, but no JSON Feed"}
	case in.root == "html":
		if wall := botWall(in.text); wall != "" {
			return &NotFeedError{What: "it is an HTML page that asks to prove that you are human (" + wall + "): a bot wall; ask the site to let feed readers through"}
		}
		return &NotFeedError{What: "it is an HTML page, not a feed", Page: true}
	case in.root != "":
		return &NotFeedError{What: fmt.Sprintf("it is XML but no feed: <%s>", shorten(in.root, 40))}
	case claimed != "":
		return &NotFeedError{What: fmt.Sprintf("it is no feed (the server says %s)", shorten(claimed, 60))}
	default:
		return &NotFeedError{What: "it is no feed: neither XML nor JSON"}
	}
}

// botWalls tells by its marks who asks for a proof of being human.
var botWalls = []struct{ mark, name string }{
	{"_cf_chl_opt", "Cloudflare"},
	{"<title>just a moment...</title>", "Cloudflare"},
	{"<title>attention required! | cloudflare</title>", "Cloudflare"},
	{"anubis_challenge", "Anubis"},
	{"making sure you're not a bot", "Anubis"},
	{"making sure you&#39;re not a bot", "Anubis"},
	{"<title>ddos-guard", "DDoS-Guard"},
	{"_incapsula_resource", "Imperva"},
	{"sucuri_cloudproxy", "Sucuri"},
	{"captcha-delivery.com", "DataDome"},
	{"px-captcha", "HUMAN"},
	{"awswafintegration", "AWS WAF"},
	{"checking your browser before accessing", "a browser check"},
}

func botWall(page []byte) string {
	page = bytes.ToLower(page[:min(len(page), 64<<10)])
	for _, w := range botWalls {
		if bytes.Contains(page, []byte(w.mark)) {
			return w.name
		}
	}
	return ""
}

// serverNoise are elements in which servers print warnings before a feed.
var serverNoise = map[string]bool{"br": true, "b": true, "p": true, "i": true, "em": true, "strong": true, "font": true, "pre": true, "div": true, "span": true, "script": true}

// findXMLRoot finds the root element: past a declaration, comments, a document
// type, and what a server printed before the feed. "html" stands for any page,
// "" for what is no XML at all.
func findXMLRoot(text []byte) (root string, at int, err error) {
	noise := false
	for pos := 0; ; {
		lt := bytes.IndexByte(text[pos:], '<')
		if lt < 0 {
			if noise {
				return "html", 0, nil
			}
			return "", 0, nil
		}
		pos += lt
		rest := text[pos:]
		end := 1
		switch {
		case bytes.HasPrefix(rest, []byte("<!--")):
			end = bytes.Index(rest, []byte("-->"))
		case bytes.HasPrefix(rest, []byte("<?")):
			end = bytes.IndexByte(rest, '>')
		case bytes.HasPrefix(rest, []byte("<!")):
			end = bytes.IndexByte(rest, '>')
			if subset := bytes.IndexByte(rest[:max(end, 0)], '['); subset >= 0 {
				length := bytes.IndexByte(rest[subset:], ']')
				if length < 0 {
					return "", 0, nil
				}
				end = max(subset+length, end)
				if bytes.Contains(bytes.ToUpper(rest[subset:end]), []byte("<!ENTITY")) {
					return "", 0, errXMLEntity
				}
			}
		default:
			name := rest[1 : 1+xmlNameLen(rest[1:])]
			prefix, local := splitXMLName(name)
			switch {
			case len(name) == 0:
			case local == "rss", local == "feed", local == "rdf":
				return local, pos, nil
			case serverNoise[local]:
				noise = true
			case prefix == "" && htmlRoots[local]:
				return "html", pos, nil
			case noise:
				return "html", pos, nil
			default:
				return local, pos, nil
			}
		}
		if end < 0 { // it never ends: looking on for every such mark would take for ever
			return "", 0, nil
		}
		pos += end
	}
}

var htmlRoots = map[string]bool{"html": true, "head": true, "body": true, "title": true, "meta": true, "link": true, "main": true, "h1": true, "center": true, "a": true, "style": true, "noscript": true}

// withoutBreaks takes out what browsers take out of a URL.
var withoutBreaks = strings.NewReplacer("\n", "", "\r", "", "\t", "")

// httpURL makes a reference absolute. Only http and https URLs of at most 4 kB
// and without credentials come out, "" for anything else; an empty reference
// stays empty, it never means the base.
func httpURL(base, ref string) string {
	ref = strings.TrimSpace(carriable(ref))
	if ref == "" {
		return ""
	}
	u, err := url.Parse(withoutBreaks.Replace(ref))
	if err != nil {
		return ""
	}
	if !u.IsAbs() {
		b, err := url.Parse(base)
		if err != nil || base == "" {
			return ""
		}
		u = b.ResolveReference(u)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return ""
	}
	if s := u.String(); len(s) <= maxLink {
		return s
	}
	return ""
}

// sameWords says whether two names of a category differ in writing alone: "open-web", "Open web".
func sameWords(label, term string) bool {
	fold := strings.NewReplacer("-", "", "_", "", " ", "", "#", "")
	return label == "" || strings.EqualFold(fold.Replace(label), fold.Replace(term))
}

// tagsRead is how many tags of one entry are looked at.
const tagsRead = 1000

// plainTags makes tags of what stands in a feed: without '#', each once.
func plainTags(tags []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, tag := range tags[:min(len(tags), tagsRead)] {
		tag = strings.TrimSpace(strings.TrimLeft(titleText(tag), "#"))
		key := strings.ToLower(tag)
		if tag == "" || seen[key] || strings.HasPrefix(key, "http://") || strings.HasPrefix(key, "https://") {
			continue
		}
		seen[key] = true
		out = append(out, tag)
	}
	return out
}

// authorName is the name in "name", "mail (name)", "name (mail)" or "name
// <mail>"; empty where there is none: a mail address is not shown.
func authorName(s string) string {
	s = lineOfText(unescapeRefs(s))
	if i := strings.LastIndexByte(s, '('); i >= 0 && strings.HasSuffix(s, ")") {
		outer, inner := strings.TrimSpace(s[:i]), strings.TrimSpace(s[i+1:len(s)-1])
		switch {
		case isMail(outer):
			s = inner
		case isMail(inner) || inner == "":
			s = outer
		}
	}
	if name, mail, ok := strings.Cut(s, "<"); ok && isMail(strings.TrimRight(mail, "> ")) {
		s = name
	}
	s = strings.TrimSpace(titleText(s))
	if isMail(s) || s == "<no value>" {
		return ""
	}
	if len(s) > 2 && strings.Trim(s, `"`) == s[1:len(s)-1] {
		return s[1 : len(s)-1]
	}
	return s
}

func isMail(s string) bool {
	user, host, ok := strings.Cut(strings.TrimPrefix(s, "mailto:"), "@")
	return ok && user != "" && strings.Contains(host, ".") && !strings.ContainsAny(s, " \t")
}

// maxNamed is how many authors, files and languages of one entry are kept.
const maxNamed = 100

// addAuthor adds a person once.
func addAuthor(authors []post.Author, name, url string) []post.Author {
	if name == "" || len(authors) == maxNamed {
		return authors
	}
	for i := range authors {
		if authors[i].Name == name {
			if authors[i].URL == "" {
				authors[i].URL = url
			}
			return authors
		}
	}
	return append(authors, post.Author{Name: name, URL: url})
}

// addEnclosure adds a file once; one without a URL is none.
func addEnclosure(files []post.Enclosure, file post.Enclosure) []post.Enclosure {
	if file.URL == "" || len(files) == maxNamed {
		return files
	}
	for i := range files {
		if files[i].URL == file.URL {
			return files
		}
	}
	return append(files, file)
}

// addAlternate adds a language once.
func addAlternate(alternates map[string]string, language, url string) map[string]string {
	language = strings.TrimSpace(language)
	if language == "" || url == "" || len(alternates) == maxNamed || strings.EqualFold(language, "x-default") {
		return alternates
	}
	if alternates == nil {
		alternates = map[string]string{}
	}
	if _, ok := alternates[language]; !ok {
		alternates[language] = url
	}
	return alternates
}

// saysNothing tells an entry from which no post can be made.
func saysNothing(e *Entry) bool {
	return e.URL == "" && e.Title == "" && strings.TrimSpace(e.Content) == "" && len(e.Enclosures) == 0
}

const nothingSaid = "it has no title, no link and no text"

// maxTTL caps how long a publisher can ask us to stay away.
const maxTTL = 24 * time.Hour
