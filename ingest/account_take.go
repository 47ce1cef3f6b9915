package ingest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"samenloop/fetch"
	"samenloop/post"
)

var (
	errEnough = errors.New("that is enough for one visit")
	errUnhad  = errors.New("not all of its posts could be had")

	errElsewhere = errors.New("another host answers for it: if it moved there, give its address there")
)

// Bounds of what is in memory until a visit ends, in bytes: of one object, and of all that
// comes before no more is asked for.
const (
	mostObject = 1 << 20
	mostHad    = 24 << 20
)

// get asks for a document, signed where its server wants that. What is neither 200
// nor 304 is an *answerError.
func (a *accountVisit) get(ctx context.Context, q fetch.Request) (*fetch.Response, error) {
	if a.r.ours(q.URL) {
		return nil, errOurs
	}
	if a.left--; a.left < 0 || a.had > mostHad {
		return nil, errEnough
	}
	host := post.Host(q.URL)
	q.MaySign, q.Sign = true, a.signed[host]
	if host == a.host && q.MaxBytes == 0 { // others are not the source
		q.MaxBytes = a.src.MaxBytes
	}
	resp, err := a.r.Client.Get(ctx, q)
	if err != nil {
		return nil, err
	}
	a.had += len(resp.Body)
	if resp.Signed && resp.Status != http.StatusUnauthorized {
		a.signed[host] = true
	}
	if by := post.Host(resp.URL); resp.RetryAfter > 0 && (by == a.host || a.b.Held.Host == "") { // later visits keep to it, too
		a.b.Held = post.Hold{Host: by, Until: a.b.Now.Add(resp.RetryAfter)}
	}
	if resp.Status != http.StatusOK && resp.Status != http.StatusNotModified {
		return nil, &answerError{resp}
	}
	return resp, nil
}

// object asks for an object by its id. It comes from the id's own host or not at
// all: nobody speaks for another.
func (a *accountVisit) object(ctx context.Context, id string) (*asObject, *fetch.Response, error) {
	resp, err := a.get(ctx, fetch.Request{URL: id, Accept: acceptStreams, MaxBytes: mostObject})
	if err != nil {
		return nil, nil, err
	}
	o, err := streamsOf(resp)
	if err != nil {
		return nil, nil, err
	}
	if host := post.Host(id); post.Host(resp.URL) != host || post.Host(string(o.ID)) != host {
		return nil, nil, errElsewhere
	}
	return o, resp, nil
}

func streamsOf(resp *fetch.Response) (*asObject, error) {
	defer turn(len(resp.Body))()
	doc, err := Read(resp.Body, resp.ContentType, resp.URL)
	if err != nil {
		return nil, err
	}
	if doc.object == nil {
		return nil, fmt.Errorf("it is %s, not an account", doc.Format)
	}
	return doc.object, nil
}

// passing says whether asking again later may help.
func passing(err error) bool {
	var (
		answer *answerError
		not    *NotFeedError
		failed *fetch.Error
		wait   *fetch.HeldError
	)
	switch {
	case errors.As(err, &not):
		return false
	case errors.As(err, &answer):
		return answer.resp.Status >= 500 || answer.resp.Status == http.StatusTooManyRequests
	}
	return errors.As(err, &failed) || errors.As(err, &wait) || errors.Is(err, errEnough)
}

// later notes that something could not be had now, where asking again may help.
func (a *accountVisit) later(err error) {
	a.missed = a.missed || passing(err)
}

// reach is how far some items of a list lead.
type reach struct {
	known  bool      // nothing new of the account's own stands behind a post that was there already: what follows is older
	since  time.Time // when that one was first seen
	missed bool      // a post of the account's own could not be had now
}

