package web

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"samenloop/i18n"
	"samenloop/post"
)

// perChanges is how many changes stand on a page.
const perChanges = 100

const changesType = "application/json; charset=utf-8"

// changePage is /changes.json.
type changePage struct {
	Items []changeItem `json:"items"` // there even when empty
	Last  int64        `json:"last"`  // what to ask after next time
	Next  string       `json:"next,omitempty"`
}

// changeItem is what became of an edition. StatusText is empty for one that was
// retracted: there is nothing to post.
type changeItem struct {
	Seq        int64          `json:"seq"`
	Event      post.Happening `json:"event"`
	ID         string         `json:"id"`
	URL        string         `json:"url"`
	Title      string         `json:"title"`
	Language   string         `json:"language"`
	Source     string         `json:"source"`
	Tags       []string       `json:"tags"`
	Published  string         `json:"published"`
	Updated    string         `json:"updated"`
	Backfill   bool           `json:"backfill"`
	StatusText string         `json:"status_text"`
}

// startAgain is the answer to a number that this database never gave.
type startAgain struct {
	Error string `json:"error"`
	Start string `json:"start"`    // all that stands, from the beginning
	Now   string `json:"from_now"` // only what comes after this moment
	Hint  string `json:"hint"`
}

// changes tells bots what is new, corrected or retracted.
func (h *handler) changes(w http.ResponseWriter, r *http.Request) {
	q, err := parseChangeQuery(r.URL.RawQuery)
	if err != nil {
		fail(w, http.StatusBadRequest, err.Error())
		return
	}
	q.Language = r.PathValue("lang")
	// What a language's feed shows changes with every change in its stream.
	k := key{format: "changes?" + changeQuery(q), query: post.Query{Language: q.Language}}
	a, err := h.find(r.Context(), k, h.store.Version(k.query), func(ctx context.Context, _ post.Query) (string, []byte, error) {
		page, err := h.store.Changes(ctx, q)
		if err != nil {
			return "", nil, err
		}
		body, err := indented(h.changePage(q, page))
		return changesType, body, err
	})
	var unknown *post.UnknownSeqError
	switch {
	case errors.As(err, &unknown):
		h.startAgain(w, q, unknown)
	case errors.Is(err, errTooMany):
		later(w, renderTime)
		fail(w, http.StatusServiceUnavailable, err.Error())
	case err != nil:
		h.note(r, "read changes", err)
		fail(w, http.StatusInternalServerError, "this cannot be shown now; try again later")
	default:
		a.serve(w, r)
	}
}

func (h *handler) changePage(q post.ChangeQuery, page post.ChangePage) changePage {
	out := changePage{Items: make([]changeItem, len(page.Changes)), Last: page.Last}
	for i, c := range page.Changes {
		out.Items[i] = h.changeItem(c)
	}
	if page.More {
		q.After, q.Walk = page.Last, page.Walk
		out.Next = h.changesURL(q)
	}
	return out
}

func (h *handler) changeItem(c post.Change) changeItem {
	e := &c.Edition
	item := changeItem{
		Seq:       c.Seq,
		Event:     c.What,
		ID:        e.ID,
		URL:       cmp.Or(e.Lead.URL, h.storyURL(e.Story)),
		Title:     e.Lead.Title,
		Language:  cmp.Or(i18n.Tag(e.Lead.Language), i18n.Und),
		Source:    e.Source.ID,
		Tags:      []string{},
		Published: e.Published.UTC().Format(time.RFC3339),
		Updated:   e.Updated.UTC().Format(time.RFC3339),
		Backfill:  e.Backfill,
	}
	seen := map[string]bool{}
	for _, tags := range [][]string{e.Topics, e.Lead.Tags} {
		for _, tag := range tags {
			if key := strings.ToLower(tag); !seen[key] {
				seen[key] = true
				item.Tags = append(item.Tags, tag)
			}
		}
	}
	if c.What == post.Returned {
		item.Event, item.Backfill = post.New, true
	}
	if c.What != post.Retracted {
		words := item.Language
		if words == i18n.Und {
			words = h.Languages[0]
		}
		item.StatusText = post.StatusText(e, item.URL, h.storyURL(e.Story), i18n.WordsIn(words), h.Topics)
	}
	return item
}

// startAgain answers 410 and says how to go on.
func (h *handler) startAgain(w http.ResponseWriter, q post.ChangeQuery, unknown *post.UnknownSeqError) {
	start, now := q, q
	start.After, start.Walk = 0, post.Walk{}
	now.After, now.Walk = unknown.Newest, post.Walk{}
	body, err := indented(startAgain{
		Error: unknown.Error(),
		Start: h.changesURL(start),
		Now:   h.changesURL(now),
		Hint:  "forget the number and go on at from_now; at start you get everything again: leave out the ids and urls that you posted",
	})
	if err != nil {
		fail(w, http.StatusInternalServerError, "this cannot be shown now; try again later")
		return
	}
	w.Header()["Cache-Control"] = noStore
	w.Header().Set("Content-Type", changesType)
	w.WriteHeader(http.StatusGone)
	w.Write(body) // fails only when nobody listens any more
}

// changesURL is where the answer to a question stands.
func (h *handler) changesURL(q post.ChangeQuery) string {
	path := "/changes.json"
	if q.Language != "" {
		path = "/" + q.Language + path
	}
	return h.base + path + "?" + changeQuery(q)
}

// changeQuery is what stands after "?" in the URL of a question.
func changeQuery(q post.ChangeQuery) string {
	s := "after=" + strconv.FormatInt(q.After, 10)
	if q.Now {
		s = "after=now"
	}
	if q.Backfill {
		s += "&backfill=1"
	}
	if q.Walk != (post.Walk{}) {
		s += fmt.Sprintf("&walk=%d-%d", q.Walk.From, q.Walk.To)
	}
	return s
}

// parseChangeQuery is the inverse of changeQuery; without "after" it is from the
// start. Parameters that are not ours are ignored.
func parseChangeQuery(rawQuery string) (post.ChangeQuery, error) {
	q := post.ChangeQuery{Limit: perChanges}
	values, broken := readQuery(rawQuery, "after", "backfill", "walk")
	if broken != "" {
		return q, fmt.Errorf("%s: not readable; write ?after=NUMBER, or follow \"next\" as it is", broken)
	}
	var err error
	if after, given := values["after"]; given {
		if q.Now = after[0] == "now"; q.Now {
			after[0] = "0"
		}
		if q.After, err = seqNumber(after[0]); err != nil || len(after) > 1 {
			return q, errors.New(`after: not a number; give the "last" of the answer before, now to begin at this moment, or 0 for everything`)
		}
	}
	switch values.Get("backfill") {
	case "", "0":
	case "1":
		q.Backfill = true
	default:
		return q, errors.New("backfill: write backfill=1, or leave it out")
	}
	if walk, given := values["walk"]; given {
		from, to, ok := strings.Cut(walk[0], "-")
		var bad error
		q.Walk.From, err = seqNumber(from)
		q.Walk.To, bad = seqNumber(to)
		if !ok || err != nil || bad != nil || q.Walk.From > q.After {
			return q, errors.New(`walk: not ours; follow "next" as it is, or ask with after alone`)
		}
	}
	return q, nil
}

// seqNumber reads digits. What is too large becomes a number that was never given.
func seqNumber(s string) (int64, error) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, errors.New("not a number")
	}
	n, _ := strconv.ParseInt(s, 10, 64) // out of range gives the largest there is
	return n, nil
}

func indented(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(v)
	return b.Bytes(), err
}
