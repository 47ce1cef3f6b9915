package ingest_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"samenloop/fetch"
	"samenloop/ingest"
	"samenloop/people"
	"samenloop/post"
	"samenloop/store"
)

var instanceKey, _ = rsa.GenerateKey(rand.Reader, 2048)

// fake is a server of the fediverse. Its documents stand by path and query; in
// them {{it}} is its own address, and {{name}} that of another; "-> URL" is a redirect.
type fake struct {
	*httptest.Server
	name   string
	all    map[string]*fake
	signed bool // it refuses ActivityPub to whoever does not sign

	sync.Mutex
	docs  map[string]string
	says  map[string]int // status instead
	wait  string         // and its Retry-After
	etags bool
	asked []string
}

var signature = regexp.MustCompile(`^keyId="https://ours.example/actor/key",algorithm="rsa-sha256",headers="\(request-target\) host date",signature="([^"]+)"$`)

func verified(r *http.Request) bool {
	m := signature.FindStringSubmatch(r.Header.Get("Signature"))
	if m == nil {
		return false
	}
	sent, err := base64.StdEncoding.DecodeString(m[1])
	sum := sha256.Sum256([]byte("(request-target): get " + r.URL.RequestURI() + "\nhost: " + r.Host + "\ndate: " + r.Header.Get("Date")))
	return err == nil && rsa.VerifyPKCS1v15(&instanceKey.PublicKey, crypto.SHA256, sum[:], sent) == nil
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.Lock()
	defer f.Unlock()
	at := r.URL.RequestURI()
	note := func(status int) int { f.asked = append(f.asked, fmt.Sprint(at, " ", status)); return status }
	open := strings.HasPrefix(at, "/.well-known/") || strings.HasSuffix(at, ".rss")
	if f.signed && !open && !verified(r) {
		w.WriteHeader(note(http.StatusUnauthorized))
		return
	}
	if status := f.says[at]; status != 0 {
		if f.wait != "" {
			w.Header().Set("Retry-After", f.wait)
		}
		w.WriteHeader(note(status))
		return
	}
	doc, ok := f.docs[at]
	if !ok {
		w.WriteHeader(note(http.StatusNotFound))
		return
	}
	if to, moved := strings.CutPrefix(f.expand(doc), "-> "); moved {
		note(http.StatusFound)
		http.Redirect(w, r, to, http.StatusFound)
		return
	}
	doc = f.expand(doc)
	if etag := fmt.Sprintf(`"%x"`, sha256.Sum256([]byte(doc))); f.etags {
		w.Header().Set("ETag", etag)
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(note(http.StatusNotModified))
			return
		}
	}
	w.Header().Set("Content-Type", "application/activity+json")
	if strings.HasPrefix(doc, "<") {
		w.Header().Set("Content-Type", "text/html")
	}
	note(http.StatusOK)
	w.Write([]byte(doc))
}

func (f *fake) expand(text string) string {
	text = strings.ReplaceAll(text, "{{it}}", f.URL)
	for name, other := range f.all {
		text = strings.ReplaceAll(text, "{{"+name+"}}", other.URL)
	}
	return text
}

// was is what the server was asked since the last time.
func (f *fake) was() []string {
	f.Lock()
	defer f.Unlock()
	asked := f.asked
	f.asked = nil
	return asked
}

// world is some servers, and us.
type world struct {
	t      testing.TB
	fakes  map[string]*fake
	store  *store.Store
	reader *ingest.Reader
	now    time.Time
}

