// Package ingest turns sources into posts: it visits, understands documents,
// settles language and topic, cleans, and hands over what is new or changed.
package ingest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cespare/xxhash/v2"

	"samenloop/fetch"
	"samenloop/post"
)

// Store is what reading needs to have remembered.
type Store interface {
	// Known tells what is stored under each of the ids of a source, variants in order.
	Known(ctx context.Context, source string, ids []string) (map[string][]post.Known, error)
	// Post is a stored post by its row.
	Post(ctx context.Context, row int64) (post.Post, error)
	// Entries is the last post.Visit.Entries of a source that was not nil.
	Entries(ctx context.Context, source string) ([]byte, error)
	// WantPages are posts of a source whose article page is still to be read, the newest first.
	WantPages(ctx context.Context, source string, limit int) ([]post.Post, error)
	// Save writes batches down: all of them, or none where it returns an error.
	Save(ctx context.Context, batches ...post.Batch) ([]post.Saved, error)
}

// Reader visits sources.
type Reader struct {
	Client *fetch.Client
	Store  Store
	Match  *post.Matcher
	Now    func() time.Time

	Fediverse AccountStore // nil: nothing is remembered of it
	BaseURL   string       // ours: what stands there is never read
	Thorough  bool         // somebody asked for this: all that was taken lately is looked at again

	Concurrency int // visits under way at once, nearly all of them waiting
	PerHost     int // of those, on one host

	robots robots
}

// Report says how one visit went.
type Report struct {
	Source  post.Source // its Title is the feed's own where the operator gave none
	Saved   post.Saved
	Known   int  // entries that were as they are stored
	Asked   bool // false: its host wants to be left alone
	Status  int  // HTTP, of the answer; 0 where there was none
	Trouble string
	Notice  string
	Died    bool   // since this visit it counts as dead
	Stack   string // where it fell over a mistake of ours; empty where it did not
}

// Bounds of one visit.
const (
	mostFresh    = 500              // new or changed entries taken in one visit, the first of the document
	mostPages    = 30               // article pages read in one visit; the others wait for the next
	timeForVisit = 30 * time.Second // what the first answer leaves of it is for finding the feed and reading pages
	timeForMore  = 5 * time.Second  // but that at least
	pageTries    = 3
	mostTogether = 64  // batches written in one transaction,
	mostPosts    = 300 // unless there are so many posts in them,
	timeToGather = 50 * time.Millisecond
	mostNamed    = 4              // feeds that a page names, tried in its order
	pastAgo      = 24 * time.Hour // how much older is surely older, where dates are days
)

// understanding has a place for each document that is being understood at the
// time: that takes memory as well as computing.
var (
	understanding = make(chan struct{}, min(runtime.GOMAXPROCS(0), 4))
	largeAtOnce   = make(chan struct{}, 1) // of those, larger than large
)

const large = 1 << 20 // bytes

// turn waits until a document of some bytes can be understood; done says that it was.
func turn(size int) (done func()) {
	if size > large {
		largeAtOnce <- struct{}{}
	}
	understanding <- struct{}{}
	return func() {
		<-understanding
		if size > large {
			<-largeAtOnce
		}
	}
}

// inTurn has its turn while it understands a document of some bytes. A panic ends it, too.
func inTurn(size int, understand func()) {
	defer turn(size)()
	understand()
}

const (
	acceptFeeds = "application/atom+xml, application/rss+xml, application/feed+json, application/activity+json;q=0.9, application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, text/html;q=0.5, */*;q=0.1"
	acceptPages = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
)

