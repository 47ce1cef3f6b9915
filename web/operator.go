package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"samenloop/i18n"
	"samenloop/people"
	"samenloop/post"
)

const (
	operatorPath = "/operator/"
	signInPath   = operatorPath + "in"
	signOutPath  = operatorPath + "out"
	decidePath   = operatorPath + "do"
	// LinkPath is where a one-time link leads; its token is the key.
	LinkPath = operatorPath + "link"
)

// Operators is the door for those who decide about the site.
type Operators struct {
	Accounts Accounts
	// Desk is what waits for them, and what was decided.
	Desk func(ctx context.Context) (Desk, error)
	// Decide does a deed and writes it in the journal, all or nothing. Where it cannot be
	// done it says why, in English; an error is a fault of ours.
	Decide func(ctx context.Context, by people.Hand, deed, what, with string) (why string, err error)
	*Tries
}

// Accounts are operators and their sessions, kept by the store.
type Accounts interface {
	Password(ctx context.Context, name string) (stored string, err error)
	Linked(ctx context.Context, link people.Digest, now time.Time) (name string, err error)
	SetPassword(ctx context.Context, link people.Digest, hash string, now time.Time) (name string, err error)
	Session(ctx context.Context, token people.Digest) (people.Session, error)
	StartSession(ctx context.Context, token people.Digest, session people.Session, password string) (started bool, err error)
	KeepSession(ctx context.Context, token people.Digest, until time.Time) error
	EndSession(ctx context.Context, token people.Digest) error
}

// Desk is what an operator has before them.
type Desk struct {
	Proposals    []people.Proposal
	Waiting      []post.Waiting // the first that came
	WaitingInAll int
	Blocks       post.Blocks
	Journal      []people.Entry // the newest first
}

// Tries are how often somebody may fail to sign in. They outlive configurations.
//
// A name alone is not counted: anybody could keep an operator out. Who signed in before
// by the same browser is counted apart from strangers, however many those are.
type Tries struct {
	names     people.Limit  // by a name and the stranger who tries it
	networks  people.Limit  // by the network around a stranger, whatever the name
	devices   people.Limit  // by a browser that is known
	strangers chan struct{} // whose passwords are looked at, or wait for that
}

const (
	triesIn       = time.Minute
	mostTries     = 10
	mostOfNetwork = 60
	mostStrangers = 8
)

// NewTries are those of a door that nobody tried yet.
func NewTries() *Tries {
	return &Tries{
		names:     people.Limit{Most: mostTries, In: triesIn},
		networks:  people.Limit{Most: mostOfNetwork, In: triesIn},
		devices:   people.Limit{Most: mostTries, In: triesIn},
		strangers: make(chan struct{}, mostStrangers),
	}
}

// enter counts a try, which back takes back; it is nil where there were too many.
// device is empty for a stranger. The network comes first: else one with many addresses
// in it could make all others share one count.
func (t *Tries) enter(device, near, wide, name string, now time.Time) (back func()) {
	if device != "" {
		if !t.devices.Take(device, now) {
			return nil
		}
		return func() { t.devices.Back(device) }
	}
	if !t.networks.Take(wide, now) {
		return nil
	}
	who := near + " " + name
	if !t.names.Take(who, now) {
		t.networks.Back(wide)
		return nil
	}
	return func() { t.names.Back(who); t.networks.Back(wide) }
}

// handleOperators is every URL of theirs.
func (h *handler) handleOperators(mux *http.ServeMux) {
	mux.HandleFunc("GET "+h.prefix+"/operator", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, h.prefix+operatorPath, http.StatusMovedPermanently)
	})
	mux.HandleFunc("GET "+h.prefix+operatorPath+"{$}", h.desk)
	mux.HandleFunc("GET "+h.prefix+LinkPath, h.link)
	mux.HandleFunc("POST "+h.prefix+LinkPath, h.setPassword)
	for path, f := range map[string]http.HandlerFunc{signInPath: h.signIn, signOutPath: h.signOut, decidePath: h.decide} {
		mux.HandleFunc("POST "+h.prefix+path, f)
		mux.HandleFunc("GET "+h.prefix+path, func(w http.ResponseWriter, r *http.Request) { h.toDesk(w, r, h.asked(w, r), "") })
	}
}

