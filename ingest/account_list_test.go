package ingest_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"samenloop/post"
)

// outbox serves the newest posts of ans, down from a number, some a page, in the way
// of servers that page by position: what was on a page moves down when something new comes.
func (f *fake) outbox(newest, size int, byID bool) {
	for at := range f.docs {
		if strings.HasPrefix(at, "/users/ans/outbox") {
			delete(f.docs, at)
		}
	}
	f.page()
	for n := 0; n*size < newest; n++ {
		var items []string
		for i := newest - n*size; i > max(0, newest-(n+1)*size); i-- {
			f.object(i, fmt.Sprint("Nummer ", i), toPublic)
			if byID {
				items = append(items, create(i))
			} else {
				items = append(items, note(i, fmt.Sprint("Nummer ", i), toPublic))
			}
		}
		f.docs[pageAt(n)] = fmt.Sprintf(`{"type":"OrderedCollectionPage","orderedItems":[%s],"next":"{{it}}%s"}`, strings.Join(items, ","), pageAt(n+1))
	}
}

func pageAt(n int) string {
	if n == 0 {
		return "/users/ans/outbox?limit=40"
	}
	return fmt.Sprint("/users/ans/outbox?page=", n)
}

// missing are the numbers up to the newest that are not shown.
func (w *world) missing(newest int) (numbers []int) {
	shown := w.shown()
	for i := 1; i <= newest; i++ {
		if !slices.Contains(shown, fmt.Sprint("Nummer ", i)) {
			numbers = append(numbers, i)
		}
	}
	return numbers
}

// pagesOf are the pages of the outbox among what was asked.
func pagesOf(asked []string) (pages []string) {
	for _, a := range asked {
		if strings.Contains(a, "outbox") {
			pages = append(pages, strings.TrimPrefix(a, "/users/ans/outbox"))
		}
	}
	return pages
}

// What stands behind a page that could not be had is read by a later visit, while
// the outbox moves on; and then there is nothing more to ask for.
func TestOutboxBreaksOff(t *testing.T) {
	const size = 5
	for _, test := range []struct {
		name         string
		known, newer int // posts that were there before, and that came since
		fails        int // the page that fails in that visit
		moves        int // posts that come before the next visit
		byID         bool
		status       int
		renamed      bool // its pages have other addresses in the next visit
	}{
		{name: "on page 2, once", known: 5, newer: 20, fails: 1, status: 503},
		{name: "on page 2, by id", known: 5, newer: 20, fails: 1, status: 503, byID: true},
		{name: "while a few come", known: 5, newer: 20, fails: 1, moves: 3, status: 500},
		{name: "while more than a page comes", known: 5, newer: 20, fails: 1, moves: 13, status: 429},
		{name: "on page 3", known: 5, newer: 20, fails: 2, moves: 3, status: 502},
		{name: "with a page for people", known: 5, newer: 20, fails: 2, moves: 7, status: 200},
		{name: "refused", known: 5, newer: 20, fails: 2, moves: 1, status: 403},
		{name: "while its pages get other addresses", known: 5, newer: 20, fails: 2, moves: 1, status: 503, renamed: true},
		{name: "in the first visit", newer: 23, fails: 1, moves: 2, status: 503},
		{name: "in the first visit, by id", newer: 23, fails: 2, moves: 6, status: 503, byID: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, "toots")
			w.reader.Thorough = false
			f := w.fakes["toots"]
			f.account("ans", "")
			w.follow(false, "acct:ans@{{toots:}}")
			if test.known > 0 {
				f.outbox(test.known, size, test.byID)
				w.round()
			}
			newest := test.known + test.newer
			f.outbox(newest, size, test.byID)
			good := f.docs[pageAt(test.fails)]
			if f.says[pageAt(test.fails)] = test.status; test.status == http.StatusOK {
				f.says, f.docs[pageAt(test.fails)] = map[string]int{}, "<!DOCTYPE html><html><title>Onderhoud</title></html>"
			}
			if told := w.round(); !strings.Contains(told, "the next visit goes on") {
				t.Errorf("it says %q", told)
			}
			if got := len(w.shown()); got != test.known+test.fails*size {
				t.Errorf("%d posts after the visit that broke off: %v", got, w.shown())
			}
			delete(f.says, pageAt(test.fails))
			f.docs[pageAt(test.fails)] = good
			newest += test.moves
			f.outbox(newest, size, test.byID)
			if test.renamed {
				for at, doc := range f.docs {
					delete(f.docs, at)
					f.docs[strings.Replace(at, "?page=", "?max=", 1)] = strings.ReplaceAll(doc, "?page=", "?max=")
				}
			}
			w.round()
			if told := w.round(); told != "" {
				t.Error(told)
			}
			if m := w.missing(newest); len(m) > 0 {
				t.Errorf("missing: %v", m)
			}
			f.was()
			for range 3 {
				w.round()
				if pages := pagesOf(f.was()); len(pages) != 1 || pages[0] != "?limit=40 304" {
					t.Errorf("with nothing new asked %v", pages)
				}
			}
		})
	}
}

