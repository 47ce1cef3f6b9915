package ingest

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"samenloop/i18n"
	"samenloop/post"
)

// Bounds of what one entry may say; no honest entry comes near them.
const (
	mostTitle   = 300 // runes
	mostSummary = 2000
	mostName    = 200
	mostAuthors = 20
	mostTags    = 50
	mostFiles   = 20
	mostID      = 2048 // bytes
	mostNote    = 1000 // runes of what counts as a short post
)

// digest identifies what an entry says, and what of its surroundings settles it.
func digest(e *Entry, d *Document, src post.Source) post.Digest {
	sum := post.NewSummer()
	sum.Add(src.Language, strconv.FormatBool(src.All), strconv.FormatBool(src.FullText), d.Language)
	sum.Add(e.ID, e.URL, e.Title, e.Summary, e.Content, e.Language, e.Base, stamp(e.Published), stamp(e.Updated))
	for _, a := range e.Authors {
		sum.Add("author", a.Name, a.URL)
	}
	for _, t := range e.Tags {
		sum.Add("tag", t)
	}
	for _, f := range e.Enclosures {
		sum.Add("enclosure", f.URL, f.Type, strconv.FormatInt(f.Length, 10))
	}
	for _, l := range slices.Sorted(maps.Keys(e.Alternates)) {
		sum.Add("alternate", l, e.Alternates[l])
	}
	sum.Add(e.Origin.ID, e.Origin.Title, e.Origin.URL, e.Hidden, e.Booster.URL)
	return sum.Digest()
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// identity is the entry's own id, else its URL, else what it says.
func identity(e *Entry) string {
	id := cmp.Or(e.ID, e.URL)
	if id == "" || len(id) > mostID {
		sum := sha256.Sum256([]byte(id + "\x00" + e.Title + "\x00" + e.Content))
		return "sha256:" + hex.EncodeToString(sum[:16])
	}
	return id
}

// settle makes a post of an entry: cleaned, bounded, its language settled and
// its topic decided as far as the entry itself tells.
func settle(e *Entry, d *Document, src post.Source, match *post.Matcher, now time.Time) post.Post {
	p := post.Post{
		Source:    src.ID,
		ID:        identity(e),
		Variant:   e.Variant,
		URL:       post.PublicURL(e.URL),
		Title:     post.CleanText(e.Title, mostTitle),
		HTML:      clean(e.Content, e.Base),
		Published: e.Published,
		Updated:   e.Updated,
		FirstSeen: now,
		Origin:    post.Origin{ID: post.CleanText(e.Origin.ID, mostName), Title: post.CleanText(e.Origin.Title, mostName), URL: post.PublicURL(e.Origin.URL)},
		Reply:     e.Reply,
		Fediverse: e.Fediverse,
		Booster:   post.Author{Name: post.CleanText(e.Booster.Name, mostName), URL: post.PublicURL(e.Booster.URL)},
		Digest:    digest(e, d, src),
	}
	text := p.PlainText()
	if p.Title == "" {
		p.Note = utf8.RuneCountInString(text) <= mostNote
		p.Title = post.FirstSentence(text, 100)
	}
	if e.Hidden != "" {
		p.Page = post.Text(clean(e.Hidden, e.Base))
	}
	// Text has one character between words: of another length, it is another text.
	if s := post.CleanText(post.Text(e.Summary), mostSummary); len(s) != len(text) || s != strings.Join(strings.Fields(text), " ") {
		p.Summary = s
	}
	for _, a := range e.Authors[:min(len(e.Authors), mostAuthors)] {
		if name := post.CleanText(a.Name, mostName); name != "" {
			p.Authors = append(p.Authors, post.Author{Name: name, URL: post.PublicURL(a.URL)})
		}
	}
	for _, t := range e.Tags[:min(len(e.Tags), mostTags)] {
		if t = post.CleanText(strings.TrimPrefix(t, "#"), mostName); t != "" && !slices.ContainsFunc(p.Tags, func(have string) bool { return strings.EqualFold(have, t) }) {
			p.Tags = append(p.Tags, t)
		}
	}
	p.Enclosures = e.Enclosures[:min(len(e.Enclosures), mostFiles)]
	for _, l := range slices.Sorted(maps.Keys(e.Alternates)) {
		addTranslation(&p, l, post.PublicURL(e.Alternates[l]))
	}
	p.Declared = declared(e, &p, d, src)
	settleLanguage(&p, text)
	p.Matches = matches(&p, text, src, match)
	if !e.Whole && src.FullText && len(p.Matches) == 0 && p.URL != "" {
		p.PageNeed = post.PageWanted
	}
	return p
}

// addTranslation adds where a post stands in a language, as it was written. Of two that
// name the same ("en", "en-US") the first is taken.
func addTranslation(p *post.Post, language, url string) {
	tag := i18n.Tag(language)
	if tag == "" || url == "" || p.Alternates[tag] != "" {
		return
	}
	if p.Alternates == nil {
		p.Alternates = map[string]string{}
	}
	p.Alternates[tag] = url
}

// addPage settles anew what the article's page adds to a post that had only a summary.
func addPage(p *post.Post, pg page, src post.Source, match *post.Matcher) {
	p.Page, p.PageNeed = pg.Text, post.PageRead
	if post.Host(pg.Canonical) == post.Host(p.URL) { // further out it could claim to be anybody's
		p.Canonical = pg.Canonical
	}
	for _, l := range slices.Sorted(maps.Keys(pg.Alternates)) {
		addTranslation(p, l, pg.Alternates[l])
	}
	for _, t := range pg.Tags { // as the page's reader sees them: below the text
		if !strings.ContainsAny(t, " #") {
			t = "#" + t
		}
		p.Page += "\n" + t
	}
	text := post.Text(p.HTML)
	p.Matches = matches(p, text, src, match)
	p.Declared = append(p.Declared, declaredByPage(p, pg)...)
	settleLanguage(p, text+"\n"+pg.Text)
}

// matches decides the topics of a post. A source that is taken whole belongs in
// any case; its topics are said all the same.
func matches(p *post.Post, text string, src post.Source, match *post.Matcher) []post.Match {
	found := match.Match(words(p, text))
	if src.All && len(found) == 0 {
		found = []post.Match{{By: post.ByWhole}}
	}
	return found
}

// words are what topics are looked for in; text is the post's HTML without tags.
func words(p *post.Post, text string) post.Words {
	return post.Words{Tags: p.Tags, Title: p.Title, Content: text, Summary: p.Summary, Page: p.Page}
}