// Cookies of operators.
const (
	sessionCookie = "operator"
	deviceCookie  = "device" // the browser is known; it opens nothing
)

// cookie is one that scripts cannot read. Over https no other site, nor an older cookie of
// another path, can put one in its place (RFC 6265bis, section 4.1.3.2).
func (h *handler) cookie(name, value string, age time.Duration) *http.Cookie {
	c := &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: int(age.Seconds()), HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if strings.HasPrefix(h.base, "https:") {
		c.Name, c.Secure = "__Host-"+name, true
	}
	return c
}

// cookieOf is the value of a cookie that a request brings; empty where it brings none.
func (h *handler) cookieOf(r *http.Request, name string) string {
	c, err := r.Cookie(h.cookie(name, "", 0).Name)
	if err != nil {
		return ""
	}
	return c.Value
}

func (h *handler) token(r *http.Request) people.Token {
	return people.Token(h.cookieOf(r, sessionCookie))
}

// signedIn is the session of whoever asks; empty where they have none that holds.
func (h *handler) signedIn(r *http.Request) (people.Session, error) {
	token := h.token(r)
	if token == "" {
		return people.Session{}, nil
	}
	s, err := h.Operators.Accounts.Session(r.Context(), token.Digest())
	if err != nil || !s.Valid(h.now()) {
		return people.Session{}, err
	}
	return s, nil
}

// operatorView is what operator.html shows: a form to sign in, or the desk.
type operatorView struct {
	frame
	In, Out, Do string // paths
	Operator    string // who is signed in; empty: nobody
	Say         string
	Trouble     string // in English
	Proposals   []proposedView
	Waiting     []waitingView
	OfWaiting   string     // how many of them are shown, where that is not all
	Choice      []linkView // sources, by their ids
	Blocks      []string   // sources by their ids, else names
	OfBlocks    string     // as OfWaiting
	Journal     []entryView
}

type proposedView struct {
	people.Proposal
	Number, Date string
	Shown        string // whose site it was shown to be
	IsPage       bool   // its URL can be opened
}

// answerView is the form by which an operator answers one thing that waits.
type answerView struct {
	operatorView
	Kind, What string
}

// Answer is for "post" or "proposal", and which one.
func (v operatorView) Answer(kind, what string) answerView { return answerView{v, kind, what} }

// mostBlocks is how much of what is blocked the desk shows, the newest.
const mostBlocks = 100

type waitingView struct{ ID, URL, Author, Source, Date string }

type entryView struct{ Date, Name, Deed, Of, Word string }

func (h *handler) operatorView(lang string) operatorView {
	v := operatorView{frame: h.frame(lang, ""), In: h.prefix + signInPath, Out: h.prefix + signOutPath, Do: h.prefix + decidePath}
	v.Title, v.NoIndex = v.frame.Operator.Title, true
	v.here(h.prefix+operatorPath, url.Values{})
	return v
}

// desk shows what waits, to who is signed in.
func (h *handler) desk(w http.ResponseWriter, r *http.Request) {
	h.showDesk(w, r, h.asked(w, r), http.StatusOK, "", "")
}

func (h *handler) showDesk(w http.ResponseWriter, r *http.Request, lang string, status int, say, trouble string) {
	session, err := h.signedIn(r)
	if err != nil {
		h.failed(w, r, "operator", err)
		return
	}
	v := h.operatorView(lang)
	v.Say, v.Trouble = say, trouble
	if session.Operator != "" {
		v.Operator = session.Operator
		if err := h.fillDesk(r.Context(), &v); err != nil {
			h.failed(w, r, "operator", err)
			return
		}
	}
	h.sendPrivate(w, r, status, "operator.html", v)
}

