package main

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"samenloop/fetch"
	"samenloop/ingest"
	"samenloop/people"
	"samenloop/post"
	"samenloop/store"
	"samenloop/web"
)

// What anybody on the web may have us look at is bounded closer than what the
// operator chose: [fetch] allow_networks is not for them.
const (
	strangersBytes = 3_000_000
	strangersWait  = 6 * time.Second
	strangersOpen  = 12 // requests
	strangersPosts = 6  // that they are shown
)

// members opens the door for those who propose a source, who are counted at.
func (c *config) members(s *store.Store, at *web.Limits) (*web.Members, error) {
	reader, err := c.strangers(s)
	if err != nil {
		return nil, err
	}
	m := &web.Members{Proposals: proposals{s}, Example: c.Site.example, Limits: at}
	m.Look = func(ctx context.Context, address string) (web.Look, error) { return c.look(ctx, s, reader, address) }
	m.Proof = func(ctx context.Context, p people.Proposal, word string) (people.Proof, error) {
		where, err := reader.Proof(ctx, p.Site, p.URL, word, c.Site.BaseURL)
		return where, forStrangers(err)
	}
	return m, nil
}

// proposals are those of the store, of what is not read yet.
type proposals struct{ *store.Store }

func (s proposals) Propose(ctx context.Context, p people.Proposal, token people.Digest) error {
	states, err := s.Sources(ctx)
	if err != nil {
		return err
	}
	if _, known := reads(states, p.URL, p.Feed); known {
		return people.ErrRead
	}
	return s.Store.Propose(ctx, p, token)
}

// strangers is what looks for them. The demo's sites stand on this machine.
func (c *config) strangers(s *store.Store) (*ingest.Reader, error) {
	o := c.fetching(s, time.Now)
	if c.Site.example == "" {
		o.AllowNetworks = nil
	}
	o.MaxBytes, o.Timeout, o.Concurrency, o.PerHost = min(o.MaxBytes, strangersBytes), min(o.Timeout, strangersWait), strangersOpen, 1
	client, err := fetch.New(o)
	if err != nil {
		return nil, &configError{[]string{err.Error()}}
	}
	match, err := post.NewMatcher(c.topics())
	if err != nil {
		return nil, &configError{[]string{err.Error()}}
	}
	return &ingest.Reader{Client: client, Match: match, Now: time.Now, BaseURL: c.Site.BaseURL, Concurrency: 1, PerHost: 1}, nil
}

// look says what a source at an address would give. Nothing is stored.
func (c *config) look(ctx context.Context, s *store.Store, reader *ingest.Reader, address string) (web.Look, error) {
	src, problem := c.proposed("", meant(address))
	if problem != "" {
		return web.Look{Trouble: problem}, nil
	}
	if u, err := url.Parse(src.URL); err == nil && u.User != nil {
		return web.Look{Trouble: "an address with a password is for the operator to add"}, nil
	}
	states, err := s.Sources(ctx)
	if err != nil {
		return web.Look{}, err
	}
	blocks, err := s.Blocks(ctx)
	if err != nil {
		return web.Look{}, err
	}
	if st, known := reads(states, src.URL); known {
		return taken(st), nil
	}
	if _, blocked := blocks.Find(src.URL); blocked {
		return web.Look{Barred: true}, nil
	}
	waiting, err := s.Proposals(ctx, people.Waiting)
	if err != nil {
		return web.Look{}, err
	}
	ctx, leave := reader.Client.Stay(ctx) // what is in memory at a time is bounded
	defer leave()
	x, err := reader.Skim(ctx, src)
	if err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return web.Look{Trouble: "it took too long to answer"}, nil
		}
		return web.Look{Trouble: printable(forStrangers(err).Error())}, nil
	}
	if st, known := reads(states, x.URL); known {
		return taken(st), nil
	}
	if _, blocked := blocks.Find(x.URL); blocked {
		return web.Look{Barred: true}, nil
	}
	found := web.Look{URL: src.URL, Feed: x.URL, Format: x.Document.Format, Title: post.CleanText(x.Document.Title, 200), Found: len(x.Posts)}
	found.Proposed = slices.ContainsFunc(waiting, func(p people.Proposal) bool {
		return post.SameAddress(p.URL, found.URL) || post.SameAddress(p.Feed, found.Feed)
	})
	if !x.Account() {
		found.Site = siteOf(src.URL, x.Document.SiteURL)
		feeds, accounts := reader.Others(ctx, cmp.Or(x.Page, found.Site))
		for _, other := range append(feeds, accounts...) {
			if _, known := reads(states, other); !known && other != x.URL {
				found.Others = append(found.Others, other)
			}
		}
	}
	// Articles are read last, and only those that are shown, on the site that was proposed:
	// what a stranger's feed names elsewhere did not ask for a visit.
	show := shown(x.Posts)
	var articles []*post.Post
	for _, i := range show {
		if p := &x.Posts[i]; p.PageNeed == post.PageWanted && post.Host(p.URL) == post.Host(src.URL) {
			articles = append(articles, p)
		}
	}
	reader.ReadArticles(ctx, src, articles)
	for _, i := range show {
		found.Posts = append(found.Posts, x.Posts[i])
	}
	for i := range x.Posts {
		switch p := &x.Posts[i]; {
		case len(p.Matches) > 0:
			found.OnTopic++
		case p.PageNeed == post.PageWanted:
			found.Unread++
		}
	}
	return found, nil
}

// meant is an address as people write one down, "example.org" or "name@example.org", made whole.
func meant(address string) string {
	host, path, _ := strings.Cut(address, "/")
	name, _, account := strings.Cut(host, "@")
	switch {
	case strings.Contains(host, ":"), !strings.Contains(host, "."), account && name == "":
		return address
	case account && path == "":
		return "@" + address
	}
	return "https://" + address
}

// shown are the posts that a stranger is shown, in their order: the newest, and of those
// that are older some on topic.
func shown(posts []post.Post) (list []int) {
	for _, wanted := range []func(i int) bool{
		func(i int) bool { return i < strangersPosts/2 },
		func(i int) bool { return len(posts[i].Matches) > 0 },
		func(i int) bool { return true },
	} {
		for i := range posts {
			if len(list) < strangersPosts && wanted(i) && !slices.Contains(list, i) {
				list = append(list, i)
			}
		}
	}
	slices.Sort(list)
	return list
}

// errOutOfReach is all that strangers are told where there was no answer.
var errOutOfReach = errors.New("it did not answer, answered too much, or is not on the public web")

// forStrangers is an error without what the network around this machine looks like: which
// names there are, where they lead, and what the operator could allow.
func forStrangers(err error) error {
	var network *fetch.Error
	if errors.As(err, &network) {
		return errOutOfReach
	}
	return err
}

// taken is the answer where a source is one already. That somebody keeps it out, or
// ended it, is not for strangers to know.
func taken(st post.SourceState) web.Look {
	if st.State == post.Blocked || st.State == post.Removed {
		return web.Look{Barred: true}
	}
	return web.Look{Known: st.Title()}
}

// siteOf is the page where the owner of an address can show that it is theirs: what its
// feed names as its site, if that is on the same one, else the top of its host. That
// the feed may be elsewhere, as where the address redirects, proves nothing.
func siteOf(address, named string) string {
	if named != "" && fetch.SameSite(address, named) {
		return named
	}
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/"}).String()
}