// Round visits sources, a few at once and never many on one host, and reports
// each in the order they end. A source in trouble stops no other. The error is
// of the store alone: what it could not keep will be read again.
func (r *Reader) Round(ctx context.Context, sources []post.SourceState, each func(Report)) error {
	type visited struct {
		source *post.SourceState
		batch  post.Batch
		report Report
		stored func() // gives back the memory that it took
	}
	var (
		results = make(chan visited, max(1, r.Concurrency))
		lanes   sync.WaitGroup
	)
	ctx, cancel := context.WithCancel(ctx)
	defer func() { // nobody stays behind where each panics
		cancel()
		for v := range results {
			v.stored()
		}
	}()
	hosts := map[string][]*post.SourceState{}
	for i := range sources {
		s := &sources[i]
		host := post.Host(cmp.Or(s.Visit.FeedURL, s.Source.URL))
		if _, at, ok := handle(s.Source.URL); ok && host == "" {
			host = at
		}
		hosts[host] = append(hosts[host], s)
	}
	type queue struct {
		sources chan *post.SourceState
		alone   bool // there is one on its host
	}
	queues := make(chan queue, len(sources)) // of each host as many as may ask it at once
	for _, there := range hosts {
		queue := queue{make(chan *post.SourceState, len(there)), len(there) == 1}
		for _, s := range there {
			queue.sources <- s
		}
		close(queue.sources)
		for range min(max(1, r.PerHost), len(there)) {
			queues <- queue
		}
	}
	close(queues)
	lane := func(stay context.Context, leave func()) {
		for queue := range queues {
			for s := range queue.sources {
				if stay == nil {
					stay, leave = r.Client.Stay(ctx)
				}
				batch, report := r.visit(stay, s, queue.alone)
				if ctx.Err() != nil { // cut off: it says nothing about the source
					leave()
					return
				}
				if len(batch.Posts) == 0 { // what came is forgotten already
					leave()
					leave = func() {}
				}
				results <- visited{s, batch, report, leave}
				stay = nil
			}
		}
		if stay != nil {
			leave()
		}
	}
	// Another lane begins when there is something to do for one more: where all sources
	// answer at once, some few do.
	go func() {
		for range min(max(1, r.Concurrency), len(queues)) {
			stay, leave := r.Client.Stay(ctx)
			lanes.Go(func() { lane(stay, leave) })
			if len(queues) == 0 {
				break
			}
		}
		lanes.Wait()
		close(results)
	}()

	// One writer takes what has come in the meantime together, and waits a little for
	// more while there are no posts to hold in memory: a transaction has its price,
	// whether it holds one visit or fifty.
	var failures []error
	for first := range results {
		together, posts, enough := []visited{first}, len(first.batch.Posts), time.After(timeToGather)
	gather:
		for len(together) < mostTogether && posts < mostPosts && (posts == 0 || len(results) > 0) {
			select {
			case v, ok := <-results:
				if !ok {
					break gather
				}
				together, posts = append(together, v), posts+len(v.batch.Posts)
			case <-enough:
				break gather
			}
		}
		batches := make([]post.Batch, len(together))
		for i, v := range together {
			batches[i] = v.batch
		}
		saved, err := r.save(ctx, batches...)
		for i := range together {
			v := &together[i]
			if err == nil {
				v.report.Saved = saved[i]
			} else if one, err := r.save(ctx, v.batch); err == nil {
				v.report.Saved = one[0]
			} else {
				var f *fellError
				if errors.As(err, &f) {
					v.batch, v.report = f.trouble(v.source, v.batch.Now)
					_, err = r.save(ctx, v.batch)
				}
				if err != nil {
					v.report.Trouble = "what it gave could not be stored: " + err.Error()
					failures = append(failures, fmt.Errorf("source %q: %w", v.report.Source.ID, err))
				}
			}
			v.stored()
		}
		for _, v := range together {
			v.report.Died = v.batch.Visit.Dead() && !v.source.Visit.Dead()
			each(v.report)
		}
	}
	if len(failures) > 0 {
		return failures[0]
	}
	return ctx.Err()
}

// fellError is a panic over what one source gave. It is the trouble of that source alone: it
// is left alone for a while as others in trouble are, where a program that ended would ask
// it first when it begins again.
type fellError struct {
	value any
	stack string
}

// fell is what recover gave; nil where that was nothing.
func fell(value any) *fellError {
	if value == nil {
		return nil
	}
	return &fellError{value, string(debug.Stack())}
}

func (f *fellError) Error() string { return "samenloop fell over it: " + fmt.Sprint(f.value) }

// trouble is the visit as if there had been no answer.
func (f *fellError) trouble(s *post.SourceState, now time.Time) (post.Batch, Report) {
	b, report := begin(s, now)
	b.Visit = unreachable(b.Visit, "samenloop fell over what it gives, which is a fault of samenloop: please report it, with this: "+post.CleanText(fmt.Sprint(f.value), 200), now)
	report.Stack = f.stack
	return b, told(report, b)
}

// save writes batches down, whatever becomes of the round. A panic is an error.
func (r *Reader) save(ctx context.Context, batches ...post.Batch) (saved []post.Saved, err error) {
	defer func() {
		if f := fell(recover()); f != nil {
			err = f
		}
	}()
	return r.Store.Save(context.WithoutCancel(ctx), batches...)
}