func newWorld(t testing.TB, names ...string) *world {
	w := &world{t: t, fakes: map[string]*fake{}, now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	for _, name := range names {
		f := &fake{name: name, all: w.fakes, docs: map[string]string{}, says: map[string]int{}, etags: true}
		f.Server = httptest.NewServer(f)
		t.Cleanup(f.Close)
		w.fakes[name] = f
	}
	var err error
	if w.store, err = store.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"), store.Options{Languages: []string{"nl", "en"}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.store.Close() })
	client, err := fetch.New(fetch.Options{AllowNetworks: []string{"127.0.0.0/8"}, Signer: &fetch.Signer{
		KeyID: "https://ours.example/actor/key", Key: func() (*rsa.PrivateKey, error) { return instanceKey, nil }}})
	if err != nil {
		t.Fatal(err)
	}
	match, err := post.NewMatcher([]post.Topic{{ID: "web", Hashtags: []string{"openweb"}}})
	if err != nil {
		t.Fatal(err)
	}
	w.reader = &ingest.Reader{Client: client, Store: w.store, Fediverse: w.store, Match: match, Now: func() time.Time { return w.now },
		BaseURL: "https://ours.example", Thorough: true, Concurrency: 4, PerHost: 2}
	return w
}

// follow makes sources of addresses; {{name}} in them is a server. Their ids are s0, s1 …
func (w *world) follow(boosts bool, addresses ...string) {
	w.t.Helper()
	var sources []post.Source
	for i, a := range addresses {
		for name, f := range w.fakes {
			a = strings.ReplaceAll(a, "{{"+name+"}}", f.URL)
			a = strings.ReplaceAll(a, "{{"+name+":}}", strings.TrimPrefix(f.URL, "http://"))
		}
		sources = append(sources, post.Source{ID: fmt.Sprint("s", i), URL: a, Boosts: boosts})
	}
	if _, err := w.store.Sync(w.t.Context(), sources); err != nil {
		w.t.Fatal(err)
	}
}

// round visits everybody, and says what troubles them: "s0: …" a line.
func (w *world) round() string {
	w.t.Helper()
	states, err := w.store.Sources(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	var told []string
	if err := w.reader.Round(w.t.Context(), states, func(r ingest.Report) {
		if say := strings.Trim(r.Trouble+"; "+r.Notice, "; "); say != "" {
			told = append(told, r.Source.ID+": "+say)
		}
	}); err != nil {
		w.t.Fatal(err)
	}
	w.now = w.now.Add(time.Hour)
	slices.Sort(told)
	return strings.Join(told, "\n")
}

// shown are the titles in the feed of everything, the newest first.
func (w *world) shown() []string {
	w.t.Helper()
	editions, _, err := w.store.Editions(w.t.Context(), post.Query{Limit: 1000})
	if err != nil {
		w.t.Fatal(err)
	}
	var titles []string
	for _, e := range editions {
		titles = append(titles, e.Lead.Title)
	}
	return titles
}

func (w *world) want(titles ...string) {
	w.t.Helper()
	if diff := cmp.Diff(titles, w.shown()); diff != "" {
		w.t.Errorf("what is shown (-want +got):\n%s", diff)
	}
}

// everything is all text of the database: what is not in it was kept nowhere.
func (w *world) everything() string {
	var b strings.Builder
	w.store.Posts(context.Background(), func(p store.Stored) error {
		fmt.Fprintln(&b, p.ID, p.URL, p.Title, p.Summary, p.HTML, p.Page, p.Authors, p.Tags)
		return nil
	})
	states, _ := w.store.Sources(context.Background())
	for _, s := range states {
		fmt.Fprintln(&b, s.Visit.Trouble, s.Visit.Notice)
	}
	waiting, _ := w.store.Waiting(context.Background())
	fmt.Fprint(&b, waiting)
	return b.String()
}

const (
	toPublic   = `"to":"https://www.w3.org/ns/activitystreams#Public","cc":"{{it}}/users/ans/followers"`
	toUnlisted = `"to":"{{it}}/users/ans/followers","cc":["https://www.w3.org/ns/activitystreams#Public"]`
	toFollower = `"to":"{{it}}/users/ans/followers"`
)

// account puts an actor on a server, with its WebFinger.
func (f *fake) account(name, more string) {
	f.docs["/users/"+name] = `{"@context":"https://www.w3.org/ns/activitystreams","type":"Person","id":"{{it}}/users/` + name + `","name":"De ` + name + `","preferredUsername":"` + name + `",
		"url":"{{it}}/@` + name + `","outbox":"{{it}}/users/` + name + `/outbox","discoverable":true` + more + `}`
	host := strings.TrimPrefix(f.URL, "http://")
	f.docs["/.well-known/webfinger?resource=acct%3A"+name+"%40"+strings.ReplaceAll(host, ":", "%3A")] = `{"subject":"x","links":[
		{"rel":"http://webfinger.net/rel/profile-page","type":"text/html","href":"{{it}}/@` + name + `"},
		{"rel":"self","type":"text/html","href":"{{it}}/@` + name + `"},{"rel":"self","type":"application/ld+json","href":"{{it}}/data"},
		{"rel":"alternate","type":"application/activity+json","href":"{{it}}/other"},
		{"rel":"self","type":"application/activity+json","href":"{{it}}/users/` + name + `"}]}`
}

// note is a toot of ans, number n; the larger, the newer.
func note(n int, text, more string) string {
	return fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","type":"Note","id":"{{it}}/users/ans/statuses/%d","attributedTo":"{{it}}/users/ans",
		"published":"%s","content":"<p>%s #openweb</p>","tag":[{"type":"Hashtag","name":"#openweb"}],%s}`,
		n, time.Date(2026, 11, 1, 0, n, 0, 0, time.UTC).Format(time.RFC3339), text, more)
}

func create(n int) string {
	return fmt.Sprintf(`{"type":"Create","actor":"{{it}}/users/ans","object":"{{it}}/users/ans/statuses/%d",%s}`, n, toPublic)
}

func (f *fake) object(n int, text, more string) {
	f.docs[fmt.Sprintf("/users/ans/statuses/%d", n)] = note(n, text, more)
}

// page sets the outbox of ans, in the way of servers that give a first page.
func (f *fake) page(items ...string) {
	f.docs["/users/ans/outbox"] = `{"@context":"https://www.w3.org/ns/activitystreams","type":"OrderedCollection","id":"{{it}}/users/ans/outbox","first":"{{it}}/users/ans/outbox?limit=40","totalItems":11}`
	f.docs["/users/ans/outbox?limit=40"] = `{"@context":"https://www.w3.org/ns/activitystreams","type":"OrderedCollectionPage","id":"x","orderedItems":[` + strings.Join(items, ",") + `]}`
}

// From the account's name to what is shown: a server that wants signatures, and an
// outbox that says only ids; an edit and two deletions are followed.
func TestAccountByID(t *testing.T) {
	w := newWorld(t, "toots")
	f := w.fakes["toots"]
	f.signed = true
	f.account("ans", "")
	for i, text := range []string{"Nul", "Een", "Twee", "Drie"} {
		f.object(i, text, toPublic)
	}
	f.object(4, "Anders", toUnlisted)
	f.page(create(4), create(3), create(2), create(1), create(0))
	w.follow(false, "acct:ans@{{toots:}}")
	if told := w.round(); told != "" {
		t.Error(told)
	}
	w.want("Drie", "Twee", "Een", "Nul")
	if strings.Contains(w.everything(), "Anders") || strings.Contains(w.everything(), "/4") {
		t.Error("an unlisted post is stored")
	}
	states, _ := w.store.Sources(t.Context())
	if s := states[0]; s.Title() != "De ans" || s.Visit.SiteURL != f.URL+"/@ans" || !s.Visit.Account.Signed {
		t.Errorf("%+v", s.Visit)
	}
	f.was()

	f.object(3, "Drie, beter", `"updated":"2026-11-02T00:00:00Z",`+toPublic)
	delete(f.docs, "/users/ans/statuses/2")
	f.docs["/users/ans/statuses/1"] = `{"type":"Tombstone","id":"{{it}}/users/ans/statuses/1","@context":"https://www.w3.org/ns/activitystreams"}`
	f.object(0, "Alleen voor vrienden", toFollower)
	w.round()
	w.want("Drie, beter")
	for _, gone := range []string{"Een #", "Twee #", "vrienden", "Nul #"} {
		if strings.Contains(w.everything(), gone) {
			t.Errorf("%q is kept: %s", gone, w.everything())
		}
	}
	for _, asked := range f.was() {
		if strings.HasSuffix(asked, "401") {
			t.Errorf("asked unsigned, although it is known to want signatures: %s", asked)
		}
	}
	// An older version does not overtake a newer one, and what was deleted stays so.
	f.object(3, "Drie", `"updated":"2026-11-01T00:00:00Z",`+toPublic)
	f.object(2, "Twee", toPublic)
	w.round()
	w.want("Drie, beter")
}

// Whole objects in the outbox, an object that loses its hashtag, Delete and Update in it.
func TestAccountInline(t *testing.T) {
	w := newWorld(t, "toots")
	f := w.fakes["toots"]
	f.account("ans", "")
	f.docs["/users/ans/outbox"] = `{"type":"OrderedCollection","orderedItems":[` + note(3, "Drie", toPublic) + `,` + note(2, "Twee", toPublic) + `,` + note(1, "Een", toFollower) + `],"@context":"https://www.w3.org/ns/activitystreams"}`
	w.follow(false, "{{toots}}/users/ans")
	if told := w.round(); told != "" {
		t.Error(told)
	}
	w.want("Drie", "Twee")
	w.reader.Thorough = false // else it would be seen that they are not there
	f.docs["/users/ans/outbox"] = `{"type":"OrderedCollection","@context":"https://www.w3.org/ns/activitystreams","orderedItems":[
		{"type":"Update","actor":"{{it}}/users/ans",` + toPublic + `,"object":` + strings.ReplaceAll(note(3, "Drie zonder", `"updated":"2026-11-03T00:00:00Z",`+toPublic), "penweb", "ver") + `},
		{"type":"Delete","actor":"{{it}}/users/ans","object":{"type":"Tombstone","id":"{{it}}/users/ans/statuses/2"}},` +
		note(4, "Vier", toPublic) + `,` + note(2, "Twee", toPublic) + `]}`
	w.round()
	w.want("Vier")
	if strings.Contains(w.everything(), "Twee") {
		t.Error("what was deleted is kept")
	}
	// Nor does it come back, also where its server shows it again, edited.
	f.docs["/users/ans/outbox"] = `{"type":"OrderedCollection","@context":"https://www.w3.org/ns/activitystreams","orderedItems":[` +
		note(4, "Vier", toPublic) + `,` + note(2, "Twee, terug", `"updated":"2026-11-22T00:00:00Z",`+toPublic) + `]}`
	w.round()
	w.want("Vier")
	if strings.Contains(w.everything(), "terug") {
		t.Error("what was deleted is read again")
	}
}

// What a list says to be deleted is, in each way to say it, and nothing of others is.
func TestDeletions(t *testing.T) {
	for gone, says := range map[string]string{
		"Een, Twee": `{"type":"Delete","actor":"{{it}}/users/ans",` + toPublic + `,"object":"{{it}}/users/ans/statuses/2"}`,
		"Een, Drie": `{"type":"Delete","actor":"{{it}}/users/ans",` + toPublic + `,"object":{"type":"Tombstone","id":"{{it}}/users/ans/statuses/3"}}`,
		"Een":       `{"type":"Delete","actor":"{{it}}/users/ans",` + toPublic + `,"object":"{{other}}/users/bea/statuses/7"},{"type":"Tombstone","id":"{{other}}/users/bea/statuses/7"}`,
	} {
		w := boostWorld(t, "", toPublic)
		w.reader.Thorough = false
		f := w.fakes["toots"]
		for i, text := range []string{"Een", "Twee", "Drie"} {
			f.object(i+1, text, toPublic)
		}
		f.page(create(3), create(2), create(1), boost)
		w.follow(true, "acct:ans@{{toots:}}")
		w.round()
		f.page(says, `{"type":"Tombstone","id":"{{it}}/users/ans/statuses/1"}`, create(3), create(2), create(1), boost)
		w.round()
		var want []string
		for _, title := range []string{"Drie", "Twee", "Een", "Van bea"} {
			if !slices.Contains(strings.Split(gone, ", "), title) {
				want = append(want, title)
			}
		}
		w.want(want...)
	}
}

// An account that says in its list that it was deleted is gone with all that it gave,
// what it boosted too; that it deletes another account says nothing.
func TestAccountDeletesItself(t *testing.T) {
	w := boostWorld(t, "", toPublic)
	f := w.fakes["toots"]
	w.follow(true, "acct:ans@{{toots:}}")
	w.round()
	f.page(`{"type":"Delete","actor":"{{it}}/users/ans",`+toPublic+`,"object":"{{other}}/users/bea"}`, `{"type":"Delete","actor":"{{it}}/users/ans",`+toPublic+`,"object":"{{it}}/users/bea"}`, create(1))
	w.round()
	w.want("Een", "Van bea")
	f.object(2, "Twee", toPublic)
	f.page(create(2), `{"type":"Delete","actor":"{{it}}/users/ans",`+toPublic+`,"object":{"id":"{{it}}/users/ans","type":"Person"}}`, create(1))
	if told := w.round(); !strings.Contains(told, "the account is gone") {
		t.Error(told)
	}
	w.want()
	if all := w.everything(); strings.Contains(all, "Een #") || strings.Contains(all, "Twee") || strings.Contains(all, "Van bea #") {
		t.Errorf("something is kept: %s", all)
	}
	if _, err := w.reader.Examine(t.Context(), post.Source{ID: "x", URL: f.URL + "/users/ans"}); err == nil || !strings.Contains(err.Error(), "it was deleted") {
		t.Errorf("a look at it says %v", err)
	}
	// Nor does anything wait that it boosted.
	w = boostWorld(t, "", toPublic)
	w.fakes["toots"].page(boost, `{"type":"Delete","actor":"{{it}}/users/ans",`+toPublic+`,"object":"{{it}}/users/ans"}`, create(1))
	w.follow(false, "acct:ans@{{toots:}}")
	w.round()
	w.want()
	if waiting, err := w.store.Waiting(t.Context()); len(waiting) > 0 || err != nil {
		t.Error(waiting, err)
	}
}

// A boost that is taken back takes along what came by it, and not a post of the account's own.
func TestUndo(t *testing.T) {
	w := boostWorld(t, "", toPublic)
	f := w.fakes["toots"]
	f.page(boost, create(1))
	w.follow(true, "acct:ans@{{toots:}}")
	w.round()
	w.want("Een", "Van bea")
	undo := func(object string) string {
		return `{"type":"Undo","actor":"{{it}}/users/ans",` + toPublic + `,"object":{"type":"Announce","actor":"{{it}}/users/ans","object":"` + object + `"}}`
	}
	f.page(undo("{{it}}/users/ans/statuses/1"), boost, create(1))
	w.round()
	w.want("Een", "Van bea")
	f.page(undo("{{other}}/users/bea/statuses/7"), boost, create(1))
	w.round()
	w.want("Een")
	if strings.Contains(w.everything(), "Van bea #") {
		t.Error("what is boosted no more is kept")
	}
}

// A list of which nobody says who wrote it is read like one of somebody, and edits are followed.
func TestListOfNobody(t *testing.T) {
	w := newWorld(t, "toots")
	f := w.fakes["toots"]
	nobody := func(text, more string) string {
		return strings.Replace(note(1, text, more+toPublic), `"attributedTo":"{{it}}/users/ans",`, "", 1)
	}
	f.docs["/list"] = `{"type":"OrderedCollection","orderedItems":["{{it}}/users/ans/statuses/1"]}`
	f.docs["/users/ans/statuses/1"] = nobody("Een", "")
	w.follow(false, "{{toots}}/list")
	w.round()
	w.want("Een")
	f.docs["/users/ans/statuses/1"] = nobody("Een, beter", `"updated":"2026-11-22T00:00:00Z",`)
	f.was()
	w.round()
	w.want("Een, beter")
	if asked := f.was(); !slices.Equal(asked, []string{"/list 304", "/users/ans/statuses/1 200"}) {
		t.Errorf("asked %v", asked)
	}
}

// An outbox without posts, or one that only counts them, is no trouble.
func TestOutboxEmpty(t *testing.T) {
	for _, list := range []string{`"totalItems":12`, `"totalItems":0,"orderedItems":[]`, `"totalItems":0,"first":null`, `"first":"{{it}}/users/ans/outbox?page=1"`, `"first":{"type":"OrderedCollectionPage","orderedItems":[]}`} {
		w := newWorld(t, "toots")
		f := w.fakes["toots"]
		f.account("ans", "")
		f.docs["/users/ans/outbox"] = `{"@context":"https://www.w3.org/ns/activitystreams","type":"OrderedCollection","id":"{{it}}/users/ans/outbox",` + list + `}`
		f.docs["/users/ans/outbox?page=1"] = `{"@context":"https://www.w3.org/ns/activitystreams","type":"OrderedCollectionPage","orderedItems":[]}`
		w.follow(false, "acct:ans@{{toots:}}")
		for range 2 {
			if told := w.round(); told != "s0: it is valid, but shows no posts" {
				t.Errorf("%s: it says %q", list, told)
			}
		}
		states, err := w.store.Sources(t.Context())
		if err != nil || states[0].Visit.Trouble != "" || states[0].Visit.Failures > 0 {
			t.Errorf("%s: %+v", list, states[0].Visit)
		}
	}
}

// All ways to write one account lead to it.
func TestAccountAddresses(t *testing.T) {
	for address, want := range map[string]string{
		"acct:ans@{{toots:}}":                "",
		"@ans@{{toots:}}":                    "",
		"{{toots}}/@ans":                     "",
		"{{toots}}/users/ans":                "",
		"{{toots}}/users/ans/outbox":         "",
		"{{toots}}/anything":                 "",
		"{{toots}}/users/ans/statuses/1":     "",
		"acct:bea@{{toots:}}":                `knows no account "bea"`,
		"acct:eve@{{toots:}}":                "another host answers for it",
		"{{toots}}/users/ans/outbox?limit=2": "",
		"acct:ada@{{toots:}}":                "",
		"acct:ida@{{toots:}}":                "its actor names no outbox on its own host",
	} {
		t.Run(address, func(t *testing.T) {
			w := newWorld(t, "toots", "evil")
			f := w.fakes["toots"]
			f.signed = !strings.Contains(address, "/@ans") // that one is a page for people
			f.account("ans", "")
			f.object(1, "Een", toPublic)
			f.page(create(1))
			f.docs["/users/ans/outbox?limit=2"] = f.docs["/users/ans/outbox?limit=40"]
			f.docs["/@ans"] = `<!DOCTYPE html><html><title>Ans</title></html>`
			f.docs["/anything"] = f.docs["/users/ans"]
			// A server that names an actor of another one, which is not what it says to be.
			f.account("eve", "")
			w.fakes["evil"].docs["/users/ans"] = f.expand(f.docs["/users/ans"])
			for at, doc := range f.docs {
				if strings.HasPrefix(at, "/.well-known") && strings.Contains(at, "eve") {
					f.docs[at] = strings.ReplaceAll(doc, "{{it}}/users/eve", "{{evil}}/users/ans")
				}
			}
			// One by the other type that there is, and one whose posts are said to be elsewhere.
			f.account("ada", "")
			f.account("ida", "")
			for at, doc := range f.docs {
				if strings.HasPrefix(at, "/.well-known") && strings.Contains(at, "ada") {
					f.docs[at] = strings.NewReplacer(`"application/activity+json","href":"{{it}}/users/ada"`, `"application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"","href":"{{it}}/users/ans"`).Replace(doc)
				}
			}
			f.docs["/users/ida"] = strings.Replace(f.docs["/users/ida"], `"outbox":"{{it}}`, `"outbox":"{{evil}}`, 1)
			w.follow(false, address)
			if told := w.round(); !strings.Contains(told, want) || want == "" && told != "" {
				t.Errorf("%q, want %q", told, want)
			}
			if asked := w.fakes["evil"].was(); strings.Contains(address, "ida") && len(asked) > 0 {
				t.Errorf("asked %v", asked)
			}
			if want == "" {
				w.want("Een")
			} else {
				w.want()
			}
		})
	}
}

