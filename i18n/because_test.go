package i18n

import (
	"strings"
	"testing"
)

// All that settles a language is told in the words of each of ours, and none of it in English.
func TestBecause(t *testing.T) {
	for name, c := range map[string]struct {
		title, text string
		evidence    []Evidence
		want        string // in Dutch, without the isolates
	}{
		"text alone":    {short, inDutch, nil, "tekst (100%)"},
		"outweighed":    {short, inDutch, signsOf(t, "feed en-US", "url nl path /nl/"), "tekst (100%), adres (/nl/) · weegt minder: feed (en-US)"},
		"another text":  {"We are leaving X and inviting everyone along", "", signsOf(t, "item fy xml:lang", "hreflang fy"), "het bericht zelf (xml:lang: fy), de eigen link (hreflang fy) · weegt minder: de tekst leest als English (100%)"},
		"several":       {"Update 4.2", "", signsOf(t, "account de contentMap", "domain de domain .de"), "het bericht zelf (contentMap: de), adres (.de)"},
		"page and host": {"Update 4.2", "", signsOf(t, "page nl", "url nl host nl."), "adres (nl.), pagina (nl)"},
		"a query":       {"", "", signsOf(t, "url fr lang=fr", "page fr-CA"), "adres (lang=fr), pagina (fr-CA)"},
		"the operator":  {short, inDutch, signsOf(t, "operator fy"), "vastgelegd door wie deze site beheert"},
		"nothing":       {"", "", nil, "te weinig tekst om het te zeggen"},
		"in two":        {"", inDutch + "\n" + inDutch + "\nFrom next month we will only post on Mastodon. If you want to keep following us, make a free account there and look us up.", nil, "tekst (100%) · een deel is English"},
	} {
		t.Run(name, func(t *testing.T) {
			from := Settle(c.title, c.text, c.evidence).From
			got := strings.NewReplacer("\u2068", "", "\u2069", "").Replace(WordsIn("nl").Because(from))
			if !strings.Contains(got, c.want) {
				t.Errorf("%q is told as %q, want %q", from, got, c.want)
			}
			for tag := range all() {
				told := WordsIn(tag).Because(from)
				for _, english := range []string{" says ", "reads like", "outweighed", "too little", "operator"} {
					if tag != English && strings.Contains(told, english) {
						t.Errorf("%s: %q", tag, told)
					}
				}
			}
		})
	}
}

// What another version may have written breaks nothing.
func TestBecauseOfAnything(t *testing.T) {
	for _, from := range []string{"", "; ", ", outweighed", "text ", "path ", " says ", "the text reads like ", "page", "=", "a part is in ", "said otherwise"} {
		for tag := range all() {
			WordsIn(tag).Because(from)
		}
	}
	if got := WordsIn("nl").Because("said otherwise"); !strings.Contains(got, "otherwise") {
		t.Errorf("what is not understood is lost: %q", got)
	}
}
