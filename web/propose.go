package web

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"html"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"samenloop/i18n"
	"samenloop/people"
	"samenloop/post"
)

const (
	proposePath  = "/sources/new"
	sendPath     = proposePath + "/send"
	proposalPath = "/proposals"
	provePath    = proposalPath + "/prove"
	withdrawPath = proposalPath + "/withdraw"
)

// Members is the door for those who propose a source.
type Members struct {
	// Proposals are kept by the store; people.ErrRead where a source reads it already.
	Proposals Proposals
	// Look says what would be read at an address, in some 10 s at most; an error is a fault of ours.
	Look func(ctx context.Context, address string) (Look, error)
	// Proof looks for the word of a proposal at its site or account.
	Proof func(ctx context.Context, p people.Proposal, word string) (people.Proof, error)
	// Example is an address to try; empty where there is none.
	Example string
	*Limits
}

// Proposals is what a member does with theirs.
type Proposals interface {
	Propose(ctx context.Context, p people.Proposal, token people.Digest) error
	ProposalOf(ctx context.Context, token people.Digest) (people.Proposal, error)
	ProposalProven(ctx context.Context, token people.Digest, proof people.Proof, at time.Time) error
	WithdrawProposal(ctx context.Context, token people.Digest, at time.Time) error
}

// Look is what was found at an address.
type Look struct {
	URL      string      // as the source would have it
	Feed     string      // what is read there
	Format   string      // of that
	Title    string      // as it calls itself
	Site     string      // where its owner can prove that it is theirs; empty for an account
	Posts    []post.Post // some, to show, in its order
	Found    int         // how many there are in all
	OnTopic  int         // how many of them are on topic
	Unread   int         // how many may be, by an article that was not read
	Others   []string    // feeds and accounts that the site names as its own, too
	Known    string      // the source that reads this already, by its title
	Proposed bool        // somebody proposed it, and that waits
	Barred   bool        // it is blocked
	Trouble  string      // why there is nothing, in English
}

// How much the door bears.
const (
	looksEach   = 12 // by one visitor, in looksIn
	looksAll    = 300
	looksAtNow  = 12
	proofsAll   = 120 // by visitors as many as looks
	proofsAtNow = 4
	looksIn     = 10 * time.Minute
	sendsEach   = 6 // by one visitor, in a day
	sendsIn     = 24 * time.Hour
	wider       = 2 // so many times as much by the network around a visitor
	lookTime    = 10 * time.Second

	sealLasts = 2 * time.Hour
	sealReads = time.Second // nobody reads and answers a form faster
	mostSeen  = 500         // looks that can be sent
)

// Limits are what visitors may ask of the door, and what they were shown. They are made
// once, and outlive configurations.
type Limits struct {
	key                  [32]byte // of seals
	looks, proofs, sends budget
	seen                 seen
}

// NewLimits are those of a door that nobody used yet.
func NewLimits() *Limits {
	m := &Limits{
		looks:  newBudget(looksEach, looksAll, looksAtNow, looksIn),
		proofs: newBudget(looksEach, proofsAll, proofsAtNow, looksIn),
		sends:  newBudget(sendsEach, 10_000, 100, sendsIn), // what waits is bounded by the store
	}
	rand.Read(m.key[:])
	return m
}

// budget is what a kind of work may cost: by a visitor, by the network around them, in
// all, and at a time, of which a network has one: those who make it slow hold one each.
type budget struct {
	each, wide, all, under people.Limit
	now                    chan struct{}
}

func newBudget(each, all, now int, in time.Duration) budget {
	return budget{people.Limit{Most: each, In: in}, people.Limit{Most: wider * each, In: in}, people.Limit{Most: all, In: in}, people.Limit{Most: 1, In: in}, make(chan struct{}, now)}
}

