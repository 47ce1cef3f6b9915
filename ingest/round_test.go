package ingest_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"samenloop/fetch"
	"samenloop/ingest"
	"samenloop/post"
)

// Visits that bring nothing are written down together, and none of them waits for a
// server that is slow.
func TestVisitsWrittenTogether(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	const quick = 60
	told := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		select {
		case <-told:
		case <-time.After(10 * time.Second):
			t.Error("60 visits that are done are not told of")
		}
		io.WriteString(w, `<rss version="2.0"><channel><title>Slow</title></channel></rss>`)
	}))
	defer slow.Close()
	states := []post.SourceState{{Source: post.Source{ID: "slow", URL: slow.URL}, State: post.Active}}
	for i := range quick { // their hosts want to be left alone
		url := fmt.Sprintf("https://%d.example/feed", i)
		states = append(states, post.SourceState{Source: post.Source{ID: fmt.Sprint(i), URL: url}, State: post.Active,
			Visit: post.Visit{Source: fmt.Sprint(i), Given: url, Held: now.Add(time.Hour)}})
	}
	client, err := fetch.New(fetch.Options{AllowNetworks: []string{"127.0.0.0/8"}})
	if err != nil {
		t.Fatal(err)
	}
	s := &written{}
	r := ingest.Reader{Client: client, Store: s, Now: func() time.Time { return now }, Concurrency: 512, PerHost: 2}
	n := 0
	if err := r.Round(t.Context(), states, func(ingest.Report) {
		if n++; n == quick {
			close(told)
		}
	}); err != nil {
		t.Fatal(err)
	}
	if n != quick+1 || s.visits != n || s.times > 8 {
		t.Errorf("%d reports of %d visits, written %d times", n, s.visits, s.times)
	}
}

// written is a store that only counts.
type written struct {
	ingest.Store
	times, visits int
}

func (w *written) Save(_ context.Context, batches ...post.Batch) ([]post.Saved, error) {
	w.times++
	w.visits += len(batches)
	return make([]post.Saved, len(batches)), nil
}

// As the source is new, nothing is known of it.
func (w *written) Known(context.Context, string, []string) (map[string][]post.Known, error) {
	return nil, nil
}