func (h *handler) fillDesk(ctx context.Context, v *operatorView) error {
	desk, err := h.Operators.Desk(ctx)
	if err != nil {
		return err
	}
	states, err := h.store.Sources(ctx)
	if err != nil {
		return err
	}
	for _, s := range states {
		v.Choice = append(v.Choice, linkView{s.Source.ID, s.Title()})
	}
	for _, p := range desk.Proposals {
		v.Proposals = append(v.Proposals, proposedView{p, strconv.FormatInt(p.ID, 10), moment(v.Words, p.Sent), v.frame.Operator.Shown.With("site", cmp.Or(p.Site, p.URL)), post.PublicURL(p.URL) != ""})
	}
	if n := len(desk.Waiting); n < desk.WaitingInAll {
		v.OfWaiting = v.Words.Number(n) + " / " + v.Words.Number(desk.WaitingInAll)
	}
	for _, p := range desk.Waiting {
		v.Waiting = append(v.Waiting, waitingView{p.ID, p.URL, p.Author, p.Source, moment(v.Words, p.Since)})
	}
	shown := map[string]bool{}
	for _, b := range desk.Blocks {
		name := cmp.Or(b.Source, b.Name)
		if !shown[name] {
			v.Blocks = append(v.Blocks, name)
		}
		shown[name] = true
	}
	if n := len(v.Blocks); n > mostBlocks {
		v.Blocks = v.Blocks[n-mostBlocks:]
		v.OfBlocks = v.Words.Number(mostBlocks) + " / " + v.Words.Number(n)
	}
	for _, e := range desk.Journal {
		v.Journal = append(v.Journal, entryView{moment(v.Words, e.At), e.Name, string(e.Deed), e.Of, e.Word})
	}
	return nil
}

// signIn begins a session. Names and passwords that are wrong look the same, and take as long.
func (h *handler) signIn(w http.ResponseWriter, r *http.Request) {
	lang, o, now := h.asked(w, r), h.Operators, h.now()
	words := &i18n.WordsIn(lang).Operator
	name, password, stored := r.PostFormValue("name"), r.PostFormValue("password"), ""
	if people.CheckName(name) != nil {
		name = "" // nobody is called so
	}
	stored, err := o.Accounts.Password(r.Context(), name)
	if err != nil {
		h.failed(w, r, "sign in", err)
		return
	}
	device := h.cookieOf(r, deviceCookie)
	if !people.IsDevice(device, name, stored) {
		device = ""
	}
	near, wide := h.visitor(r)
	back := o.enter(device, near, wide, name, now)
	if back == nil {
		later(w, triesIn)
		h.showDesk(w, r, lang, http.StatusTooManyRequests, words.Often, "")
		return
	}
	right, err := h.verify(r.Context(), device != "", stored, password)
	if right || err != nil { // that was no failure of theirs
		back()
	}
	switch {
	case errors.Is(err, people.ErrBusy):
		later(w, time.Minute)
		h.showDesk(w, r, lang, http.StatusServiceUnavailable, i18n.WordsIn(lang).Propose.Busy, "")
		return
	case err != nil:
		h.failed(w, r, "sign in", err)
		return
	}
	token := people.NewToken()
	if right {
		right, err = o.Accounts.StartSession(r.Context(), token.Digest(), people.NewSession(name, now), stored)
	}
	if err == nil && right {
		err = h.endSession(r) // the one before
	}
	if err != nil {
		h.failed(w, r, "sign in", err)
		return
	}
	if !right {
		h.showDesk(w, r, lang, http.StatusForbidden, words.Wrong, "")
		return
	}
	http.SetCookie(w, h.cookie(sessionCookie, string(token), people.SessionLasts))
	http.SetCookie(w, h.cookie(deviceCookie, people.NewDevice(name, stored), people.DeviceLasts))
	h.toDesk(w, r, lang, "")
}

// verify looks at a password. Of strangers only so many may wait for that.
func (h *handler) verify(ctx context.Context, known bool, stored, password string) (right bool, err error) {
	if !known {
		select {
		case h.Operators.strangers <- struct{}{}:
			defer func() { <-h.Operators.strangers }()
		default:
			return false, people.ErrBusy
		}
	}
	return people.VerifyPassword(ctx, stored, password)
}

func (h *handler) endSession(r *http.Request) error {
	token := h.token(r)
	if token == "" {
		return nil
	}
	return h.Operators.Accounts.EndSession(r.Context(), token.Digest())
}