// enter asks for room for one more, which leave gives back. Where there is none, the
// status says why: 429 for what this visitor did, and 503 for what all did, which costs them nothing.
func (b *budget) enter(near, wide string, now time.Time) (leave func(), status int) {
	// The network comes first: else one with many addresses in it could make all others share one count.
	if !b.wide.Take(wide, now) {
		return nil, http.StatusTooManyRequests
	}
	if !b.each.Take(near, now) {
		b.wide.Back(wide)
		return nil, http.StatusTooManyRequests
	}
	if b.under.Take(wide, now) {
		select {
		case b.now <- struct{}{}:
			if b.all.Take("", now) {
				return func() { <-b.now; b.under.Back(wide) }, 0
			}
			<-b.now
		default:
		}
		b.under.Back(wide)
	}
	b.each.Back(near)
	b.wide.Back(wide)
	return nil, http.StatusServiceUnavailable
}

// seal is for a form: it shows later that we made it, when, and for whom, so that
// programs cannot send what nobody looked at.
func (m *Limits) seal(now time.Time, visitor string) string {
	stamp := binary.BigEndian.AppendUint64(nil, uint64(now.UnixMilli()))
	return base64.RawURLEncoding.EncodeToString(append(stamp, m.mark(stamp, visitor)...))
}

func (m *Limits) mark(stamp []byte, visitor string) []byte {
	mac := hmac.New(sha256.New, m.key[:])
	mac.Write(stamp)
	mac.Write([]byte(visitor))
	return mac.Sum(nil)
}

// sealed says whether a seal is ours, for this visitor, and neither too new nor too old.
func (m *Limits) sealed(seal string, now time.Time, visitor string) bool {
	b, err := base64.RawURLEncoding.DecodeString(seal)
	if err != nil || len(b) < 8 || !hmac.Equal(b[8:], m.mark(b[:8], visitor)) {
		return false
	}
	age := now.Sub(time.UnixMilli(int64(binary.BigEndian.Uint64(b))))
	return age >= sealReads && age <= sealLasts
}

// seen are the looks that visitors may send.
type seen struct {
	sync.Mutex
	list []*sight // the oldest first
}

// sight is a look that a visitor was given. It is sent once: who presses twice comes to the same page.
type sight struct {
	Look
	key, visitor string
	at           time.Time

	sync.Mutex
	sent people.Token // of the proposal that it became
}

func (s *seen) add(l Look, visitor string, now time.Time) *sight {
	for i, p := range l.Posts { // little more than is shown of them
		l.Posts[i] = post.Post{Title: p.Title, URL: p.URL, Summary: post.CleanText(cmp.Or(p.Summary, post.Text(p.HTML)), 1000), Language: p.Language, LanguageFrom: p.LanguageFrom,
			Matches: p.Matches, Published: p.Date(), FirstSeen: p.FirstSeen}
	}
	one := &sight{Look: l, key: rand.Text(), visitor: visitor, at: now}
	s.Lock()
	defer s.Unlock()
	if len(s.list) == mostSeen {
		s.list = slices.Delete(s.list, 0, 1)
	}
	s.list = append(s.list, one)
	return one
}

// find gives what a visitor was shown; nil where they were not.
func (s *seen) find(key, visitor string, now time.Time) *sight {
	s.Lock()
	defer s.Unlock()
	i := slices.IndexFunc(s.list, func(one *sight) bool { return one.key == key && one.visitor == visitor && now.Sub(one.at) <= sealLasts })
	if i < 0 {
		return nil
	}
	return s.list[i]
}

// proposeView is what propose.html shows.
type proposeView struct {
	frame
	Path, Address string
	Contact       string
	Example       string
	Seal          string
	Say           string // what has to be told first
	Trouble       string // in English
	Found         *lookView
}

// lookView is what was found.
type lookView struct {
	Title, Feed, Format string
	Key                 string   // what the form sends back
	Counts              []string // how many posts there are, in sentences
	Proposed            bool
	Shown               []findingView
	Others              []string
}

// propose shows the form.
func (h *handler) propose(w http.ResponseWriter, r *http.Request) {
	h.showPropose(w, r, h.asked(w, r), http.StatusOK, "", nil)
}

