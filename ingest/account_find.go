package ingest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"samenloop/fetch"
	"samenloop/post"
)

// What is asked for.
const (
	acceptStreams   = `application/activity+json, application/ld+json;profile="https://www.w3.org/ns/activitystreams";q=0.9, text/html;q=0.1`
	acceptWebFinger = "application/jrd+json, application/json;q=0.9"
	acceptTagFeed   = "application/rss+xml, application/xml;q=0.9, */*;q=0.1"
	acceptStatuses  = "application/json"
)

func acceptOf(kind post.AccountKind) string {
	switch kind {
	case post.TagFeed:
		return acceptTagFeed
	case post.TagStatuses:
		return acceptStatuses
	}
	return acceptStreams
}

var (
	accountPath = regexp.MustCompile(`^https?://[^/]+/(@[^/?#]+|users/[^/?#]+(/outbox)?)/?$`)
	tagPath     = regexp.MustCompile(`^(https?://[^/]+)/tags/([^/?#]+?)(\.rss)?/?$`)
)

// handle takes "acct:name@host" and "@name@host" apart.
func handle(address string) (name, host string, ok bool) {
	rest, acct := strings.CutPrefix(address, "acct:")
	rest, at := strings.CutPrefix(rest, "@")
	name, host, _ = strings.Cut(rest, "@")
	return name, host, (acct || at) && name != "" && host != "" && !strings.ContainsAny(host, "/?#@ ")
}

// IsHandle tells an account from an address and the name of a file.
func IsHandle(s string) bool {
	_, _, ok := handle(s)
	return ok
}

