package ingest

import (
	"bytes"
	"encoding/binary"
	"mime"
	"regexp"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/transform"
)

// utf8Text gives a document as valid UTF-8 without a byte order mark, whatever
// it was. A mark tells first; then bytes that are UTF-8 are taken for UTF-8
// whatever is claimed; then the claims count: the server's, the XML
// declaration's; at last it is windows-1252, as on the web.
func utf8Text(body []byte, contentType string) []byte {
	switch {
	case bytes.HasPrefix(body, []byte("\xEF\xBB\xBF")):
		body = body[3:]
	case bytes.HasPrefix(body, []byte("\xFE\xFF")):
		return fromUTF16(body[2:], binary.BigEndian)
	case bytes.HasPrefix(body, []byte("\xFF\xFE")):
		return fromUTF16(body[2:], binary.LittleEndian)
	case len(body) > 3 && body[0] == 0 && body[1] != 0 && body[2] == 0:
		return fromUTF16(body, binary.BigEndian)
	case len(body) > 3 && body[0] != 0 && body[1] == 0 && body[3] == 0:
		return fromUTF16(body, binary.LittleEndian)
	}
	if utf8.Valid(body) {
		return body
	}
	if !damagedUTF8(body) {
		_, params, _ := mime.ParseMediaType(contentType)
		for _, label := range []string{params["charset"], declaredCharset(body)} {
			enc, name := charset.Lookup(label)
			if enc == nil || name == "utf-8" || name == "replacement" || name == "utf-16le" || name == "utf-16be" {
				continue // it is not, or would be seen by its bytes
			}
			text, _, err := transform.Append(enc.NewDecoder(), make([]byte, 0, sizeDecoded(body)), body)
			if err == nil && utf8.Valid(text) {
				return text
			} else if err == nil {
				return bytes.ToValidUTF8(text, []byte("\uFFFD"))
			}
		}
	}
	return fromWindows1252(body)
}

// damagedUTF8 says that a text is UTF-8 but for some bytes: in no other
// encoding do sequences of UTF-8 come about by chance so often.
func damagedUTF8(text []byte) bool {
	valid, invalid := 0, 0
	for i := 0; i < len(text); {
		if text[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			invalid++
		} else {
			valid++
		}
		i += size
	}
	return valid >= 4*invalid
}

// fromWindows1252 reads as windows-1252 the bytes that are not UTF-8.
func fromWindows1252(text []byte) []byte {
	out := make([]byte, 0, sizeDecoded(text))
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			r = charmap.Windows1252.DecodeByte(text[i])
		}
		out = utf8.AppendRune(out, r)
		i += size
	}
	return out
}

// sizeDecoded is about how many bytes a text has as UTF-8: room that is made at once is not copied.
func sizeDecoded(text []byte) int {
	n := len(text)
	for _, c := range text {
		n += int(c >> 7)
	}
	return n
}

func fromUTF16(body []byte, order binary.ByteOrder) []byte {
	out := make([]byte, 0, len(body)/2+len(body)/4)
	for ; len(body) >= 2; body = body[2:] {
		r := rune(order.Uint16(body))
		if utf16.IsSurrogate(r) {
			pair := rune(utf8.RuneError)
			if len(body) >= 4 {
				pair = utf16.DecodeRune(r, rune(order.Uint16(body[2:])))
			}
			if r = pair; r != utf8.RuneError {
				body = body[2:]
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return bytes.TrimPrefix(out, []byte("\uFEFF"))
}

var xmlEncoding = regexp.MustCompile(`^[^<]{0,64}<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']`)

// declaredCharset is the encoding that an XML declaration names.
func declaredCharset(body []byte) string {
	m := xmlEncoding.FindSubmatch(body[:min(len(body), 512)])
	if m == nil {
		return ""
	}
	return string(m[1])
}
