package i18n

import (
	"strings"
	"testing"
)

func TestTag(t *testing.T) {
	for in, want := range map[string]string{
		"nl": "nl", "nl-NL": "nl", "nl_NL": "nl", "NL-nl": "nl", " nl ": "nl", "nl_NL.UTF-8": "nl",
		"nl-BE": "nl-BE", "nl-Latn": "nl", "nl-x-formal": "nl", "nl-BE-u-co-phonebk": "nl-BE",
		"en-us": "en", "en-GB": "en-GB", "en_GB@euro": "en-GB", "en-u-rg-nlzzzz": "en", "en-GB-oed": "en-GB",
		"de_DE_formal": "de", "de-AT": "de-AT", "nl-OO": "nl", "en-ZZ": "en", "sq-XK": "sq-XK",
		"no": "nb", "no-NO": "nb", "nb-NO": "nb", "nn-NO": "nn",
		"fy": "fy", "fy-NL": "fy", "fry": "fy", "nds-NL": "nds-NL", "li": "li", "vls": "vls", "zea": "zea",
		"zh": "zh", "zh-Hans-CN": "zh", "zh-CN": "zh", "zh-cmn": "zh", "zh-TW": "zh-Hant", "zh-Hant-TW": "zh-Hant", "zh-HK": "zh-HK",
		"sr-Latn-RS": "sr-Latn", "sr-Cyrl": "sr", "pa-PK": "pa-Arab", "pt-BR": "pt", "pt-PT": "pt-PT", "es-419": "es-419",
		"ar": "ar", "ar-EG": "ar", "ar-MA": "ar-MA", "iw": "he", "in": "id", "dut": "nl",

		"": "", "und": "", "und-NL": "", "mul": "", "zxx": "", "mis": "", "root": "", "qaa": "",
		"x-default": "", "x-klingon": "", "C": "", "POSIX": "", "xx": "", "dutch": "", "nl-": "", "-": "", "nl, en": "", "<nl>": "",
		strings.Repeat("nl-", 1000): "",
	} {
		if got := Tag(in); got != want {
			t.Errorf("Tag(%.40q) = %q, want %q", in, got, want)
		}
	}
}

func TestBase(t *testing.T) {
	for in, want := range map[string]string{
		"nl-BE": "nl", "nl": "nl", "zh-Hant": "zh", "nb": "nb", "no": "nb", "nn": "nn",
		"en-u-rg-nlzzzz": "en", "und": "und", "": "und", "x-default": "und",
	} {
		if got := Base(in); got != want {
			t.Errorf("Base(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestDirection(t *testing.T) {
	for in, want := range map[string]string{
		"ar": "rtl", "he": "rtl", "fa-AF": "rtl", "ur": "rtl", "ckb": "rtl", "az-Arab": "rtl", "dv": "rtl", "yi": "rtl",
		"nl": "ltr", "ku": "ltr", "zh": "ltr", "ar-Latn": "ltr", "und": "ltr", "": "ltr",
	} {
		if got := Direction(in); got != want {
			t.Errorf("Direction(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestFromURL(t *testing.T) {
	for in, want := range map[string]string{
		"https://example.org/nl/":               "nl",
		"https://example.org/nl":                "nl",
		"https://example.org/fy/nijs/1":         "fy",
		"https://example.org/en-gb/news":        "en-GB",
		"https://example.org/en_US/news":        "en",
		"https://example.org/zh-hant/a":         "zh-Hant",
		"https://example.org/blog/de/a":         "de",
		"https://example.org/no/":               "nb",
		"https://nl.example.org/a":              "nl",
		"https://de.m.wikipedia.org/wiki/Netz":  "de",
		"https://nl.wikipedia.org/en/a":         "en", // the path is nearer to the page
		"https://example.org/a?lang=fr":         "fr",
		"https://example.org/nl/a?lang=en_GB":   "en-GB",
		"https://example.org/a?lang=id":         "id", // it says that it is a language
		"https://example.org/a?lang=everything": "",

		"https://example.org/":               "",
		"https://example.org/id/1":           "",
		"https://example.org/is/a":           "",
		"https://example.org/is-is/a":        "",
		"https://example.org/tag/it":         "",
		"https://example.org/tag/it/":        "",
		"https://example.org/en-masse/a":     "",
		"https://example.org/de-facto/a":     "",
		"https://example.org/news/english/a": "",
		"https://nl.org/a":                   "",
		"https://id.example.org/a":           "",
		"https://example.nl/a":               "",
		"https://nlnet.example.org/a":        "",
		"http://[::1":                        "",
		"":                                   "",
		"mailto:nl@example.org":              "",
	} {
		if got := FromURL(in); got != want {
			t.Errorf("FromURL(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzTag(f *testing.F) {
	for _, s := range []string{"nl_NL", "no", "zh-Hans-CN", "x-default", "en-u-rg-nlzzzz", "aa-SU", "mo", "i-klingon", "sr-Latn-ME", "de_DE_formal", "nl-\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		tag := Tag(s)
		if again := Tag(tag); again != tag {
			t.Errorf("Tag(%q) = %q, and of that %q", s, tag, again)
		}
		if strings.Contains(tag, "-u-") || strings.Contains(tag, "-x-") || len(tag) > 11 {
			t.Errorf("Tag(%q) = %q", s, tag)
		}
		if base := Base(s); base == "" || strings.Contains(base, "-") || Base(base) != base {
			t.Errorf("Base(%q) = %q", s, base)
		}
		if d := Direction(s); d != Direction(tag) {
			t.Errorf("Direction(%q) = %s, but of %q otherwise", s, d, tag)
		}
	})
}

func FuzzFromURL(f *testing.F) {
	f.Add("https://nl.example.org/en-gb/a?lang=fr")
	f.Add("//fy.a.b/%6El/%")
	f.Fuzz(func(t *testing.T, s string) {
		if tag := FromURL(s); Tag(tag) != tag {
			t.Errorf("FromURL(%q) = %q, which is no tag of ours", s, tag)
		}
	})
}

func BenchmarkTag(b *testing.B) {
	for b.Loop() {
		Tag("nl-NL")
	}
}

func BenchmarkFromURL(b *testing.B) {
	for b.Loop() {
		FromURL("https://www.example.org/en-gb/news/2025/01/what-we-did.html")
	}
}
