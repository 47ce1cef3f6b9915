package web

import (
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// choice is one of the formats that an address is served in.
type choice struct {
	types []string // media types that ask for it; a profile stands as a parameter
	serve http.HandlerFunc
}

var varyAccept = []string{"Accept, Accept-Encoding"}

// byAccept serves what the request's Accept prefers, and the first where it has no preference.
func byAccept(choices ...choice) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Vary"] = varyAccept
		choices[preferred(strings.Join(r.Header["Accept"], ","), choices)].serve(w, r)
	}
}

// mostRanges is how many media ranges of an Accept are looked at.
const mostRanges = 32

// preferred is the place of the choice that an Accept header prefers (RFC 9110,
// 12.5.1): by weight, and among equal ones what it names rather than what it
// only lets through. Nothing is refused: 0 where nothing suits.
func preferred(accept string, choices []choice) int {
	best, bestWeight, bestExact := 0, 0.0, false
	n := 0
	for field := range strings.SplitSeq(accept, ",") {
		if n++; n > mostRanges {
			break
		}
		name, params, err := mime.ParseMediaType(field)
		if err != nil {
			continue
		}
		weight := 1.0
		if q, ok := params["q"]; ok {
			if weight, err = strconv.ParseFloat(q, 64); err != nil || !(weight >= 0 && weight <= 1) {
				continue
			}
		}
		i, exact := 0, name != "*/*"
		if exact {
			i = slices.IndexFunc(choices, func(c choice) bool { return c.named(name, params["profile"]) })
		}
		if i >= 0 && (weight > bestWeight || weight == bestWeight && weight > 0 && exact && !bestExact) {
			best, bestWeight, bestExact = i, weight, exact
		}
	}
	return best
}

// named says whether a media range names the choice. Where one of its types has a
// profile, the range must have it too.
func (c choice) named(name, profiles string) bool {
	return slices.ContainsFunc(c.types, func(t string) bool {
		base, params, _ := mime.ParseMediaType(t)
		profile := params["profile"]
		return base == name && (profile == "" || slices.Contains(strings.Fields(profiles), profile))
	})
}
