package i18n

import (
	"slices"
	"strconv"
	"strings"
)

// Bounds on what a client can make us read.
const (
	maxHeader = 4 << 10 // bytes of an Accept-Language header, or of a URL
	maxRanges = 32
)

// near says which language somebody who reads the key can read as well, for
// when we have nothing in their own.
var near = map[string]string{
	"af": "nl", "fy": "nl", "li": "nl", "nds": "nl", "vls": "nl", "zea": "nl",
	"bar": "de", "gsw": "de", "lb": "de",
	"nn": "nb", "nb": "nn",
	"oc": "fr", "br": "fr", "wa": "fr",
}

// Negotiate is the offered tag that suits an Accept-Language header best (RFC
// 9110, 12.5.4), the first offered where none does, and empty only when nothing
// is offered. What the header asks for goes first, a regional variety of it
// next, then a neighbouring language. Of a header, 4 kB and 32 ranges are read.
func Negotiate(acceptLanguage string, offered []string) string {
	if len(offered) == 0 {
		return ""
	}
	tags := make([]string, len(offered))
	for i, o := range offered {
		tags[i] = Tag(o)
	}
	wanted, refused := ranges(acceptLanguage)
	find := func(fits func(tag string) bool) int {
		return slices.IndexFunc(tags, func(tag string) bool { return !refused[tag] && fits(tag) })
	}
	for _, w := range wanted {
		if i := find(func(tag string) bool { return w == "*" || tag == w }); i >= 0 {
			return offered[i]
		}
		if i := find(func(tag string) bool { return base(tag) == base(w) }); i >= 0 {
			return offered[i]
		}
	}
	for _, w := range wanted {
		neighbour, ok := near[base(w)]
		if !ok {
			continue
		}
		if i := find(func(tag string) bool { return base(tag) == neighbour }); i >= 0 {
			return offered[i]
		}
	}
	return offered[0]
}

// ranges reads an Accept-Language header: what is wanted, best first, as tags
// of ours or "*", and what is refused (q=0).
func ranges(header string) (wanted []string, refused map[string]bool) {
	header = header[:min(len(header), maxHeader)]
	type weighted struct {
		tag string
		q   float64
	}
	var list []weighted
	refused = make(map[string]bool)
	n := 0
	for part := range strings.SplitSeq(header, ",") {
		if n++; n > maxRanges {
			break
		}
		name, parameter, _ := strings.Cut(part, ";")
		tag := strings.TrimSpace(name)
		if tag != "*" {
			if tag = Tag(tag); tag == "" {
				continue
			}
		}
		q := quality(parameter)
		if q == 0 {
			refused[tag] = true
			continue
		}
		list = append(list, weighted{tag, q})
	}
	slices.SortStableFunc(list, func(a, b weighted) int {
		switch {
		case a.q > b.q:
			return -1
		case a.q < b.q:
			return 1
		}
		return 0
	})
	for _, w := range list {
		wanted = append(wanted, w.tag)
	}
	return wanted, refused
}

// quality reads "q=0.8". What cannot be read weighs as if it were not there: 1.
func quality(parameter string) float64 {
	key, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
	if !strings.EqualFold(strings.TrimSpace(key), "q") {
		return 1
	}
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil || !(q >= 0 && q <= 1) {
		return 1
	}
	return q
}
