package post

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// maxURL is the length in bytes beyond which something is not taken for a URL.
const maxURL = 4096

// PublicURL is a URL as it was published, which readers click: absolute, http or
// https, without tracking parameters and without fragment (but with "#!…", which
// names a page). What remains keeps its order and its encoding. It is empty for
// anything else, and for a URL over 4 kB, with credentials or with control
// characters.
func PublicURL(raw string) string {
	raw = strings.TrimSpace(raw)
	if raw == "" || len(raw) > maxURL {
		return ""
	}
	raw, ok := escapeUnsafe(raw)
	if !ok {
		return ""
	}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || siteHost(u) == "" {
		return ""
	}
	page, query, fragment := split(raw)
	query = dropTracking(query)
	if query != "" {
		query = "?" + query
	}
	if fragment != "" {
		fragment = "#" + fragment
	}
	public := u.Scheme + page[len(u.Scheme):] + query + fragment // the scheme in lower case
	if len(public) > maxURL {
		return ""
	}
	return public
}

// SameAddress says whether two addresses, of feeds, sites or accounts, lead to the same place.
func SameAddress(a, b string) bool {
	return a != "" && (a == b || Key(a) != "" && Key(a) == Key(b))
}

// Key is the canonical key of a URL: equal for URLs that lead to the same page.
// It is for comparing only and is never shown. Aside are the scheme, "www." and
// "m.", the default port, a trailing slash, index.html, AMP, the fragment,
// tracking parameters, the order of parameters, and how host and path are
// encoded. A home page has a key too. It is empty where PublicURL is.
func Key(raw string) string {
	raw = PublicURL(raw)
	if raw == "" {
		return ""
	}
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	page, query, fragment := split(raw)
	_, path, _ := strings.Cut(page[len(u.Scheme)+len("://"):], "/")

	var b strings.Builder
	b.WriteString("https://")
	b.WriteString(pageHost(siteHost(u)))
	if path = keyPath(normalEscapes(path)); path != "" {
		b.WriteByte('/')
		b.WriteString(path)
	}
	if query = keyQuery(query); query != "" {
		b.WriteByte('?')
		b.WriteString(query)
	}
	if fragment != "" {
		b.WriteByte('#')
		b.WriteString(normalEscapes(fragment))
	}
	if b.Len() > maxURL {
		return ""
	}
	return b.String()
}

// OwnSite says how near a page is to a site, given by its host as Host has it: 2
// when the page is on that host, 1 when both belong to one registrable domain,
// else 0. Sites below a public suffix such as github.io are not one; neither are
// two ports of a host.
func OwnSite(host string, pageURL string) int {
	page := Host(pageURL)
	if page == "" || host == "" {
		return 0
	}
	if page == host {
		return 2
	}
	a, b := registrable(host), registrable(page)
	if a == "" || a != b {
		return 0
	}
	return 1
}

// registrable is the domain of a host that somebody registered; empty for an
// address, a public suffix, and a host with a port.
func registrable(host string) string {
	if strings.Contains(host, ":") {
		return ""
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return ""
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return ""
	}
	return domain
}

// siteHost is the host of a URL as sites are compared: lower case, punycode,
// without "www." and without port 80 or 443. It is empty where there is no host
// that could exist.
func siteHost(u *url.URL) string {
	host := strings.TrimRight(strings.ToLower(u.Hostname()), ".")
	if strings.Contains(host, ":") {
		addr, err := netip.ParseAddr(host)
		if err != nil || addr.Zone() != "" {
			return ""
		}
		host = "[" + addr.String() + "]"
	} else if host = asciiHost(host); host == "" {
		return ""
	}
	for {
		rest, ok := strings.CutPrefix(host, "www.")
		if !ok || registrable(rest) == "" { // www.org is a name
			break
		}
		host = rest
	}
	if port := u.Port(); port != "" && port != "80" && port != "443" {
		host += ":" + port
	}
	return host
}

var hosts = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(false))

