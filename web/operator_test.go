package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"samenloop/people"
	"samenloop/post"
)

// accounts knows one operator, anna.
type accounts struct {
	Accounts
	stored string
	until  time.Time // of the session that was kept
	broken error     // what keeps it from being so
}

func (a *accounts) Password(_ context.Context, name string) (string, error) {
	if name != "anna" {
		return "", nil
	}
	return a.stored, nil
}

func (a *accounts) StartSession(_ context.Context, _ people.Digest, _ people.Session, password string) (bool, error) {
	return password == a.stored, nil
}

// gate is where anna signs in to a site, in the language that it calls lang.
func gate(t *testing.T, lang string) (*handler, *accounts) {
	stored, err := people.HashPassword(t.Context(), "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	a := &accounts{stored: stored}
	site := testSite()
	site.Languages = append(site.Languages, lang)
	site.Operators = &Operators{Accounts: a, Tries: NewTries()}
	return newHandler(t, site, planet()), a
}

func (a *accounts) signIn(h *handler, cookies ...*http.Cookie) *httptest.ResponseRecorder {
	form := url.Values{"name": {"anna"}, "password": {"correct horse battery"}, "lang": {"nl-NL"}}
	r := httptest.NewRequest("POST", "/operator/in", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// However many strangers stand in line, who is known passes them by.
func TestKnownPassStrangers(t *testing.T) {
	h, anna := gate(t, "nl-NL")
	cookies := anna.signIn(h).Result().Cookies()
	if len(cookies) != 2 || cookies[1].Name != "__Host-device" || !cookies[1].HttpOnly || cookies[1].MaxAge != int(people.DeviceLasts/time.Second) {
		t.Fatalf("%v", cookies)
	}
	for range mostStrangers {
		h.Operators.strangers <- struct{}{}
	}
	if w := anna.signIn(h); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("a stranger beyond the line: %d", w.Code)
	}
	for range 2 * mostTries { // to be sent away is no failure
		anna.signIn(h)
	}
	if w := anna.signIn(h, cookies[1]); w.Code != 303 {
		t.Errorf("who is known: %d", w.Code)
	}
	<-h.Operators.strangers
	if w := anna.signIn(h); w.Code != 303 {
		t.Errorf("a stranger in the line: %d", w.Code)
	}
	anna.stored = strings.Replace(anna.stored, "$", "$$", 1) // another password
	h.Operators.strangers <- struct{}{}
	if w := anna.signIn(h, cookies[1]); w.Code != 503 {
		t.Errorf("known by a password of before: %d", w.Code)
	}
}

// Whose new password cannot be looked at just now is told that, and has the link still.
func TestSetPasswordBusy(t *testing.T) {
	h, _ := gate(t, "nl-NL")
	h.Operators.Accounts = linked{}
	r := httptest.NewRequest("POST", LinkPath, strings.NewReader(url.Values{"key": {"k"}, "password": {"correct horse battery"}, "lang": {"en"}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != 503 || w.Header().Get("Retry-After") != "60" || !strings.Contains(w.Body.String(), "Many are looking just now") || !strings.Contains(w.Body.String(), `type="password"`) {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
}

// linked has a link for whoever comes, and no time.
type linked struct{ Accounts }

func (linked) Linked(context.Context, people.Digest, time.Time) (string, error) { return "anna", nil }

func (linked) SetPassword(context.Context, people.Digest, string, time.Time) (string, error) {
	return "", people.ErrBusy
}

// After a form the page is in the language that it was in, under the site's own name for it;
// what only takes forms leads to them.
func TestFormsKeepTheLanguage(t *testing.T) {
	h, anna := gate(t, "nl-NL")
	if w := anna.signIn(h); w.Header().Get("Location") != "/operator/?lang=nl-NL" {
		t.Errorf("leads to %s", w.Header().Get("Location"))
	}
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("Accept", "text/html")
		h.ServeHTTP(w, r)
		return w
	}
	if page := get("/operator/?lang=nl-NL").Body.String(); !strings.Contains(page, `name="lang" value="nl-NL"`) || !strings.Contains(page, `href="/nl-NL/"`) || !strings.Contains(page, `<html lang="nl"`) {
		t.Errorf("%s", page)
	}
	for _, path := range []string{"in", "out", "do"} {
		if w := get("/operator/" + path + "?lang=nl-NL&do=pause"); w.Code != 303 || w.Header().Get("Location") != "/operator/?lang=nl-NL" || w.Header()["Set-Cookie"] != nil {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
	}
}

// A network with as many addresses as one likes makes nobody else wait: neither at the
// door of operators nor at that of members.
func TestManyAddressesAreOneNetwork(t *testing.T) {
	tries, members := NewTries(), NewLimits()
	for i := range 20_000 {
		near := fmt.Sprintf("2001:db8:0:%x::/64", i)
		tries.enter("", near, "2001:db8::/48", "anna", noon)
		if leave, _ := members.looks.enter(near, "2001:db8::/48", noon); leave != nil {
			leave()
		}
	}
	for i := range mostTries {
		if tries.enter("", "192.0.2.1/32", "192.0.2.0/24", "anna", noon) == nil || tries.enter("a browser", "2001:db8::/64", "2001:db8::/48", "anna", noon) == nil {
			t.Fatalf("kept out at try %d", i)
		}
	}
	for i := range looksEach {
		leave, status := members.looks.enter("192.0.2.1/32", "192.0.2.0/24", noon)
		if leave == nil {
			t.Fatalf("look %d: %d", i, status)
		}
		leave()
	}
}

// Whoever makes looks slow holds one place a network, and not all there are.
func TestSlowLooksHoldOnePlace(t *testing.T) {
	b := &NewLimits().looks
	var held []func()
	for n := range looksAtNow - 1 {
		wide := fmt.Sprintf("203.0.%d.0/24", n)
		for i := range 3 {
			leave, status := b.enter(fmt.Sprintf("203.0.%d.%d/32", n, i), wide, noon)
			if (leave != nil) != (i == 0) || leave == nil && status != 503 {
				t.Fatalf("look %d of network %d: %d", i, n, status)
			}
			if leave != nil {
				held = append(held, leave)
			}
		}
	}
	leave, _ := b.enter("192.0.2.1/32", "192.0.2.0/24", noon)
	if leave == nil {
		t.Fatal("a member is kept out")
	}
	leave()
	for _, leave := range held {
		leave()
	}
	if leave, status := b.enter("203.0.0.1/32", "203.0.0.0/24", noon); leave == nil {
		t.Errorf("when it is done: %d", status)
	}
}

func (a *accounts) Session(context.Context, people.Digest) (people.Session, error) {
	return people.Session{Operator: "anna", Began: noon, Until: noon.Add(time.Hour)}, nil
}

func (a *accounts) KeepSession(_ context.Context, _ people.Digest, until time.Time) error {
	a.until = until
	return a.broken
}

// Whoever decides is signed in for another while, in the browser as in the store.
func TestDecidingKeepsTheSession(t *testing.T) {
	h, anna := gate(t, "nl-NL")
	h.Operators.Decide = func(context.Context, people.Hand, string, string, string) (string, error) { return "", nil }
	r := httptest.NewRequest("POST", "/operator/do", strings.NewReader("do=pause&what=west"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.AddCookie(h.cookie(sessionCookie, string(people.NewToken()), time.Hour))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	cookies := w.Result().Cookies()
	if w.Code != 303 || len(cookies) != 1 || cookies[0].Name != "__Host-"+sessionCookie || cookies[0].Value != r.Cookies()[0].Value || !cookies[0].HttpOnly {
		t.Fatalf("%d, %v", w.Code, cookies)
	}
	if lasts := time.Duration(cookies[0].MaxAge) * time.Second; lasts < people.SessionLasts-time.Minute || !anna.until.Equal(h.now().Add(lasts)) {
		t.Errorf("the cookie lasts %v, the session until %v", lasts, anna.until)
	}
	// Where it cannot be kept, that stands in the log: what was decided is done.
	said := logged(t)
	anna.broken = errors.New("disk on fire")
	r.Body = io.NopCloser(strings.NewReader("do=pause&what=west"))
	r.Form, r.PostForm = nil, nil
	w = httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != 303 || w.Header()["Set-Cookie"] != nil || !strings.Contains(said.String(), "path=/operator/do") || !strings.Contains(said.String(), "disk on fire") {
		t.Errorf("%d %v, logged: %s", w.Code, w.Header(), said)
	}
}

// However much waits, the desk says that it shows the first of it.
func TestDeskShowsTheFirst(t *testing.T) {
	h, _ := gate(t, "nl-NL")
	h.Operators.Desk = func(context.Context) (desk Desk, err error) {
		desk.WaitingInAll = 1500
		for i := range 3 {
			desk.Waiting = append(desk.Waiting, post.Waiting{ID: fmt.Sprint("https://x.example/", i), URL: fmt.Sprint("https://x.example/", i), Since: noon})
		}
		return desk, nil
	}
	r := httptest.NewRequest("GET", "/operator/", nil)
	r.AddCookie(h.cookie(sessionCookie, string(people.NewToken()), time.Hour))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	page := w.Body.String()
	if n := strings.Count(page, `value="approve-post"`); w.Code != 200 || n != 3 || !strings.Contains(page, "(3 / 1.500)") {
		t.Errorf("%d, %d posts", w.Code, n)
	}
}

// Of what is blocked the desk shows the newest, a source once for all its addresses.
func TestDeskShowsBlocks(t *testing.T) {
	h, _ := gate(t, "nl-NL")
	var blocks post.Blocks
	h.Operators.Desk = func(context.Context) (Desk, error) { return Desk{Blocks: blocks}, nil }
	desk := func() string {
		r := httptest.NewRequest("GET", "/operator/", nil)
		r.AddCookie(h.cookie(sessionCookie, string(people.NewToken()), time.Hour))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		_, shown, _ := strings.Cut(w.Body.String(), "<p>Geweerd:")
		shown, _, _ = strings.Cut(shown, "</p>")
		return shown
	}
	for _, name := range []string{"west.example/feed", "social.example/@west"} {
		blocks = append(blocks, post.Block{Name: name, Source: "west", Since: noon})
	}
	blocks = append(blocks, post.Block{Name: "bad.example", Since: noon})
	if got := desk(); got != ` <bdi dir="ltr">west</bdi> <bdi dir="ltr">bad.example</bdi>` {
		t.Errorf("%q", got)
	}
	for i := range 1500 {
		blocks = append(blocks, post.Block{Name: fmt.Sprintf("bad-%d.example", i), Since: noon.Add(time.Hour)})
	}
	if got := desk(); strings.Count(got, "<bdi") != mostBlocks || !strings.Contains(got, "(100 / 1.502)") || !strings.Contains(got, ">bad-1499.example<") {
		t.Errorf("%d are shown: %.100s", strings.Count(got, "<bdi"), got)
	}
}