// Whoever says that they want to be left out is, whatever is configured.
func TestAccountConsent(t *testing.T) {
	for more, why := range map[string]string{
		`,"summary":"<p>Hallo #<span>NoBot</span></p>"`:    "#nobot",
		`,"summary":"#noindex"`:                            "#noindex",
		`,"summary":"x","tag":{"name":"#nobridge"}`:        "#nobridge",
		`,"discoverable":false`:                            "discoverable",
		`,"manuallyApprovesFollowers":true`:                "locked",
		`,"hidesToPublicFromUnauthedWeb":true`:             "on the web to nobody",
		`,"type":"Application"`:                            "passes on",
		`,"summary":"#nobotany","indexable":false`:         "",
		`,"summary":"","manuallyApprovesFollowers":"what"`: "",
	} {
		w := newWorld(t, "toots")
		f := w.fakes["toots"]
		f.account("ans", more)
		f.object(1, "Een", toPublic)
		f.page(create(1))
		w.follow(true, "acct:ans@{{toots:}}")
		told := w.round()
		if states, err := w.store.Sources(t.Context()); err != nil || states[0].Visit.Account.Opposed != (why != "") {
			t.Errorf("%s: %+v %v", more, states, err)
		}
		if why == "" {
			w.want("Een")
			continue
		}
		can := "its owner wants to be read, they can "
		if why == "passes on" {
			can = "name the accounts of those who write"
		}
		if !strings.Contains(told, "nothing is taken from it") || !strings.Contains(told, why) || !strings.Contains(told, can) {
			t.Errorf("%s: %q", more, told)
		}
		w.want()
		if strings.Contains(w.everything(), "Een") {
			t.Errorf("%s: something is stored", more)
		}
		if asked := strings.Join(f.was(), " "); strings.Contains(asked, "outbox") {
			t.Errorf("%s: the outbox is read: %s", more, asked)
		}
		f.account("ans", "")
		if told := w.round(); told != "" {
			t.Errorf("%s: after it was changed: %s", more, told)
		}
		w.want("Een")
	}
}