// look answers the form with what is found.
func (h *handler) look(w http.ResponseWriter, r *http.Request) {
	m, lang, now := h.Members, h.asked(w, r), h.now()
	words := i18n.WordsIn(lang)
	near, wide := h.visitor(r)
	address := strings.TrimSpace(r.PostFormValue("address"))
	if address == "" {
		h.showPropose(w, r, lang, http.StatusOK, "", nil)
		return
	}
	if r.PostFormValue("website") != "" || !m.sealed(r.PostFormValue("seal"), now, near) {
		h.showPropose(w, r, lang, http.StatusBadRequest, words.Propose.Again, nil)
		return
	}
	leave, status := m.looks.enter(near, wide, now)
	if leave == nil {
		h.showPropose(w, r, lang, status, tooMuch(w, words, status, looksIn), nil)
		return
	}
	found, err := func() (Look, error) {
		defer leave() // also where it falls over what it finds
		ctx, cancel := context.WithTimeout(r.Context(), lookTime)
		defer cancel()
		return m.Look(ctx, address)
	}()
	switch {
	case err != nil:
		h.failed(w, r, "look", err)
	case found.Barred:
		h.showPropose(w, r, lang, http.StatusOK, words.Propose.Barred, nil)
	case found.Known != "":
		h.showPropose(w, r, lang, http.StatusOK, words.Propose.Known.With("source", found.Known), nil)
	case found.Trouble != "":
		h.showPropose(w, r, lang, http.StatusOK, "", &sight{Look: found})
	default:
		h.showPropose(w, r, lang, http.StatusOK, "", m.seen.add(found, near, now))
	}
}

// tooMuch says what a budget says, and when to try again.
func tooMuch(w http.ResponseWriter, words *i18n.Words, status int, in time.Duration) string {
	if status == http.StatusServiceUnavailable {
		later(w, time.Minute)
		return words.Propose.Busy
	}
	later(w, in)
	return words.Propose.Often
}

func (h *handler) showPropose(w http.ResponseWriter, r *http.Request, lang string, status int, say string, found *sight) {
	near, _ := h.visitor(r)
	v := proposeView{frame: h.frame(lang, ""), Path: h.prefix + proposePath, Address: strings.TrimSpace(r.PostFormValue("address")),
		Contact: r.PostFormValue("contact"), Seal: h.Members.seal(h.now(), near), Say: say}
	v.Title = v.Propose.Title
	v.here(v.Path, url.Values{})
	if v.Address == "" && h.Members.Example != "" {
		v.Example = v.Propose.Example.With("address", h.Members.Example)
	}
	switch {
	case found == nil:
	case found.Trouble != "":
		v.Say, v.Trouble = v.Propose.Unread, found.Trouble
	default:
		v.Found = h.viewLook(found, lang)
	}
	h.sendPrivate(w, r, status, "propose.html", v)
}

func (h *handler) viewLook(l *sight, lang string) *lookView {
	words := i18n.WordsIn(lang)
	v := &lookView{Title: cmp.Or(l.Title, l.URL), Feed: l.Feed, Format: l.Format, Key: l.key, Proposed: l.Proposed, Others: l.Others,
		Counts: []string{words.Propose.Found.Of(l.Found) + "."}}
	if l.OnTopic > 0 {
		v.Counts = append(v.Counts, words.Propose.OnTopic.Of(l.OnTopic))
	} else {
		v.Counts = append(v.Counts, words.Propose.NoneOnTopic)
	}
	if l.Unread > 0 {
		v.Counts = append(v.Counts, words.Propose.Summaries.Of(l.Unread))
	}
	for _, p := range l.Posts {
		f := findingView{
			articleView:  h.viewArticle(post.Edition{Lead: p, Source: post.Source{Title: v.Title}, Published: p.Date()}, lang),
			LanguageFrom: words.Because(p.LanguageFrom),
		}
		if f.Language != "" {
			f.LanguageName = languageName(p.Language)
		}
		for _, m := range p.Matches {
			f.Matches = append(f.Matches, sayMatch(words.Explain.Match.Whole, m, words))
		}
		v.Shown = append(v.Shown, f)
	}
	return v
}

