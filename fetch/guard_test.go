package fetch

import (
	"net/netip"
	"strings"
	"testing"
)

func TestGuardRefuses(t *testing.T) {
	for _, address := range []string{
		// IPv4, as whatever was written is dialled
		"0.0.0.0:80", "0.1.2.3:80", "10.0.0.1:80", "100.64.0.1:443", "100.100.100.200:80",
		"127.0.0.1:80", "127.1.2.3:443", "169.254.169.254:80", "172.16.0.1:80", "172.31.255.255:80",
		"192.0.0.8:80", "192.0.0.192:80", "192.0.2.1:80", "192.31.196.1:80", "192.52.193.1:80",
		"192.88.99.1:80", "192.168.1.1:443", "192.175.48.1:80", "198.18.0.1:80", "198.19.255.255:80",
		"198.51.100.1:80", "203.0.113.1:80", "224.0.0.1:80", "239.255.255.250:80", "240.0.0.1:80",
		"255.255.255.255:80", "168.63.129.16:80",
		// IPv6
		"[::]:80", "[::1]:80", "[::2]:80", "[fc00::1]:80", "[fd00:ec2::254]:80", "[fe80::1]:80",
		"[fe80::1%eth0]:80", "[fec0::1]:80", "[ff02::1]:80", "[100::1]:80", "[5f00::1]:80",
		"[2001:db8::1]:80", "[3fff::1]:80", "[2001:2::1]:80", "[2001:10::1]:80", "[2001:20::1]:80",
		"[2620:4f:8000::1]:80", "[4000::1]:80", "[2001:db8::1%eth0]:80",
		// IPv4 inside IPv6
		"[::ffff:127.0.0.1]:80", "[::ffff:10.0.0.1]:443", "[::ffff:169.254.169.254]:80", "[::ffff:7f00:1]:80",
		"[::127.0.0.1]:80", "[::ffff:0:127.0.0.1]:80",
		"[64:ff9b::127.0.0.1]:80", "[64:ff9b::8.8.8.8]:80", "[64:ff9b:1::10.0.0.1]:80",
		"[2002:7f00:1::]:80", "[2002:a00:1::1]:80", "[2001:0:4136:e378:8000:63bf:3fff:fdd2]:80",
		// ports
		"8.8.8.8:0", "8.8.8.8:22", "8.8.8.8:25", "8.8.8.8:8080", "8.8.8.8:8443", "[2606:4700::1]:6379",
		// not addresses
		"", "8.8.8.8", "localhost:80", "127.1:80", "2130706433:80", "0x7f000001:80", "0177.0.0.1:80", "8.8.8.8:http",
	} {
		if err := new(guard).control("tcp", address, nil); err == nil {
			t.Errorf("%s may be dialled", address)
		}
	}
}

func TestGuardAllows(t *testing.T) {
	for _, address := range []string{
		"8.8.8.8:80", "8.8.8.8:443", "100.63.255.255:80", "100.128.0.1:80", "172.32.0.1:80", "198.20.0.1:80", "168.63.129.17:80",
		"[::ffff:8.8.8.8]:443", "[2606:4700::1]:443", "[2a00:1450::1]:80", "[2001:4860:4860::8888]:443",
	} {
		if err := new(guard).control("tcp", address, nil); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestAllowNetworks(t *testing.T) {
	allow := []string{"127.0.0.0/8", "10.1.2.3:8081", "[::1]:9000", "fd00::/8", "[::ffff:10.9.9.9]:81", "8.8.8.8:53"}
	g, err := newGuard(allow)
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]bool{
		"127.0.0.1:1":              true,
		"127.255.0.1:65535":        true,
		"[::ffff:127.0.0.1]:8080":  true,
		"[::127.0.0.1]:80":         false,
		"[64:ff9b::127.0.0.1]:80":  false,
		"[2002:7f00:1::]:80":       false,
		"10.1.2.3:8081":            true,
		"[::ffff:10.1.2.3]:8081":   true,
		"10.1.2.3:80":              false,
		"10.1.2.4:8081":            false,
		"[::1]:9000":               true,
		"[::1]:80":                 false,
		"[fd12:3456::1]:22":        true,
		"[fd12:3456::1%eth0]:22":   true,
		"[fc00::1]:22":             false,
		"10.9.9.9:81":              true,
		"8.8.8.8:53":               true,
		"8.8.8.8:443":              true,
		"8.8.4.4:53":               false,
		"169.254.169.254:80":       false,
		"[fe80::1%127.0.0.0/8]:80": false,
	} {
		if err := g.control("tcp", address, nil); (err == nil) != want {
			t.Errorf("%s: %v, want allowed: %v", address, err, want)
		}
	}
}

func TestAllowNetworksNamesTheWrongEntry(t *testing.T) {
	for _, entry := range []string{"", "127.0.0.1", "localhost:80", "127.0.0.0/33", "127.0.0.1:0", "127.0.0.1:99999", "127.0.0.1:http", "::1", "10.0.0.0/8:80", "::ffff:10.0.0.0/104", "10.0.0.0/8,127.0.0.0/8"} {
		_, err := New(Options{AllowNetworks: []string{"10.0.0.0/8", entry}})
		if err == nil || !strings.Contains(err.Error(), `"`+entry+`"`) {
			t.Errorf("%q: %v", entry, err)
		}
	}
}

func TestGuardSaysWhatToDo(t *testing.T) {
	for address, want := range map[string]string{
		"10.0.0.1:22":     "10.0.0.1 is a private or reserved address; name it in [fetch] allow_networks if it is yours",
		"[2a00::1]:8443":  `port 8443 is neither 80 nor 443; name "[2a00::1]:8443" in [fetch] allow_networks if it is right`,
		"elsewhere\x1b:1": `"elsewhere\x1b:1" is not an address with a port`,
	} {
		if err := new(guard).control("tcp", address, nil); err == nil || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", address, err, want)
		}
	}
}

// What the standard library knows to be special is never dialled unnamed.
func FuzzGuard(f *testing.F) {
	for _, address := range []string{"127.0.0.1:80", "[::ffff:10.0.0.1]:443", "[fe80::1%0]:80", "8.8.8.8:80", "[2002::]:80"} {
		f.Add(address)
	}
	f.Fuzz(func(t *testing.T, address string) {
		if new(guard).control("tcp", address, nil) != nil {
			return
		}
		end, err := netip.ParseAddrPort(address)
		if err != nil {
			t.Fatalf("%q is no address, yet allowed", address)
		}
		ip := end.Addr().Unmap()
		if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified() {
			t.Fatalf("%q may be dialled", address)
		}
	})
}