// asciiHost is a host name in ASCII; empty where it is none.
func asciiHost(host string) string {
	if !isASCII(host) || strings.Contains(host, "xn--") {
		var err error
		if host, err = hosts.ToASCII(host); err != nil {
			return ""
		}
		host = strings.TrimRight(host, ".")
	}
	if strings.HasPrefix(host, ".") || strings.Contains(host, "..") {
		return ""
	}
	for _, c := range []byte(host) {
		if asciiWord[c&0x7f] != c && c != '-' && c != '.' {
			return ""
		}
	}
	return host
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// pageHost is a host without what sites put before it for phones: "m." and
// "amp.", but only right before a registered domain, since anyone may have the
// name "m" below a public suffix.
func pageHost(host string) string {
	for _, prefix := range []string{"m.", "amp."} {
		if rest, ok := strings.CutPrefix(host, prefix); ok && registrable(rest) == rest {
			return rest
		}
	}
	return host
}

// split takes a URL apart as it is written: what stands before "?", the query,
// and the fragment where it names a page.
func split(raw string) (page, query, fragment string) {
	raw, fragment, _ = strings.Cut(raw, "#")
	if len(fragment) < 2 || fragment[0] != '!' {
		fragment = ""
	}
	page, query, _ = strings.Cut(raw, "?")
	return page, query, fragment
}

// tracking are the parameters that tell where a reader came from.
var tracking = map[string]bool{
	"fbclid": true, "gclid": true, "gclsrc": true, "dclid": true, "gbraid": true, "wbraid": true,
	"msclkid": true, "yclid": true, "twclid": true, "ttclid": true, "li_fat_id": true,
	"igshid": true, "igsh": true, "mc_cid": true, "mc_eid": true, "mkt_tok": true,
	"ref_src": true, "ref_url": true, "_hsenc": true, "_hsmi": true, "hsctatracking": true,
	"__hstc": true, "__hssc": true, "__hsfp": true, "_ga": true, "_gl": true,
	"vero_id": true, "oly_anon_id": true, "oly_enc_id": true, "xtor": true, "wt_mc": true,
}

var trackingPrefixes = []string{"utm_", "pk_", "mtm_", "piwik_", "matomo_"}

func isTracking(param string) bool {
	name, _, _ := strings.Cut(param, "=")
	// Links that were escaped twice have "&amp;utm_source=".
	name = strings.TrimPrefix(strings.ToLower(normalEscapes(name)), "amp;")
	if tracking[name] {
		return true
	}
	for _, p := range trackingPrefixes {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

func dropTracking(query string) string {
	if query == "" {
		return ""
	}
	return strings.Join(slices.DeleteFunc(strings.Split(query, "&"), isTracking), "&")
}

// keyPath is a path, without its first slash, without what does not tell pages apart.
func keyPath(path string) string {
	for {
		path = strings.TrimRight(path, "/")
		dir, file := "", path
		if i := strings.LastIndexByte(path, '/'); i >= 0 {
			dir, file = path[:i], path[i+1:]
		}
		name, ext := file, ""
		if i := strings.LastIndexByte(file, '.'); i >= 0 {
			name, ext = file[:i], file[i:]
		}
		switch {
		case file == "index.html" || file == "index.htm" || file == "index.php":
			path = dir
		case file == "amp" && dir != "": // "/amp" alone is a page about it
			path = dir
		case ext == ".amp" && name != "":
			path = strings.TrimSuffix(path, ".amp")
		case (ext == ".html" || ext == ".htm") && strings.HasSuffix(name, ".amp") && name != ".amp":
			path = strings.TrimSuffix(path, ".amp"+ext) + ext
		default:
			return path
		}
	}
}

// keyQuery is a query sorted by name (values of one name keep their order).
func keyQuery(query string) string {
	if query == "" {
		return ""
	}
	params := strings.Split(normalEscapes(strings.ReplaceAll(query, "+", "%20")), "&")
	params = slices.DeleteFunc(params, func(p string) bool {
		switch p {
		case "", "amp", "amp=", "amp=1", "amp=true", "outputType=amp":
			return true
		}
		return false
	})
	slices.SortStableFunc(params, func(a, b string) int {
		a, _, _ = strings.Cut(a, "=")
		b, _, _ = strings.Cut(b, "=")
		return strings.Compare(a, b)
	})
	return strings.Join(params, "&")
}

const upperHex = "0123456789ABCDEF"

// escapeUnsafe percent-encodes the few characters that cannot stand in a URL in
// a text: spaces, quotes, angle brackets and characters that turn text around.
// It reports false for control characters and invalid UTF-8.
func escapeUnsafe(s string) (string, bool) {
	safe := true
	for i, r := range s {
		switch {
		case r == utf8.RuneError:
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return "", false
			}
		case unicode.IsControl(r):
			return "", false
		case isUnsafe(r):
			safe = false
		}
	}
	if safe {
		return s, true
	}
	var b strings.Builder
	for _, r := range s {
		if !isUnsafe(r) {
			b.WriteRune(r)
			continue
		}
		for _, c := range []byte(string(r)) {
			b.Write([]byte{'%', upperHex[c>>4], upperHex[c&15]})
		}
	}
	return b.String(), true
}

func isUnsafe(r rune) bool {
	switch r {
	case '"', '<', '>':
		return true
	}
	return unicode.IsSpace(r) || r >= utf8.RuneSelf && isDropped(r)
}

// normalEscapes writes the percent-encoding of a part of a URL in one way: RFC
// 3986 section 6.2.2, and bytes outside ASCII encoded.
func normalEscapes(s string) string {
	plain := true
	for i := range len(s) {
		if c := s[i]; c == '%' || c >= utf8.RuneSelf || c <= ' ' || c == '"' || c == '<' || c == '>' {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	b := make([]byte, 0, len(s)+16)
	for i := 0; i < len(s); i++ {
		c, escaped := s[i], false
		if c == '%' {
			escaped = true // a lone % is one that should have been encoded
			if i+2 < len(s) && unhex(s[i+1]) >= 0 && unhex(s[i+2]) >= 0 {
				c = byte(unhex(s[i+1])<<4 | unhex(s[i+2]))
				i += 2
			}
		}
		unreserved := c < utf8.RuneSelf && asciiWord[c] != 0 || c == '-' || c == '.' || c == '~'
		if !unreserved && (escaped || c >= utf8.RuneSelf || c <= ' ' || c == '"' || c == '<' || c == '>') {
			b = append(b, '%', upperHex[c>>4], upperHex[c&15])
		} else {
			b = append(b, c)
		}
	}
	return string(b)
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// WithoutLogin is an address without the user and password that the operator may
// have written into it: what anybody may see of it.
func WithoutLogin(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.User == nil {
		return raw
	}
	u.User = nil
	return u.String()
}