// send takes a proposal and leads to the private page that says how it stands.
func (h *handler) send(w http.ResponseWriter, r *http.Request) {
	m, lang, now := h.Members, h.asked(w, r), h.now()
	words := i18n.WordsIn(lang)
	near, wide := h.visitor(r)
	l := m.seen.find(r.PostFormValue("look"), near, now)
	if r.PostFormValue("website") != "" || l == nil || now.Sub(l.at) < sealReads {
		h.showPropose(w, r, lang, http.StatusBadRequest, words.Propose.Again, l)
		return
	}
	l.Lock()
	defer l.Unlock()
	if l.sent == "" {
		leave, status := m.sends.enter(near, wide, now)
		if leave == nil {
			h.showPropose(w, r, lang, status, tooMuch(w, words, status, sendsIn), l)
			return
		}
		defer leave()
		token := people.NewToken()
		err := m.Proposals.Propose(r.Context(), people.Proposal{URL: l.URL, Feed: l.Feed, Title: cmp.Or(l.Title, l.URL), Site: l.Site,
			Contact: r.PostFormValue("contact"), Sent: now}, token.Digest())
		switch {
		case errors.Is(err, people.ErrRead):
			h.showPropose(w, r, lang, http.StatusConflict, words.Propose.Known.With("source", cmp.Or(l.Title, l.URL)), nil)
			return
		case errors.Is(err, people.ErrFull):
			later(w, sendsIn)
			h.showPropose(w, r, lang, http.StatusServiceUnavailable, words.Propose.Full, l)
			return
		case err != nil:
			h.failed(w, r, "propose", err)
			return
		}
		l.sent = token
	}
	w.Header()["Cache-Control"] = noStore
	http.Redirect(w, r, h.proposalPath(l.sent, lang), http.StatusSeeOther)
}

// toForm leads from what only takes a form to where that stands.
func (h *handler) toForm(w http.ResponseWriter, r *http.Request) {
	key, lang := r.FormValue("key"), h.asked(w, r)
	path := h.prefix + proposePath + "?lang=" + url.QueryEscape(lang)
	if key != "" {
		path = h.proposalPath(people.Token(key), lang)
	}
	w.Header()["Cache-Control"] = noStore
	http.Redirect(w, r, path, http.StatusSeeOther)
}

func (h *handler) proposalPath(token people.Token, lang string) string {
	return h.prefix + proposalPath + "?" + url.Values{"key": {string(token)}, "lang": {lang}}.Encode()
}

// proposalView is what proposal.html shows.
type proposalView struct {
	frame
	Proposal        people.Proposal
	Prove, Withdraw string // paths
	Say             string
	Source          *linkView
	Expires         string // a sentence, while it waits
	Waits           bool
	Proven          bool
	Missed          string // the word was looked for in vain, or not at all
	Trouble         string // in English
	Word            string
	Meta, Link      string // what to put on a page
	File            string // and what to call a file
}

// proposal shows a member how their proposal stands.
func (h *handler) proposal(w http.ResponseWriter, r *http.Request) {
	h.showProposal(w, r, h.asked(w, r), http.StatusOK, "", "")
}

// prove looks for the word that shows whose the site is.
func (h *handler) prove(w http.ResponseWriter, r *http.Request) {
	m, lang, now := h.Members, h.asked(w, r), h.now()
	words := i18n.WordsIn(lang)
	digest := people.Token(r.FormValue("key")).Digest()
	p, err := m.Proposals.ProposalOf(r.Context(), digest)
	if err != nil && !errors.Is(err, people.ErrNoProposal) {
		h.failed(w, r, "prove", err)
		return
	}
	if err != nil || p.State != people.Waiting {
		h.showProposal(w, r, lang, http.StatusOK, "", "")
		return
	}
	near, wide := h.visitor(r)
	leave, status := m.proofs.enter(near, wide, now)
	if leave == nil {
		h.showProposal(w, r, lang, status, tooMuch(w, words, status, looksIn), "")
		return
	}
	proof, err := func() (people.Proof, error) {
		defer leave()
		ctx, cancel := context.WithTimeout(r.Context(), lookTime)
		defer cancel()
		return m.Proof(ctx, p, digest.Word())
	}()
	switch {
	case err != nil:
		h.showProposal(w, r, lang, http.StatusOK, words.Propose.NotProven, err.Error())
	case proof == people.NoProof:
		h.showProposal(w, r, lang, http.StatusOK, words.Propose.NotProven, "")
	default:
		h.done(w, r, lang, m.Proposals.ProposalProven(r.Context(), digest, proof, now))
	}
}

