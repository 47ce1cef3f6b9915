package web

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"samenloop/post"
)

const (
	// keptBytes is how much memory the kept answers may take: some 300 pages of feeds.
	keptBytes = 64 << 20
	// renderTime is how long the making of one answer may take, with waiting for its turn.
	renderTime = 20 * time.Second
	// patience is how long one waits for a newer answer than the one that is kept.
	patience = 100 * time.Millisecond
)

// errNotFound says that a URL names a language, topic or source that is not there.
var errNotFound = errors.New("not found")

// errTooMany says that the turn of an answer to be made did not come.
var errTooMany = errors.New("too much is asked for at once; try again later")

// goneError says that what a URL names was there and is no more. Its message and
// its body, where it has one, are in the format that was asked for.
type goneError struct {
	contentType string
	body        []byte // nil: what every error says
}

func (*goneError) Error() string { return "this is no longer shown here" }

// movedError says that what a URL names stands at another path of ours for good.
type movedError struct{ path string }

func (e *movedError) Error() string { return "it stands at " + e.path }

func (e *goneError) serve(w http.ResponseWriter) {
	w.Header()["Cache-Control"] = noStore
	w.Header().Set("Content-Type", e.contentType)
	w.WriteHeader(http.StatusGone)
	w.Write(e.body)
}

// panicked is a panic where an answer was made, on its way to those who wait for it.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprint(p.value) }

// key names an answer: what it shows, and how.
type key struct {
	query  post.Query
	format string
}

// renderer makes the bytes of an answer.
type renderer func(context.Context, post.Query) (contentType string, body []byte, err error)

// keep serves what a renderer makes, and makes it again only when its version changed.
func (h *handler) keep(format string, render renderer) http.HandlerFunc {
	return h.keepBy(h.store.Version, format, render)
}

// keepBy is keep for what has another version than that of the feed of its query.
func (h *handler) keepBy(version func(post.Query) string, format string, render renderer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		search, before, err := parsePageQuery(r.URL.RawQuery)
		if err != nil {
			h.fail(w, r, http.StatusBadRequest, err.Error())
			return
		}
		k := key{format: format, query: post.Query{
			Language: r.PathValue("lang"),
			Others:   h.Others && r.PathValue("lang") != "",
			Topic:    r.PathValue("topic"),
			Source:   r.PathValue("source"),
			Story:    r.PathValue("story"),
			Search:   search,
			Before:   before,
			Limit:    perPage,
		}}
		a, err := h.find(r.Context(), k, version(k.query), render)
		gone, moved := (*goneError)(nil), (*movedError)(nil)
		switch {
		case errors.As(err, &moved):
			http.Redirect(w, r, moved.path, http.StatusMovedPermanently)
		case errors.As(err, &gone) && gone.body != nil:
			gone.serve(w)
		case gone != nil:
			h.fail(w, r, http.StatusGone, err.Error())
		case errors.Is(err, errNotFound):
			h.fail(w, r, http.StatusNotFound, err.Error())
		case errors.Is(err, errTooMany):
			later(w, renderTime)
			h.fail(w, r, http.StatusServiceUnavailable, err.Error())
		case err != nil:
			h.note(r, "render", err)
			h.fail(w, r, http.StatusInternalServerError, "this cannot be shown now; try again later")
		default:
			a.serve(w, r)
		}
	}
}

// find gives the kept answer, or makes it where there is none of its version. Where
// that takes long, as in a round that changes much, whoever asks gets the one before it.
func (h *handler) find(ctx context.Context, k key, version string, render renderer) (*answer, error) {
	last := h.kept.get(k)
	if last != nil && last.version == version {
		h.Metrics.hit()
		return last, nil
	}
	var enough <-chan time.Time // never, where there is none before it
	switch {
	case last == nil:
	case len(h.rendering) == cap(h.rendering): // its turn is not soon
		enough = time.After(0)
	default:
		enough = time.After(h.patience)
	}
	select {
	case made := <-h.make(ctx, k, version, render):
		var p *panicked
		if errors.As(made.Err, &p) {
			panic(p)
		}
		a, _ := made.Val.(*answer)
		return a, made.Err
	case <-enough:
		return last, nil
	}
}