// A page that always fails costs a request a visit, and holds up nothing new.
func TestOutboxPageAlwaysFails(t *testing.T) {
	const size = 5
	w := newWorld(t, "toots")
	w.reader.Thorough = false
	f := w.fakes["toots"]
	f.account("ans", "")
	w.follow(false, "acct:ans@{{toots:}}")
	f.outbox(5, size, false)
	w.round()
	newest := 25
	f.says[pageAt(2)] = http.StatusInternalServerError
	for range 6 {
		newest++
		f.outbox(newest, size, false)
		f.was()
		if told := w.round(); !strings.Contains(told, "500") {
			t.Errorf("it says %q", told)
		}
		if shown := w.shown(); shown[0] != fmt.Sprint("Nummer ", newest) {
			t.Error(shown)
		}
	}
	if pages := pagesOf(f.was()); !slices.Equal(pages, []string{"?limit=40 200", "?page=2 500"}) {
		t.Errorf("asked %v", pages)
	}
	delete(f.says, pageAt(2))
	w.round()
	if m := w.missing(newest); len(m) > 0 {
		t.Errorf("missing: %v", m)
	}
}

// Who asks for patience in the middle of a list is left alone, also after a restart.
func TestOutboxAsksToWait(t *testing.T) {
	w := newWorld(t, "toots")
	f := w.fakes["toots"]
	f.account("ans", "")
	f.outbox(20, 5, false)
	f.says[pageAt(1)], f.wait = http.StatusTooManyRequests, "7200"
	w.follow(false, "acct:ans@{{toots:}}")
	until := w.now.Add(2 * time.Hour)
	w.round()
	states, err := w.store.Sources(t.Context())
	if err != nil || !states[0].Visit.Held.Equal(until) || len(w.shown()) != 5 {
		t.Errorf("held until %v, want %v; %d posts, %v", states[0].Visit.Held, until, len(w.shown()), err)
	}
}

// More than one visit takes comes with the next ones; of the past, only what one takes.
func TestOutboxLongBacklog(t *testing.T) {
	w := newWorld(t, "toots")
	w.reader.Thorough = false
	f := w.fakes["toots"]
	f.account("ans", "")
	w.follow(false, "acct:ans@{{toots:}}")
	f.outbox(300, 20, false)
	if told := w.round(); told != "" {
		t.Error(told)
	}
	if got := w.missing(300); len(got) != 100 {
		t.Errorf("%d are missing", len(got))
	}
	newest := 300 + 450
	f.outbox(newest, 20, false)
	for visit := 1; visit <= 3; visit++ {
		f.was()
		told := w.round()
		if n := len(pagesOf(f.was())); n > 11 || (told == "") != (visit == 3) {
			t.Errorf("visit %d: %d pages, %q", visit, n, told)
		}
		newest += 7
		f.outbox(newest, 20, false)
	}
	w.round()
	if got := w.missing(newest); len(got) != 100 {
		t.Errorf("%d are missing: %v", len(got), got)
	}
}

// What the first visit did not get to is past as well; what is posted meanwhile is news.
func TestOutboxPastInPieces(t *testing.T) {
	w := newWorld(t, "toots")
	w.reader.Thorough = false
	f := w.fakes["toots"]
	f.account("ans", "")
	w.follow(false, "acct:ans@{{toots:}}")
	f.outbox(60, 20, false)
	f.says[pageAt(1)] = http.StatusServiceUnavailable
	w.round()
	delete(f.says, pageAt(1))
	w.now = w.now.Add(2 * time.Hour)
	since := int(w.now.Sub(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)).Minutes()) - 1
	f.docs[pageAt(0)] = strings.Replace(f.docs[pageAt(0)], `"orderedItems":[`, `"orderedItems":[`+note(since, "Nieuw", toPublic)+`,`, 1)
	w.round()
	if m := w.missing(60); len(m) > 0 {
		t.Errorf("missing: %v", m)
	}
	page, err := w.store.Changes(t.Context(), post.ChangeQuery{Limit: 100})
	var news []string
	for _, c := range page.Changes {
		news = append(news, c.Edition.Lead.Title)
	}
	if err != nil || len(news) != 1 || !strings.HasPrefix(news[0], "Nieuw") {
		t.Errorf("news: %q, %v", news, err)
	}
}

