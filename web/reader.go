package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"samenloop/i18n"
)

// Which language a reader wants where an address does not say it: the one that they
// asked us to remember, else what their program prefers. Reading needs no cookie,
// and gets none.

const (
	languageCookie = "language"
	remembered     = 365 * 24 * time.Hour
)

var varyLanguage = []string{"Accept-Language, Cookie"}

// reader is the language of whoever asks for a page that has none in its address.
func (h *handler) reader(r *http.Request) string {
	if c, err := r.Cookie(languageCookie); err == nil && slices.Contains(h.Languages, c.Value) {
		return c.Value
	}
	return i18n.Negotiate(r.Header.Get("Accept-Language"), h.Languages)
}

// asked is the language of a page that has none in its path: what a link or a form
// asks for if the site has it, else what the reader's program wants.
func (h *handler) asked(w http.ResponseWriter, r *http.Request) string {
	if lang := r.FormValue("lang"); slices.Contains(h.Languages, lang) {
		return lang
	}
	w.Header()["Vary"] = varyLanguage
	return h.reader(r)
}

// enter sends / to the newest posts in the reader's language. A link to /?lang=nl
// makes that Dutch, and has the reader's browser remember it: a choice that was made
// by a click, and says nothing of who made it.
func (h *handler) enter(w http.ResponseWriter, r *http.Request) {
	lang := r.URL.Query().Get("lang")
	if !slices.Contains(h.Languages, lang) {
		h.toReader(w, r)
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: languageCookie, Value: lang, Path: h.prefix + "/", MaxAge: int(remembered.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: strings.HasPrefix(h.base, "https:"),
	})
	w.Header()["Cache-Control"] = noStore
	http.Redirect(w, r, h.prefix+pagePath(lang), http.StatusSeeOther)
}

// toTopic is toReader for the topics that there are.
func (h *handler) toTopic(w http.ResponseWriter, r *http.Request) {
	if h.topicTitle(r.PathValue("topic")) == "" {
		h.fail(w, r, http.StatusNotFound, errNotFound.Error())
		return
	}
	h.toReader(w, r)
}

// toReader sends an address without a language to the same below the reader's.
func (h *handler) toReader(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.EscapedPath(), h.prefix+"/")
	if path != "" && !strings.HasSuffix(path, "/") {
		path += "/"
	}
	w.Header()["Vary"] = varyLanguage
	http.Redirect(w, r, h.prefix+pagePath(h.reader(r))+path, http.StatusSeeOther)
}