// begin is a visit of which nothing is known yet.
func begin(s *post.SourceState, now time.Time) (post.Batch, Report) {
	v := s.Visit
	if v.Given != s.Source.URL {
		v = post.Visit{Source: s.Source.ID, Given: s.Source.URL}
	}
	report := Report{Source: s.Source}
	if report.Source.Title == "" {
		report.Source.Title = v.FeedTitle
	}
	return post.Batch{Now: now, Visit: v}, report
}

// visit asks one source, alone on its host or not, and decides what that means. It writes nothing.
func (r *Reader) visit(ctx context.Context, s *post.SourceState, alone bool) (b post.Batch, report Report) {
	now, began := r.Now(), time.Now()
	b, report = begin(s, now)
	v := b.Visit
	defer func() {
		if f := fell(recover()); f != nil {
			b, report = f.trouble(s, now)
		}
	}()
	if v.Held.After(now) && !v.Held.After(now.Add(mostInterval)) {
		b.Visit = held(v, v.Held)
		report.Trouble, report.Notice = b.Visit.Trouble, b.Visit.Notice
		return b, report
	}
	if r.ours(address(v)) {
		b.Visit = unreachable(v, errOurs.Error(), now)
		return b, told(report, b)
	}
	if isAccount(v) {
		r.account(ctx, s.Source, &b, &report, nil)
		return b, told(report, b)
	}
	resp, err := r.Client.Get(ctx, fetch.Request{
		URL: address(v), Accept: acceptFeeds, ETag: v.ETag, LastModified: v.LastModified,
		MaySign: true, MaxBytes: s.Source.MaxBytes,
		Last: alone && !s.Wanting,
	})
	ctx, cancel := context.WithTimeout(ctx, max(timeForVisit-time.Since(began), timeForMore))
	defer cancel()
	var wait *fetch.HeldError
	switch {
	case errors.As(err, &wait):
		b.Visit = held(v, wait.Until)
	case err != nil:
		b.Visit = unreachable(v, reason(err), now)
	case resp.Status == http.StatusNotModified:
		b.Visit = succeeded(v, resp, false, 0, now)
	case resp.Status == http.StatusOK:
		r.understand(ctx, resp, s.Source, &b, &report)
		resp.Free()
	default:
		b.Visit = refused(v, resp, now)
		if resp.RetryAfter > 0 { // whoever answers in the end wants it, not who leads there
			b.Held = post.Hold{Host: post.Host(resp.URL), Until: now.Add(resp.RetryAfter)}
		}
		if resp.Status == http.StatusNotFound || resp.Status == http.StatusGone {
			b.Visit = searchAgain(b.Visit)
		}
	}
	// What is large is not kept in memory while pages are read: they wait for the next visit.
	if b.Visit.Trouble == "" && sizeOf(b.Posts) <= large {
		r.pages(ctx, s, &b)
	}
	return b, told(report, b)
}

// sizeOf is how much posts say, in bytes.
func sizeOf(posts []post.Post) (n int) {
	for i := range posts {
		n += len(posts[i].HTML) + len(posts[i].Summary)
	}
	return n
}

var errOurs = errors.New("it leads to this site itself, which gives what it reads elsewhere: remove it")

// ours says whether an address is of this site: what stands there came from
// others, and to read it would be a loop.
func (r *Reader) ours(address string) bool {
	if r.BaseURL == "" || post.Host(address) != post.Host(r.BaseURL) {
		return false
	}
	return strings.HasPrefix(post.Key(address)+"/", post.Key(r.BaseURL)+"/")
}

// told completes a report by what its visit says.
func told(report Report, b post.Batch) Report {
	report.Trouble, report.Notice = b.Visit.Trouble, b.Visit.Notice
	if report.Asked = b.Visit.Checked.Equal(b.Now); report.Asked {
		report.Status = b.Visit.Status
	}
	if report.Source.Title == "" {
		report.Source.Title = b.Visit.FeedTitle
	}
	return report
}