// A post of its own that cannot be had now is asked for once more; a second time it holds up nothing.
func TestOutboxObjectMissed(t *testing.T) {
	const size = 5
	w := newWorld(t, "toots")
	w.reader.Thorough = false
	f := w.fakes["toots"]
	f.account("ans", "")
	w.follow(false, "acct:ans@{{toots:}}")
	f.outbox(5, size, true)
	w.round()
	f.outbox(25, size, true)
	f.says["/users/ans/statuses/17"] = http.StatusServiceUnavailable
	f.says["/users/ans/statuses/13"] = http.StatusServiceUnavailable
	w.round()
	delete(f.says, "/users/ans/statuses/17")
	w.round()
	w.round()
	if m := w.missing(25); !slices.Equal(m, []int{13}) {
		t.Errorf("missing: %v", m)
	}
	f.was()
	w.round()
	if pages := pagesOf(f.was()); len(pages) != 1 {
		t.Errorf("asked %v", pages)
	}
}

// An old post that is boosted, or shown again, does not hide what is new behind its page.
func TestOutboxOldAmongNew(t *testing.T) {
	w := newWorld(t, "toots")
	w.reader.Thorough = false
	f := w.fakes["toots"]
	f.account("ans", "")
	w.follow(false, "acct:ans@{{toots:}}")
	f.outbox(5, 5, false)
	w.round()
	f.outbox(20, 5, false)
	boosted := func(n int) string {
		return fmt.Sprintf(`{"type":"Announce","actor":"{{it}}/users/ans",%s,"object":"{{it}}/users/ans/statuses/%d"}`, toPublic, n)
	}
	f.docs[pageAt(0)] = strings.Replace(f.docs[pageAt(0)], `"orderedItems":[`, `"orderedItems":[`+note(3, "Nummer 3", toPublic)+`,`+boosted(2)+`,`, 1)
	f.docs[pageAt(1)] = strings.Replace(f.docs[pageAt(1)], `],"next"`, `,`+boosted(1)+`],"next"`, 1)
	w.round()
	if m := w.missing(20); len(m) > 0 {
		t.Errorf("missing: %v", m)
	}
}

// One object may be many posts: what is too much for a visit comes with the next.
func TestOutboxManyLanguages(t *testing.T) {
	w := newWorld(t, "toots")
	f := w.fakes["toots"]
	f.account("ans", "")
	var items []string
	for i := 60; i > 0; i-- {
		var all []string
		for _, language := range strings.Fields("nl en fy de fr ar es it pt da") {
			all = append(all, fmt.Sprintf(`%q:"<p>Nummer %d, %s #openweb</p>"`, language, i, language))
		}
		items = append(items, note(i, fmt.Sprint("Nummer ", i), `"contentMap":{`+strings.Join(all, ",")+`},`+toPublic))
	}
	f.page(items...)
	w.follow(false, "acct:ans@{{toots:}}")
	if told := w.round(); !strings.Contains(told, "the next visit goes on") {
		t.Errorf("it says %q", told)
	}
	if told := w.round(); told != "" {
		t.Error(told)
	}
	states, err := w.store.Sources(t.Context())
	if err != nil || states[0].Posts != 600 {
		t.Errorf("%d posts, %v", states[0].Posts, err)
	}
}

// However much stands in a list, and however many others an account boosts, a visit ends.
func TestOutboxBounds(t *testing.T) {
	for name, test := range map[string]struct {
		size        int
		boosts      bool
		posts, asks int // at most
	}{
		"long pages":         {size: 90, posts: 200, asks: 3 + 3},
		"boosts of everyone": {size: 20, boosts: true, posts: 200, asks: 250},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "toots", "other")
			f, other := w.fakes["toots"], w.fakes["other"]
			f.account("ans", "")
			f.outbox(400, test.size, false)
			if test.boosts {
				f.boosts(other, 400, test.size)
			}
			w.follow(true, "acct:ans@{{toots:}}")
			w.round()
			posts, asks := len(w.shown()), len(f.was())+len(other.was())
			if posts > test.posts || asks > test.asks || posts < 100 {
				t.Errorf("%d posts, %d requests", posts, asks)
			}
		})
	}
}