// A mistake of ours that one source shows is the trouble of that source alone, however
// often it is met: the others are read, and it is left alone longer and longer.
func TestPanicIsOneSourcesTrouble(t *testing.T) {
	w := newWorld(t, "toots", "feeds")
	f := w.fakes["toots"]
	f.account("ans", "")
	w.follow(false, "{{toots}}/users/ans", "{{feeds}}/bad", "{{feeds}}/good")
	w.reader.Store = falls{w.store, []string{"s0", "s1"}}
	var before time.Duration
	for n := range 20 { // more than may be understood at a time
		f.docs["/users/ans/outbox"] = `{"type":"OrderedCollection","@context":"https://www.w3.org/ns/activitystreams","orderedItems":[` + note(n, "Toot", toPublic) + `]}`
		for _, at := range []string{"/bad", "/good"} {
			w.fakes["feeds"].docs[at] = fmt.Sprintf(`<?xml version="1.0"?><rss version="2.0"><channel><title>T</title><item><guid>%d</guid><title>%[1]d #openweb</title></item></channel></rss>`, n)
		}
		told := w.round()
		if strings.Count(told, "a fault of samenloop: please report it, with this: of s") != 2 || strings.Contains(told, "s2") {
			t.Fatal(told)
		}
		if shown := w.shown(); len(shown) != n+1 {
			t.Fatalf("after %d rounds %q", n+1, shown)
		}
		states, err := w.store.Sources(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		v := states[slices.IndexFunc(states, func(s post.SourceState) bool { return s.Source.ID == "s1" })].Visit
		if wait := v.Next.Sub(v.Checked); wait < before || v.Failures != n+1 {
			t.Errorf("after %d failures it is left alone for %v, before that for %v", v.Failures, wait, before)
		} else {
			before = wait
		}
	}
	w.reader.Store = w.store
	if told := w.round(); told != "" || len(w.shown()) != 22 {
		t.Errorf("after it was mended: %s, %q", told, w.shown())
	}
}

// falls is a store that falls over some sources.
type falls struct {
	ingest.Store
	over []string
}

func (f falls) Known(ctx context.Context, source string, ids []string) (map[string][]post.Known, error) {
	if slices.Contains(f.over, source) {
		panic("of " + source)
	}
	return f.Store.Known(ctx, source, ids)
}

// So is one over which the writing of its posts falls, and nothing of them is lost.
func TestPanicWhileStoring(t *testing.T) {
	w := newWorld(t, "feeds")
	w.follow(false, "{{feeds}}/bad", "{{feeds}}/good", "{{feeds}}/fine")
	for _, at := range []string{"/bad", "/good", "/fine"} {
		w.fakes["feeds"].docs[at] = `<?xml version="1.0"?><rss version="2.0"><channel><title>T</title><item><guid>1</guid><title>` + at + ` #openweb</title></item></channel></rss>`
	}
	w.reader.Store = fallsLate{w.store}
	if told := w.round(); strings.Count(told, "a fault of samenloop: please report it, with this: of /bad") != 1 || strings.Count(told, "\n") > 1 {
		t.Errorf("told %q", told)
	}
	if shown := w.shown(); len(shown) != 2 {
		t.Errorf("shown %q", shown)
	}
	w.reader.Store = w.store
	if told := w.round(); told != "" || len(w.shown()) != 3 {
		t.Errorf("after it was mended: %q, %q", told, w.shown())
	}
}

// fallsLate is a store that falls over what it is to write.
type fallsLate struct{ ingest.Store }

func (f fallsLate) Save(ctx context.Context, batches ...post.Batch) ([]post.Saved, error) {
	for _, b := range batches {
		if len(b.Posts) > 0 && strings.HasPrefix(b.Posts[0].Title, "/bad") {
			panic("of /bad")
		}
	}
	return f.Store.Save(ctx, batches...)
}

// A round that falls over what is told of it leaves nobody behind.
func TestPanicInReport(t *testing.T) {
	w := newWorld(t, "feeds")
	w.reader.Concurrency = 1
	var addresses []string
	for n := range 200 { // more than are written together
		addresses = append(addresses, fmt.Sprintf("{{feeds}}/%d", n))
	}
	w.follow(false, addresses...)
	states, err := w.store.Sources(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	func() {
		defer func() { recover() }()
		w.reader.Round(t.Context(), states, func(ingest.Report) { panic("told") })
		t.Error("it did not panic")
	}()
	stacks := make([]byte, 1<<20)
	for tries := 0; ; tries++ {
		now := stacks[:runtime.Stack(stacks, true)]
		if !bytes.Contains(now, []byte("ingest.(*Reader).Round.")) {
			return
		}
		if tries == 100 {
			t.Fatalf("there are still %s", now)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// News is told oldest first, however its document is ordered.
func TestNewsInOrder(t *testing.T) {
	w := newWorld(t, "feeds")
	w.follow(false, "{{feeds}}/feed")
	for _, items := range []string{"old", "2 4 3 old", "5 6 7"} {
		var doc strings.Builder
		for _, id := range strings.Fields(items) {
			day, _ := strconv.Atoi(id)
			fmt.Fprintf(&doc, "<item><guid>%s</guid><title>Number %[1]s #openweb</title><pubDate>%s</pubDate></item>", id, w.now.AddDate(0, 0, day-100).Format(time.RFC1123Z))
		}
		w.fakes["feeds"].docs["/feed"] = `<?xml version="1.0"?><rss version="2.0"><channel><title>T</title>` + doc.String() + `</channel></rss>`
		w.round()
		w.now = w.now.Add(2 * time.Hour)
	}
	page, err := w.store.Changes(t.Context(), post.ChangeQuery{Limit: 100})
	var news []string
	for _, c := range page.Changes {
		news = append(news, c.Edition.Lead.ID)
	}
	if want := []string{"2", "3", "4", "5", "6", "7"}; err != nil || !slices.Equal(news, want) {
		t.Errorf("told: %q, want %q, %v", news, want, err)
	}
}

// The past of a source is no news, also where it does not come in one visit; what is written meanwhile is.
func TestPastInPieces(t *testing.T) {
	item := func(n int, date time.Time) string {
		return fmt.Sprintf("<item><guid>%d</guid><title>Number %[1]d #openweb</title><pubDate>%s</pubDate></item>", n, date.Format(time.RFC1123Z))
	}
	for _, cut := range []bool{false, true} {
		w := newWorld(t, "feeds")
		w.follow(false, "{{feeds}}/feed")
		items, many := "", 700
		if cut {
			many = 60
		}
		for n := range many {
			items = item(n, w.now.Add(-time.Duration(many-n)*48*time.Hour)) + items
		}
		feed := func(items string) string {
			return `<?xml version="1.0"?><rss version="2.0"><channel><title>T</title>` + items + `</channel></rss>`
		}
		w.fakes["feeds"].docs["/feed"] = feed(items)
		if cut {
			w.fakes["feeds"].docs["/feed"] = feed(items)[:len(items)/2]
		}
		w.round()
		w.now = w.now.Add(2 * time.Hour)
		items = item(9999, w.now.Add(-time.Minute)) + items
		if cut { // nothing says that what has no date is old
			items = "<item><guid>undated</guid><title>Undated #openweb</title></item>" + items
		}
		w.fakes["feeds"].docs["/feed"] = feed(items)
		w.round()
		w.now = w.now.Add(2 * time.Hour)
		items = item(10000, w.now) + items
		w.fakes["feeds"].docs["/feed"] = feed(items)
		w.round()
		all, err := w.store.Sources(t.Context())
		if err != nil || all[0].Posts != many+2 && all[0].Posts != many+3 {
			t.Fatalf("%d posts, %v", all[0].Posts, err)
		}
		page, err := w.store.Changes(t.Context(), post.ChangeQuery{Limit: 1000})
		var news []string
		for _, c := range page.Changes {
			news = append(news, c.Edition.Lead.ID)
		}
		if want := all[0].Posts - many; err != nil || len(news) != want || !slices.Contains(news, "10000") {
			t.Errorf("cut: %t, of %d posts these are news: %q, %v", cut, all[0].Posts, news, err)
		}
	}
}

// A large document that is another at each visit is read for the first time once.
func TestPastWithoutEnd(t *testing.T) {
	w := newWorld(t, "feeds")
	w.follow(false, "{{feeds}}/feed")
	for visit := range 5 {
		var items strings.Builder
		for n := 600 + visit; n > visit; n-- {
			fmt.Fprintf(&items, "<item><guid>%d</guid><title>Number %[1]d #openweb</title><description>Seen %d times</description></item>", n, visit)
		}
		w.fakes["feeds"].docs["/feed"] = `<?xml version="1.0"?><rss version="2.0"><channel><title>T</title><item><guid>pinned</guid><title>Welcome</title></item>` + items.String() + `</channel></rss>`
		w.round()
		w.now = w.now.Add(2 * time.Hour)
	}
	page, err := w.store.Changes(t.Context(), post.ChangeQuery{Limit: 1000})
	told := map[string]bool{}
	for _, c := range page.Changes {
		told[c.Edition.Lead.ID] = true
	}
	if err != nil || len(told) > 10 || !told["602"] || !told["603"] || !told["604"] {
		t.Errorf("news: %v, %v", told, err)
	}
}

// The articles of a large feed are read as those of a small one, also where nothing in it is new.
func TestArticlesOfLargeFeeds(t *testing.T) {
	w := newWorld(t, "a")
	f := w.fakes["a"]
	f.etags = false
	feed := func(pad int) string {
		return `<?xml version="1.0"?><rss version="2.0"><channel><title>T</title><!--` + strings.Repeat("x", pad) +
			`--><item><guid>1</guid><title>One</title><link>{{it}}/1</link><description>What it is about.</description></item></channel></rss>`
	}
	f.docs["/feed"] = feed(1_100_000)
	if _, err := w.store.Sync(t.Context(), []post.Source{{ID: "s0", URL: f.URL + "/feed", FullText: true}}); err != nil {
		t.Fatal(err)
	}
	w.round() // the article is not there yet
	if shown := w.shown(); len(shown) != 0 {
		t.Fatalf("shown %q", shown)
	}
	f.docs["/1"] = "<html><body><article><p>" + strings.Repeat("Words of the article. ", 30) + "#openweb</p></article></body></html>"
	w.now = w.now.Add(2 * time.Hour)
	w.round()
	if shown := w.shown(); len(shown) != 1 {
		t.Errorf("shown %q; asked %q", shown, f.was())
	}
}

// Who asks to be left alone is, not who led there.
func TestWhoIsLeftAlone(t *testing.T) {
	w := newWorld(t, "a", "b")
	w.fakes["a"].docs["/feed"] = "-> {{b}}/feed"
	empty := `<?xml version="1.0"?><rss version="2.0"><channel><title>T</title></channel></rss>`
	w.fakes["a"].docs["/other"], w.fakes["b"].docs["/feed"], w.fakes["b"].docs["/third"] = empty, empty, empty
	w.follow(false, "{{a}}/feed", "{{a}}/other", "{{b}}/third")
	w.round()
	w.fakes["b"].says["/feed"], w.fakes["b"].wait = http.StatusTooManyRequests, "36000"
	states, err := w.store.Sources(t.Context())
	if err == nil {
		err = w.reader.Round(t.Context(), states[:1], func(ingest.Report) {})
	}
	if err == nil {
		states, err = w.store.Sources(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range states {
		if alone := !s.Visit.Next.Before(w.now.Add(10 * time.Hour)); alone == (s.Source.ID == "s1") {
			t.Errorf("%s: next %v", s.Source.URL, s.Visit.Next.Sub(w.now))
		}
	}
}
