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
	URL      string // of the document; empty for a file
	Document *Document
	Posts    []post.Post
}

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

// Examine says what would be taken from an address: a feed's, or a site's, whose
// feed is looked for. Where the feed has only summaries the articles are read, as a visit would.
func (r *Reader) Examine(ctx context.Context, address string, src post.Source) (*Examined, error) {
	doc, resp, err := r.Open(ctx, address)
	if err != nil {
		return nil, err
	}
	x := examine(doc, resp.URL, src, r.Match, r.Now())
	read := 0
	for i := range x.Posts {
		if x.Posts[i].PageNeed == post.PageWanted && read < mostPages {
			read++
			if !r.page(ctx, &x.Posts[i], src) {
				break
			}
		}
	}
	return x, nil
}

// Open gets and reads the feed or the account at an address, or the feed that the site there has.
func (r *Reader) Open(ctx context.Context, address string) (*Document, *fetch.Response, error) {
	if isAccount(post.Visit{Given: address}) {
		return r.lookAt(ctx, address, nil)
	}
	resp, err := r.Client.Get(ctx, fetch.Request{URL: address, Accept: acceptFeeds, MaySign: true})
	if err != nil {
		return nil, nil, err
	}
	if resp.Status != http.StatusOK {
		return nil, nil, fmt.Errorf("get %s: %s", resp.URL, refusal(resp))
	}
	doc, err := Read(resp.Body, resp.ContentType, resp.URL)
	if isPage(err) {
		page := resp
		if doc, resp, err = r.find(ctx, page, address); err != nil {
			resp = page
		}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", resp.URL, err)
	}
	if doc.object != nil {
		return r.lookAt(ctx, address, resp)
	}
	return doc, resp, nil
}