// boosts lets the outbox of ans have nothing but boosts of others, each by its id and of somebody else.
func (f *fake) boosts(other *fake, newest, size int) {
	for i := 1; i <= newest; i++ {
		name := fmt.Sprint("b", i)
		other.account(name, "")
		other.docs[fmt.Sprint("/users/", name, "/1")] = strings.NewReplacer("users/ans/statuses/"+fmt.Sprint(i), "users/"+name+"/1", "users/ans", "users/"+name).Replace(note(i, fmt.Sprint("Nummer ", i), toPublic))
	}
	for n := 0; n*size < newest; n++ {
		var items []string
		for i := newest - n*size; i > max(0, newest-(n+1)*size); i-- {
			items = append(items, fmt.Sprintf(`{"type":"Announce","actor":"{{it}}/users/ans",%s,"object":"{{other}}/users/b%d/1"}`, toPublic, i))
		}
		f.docs[pageAt(n)] = fmt.Sprintf(`{"type":"OrderedCollectionPage","orderedItems":[%s],"next":"{{it}}%s"}`, strings.Join(items, ","), pageAt(n+1))
	}
}

// An account that boosts and boosts costs a page when it boosts once more, however
// many posts wait for a moderator already: the newest do.
func TestManyBoostsWait(t *testing.T) {
	const size = 20
	w := newWorld(t, "toots", "other")
	w.reader.Thorough = false
	f, other := w.fakes["toots"], w.fakes["other"]
	f.account("ans", "")
	f.outbox(0, size, false)
	w.follow(false, "acct:ans@{{toots:}}")
	newest := 0
	for newest < 560 {
		newest += 140
		f.boosts(other, newest, size)
		w.round()
	}
	waiting := func() (ids []string) {
		list, err := w.store.Waiting(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range list {
			ids = append(ids, strings.TrimPrefix(p.ID, other.URL))
		}
		return ids
	}
	if n := len(waiting()); n != 500 {
		t.Fatalf("%d wait", n)
	}
	for range 3 {
		newest++
		f.boosts(other, newest, size)
		f.was()
		other.was()
		w.round()
		pages, objects := pagesOf(f.was()), other.was()
		if len(pages) != 1 || len(objects) != 1 {
			t.Errorf("one more boost costs the pages %v and asks for %v", pages, objects)
		}
		if ids := waiting(); len(ids) != 500 || !slices.Contains(ids, fmt.Sprintf("/users/b%d/1", newest)) {
			t.Errorf("%d wait, and the newest is among them: %v", len(ids), slices.Contains(ids, fmt.Sprintf("/users/b%d/1", newest)))
		}
	}
}

// What an account edits is seen also where its list says only ids: does that not
// change, one after another; does it change all the time, at least some. No visit asks for many.
func TestEditsAreFound(t *testing.T) {
	const posts = 8
	for name, test := range map[string]struct {
		visits int
		busy   bool
		found  int
	}{"quiet": {visits: 3 * posts, found: posts}, "busy": {visits: 12, busy: true, found: 4}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "toots")
			w.reader.Thorough = false
			f := w.fakes["toots"]
			f.account("ans", "")
			f.outbox(posts, 40, true)
			w.follow(false, "acct:ans@{{toots:}}")
			w.round()
			for visit := range test.visits {
				if test.busy {
					f.outbox(posts+visit+1, 40, true)
				}
				for i := 1; i <= posts; i++ {
					f.object(i, fmt.Sprintf("Nummer %d, beter", i), `"updated":"2026-11-24T00:00:00Z",`+toPublic)
				}
				f.was()
				w.round()
				if asked := f.was(); len(asked) > 4 {
					t.Errorf("visit %d asked %v", visit, asked)
				}
			}
			found := 0
			for _, title := range w.shown() {
				if strings.HasSuffix(title, ", beter") {
					found++
				}
			}
			if found < test.found {
				t.Errorf("%d are found: %v", found, w.shown())
			}
		})
	}
}

// What is large is taken by and by: a visit holds no more in memory than it may, and the next goes on.
func TestLargeObjectsAreTakenByAndBy(t *testing.T) {
	w := newWorld(t, "toots")
	f := w.fakes["toots"]
	f.account("ans", "")
	const newest = 60
	f.outbox(newest, 20, true)
	for i := 1; i <= newest; i++ {
		f.object(i, fmt.Sprint("Nummer ", i), `"padding":"`+strings.Repeat("x", 900_000)+`",`+toPublic)
	}
	w.follow(false, "{{toots}}/users/ans")
	w.round()
	if n := newest - len(w.missing(newest)); n == 0 || n > 30 {
		t.Errorf("%d of %d posts of 0.9 MB were taken in one visit", n, newest)
	}
	for range 3 {
		w.round()
	}
	if missing := w.missing(newest); len(missing) > 0 {
		t.Errorf("after four visits these are missing: %v", missing)
	}
}
