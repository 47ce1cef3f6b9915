package web

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"samenloop/people"
	"samenloop/post"
)

// proposals keeps one proposal, or what keeps it from being taken.
type proposals struct {
	err   error
	lost  error // what ProposalOf then gives, once
	tried int   // how often one came
	token people.Digest
	people.Proposal
}

func (p *proposals) Propose(_ context.Context, q people.Proposal, token people.Digest) error {
	p.tried++
	if p.err != nil {
		return p.err
	}
	p.Proposal, p.token = q, token
	p.State = people.Waiting
	return nil
}

func (p *proposals) ProposalOf(_ context.Context, token people.Digest) (people.Proposal, error) {
	if err := p.lost; err != nil {
		p.lost = nil
		return people.Proposal{}, err
	}
	if p.State == "" || token != p.token {
		return people.Proposal{}, people.ErrNoProposal
	}
	return p.Proposal, nil
}

func (p *proposals) ProposalProven(_ context.Context, token people.Digest, proof people.Proof, _ time.Time) error {
	p.Proof = proof
	return nil
}

func (p *proposals) WithdrawProposal(_ context.Context, token people.Digest, _ time.Time) error {
	if token != p.token {
		return people.ErrNoProposal
	}
	p.State = people.Withdrawn
	return nil
}

// door is a site where sources can be proposed, and a visitor of it.
type door struct {
	*handler
	*proposals
	looked []string
	found  Look
	fault  error
	proof  people.Proof
	from   string
}

func newDoor(t *testing.T) *door {
	d := &door{proposals: &proposals{}, from: "192.0.2.1:1000", found: Look{
		URL: "https://new.example/", Feed: "https://new.example/feed", Format: "Atom 1.0", Title: "New <b>&", Site: "https://new.example/",
		Posts: []post.Post{
			{Title: "On <i>topic", URL: "https://new.example/1", Language: "nl", FirstSeen: noon, Matches: []post.Match{{Topic: "social", By: "hashtag in content: #social"}}},
			{Title: "Off topic", URL: "https://new.example/2", Language: "en", FirstSeen: noon},
		},
		Found: 30, OnTopic: 2, Unread: 4,
		Others: []string{"https://social.example/@new"},
	}}
	site := testSite()
	site.Members = &Members{
		Proposals: d.proposals,
		Look: func(_ context.Context, address string) (Look, error) {
			d.looked = append(d.looked, address)
			return d.found, d.fault
		},
		Proof:  func(context.Context, people.Proposal, string) (people.Proof, error) { return d.proof, nil },
		Limits: NewLimits(),
	}
	d.handler = newHandler(t, site, planet())
	return d
}

