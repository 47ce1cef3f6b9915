package ingest

import (
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

func utf16Bytes(s string, big, mark bool) []byte {
	units := utf16.Encode([]rune(s))
	if mark {
		units = append([]uint16{0xFEFF}, units...)
	}
	var b []byte
	for _, u := range units {
		if big {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return b
}

func TestUTF8Text(t *testing.T) {
	const text = "<rss>één €</rss>"
	for _, test := range []struct{ name, body, contentType, want string }{
		{"UTF-8", text, "", text},
		{"UTF-8 with a mark", "\xEF\xBB\xBF" + text, "text/xml; charset=iso-8859-1", text},
		{"UTF-8 whatever is claimed", text, "text/xml; charset=windows-1251", text},
		{"UTF-8 whatever is declared", `<?xml version="1.0" encoding="iso-8859-1"?>` + text, "", `<?xml version="1.0" encoding="iso-8859-1"?>` + text},
		{"UTF-8 with one bad byte", "één, twéé en dríé\x92s", "", "één, twéé en dríé’s"},
		{"UTF-8 with one bad byte and a wrong claim", "één, twéé en dríé\x92s", "text/xml; charset=koi8-r", "één, twéé en dríé’s"},
		{"the server's claim", "\xCF\xF0\xE8\xE2\xE5\xF2", "text/xml; charset=windows-1251", "Привет"},
		{"the server's claim before the declaration", "<?xml version='1.0' encoding='koi8-r'?>\xCF\xF0\xE8\xE2\xE5\xF2", "text/xml; charset=windows-1251", "<?xml version='1.0' encoding='koi8-r'?>Привет"},
		{"the declaration where the server is wrong", "<?xml version='1.0' encoding='windows-1251'?>\xCF\xF0\xE8\xE2\xE5\xF2", "text/xml; charset=utf-8", "<?xml version='1.0' encoding='windows-1251'?>Привет"},
		{"latin1 is windows-1252", "\x93caf\xE9\x94 \x80", "text/xml; charset=ISO-8859-1", "“café” €"},
		{"nothing claimed", "caf\xE9 \x80", "text/xml", "café €"},
		{"an encoding nobody knows", "caf\xE9", "text/xml; charset=klingon", "café"},
		{"UTF-7 is unknown", "+ADw-script+AD4-\xE9", "text/xml; charset=utf-7", "+ADw-script+AD4-é"},
		{"Shift JIS", "\x93\xFA\x96\x7B", "text/xml; charset=Shift_JIS", "日本"},
		{"UTF-16, little", string(utf16Bytes(text, false, true)), "", text},
		{"UTF-16, big", string(utf16Bytes(text, true, true)), "", text},
		{"UTF-16, little, no mark", string(utf16Bytes(text, false, false)), "", text},
		{"UTF-16, big, no mark", string(utf16Bytes(text, true, false)), "", text},
		{"UTF-16, half a pair, and half a unit", "\xFF\xFEa\x00\x3D\xD8b\x00\x3D\xD8\x00\xDE\x00\xDE\x3D\xD8c", "", "a\uFFFDb😀\uFFFD\uFFFD"},
	} {
		if got := string(utf8Text([]byte(test.body), test.contentType)); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// TestReadEncoded reads a declared encoding once, not twice.
func TestReadEncoded(t *testing.T) {
	for _, body := range []string{
		"<?xml version=\"1.0\" encoding=\"windows-1252\"?><rss><channel><item><title>caf\xE9</title></item></channel></rss>",
		"<?xml version=\"1.1\" encoding=\"UTF-16\"?><rss><channel><item><title>café</title></item></channel></rss>",
		string(utf16Bytes(`<?xml version="1.0" encoding="utf-16"?><rss><channel><item><title>café</title></item></channel></rss>`, false, true)),
	} {
		doc, err := Read([]byte(body), "", "")
		if err != nil {
			t.Fatal(err)
		}
		if got := doc.Entries[0].Title; got != "café" {
			t.Errorf("title %q of %q", got, body)
		}
	}
}

func FuzzUTF8Text(f *testing.F) {
	f.Add([]byte("\xFF\xFEa\x00\x00\xD8"), "text/xml")
	f.Add([]byte("<?xml encoding='gb18030'?>\x81\x30\x81"), "text/xml; charset=iso-2022-jp")
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		if text := utf8Text(body, contentType); !utf8.Valid(text) {
			t.Fatalf("%q", text)
		}
	})
}
