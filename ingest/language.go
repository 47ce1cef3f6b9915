package ingest

import (
	"strings"

	"samenloop/i18n"
	"samenloop/post"
)

// declared collects what an entry and its surroundings say of its language.
func declared(e *Entry, p *post.Post, d *Document, src post.Source) []i18n.Evidence {
	var signs []i18n.Evidence
	add := func(kind i18n.Kind, says, where string) {
		if sign, ok := i18n.Sign(kind, says, where); ok {
			signs = append(signs, sign)
		}
	}
	add(i18n.OfOperator, src.Language, "")
	kind := i18n.OfItem
	if e.LanguageFrom == "contentMap" {
		kind = i18n.OfAccount
	}
	add(kind, e.Language, e.LanguageFrom)
	add(i18n.OfHreflang, ownHreflang(p.Alternates, p.URL), "")
	signs = append(signs, i18n.URLSigns(p.URL)...)
	add(i18n.OfFeed, d.Language, "")
	return signs
}

// declaredByPage is what the page of a post adds.
func declaredByPage(p *post.Post, pg page) []i18n.Evidence {
	var signs []i18n.Evidence
	if sign, ok := i18n.Sign(i18n.OfPage, pg.Language, ""); ok {
		signs = append(signs, sign)
	}
	if sign, ok := i18n.Sign(i18n.OfHreflang, ownHreflang(pg.Alternates, p.URL), ""); ok {
		signs = append(signs, sign)
	}
	return signs
}

// ownHreflang is the language of the link to a page itself; empty where it is
// said to be in several.
func ownHreflang(alternates map[string]string, url string) string {
	own := ""
	for l, u := range alternates {
		if i18n.Tag(l) == "" || u != url {
			continue
		}
		if own != "" {
			return ""
		}
		own = l
	}
	return own
}

// settleLanguage weighs what was declared against what the post reads like.
func settleLanguage(p *post.Post, text string) {
	title := p.Title
	if strings.HasPrefix(text, strings.TrimSuffix(title, "…")) {
		title = "" // it was made of the text, or repeats it
	}
	s := i18n.Settle(title, text, p.Declared)
	p.Language, p.LanguageFrom = s.Tag, s.From
}
