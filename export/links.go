package export

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"mime"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// rewriter knows the site's own addresses.
type rewriter struct {
	base   string // absolute, without a slash at its end
	prefix string // its path
	query  *regexp.Regexp
}

func newRewriter(base *url.URL) *rewriter {
	r := &rewriter{base: strings.TrimSuffix(base.String(), "/"), prefix: strings.TrimSuffix(base.Path, "/")}
	// Ours is what begins with the base or, in an attribute, with a slash.
	r.query = regexp.MustCompile(`(` + regexp.QuoteMeta(r.base) + `|"` + regexp.QuoteMeta(r.prefix) + `)(/[^"'<>?#&\s\\]*)` + backwardQuery)
	return r
}

// rewrite gives links to pages backward in time the form that they have as files.
func (r *rewriter) rewrite(body []byte) []byte {
	return r.query.ReplaceAllFunc(body, func(link []byte) []byte {
		m := r.query.FindSubmatch(link)
		return append(m[1], moved(string(m[2]), string(m[3]))...)
	})
}

// own is the address below the base that a link of ours leads to, without
// fragment; false where it is none of ours.
func (r *rewriter) own(link string) (string, bool) {
	link, _, _ = strings.Cut(link, "#")
	rest, ok := strings.CutPrefix(link, r.prefix)
	return rest, ok && strings.HasPrefix(rest, "/") && !strings.HasPrefix(link, "//")
}

// links are the addresses that an answer leads to.
func (r *rewriter) links(address string, a Answer) ([]string, error) {
	mediaType, _, _ := mime.ParseMediaType(a.Type)
	var next string
	var err error
	switch {
	case mediaType == "text/html":
		return r.pageLinks(address, a.Body), nil
	case strings.HasSuffix(mediaType, "xml"):
		next, err = nextInXML(a.Body)
	case strings.HasSuffix(mediaType, "json"):
		next, err = nextInJSON(a.Body)
	}
	next, ours := strings.CutPrefix(next, r.base)
	if err != nil || !ours || !continues(next, address) {
		return nil, err
	}
	return []string{next}, nil
}

// continues says whether a link leads to another page of the same address.
func continues(link, address string) bool {
	path, _, _ := strings.Cut(address, "?")
	m := backward.FindStringSubmatch(link)
	return m != nil && m[1] == path
}

func (r *rewriter) pageLinks(address string, page []byte) (links []string) {
	for tokens := html.NewTokenizer(bytes.NewReader(page)); ; {
		switch tokens.Next() {
		case html.ErrorToken: // its end
			return links
		case html.StartTagToken, html.SelfClosingTagToken:
			attributes := map[string]string{}
			for _, a := range tokens.Token().Attr {
				attributes[a.Key] = a.Val
			}
			for _, key := range []string{"href", "src"} {
				link, ok := r.own(attributes[key])
				next := slices.Contains(strings.Fields(attributes["rel"]), "next") && continues(link, address)
				if ok && (next || !strings.Contains(link, "?")) {
					links = append(links, link)
				}
			}
		}
	}
}

// nextInXML finds the page that follows a feed in XML: text in it may look like a
// link, but is no element.
func nextInXML(feed []byte) (string, error) {
	for decoder := xml.NewDecoder(bytes.NewReader(feed)); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return "", nil
		} else if err != nil {
			return "", err
		}
		element, ok := token.(xml.StartElement)
		if !ok || element.Name.Local != "link" {
			continue
		}
		attributes := map[string]string{}
		for _, a := range element.Attr {
			attributes[a.Name.Local] = a.Value
		}
		if attributes["rel"] == "next" {
			return attributes["href"], nil
		}
	}
}

// nextInJSON finds the page that follows a JSON Feed, or a collection of ActivityStreams.
func nextInJSON(feed []byte) (string, error) {
	var f struct {
		NextURL string `json:"next_url"`
		Next    string
		First   struct{ Next string }
	}
	if err := json.Unmarshal(feed, &f); err != nil {
		return "", err
	}
	for _, next := range []string{f.NextURL, f.Next, f.First.Next} {
		if next != "" {
			return next, nil
		}
	}
	return "", nil
}
