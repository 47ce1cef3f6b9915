package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"samenloop/fetch"
	"samenloop/post"
)

// AccountStore is what reading the fediverse needs to have remembered, besides.
type AccountStore interface {
	// Seen are those of the names (ids and URLs of posts) that a source has stored, or that wait, or waited, in it,
	// with when they were first seen.
	Seen(ctx context.Context, source string, names []string) (map[string]time.Time, error)
	// Followed are the ids of a source's newest posts, the newest first.
	Followed(ctx context.Context, source string, limit int) ([]string, error)
	// Regard is what the operator thinks of an actor: whether they are listed, or blocked.
	Regard(ctx context.Context, actor string) (post.Regard, error)
	// Admitted are the ids of waiting posts that may be taken now.
	Admitted(ctx context.Context, source string, limit int) ([]string, error)
}

// Bounds of one visit to an account.
const (
	mostOutboxPages = 10
	mostOutboxItems = 200
	mostRequests    = 250
	mostAdmitted    = 20
	mostAgain       = 20 // posts that are looked at again for edits and deletions
)

// turns is how many visits make a round: in the first the actor is asked for as
// well, in the second an older post, and in the third the list is all, which costs
// a signature less.
const turns = 3

// accountVisit is one visit to a fediverse source under way.
type accountVisit struct {
	r     *Reader
	src   post.Source
	b     *post.Batch
	brief bool // only the first page, to have a look
	left  int  // requests that may still be made
	had   int  // bytes of what came

	host string      // of the source: what is there is its own
	own  post.Author // the account as it is shown
	doc  *Document   // what was taken, the newest first

	last    *fetch.Response // of what the visit itself asked for
	signed  map[string]bool // hosts that want signatures
	authors map[string]author
	listed  map[string]bool // what the source shows now
	fresh   map[string]bool // what was read in this visit
	missed  bool            // something could not be had now that may be had later
	broke   error           // why its list was not read as far as it should be
}

// account visits a fediverse source. found is the answer that showed it to be
// one, nil where its address said so.
func (r *Reader) account(ctx context.Context, src post.Source, b *post.Batch, report *Report, found *fetch.Response) {
	ctx, cancel := context.WithTimeout(ctx, timeForVisit)
	defer cancel()
	a := r.newAccountVisit(src, b)
	before, since := a.before(), b.Visit.Changed
	resp, body, err := a.visit(ctx, found)
	if len(a.doc.Entries) > 0 {
		var (
			left   int
			failed error
		)
		inTurn(0, func() {
			b.Posts, report.Known, left, failed = r.compare(context.WithoutCancel(ctx), a.doc, src, b.Now)
		})
		if left > 0 { // an object may be many posts
			b.Visit.Account.Gap, a.broke = post.Gap{Next: b.Visit.FeedURL, Before: before}, errEnough
		}
		if err == nil {
			err = failed
		}
	}
	past := since.IsZero()
	for i := range b.Posts { // also what the first visit did not get to is no news
		b.Posts[i].Backfill = past || before.IsZero() && b.Posts[i].Date().Before(since)
	}
	if err != nil {
		a.failed(err)
	} else if resp != nil {
		a.done(resp, body, past || len(b.Posts)+len(b.Deleted) > 0)
	}
	if account := &b.Visit.Account; account.Kind != "" {
		account.Signed = a.signed[a.host]
		account.Turn++
	}
}

func (r *Reader) newAccountVisit(src post.Source, b *post.Batch) *accountVisit {
	v := &b.Visit
	a := &accountVisit{
		r: r, src: src, b: b, left: mostRequests,
		host: post.Host(cmp.Or(v.FeedURL, v.Account.Actor)), own: post.Author{Name: v.FeedTitle, URL: v.SiteURL},
		doc:    &Document{Format: formatActivityStreams},
		signed: map[string]bool{}, authors: map[string]author{}, listed: map[string]bool{}, fresh: map[string]bool{},
	}
	if v.Account.Signed {
		a.signed[a.host] = true
	}
	return a
}

