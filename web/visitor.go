package web

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// visitor tells visitors apart, for limits. near is their address, or the network that
// IPv6 gives a household; wide is one in which somebody may well have many of those.
func (h *handler) visitor(r *http.Request) (near, wide string) { return networks(h.address(r)) }

func networks(ip netip.Addr) (near, wide string) {
	bits, more := 32, 24
	if ip.Is6() {
		bits, more = 64, 48
	}
	network := func(bits int) string { p, _ := ip.Prefix(bits); return p.String() }
	return network(bits), network(more)
}

// address is whose request it is: of who is connected or, where that is a proxy, of
// the last in the list that it passes on who is none.
func (h *handler) address(r *http.Request) netip.Addr {
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	ip, _ := netip.ParseAddr(host)
	ip = ip.Unmap().WithZone("")
	list := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(list) - 1; i >= 0 && h.isProxy(ip); i-- {
		passed, err := netip.ParseAddr(strings.TrimSpace(list[i]))
		if err != nil {
			break
		}
		ip = passed.Unmap().WithZone("")
	}
	return ip
}

func (h *handler) isProxy(ip netip.Addr) bool {
	return ip.IsLoopback() || slices.ContainsFunc(h.Proxies, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// later says when to try again, at the latest.
func later(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())))
}
