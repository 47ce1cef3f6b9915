package post

import (
	"net/url"
	"strings"
	"testing"
)

func TestPublicURL(t *testing.T) {
	for raw, want := range map[string]string{
		"https://nluug.nl/nieuws/oproep/":                               "https://nluug.nl/nieuws/oproep/",
		" \n https://nluug.nl/a \n":                                     "https://nluug.nl/a",
		"HTTPS://NLUUG.nl/A":                                            "https://NLUUG.nl/A",
		"https://x.org/?b=2&utm_source=rss&a=%7e&fbclid=1&UTM_Medium=x": "https://x.org/?b=2&a=%7e",
		"https://x.org/a?utm_source=rss#top":                            "https://x.org/a",
		"https://x.org/a?q=1&amp;utm_source=rss":                        "https://x.org/a?q=1",
		"https://x.org/a?ut%6d_source=rss":                              "https://x.org/a",
		"https://x.org/#!/room/1":                                       "https://x.org/#!/room/1",
		"https://x.org/#!":                                              "https://x.org/",
		"https://x.org/een stuk?q=\"a\"":                                "https://x.org/een%20stuk?q=%22a%22",
		"https://x.org/café?ref=rss":                                    "https://x.org/café?ref=rss",
		"https://x.org/a\u202egpj.exe":                                  "https://x.org/a%E2%80%AEgpj.exe",
		"https://münchen.example/":                                      "https://münchen.example/",
		"":                                                              "",
		"/nieuws/":                                                      "",
		"//x.org/a":                                                     "",
		"https:///a":                                                    "",
		"https:x.org":                                                   "",
		"javascript:alert(1)":                                           "",
		"mailto:info@nluug.nl":                                          "",
		"ftp://x.org/a":                                                 "",
		"https://me:secret@x.org/":                                      "",
		"https://x.org\\@y.org/":                                        "",
		"https://x.org/a\nb":                                            "",
		"https://x.org/\u0085a":                                         "",
		"https://x.org/\xff":                                            "",
		"https://x.org/%zz":                                             "",
		"https://x y.org/":                                              "",
		"https://℀.org/":                                                "",
		"https://x.org/" + strings.Repeat("a", 4100):                    "",
	} {
		if got := PublicURL(raw); got != want {
			t.Errorf("PublicURL(%q) = %q, want %q", raw, got, want)
		}
	}
}

func TestKeySame(t *testing.T) {
	for _, same := range [][]string{
		{
			"https://nluug.nl/nieuws/oproep", "http://nluug.nl/nieuws/oproep/", "https://www.nluug.nl/nieuws/oproep/index.html",
			"https://NLUUG.NL:443/nieuws/oproep/#comments", "http://nluug.nl:80/nieuws/oproep?utm_source=rss",
			"https://nluug.nl/nieuws/oproep/amp/", "https://nluug.nl/nieuws/oproep?amp=1", "https://m.nluug.nl/nieuws/oproep",
			"https://amp.nluug.nl/nieuws/oproep", "https://nluug.nl./nieuws/%6fproep",
		},
		{"https://nluug.nl", "http://www.nluug.nl/", "https://nluug.nl/index.html", "https://nluug.nl/?utm_medium=x#a"},
		{"https://x.org/a.html", "https://x.org/a.amp.html"},
		{"https://x.org/?p=1&q=2", "https://x.org/?q=2&p=1", "https://x.org?q=2&amp&p=1"},
		{"https://x.org/caf%c3%a9", "https://x.org/café", "https://x.org/caf%C3%A9"},
		{"https://x.org/?s=a+b", "https://x.org/?s=a%20b"},
		{"https://bücher.example/a", "https://xn--bcher-kva.example/a", "https://BÜCHER.example/a"},
		{"http://[2001:DB8::1]/a", "https://[2001:db8:0::1]:443/a"},
	} {
		for _, raw := range same {
			if got, want := Key(raw), Key(same[0]); got != want || got == "" {
				t.Errorf("Key(%q) = %q, want %q as of %q", raw, got, want, same[0])
			}
		}
	}
}