// Our page of a post is for search engines only where its author's actor allows that,
// and follows what the actor says now.
func TestAccountIndexable(t *testing.T) {
	noIndex := func(w *world) map[string]bool {
		editions, _, err := w.store.Editions(t.Context(), post.Query{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		said := map[string]bool{}
		for _, e := range editions {
			said[e.Lead.Title] = e.NoIndex
		}
		return said
	}
	w := boostWorld(t, `,"indexable":true`, toPublic)
	f := w.fakes["toots"]
	w.follow(true, "acct:ans@{{toots:}}")
	version := ""
	for _, test := range []struct {
		more string
		want bool
	}{{`,"indexable":true`, false}, {"", true}, {`,"indexable":true`, false}, {`,"indexable":false`, true}, {`,"indexable":"true"`, true}, {`,"indexable":true`, false}} {
		f.account("ans", test.more)
		w.round()
		was := version
		version = w.store.Version(post.Query{Story: "x"})
		if diff := cmp.Diff(map[string]bool{"Een": test.want, "Van bea": true}, noIndex(w)); diff != "" { // bea was not asked
			t.Errorf("actor with %q (-want +got):\n%s", test.more, diff)
		}
		if test.more != `,"indexable":"true"` && version == was {
			t.Errorf("actor with %q: pages that were made before are kept", test.more)
		}
	}
}

// An account that changes its mind gives nothing new, and what it deletes is deleted.
func TestAccountWithdrawsConsent(t *testing.T) {
	w := newWorld(t, "toots")
	f := w.fakes["toots"]
	f.account("ans", "")
	f.object(1, "Een", toPublic)
	f.object(2, "Twee", toPublic)
	f.page(create(2), create(1))
	w.follow(false, "acct:ans@{{toots:}}")
	w.round()
	w.want("Twee", "Een")
	f.account("ans", `,"summary":"#nobot"`)
	f.object(3, "Drie", toPublic)
	f.page(create(3), create(2))
	delete(f.docs, "/users/ans/statuses/1")
	if told := w.round(); !strings.Contains(told, "#nobot") {
		t.Error(told)
	}
	w.want("Twee")
}

// An account that is gone takes everything along; a server that has lost its way does not.
func TestAccountGone(t *testing.T) {
	w := newWorld(t, "toots")
	f := w.fakes["toots"]
	f.account("ans", "")
	f.object(1, "Een", toPublic)
	f.page(create(1))
	w.follow(false, "acct:ans@{{toots:}}")
	w.round()
	f.says["/users/ans"] = http.StatusNotFound
	w.round()
	w.want("Een")
	f.says["/users/ans"] = http.StatusGone
	if told := w.round(); !strings.Contains(told, "the account is gone") {
		t.Error(told)
	}
	w.want()
	if strings.Contains(w.everything(), "Een") {
		t.Error("something is kept")
	}
	// Servers that say 404 of what was deleted say it of its list, too.
	w = newWorld(t, "toots")
	f = w.fakes["toots"]
	f.account("ans", "")
	f.object(1, "Een", toPublic)
	f.page(create(1))
	w.follow(false, "acct:ans@{{toots:}}")
	w.round()
	w.want("Een")
	f.says["/users/ans"], f.says["/users/ans/outbox?limit=40"] = http.StatusNotFound, http.StatusNotFound
	if told := w.round(); !strings.Contains(told, "the account is gone") {
		t.Error(told)
	}
	w.want()
}

// boost is an Announce by ans of a post of bea on another server.
const boost = `{"type":"Announce","actor":"{{it}}/users/ans","to":"{{it}}/users/ans/followers","cc":"https://www.w3.org/ns/activitystreams#Public","object":"{{other}}/users/bea/statuses/7"}`

func boostWorld(t *testing.T, about, addressing string) *world {
	w := newWorld(t, "toots", "other")
	w.fakes["other"].signed = true
	w.fakes["other"].account("bea", about)
	w.fakes["other"].docs["/users/bea/statuses/7"] = strings.NewReplacer("users/ans", "users/bea", "statuses/0", "statuses/7").Replace(note(0, "Van bea", addressing))
	f := w.fakes["toots"]
	f.account("ans", "")
	f.object(1, "Een", toPublic)
	f.page(boost, create(1))
	return w
}

func TestBoosts(t *testing.T) {
	for _, test := range []struct {
		name, about, addressing string
		boosts                  bool
		shown, waits            bool
	}{
		{name: "taken where the source says so", addressing: toPublic, boosts: true, shown: true},
		{name: "else waits", addressing: toPublic, waits: true},
		{name: "not what is unlisted", addressing: toUnlisted, boosts: true},
		{name: "nor does that wait", addressing: toUnlisted},
		{name: "not of those who want to be left out", about: `,"summary":"#nobot"`, addressing: toPublic, boosts: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := boostWorld(t, test.about, test.addressing)
			w.follow(test.boosts, "acct:ans@{{toots:}}")
			w.round()
			all := w.everything()
			if shown := slices.Contains(w.shown(), "Van bea"); shown != test.shown {
				t.Errorf("shown: %v\n%s", shown, all)
			}
			waiting, err := w.store.Waiting(t.Context())
			if err != nil || len(waiting) == 1 != test.waits {
				t.Errorf("waiting: %v %v", waiting, err)
			}
			if !test.shown && strings.Contains(all, "Van bea") || !test.shown && !test.waits && strings.Contains(all, w.fakes["other"].URL) {
				t.Errorf("something of it is kept: %s", all)
			}
			if test.shown {
				w.store.Posts(t.Context(), func(p store.Stored) error {
					if p.Title == "Van bea" && (p.Booster.Name != "De ans" || p.Authors[0].Name != "De bea") {
						t.Errorf("%+v", p.Post)
					}
					return nil
				})
				// Nothing changes, also when all is looked at again.
				w.round()
				if w.store.Posts(t.Context(), func(p store.Stored) error {
					if !p.Updated.IsZero() {
						t.Error(p.Updated)
					}
					return nil
				}); len(w.shown()) != 2 {
					t.Error(w.shown())
				}
			}
		})
	}
}

// Whoever wants to be left out later, or is no more, is: what others boosted of them goes.
func TestBoostedChangeTheirMind(t *testing.T) {
	for name, change := range map[string]func(other *fake){
		"they say #nobot": func(other *fake) { other.account("bea", `,"summary":"#nobot"`) },
		"they are gone":   func(other *fake) { other.says["/users/bea"] = http.StatusGone },
		"a tombstone":     func(other *fake) { other.docs["/users/bea"] = `{"type":"Tombstone","id":"{{it}}/users/bea"}` },
	} {
		t.Run(name, func(t *testing.T) {
			w := boostWorld(t, "", toPublic)
			w.follow(true, "acct:ans@{{toots:}}")
			w.round()
			w.want("Een", "Van bea")
			change(w.fakes["other"])
			w.round()
			w.want("Een")
			if strings.Contains(w.everything(), "Van bea #") {
				t.Error("something is kept")
			}
		})
	}
	// So does what a moderator approved before.
	w := boostWorld(t, "", toPublic)
	w.follow(false, "acct:ans@{{toots:}}")
	w.round()
	if found, err := w.store.Decide(t.Context(), people.Hand{}, w.fakes["other"].URL+"/users/bea/statuses/7", post.Approved); !found || err != nil {
		t.Error(found, err)
	}
	w.fakes["other"].account("bea", `,"discoverable":false`)
	w.round()
	w.want("Een")
	w.fakes["other"].was()
	w.round()
	if asked := w.fakes["other"].was(); len(asked) > 0 {
		t.Errorf("it is asked for again: %v", asked)
	}
}

// What was boosted, or approved, cannot be said to be by somebody of another host later.
func TestBoostedChangesItsAuthor(t *testing.T) {
	forged := strings.NewReplacer("{{it}}/users/ans/statuses/0", "{{it}}/users/bea/statuses/7", "{{it}}/users/ans", "{{toots}}/users/ans").Replace(note(0, "Vals", `"updated":"2026-11-22T00:00:00Z",`+toPublic))
	for _, boosts := range []bool{true, false} {
		w := boostWorld(t, "", toPublic)
		w.follow(boosts, "acct:ans@{{toots:}}")
		w.round()
		if !boosts {
			if found, err := w.store.Decide(t.Context(), people.Hand{}, w.fakes["other"].URL+"/users/bea/statuses/7", post.Approved); !found || err != nil {
				t.Error(found, err)
			}
		}
		w.fakes["other"].docs["/users/bea/statuses/7"] = forged
		w.round()
		w.want("Een")
		if strings.Contains(w.everything(), "Vals") {
			t.Error(w.everything())
		}
	}
}

func TestModerator(t *testing.T) {
	w := boostWorld(t, "", toPublic)
	w.follow(false, "acct:ans@{{toots:}}")
	if told := w.round(); !strings.Contains(told, "1 posts of others wait for a moderator") {
		t.Error(told)
	}
	w.round()
	w.want("Een")
	id := w.fakes["other"].URL + "/users/bea/statuses/7"
	if found, err := w.store.Decide(t.Context(), people.Hand{}, id, post.Approved); !found || err != nil {
		t.Error(found, err)
	}
	w.round()
	w.want("Een", "Van bea")
	if waiting, _ := w.store.Waiting(t.Context()); len(waiting) != 0 {
		t.Error(waiting)
	}
	// Deleted there, deleted here.
	delete(w.fakes["other"].docs, "/users/bea/statuses/7")
	w.round()
	w.want("Een")

	// What gives itself out as a page elsewhere is not decided by that one's address.
	for url, own := range map[string]bool{"https://good.example/1": false, "{{other}}/@bea/7": true} {
		w = boostWorld(t, "", `"url":"`+url+`",`+toPublic)
		w.follow(false, "acct:ans@{{toots:}}")
		w.round()
		waiting, err := w.store.Waiting(t.Context())
		if want := w.fakes["toots"].expand(url); err != nil || len(waiting) != 1 || (waiting[0].URL == want) != own || !own && waiting[0].URL != waiting[0].ID {
			t.Errorf("%s: %+v, %v", url, waiting, err)
		}
	}

	// What was refused does not come back.
	w = boostWorld(t, "", toPublic)
	w.follow(false, "acct:ans@{{toots:}}")
	w.round()
	w.store.Decide(t.Context(), people.Hand{}, w.fakes["other"].URL+"/users/bea/statuses/7", post.Refused)
	w.fakes["toots"].object(2, "Twee", toPublic)
	w.fakes["toots"].page(create(2), boost, create(1))
	w.round()
	w.want("Twee", "Een")
	if waiting, _ := w.store.Waiting(t.Context()); len(waiting) != 0 {
		t.Error(waiting)
	}
}

// Nothing is taken of those who are blocked, whoever passes it on, and the server of
// a domain that is blocked is not even asked.
func TestBlocked(t *testing.T) {
	const domain = "127.0.0.1"
	for name, test := range map[string]struct{ block, from string }{
		"author who is boosted":   {"{{other}}/users/bea", "{{toots}}/users/ans"},
		"domain that is boosted":  {domain, "{{toots}}/users/ans"},
		"author in a timeline":    {"{{other}}/users/bea", "{{toots}}/tags/openweb"},
		"domain in a timeline":    {domain, "{{toots}}/tags/openweb"},
		"author in a collection":  {"{{toots}}/users/ans", "{{toots}}/list"},
		"nobody, and it is there": {"", "{{toots}}/users/ans"},
	} {
		t.Run(name, func(t *testing.T) {
			w := boostWorld(t, "", toPublic)
			f, other := w.fakes["toots"], w.fakes["other"]
			f.URL = strings.Replace(f.URL, domain, "localhost", 1)
			f.page(boost)
			f.docs["/tags/openweb"] = "<!DOCTYPE html><html><title>x</title></html>"
			f.docs["/tags/openweb.rss"] = `<rss version="2.0"><channel><item><guid>1</guid><link>{{other}}/users/bea/statuses/7</link></item></channel></rss>`
			f.docs["/list"] = `{"type":"OrderedCollection","id":"{{it}}/list","orderedItems":["{{it}}/users/ans/statuses/1"]}`
			w.follow(true, test.from)
			if test.block != "" {
				if err := w.store.Block(t.Context(), people.Hand{At: w.now}, f.expand(test.block)); err != nil {
					t.Fatal(err)
				}
			}
			told := w.round()
			waiting, err := w.store.Waiting(t.Context())
			if shown := len(w.shown()); len(waiting) > 0 || err != nil || (shown > 0) != (test.block == "") {
				t.Errorf("%d are shown, %v wait, %v\n%s", shown, waiting, err, told)
			}
			if asked := other.was(); test.block == domain && len(asked) > 0 {
				t.Errorf("it was asked %v", asked)
			}
		})
	}
}

// Of a hashtag's timeline those who are listed are taken, the others wait.
func TestTagTimeline(t *testing.T) {
	rss := `<rss version="2.0"><channel><title>#openweb</title>
		<item><guid>{{it}}/@ans/1</guid><link>{{it}}/users/ans/statuses/1</link><description>Een #openweb</description></item>
		<item><guid>{{it}}/@bea/7</guid><link>{{other}}/users/bea/statuses/7</link><description>Van bea #openweb</description></item></channel></rss>`
	statuses := `[{"id":"1","visibility":"public","uri":"{{it}}/users/ans/statuses/1","content":"x"},{"id":"7","visibility":"public","uri":"{{other}}/users/bea/statuses/7"},{"visibility":"unlisted","uri":"{{other}}/users/bea/statuses/8"}]`
	for name, test := range map[string]struct{ rss, api, trouble string }{
		"feed":    {rss: rss},
		"API":     {rss: "<!DOCTYPE html><html><title>x</title></html>", api: statuses},
		"neither": {rss: "<!DOCTYPE html><html><title>x</title></html>", trouble: "does not show the timeline of a hashtag"},
	} {
		t.Run(name, func(t *testing.T) {
			w := boostWorld(t, "", toPublic)
			f := w.fakes["toots"]
			f.docs["/tags/openweb"] = "<!DOCTYPE html><html><title>x</title></html>"
			f.docs["/tags/openweb.rss"] = test.rss
			if test.api != "" {
				f.docs["/api/v1/timelines/tag/openweb"] = test.api
			} else {
				f.says["/api/v1/timelines/tag/openweb"] = http.StatusUnauthorized
			}
			f.page(create(1))
			w.follow(true, "acct:ans@{{toots:}}", "{{toots}}/tags/openweb") // what stands in a timeline was not boosted
			if told := w.round(); !strings.Contains(told, test.trouble) {
				t.Error(told)
			}
			w.round()
			w.want("Een")
			if asked := strings.Join(w.fakes["other"].was(), " "); strings.Contains(asked, "statuses/8") {
				t.Errorf("what is unlisted was asked for: %s", asked)
			}
			waiting, _ := w.store.Waiting(t.Context())
			if test.trouble == "" && (len(waiting) != 1 || waiting[0].ID != w.fakes["other"].URL+"/users/bea/statuses/7" || waiting[0].Author != w.fakes["other"].URL+"/users/bea") {
				t.Errorf("%+v", waiting)
			}
			if strings.Contains(w.everything(), "Van bea") {
				t.Error("who is not listed is stored")
			}
			// Whoever becomes a source need not wait any longer.
			w.follow(false, "acct:ans@{{toots:}}", "{{toots}}/tags/openweb", "{{other}}/users/bea")
			w.fakes["other"].docs["/users/bea/outbox"] = `{"type":"OrderedCollection","totalItems":0}`
			w.round()
			w.round()
			if test.trouble != "" {
				return
			}
			w.want("Een", "Van bea")
			w.fakes["other"].docs["/users/bea/statuses/9"] = strings.NewReplacer("users/ans", "users/bea", "statuses/0", "statuses/9").Replace(note(0, "Nog een van bea", toPublic))
			for at, doc := range f.docs {
				f.docs[at] = strings.Replace(doc, "{{other}}/users/bea/statuses/7", "{{other}}/users/bea/statuses/9", 1)
			}
			w.round() // nor do their new ones wait
			if !slices.Contains(w.shown(), "Nog een van bea") {
				t.Error(w.shown())
			}
		})
	}
}

// A server that asks for patience is not asked in another way.
func TestTagTimelineWaits(t *testing.T) {
	w := newWorld(t, "toots")
	f := w.fakes["toots"]
	f.says["/tags/openweb.rss"], f.wait = http.StatusTooManyRequests, "600"
	w.follow(false, "{{toots}}/tags/openweb")
	if told := w.round(); !strings.Contains(told, "wants to be left alone") {
		t.Error(told)
	}
	if asked := f.was(); len(asked) != 1 {
		t.Errorf("asked %v", asked)
	}
}

// undecided is a store that cannot tell now who is listed or blocked.
type undecided struct{ ingest.AccountStore }

func (undecided) Regard(context.Context, string) (post.Regard, error) {
	return post.Stranger, errors.New("the disk is gone")
}

// Where it cannot be told who somebody is, nothing is taken of them, and they do not
// wait; it is asked again.
func TestRegardUnknown(t *testing.T) {
	w := boostWorld(t, "", toPublic)
	w.reader.Thorough = false
	w.reader.Fediverse = undecided{w.store}
	w.follow(true, "acct:ans@{{toots:}}")
	w.round()
	w.want("Een")
	if waiting, err := w.store.Waiting(t.Context()); len(waiting) > 0 || err != nil || len(w.fakes["other"].was()) > 0 {
		t.Errorf("%v wait, %v", waiting, err)
	}
	w.reader.Fediverse = w.store
	w.round()
	w.want("Een", "Van bea")
}

// Outboxes that never end, point at themselves, elsewhere or at what is private
// end, with what was good.
func TestOutboxEnds(t *testing.T) {
	for name, next := range map[string]string{
		"endless": "", "itself": "{{it}}/users/ans/outbox?limit=40", "another host": "{{other}}/users/ans/outbox?page=2", "private": "http://10.0.0.1/outbox",
		"not there": "{{it}}/nowhere", "no URL": "%zz", "an object": `","next":{"type":"x"},"y":"`,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "toots", "other")
			f := w.fakes["toots"]
			f.account("ans", "")
			f.page()
			w.fakes["other"].docs["/users/ans/outbox?page=2"] = `{"type":"OrderedCollectionPage","orderedItems":[` + note(2, "Twee", toPublic) + `]}`
			pages := 1
			if name == "endless" {
				pages = 30
			}
			for n := range pages {
				at := "/users/ans/outbox?limit=40"
				if n > 0 {
					at = fmt.Sprint("/users/ans/outbox?page=", n)
				}
				after := next
				if name == "endless" {
					after = fmt.Sprint("{{it}}/users/ans/outbox?page=", n+1)
				}
				f.docs[at] = `{"type":"OrderedCollectionPage","orderedItems":[` + note(100-n, fmt.Sprint("Nummer ", n), toPublic) + `],"next":"` + after + `"}`
			}
			w.follow(false, "acct:ans@{{toots:}}")
			w.round()
			if got := w.shown(); len(got) != min(pages, 10) || got[0] != "Nummer 0" {
				t.Error(got)
			}
			if asked := w.fakes["other"].was(); len(asked) > 0 {
				t.Errorf("asked another host: %v", asked)
			}
			if asked := pagesOf(f.was()); len(asked) > 1+min(pages, 10)+1 { // what points to them, they, and what is not there
				t.Errorf("asked %v", asked)
			}
		})
	}
}