// ask sends a form, or gets a page where there is none.
func (d *door) ask(path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", path, nil)
	if form != nil {
		r = httptest.NewRequest("POST", path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("Accept", "text/html")
	r.RemoteAddr = d.from
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([a-z]+)" value="([^"]*)">`)

// form is what the last form to an address would send as it stands.
func form(page, action string) url.Values {
	_, page, ok := strings.Cut(page, `action="`+action+`"`)
	page, _, _ = strings.Cut(page, "</form>")
	if !ok {
		return nil
	}
	values := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(page, -1) {
		values.Set(m[1], unescape(m[2]))
	}
	return values
}

var unescape = strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">", "&#34;", `"`, "&#39;", "'", "&#43;", "+").Replace

func (d *door) wait(some time.Duration) {
	at := d.now().Add(some)
	d.now = func() time.Time { return at }
}

// Whatever a look falls over, its place is free for the next.
func TestLookFallsOver(t *testing.T) {
	d := newDoor(t)
	good := d.Members.Look
	d.Members.Look = func(context.Context, string) (Look, error) { panic("over what it found") }
	look := func() (code int) {
		form := form(d.ask("/sources/new?lang=nl", nil).Body.String(), "/sources/new")
		form.Set("address", "new.example")
		d.wait(time.Hour)
		defer func() {
			if recover() != nil {
				code = 500
			}
		}()
		return d.ask("/sources/new", form).Code
	}
	for range 30 {
		if code := look(); code != 500 {
			t.Fatalf("it answers %d", code)
		}
	}
	d.Members.Look = good
	if code := look(); code != 200 {
		t.Errorf("after it fell over it answers %d", code)
	}
}

func TestPropose(t *testing.T) {
	d := newDoor(t)
	look := form(d.ask("/sources/new?lang=nl", nil).Body.String(), "/sources/new")
	look.Set("address", " new.example ")
	d.wait(5 * time.Second)
	w := d.ask("/sources/new", look)
	page := w.Body.String()
	if w.Code != 200 || len(d.looked) != 1 || d.looked[0] != "new.example" || w.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("%d, looked at %q: %s", w.Code, d.looked, page)
	}
	for _, want := range []string{`<html lang="nl"`, "On &lt;i&gt;topic", "#social in de tekst", "30 berichten. 2 gaan over het onderwerp. Van 4 is alleen de samenvatting bekeken", "https://social.example/@new", "Nederlands"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in %s", want, page)
		}
	}
	send := form(page, "/sources/new/send")
	send.Set("contact", "me@new.example")
	d.wait(5 * time.Second)
	w = d.ask("/sources/new/send", send)
	private := w.Header().Get("Location")
	if w.Code != 303 || !strings.HasPrefix(private, "/proposals?key=") || d.URL != d.found.URL || d.Feed != d.found.Feed || d.Proposal.Site != d.found.Site || d.Proposal.Title != d.found.Title || d.Proposal.Contact != "me@new.example" || !d.Sent.Equal(d.now()) {
		t.Fatalf("%d %s: %+v", w.Code, private, d.Proposal)
	}
	// Who presses twice has proposed once, and comes to the same page.
	if w := d.ask("/sources/new/send", send); w.Code != 303 || w.Header().Get("Location") != private || d.tried != 1 {
		t.Errorf("sent twice: %d %s", w.Code, w.Header().Get("Location"))
	}
	if strings.Contains(private, string(d.proposals.token[:])) || w.Header().Get("Referrer-Policy") != "no-referrer" {
		t.Error("the private link is told to others")
	}

	page = d.ask(private, nil).Body.String()
	if h := d.ask(private, nil).Header(); h.Get("Access-Control-Allow-Origin") != "" || h.Get("Cache-Control") != "no-store" {
		t.Errorf("the private page may be read by others: %v", h)
	} else if h.Get("Referrer-Policy") != "same-origin" {
		t.Errorf("its form has no origin: %v", h)
	}
	word := d.proposals.token.Word()
	if !strings.Contains(page, "wacht op antwoord") || strings.Count(page, word) < 3 || !strings.Contains(page, `<meta name="robots" content="noindex">`) {
		t.Errorf("%s", page)
	}
	if !strings.Contains(page, "22 januari 2027") { // 60 days on
		t.Errorf("it does not say until when it waits: %s", page)
	}
	_, key, _ := strings.Cut(private, "?")
	key, _, _ = strings.Cut(key, "&")
	prove := "/proposals/prove?" + key
	if w = d.ask(prove, form(page, prove)); w.Code != 200 || !strings.Contains(w.Body.String(), "niet gevonden") {
		t.Errorf("without the word: %d %s", w.Code, w.Body)
	}
	// The address of that answer, kept as the page asks for, leads back.
	if w := d.ask(prove+"&lang=nl", nil); w.Code != 303 || w.Header().Get("Location") != private {
		t.Errorf("%d %s, want %s", w.Code, w.Header().Get("Location"), private)
	}
	page = w.Body.String()
	d.proof = people.ByMeta
	if w = d.ask(prove, form(page, prove)); w.Code != 303 || d.Proof != people.ByMeta {
		t.Errorf("%d, proof %q", w.Code, d.Proof)
	}
	page = d.ask(private, nil).Body.String()
	if strings.Contains(page, word) || d.State != people.Waiting {
		t.Error("it is proven, and asked for still")
	}
	// What the operator decides is told, and nothing more can be done.
	d.State, d.Reason, d.Source = people.Approved, "welcome <here>", "new"
	if page = d.ask(private, nil).Body.String(); !strings.Contains(page, "welcome &lt;here&gt;") || !strings.Contains(page, "/nl/source/new/") || strings.Contains(page, "<form") {
		t.Errorf("approved: %s", page)
	}
	d.State = people.Waiting
	withdraw := "/proposals/withdraw?" + key
	if w = d.ask(withdraw, form(d.ask(private, nil).Body.String(), withdraw)); w.Code != 303 || d.State != people.Withdrawn {
		t.Errorf("%d %s", w.Code, d.State)
	}
	d.State = people.Expired
	if page = d.ask(private, nil).Body.String(); !strings.Contains(page, "opnieuw voorstellen") || strings.Contains(page, "<form") {
		t.Errorf("expired: %s", page)
	}
	for _, path := range []string{"/sources/new/send", "/proposals/prove", "/proposals/withdraw"} {
		if w := d.ask(path+"?lang=nl", nil); w.Code != 303 || w.Header().Get("Location") != "/sources/new?lang=nl" {
			t.Errorf("GET %s: %d %v", path, w.Code, w.Header())
		}
	}
	for _, key := range []string{"", "nonsense", string(people.NewToken())} {
		if w := d.ask("/proposals?key="+key, nil); w.Code != 404 {
			t.Errorf("key %q: %d", key, w.Code)
		}
	}
}

// What programs send is not taken, and what is asked too often neither.
func TestProposeRefuses(t *testing.T) {
	fresh := func(t *testing.T) (*door, url.Values) {
		d := newDoor(t)
		look := form(d.ask("/sources/new", nil).Body.String(), "/sources/new")
		look.Set("address", "https://new.example/")
		return d, look
	}
	for name, change := range map[string]func(*door, url.Values){
		"too quick":   func(*door, url.Values) {},
		"too late":    func(d *door, _ url.Values) { d.wait(3 * time.Hour) },
		"from before": func(d *door, _ url.Values) { d.wait(-time.Hour) },
		"no seal":     func(d *door, v url.Values) { d.wait(time.Minute); v.Del("seal") },
		"a seal made": func(d *door, v url.Values) {
			d.wait(time.Minute)
			v.Set("seal", NewLimits().seal(noon, "192.0.2.1/32"))
		},
		"a short seal": func(d *door, v url.Values) { d.wait(time.Minute); v.Set("seal", "AAAA") },
		"the trap":     func(d *door, v url.Values) { d.wait(time.Minute); v.Set("website", "x") },
		"of another":   func(d *door, _ url.Values) { d.wait(time.Minute); d.from = "192.0.2.2:1000" },
	} {
		d, look := fresh(t)
		change(d, look)
		if w := d.ask("/sources/new", look); w.Code != 400 || len(d.looked) > 0 {
			t.Errorf("%s: %d, looked at %q", name, w.Code, d.looked)
		}
	}

	// Nobody sends what was not looked at, by them, or answers faster than people do.
	for name, change := range map[string]func(*door, url.Values){
		"too quick":  func(d *door, _ url.Values) { d.wait(-5 * time.Second) },
		"too late":   func(d *door, _ url.Values) { d.wait(3 * time.Hour) },
		"no look":    func(_ *door, v url.Values) { v.Del("look") },
		"a look":     func(_ *door, v url.Values) { v.Set("look", rand.Text()) },
		"the trap":   func(_ *door, v url.Values) { v.Set("website", "x") },
		"of another": func(d *door, _ url.Values) { d.from = "192.0.2.2:1000" },
	} {
		d, send := shownLook(t)
		change(d, send)
		page := d.ask("/sources/new/send", send)
		if page.Code != 400 || d.tried > 0 {
			t.Errorf("%s: %d", name, page.Code)
		}
		if again := form(page.Body.String(), "/sources/new"); !strings.Contains(page.Body.String(), `value="https://new.example/"`) || again.Get("contact") != "me@new.example" && name != "too quick" && name != "the trap" {
			t.Errorf("%s: what was typed is lost: %v", name, again)
		}
	}
}

// shownLook is a door before which somebody was shown what was found, and typed a contact.
func shownLook(t *testing.T) (*door, url.Values) {
	t.Helper()
	d := newDoor(t)
	look := form(d.ask("/sources/new?lang=nl", nil).Body.String(), "/sources/new")
	look.Set("address", "https://new.example/")
	d.wait(5 * time.Second)
	send := form(d.ask("/sources/new", look).Body.String(), "/sources/new/send")
	send.Set("contact", "me@new.example")
	d.wait(5 * time.Second)
	return d, send
}

// What was found and typed is still there where something was in the way.
func TestProposeKeeps(t *testing.T) {
	for err, want := range map[error]int{people.ErrFull: 503, people.ErrRead: 409, context.DeadlineExceeded: 500} {
		d, send := shownLook(t)
		d.err = err
		w := d.ask("/sources/new/send", send)
		if w.Code != want || (w.Header().Get("Retry-After") != "") != (want == 503) {
			t.Errorf("%v: %d, %v", err, w.Code, w.Header())
		}
		again := form(w.Body.String(), "/sources/new/send")
		if want == 503 && (again.Get("look") == "" || !strings.Contains(w.Body.String(), "On &lt;i&gt;topic") || !strings.Contains(w.Body.String(), `value="me@new.example"`)) {
			t.Errorf("%v: what was found is lost: %s", err, w.Body)
		}
		d.err = nil
		if want == 503 {
			if w := d.ask("/sources/new/send", again); w.Code != 303 {
				t.Errorf("sent again: %d", w.Code)
			}
		}
	}
}

// What is asked too often is refused to who asks, and their network, and costs others nothing.
func TestProposeLimits(t *testing.T) {
	d, send := shownLook(t)
	codes := map[int]int{}
	for range 2 * sendsEach {
		one := d.Members.seen.add(d.found, "192.0.2.1/32", d.now().Add(-time.Minute))
		send.Set("look", one.key)
		w := d.ask("/sources/new/send", send)
		if codes[w.Code]++; w.Code == 429 && (w.Header().Get("Retry-After") != "86400" || !strings.Contains(w.Body.String(), "On &lt;i&gt;topic")) {
			t.Errorf("%v %s", w.Header(), w.Body)
		}
	}
	if codes[303] != sendsEach || codes[429] != sendsEach {
		t.Errorf("sent %v", codes)
	}

	d, _ = shownLook(t)
	d.looked = nil
	look := func(from string) *httptest.ResponseRecorder {
		d.from = from
		near, _ := d.visitor(&http.Request{RemoteAddr: from})
		return d.ask("/sources/new", url.Values{"address": {"new.example"}, "lang": {"nl"}, "seal": {d.Members.seal(d.now().Add(-time.Minute), near)}})
	}
	for range 2 * looksEach {
		look("198.51.100.1:1")
	}
	if w := look("198.51.100.1:1"); w.Code != 429 || w.Header().Get("Retry-After") != "600" || len(d.looked) != looksEach {
		t.Errorf("%d, looked %d times", w.Code, len(d.looked))
	}
	if w := look("198.51.101.2:1"); w.Code != 200 {
		t.Errorf("another visitor: %d", w.Code)
	}
	d, _ = shownLook(t)
	d.looked = nil
	for i := range 5 { // networks with as many addresses as one likes
		for j := range 3 * looksEach {
			look(fmt.Sprintf("203.0.%d.%d:1", i, j))
			look(fmt.Sprintf("[2001:db8:%d:%d::1]:1", i, j))
		}
	}
	if n := len(d.looked); n != 10*wider*looksEach {
		t.Errorf("%d looks by ten networks", n)
	}
	if w := look("192.0.2.77:1"); w.Code != 200 {
		t.Errorf("after ten networks: %d", w.Code)
	}
	for range looksAtNow {
		d.Members.looks.now <- struct{}{}
	}
	for range 2 * looksEach { // to be sent away costs nothing
		if w := look("192.0.2.78:1"); w.Code != 503 || w.Header().Get("Retry-After") == "" {
			t.Fatalf("while others look: %d", w.Code)
		}
	}
	for range looksAtNow {
		<-d.Members.looks.now
	}
	if w := look("192.0.2.78:1"); w.Code != 200 {
		t.Errorf("when they are done: %d", w.Code)
	}
}

// A proof has a budget of its own, and says when there is none left.
func TestProveLimits(t *testing.T) {
	d, send := shownLook(t)
	_, key, _ := strings.Cut(d.ask("/sources/new/send", send).Header().Get("Location"), "?")
	for range looksAtNow {
		d.Members.looks.now <- struct{}{}
	}
	for range looksEach {
		if w := d.ask("/proposals/prove?"+key, url.Values{}); w.Code != 200 {
			t.Fatalf("%d", w.Code)
		}
	}
	if w := d.ask("/proposals/prove?"+key, url.Values{}); w.Code != 429 || w.Header().Get("Retry-After") != "600" || !strings.Contains(w.Body.String(), "Dat was vaak") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	d.from = "198.51.100.1:1"
	for range proofsAtNow {
		d.Members.proofs.now <- struct{}{}
	}
	if w := d.ask("/proposals/prove?"+key, url.Values{}); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

// A store that cannot say whose a proposal is has no proof looked for, and is heard of.
func TestProveFails(t *testing.T) {
	d, send := shownLook(t)
	_, key, _ := strings.Cut(d.ask("/sources/new/send", send).Header().Get("Location"), "?")
	said := logged(t)
	d.lost = errors.New("disk on fire")
	if w := d.ask("/proposals/prove?"+key, url.Values{}); w.Code != 500 || !strings.Contains(said.String(), "path=/proposals/prove ") || strings.Contains(w.Body.String(), "fire") {
		t.Errorf("%d, logged: %s", w.Code, said)
	}
}

// What visitors were shown is bounded, and holds no more than was shown.
func TestSeenIsBounded(t *testing.T) {
	var s seen
	first := s.add(Look{Posts: []post.Post{{HTML: strings.Repeat("x", 1<<20), Title: "T", Matches: []post.Match{{By: "tag: x"}}}}}, "v", noon)
	if p := first.Posts[0]; p.HTML != "" || len(p.Summary) > 2000 || p.Title != "T" || len(p.Matches) != 1 {
		t.Errorf("%d bytes are kept", len(p.HTML)+len(p.Summary))
	}
	for range mostSeen {
		s.add(Look{}, "v", noon)
	}
	if len(s.list) != mostSeen || s.find(first.key, "v", noon) != nil {
		t.Errorf("%d are kept", len(s.list))
	}
}

func TestProposeSaysWhyNot(t *testing.T) {
	for say, found := range map[string]Look{
		"cannot be proposed here":         {Barred: true},
		"read already: Noord &lt;x&gt;":   {Known: "Noord <x>"},
		"no answer &lt;img src=x&gt; 502": {Trouble: "no answer <img src=x> 502"},
		"None is on topic yet":            {URL: "https://a.example/", Title: "A"},
	} {
		d := newDoor(t)
		d.found = found
		look := form(d.ask("/sources/new?lang=en", nil).Body.String(), "/sources/new")
		look.Set("address", "https://a.example/")
		d.wait(time.Minute)
		if page := d.ask("/sources/new", look).Body.String(); !strings.Contains(page, say) {
			t.Errorf("no %q in %s", say, page)
		}
	}
}

// What the store could not do is our fault, and nothing that was found.
func TestLookFails(t *testing.T) {
	d := newDoor(t)
	look := form(d.ask("/sources/new?lang=en", nil).Body.String(), "/sources/new")
	look.Set("address", "https://a.example/")
	d.wait(time.Minute)
	d.fault = errors.New("the disk is gone")
	look.Set("lang", "ar")
	if w := d.ask("/sources/new", look); w.Code != 500 || strings.Contains(w.Body.String(), "disk") || !strings.Contains(w.Body.String(), `<html lang="ar"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// Nobody proposes where the operator does not want it.
func TestNoDoor(t *testing.T) {
	h := newHandler(t, testSite(), planet())
	for _, r := range []string{"GET /sources/new", "POST /sources/new", "GET /proposals", "POST /sources/new/send"} {
		method, path, _ := strings.Cut(r, " ")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, path, nil))
		if w.Code != 404 && w.Code != 405 {
			t.Errorf("%s: %d", r, w.Code)
		}
	}
}