// understand reads the document of an answer, and finds the feed first where
// the address is a site's. Validators are kept only of what was understood.
func (r *Reader) understand(ctx context.Context, resp *fetch.Response, src post.Source, b *post.Batch, report *Report) {
	v := b.Visit
	body := bodyDigest(resp.Body)
	if body == v.Body {
		b.Visit = succeeded(v, resp, false, 0, b.Now)
		return
	}
	var last *lastRead
	if v.Body != (post.Digest{}) {
		if known, err := r.Store.Entries(context.WithoutCancel(ctx), src.ID); err == nil { // else all of them are read
			last = readLast(known)
		}
	}
	var (
		doc *Document
		err error
	)
	inTurn(len(resp.Body), func() { doc, err = readAgain(resp.Body, resp.ContentType, resp.URL, last) })
	if isPage(err) && v.FeedURL == "" {
		var found *fetch.Response
		if doc, found, _, err = r.find(ctx, resp, src); err == nil {
			resp, body = found, bodyDigest(found.Body)
			v.FeedURL = withLogin(resp.URL, v.Given)
			resp.Permanent = "" // it was looked up a moment ago: this is where it is
		}
	}
	if err == nil && r.ours(resp.URL) { // by a redirect, or as the feed of that page
		err, v = errOurs, b.Visit
	}
	if err != nil {
		b.Visit = searchAgain(misunderstood(v, resp, reason(err), b.Now))
		return
	}
	if doc.object != nil {
		r.account(ctx, src, b, report, resp)
		return
	}
	if doc.Torn && len(doc.Entries) == 0 {
		b.Visit = misunderstood(v, resp, "it cannot be read: "+strings.Join(doc.Lost[:1], ""), b.Now)
		return
	}
	defer turn(len(resp.Body))()
	// The limit is for the network: what waited for its turn here is not cut off.
	ctx = context.WithoutCancel(ctx)
	posts, known, left, err := r.compare(ctx, doc, src, b.Now)
	if errors.Is(err, errEdited) {
		if doc, err = Read(resp.Body, resp.ContentType, resp.URL); err == nil {
			posts, known, left, err = r.compare(ctx, doc, src, b.Now)
		}
	}
	if err != nil {
		b.Visit = failed(answered(v, resp, b.Now), err.Error(), firstRetry, b.Now)
		return
	}
	past := v.Changed.IsZero()
	for i := range posts {
		posts[i].Backfill = isPast(v, &posts[i])
	}
	b.Posts = posts
	report.Known = known
	v.Reading = reading(doc)
	b.Visit = succeeded(v, resp, len(posts) > 0 || past, doc.TTL, b.Now)
	b.Visit.Body, b.Visit.Entries = body, doc.last.bytes()
	b.Visit.FeedTitle, b.Visit.SiteURL = post.CleanText(doc.Title, mostName), post.PublicURL(doc.SiteURL)
	// The rest of what was there before it was read is its past, too. Of a document in which
	// most is another each time there would be no end of that.
	if past && left > 0 && (known >= mostFresh/2 || v.Succeeded.IsZero()) {
		b.Visit.Changed = time.Time{}
	}
	if left > 0 {
		b.Visit.Notice = join(b.Visit.Notice, fmt.Sprintf("%d more new entries wait for the next visits: %d are taken at once", left, mostFresh))
	}
	if doc.Torn || left > 0 { // what is missing may come under the same validators
		b.Visit.ETag, b.Visit.LastModified, b.Visit.Body = "", "", post.Digest{}
	}
}

// isPast says whether a new post of a feed was there before the feed was read as a whole,
// and is no news; v is the visit before.
func isPast(v post.Visit, p *post.Post) bool {
	switch {
	case v.Succeeded.IsZero():
		return true
	case v.Changed.IsZero(): // what is there comes in several visits
		return !p.Published.After(v.Succeeded) || p.Published.After(p.FirstSeen)
	case v.Body == post.Digest{}: // the last time it was cut off
		return p.Date().Before(v.Changed.Add(-pastAgo))
	}
	return false
}

// reading is what is worth knowing of a document.
func reading(doc *Document) string {
	say := ""
	if doc.Known+len(doc.Entries) == 0 && doc.object == nil {
		say = doc.Format + " is valid, but empty: it has no entries"
	}
	if len(doc.Lost) > 0 {
		say = join(say, lost(doc.Lost))
	}
	return say
}