// An object that its own host does not vouch for is nobody's.
func TestAccountForgery(t *testing.T) {
	w := newWorld(t, "toots", "other")
	f := w.fakes["toots"]
	f.account("ans", "")
	forged := strings.ReplaceAll(note(9, "Vals", toPublic), "{{it}}", "{{other}}")
	f.docs["/users/ans/outbox"] = `{"type":"OrderedCollection","orderedItems":[
		{"type":"Announce","actor":"{{it}}/users/ans","to":"as:Public","object":` + forged + `},
		{"type":"Create","actor":"{{it}}/users/ans","to":"as:Public","object":` + forged + `},` +
		strings.Replace(note(8, "Van een ander hier", toPublic), `"attributedTo":"{{it}}/users/ans"`, `"attributedTo":"{{it}}/users/bea"`, 1) + `]}`
	w.follow(true, "acct:ans@{{toots:}}")
	w.round()
	w.want()
	if strings.Contains(w.everything(), "Vals") || strings.Contains(w.everything(), "Van een ander") {
		t.Error(w.everything())
	}
}

// What an id leads to comes from the id's own host, and says so: else it is nobody's.
func TestAccountForgeryByID(t *testing.T) {
	for name, forge := range map[string]func(toots, other *fake){
		"it leads to another host": func(toots, other *fake) {
			toots.docs["/users/ans/statuses/1"] = "-> {{other}}/users/ans/statuses/1"
			other.object(1, "Vals", toPublic)
		},
		"it leads to another host that speaks for it": func(toots, other *fake) {
			toots.docs["/users/ans/statuses/1"] = "-> {{other}}/users/ans/statuses/1"
			other.docs["/users/ans/statuses/1"] = strings.ReplaceAll(note(1, "Vals", toPublic), "{{it}}", "{{toots}}")
		},
		"it says that it is another's": func(toots, other *fake) {
			toots.docs["/users/ans/statuses/1"] = strings.ReplaceAll(note(1, "Vals", toPublic), "{{it}}", "{{other}}")
		},
		"it says that it is of whom is listed elsewhere": func(toots, other *fake) {
			other.docs["/users/bea/statuses/7"] = strings.NewReplacer("{{it}}/users/ans/statuses/0", "{{it}}/users/bea/statuses/7", "{{it}}/users/ans", "{{toots}}/users/ans").Replace(note(0, "Vals", toPublic))
			toots.page(boost)
		},
		"it is a Create of what is elsewhere": func(toots, other *fake) {
			toots.docs["/users/ans/statuses/1"] = `{"type":"Create","id":"{{it}}/users/ans/statuses/1",` + toPublic + `,"object":` + strings.ReplaceAll(note(7, "Vals", toPublic), "{{it}}", "{{other}}") + `}`
		},
		"it is a boost of what is elsewhere": func(toots, other *fake) {
			toots.docs["/users/ans/statuses/1"] = `{"type":"Announce","id":"{{it}}/users/ans/statuses/1",` + toPublic + `,"object":` + strings.ReplaceAll(note(7, "Vals", toPublic), "{{it}}", "{{other}}") + `}`
		},
		"what is boosted is a Create of what is elsewhere": func(toots, other *fake) {
			other.docs["/users/bea/statuses/7"] = `{"type":"Create","id":"{{it}}/users/bea/statuses/7",` + toPublic + `,"object":` + strings.ReplaceAll(note(7, "Vals", toPublic), "{{it}}", "{{toots}}") + `}`
			toots.page(boost)
		},
		"its list leads elsewhere": func(toots, other *fake) {
			toots.docs["/users/ans/outbox?limit=40"] = "-> {{other}}/users/ans/list"
			other.docs["/users/ans/list"] = `{"type":"OrderedCollectionPage","orderedItems":[` + strings.ReplaceAll(note(1, "Vals", toPublic), "{{it}}", "{{toots}}") + `]}`
		},
		"its next page leads elsewhere": func(toots, other *fake) {
			toots.docs["/users/ans/outbox?limit=40"] = `{"type":"OrderedCollectionPage","orderedItems":[],"next":"{{it}}/next"}`
			toots.docs["/users/ans/outbox?limit=40"] = strings.Replace(toots.docs["/users/ans/outbox?limit=40"], "[]", `["{{it}}/nothing"]`, 1)
			toots.docs["/next"] = "-> {{other}}/users/ans/list"
			other.docs["/users/ans/list"] = `{"type":"OrderedCollectionPage","orderedItems":[` + strings.ReplaceAll(note(1, "Vals", toPublic), "{{it}}", "{{toots}}") + `]}`
		},
		"its list goes on elsewhere": func(toots, other *fake) {
			toots.docs["/users/ans/outbox"] = strings.Replace(toots.docs["/users/ans/outbox"], `"first":"{{it}}`, `"first":"{{other}}`, 1)
			other.docs["/users/ans/outbox?limit=40"] = `{"type":"OrderedCollectionPage","orderedItems":[` + strings.ReplaceAll(note(1, "Vals", toPublic), "{{it}}", "{{toots}}") + `]}`
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "toots", "other")
			f, other := w.fakes["toots"], w.fakes["other"]
			f.account("ans", "")
			other.account("ans", "")
			other.docs["/users/ans/outbox"] = `{"type":"OrderedCollection","totalItems":0}`
			w.follow(true, "{{other}}/users/ans") // who is listed, too
			w.round()
			f.page(create(1))
			forge(f, other)
			w.follow(true, "{{other}}/users/ans", "acct:ans@{{toots:}}")
			w.round()
			w.want()
			if waiting, err := w.store.Waiting(t.Context()); strings.Contains(w.everything(), "Vals") || len(waiting) > 0 || err != nil {
				t.Error(w.everything(), err)
			}
			if asked := other.was(); strings.Contains(strings.Join(asked, " "), "limit=40") {
				t.Errorf("asked %v", asked)
			}
		})
	}
}

