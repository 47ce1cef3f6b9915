package ingest

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// Titles and names are one line that XML can carry, whatever markup they are written in.
func FuzzTitleText(f *testing.F) {
	for _, s := range []string{"1 < 2 & <b>bold</b>", "<script>alert(1)</script>", "a@example.org (<b>Ann</b>)", "&lt;b&gt; &#0; &nbsp;&", "<!-- x", "<p/x=<b>\x00\x85", "Ann <a@example.org>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "\ufffd") // as documents are when they come here
		for _, out := range []string{titleText(s), authorName(s), atomTitle(s, "html"), atomTitle(s, "text")} {
			if !utf8.ValidString(out) || strings.ContainsAny(out, "\n\r\t\x00\x1b") || out != carriable(out) {
				t.Errorf("%q became %q", s, out)
			}
		}
	})
}
