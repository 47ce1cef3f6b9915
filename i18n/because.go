package i18n

import (
	"math"
	"strconv"
	"strings"
)

// What Settle says where it weighed nothing.
const (
	byOperator = "the operator: language of the source"
	tooLittle  = "too little text to tell"
)

// Because puts Settled.From into the words of a language: what is stored, and what
// programs are told, is in English.
func (w *Words) Because(from string) string {
	e := &w.Explain.Evidence
	var groups []string
	for group := range strings.SplitSeq(from, "; ") {
		if part, ok := strings.CutPrefix(group, "a part is in "); ok {
			groups = append(groups, e.Part.With("language", nameOf(part)))
			continue
		}
		list, outweighed := strings.CutSuffix(group, ", outweighed")
		var signs []string
		for sign := range strings.SplitSeq(list, ", ") {
			signs = append(signs, w.evidence(sign))
		}
		if list = strings.Join(signs, w.Comma+" "); outweighed {
			list = e.Outweighed.With("what", list)
		}
		if list != "" {
			groups = append(groups, list)
		}
	}
	return strings.Join(groups, " · ")
}

// evidence says one sign as tell writes it, for a language or against it.
func (w *Words) evidence(sign string) string {
	e := &w.Explain.Evidence
	switch sign {
	case "":
		return ""
	case byOperator:
		return e.Operator
	case tooLittle:
		return e.Nothing
	}
	fields := strings.Fields(strings.Replace(sign, " says ", " ", 1))
	if len(fields) == 0 {
		return ""
	}
	last := fields[len(fields)-1]
	switch at := func(prefix string) bool { return strings.HasPrefix(sign, prefix) }; {
	case at("text "):
		return e.Text.With("percent", percent(last))
	case at("the text reads like ") && len(fields) == 6:
		return e.Reads.With("language", nameOf(fields[4]), "percent", percent(last))
	case at("its own hreflang "):
		return e.Link.With("tag", isolate(last))
	case at("page "), at("the page "):
		return e.Page.With("tag", isolate(last))
	case at("feed "), at("the feed "):
		return e.Feed.With("tag", isolate(last))
	case at("path "), at("host "), at("domain "):
		return e.Address.With("where", isolate(fields[min(1, len(fields)-1)]))
	case strings.Contains(fields[0], "="):
		return e.Address.With("where", isolate(fields[0]))
	}
	return e.Item.With("where", isolate(fields[0]), "tag", isolate(last))
}

// percent is a probability in whole percents.
func percent(p string) string {
	n, _ := strconv.ParseFloat(p, 64)
	return strconv.Itoa(int(math.Round(100 * n)))
}

// nameOf is what a language calls itself, as far as we have words in it; else its tag.
func nameOf(tag string) string {
	if w, ok := all()[base(tag)]; ok {
		return w.Name
	}
	return isolate(tag)
}

// isolate keeps what is written from left to right together where a text runs from right to left.
func isolate(s string) string { return "\u2068" + s + "\u2069" }