// compare sorts out which entries of a document are new or changed, and settles
// those: the first that stand in it, which are its newest, oldest first. left
// are those that are too many. One that is as it was costs no more than its digest.
// errEdited says that those that were passed over have a say, too.
func (r *Reader) compare(ctx context.Context, doc *Document, src post.Source, now time.Time) (fresh []post.Post, known, left int, err error) {
	ids := make([]string, len(doc.Entries))
	times := map[string]int{}
	for i := range doc.Entries {
		ids[i] = identity(&doc.Entries[i])
		times[ids[i]]++
	}
	stored, err := r.Store.Known(ctx, src.ID, ids)
	if err != nil {
		return nil, 0, 0, err
	}
	if doc.Known > 0 && len(stored) > 0 {
		return nil, 0, 0, errEdited
	}
	known = doc.Known
	var lookup error
	text := func(k post.Known) string {
		p, err := r.Store.Post(ctx, k.Row)
		if err != nil {
			lookup = err
		}
		return post.Text(p.HTML)
	}
	said := map[string][]post.Known{} // by this document already
	for i := range doc.Entries {
		e, id := &doc.Entries[i], ids[i]
		sum := digest(e, doc, src)
		same := func(k post.Known) bool { return k.Digest == sum }
		if slices.ContainsFunc(said[id], same) { // the document repeats itself
			continue
		}
		if at := slices.IndexFunc(stored[id], same); at >= 0 {
			said[id] = append(said[id], stored[id][at])
			stored[id] = slices.Delete(stored[id], at, at+1)
			known++
			continue
		}
		if len(fresh) == mostFresh {
			left++
			continue
		}
		if e.Fediverse {
			at := slices.IndexFunc(stored[id], func(k post.Known) bool { return k.Variant == e.Variant })
			if at >= 0 && (stored[id][at].Withdrawn || e.Updated.Before(stored[id][at].Updated)) { // deleted, or an edit that was overtaken
				known++
				continue
			}
			// Its id is what it is known by, also when all else changed.
			said[id] = append(said[id], post.Known{Variant: e.Variant, Digest: sum})
			fresh = append(fresh, settle(e, doc, src, r.Match, now))
			continue
		}
		p := settle(e, doc, src, r.Match, now)
		at := post.Recognise(&p, stored[id], times[id] > 1, text)
		if lookup != nil {
			return nil, 0, 0, lookup
		}
		if at >= 0 && stored[id][at].Withdrawn { // an edit does not bring back what was taken back
			known++
			continue
		}
		if at >= 0 {
			p.Variant = stored[id][at].Variant
			stored[id] = slices.Delete(stored[id], at, at+1)
		} else {
			for _, k := range slices.Concat(stored[id], said[id]) {
				p.Variant = max(p.Variant, k.Variant+1)
			}
		}
		said[id] = append(said[id], post.Known{Variant: p.Variant, Digest: sum})
		fresh = append(fresh, p)
	}
	// What is new is told in this order. Most documents begin with their newest.
	slices.Reverse(fresh)
	slices.SortStableFunc(fresh, func(a, b post.Post) int { return a.Date().Compare(b.Date()) })
	return fresh, known, left, nil
}

// find looks for the feed of a site: what its page names, then the usual places. link is
// where that was asked for.
func (r *Reader) find(ctx context.Context, page *fetch.Response, src post.Source) (doc *Document, resp *fetch.Response, link string, err error) {
	trouble := errors.New("it is a web page that names no feed, and there is none in the usual places: give the feed's own address")
	feeds := Discover(page.Body, page.URL).Feeds
	for i, u := range feeds[:min(len(feeds), mostNamed)] {
		doc, resp, err := r.try(ctx, withLogin(u, src.URL), src.MaxBytes)
		if err == nil {
			return doc, resp, u, nil
		}
		if i == 0 {
			trouble = fmt.Errorf("its page names the feed %s: %w", u, err)
		}
	}
	for _, u := range UsualPaths(page.URL) {
		doc, resp, err := r.try(ctx, withLogin(u, src.URL), src.MaxBytes)
		if err == nil {
			return doc, resp, u, nil
		}
		if ctx.Err() != nil {
			break
		}
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		trouble = errors.New("it is a web page, and its site is too slow to look for the feed there: give the feed's own address")
	}
	return nil, nil, "", trouble
}

func (r *Reader) try(ctx context.Context, u string, mostBytes int64) (*Document, *fetch.Response, error) {
	resp, err := r.Client.Get(ctx, fetch.Request{URL: u, Accept: acceptFeeds, MaxBytes: mostBytes})
	if err != nil {
		return nil, nil, err
	}
	if resp.Status != http.StatusOK {
		return nil, nil, errors.New(refusal(resp))
	}
	defer turn(len(resp.Body))()
	doc, err := Read(resp.Body, resp.ContentType, resp.URL)
	return doc, resp, err
}

