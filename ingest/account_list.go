package ingest

import (
	"context"
	"time"

	"samenloop/fetch"
	"samenloop/post"
)

// news reads the source's list. gave says that there was anything in it.
func (a *accountVisit) news(ctx context.Context, resp *fetch.Response) (gave bool, err error) {
	if kind := a.b.Visit.Account.Kind; kind != post.Outbox {
		addresses, err := tagged(kind, resp)
		if err != nil {
			return false, err
		}
		items := make([]asItem, min(len(addresses), mostOutboxItems))
		for i := range items {
			items[i].fetch = httpURL("", addresses[i])
		}
		_, err = a.take(ctx, items)
		return len(items) > 0, err
	}
	page, err := streamsOf(resp)
	if err != nil {
		return false, err
	}
	if !page.is(asCollections...) {
		_, err := a.take(ctx, []asItem{asItemOf(page)})
		return true, err
	}
	return a.pages(ctx, page)
}

// pages reads an outbox, the newest first, until posts that were there before. Of
// what earlier visits did not get to, it goes on where they broke off: posts that
// are there since then do not mean that all older ones are. first is the first
// page, nil where that is as it was.
func (a *accountVisit) pages(ctx context.Context, first *asObject) (gave bool, err error) {
	v := &a.b.Visit
	from, before := v.Account.Gap.Next, a.before()
	at, page := v.FeedURL, first
	if first == nil {
		at, gave = from, true
	}
	closed := func() (bool, error) { v.Account.Gap = post.Gap{}; return gave, nil }
	open := func(next string, why error) (bool, error) {
		v.Account.Gap, a.broke = post.Gap{Next: next, Before: before}, why
		return gave, nil
	}
	visited := map[string]bool{v.FeedURL: true}
	for n, left := 1, mostOutboxItems; ; n++ {
		if page == nil {
			visited[at] = true
			page, err = a.page(ctx, at)
			switch {
			case err == nil:
			case at != from && isGone(err): // that is how it says that nothing follows
				return closed()
			case at == from && !passing(err): // pages have other addresses now: the next visit finds them
				return open(v.FeedURL, err)
			default:
				return open(at, err)
			}
		}
		raws, embedded := page.items()
		if len(raws) == 0 && embedded != nil {
			page = embedded
			raws, _ = page.items()
		}
		raws = raws[:min(len(raws), left)]
		left -= len(raws)
		items := make([]asItem, len(raws))
		for i := range raws {
			items[i] = readItem(raws[i])
		}
		gave = gave || len(items) > 0
		reached, err := a.take(ctx, items)
		if err != nil {
			return gave, err
		}
		if reached.missed && at != from { // asked for once more, with the next visit
			return open(at, errUnhad)
		}
		next := idOf(page.Next)
		if from != "" && reached.known && !visited[from] { // what lies between was read already
			next = from
		}
		switch known := reached.known && (from == "" || reached.since.Before(before)); {
		case known, len(items) == 0, a.brief, next == "", visited[next], post.Host(next) != a.host:
			return closed()
		case left == 0 || n == mostOutboxPages:
			if before.IsZero() { // nobody needs all of the past
				return closed()
			}
			return open(next, errEnough)
		}
		at, page = next, nil
	}
}

// before is since when posts do not count as read to their end; zero where none do.
func (a *accountVisit) before() time.Time {
	v := &a.b.Visit
	switch {
	case v.Account.Gap.Next != "":
		return v.Account.Gap.Before
	case v.Changed.IsZero():
		return time.Time{}
	}
	return a.b.Now.Truncate(time.Millisecond) // as posts are stored
}

// page asks for a page of a list.
func (a *accountVisit) page(ctx context.Context, at string) (*asObject, error) {
	resp, err := a.list(ctx, fetch.Request{URL: at, Accept: acceptStreams})
	if err != nil {
		return nil, err
	}
	return streamsOf(resp)
}

// list asks for a part of the source's list, which its own host gives: what stands in
// it whole is believed.
func (a *accountVisit) list(ctx context.Context, q fetch.Request) (*fetch.Response, error) {
	resp, err := a.get(ctx, q)
	if err == nil && post.Host(resp.URL) != a.host {
		return nil, errElsewhere
	}
	return resp, err
}