// take takes what is new of a page's items. The error is of the store, or says
// that the account deleted itself.
func (a *accountVisit) take(ctx context.Context, items []asItem) (r reach, err error) {
	var names []string
	for i := range items {
		if id := items[i].id(); id != "" {
			names = append(names, id)
		}
	}
	var seen map[string]time.Time
	if a.r.Fediverse != nil {
		if seen, err = a.r.Fediverse.Seen(ctx, a.src.ID, names); err != nil {
			return r, err
		}
	}
	for i := range items {
		it := &items[i]
		id := it.id()
		here := a.b.Visit.Account.Kind == post.Outbox && post.Host(id) == a.host
		own := here && !it.boosted
		since, known := seen[id]
		switch {
		case it.gone != "" && it.boosted:
			a.listed[it.gone] = true // older items of it come to nothing
			a.b.Unboosted = append(a.b.Unboosted, it.gone)
		case it.gone != "" && it.gone == a.b.Visit.Account.Actor:
			return r, errDeleted
		case it.gone != "":
			if own {
				a.listed[it.gone] = true
				a.b.Deleted = append(a.b.Deleted, it.gone)
			}
		case id == "" || a.listed[id]:
			a.explain(it.why)
		case own && it.object != nil:
			a.listed[id] = true
			r.known, r.since = known, since
			a.mine(ctx, it.object)
		case known:
			a.listed[id] = true
			if own || !here { // whoever boosts an old post of their own says nothing of those between
				r.known, r.since = true, since
			}
		case own:
			a.listed[id] = true
			o, err := a.piece(ctx, id)
			switch {
			case err == nil && o != nil:
				r.known = false
				a.mine(ctx, o)
			case passing(err):
				r.known, r.missed = false, true
			}
			a.later(err)
		default:
			a.listed[id] = true
			a.foreign(ctx, id, it.boosted)
		}
	}
	return r, nil
}

// id is what an item is about.
func (i *asItem) id() string {
	if i.object != nil {
		return httpURL("", string(i.object.ID))
	}
	return httpURL("", i.fetch+i.gone)
}

// explain says in a look what gives nothing. A visit keeps silent: what is not for
// everybody is to reach no log.
func (a *accountVisit) explain(why string) {
	if a.brief && why != "" && len(a.doc.Lost) < maxNamed {
		a.doc.Lost = append(a.doc.Lost, "an entry is left out: "+why)
	}
}

// piece is the public object that stands at an id, or in an activity there; nil where
// it is there, but not for us.
func (a *accountVisit) piece(ctx context.Context, id string) (*asObject, error) {
	o, _, err := a.object(ctx, id)
	if err != nil {
		return nil, err
	}
	item := asItemOf(o)
	if item.object == nil || item.boosted {
		a.explain(item.why)
		return nil, nil
	}
	if post.Host(string(item.object.ID)) != post.Host(id) {
		return nil, errElsewhere
	}
	return item.object, nil
}

// mine takes an object from the source's own host. What is not by its own account
// is somebody else's, also there.
func (a *accountVisit) mine(ctx context.Context, o *asObject) {
	actor := a.b.Visit.Account.Actor
	named := false
	for i := range o.AttributedTo {
		by := &o.AttributedTo[i]
		if named = string(by.ID) == actor && actor != ""; named {
			by.Name, by.URL = jsonText(a.own.Name), asAddress(a.own.URL)
			break
		}
	}
	switch by := o.actorOf(); {
	case named, by == "":
		a.add(o, false)
	case actor != "" || post.Host(by) != a.host:
		a.others(ctx, o, false)
	case a.regard(ctx, by) == post.Unwanted:
		a.explain("its author is blocked")
	default: // a list that has no account of its own
		a.takeOf(ctx, o, by, false)
	}
}

// regard is what the operator thinks of who has an address. Where that cannot be
// told now, nothing of them is taken until it can.
func (a *accountVisit) regard(ctx context.Context, address string) post.Regard {
	if a.r.Fediverse == nil {
		return post.Stranger
	}
	regard, err := a.r.Fediverse.Regard(ctx, address)
	if err != nil {
		a.missed = true
		return post.Unwanted
	}
	return regard
}

// foreign takes an object from elsewhere: from its own host, and only as far as
// its author is listed, or everything that this account boosts is to be taken.
func (a *accountVisit) foreign(ctx context.Context, id string, boosted bool) {
	if a.regard(ctx, id) == post.Unwanted { // its server is not even asked
		a.explain("its site is blocked")
		return
	}
	o, err := a.piece(ctx, id)
	if err != nil || o == nil {
		a.later(err)
		return
	}
	a.listed[string(o.ID)] = true
	a.others(ctx, o, boosted)
}

func (a *accountVisit) others(ctx context.Context, o *asObject, boosted bool) {
	by := o.actorOf()
	regard := a.regard(ctx, by)
	switch {
	case !vouched(o, by):
		a.explain("it names no author on its own host")
		return
	case regard == post.Unwanted:
		a.explain("its author is blocked")
		return
	case regard == post.Stranger && !(boosted && a.src.Boosts):
		page := o.page()
		if post.Host(page) != post.Host(by) { // by its address a moderator decides
			page = string(o.ID)
		}
		a.b.Waiting = append(a.b.Waiting, post.Waiting{Source: a.src.ID, ID: string(o.ID), Author: by, URL: page, Since: a.b.Now})
		return
	}
	a.takeOf(ctx, o, by, true)
}