// pages reads the articles of which a source gave only a summary, once each, to
// decide the topic: first of what came now, then of what waited.
func (r *Reader) pages(ctx context.Context, s *post.SourceState, b *post.Batch) {
	var wanted []*post.Post
	for i := len(b.Posts) - 1; i >= 0; i-- { // the newest first
		if b.Posts[i].PageNeed == post.PageWanted {
			wanted = append(wanted, &b.Posts[i])
		}
	}
	wanted = wanted[:min(len(wanted), mostPages)]
	var waiting, decided []post.Post
	if s.Wanting && len(wanted) < mostPages {
		stored, err := r.Store.WantPages(ctx, s.Source.ID, mostPages-len(wanted))
		if err != nil {
			return // they go on waiting
		}
		for _, p := range stored {
			if !slices.ContainsFunc(b.Posts, func(q post.Post) bool { return q.ID == p.ID && q.Variant == p.Variant }) {
				waiting = append(waiting, p)
			}
		}
		for i := range waiting {
			wanted = append(wanted, &waiting[i])
		}
	}
	own, unread := len(wanted)-len(waiting), 0
	for i, p := range wanted {
		need, tries := p.PageNeed, p.PageTries
		goOn := func() bool {
			part, leave := r.Client.Stay(ctx)
			defer leave()
			return r.page(part, p, s.Source)
		}()
		if i >= own && (p.PageNeed != need || p.PageTries != tries) {
			decided = append(decided, *p)
		}
		if !goOn {
			break
		}
		if p.PageNeed != post.PageRead {
			unread++
		}
	}
	if unread > 0 {
		b.Visit.Notice = join(b.Visit.Notice, fmt.Sprintf("%d of its articles could not be read, so only their summaries decide the topic", unread))
	}
	b.Posts = append(b.Posts, decided...)
}

// page reads one article. It is false where going on makes no sense now.
func (r *Reader) page(ctx context.Context, p *post.Post, src post.Source) (goOn bool) {
	var (
		resp *fetch.Response
		wait *fetch.HeldError
		err  = errRobots
	)
	if r.robots.allow(ctx, r.Client, p.URL, r.Now()) {
		resp, err = r.Client.Get(ctx, fetch.Request{URL: p.URL, Accept: acceptPages})
	}
	switch {
	case errors.Is(ctx.Err(), context.Canceled), errors.As(err, &wait):
		return false
	case err == nil && resp.Status == http.StatusOK:
		var pg page
		inTurn(0, func() { pg, err = readPage(resp.Body, resp.ContentType, resp.URL) })
		if err != nil {
			p.PageNeed = post.PageFailed
			return true
		}
		addPage(p, pg, src, r.Match)
		return true
	}
	if p.PageTries++; p.PageTries >= pageTries {
		p.PageNeed = post.PageFailed
	}
	return ctx.Err() == nil
}

// errEdited: what seems new has the id of a stored post. Whether it is that one,
// edited, depends on what else has this id.
var errEdited = errors.New("an entry was edited")

// searchAgain forgets a feed address that was found, when it stops being a feed:
// the next visit starts at what the operator gave.
func searchAgain(v post.Visit) post.Visit {
	if v.FeedURL != "" && v.FeedURL != v.Given {
		v.FeedURL, v.ETag, v.LastModified, v.Body, v.Gone = "", "", "", post.Digest{}, false
	}
	return v
}

// errRobots: the site does not want programs to read this page.
var errRobots = errors.New("the site's robots.txt does not allow it")

func isPage(err error) bool {
	var not *NotFeedError
	return errors.As(err, &not) && not.Page
}

// reason is what went wrong without the address, which stands beside it already.
func reason(err error) string {
	var e *fetch.Error
	if errors.As(err, &e) && e == err {
		return e.Reason
	}
	return err.Error()
}

// bodyDigest tells a document from those that stood at its address before. Who takes
// the pains to make two that it does not tell apart is not read.
func bodyDigest(body []byte) (d post.Digest) {
	body = bytes.TrimSpace(body)
	binary.LittleEndian.PutUint64(d[:], xxhash.Sum64(body))
	binary.LittleEndian.PutUint64(d[8:], uint64(len(body)))
	return d
}

// lost puts into a line what could not be read of a document.
func lost(lines []string) string {
	const shown = 3
	s := strings.Join(lines[:min(len(lines), shown)], "; ")
	if n := len(lines) - shown; n > 0 {
		s += fmt.Sprintf("; and %d more", n)
	}
	return "not all of it could be read: " + s
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}