// withdraw ends a proposal.
func (h *handler) withdraw(w http.ResponseWriter, r *http.Request) {
	h.done(w, r, h.asked(w, r), h.Members.Proposals.WithdrawProposal(r.Context(), people.Token(r.FormValue("key")).Digest(), h.now()))
}

// done leads back to the page of a proposal after something was done to it.
func (h *handler) done(w http.ResponseWriter, r *http.Request, lang string, err error) {
	if err != nil && !errors.Is(err, people.ErrNoProposal) {
		h.failed(w, r, "proposal", err)
		return
	}
	w.Header()["Cache-Control"] = noStore
	http.Redirect(w, r, h.proposalPath(people.Token(r.FormValue("key")), lang), http.StatusSeeOther)
}

func (h *handler) showProposal(w http.ResponseWriter, r *http.Request, lang string, status int, missed, trouble string) {
	key := r.FormValue("key")
	digest := people.Token(key).Digest()
	p, err := h.Members.Proposals.ProposalOf(r.Context(), digest)
	if errors.Is(err, people.ErrNoProposal) {
		h.fail(w, r, http.StatusNotFound, errNotFound.Error())
		return
	}
	if err != nil {
		h.failed(w, r, "proposal", err)
		return
	}
	again := "?" + url.Values{"key": {key}}.Encode() // an address to come back to, also after a form
	v := proposalView{frame: h.frame(lang, ""), Proposal: p, Prove: h.prefix + provePath + again, Withdraw: h.prefix + withdrawPath + again,
		Missed: missed, Trouble: trouble, Waits: p.State == people.Waiting, Proven: p.Proof != people.NoProof, Word: digest.Word()}
	words := &v.Propose
	v.Title, v.NoIndex = words.Yours, true
	v.here(h.prefix+proposalPath, url.Values{"key": {key}})
	v.Meta = `<meta name="samenloop" content="` + v.Word + `">`
	v.Link = `<a rel="me" href="` + h.base + proposePath + "#" + v.Word + `">` + html.EscapeString(h.Site.Title) + `</a>`
	if u, err := url.Parse(p.Site); err == nil && p.Site != "" {
		v.File = (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/samenloop.txt"}).String()
	}
	switch p.State {
	case people.Waiting:
		v.Say, v.Expires = words.Waiting, words.Expires.With("date", v.Date(p.Sent.Add(people.ProposalWaits).UTC()))
	case people.Approved:
		v.Say = words.Approved
		v.Source = &linkView{h.prefix + pagePath(lang) + narrowed(post.Query{Source: p.Source}), cmp.Or(p.Title, p.Source)}
	case people.Refused:
		v.Say = words.Refused
	case people.Withdrawn:
		v.Say = words.Withdrawn
	case people.Expired:
		v.Say = words.Expired
	}
	h.sendPrivate(w, r, status, "proposal.html", v)
}

// sendPrivate sends a page that is for one person only.
func (h *handler) sendPrivate(w http.ResponseWriter, r *http.Request, status int, name string, view any) {
	body, err := execute(name, view)
	if err != nil {
		h.failed(w, r, "render "+name, err)
		return
	}
	header := w.Header()
	header.Del("Access-Control-Allow-Origin")
	// Other sites are told nothing; with no-referrer a form would say "Origin: null" to ours,
	// which is that of nobody (Fetch standard, "append a request Origin header").
	header["Referrer-Policy"] = sameOrigin
	sendPage(w, status, body)
}

// failed says that it is our fault, and notes why.
func (h *handler) failed(w http.ResponseWriter, r *http.Request, what string, err error) {
	h.note(r, what, err)
	h.fail(w, r, http.StatusInternalServerError, "this cannot be done now; try again later")
}

// note counts a fault of ours, and writes it in the log.
func (h *handler) note(r *http.Request, what string, err error) {
	h.Metrics.StoreError()
	slog.Error(what, "path", r.URL.Path, "error", err)
}
