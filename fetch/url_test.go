package fetch

import (
	"strings"
	"testing"
)

func TestSameSite(t *testing.T) {
	for _, test := range []struct {
		from, to string
		want     bool
	}{
		{"http://example.org/feed", "https://www.example.org/atom.xml", true},
		{"https://www.example.org/", "https://example.org/feed", true},
		{"https://EXAMPLE.org./", "https://example.org:443/", true},
		{"http://example.org:80/", "https://example.org/", true},
		{"http://example.org:8080/", "http://www.example.org:8080/", true},
		{"https://bücher.example/", "https://xn--bcher-kva.example/feed", true},
		{"https://user:secret@example.org/", "https://example.org/", true},
		{"https://example.org/", "http://example.org/", false}, // a step down
		{"http://example.org:8080/", "http://example.org/", false},
		{"http://example.org:443/", "https://example.org/", false},
		{"https://example.org/", "https://feeds.example.org/", false},
		{"https://example.org/", "https://www.www.example.org/", false},
		{"https://example.org/", "https://example.org.evil.example/", false},
		{"https://example.org/", "https://example.org@evil.example/", false},
		{"https://example.org/", "/feed", false},
		{"", "", false},
		{"ftp://example.org/", "ftp://example.org/", false},
	} {
		if got := SameSite(test.from, test.to); got != test.want {
			t.Errorf("SameSite(%q, %q) = %v", test.from, test.to, got)
		}
	}
}

func TestSameOrigin(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"https://example.org/a", "https://EXAMPLE.org:443/b", true},
		{"http://example.org:8080/", "http://example.org:8080/", true},
		{"http://example.org/", "https://example.org/", false},
		{"http://example.org/", "http://example.org:8080/", false},
		{"http://example.org/", "http://www.example.org/", false},
		{"http://example.org/", "http://sub.example.org/", false},
	} {
		a, _ := parse(nil, test.a)
		b, _ := parse(nil, test.b)
		if got := sameOrigin(a, b); got != test.want {
			t.Errorf("sameOrigin(%q, %q) = %v", test.a, test.b, got)
		}
	}
}

func TestRedact(t *testing.T) {
	for raw, want := range map[string]string{
		"https://example.org/feed?a=b":        "https://example.org/feed?a=b",
		"https://me:secret@example.org/feed":  "https://example.org/feed",
		"https://secret@example.org/":         "https://example.org/",
		"//me:secret@example.org/":            "//example.org/",
		"https://me:sec/ret@example.org/":     "…@example.org/",
		"https://me:sec ret@example.org/":     "…@example.org/",
		"me:secret@example.org":               "…@example.org",
		"https:me:secret@example.org":         "…@example.org",
		"https:/me:secret@example.org":        "…@example.org",
		"me\x1b[31m":                          "me\uFFFD[31m",
		"https://example.org/@me":             "https://example.org/@me",
		"https://a.example/" + "é\u202Eb":     "https://a.example/%C3%A9%E2%80%AEb",
		"x" + strings.Repeat("é", 3000) + "@": "…@",
	} {
		if got := redact(raw); got != want {
			t.Errorf("redact(%q) = %q, want %q", raw, got, want)
		}
	}
}

func FuzzRedact(f *testing.F) {
	for _, seed := range []string{"me", "a/b", "a b", "%zz", "[::1]", "a#b?c", "\x00"} {
		f.Add(seed, "example.org/")
	}
	f.Fuzz(func(t *testing.T, user, rest string) {
		if strings.Contains(rest+user, "SECRET") || strings.Contains(user, "//") || strings.ContainsAny(user, `/?#\`) {
			return // what comes after the authority is not a password
		}
		raw := "https://" + user + ":SECRET@" + rest
		if got := redact(raw); strings.Contains(got, "SECRET") || len(got) > 700 || strings.ContainsAny(got, "\n\x1b") {
			t.Fatalf("redact(%q) = %q", raw, got)
		}
		if _, err := parse(nil, raw); err != nil && strings.Contains(err.Error(), "SECRET") {
			t.Fatal(err)
		}
	})
}
