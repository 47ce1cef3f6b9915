package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"samenloop/i18n"
	"samenloop/post"
)

const explainPath = "/explain"

// explainView is what explain.html shows. Asked says that there is an answer.
type explainView struct {
	frame
	Path, Address string
	Asked         bool
	Invalid       bool // the address is none
	Found         []findingView
	Waiting       []string // sentences
	NoSource      string   // a sentence, where nobody is read on that site
	LookedFor     []string
	Nearby        []nearbyView
}

// findingView is a stored post and what became of it.
type findingView struct {
	articleView
	Say          string // its fate, in a sentence
	Matches      []string
	LanguageFrom string // what settled it
	StoryPath    string
	Shown        *linkView // by another post
	Ties         []explainTie
	LooksFor     bool // it is on no topic: what was looked for is worth knowing
}

type explainTie struct{ Why, Title, URL string }

// nearbyView is a source on the site of a page that is not stored.
type nearbyView struct {
	Title, Say      string
	Fares           *i18n.Notice // why it is not read, and what its owner can do; nil where it is
	Trouble, Notice string       // in English
	Last, Next      string
}

// explain answers why a post is shown or not, in the reader's language.
func (h *handler) explain(w http.ResponseWriter, r *http.Request) {
	lang := h.asked(w, r)
	address := strings.TrimSpace(r.URL.Query().Get("url"))
	v := explainView{frame: h.frame(lang, ""), Path: h.prefix + explainPath, Address: address}
	v.Title = v.Explain.Title
	v.NoIndex = address != ""
	again := url.Values{}
	if address != "" {
		again.Set("url", address)
		v.Asked = true
		x, err := h.store.Explain(r.Context(), withScheme(address))
		if err != nil {
			h.failed(w, r, "explain", err)
			return
		}
		h.viewExplanation(&v, x, lang)
	}
	v.here(h.prefix+explainPath, again)
	body, err := execute("explain.html", v)
	if err != nil {
		h.failed(w, r, "render explain.html", err)
		return
	}
	sendPage(w, http.StatusOK, body)
}

// here makes the list of languages lead to this page in each, rather than to the front page.
func (f *frame) here(path string, query url.Values) {
	f.Languages = slices.Clone(f.Languages)
	for i := range f.Languages {
		query.Set("lang", f.Languages[i].Tag)
		f.Languages[i].Path = path + "?" + query.Encode()
	}
}

// withScheme is an address as people write it down, "example.org/page", made whole.
func withScheme(address string) string {
	if address != "" && !strings.Contains(address, ":") {
		return "https://" + address
	}
	return address
}

func (h *handler) viewExplanation(v *explainView, x post.Explanation, lang string) {
	words := v.Words
	if x.URL == "" {
		v.Invalid = true
		return
	}
	v.Address = x.URL
	for _, t := range h.Topics {
		for _, tag := range t.Hashtags {
			v.LookedFor = append(v.LookedFor, "#"+tag)
		}
		v.LookedFor = append(v.LookedFor, t.Phrases...)
	}
	for i := range x.Found {
		v.Found = append(v.Found, h.viewFinding(&x.Found[i], lang))
	}
	for _, waiting := range x.Waiting {
		say := words.Explain.Fate.Waits
		switch waiting.Verdict {
		case post.Refused:
			say = words.Explain.Fate.Refused
		case post.Approved:
			if len(x.Found) > 0 {
				continue
			}
			say = words.Explain.Fate.Approved
		}
		v.Waiting = append(v.Waiting, say)
	}
	if len(x.Found) > 0 || len(v.Waiting) > 0 {
		return
	}
	for i := range x.Nearby {
		v.Nearby = append(v.Nearby, h.viewNearby(&x.Nearby[i], x.URL, words))
	}
	if len(x.Nearby) == 0 {
		v.NoSource = words.Explain.Absence.NoSource.With("host", post.Host(x.URL))
	}
}

func (h *handler) viewFinding(f *post.Finding, lang string) findingView {
	words := i18n.WordsIn(lang)
	p := &f.Post
	w := &words.Explain
	v := findingView{
		articleView:  h.viewArticle(post.Edition{Lead: *p, Source: post.Source{ID: p.Source, Title: f.Source.Title()}, Published: p.FirstSeen}, lang),
		LanguageFrom: words.Because(p.LanguageFrom),
	}
	v.Title = cmp.Or(p.Title, p.URL)
	if v.Language != "" {
		v.LanguageName = languageName(p.Language)
	}
	fate := f.Fate()
	switch fate {
	case post.Told:
		v.Say = w.Fate.Told
	case post.ToldByAnother:
		v.Say = w.Fate.ToldByAnother
		v.Shown = &linkView{f.Edition.URL, f.Edition.Title}
	case post.Discusses:
		v.Say = w.Fate.Discusses
	case post.SpokenFor:
		v.Say = w.Fate.SpokenFor
	case post.OnNoTopic:
		v.Say, v.LooksFor = w.Fate.OnNoTopic, true
	case post.ArticleWaits:
		v.Say, v.LooksFor = w.Fate.ArticleWaits, true
	case post.ArticleUnread:
		v.Say, v.LooksFor = w.Fate.ArticleUnread, true
	case post.LeftTopic:
		v.Say, v.LooksFor = w.Fate.LeftTopic, true
	case post.Down:
		v.Say = w.Fate.Down
	case post.Forgotten: // nothing is said of it
		return findingView{articleView: articleView{Title: p.URL, URL: p.URL, Dir: "ltr"}, Say: w.Fate.Forgotten}
	}
	for _, m := range p.Matches {
		v.Matches = append(v.Matches, sayMatch(w.Match.Whole, m, words))
	}
	v.StoryPath = ""
	if f.Edition.ID != "" {
		v.StoryPath = h.prefix + h.storyPage(lang, f.Story)
	}
	for _, t := range f.Ties {
		v.Ties = append(v.Ties, explainTie{why(words, t.Reason), t.Title, t.URL})
	}
	return v
}

// sayMatch says by which word, standing where, a post is on a topic; whole is what
// is said where no word was needed.
func sayMatch(whole string, m post.Match, words *i18n.Words) string {
	w := &words.Explain.Match
	where, name := m.Evidence()
	pattern := i18n.Pattern(whole)
	switch where {
	case "tag":
		pattern = w.Tag
	case "title":
		pattern = w.Title
	case "content":
		pattern = w.Content
	case "summary":
		pattern = w.Summary
	case "page":
		pattern = w.Page
	}
	return pattern.With("word", name)
}

func (h *handler) viewNearby(s *post.SourceState, address string, words *i18n.Words) nearbyView {
	w := &words.Explain.Absence
	v := nearbyView{Title: s.Title(), Notice: s.Visit.Notice, Last: moment(words, s.Visit.Succeeded)}
	if s.State == post.Active {
		v.Next = moment(words, s.Visit.Next)
	}
	switch s.Absence() {
	case post.NeverRead:
		v.Say = w.NeverRead
	case post.NotRead:
		v.Say = w.NotRead
	case post.InTrouble:
		v.Say, v.Trouble = w.InTrouble, s.Visit.Trouble
		fares := fares(words, s.Condition())
		v.Fares = &fares
	case post.NotInFeed:
		v.Say = w.NotInFeed
	}
	if s.Is(address) {
		v.Say = w.Itself
	}
	return v
}

// moment is a time to the minute; empty for none.
func moment(words *i18n.Words, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return words.Date(t.UTC()) + ", " + t.UTC().Format("15:04 MST")
}