// vouched says whether an object is by whom it says: nobody speaks for those of another host.
func vouched(o *asObject, by string) bool { return post.Host(by) == post.Host(string(o.ID)) }

// takeOf takes an object of somebody. unwanted says that it is not to be here, as they
// want to be left out, are no more, or are said to have written it by another host.
func (a *accountVisit) takeOf(ctx context.Context, o *asObject, by string, foreign bool) (unwanted bool) {
	if !vouched(o, by) {
		return true
	}
	who, err := a.person(ctx, by)
	switch {
	case isGone(err) && foreign: // everything of theirs goes
		return true
	case err != nil && !isGone(err): // a site of plain files has no actors
		a.later(err)
		return false
	case who.opposed != "":
		a.explain(who.opposed)
		return true
	}
	for i := range o.AttributedTo {
		if string(o.AttributedTo[i].ID) == by && who.Name != "" {
			o.AttributedTo[i].Name, o.AttributedTo[i].URL = jsonText(who.Name), asAddress(who.URL)
		}
	}
	a.add(o, foreign)
	return false
}

// add takes an object. What is not the account's own was boosted by it.
func (a *accountVisit) add(o *asObject, foreign bool) {
	a.fresh[string(o.ID)] = true
	item := asItem{object: o}
	if foreign && a.b.Visit.Account.Kind == post.Outbox {
		item.boosted = true
		item.booster = asLink{Name: jsonText(a.own.Name), URL: asAddress(a.own.URL)}
	}
	a.doc.take(item.entries())
}

// admit takes what a moderator approved, and what waited until its author was listed.
func (a *accountVisit) admit(ctx context.Context) {
	if a.r.Fediverse == nil {
		return
	}
	ids, err := a.r.Fediverse.Admitted(ctx, a.src.ID, mostAdmitted)
	if err != nil {
		a.missed = true
	}
	for _, id := range ids {
		if a.fresh[id] {
			continue
		}
		o, err := a.piece(ctx, id)
		unwanted := false
		if o != nil {
			unwanted = a.takeOf(ctx, o, o.actorOf(), true)
		}
		if unwanted || isGone(err) || err == nil && o == nil { // nothing that could be taken is left
			a.b.Waiting = append(a.b.Waiting, post.Waiting{Source: a.src.ID, ID: id, Since: a.b.Now, Verdict: post.Refused})
		}
	}
}

// again looks at the newest posts again, for edits and deletions: at all of them
// when somebody asked for this visit, else at one in turn, and where the list
// changed, at a few that it no longer shows.
func (a *accountVisit) again(ctx context.Context, changed bool) {
	if a.r.Fediverse == nil {
		return
	}
	ids, err := a.r.Fediverse.Followed(ctx, a.src.ID, mostAgain)
	if err != nil {
		a.missed = true
		return
	}
	ids = slices.DeleteFunc(ids, func(id string) bool {
		return a.fresh[id] || slices.Contains(a.b.Deleted, id) || slices.Contains(a.b.Unboosted, id)
	})
	if !a.r.Thorough {
		ids = dueAgain(ids, a.listed, a.b.Visit.Account.Turn, changed)
	}
	for _, id := range ids {
		if httpURL("", id) == "" {
			continue
		}
		o, err := a.piece(ctx, id)
		switch {
		case isGone(err), err == nil && o == nil:
			a.b.Deleted = append(a.b.Deleted, id)
		case err != nil:
			a.later(err)
		case post.Host(id) == a.host && a.b.Visit.Account.Kind == post.Outbox && (o.actorOf() == "" || slices.ContainsFunc(o.AttributedTo, func(l asLink) bool { return string(l.ID) == a.b.Visit.Account.Actor })):
			a.mine(ctx, o)
		case a.takeOf(ctx, o, o.actorOf(), post.Host(id) != a.host || a.b.Visit.Account.Actor != ""):
			a.b.Deleted = append(a.b.Deleted, id) // its author does not want it here any more
		}
	}
}

// dueAgain are those of the newest posts that a visit looks at again.
func dueAgain(ids []string, listed map[string]bool, turn int, changed bool) (due []string) {
	if !changed {
		if turn%turns != 1 {
			return nil
		}
		turn /= turns
	} else {
		const few = 3
		for _, id := range ids {
			if !listed[id] && len(due) < few {
				due = append(due, id)
			}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	// The oldest first: where new ones come all the time, the others move towards the end.
	if id := ids[len(ids)-1-turn%len(ids)]; !slices.Contains(due, id) {
		due = append(due, id)
	}
	return due
}