// What this site gives is not read by it, however it is led there: that would be a loop.
func TestNeverReadsItself(t *testing.T) {
	for name, address := range map[string]string{
		"its feed":                    "{{ours}}/feed.atom",
		"its actor":                   "{{ours}}/users/ans",
		"by WebFinger":                "acct:ans@{{toots:}}",
		"a site whose feed it is":     "{{toots}}/",
		"what an account boosts":      "{{toots}}/users/bea",
		"another, and this is a test": "{{toots}}/feed.atom",
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "ours", "toots")
			ours, toots := w.fakes["ours"], w.fakes["toots"]
			w.reader.BaseURL = ours.URL
			feed := `<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title><entry><id>1</id><title>Een</title><content>#openweb</content></entry></feed>`
			ours.docs["/feed.atom"], toots.docs["/feed.atom"] = feed, feed
			ours.account("ans", "")
			ours.object(1, "Een", toPublic)
			ours.page(create(1))
			toots.account("ans", "")
			for at, doc := range toots.docs {
				toots.docs[at] = strings.ReplaceAll(doc, "{{it}}/users/ans", "{{ours}}/users/ans")
			}
			toots.account("bea", "")
			toots.docs["/users/bea/outbox"] = `{"type":"OrderedCollection","orderedItems":[{"type":"Announce","actor":"{{it}}/users/bea",` + toPublic + `,"object":"{{ours}}/users/ans/statuses/1"}]}`
			toots.docs["/"] = `<!DOCTYPE html><html><head><title>x</title><link rel="alternate" type="application/atom+xml" href="{{ours}}/feed.atom"></head></html>`
			w.follow(true, address)
			told := w.round()
			if strings.HasPrefix(name, "another") {
				w.want("Een")
				return
			}
			w.want()
			if silent := name == "what an account boosts"; strings.Contains(told, "leads to this site itself") == silent {
				t.Errorf("it says %q", told)
			}
			if asked := ours.was(); strings.HasPrefix(name, "its ") && len(asked) > 0 {
				t.Errorf("it asks itself for %v", asked)
			}
			if _, err := w.reader.Examine(t.Context(), post.Source{ID: "x", URL: ours.URL + "/feed.atom"}); err == nil {
				t.Error("a look at it says nothing")
			}
		})
	}
}

