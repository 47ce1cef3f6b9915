package ingest

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"samenloop/fetch"
	"samenloop/post"
)

// How often a source is asked: politeness that publishers can count on.
const (
	leastInterval = time.Hour      // never more often, whatever the schedule ticks
	mostInterval  = 24 * time.Hour // never less often, whatever the publisher hints
	firstRetry    = 10 * time.Minute
	enoughAgreed  = 3 // answers in a row before a move within the site is followed
)

// Due says whether a source is to be visited now. A clock that was set back
// parks no source: nothing waits longer than the longest interval.
func Due(v post.Visit, now time.Time) bool {
	return !v.Next.After(now) || v.Next.After(now.Add(mostInterval+mostInterval/10))
}

// answered is a visit after an HTTP answer of any status, before it is known what was in it.
func answered(v post.Visit, r *fetch.Response, now time.Time) post.Visit {
	v.Checked, v.Status = now, r.Status
	v.Trouble, v.Notice = "", v.Reading
	return v
}

// succeeded is a visit whose answer was understood; gave says that there was
// something new in it. ttl is what the document asks for, 0 where it does not or
// was not read again.
func succeeded(v post.Visit, r *fetch.Response, gave bool, ttl time.Duration, now time.Time) post.Visit {
	v = answered(v, r, now)
	v.Succeeded, v.Failures, v.Gone = now, 0, false
	asked := v.ETag != "" || v.LastModified != ""
	if r.Status == http.StatusNotModified {
		v.Conditional = true
	} else {
		v.ETag, v.LastModified = r.ETag, r.LastModified
		can := r.ETag != "" || r.LastModified != ""
		switch {
		case !can, asked && !gave:
			v.Conditional = false
		case gave:
			v.Conditional = true
		}
		if ttl == 0 && r.Fresh == 0 && !gave {
			ttl = v.Interval // the same document, not read again
		}
		v.Interval = max(ttl, r.Fresh)
	}
	if gave {
		v.Changed = now
	}
	v = moved(v, r)
	asks := max(v.Interval, r.Fresh)
	interval := max(leastInterval, min(asks, mostInterval))
	if !v.Conditional && asks == 0 { // nothing tells how often it likes to be asked for all of it
		interval = mostInterval
	}
	v.Next = again(v, interval, now)
	return v
}

// again is when a source is to be visited next. What comes for the first time, or long
// after it was due, comes with all others, as when the program starts: not the next time.
func again(v post.Visit, interval time.Duration, now time.Time) time.Time {
	spread := interval / 10
	if v.Next.IsZero() || now.Sub(v.Next) > leastInterval/2 {
		spread = max(spread, leastInterval)
	}
	return now.Add(interval + jitter(v.Source, spread))
}

// moved follows a permanent redirect within the site once it was seen often
// enough. A move to another site is the operator's to decide: the old address stays.
func moved(v post.Visit, r *fetch.Response) post.Visit {
	switch asked := address(v); {
	case r.Permanent == "" || r.Permanent == asked:
		if v.MovedTo != asked {
			v.MovedTo, v.Agreed = "", 0
		}
	case r.Permanent == v.MovedTo:
		v.Agreed++
	default:
		v.MovedTo, v.Agreed = r.Permanent, 1
	}
	switch {
	case v.MovedTo == "":
	case !fetch.SameSite(v.Given, v.MovedTo) && !fetch.SameSite(address(v), v.MovedTo):
		v.Notice = join(v.Notice, fmt.Sprintf("it says that it moved for good to another site, %s: if that is right, put that address in its place", v.MovedTo))
	case v.Agreed >= enoughAgreed:
		v.FeedURL = withLogin(v.MovedTo, v.Given)
		v.Notice = join(v.Notice, fmt.Sprintf("it moved to %s and is read there: put that address in its place", v.MovedTo))
	}
	return v
}

// withLogin is an address on the site that the operator gave a user and password
// for, with those: answers never repeat them.
func withLogin(rawURL, given string) string {
	u, err := url.Parse(rawURL)
	g, errGiven := url.Parse(given)
	if err != nil || errGiven != nil || g.User == nil || u.Scheme != g.Scheme || u.Host != g.Host {
		return rawURL
	}
	u.User = g.User
	return u.String()
}

// address is what is fetched.
func address(v post.Visit) string {
	if v.FeedURL != "" {
		return v.FeedURL
	}
	return v.Given
}

// refused is a visit answered with a status that gives nothing.
func refused(v post.Visit, r *fetch.Response, now time.Time) post.Visit {
	v = answered(v, r, now)
	v.Trouble = refusal(r)
	if r.Status == http.StatusGone {
		v.Gone = true
	}
	v = failed(v, v.Trouble, leastInterval, now)
	if wait := now.Add(r.RetryAfter); wait.After(v.Next) {
		v.Next = wait
	}
	return v
}

// held is a visit that was not made, because the host does not want it yet.
func held(v post.Visit, until time.Time) post.Visit {
	v.Notice = "not asked: its host wants to be left alone until " + until.UTC().Format("2006-01-02 15:04 UTC")
	if v.Next.Before(until) {
		v.Next = until
	}
	return v
}

// unreachable is a visit that got no answer: nobody was bothered, so the next try comes sooner.
func unreachable(v post.Visit, trouble string, now time.Time) post.Visit {
	v.Checked, v.Status, v.Notice = now, 0, ""
	return failed(v, trouble, firstRetry, now)
}

// misunderstood is a visit whose document could not be read. Its validators are
// not kept: the same bytes are to be tried again by a program that understands them.
func misunderstood(v post.Visit, r *fetch.Response, trouble string, now time.Time) post.Visit {
	return failed(answered(v, r, now), trouble, leastInterval, now)
}

// failed backs off: twice as long with each failure in a row, up to a day.
func failed(v post.Visit, trouble string, base time.Duration, now time.Time) post.Visit {
	v.Trouble = trouble
	wait := min(base<<min(v.Failures, 8), mostInterval)
	v.Failures++
	v.Next = now.Add(wait + jitter(v.Source, wait/10))
	return v
}

// refusal puts a status into words for the one who can do something about it.
func refusal(r *fetch.Response) string {
	what := fmt.Sprintf("it answered %d", r.Status)
	if text := http.StatusText(r.Status); text != "" {
		what += " " + text
	}
	switch {
	case r.RetryAfter > 0:
		return fmt.Sprintf("%s and asks to wait %s: it is left alone until then", what, r.RetryAfter.Round(time.Second))
	case r.Status == http.StatusUnauthorized, r.Status == http.StatusForbidden:
		return what + ": it does not let us in; ask its owner to allow our User-Agent"
	case r.Status == http.StatusNotFound:
		return what + ": has the feed moved? Give the site's address and it is looked for"
	case r.Status == http.StatusGone:
		return what + ": it is gone for good and no longer asked; give its new address or remove it"
	case r.Status >= 500:
		return what + ": its server has a problem; it is tried again later"
	}
	return what
}

// jitter spreads sources over some time, each always at the same place.
func jitter(source string, spread time.Duration) time.Duration {
	sum := sha256.Sum256([]byte(source))
	return time.Duration(float64(spread) * float64(binary.BigEndian.Uint32(sum[:])) / (1 << 32))
}