// make renders an answer and keeps it, a few at a time. Whoever asks for the same
// meanwhile gets this one, too. The version was read before the editions are: what
// changes in between is noticed at the next request.
func (h *handler) make(ctx context.Context, k key, version string, render renderer) <-chan singleflight.Result {
	flight := k.format + feedPath(k.query) + k.query.Story + "?" + pageQuery(k.query.Search, k.query.Before)
	return h.kept.flights.DoChan(flight, func() (made any, err error) {
		defer func() {
			if p := recover(); p != nil {
				err = &panicked{p, debug.Stack()}
			}
		}()
		// The answer is for everybody who waits: that one of them leaves does not end it.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), renderTime)
		defer cancel()
		select {
		case h.rendering <- struct{}{}:
			defer func() { <-h.rendering }()
		case <-ctx.Done():
			return nil, errTooMany
		}
		last := h.kept.get(k)
		if last != nil && last.version == version {
			return last, nil // made between our look and our turn
		}
		h.Metrics.render()
		contentType, body, err := render(ctx, k.query)
		if err != nil {
			return nil, err
		}
		a := newAnswer(contentType, body, h.now())
		a.follow(last)
		a.version = version
		h.kept.put(k, a)
		return a, nil
	})
}

// follow sets since when the answer has its bytes, knowing the one before it.
//
// The time is ours and not the newest date in the feed: an edition that arrives
// late brings an old date, and one that is retracted none at all, and whoever
// asks only with If-Modified-Since would never hear of them. Two changes within
// a second get two times for the same reason.
func (a *answer) follow(last *answer) {
	switch {
	case last == nil:
		return
	case last.plain.etag[0] == a.plain.etag[0]:
		a.modified = last.modified
	case !a.modified.After(last.modified):
		a.modified = last.modified.Add(time.Second)
	}
	a.lastModified = []string{a.modified.UTC().Format(http.TimeFormat)}
}

// keptAnswers are the answers last asked for, as many as fit in max bytes.
type keptAnswers struct {
	max     int
	flights singleflight.Group

	mu      sync.Mutex
	answers map[key]*list.Element // of *keptAnswer
	used    list.List             // last used first
	size    int
}

type keptAnswer struct {
	key    key
	answer *answer
}

// size is about what it takes in memory: its bodies, and a kilobyte for the rest.
func (k *keptAnswer) size() int {
	return len(k.answer.plain.body) + len(k.answer.packed.body) + 1<<10
}

// get gives nil where there is none.
func (ks *keptAnswers) get(k key) *answer {
	ks.mu.Lock()
	defer ks.mu.Unlock()
	e := ks.answers[k]
	if e == nil {
		return nil
	}
	ks.used.MoveToFront(e)
	return e.Value.(*keptAnswer).answer
}

// put replaces the answer of a key, and lets go of those not used for longest.
func (ks *keptAnswers) put(k key, a *answer) {
	ks.mu.Lock()
	defer ks.mu.Unlock()
	if ks.answers == nil {
		ks.answers = make(map[key]*list.Element)
	}
	if e := ks.answers[k]; e != nil {
		ks.drop(e)
	}
	kept := &keptAnswer{k, a}
	ks.answers[k] = ks.used.PushFront(kept)
	ks.size += kept.size()
	for ks.size > ks.max {
		ks.drop(ks.used.Back())
	}
}

func (ks *keptAnswers) drop(e *list.Element) {
	kept := ks.used.Remove(e).(*keptAnswer)
	delete(ks.answers, kept.key)
	ks.size -= kept.size()
}
