package fetch

import (
	"fmt"
	"net/netip"
	"syscall"

	"code.dny.dev/ssrf"
)

// guard decides which addresses may be dialled: what is public by the IANA
// registries, on ports 80 and 443, and what the operator named.
type guard struct {
	networks  []netip.Prefix   // every port there
	endpoints []netip.AddrPort // exactly these
}

// public lists what is public rather than what is private. It is silent about
// Azure's metadata service, which has a public address but answers only inside.
var public = ssrf.New(ssrf.WithDeniedV4Prefixes(netip.MustParsePrefix("168.63.129.16/32")))

// newGuard reads allow_networks: CIDRs and IP:port.
func newGuard(allow []string) (*guard, error) {
	g := new(guard)
	for _, entry := range allow {
		if network, err := netip.ParsePrefix(entry); err == nil && !network.Addr().Is4In6() {
			g.networks = append(g.networks, network)
		} else if end, err := netip.ParseAddrPort(entry); err == nil && end.Port() != 0 {
			g.endpoints = append(g.endpoints, plain(end))
		} else {
			return nil, fmt.Errorf(`allow_networks: %q is not a network such as "127.0.0.0/8" nor an address with a port such as "127.0.0.1:8081" or "[::1]:8081"`, entry)
		}
	}
	return g, nil
}

// control is a net.Dialer.Control: it runs after the name was looked up, on each
// address that is about to be dialled, so that no name and no way to write an
// address leads around it.
func (g *guard) control(_, address string, _ syscall.RawConn) error {
	end, err := netip.ParseAddrPort(address)
	if err != nil {
		return worded(fmt.Sprintf("%q is not an address with a port", address))
	}
	return g.check(plain(end))
}

func (g *guard) check(end netip.AddrPort) error {
	for _, allowed := range g.endpoints {
		if end == allowed {
			return nil
		}
	}
	for _, network := range g.networks {
		if network.Contains(end.Addr()) {
			return nil
		}
	}
	if err := public.SafeAddr(end.Addr()); err != nil {
		return worded(fmt.Sprintf("%s is a private or reserved address; name it in [fetch] allow_networks if it is yours", end.Addr()))
	}
	if end.Port() != 80 && end.Port() != 443 {
		return worded(fmt.Sprintf("port %d is neither 80 nor 443; name %q in [fetch] allow_networks if it is right", end.Port(), end))
	}
	return nil
}

// plain is an address as it is compared: IPv4 mapped into IPv6 is IPv4, and a
// zone, which no prefix contains, is left out.
func plain(end netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(end.Addr().Unmap().WithZone(""), end.Port())
}