func TestContentMapEditions(t *testing.T) {
	w := newWorld(t, "toots")
	f := w.fakes["toots"]
	f.account("ans", "")
	both := note(1, "Vandaag is de brug over de rivier weer open voor iedereen die wil", `"contentMap":{"nl":"<p>Vandaag is de brug over de rivier weer open voor iedereen die wil #openweb</p>","en":"<p>Today the bridge across the river is open again for everybody who wants #openweb</p>"},`+toPublic)
	f.docs["/users/ans/outbox"] = `{"type":"OrderedCollection","orderedItems":[` + both + `]}`
	w.follow(false, "acct:ans@{{toots:}}")
	w.round()
	for _, language := range []string{"nl", "en"} {
		editions, _, err := w.store.Editions(t.Context(), post.Query{Language: language, Limit: 9})
		if err != nil || len(editions) != 1 || len(editions[0].Translations) != 1 {
			t.Errorf("%s: %v %+v", language, err, editions)
		}
	}
	if len(w.shown()) != 1 {
		t.Error(w.shown())
	}
}

// A long account of which little is new costs a page; one of which nothing is, a request or two.
func TestAccountCost(t *testing.T) {
	for _, byID := range []bool{true, false} {
		w := newWorld(t, "toots")
		f := w.fakes["toots"]
		f.signed = true
		f.account("ans", "")
		outbox := func(newest int) {
			f.page()
			for n := range 60 {
				var items []string
				for i := newest - 20*n; i > newest-20*n-20 && i > 0; i-- {
					f.object(i, fmt.Sprint("Nummer ", i), toPublic)
					if byID {
						items = append(items, create(i))
					} else {
						items = append(items, note(i, fmt.Sprint("Nummer ", i), toPublic))
					}
				}
				at := "/users/ans/outbox?limit=40"
				if n > 0 {
					at = fmt.Sprintf("/users/ans/outbox?max=%d", newest-20*n)
				}
				f.docs[at] = fmt.Sprintf(`{"type":"OrderedCollectionPage","orderedItems":[%s],"next":"{{it}}/users/ans/outbox?max=%d"}`, strings.Join(items, ","), newest-20*n-20)
			}
		}
		outbox(10_000)
		w.follow(false, "acct:ans@{{toots:}}")
		w.reader.Thorough = false
		w.round()
		if got := len(w.shown()); got != 200 {
			t.Fatalf("%d posts", got)
		}
		f.was()
		outbox(10_005)
		w.round()
		pages, objects := 0, 0
		for _, asked := range f.was() {
			if strings.Contains(asked, "outbox") {
				pages++
			}
			if strings.Contains(asked, "statuses") {
				objects++
			}
			if strings.HasSuffix(asked, "401") { // it is known to want signatures
				t.Errorf("asked in vain: %s", asked)
			}
		}
		if got := w.shown(); pages != 1 || byID && objects != 5+4 || !byID && objects > 4 || got[0] != "Nummer 10005" || len(got) != 205 {
			t.Errorf("by id %v: %d pages, %d objects, %d posts", byID, pages, objects, len(got))
		}
		actors, posts := 0, 0
		for range 6 {
			w.round()
			asked := f.was()
			posts += strings.Count(strings.Join(asked, "\n"), "/users/ans/statuses/")
			if len(asked) > 2 || len(pagesOf(asked)) != 1 || strings.Contains(strings.Join(asked, " "), "401") {
				t.Errorf("by id %v: with nothing new asked %v", byID, asked)
			}
			actors += strings.Count(strings.Join(asked, "\n"), "/users/ans 304")
			actors += strings.Count(strings.Join(asked, "\n"), "/users/ans 200")
		}
		if actors != 2 || posts != 2 { // in turn
			t.Errorf("in 6 visits the actor was asked for %d times, and %d posts", actors, posts)
		}
	}
}