// visit asks who it is and whether they agree, what is new, and what was edited
// or deleted. resp and body are of its list, nil where it was not asked.
func (a *accountVisit) visit(ctx context.Context, found *fetch.Response) (resp *fetch.Response, body post.Digest, err error) {
	v := &a.b.Visit
	lost := v.FeedURL == "" // its list was not where it had been
	if v.Account.Actor != "" && (a.r.Thorough || lost || v.Account.Turn%turns == 0) {
		err := a.meet(ctx, v.Account.Actor)
		if a.isGone(ctx, err) {
			a.gone()
			return nil, body, nil
		}
		if opposed := (*opposedError)(nil); errors.As(err, &opposed) {
			a.again(ctx, false) // what they edit and delete is followed all the same
		}
		if err != nil {
			return nil, body, err
		}
	}
	if lost {
		if err := a.find(ctx, found); err != nil {
			return nil, body, err
		}
	}
	resp, err = a.list(ctx, fetch.Request{URL: v.FeedURL, Accept: acceptOf(v.Account.Kind), ETag: v.ETag, LastModified: v.LastModified})
	if err != nil {
		if isGone(err) && v.Account.Actor == "" { // one object, say: each is asked for by itself
			a.again(ctx, false)
		}
		return nil, body, err
	}
	a.last = resp
	body = v.Body
	unchanged := resp.Status == http.StatusNotModified
	if !unchanged {
		body = bodyDigest(resp.Body)
		unchanged = body == v.Body
	}
	switch {
	case !unchanged:
		v.Reading = ""
		var gave bool
		if gave, err = a.news(ctx, resp); !gave {
			v.Reading = "it is valid, but shows no posts"
		}
	case v.Account.Gap.Next != "":
		_, err = a.pages(ctx, nil)
	}
	if errors.Is(err, errDeleted) && !a.brief {
		a.gone()
		return nil, body, nil
	}
	if err != nil {
		return nil, body, err
	}
	a.admit(ctx)
	a.again(ctx, !unchanged)
	return resp, body, nil
}

// gone takes down all that the account gave.
func (a *accountVisit) gone() {
	v := &a.b.Visit
	a.doc.Entries, a.b.Waiting, a.b.AllDeleted = nil, nil, true
	*v = failed(*v, "the account is gone: what it gave is taken down; remove it, or give its new address", mostInterval, a.b.Now)
	v.Checked, v.Gone = a.b.Now, true
}

// done says in the visit that all went well. What could not be had is to be asked
// for again: then the validators are not kept.
func (a *accountVisit) done(resp *fetch.Response, body post.Digest, changed bool) {
	v, before := &a.b.Visit, a.b.Visit
	*v = succeeded(before, resp, changed, 0, a.b.Now)
	// A list is small and a toot is of the day: it is asked again soon also where
	// it knows no conditional requests.
	v.Next = again(before, leastInterval, a.b.Now)
	v.Body = body
	if a.missed {
		v.ETag, v.LastModified, v.Body = "", "", post.Digest{}
	}
	if a.broke != nil {
		v.Notice = join(v.Notice, "its list was not read to where it was known, and the next visit goes on: "+reason(a.broke))
	}
	if n := len(a.b.Waiting); n > 0 {
		v.Notice = join(v.Notice, fmt.Sprintf("%d posts of others wait for a moderator: \"samenloop post waiting\" shows them", n))
	}
}

// failed says in the visit what went wrong.
func (a *accountVisit) failed(err error) {
	v, now := &a.b.Visit, a.b.Now
	var (
		wait     *fetch.HeldError
		answer   *answerError
		opposed  *opposedError
		unasked  *fetch.Error
		previous = v.Gone
	)
	switch {
	case errors.As(err, &wait):
		*v = held(*v, wait.Until)
	case errors.As(err, &answer):
		*v = refused(*v, answer.resp, now)
		if v.Account.Kind != "" { // only an actor that is gone is gone for good
			v.Gone = previous
		}
		if isGone(err) && v.FeedURL == answer.resp.URL {
			*v = searchAgain(*v)
		}
	case errors.As(err, &unasked) || a.last == nil:
		*v = unreachable(*v, reason(err), now)
	case errors.As(err, &opposed):
		*v = failed(answered(*v, a.last, now), err.Error(), mostInterval, now)
	default:
		*v = misunderstood(*v, a.last, reason(err), now)
	}
}

// isAccount tells what is read as the fediverse from the start. Any other
// address that answers with ActivityStreams is from then on.
func isAccount(v post.Visit) bool {
	_, _, named := handle(v.Given)
	return named || v.Account.Kind != "" || accountPath.MatchString(v.Given) || tagPath.MatchString(v.Given)
}

// lookAt has a look at a fediverse address: one page of it, and nothing is
// remembered. Document.Lost says what is left out, and why.
func (r *Reader) lookAt(ctx context.Context, src post.Source, found *fetch.Response) (*Document, *fetch.Response, error) {
	a := r.newAccountVisit(post.Source{MaxBytes: src.MaxBytes}, &post.Batch{Now: r.Now(), Visit: post.Visit{Given: src.URL}})
	a.brief = true
	resp, _, err := a.visit(ctx, found)
	if err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", strings.TrimSpace(src.URL), err)
	}
	a.doc.Title, a.doc.SiteURL = a.b.Visit.FeedTitle, a.b.Visit.SiteURL
	for _, w := range a.b.Waiting {
		a.doc.Lost = append(a.doc.Lost, fmt.Sprintf("%s, by %s: it would wait for a moderator", w.URL, w.Author))
	}
	return a.doc, resp, nil
}
