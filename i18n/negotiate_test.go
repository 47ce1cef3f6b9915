package i18n

import (
	"slices"
	"strings"
	"testing"
)

func TestNegotiate(t *testing.T) {
	site := []string{"nl", "en", "de", "ar"}
	for _, c := range []struct {
		header  string
		offered []string
		want    string
	}{
		{"de", site, "de"},
		{"de-CH, en;q=0.5", site, "de"},
		{"en;q=0.5, de;q=0.9", site, "de"},
		{"en; q = 0.5 , de ;q=0.4", site, "en"},
		{"EN_us", site, "en"},
		{"ja, ar;q=0.1", site, "ar"},
		{"nl-BE", []string{"nl", "nl-BE"}, "nl-BE"},
		{"nl-BE", []string{"nl-NL"}, "nl-NL"}, // as it was offered
		{"en", []string{"nl", "en-GB"}, "en-GB"},
		{"nn, en;q=0.5", []string{"en", "nb"}, "en"}, // what is asked for goes before a neighbour
		{"nn", []string{"en", "nb"}, "nb"},
		{"en-u-rg-nlzzzz", site, "en"},
		// x/text matches none of these.
		{"fy", []string{"en", "nl"}, "nl"},
		{"li, ja", []string{"en", "nl"}, "nl"},
		{"zea", []string{"en", "zea"}, "zea"},
		{"*", site, "nl"},
		{"nl;q=0, *", site, "en"},
		{"nl;q=0", site, "nl"}, // nothing better
		{"ja", site, "nl"},
		{"ja", []string{"nl", "und"}, "nl"},
		{"", site, "nl"},
		{";;;,,,q=1,\x00", site, "nl"},
		{"de;q=x, en;q=9", site, "de"},
		{strings.Repeat("ja,", maxRanges-1) + "de", site, "de"},
		{strings.Repeat("ja,", maxRanges) + "de", site, "nl"},
		{strings.Repeat(" ", maxHeader) + "de", site, "nl"},
		{"en", nil, ""},
	} {
		if got := Negotiate(c.header, c.offered); got != c.want {
			t.Errorf("Negotiate(%.60q, %v) = %q, want %q", c.header, c.offered, got, c.want)
		}
	}
}

func FuzzNegotiate(f *testing.F) {
	f.Add("fy, nl;q=0.9, *;q=0.1", "nl,en")
	f.Add("nl;q=NaN", "nl-BE,und,")
	f.Fuzz(func(t *testing.T, header, list string) {
		offered := strings.Split(list, ",")
		if len(offered) > 10 {
			return
		}
		if got := Negotiate(header, offered); !slices.Contains(offered, got) {
			t.Errorf("Negotiate(%q, %q) = %q, which was not offered", header, offered, got)
		}
	})
}

func BenchmarkNegotiate(b *testing.B) {
	offered := []string{"nl", "en", "fy", "de", "fr", "ar"}
	for b.Loop() {
		Negotiate("ja-JP,ja;q=0.9,pt-BR;q=0.8,fr;q=0.7,*;q=0.5", offered)
	}
}