// find finds out what stands at the address that the operator gave.
func (a *accountVisit) find(ctx context.Context, found *fetch.Response) (err error) {
	v := &a.b.Visit
	if m := tagPath.FindStringSubmatch(v.Given); m != nil {
		return a.findTag(ctx, m[1], m[2])
	}
	if found == nil {
		start := v.Given
		if name, host, ok := handle(start); ok {
			if start, err = a.finger(ctx, name, host); err != nil {
				return err
			}
		}
		if found, err = a.get(ctx, fetch.Request{URL: start, Accept: acceptStreams}); err != nil {
			return err
		}
	}
	a.last = found
	o, err := streamsOf(found)
	if name, ok := profileName(found.URL); isPage(err) && ok {
		// A server that shows everybody the page for people.
		u, _ := url.Parse(found.URL)
		id, err := a.finger(ctx, name, u.Host)
		if err != nil {
			return err
		}
		if found, err = a.get(ctx, fetch.Request{URL: id, Accept: acceptStreams}); err != nil {
			return err
		}
		a.last = found
		if o, err = streamsOf(found); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	a.host = post.Host(found.URL)
	account := post.Account{Kind: post.Outbox, Gap: v.Account.Gap}
	list := found.URL
	if o.is(asActors...) {
		if account.Actor = string(o.ID); post.Host(account.Actor) != a.host {
			return errElsewhere
		}
		if err := a.agree(o); err != nil {
			return err
		}
		if len(o.Outbox) == 0 || post.Host(o.Outbox[0].address()) != a.host {
			return errors.New("its actor names no outbox on its own host")
		}
		list = o.Outbox[0].address()
		if found, err = a.list(ctx, fetch.Request{URL: list, Accept: acceptStreams}); err != nil {
			return err
		}
		a.last = found
		if o, err = streamsOf(found); err != nil {
			return err
		}
	} else if actor := o.actorOf(); actor != "" && post.Host(actor) == a.host {
		account.Actor = actor
		if err := a.meet(ctx, actor); err != nil {
			return err
		}
	} else {
		v.FeedTitle = post.CleanText(titleText(string(o.Name)), mostName)
		a.own = post.Author{Name: v.FeedTitle}
	}
	// From now on the first page is asked for rather than what points to it.
	if items, _ := o.items(); len(items) == 0 {
		if first := idOf(o.First); post.Host(first) == a.host {
			list = first
		}
	}
	account.Indexable = account.Actor != "" && v.Account.Indexable // as was just read
	if account.Gap.Next != "" {                                    // its pages are looked for from the start
		account.Gap.Next = list
	}
	v.FeedURL, v.Account = list, account
	return nil
}

// profileName is the name in the address of a profile for people.
func profileName(address string) (string, bool) {
	u, err := url.Parse(address)
	if err != nil {
		return "", false
	}
	name, ok := strings.CutPrefix(strings.Trim(u.Path, "/"), "@")
	return name, ok && name != "" && !strings.ContainsAny(name, "/@")
}

// findTag finds how a server shows the timeline of a hashtag, if at all.
func (a *accountVisit) findTag(ctx context.Context, site, tag string) error {
	v := &a.b.Visit
	var why string
	for _, way := range []struct {
		kind post.AccountKind
		url  string
	}{{post.TagFeed, site + "/tags/" + tag + ".rss"}, {post.TagStatuses, site + "/api/v1/timelines/tag/" + tag}} {
		resp, err := a.get(ctx, fetch.Request{URL: way.url, Accept: acceptOf(way.kind)})
		if err == nil {
			a.last = resp
			_, err = tagged(way.kind, resp)
		}
		if err == nil {
			name, unescaped := url.PathUnescape(tag)
			if unescaped != nil {
				name = tag
			}
			a.host = post.Host(site)
			v.Account, v.FeedURL, v.SiteURL = post.Account{Kind: way.kind}, way.url, site+"/tags/"+tag
			v.FeedTitle = post.CleanText("#"+name+" · "+a.host, mostName)
			return nil
		}
		if held := (*fetch.HeldError)(nil); errors.As(err, &held) {
			return err
		}
		why = join(why, reason(err))
	}
	return fmt.Errorf("its server does not show the timeline of a hashtag to others (%s): name the accounts instead", why)
}

// tagged are the addresses of the posts in a timeline.
func tagged(kind post.AccountKind, resp *fetch.Response) (addresses []string, err error) {
	defer turn(len(resp.Body))()
	if kind == post.TagStatuses {
		body, err := boundedJSON(resp.Body)
		var statuses []struct{ URI, Visibility jsonText }
		if err == nil {
			err = json.Unmarshal(body, &statuses)
		}
		if err != nil {
			return nil, errors.New("its API gives no list of posts")
		}
		for _, s := range statuses {
			if s.Visibility == "public" || s.Visibility == "" {
				addresses = append(addresses, string(s.URI))
			}
		}
		return addresses, nil
	}
	doc, err := Read(resp.Body, resp.ContentType, resp.URL)
	if err != nil {
		return nil, err
	}
	if doc.object != nil {
		return nil, errors.New("it is " + doc.Format + ", not a feed")
	}
	for i := range doc.Entries {
		addresses = append(addresses, cmp.Or(doc.Entries[i].URL, doc.Entries[i].ID))
	}
	return addresses, nil
}

// finger asks WebFinger (RFC 7033) for the actor of an account.
func (a *accountVisit) finger(ctx context.Context, name, host string) (string, error) {
	scheme := "https"
	if isLoopback(host) { // nobody gives certificates for these
		scheme = "http"
	}
	resp, err := a.get(ctx, fetch.Request{
		URL:    scheme + "://" + host + "/.well-known/webfinger?resource=" + url.QueryEscape("acct:"+name+"@"+host),
		Accept: acceptWebFinger,
	})
	if isGone(err) {
		a.last = err.(*answerError).resp
		return "", fmt.Errorf("%s knows no account %q", host, name)
	}
	if err != nil {
		return "", err
	}
	a.last = resp
	id := actorOfFinger(resp.Body)
	if id == "" {
		return "", fmt.Errorf("%s names no actor for %q", host, name)
	}
	return id, nil
}

// actorOfFinger is the actor that a WebFinger answer names, "" for none.
func actorOfFinger(body []byte) string {
	body, err := boundedJSON(bytes.TrimSpace(body))
	var answer struct {
		Links jsonList[struct{ Rel, Type, Href jsonText }]
	}
	if err != nil || json.Unmarshal(body, &answer) != nil {
		return ""
	}
	for _, l := range answer.Links {
		kind := strings.ToLower(string(l.Type))
		if l.Rel == "self" && (strings.HasPrefix(kind, "application/activity+json") ||
			strings.HasPrefix(kind, "application/ld+json") && strings.Contains(kind, "www.w3.org/ns/activitystreams")) {
			return httpURL("", string(l.Href))
		}
	}
	return ""
}

func isLoopback(host string) bool {
	name := (&url.URL{Host: host}).Hostname()
	ip, err := netip.ParseAddr(name)
	return name == "localhost" || err == nil && ip.IsLoopback()
}

// author is what an actor's document says: how to name them, and why they want to
// be left out, if they do.
type author struct {
	post.Author
	opposed string
}

// opposedError says that an account does not want to be read.
type opposedError struct{ why string }

func (e *opposedError) Error() string { return "nothing is taken from it: " + e.why }

var errDeleted = errors.New("it was deleted")

// meet reads the actor of the source: do they agree, what are they called?
func (a *accountVisit) meet(ctx context.Context, id string) error {
	o, resp, err := a.object(ctx, id)
	if err != nil {
		return err
	}
	a.last = resp
	switch {
	case o.is("Tombstone"):
		return errDeleted
	case !o.is(asActors...):
		return errors.New("its author is no account")
	}
	return a.agree(o)
}

// agree takes the source's names from its actor, unless they want to be left out.
func (a *accountVisit) agree(o *asObject) error {
	who := o.author()
	v := &a.b.Visit
	v.FeedTitle, v.SiteURL, v.Account.Indexable, v.Account.Opposed = who.Name, who.URL, bool(o.Indexable), who.opposed != ""
	a.own = who.Author
	if who.opposed != "" {
		return &opposedError{who.opposed}
	}
	return nil
}

// person reads the actor of somebody else, once a visit.
func (a *accountVisit) person(ctx context.Context, id string) (author, error) {
	if who, ok := a.authors[id]; ok {
		return who, nil
	}
	o, _, err := a.object(ctx, id)
	if err != nil {
		return author{}, err
	}
	switch {
	case o.is("Tombstone"):
		return author{}, errDeleted
	case !o.is(asActors...):
		return author{}, errors.New("its author is no account")
	}
	who := o.author()
	a.authors[id] = who
	return who, nil
}

func (o *asObject) author() author {
	return author{
		post.Author{
			Name: post.CleanText(titleText(cmp.Or(string(o.Name), string(o.PreferredUsername), handleOf(string(o.ID)))), mostName),
			URL:  post.PublicURL(o.page()),
		},
		o.opposes(),
	}
}

var marks = regexp.MustCompile(`(?i)#(nobots?|noindex|nobridge)([^\pL\pN_]|$)`)

// opposes says why an actor is left out, whatever is configured; "" where they are not.
func (o *asObject) opposes() string {
	mark := marks.FindStringSubmatch(post.Text(string(o.Summary)))
	for i := 0; i < len(o.Tag) && mark == nil; i++ {
		mark = marks.FindStringSubmatch("#" + strings.TrimPrefix(string(o.Tag[i].Name), "#"))
	}
	switch {
	case o.is("Application"):
		return "it is a program (Application) that passes on what others wrote: name the accounts of those who write"
	case mark != nil:
		return "its profile says #" + strings.ToLower(mark[1]) + onlyOwner + "take that word out of the profile"
	case o.Discoverable != nil && !bool(*o.Discoverable):
		return "its profile says that it does not want to be found (discoverable: false)" + onlyOwner + "switch on in its settings that others may find it"
	case bool(o.HidesToPublicFromUnauthedWeb):
		return "it shows its posts on the web to nobody (hidesToPublicFromUnauthedWeb)" + onlyOwner + "switch on in its settings that its profile shows public posts"
	case bool(o.ManuallyApprovesFollowers):
		return "it is locked (it approves its followers by hand)" + onlyOwner + "switch that off in its settings"
	}
	return ""
}

// onlyOwner leads from what somebody wants to how they can want something else.
const onlyOwner = ", which no configuration here overrides; if its owner wants to be read, they can "

// actorOf is the id of who made a thing: of a collection, who gave it or its newest item.
func (o *asObject) actorOf() string {
	for _, l := range slices.Concat(o.AttributedTo, o.Actor) {
		if id := httpURL("", string(l.ID)); id != "" {
			return id
		}
	}
	if !o.is(asCollections...) {
		return ""
	}
	items, first := o.items()
	if len(items) == 0 && first != nil {
		items, _ = first.items()
	}
	var newest asObject
	if len(items) == 0 || newest.UnmarshalJSON(items[0]) != nil {
		return ""
	}
	for _, l := range slices.Concat(newest.Actor, newest.AttributedTo) {
		return httpURL("", string(l.ID))
	}
	return ""
}

// idOf is an id that may stand as an object.
func idOf(raw json.RawMessage) string {
	var l asLink
	if len(raw) == 0 || l.UnmarshalJSON(raw) != nil {
		return ""
	}
	return httpURL("", l.address())
}

// answerError is an answer whose status gives nothing.
type answerError struct{ resp *fetch.Response }

func (e *answerError) Error() string { return refusal(e.resp) }

// isGone says whether an answer means that a thing is not there: 404 is how some servers say that it was deleted.
func isGone(err error) bool {
	var answer *answerError
	return errors.Is(err, errDeleted) || errors.As(err, &answer) && (answer.resp.Status == http.StatusGone || answer.resp.Status == http.StatusNotFound)
}

// isGone says whether the source's account is no more. A server that has lost its
// way says 404 to everything: its outbox has to say so, too.
func (a *accountVisit) isGone(ctx context.Context, err error) bool {
	var answer *answerError
	if !isGone(err) {
		return false
	}
	if errors.As(err, &answer) && answer.resp.Status == http.StatusNotFound && a.b.Visit.FeedURL != "" {
		_, err := a.get(ctx, fetch.Request{URL: a.b.Visit.FeedURL, Accept: acceptStreams})
		return isGone(err)
	}
	return true
}