func TestExamineAccount(t *testing.T) {
	w := boostWorld(t, "", toPublic)
	w.fakes["toots"].object(3, "Stiekem", toUnlisted)
	w.fakes["toots"].page(boost, create(3), create(1))
	w.reader.Store, w.reader.Fediverse = nil, nil
	x, err := w.reader.Examine(t.Context(), post.Source{ID: "x", URL: "acct:ans@" + strings.TrimPrefix(w.fakes["toots"].URL, "http://")})
	if err != nil {
		t.Fatal(err)
	}
	if len(x.Posts) != 1 || x.Posts[0].Title != "Een" || x.Document.Title != "De ans" {
		t.Errorf("%+v", x.Posts)
	}
	lost := strings.Join(x.Document.Lost, "\n")
	if !strings.Contains(lost, "would wait for a moderator") || !strings.Contains(lost, "not addressed to the public") || strings.Contains(lost, "/3") {
		t.Error(lost)
	}
}

func FuzzAccountAnswers(f *testing.F) {
	f.Add([]byte(`{"links":[{"rel":"self","type":"application/activity+json","href":"https://a.example/users/ans"}]}`))
	f.Add([]byte(`[{"uri":"https://a.example/1","visibility":"public"}]`))
	f.Add([]byte(`<rss version="2.0"><channel><item><link>https://a.example/1</link></item></channel></rss>`))
	f.Add([]byte(`{"type":"Person","id":"https://a.example/users/ans","summary":"#nobot","outbox":["x"]}`))
	f.Fuzz(func(t *testing.T, in []byte) { ingest.TryAccountAnswers(in) })
}

func BenchmarkAccountNothingNew(b *testing.B) {
	w := newWorld(b, "toots")
	f := w.fakes["toots"]
	f.signed = true
	f.account("ans", "")
	var items []string
	for i := 20; i > 0; i-- {
		items = append(items, note(i, "Nummer", toPublic))
	}
	f.page(items...)
	w.follow(false, "acct:ans@{{toots:}}")
	w.reader.Thorough = false
	w.round()
	for b.Loop() {
		w.round()
	}
}
