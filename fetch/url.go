package fetch

import (
	"fmt"
	"net"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpguts"
	"golang.org/x/net/idna"
)

// maxURL is how long a URL may be, in bytes.
const maxURL = 4096

// parse reads an http(s) URL, relative to base unless that is nil. Its errors
// hold nothing of the URL: what cannot be parsed may have a password anywhere.
func parse(base *url.URL, raw string) (*url.URL, error) {
	if len(raw) > maxURL {
		return nil, worded("the URL is longer than 4 kB")
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, worded("not a valid URL")
	}
	if base != nil {
		u = base.ResolveReference(u)
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, worded(fmt.Sprintf("the scheme is %q; only http and https are fetched", excerpt(u.Scheme)))
	case u.Hostname() == "":
		return nil, worded("the URL names no host")
	case !sendable(u.Host):
		return nil, worded("the URL names a host that cannot be")
	case len(u.String()) > maxURL:
		return nil, worded("the URL is longer than 4 kB")
	}
	u.Fragment, u.RawFragment = "", ""
	u.RawQuery = strings.ReplaceAll(u.RawQuery, " ", "%20") // net/http sends it as it stands
	return u, nil
}

// sendable says whether a host can be sent in a header as it stands in a URL: net/http
// leaves out what cannot, and zones of IPv6 addresses.
func sendable(host string) bool {
	ascii, err := httpguts.PunycodeHostPort(host)
	return err == nil && httpguts.ValidHostHeader(ascii) && !strings.Contains(host, "%")
}

// redact is a URL that can be shown: without credentials, whether or not it can be parsed.
func redact(raw string) string {
	if u, err := url.Parse(raw); err == nil && u.Host != "" {
		u.User = nil
		return excerpt(u.String())
	}
	if at := strings.LastIndexByte(raw, '@'); at >= 0 {
		raw = "…" + raw[at:]
	}
	return excerpt(raw)
}

// hostOf is what requests are counted and held by: the host in lower case and
// ASCII, with its port where that is not the scheme's own.
func hostOf(u *url.URL) string {
	name := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if ascii, err := idna.Lookup.ToASCII(name); err == nil {
		name = ascii
	}
	if port := u.Port(); port != "" && port != defaultPort(u.Scheme) {
		return net.JoinHostPort(name, port)
	}
	return name
}

func defaultPort(scheme string) string {
	if scheme == "https" {
		return "443"
	}
	return "80"
}

// SameSite reports whether a move between two URLs stays within one site: the
// same host but for "www.", the same port or each the default of its scheme, and
// not from https back to http.
func SameSite(from, to string) bool {
	f, err := parse(nil, from)
	if err != nil {
		return false
	}
	t, err := parse(nil, to)
	if err != nil {
		return false
	}
	if f.Scheme == "https" && t.Scheme == "http" {
		return false
	}
	return strings.TrimPrefix(hostOf(f), "www.") == strings.TrimPrefix(hostOf(t), "www.")
}

// sameOrigin reports whether what is meant for one URL's server may be told the other's.
func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && hostOf(a) == hostOf(b)
}
