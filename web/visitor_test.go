package web

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestVisitor(t *testing.T) {
	site := testSite()
	site.Proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:f::/64")}
	h := newHandler(t, site, planet())
	for _, tt := range []struct{ remote, forwarded, near, wide string }{
		{"192.0.2.1:99", "", "192.0.2.1/32", "192.0.2.0/24"},
		{"192.0.2.1:99", "198.51.100.7", "192.0.2.1/32", "192.0.2.0/24"}, // anybody can say so
		{"127.0.0.1:99", "198.51.100.7", "198.51.100.7/32", "198.51.100.0/24"},
		{"[::1]:99", "203.0.113.9, 198.51.100.7", "198.51.100.7/32", "198.51.100.0/24"}, // a proxy adds at the end
		{"127.0.0.1:99", "nonsense", "127.0.0.1/32", "127.0.0.0/24"},
		{"[2001:db8:1:2:3::4]:99", "", "2001:db8:1:2::/64", "2001:db8:1::/48"},
		{"[::ffff:192.0.2.1]:99", "", "192.0.2.1/32", "192.0.2.0/24"},
		{"10.1.2.3:99", "198.51.100.7", "198.51.100.7/32", "198.51.100.0/24"}, // those that the operator names
		{"[2001:db8:f::1]:99", "198.51.100.7, 10.9.9.9", "198.51.100.7/32", "198.51.100.0/24"},
		{"10.1.2.3:99", "10.9.9.9, 198.51.100.7", "198.51.100.7/32", "198.51.100.0/24"}, // who comes says so
		{"10.1.2.3:99", "", "10.1.2.3/32", "10.1.2.0/24"},
		{"10.1.2.3:99", "198.51.100.7, nonsense", "10.1.2.3/32", "10.1.2.0/24"},
		{"11.1.2.3:99", "198.51.100.7", "11.1.2.3/32", "11.1.2.0/24"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = tt.remote
		if tt.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tt.forwarded)
		}
		if near, wide := h.visitor(r); near != tt.near || wide != tt.wide {
			t.Errorf("%s %s: %s in %s, want %s in %s", tt.remote, tt.forwarded, near, wide, tt.near, tt.wide)
		}
	}
}
