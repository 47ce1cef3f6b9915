package ingest

import (
	"maps"
	"slices"
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
	for _, l := range slices.Sorted(maps.Keys(p.Alternates)) {
		if p.Alternates[l] == p.URL {
			add(i18n.OfHreflang, l, "")
		}
	}
	signs = append(signs, i18n.URLSigns(p.URL)...)
	add(i18n.OfFeed, d.Language, "")
	return signs
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
