package ingest

import (
	"testing"
	"time"
)

func TestParseDate(t *testing.T) {
	for in, want := range map[string]string{
		"Thu, 05 Mar 2026 10:00:00 +0100":      "2026-03-05T09:00:00Z",
		"Thu, 05 Mar 2026 10:00:00 GMT":        "2026-03-05T10:00:00Z",
		"Thu, 5 Mar 26 10:00 EST":              "2026-03-05T15:00:00Z",
		"5 Mar 2026 10:00 GMT":                 "2026-03-05T10:00:00Z",
		"Thursday, 05-Mar-26 10:00:00 UTC":     "2026-03-05T10:00:00Z",
		"Thu Mar  5 10:00:00 2026":             "2026-03-05T10:00:00Z",
		"2026-03-05T10:00:00Z":                 "2026-03-05T10:00:00Z",
		"2026-03-05T10:00:00.123456+01:00":     "2026-03-05T09:00:00.123456Z",
		"2026-03-05 10:00:00":                  "2026-03-05T10:00:00Z",
		"2026-03-05T10:00-0530":                "2026-03-05T15:30:00Z",
		"2026-03-05":                           "2026-03-05T00:00:00Z",
		"2026-03-05 10:00:00 CET":              "2026-03-05T09:00:00Z",
		"20260305T100000Z":                     "2026-03-05T10:00:00Z",
		"2026-03-05T24:00:00Z":                 "2026-03-06T00:00:00Z",
		"1772704800":                           "2026-03-05T10:00:00Z",
		"1772704800000":                        "2026-03-05T10:00:00Z",
		"1772704800.5":                         "2026-03-05T10:00:00Z",
		"donderdag 5 maart 2026 om 10:00 uur":  "2026-03-05T10:00:00Z",
		"do 5 mrt. 2026 10:00 CET":             "2026-03-05T09:00:00Z",
		"Do., 5. März 2026, 10:00 Uhr MEZ":     "2026-03-05T09:00:00Z",
		"5. Juli 2026 10:00:00 MESZ":           "2026-07-05T08:00:00Z",
		"jeudi 5 mars 2026 à 10h30":            "2026-03-05T10:30:00Z",
		"mar. 3 févr. 2026 10:00":              "2026-02-03T10:00:00Z",
		"tongersdei 5 maaie 2026 10:00 +0200":  "2026-05-05T08:00:00Z",
		"5 jannewaris 2026":                    "2026-01-05T00:00:00Z",
		"12 Sept 2026 08:00:00 CEST":           "2026-09-12T06:00:00Z",
		"Sept. 12, 2026 3:04 p.m.":             "2026-09-12T15:04:00Z",
		"March 5, 2026 12:30 AM":               "2026-03-05T00:30:00Z",
		"05.03.2026 10:00":                     "2026-03-05T10:00:00Z",
		"Thu, 05 Mar 2026 10:00:00 GMT+0100":   "2026-03-05T09:00:00Z",
		"Thu Mar 05 2026 10:00:00 (CET) +0100": "2026-03-05T09:00:00Z",
		"28056-28-09T547:2828:00+00:00":        "",
		"0001-01-01T00:00:00Z":                 "",
		"Thu, 01 Jan 1970 00:00:00 GMT":        "",
		"9999-12-31T23:59:59Z":                 "",
		"31 Feb 2026":                          "",
		"5 Mar 2026 10:00 +9900":               "",
		"2026-03-05T10:61:00Z":                 "",
		"02/03/2026":                           "",
		"gisteren":                             "",
		"2026":                                 "",
		"":                                     "",
	} {
		got := ""
		if d := parseDate(in); !d.IsZero() {
			got = d.Format(time.RFC3339Nano)
		}
		if got != want {
			t.Errorf("parseDate(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzParseDate(f *testing.F) {
	f.Add("Thu, 05 Mar 2026 10:00:00 +0100")
	f.Add("2026-03-05T10:00:00.5+01:00")
	f.Add("jeudi 5 mars 2026 à 10h30")
	f.Fuzz(func(t *testing.T, s string) {
		d := parseDate(s)
		if d.IsZero() {
			return
		}
		if y := d.Year(); y < 1990 || y > 2200 {
			t.Fatalf("%q is %v", s, d)
		}
		if again := parseDate(d.Format(time.RFC3339Nano)); !again.Equal(d) {
			t.Fatalf("%q is %v, which is read as %v", s, d, again)
		}
	})
}

func BenchmarkParseDate(b *testing.B) {
	for b.Loop() {
		if parseDate("Thu, 05 Mar 2026 10:00:00 GMT").IsZero() {
			b.Fatal("not understood")
		}
	}
}