func TestKeyDifferent(t *testing.T) {
	for _, different := range [][]string{
		{"https://nluug.nl/a", "https://nluug.nl/A", "https://nluug.nl/b", "https://nluug.nl/a?p=1", "https://nluug.nl:8443/a", "https://nieuws.nluug.nl/a", "https://nluug.nl/", "https://nluug.nl/#!a"},
		{"https://example.org/amp", "https://example.org/"},
		{"https://m.github.io/a", "https://github.io/a"},
		{"https://www.github.io/a", "https://github.io/a"},
		{"https://x.org/a%2Fb", "https://x.org/a/b"},
		{"https://x.org/?a=1&a=2", "https://x.org/?a=2&a=1"},
	} {
		seen := map[string]string{}
		for _, raw := range different {
			k := Key(raw)
			if other, ok := seen[k]; ok || k == "" {
				t.Errorf("Key(%q) = %q, as of %q", raw, k, other)
			}
			seen[k] = raw
		}
	}
}

func TestHost(t *testing.T) {
	for raw, want := range map[string]string{
		"https://WWW.NLUUG.nl/a":      "nluug.nl",
		"http://nluug.nl:8080/":       "nluug.nl:8080",
		"http://127.0.0.1:8001/a":     "127.0.0.1:8001",
		"https://[::1]:443/":          "[::1]",
		"https://bücher.example":      "xn--bcher-kva.example",
		"https://www.org/":            "www.org",
		"mailto:info@nluug.nl":        "",
		"https://a_b.example.org/":    "a_b.example.org",
		"https://ex%2fample.org/":     "",
		"https://faß.example/":        "xn--fa-hia.example",
		"https://xn--a.example/":      "",
		"https://www.www.example.org": "example.org",
	} {
		if got := Host(raw); got != want {
			t.Errorf("Host(%q) = %q, want %q", raw, got, want)
		}
	}
}

func TestOwnSite(t *testing.T) {
	for _, c := range []struct {
		host, page string
		want       int
	}{
		{"nluug.nl", "https://www.nluug.nl/nieuws/", 2},
		{"nluug.nl", "https://nieuws.nluug.nl/a", 1},
		{"blog.example.co.uk", "https://shop.example.co.uk/a", 1},
		{"example.co.uk", "https://other.co.uk/a", 0},
		{"anna.github.io", "https://bram.github.io/a", 0},
		{"anna.github.io", "https://github.io/a", 0},
		{"127.0.0.1:8001", "http://127.0.0.1:8002/a", 0},
		{"10.0.0.1", "http://20.0.0.1/a", 0},
		{"nluug.nl", "https://nluug.nl:8443/a", 0},
		{"", "https://nluug.nl/", 0},
		{"nluug.nl", "not a page", 0},
	} {
		if got := OwnSite(c.host, c.page); got != c.want {
			t.Errorf("OwnSite(%q, %q) = %d, want %d", c.host, c.page, got, c.want)
		}
	}
}

func FuzzKey(f *testing.F) {
	for _, s := range []string{
		"https://www.nluug.nl/nieuws/oproep/index.html?utm_source=rss&b=%7E&a=1+2#!x", "http://m.x.org:443/a/amp/?amp=1",
		"https://amp.www.co.uk/", "https://x.org/%%32%35?%75tm_%zz=1", "https://bücher.example/ü", "http://[::1%25eth0]/", "https://m.www.m.org/.amp.html",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		public, key := PublicURL(raw), Key(raw)
		if again := PublicURL(public); again != public {
			t.Errorf("PublicURL(%q) = %q, then %q", raw, public, again)
		}
		if public != "" && Key(public) != key {
			t.Errorf("Key(%q) = %q, but of %q it is %q", raw, key, public, Key(public))
		}
		if again := Key(key); again != key {
			t.Errorf("Key(%q) = %q, then %q", raw, key, again)
		}
		if key != "" && pageHost(Host(public)) != Host(key) {
			t.Errorf("Host(%q) = %q, of its key %q", public, Host(public), Host(key))
		}
		if u, err := url.Parse(public); err != nil || public != "" && (u.Host == "" || u.User != nil) {
			t.Errorf("PublicURL(%q) = %q is no URL", raw, public)
		}
	})
}

func BenchmarkKey(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Key("https://www.nluug.nl/nieuws/2025/oproep-aan-de-overheid/?utm_source=rss&p=12#reacties")
	}
}
