package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// answer is a body that is ready to be sent, with and without compression, and
// the values of its headers, so that sending it again makes nothing new.
type answer struct {
	version string // what the store said when it was made

	plain, packed representation
	modified      time.Time // to the second: since when it has had these bytes

	contentType, lastModified, policy, cache []string
}

// representation is one encoding of an answer (RFC 9110, section 3.2). Each has
// a strong validator of its own.
type representation struct {
	body         []byte // of packed: nil where compression does not make it smaller
	etag, length []string
}

var (
	varyEncoding = []string{"Accept-Encoding"}
	gzipEncoding = []string{"gzip"}
	// Five minutes: less than most readers wait between two visits, long enough
	// for a cache in front of us. Without must-revalidate, so that a cache may go
	// on showing what it has when we do not answer.
	fiveMinutes = []string{"public, max-age=300"}
	halfMinute  = []string{"public, max-age=30"} // for bots, who want to be quick
	// A year: what is other then has another address.
	forever = []string{"public, max-age=31536000, immutable"}
)

// newAnswer prepares a body. Modified is when it got these bytes.
func newAnswer(contentType string, body []byte, modified time.Time) *answer {
	hash := sha256.Sum256(body)
	tag := base64.RawURLEncoding.EncodeToString(hash[:15])
	a := &answer{
		plain:       newRepresentation(body, `"`+tag+`"`),
		packed:      newRepresentation(compress(body), `"`+tag+`-gzip"`),
		modified:    modified.Truncate(time.Second),
		contentType: []string{contentType},
		cache:       fiveMinutes,
	}
	a.lastModified = []string{a.modified.UTC().Format(http.TimeFormat)}
	switch {
	case strings.HasPrefix(contentType, "text/html"):
		a.policy = pagePolicy
	case contentType == changesType:
		a.cache = halfMinute
	}
	return a
}

func newRepresentation(body []byte, etag string) representation {
	return representation{body: body, etag: []string{etag}, length: []string{strconv.Itoa(len(body))}}
}

// compress gives nil where that would not be smaller.
func compress(body []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(body) // a bytes.Buffer does not fail
	z.Close()
	if b.Len() >= len(body) {
		return nil
	}
	return bytes.Clone(b.Bytes())
}

// serve sends the answer to a GET or HEAD, or says that the client has it already.
func (a *answer) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header["Cache-Control"] = a.cache
	if header["Vary"] == nil { // else it varies with more
		header["Vary"] = varyEncoding
	}
	header["Last-Modified"] = a.lastModified
	if a.policy != nil {
		header["Content-Security-Policy"] = a.policy
	} else { // a feed leads nowhere and opens nothing, and is asked for most
		delete(header, "Referrer-Policy")
		delete(header, "Cross-Origin-Opener-Policy")
	}

	chosen, other := &a.plain, &a.packed
	if a.packed.body != nil && acceptsGzip(r.Header["Accept-Encoding"]) {
		chosen, other = other, chosen
	}
	if etag := a.notModified(r.Header, chosen.etag, other.etag); etag != nil {
		header["Etag"] = etag
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header["Etag"] = chosen.etag
	header["Content-Type"] = a.contentType
	header["Content-Length"] = chosen.length
	if chosen == &a.packed {
		header["Content-Encoding"] = gzipEncoding
	}
	w.Write(chosen.body) // net/http leaves it out for HEAD; fails only when nobody listens any more
}

// notModified decides a conditional request (RFC 9110, section 13.2.2). It gives
// the validator of what the client has, nil where that is not current. A client
// that has the other encoding has the same content, and is told its own
// validator: by another one it could not tell which copy is meant.
func (a *answer) notModified(request http.Header, chosen, other []string) []string {
	if list := request["If-None-Match"]; len(list) > 0 {
		switch {
		case matches(list, chosen[0]):
			return chosen
		case matches(list, other[0]):
			return other
		}
		return nil
	}
	if since := request["If-Modified-Since"]; len(since) == 1 {
		if t, err := http.ParseTime(since[0]); err == nil && !a.modified.After(t) {
			return chosen
		}
	}
	return nil
}

// matches says whether an If-None-Match names the etag, compared weakly.
func matches(lines []string, etag string) bool {
	for _, list := range lines {
		if strings.TrimSpace(list) == "*" {
			return true
		}
		for {
			list = strings.TrimPrefix(strings.TrimLeft(list, ", \t"), "W/")
			if list == "" || list[0] != '"' {
				break
			}
			end := strings.IndexByte(list[1:], '"')
			if end < 0 {
				break
			}
			if list[:end+2] == etag {
				return true
			}
			list = list[end+2:]
		}
	}
	return false
}

// acceptsGzip says whether an Accept-Encoding wants gzip: by name, or by "*"
// where the name is not there, and not with q=0 (RFC 9110, section 12.5.3).
func acceptsGzip(lines []string) bool {
	star := false
	for _, list := range lines {
		for list != "" {
			var item string
			item, list, _ = strings.Cut(list, ",")
			coding, weight, _ := strings.Cut(item, ";")
			switch coding = strings.TrimSpace(coding); {
			case strings.EqualFold(coding, "gzip"), strings.EqualFold(coding, "x-gzip"):
				return positive(weight)
			case coding == "*":
				star = positive(weight)
			}
		}
	}
	return star
}

// positive says whether a weight such as "q=0.5" is not zero. None counts as one.
func positive(weight string) bool {
	_, q, ok := strings.Cut(weight, "=")
	if !ok {
		return true
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(q), 64)
	return err == nil && f > 0
}
