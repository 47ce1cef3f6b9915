package main

import (
	"database/sql"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"samenloop/people"
	"samenloop/post"
	"samenloop/store"
	"samenloop/web"
)

// desk is a site with an operator called anna, and a browser before it.
type desk struct {
	*testing.T
	*store.Store
	*http.Client
	base string
	from string // as a proxy passes on who asks
	link people.Token
	done int
}

const rightPassword = "correct horse battery"

func newDesk(t *testing.T) *desk {
	c := defaultConfig()
	c.Site.Database = filepath.Join(t.TempDir(), "a.db")
	c.Topics = []topicConfig{{ID: "water", Hashtags: []string{"water"}}}
	if problems := c.check(nil); len(problems) > 0 {
		t.Fatal(problems)
	}
	s, err := store.Open(t.Context(), c.Site.Database, store.Options{Languages: c.Site.Languages})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	d := &desk{T: t, Store: s, link: people.NewToken()}
	hand := people.Hand{Name: "root", Command: true, At: time.Now()}
	if err := s.AddOperator(t.Context(), hand, "anna", d.link.Digest()); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"a", "b"} {
		if err := s.AddSources(t.Context(), hand, post.SourceState{Source: post.Source{ID: id, URL: "https://" + id + ".example/feed"}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, host := range []string{"new", "other"} {
		p := people.Proposal{URL: "https://" + host + ".example/feed", Title: "The <" + host + ">", Contact: "me@" + host + ".example", Sent: time.Now()}
		if err := s.Propose(t.Context(), p, people.NewToken().Digest()); err != nil {
			t.Fatal(err)
		}
	}
	var waiting []post.Waiting
	for _, n := range []string{"1", "2"} {
		waiting = append(waiting, post.Waiting{Source: "a", ID: "https://social.example/o/" + n, URL: "https://social.example/@b/" + n, Author: "https://social.example/b", Since: time.Now()})
	}
	if _, err := s.Save(t.Context(), post.Batch{Now: time.Now(), Visit: post.Visit{Source: "a", Given: "https://a.example/feed"}, Waiting: waiting}); err != nil {
		t.Fatal(err)
	}
	site := c.site()
	site.Operators = c.operators(s, web.NewTries(), func() { d.done++ })
	handler, err := web.New(site, s)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	d.base, d.Client = server.URL, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return d
}

// ask sends a form, or gets a page where there are no fields.
func (d *desk) ask(path string, fields ...string) (*http.Response, string) {
	d.Helper()
	method, body := http.MethodGet, io.Reader(nil)
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	if len(fields) > 0 {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(d.Context(), method, d.base+path, body)
	if err != nil {
		d.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	if d.from != "" {
		r.Header.Set("X-Forwarded-For", d.from)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := d.Do(r)
	if err != nil {
		d.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		d.Fatal(err)
	}
	return res, string(text)
}

func (d *desk) want(status int, path string, fields ...string) (page string) {
	d.Helper()
	res, page := d.ask(path, fields...)
	if res.StatusCode != status {
		d.Errorf("%s %q: %d, want %d: %.300s", path, fields, res.StatusCode, status, page)
	}
	if status != http.StatusNotFound && res.Header.Get("Cache-Control") != "no-store" {
		d.Errorf("%s may be kept", path)
	}
	return page
}

func (d *desk) signIn() {
	d.Helper()
	d.want(303, "/operator/link", "key", string(d.link), "password", rightPassword)
	d.want(303, "/operator/in", "name", "anna", "password", rightPassword)
}

// A link sets a password once; the password opens a session; the session ends.
func TestSignIn(t *testing.T) {
	d := newDesk(t)
	if page := d.want(200, "/operator/"); !strings.Contains(page, `type="password"`) || strings.Contains(page, "new.example") {
		t.Errorf("to a stranger: %s", page)
	}
	key := string(d.link)
	for range 2 { // to look at it consumes nothing
		d.want(200, "/operator/link?key="+key)
	}
	d.want(400, "/operator/link", "key", key, "password", "too short")
	d.want(303, "/operator/link", "key", key, "password", rightPassword)
	d.want(410, "/operator/link", "key", key, "password", rightPassword)
	d.want(410, "/operator/link?key="+key)
	d.want(410, "/operator/link?key="+string(people.NewToken()))

	d.want(403, "/operator/in", "name", "anna", "password", "wrong horse battery")
	d.want(403, "/operator/in", "name", "nobody", "password", rightPassword)
	d.want(403, "/operator/in", "name", "", "password", "")
	res, _ := d.ask("/operator/in", "name", "anna", "password", rightPassword)
	cookie := res.Header.Get("Set-Cookie")
	if res.StatusCode != 303 || !strings.HasPrefix(res.Header.Get("Location"), "/operator/") || !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Lax") {
		t.Fatalf("%d, cookie %q", res.StatusCode, cookie)
	}
	if page := d.want(200, "/operator/"); !strings.Contains(page, "The &lt;new&gt;") || !strings.Contains(page, "me@new.example") {
		t.Errorf("signed in: %s", page)
	}
	// A session is another at each time; the one before ends.
	before := d.Jar.Cookies(mustParse(t, d.base))[0].Value
	d.want(303, "/operator/in", "name", "anna", "password", rightPassword)
	if after := d.Jar.Cookies(mustParse(t, d.base))[0].Value; after == before {
		t.Error("the session is the same")
	}
	if s, err := d.Session(t.Context(), people.Token(before).Digest()); err != nil || s.Operator != "" {
		t.Error("the session of before goes on", err)
	}
	d.want(303, "/operator/out", "lang", "nl")
	if page := d.want(200, "/operator/"); strings.Contains(page, "new.example") {
		t.Error("signed out, and still in")
	}
}

// Whoever fails keeps out themselves, and no operator: not from elsewhere, and not even
// from where they are by a browser that is known. What is right counts for nothing.
func TestSignInKeepsNobodyOut(t *testing.T) {
	d := newDesk(t)
	d.signIn()
	anna := d.Client
	fail := func(want int) {
		t.Helper()
		d.want(want, "/operator/in", "name", "anna", "password", "wrong horse battery")
	}
	enter := func(want int) (after string) {
		t.Helper()
		res, _ := d.ask("/operator/in", "name", "anna", "password", rightPassword)
		if res.StatusCode != want {
			t.Errorf("with the right password: %d, want %d", res.StatusCode, want)
		}
		return res.Header.Get("Retry-After")
	}
	stranger := *anna
	stranger.Jar = nil
	d.Client, d.from = &stranger, "192.0.2.1"
	for range 12 {
		enter(303)
	}
	for range 10 {
		fail(403)
	}
	fail(429)
	if after := enter(429); after != "60" {
		t.Errorf("try again after %q", after)
	}
	d.want(403, "/operator/in", "name", "nobody", "password", "x")
	d.from = "192.0.2.2"
	enter(303)
	d.Client, d.from = anna, "192.0.2.1"
	enter(303)
	for range 10 { // who has taken the browser tries as often as anybody, and no more
		fail(403)
	}
	enter(429)
	d.from = "192.0.2.3"
	enter(429)
}

func mustParse(t *testing.T, address string) *url.URL {
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// Every decision stands in the journal under the operator's name; what cannot be done is said.
func TestDecideOnPages(t *testing.T) {
	d := newDesk(t)
	d.want(403, "/operator/do", "do", "pause", "what", "a") // nobody is signed in
	d.signIn()
	if page := d.want(200, "/operator/"); strings.Count(page, "https://social.example/@b/") != 4 {
		t.Errorf("posts do not wait at the desk: %s", page)
	}
	for _, tt := range []struct {
		want           int
		do, what, with string
	}{
		{303, "approve-proposal", "1", ""}, {409, "approve-proposal", "1", ""}, {303, "refuse-proposal", "2", ""}, {409, "refuse-proposal", "x", ""},
		{303, "pause", "a", ""}, {303, "resume", "a", ""}, {409, "pause", "none", ""},
		{303, "lock", "a", "fy"}, {303, "lock", "a", ""}, {409, "lock", "a", "no language"},
		{303, "block", "b", ""}, {303, "block", "bad.example", ""}, {303, "unblock", "bad.example", ""}, {409, "unblock", "bad.example", ""},
		{409, "join", "https://a.example/1", ""}, {409, "split", "https://a.example/1", ""}, {409, "retract", "none", ""}, {409, "restore", "none", ""},
		{303, "approve-post", "https://social.example/o/1", ""}, {409, "approve-post", "https://social.example/o/1", ""}, {303, "refuse-post", "https://social.example/@b/2", ""},
		{409, "approve-post", "https://a.example/1", ""}, {409, "refuse-post", "https://a.example/1", ""}, {409, "drop table", "a", ""},
	} {
		d.want(tt.want, "/operator/do", "do", tt.do, "what", tt.what, "with", tt.with, "word", "so <be> it")
	}
	// Whoever may decide is told what to write instead.
	if page := d.want(409, "/operator/do", "do", "lock", "what", "a", "with", "no language"); !strings.Contains(page, "is not the tag of a language: write") {
		t.Error(page)
	}
	if d.done != 11 {
		t.Errorf("%d decisions were told", d.done)
	}
	page := d.want(200, "/operator/")
	for _, want := range []string{`<option value="a">`, "proposal approved", "proposal refused", "post approved", "post refused", "source paused", "language locked", "so &lt;be&gt; it"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in the journal: %s", want, page)
		}
	}
	entries, err := d.Journal(t.Context(), 0, 1)
	if err != nil || entries[0].Name != "anna" || entries[0].Command {
		t.Errorf("%+v, %v", entries, err)
	}
	// What is no refusal but a fault of ours is told as that, and stands in the log.
	db, err := sql.Open("sqlite", d.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("CREATE TRIGGER full BEFORE INSERT ON journal BEGIN SELECT RAISE(FAIL, 'no room in it'); END"); err != nil {
		t.Fatal(err)
	}
	if page := d.want(500, "/operator/do", "do", "pause", "what", "a"); strings.Contains(page, "no room") {
		t.Errorf("what the store says is told: %s", page)
	}
	// A page of another site can decide nothing, although the browser sends the cookie along.
	r, _ := http.NewRequest(http.MethodPost, d.base+"/operator/do", strings.NewReader("do=pause&what=a"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if res, err := d.Do(r); err != nil || res.StatusCode != http.StatusForbidden {
		t.Errorf("%v, %v", res, err)
	}
}

// What cannot be done is said on a page in words of it: commands are for whoever has a terminal.
func TestRefusedOnPages(t *testing.T) {
	d := newDesk(t)
	d.signIn()
	for _, what := range []string{"b", "other.example"} {
		if err := d.Block(t.Context(), people.Hand{Name: "root", At: time.Now()}, what); err != nil {
			t.Fatal(err)
		}
	}
	for _, address := range []string{"gopher://old.example/", "https://b.example/feed"} { // proposals 3 and 4
		if err := d.Propose(t.Context(), people.Proposal{URL: address, Title: "X", Sent: time.Now()}, people.NewToken().Digest()); err != nil {
			t.Fatal(err)
		}
	}
	today := time.Now().UTC().Format(time.DateOnly)
	for _, tt := range []struct{ do, what, with, want string }{
		{"approve-proposal", "2", "", `"other.example" is blocked since ` + today},
		{"approve-proposal", "3", "", `url: write a whole address, such as "https://example.org/feed/", or an account, such as "acct:name@example.org"`},
		{"approve-proposal", "4", "", `that is source "b", which is blocked`},
		{"pause", "none", "", `there is no source "none"`},
		{"resume", "b", "", `"b" is blocked since ` + today},
		{"block", "none", "", `there is no source "none"`},
		{"unblock", "good.example", "", "it is not blocked under that name"},
		{"lock", "none", "nl", `there is no source "none"`},
		{"join", "https://a.example/1", "https://a.example/2", "no post has the URL https://a.example/1"},
		{"retract", "none", "", `there is no story "none"`},
	} {
		page := d.want(409, "/operator/do", "do", tt.do, "what", tt.what, "with", tt.with)
		_, said, _ := strings.Cut(page, `<p class="say" role="alert">`)
		said, _, _ = strings.Cut(said, "</bdi>")
		if _, said, _ = strings.Cut(said, `<bdi lang="en">`); html.UnescapeString(said) != tt.want {
			t.Errorf("%s %s: %s, want %s", tt.do, tt.what, html.UnescapeString(said), tt.want)
		}
	}
}

// To look changes nothing, whoever is signed in.
func TestGetChangesNothing(t *testing.T) {
	d := newDesk(t)
	d.signIn()
	dump := func() string {
		t.Helper()
		entries, err := d.Journal(t.Context(), 0, store.All)
		if err != nil {
			t.Fatal(err)
		}
		states, err := d.Sources(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		waiting, err := d.Proposals(t.Context(), people.Waiting)
		if err != nil {
			t.Fatal(err)
		}
		session, err := d.Session(t.Context(), people.Token(d.Jar.Cookies(mustParse(t, d.base))[0].Value).Digest())
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%+v %+v %+v %+v", entries, states, waiting, session)
	}
	before := dump()
	for _, path := range []string{"/operator/", "/operator/in?name=anna&password=" + url.QueryEscape(rightPassword), "/operator/out", "/operator/do?do=pause&what=a", "/operator/link?key=" + string(d.link) + "&password=" + url.QueryEscape(rightPassword)} {
		d.ask(path)
	}
	if after := dump(); after != before {
		t.Errorf("before %s\nafter  %s", before, after)
	}
}

// Passwords, links and sessions are stored as what cannot be turned back.
func TestNoSecretsStored(t *testing.T) {
	d := newDesk(t)
	d.signIn()
	session := d.Jar.Cookies(mustParse(t, d.base))[0].Value
	for _, file := range []string{d.Path(), d.Path() + "-wal"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{rightPassword, string(d.link), session} {
			if strings.Contains(string(text), secret) {
				t.Errorf("%s holds %s", file, secret)
			}
		}
	}
}

// Who lists the operators sees whose link still works.
func TestOperatorList(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.toml")
	writeFile(t, path, configText("web", "", "https://one.example/feed"))
	c := &call{Context: t.Context(), config: path, args: []string{"list"}}
	_, s, err := c.openStore(false)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for name, added := range map[string]time.Time{"anna": time.Now(), "bob": time.Now().Add(-people.LinkLasts)} {
		if err := s.AddOperator(t.Context(), people.Hand{Name: "root", At: added}, name, people.NewToken().Digest()); err != nil {
			t.Fatal(err)
		}
	}
	var said strings.Builder
	c.stdout = &said
	if err := operator(c); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(said.String(), "\n")
	if !strings.Contains(lines[1], "anna") || !strings.Contains(lines[1], "the link works until") || !strings.Contains(lines[2], "bob") || !strings.Contains(lines[2], `not set; the link is over: "samenloop operator link bob" gives another`) {
		t.Error(said.String())
	}
}
