package ingest

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"samenloop/fetch"
	"samenloop/post"
)

// Examined is what would be taken from a document, in the document's order.
type Examined struct {
	URL string // of the document; empty for a file
	Found
	Document *Document
	Posts    []post.Post
}

// Found is how the feed of a site was found; zero where the address was the document's own.
type Found struct {
	Page string // where it was looked for, with the login that the source has for it
	Link string // the feed as that page names it, before any redirect
}

// Account says whether it is of the fediverse.
func (x *Examined) Account() bool { return x.Document.Format == formatActivityStreams }

// Examine says what would be taken from a document. It does not touch the
// network, so the pages of articles stay unread.
func Examine(body []byte, contentType, docURL string, src post.Source, match *post.Matcher, now time.Time) (*Examined, error) {
	doc, err := Read(body, contentType, docURL)
	if err != nil {
		return nil, err
	}
	return examine(doc, docURL, src, match, now), nil
}

func examine(doc *Document, docURL string, src post.Source, match *post.Matcher, now time.Time) *Examined {
	x := &Examined{URL: docURL, Document: doc, Posts: make([]post.Post, len(doc.Entries))}
	for i := range doc.Entries {
		x.Posts[i] = settle(&doc.Entries[i], doc, src, match, now)
	}
	return x
}

// Examine says what would be taken from a source's address: a feed's, or a site's, whose
// feed is looked for. Where the feed has only summaries the articles are read, as a visit would.
func (r *Reader) Examine(ctx context.Context, src post.Source) (*Examined, error) {
	x, err := r.Skim(ctx, src)
	if err != nil {
		return nil, err
	}
	var wanted []*post.Post
	for i := range x.Posts {
		if x.Posts[i].PageNeed == post.PageWanted {
			wanted = append(wanted, &x.Posts[i])
		}
	}
	r.ReadArticles(ctx, src, wanted[:min(len(wanted), mostPages)])
	return x, nil
}

// Skim is Examine without the articles.
func (r *Reader) Skim(ctx context.Context, src post.Source) (*Examined, error) {
	doc, resp, found, err := r.Open(ctx, src)
	if err != nil {
		return nil, err
	}
	defer turn(len(resp.Body))()
	x := examine(doc, resp.URL, src, r.Match, r.Now())
	x.Found = found
	return x, nil
}

// ReadArticles reads the pages of posts that only have a summary, as far as there is time.
func (r *Reader) ReadArticles(ctx context.Context, src post.Source, posts []*post.Post) {
	for _, p := range posts {
		if !r.page(ctx, p, src) {
			return
		}
	}
}

// Open gets and reads the feed or the account at a source's address, or the feed that the site
// there has.
func (r *Reader) Open(ctx context.Context, src post.Source) (doc *Document, resp *fetch.Response, found Found, err error) {
	if r.ours(src.URL) {
		return nil, nil, found, fmt.Errorf("read %s: %w", src.URL, errOurs)
	}
	if isAccount(post.Visit{Given: src.URL}) {
		doc, resp, err = r.lookAt(ctx, src, nil)
		return doc, resp, found, err
	}
	resp, err = r.Client.Get(ctx, fetch.Request{URL: src.URL, Accept: acceptFeeds, MaySign: true, MaxBytes: src.MaxBytes})
	if err != nil {
		return nil, nil, found, err
	}
	if resp.Status != http.StatusOK {
		return nil, nil, found, fmt.Errorf("get %s: %s", resp.URL, refusal(resp))
	}
	inTurn(len(resp.Body), func() { doc, err = Read(resp.Body, resp.ContentType, resp.URL) })
	if isPage(err) {
		site := resp
		found.Page = withLogin(site.URL, src.URL)
		if doc, resp, found.Link, err = r.find(ctx, site, src); err != nil {
			resp = site
		}
	}
	if err != nil {
		return nil, nil, found, fmt.Errorf("read %s: %w", resp.URL, err)
	}
	if doc.object != nil {
		doc, resp, err = r.lookAt(ctx, src, resp)
	}
	return doc, resp, found, err
}
