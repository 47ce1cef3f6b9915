package ingest

import (
	"bytes"
	"fmt"
	"mime"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"

	readability "codeberg.org/readeck/go-readability/v2"

	"samenloop/post"
)

// page is what an article's page says. All of it is the page's own claim.
type page struct {
	Text       string            // the main text, plain; at most 64 kB
	Language   string            // <html lang>, verbatim
	Canonical  string            // <link rel=canonical>, absolute
	Alternates map[string]string // <link rel=alternate hreflang>: language, verbatim → absolute URL
	Tags       []string          // what it is filed under, without '#': links with rel=tag, article:tag, keywords
}

// Bounds of a page.
const (
	maxPage       = 2 << 20 // bytes
	maxPageAng    = 100_000 // "<": 50,000 elements, each with its end
	maxPageText   = 64 << 10
	maxPageTags   = 50
	maxAlternates = 100
)

// readPage reads the page of an article, fetched from pageURL. Its charset is
// UTF-8 where the bytes are valid UTF-8, whatever is claimed.
func readPage(body []byte, contentType, pageURL string) (page, error) {
	if kind, _, err := mime.ParseMediaType(contentType); err == nil && !strings.Contains(kind, "html") && kind != "text/plain" {
		return page{}, fmt.Errorf("read the article's page: it is %s, not HTML", kind)
	}
	base, err := url.Parse(pageURL)
	if err != nil {
		return page{}, fmt.Errorf("read the article's page: %w", err)
	}
	if len(body) > maxPage {
		return page{}, fmt.Errorf("read the article's page: it is longer than %d MB", maxPage>>20)
	}
	if body, err = toUTF8(body, contentType); err != nil {
		return page{}, fmt.Errorf("read the article's page: %w", err)
	}
	if bytes.Count(body, []byte("<")) > maxPageAng || tangled(string(body)) {
		return page{}, fmt.Errorf("read the article's page: it has too many elements")
	}
	doc, err := html.Parse(bytes.NewReader(body))
	if err != nil {
		return page{}, fmt.Errorf("read the article's page: %w", err)
	}
	r := pageReader{base: base}
	r.walk(doc, false)

	parser := readability.NewParser()
	parser.DisableJSONLD = true
	article, err := parser.ParseAndMutate(doc, base)
	if err != nil {
		return page{}, fmt.Errorf("read the article's page: %w", err)
	}
	if article.Node != nil {
		var b strings.Builder
		if err := article.RenderHTML(&b); err != nil {
			return page{}, fmt.Errorf("read the article's page: %w", err)
		}
		r.Text = post.Text(b.String())
	}
	if len(r.Text) > maxPageText {
		r.Text = strings.ToValidUTF8(r.Text[:maxPageText], "")
	}
	return r.page, nil
}

func toUTF8(body []byte, contentType string) ([]byte, error) {
	if utf8.Valid(body) {
		return bytes.TrimPrefix(body, []byte("\ufeff")), nil
	}
	encoding, _, _ := charset.DetermineEncoding(body, contentType)
	return encoding.NewDecoder().Bytes(body)
}

// pageReader collects what a page says of itself.
type pageReader struct {
	page
	base     *url.URL
	articles int // <article> elements that have begun, those within another aside
}

func (r *pageReader) walk(n *html.Node, inHead bool) {
	if n.Type == html.ElementNode {
		switch n.DataAtom {
		case atom.Html:
			r.Language = post.CleanText(attr(n, "lang"), 35)
		case atom.Head:
			inHead = true
		case atom.Base:
			if u := r.resolve(attr(n, "href")); u != nil && inHead {
				r.base = u
			}
		case atom.Link:
			if inHead { // in the body anybody who may comment could write one
				r.link(n)
			}
		case atom.Meta:
			r.meta(n)
		case atom.A:
			if hasToken(attr(n, "rel"), "tag") {
				r.tag(textIn(n))
			}
		case atom.Nav, atom.Aside, atom.Template:
			return // clouds of tags of the whole site
		case atom.Article:
			if !within(n, atom.Article) {
				if r.articles++; r.articles > 1 {
					return // others that are shown beside it, with their own tags
				}
			}
		}
	}
	for c := range n.ChildNodes() {
		r.walk(c, inHead)
	}
}

func within(n *html.Node, tag atom.Atom) bool {
	for a := range n.Ancestors() {
		if a.DataAtom == tag {
			return true
		}
	}
	return false
}

func (r *pageReader) link(n *html.Node) {
	u := r.resolve(attr(n, "href"))
	if u == nil {
		return
	}
	rel, lang := attr(n, "rel"), strings.TrimSpace(attr(n, "hreflang"))
	switch {
	case hasToken(rel, "canonical"):
		if r.Canonical == "" {
			r.Canonical = post.PublicURL(u.String())
		}
	case hasToken(rel, "alternate") && isLang(lang) && len(r.Alternates) < maxAlternates && !isFeedType(attr(n, "type")):
		if public := post.PublicURL(u.String()); public != "" {
			if r.Alternates == nil {
				r.Alternates = map[string]string{}
			}
			r.Alternates[lang] = public
		}
	}
}

// isFeedType is true for links to the feed of another language.
func isFeedType(kind string) bool {
	return strings.Contains(kind, "xml") && !strings.Contains(kind, "xhtml") || strings.Contains(kind, "json")
}

func (r *pageReader) meta(n *html.Node) {
	switch content := attr(n, "content"); {
	case attr(n, "property") == "article:tag":
		r.tag(content)
	case strings.EqualFold(attr(n, "name"), "keywords"):
		for word := range strings.SplitSeq(content, ",") {
			r.tag(word)
		}
	}
}

func (r *pageReader) tag(s string) {
	s = post.CleanText(s, 100)
	s = strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(s, "#"), "＃"))
	if s != "" && len(r.Tags) < maxPageTags && !slices.ContainsFunc(r.Tags, func(t string) bool { return strings.EqualFold(s, t) }) {
		r.Tags = append(r.Tags, s)
	}
}

// resolve is nil for an empty reference, which would be the page itself.
func (r *pageReader) resolve(ref string) *url.URL {
	if ref = strings.TrimSpace(ref); ref == "" {
		return nil
	}
	u, err := r.base.Parse(ref)
	if err != nil {
		return nil
	}
	return u
}

func hasToken(list, token string) bool {
	for t := range strings.FieldsSeq(list) {
		if strings.EqualFold(t, token) {
			return true
		}
	}
	return false
}