func (h *handler) signOut(w http.ResponseWriter, r *http.Request) {
	if err := h.endSession(r); err != nil {
		h.failed(w, r, "sign out", err)
		return
	}
	http.SetCookie(w, h.cookie(sessionCookie, "", -time.Second))
	h.toDesk(w, r, h.asked(w, r), "")
}

// toDesk leads there after something was done.
func (h *handler) toDesk(w http.ResponseWriter, r *http.Request, lang, at string) {
	w.Header()["Cache-Control"] = noStore
	http.Redirect(w, r, h.prefix+operatorPath+"?lang="+url.QueryEscape(lang)+at, http.StatusSeeOther)
}

// decide does what an operator decided.
func (h *handler) decide(w http.ResponseWriter, r *http.Request) {
	lang := h.asked(w, r)
	session, err := h.signedIn(r)
	if err != nil {
		h.failed(w, r, "decide", err)
		return
	}
	if session.Operator == "" {
		h.showDesk(w, r, lang, http.StatusForbidden, "", "")
		return
	}
	by := people.Hand{Name: session.Operator, At: h.now(), Word: r.PostFormValue("word")}
	why, err := h.Operators.Decide(r.Context(), by, r.PostFormValue("do"), strings.TrimSpace(r.PostFormValue("what")), strings.TrimSpace(r.PostFormValue("with")))
	switch {
	case err != nil:
		h.failed(w, r, "decide", err)
		return
	case why != "":
		h.showDesk(w, r, lang, http.StatusConflict, i18n.WordsIn(lang).Operator.NotDone, why)
		return
	}
	until := session.Kept(h.now()).Until
	if err := h.Operators.Accounts.KeepSession(r.Context(), h.token(r).Digest(), until); err != nil {
		h.note(r, "keep a session", err) // what was decided is done
	} else { // the browser keeps it as long
		http.SetCookie(w, h.cookie(sessionCookie, string(h.token(r)), until.Sub(h.now())))
	}
	h.toDesk(w, r, lang, "#journal")
}

// linkPageView is what link.html shows.
type linkPageView struct {
	frame
	Path, Key, Operator, Say string
}

// link shows the form to set a password. To look at it consumes nothing.
func (h *handler) link(w http.ResponseWriter, r *http.Request) {
	h.showLink(w, r, h.asked(w, r), http.StatusOK, "")
}

func (h *handler) showLink(w http.ResponseWriter, r *http.Request, lang string, status int, say string) {
	v := linkPageView{frame: h.frame(lang, ""), Path: h.prefix + LinkPath, Key: r.FormValue("key"), Say: say}
	v.Title, v.NoIndex = v.frame.Operator.SetTitle, true
	v.here(v.Path, url.Values{"key": {v.Key}})
	name, err := h.Operators.Accounts.Linked(r.Context(), people.Token(v.Key).Digest(), h.now())
	if err != nil {
		h.failed(w, r, "link", err)
		return
	}
	if v.Operator = name; name == "" {
		status, v.Say = http.StatusGone, v.frame.Operator.LinkOver
	}
	h.sendPrivate(w, r, status, "link.html", v)
}

// setPassword uses up a link. Who has none that works, has nothing computed.
func (h *handler) setPassword(w http.ResponseWriter, r *http.Request) {
	lang, now, password := h.asked(w, r), h.now(), r.PostFormValue("password")
	words := &i18n.WordsIn(lang).Operator
	if people.CheckPassword(password) != nil {
		h.showLink(w, r, lang, http.StatusBadRequest, words.SetHow)
		return
	}
	link := people.Token(r.PostFormValue("key")).Digest()
	name, err := h.Operators.Accounts.Linked(r.Context(), link, now)
	if err == nil && name != "" {
		var hash string
		if hash, err = people.HashPassword(r.Context(), password); err == nil {
			name, err = h.Operators.Accounts.SetPassword(r.Context(), link, hash, now)
		}
	}
	switch {
	case errors.Is(err, people.ErrBusy):
		later(w, time.Minute)
		h.showLink(w, r, lang, http.StatusServiceUnavailable, i18n.WordsIn(lang).Propose.Busy)
	case err != nil:
		h.failed(w, r, "set a password", err)
	case name == "":
		h.showLink(w, r, lang, http.StatusGone, "")
	default:
		h.toDesk(w, r, lang, "")
	}
}
