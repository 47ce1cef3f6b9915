package fetch

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestRetryAfter(t *testing.T) {
	for _, test := range []struct {
		status int
		value  string
		want   time.Duration
	}{
		{429, "120", 2 * time.Minute},
		{503, "120", 2 * time.Minute},
		{500, "120", 0},
		{200, "120", 0},
		{429, "", 0},
		{429, "0", 0},
		{429, "-5", 0},
		{429, "1.5", 0},
		{429, "soon", 0},
		{429, "86401", 24 * time.Hour},
		{429, "99999999999999999999999999", 24 * time.Hour},
		{503, "Mon, 23 Nov 2026 12:30:00 GMT", 30 * time.Minute},
		{503, "Mon, 23 Nov 2026 11:30:00 GMT", 0},
		{503, "Monday, 23-Nov-26 12:30:00 GMT", 30 * time.Minute},
		{503, "Fri, 31 Dec 9999 23:59:59 GMT", 24 * time.Hour},
	} {
		if got := retryAfter(test.status, http.Header{"Retry-After": {test.value}}, noon); got != test.want {
			t.Errorf("%d, %q: %v, want %v", test.status, test.value, got, test.want)
		}
	}
}

func TestFreshFor(t *testing.T) {
	const date, later = "Mon, 23 Nov 2026 11:00:00 GMT", "Mon, 23 Nov 2026 13:00:00 GMT"
	for _, test := range []struct {
		header string // "Name: value" lines
		want   time.Duration
	}{
		{"", 0},
		{"Cache-Control: max-age=3600", time.Hour},
		{"Cache-Control: public, MAX-AGE = 3600", time.Hour},
		{`Cache-Control: max-age="3600"`, time.Hour},
		{"Cache-Control: max-age=3600, max-age=60", time.Hour},
		{"Cache-Control: public\nCache-Control: max-age=60", time.Minute},
		{"Cache-Control: s-maxage=3600", 0},
		{"Cache-Control: max-age=3600\nAge: 600", 50 * time.Minute},
		{"Cache-Control: max-age=3600\nAge: 4000", 0},
		{"Cache-Control: max-age=3600\nAge: old", time.Hour},
		{"Cache-Control: max-age=604800\nAge: 172800", 24 * time.Hour},
		{"Cache-Control: max-age=99999999999999999999", 24 * time.Hour},
		{"Cache-Control: max-age=-1", 0},
		{"Cache-Control: max-age=3600, no-cache", 0},
		{"Cache-Control: No-Store, max-age=3600", 0},
		{"Cache-Control: no-cache\nExpires: " + later + "\nDate: " + date, 0},
		{"Cache-Control: max-age=60\nExpires: " + later + "\nDate: " + date, time.Minute},
		{"Cache-Control: max-age=x\nExpires: " + later + "\nDate: " + date, 0},
		{"Cache-Control: private\nExpires: " + later + "\nDate: " + date, 2 * time.Hour},
		{"Expires: " + later, time.Hour}, // against our own clock
		{"Expires: " + later + "\nDate: " + date + "\nAge: 600", 110 * time.Minute},
		{"Expires: 0\nDate: " + date, 0},
		{"Expires: " + date + "\nDate: " + later, 0},
		{"Expires: Fri, 31 Dec 9999 23:59:59 GMT\nDate: " + date, 24 * time.Hour},
	} {
		h := make(http.Header)
		for line := range strings.Lines(test.header) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			h.Add(name, value)
		}
		if got := freshFor(h, noon); got != test.want {
			t.Errorf("%q: %v, want %v", test.header, got, test.want)
		}
	}
}

func TestVerbatim(t *testing.T) {
	for value, want := range map[string]string{
		`W/"a, b"`:                `W/"a, b"`,
		"0; not a date":           "0; not a date",
		"\"caf\xe9\"":             "\"caf\xe9\"",
		"a\tb":                    "",
		"a\r\nX: y":               "",
		"\x7f":                    "",
		strings.Repeat("x", 1024): strings.Repeat("x", 1024),
		strings.Repeat("x", 1025): "",
	} {
		if got := verbatim(value); got != want {
			t.Errorf("verbatim(%q) = %q", value, got)
		}
	}
}

func FuzzHints(f *testing.F) {
	f.Add("max-age=60, no-cache", "60", "Mon, 23 Nov 2026 13:00:00 GMT", "120")
	f.Add(`private="a, max-age=1"`, "-1", "0", "Fri, 31 Dec 9999 23:59:59 GMT")
	f.Fuzz(func(t *testing.T, control, age, expires, retry string) {
		h := http.Header{"Cache-Control": {control}, "Age": {age}, "Expires": {expires}, "Retry-After": {retry}}
		for _, got := range []time.Duration{freshFor(h, noon), retryAfter(503, h, noon)} {
			if got < 0 || got > maxWait {
				t.Fatalf("%v of %q", got, h)
			}
		}
	})
}
