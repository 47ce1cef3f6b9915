package fetch

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
)

func pack(t testing.TB, body []byte) []byte {
	t.Helper()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

func noTaking(int64) error { return nil }

func TestReadBody(t *testing.T) {
	text := []byte(strings.Repeat("<item>beekje</item>\n", 500)) // 10 kB
	packed := pack(t, text)
	for _, test := range []struct {
		name, encoding string
		body           []byte
		length, limit  int64
		want           string // error; empty: text
	}{
		{"plain", "", text, int64(len(text)), 12e6, ""},
		{"plain, length unknown", "identity", text, -1, 12e6, ""},
		{"plain, length too small", "", text, 1, 12e6, ""},
		{"plain, exactly the limit", "", text, -1, 10e3, ""},
		{"plain, one more", "", text, -1, 9999, "larger than 10 kB; if it is right, raise max_bytes of its [[source]], or [fetch] max_bytes for all"},
		{"length says too much", "", nil, 9e6, 12e6, "larger than 8 MB as it is sent; if it is right, raise max_bytes of its [[source]], or [fetch] max_bytes for all"},
		{"length says more than max_bytes", "", nil, 6e6, 5e6, "larger than 5 MB; if it is right, raise max_bytes of its [[source]], or [fetch] max_bytes for all"},
		{"packed", "gzip", packed, int64(len(packed)), 12e6, ""},
		{"packed, length unknown", "X-GZIP", packed, -1, 12e6, ""},
		{"packed, exactly the limit", "gzip", packed, -1, 10e3, ""},
		{"packed, one more", "gzip", packed, -1, 9999, "larger than 10 kB; if it is right, raise max_bytes of its [[source]], or [fetch] max_bytes for all"},
		{"packed in two parts", "gzip", append(pack(t, text[:99]), pack(t, text[99:])...), -1, 12e6, ""},
		{"packed, broken off", "gzip", packed[:len(packed)-9], -1, 12e6, "the connection was closed before the end"},
		{"packed, one bit wrong", "gzip", append(bytes.Clone(packed[:len(packed)-8]), 1, 2, 3, 4, 5, 6, 7, 8), -1, 12e6, "the answer says it is gzip, but is not"},
		{"not packed", "gzip", text, -1, 12e6, "the answer says it is gzip, but is not"},
		{"brotli", "br", text, -1, 12e6, `the answer is packed with "br"; only gzip was asked for`},
		{"twice", "gzip, gzip", pack(t, packed), -1, 12e6, `the answer is packed with "gzip, gzip"; only gzip was asked for`},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, r := range []io.Reader{bytes.NewReader(test.body), iotest.OneByteReader(bytes.NewReader(test.body)), iotest.DataErrReader(bytes.NewReader(test.body))} {
				answer := &http.Response{Header: http.Header{"Content-Encoding": {test.encoding}}, ContentLength: test.length, Body: io.NopCloser(r)}
				body, err := readBody(answer, test.limit, noTaking)
				switch {
				case test.want == "" && (err != nil || !bytes.Equal(body, text)):
					t.Errorf("%d bytes, %v", len(body), err)
				case test.want != "" && (err == nil || reason(err) != test.want || body != nil):
					t.Errorf("%d bytes, %v, want %s", len(body), err, test.want)
				}
			}
		})
	}
}

func TestReadBodyOfNothing(t *testing.T) {
	for _, encoding := range []string{"", "gzip"} {
		for _, nothing := range []io.ReadCloser{http.NoBody, io.NopCloser(strings.NewReader(""))} {
			body, err := readBody(&http.Response{Header: http.Header{"Content-Encoding": {encoding}}, ContentLength: -1, Body: nothing}, 100, noTaking)
			if err != nil || len(body) != 0 {
				t.Errorf("%q: %q, %v", encoding, body, err)
			}
		}
	}
}

// What one answer gave back another is read into: all of it and nothing else, whichever of
// them is longer, and no more of it than there is room for.
func TestFree(t *testing.T) {
	read := func(size, length int) (body []byte, took int64) {
		text := bytes.Repeat([]byte{byte('a' + size%26)}, size)
		answer := &http.Response{ContentLength: int64(length), Body: io.NopCloser(iotest.HalfReader(bytes.NewReader(text)))}
		body, err := readBody(answer, 12e6, func(n int64) error { took += n; return nil })
		if err != nil || !bytes.Equal(body, text) {
			t.Fatalf("of %d bytes %d, %v", size, len(body), err)
		}
		return body, took
	}
	kept, _ := read(150_000, 150_000)
	was := bytes.Clone(kept)
	for _, size := range []int{200_000, 0, 10_000, 150_001, 65_536, 65_537, 300_000, 511, 512, 200_000} {
		for _, length := range []int{size, -1} {
			body, took := read(size, length)
			if size >= noRoom && took < int64(size-noRoom) || size < noRoom && took > 0 {
				t.Errorf("%d bytes took room of %d", size, took)
			}
			r := &Response{Body: body}
			r.Free()
			if r.Body != nil {
				t.Error("it still has its body")
			}
		}
	}
	if !bytes.Equal(kept, was) {
		t.Error("another answer was written over one that was not given back")
	}
}

// A bomb of 8 MB would unpack to 8 GB.
func TestBombs(t *testing.T) {
	bomb := pack(t, make([]byte, 20e6))
	if len(bomb) > 30e3 {
		t.Fatalf("the bomb is %d bytes", len(bomb))
	}
	counted := &counter{r: bytes.NewReader(bomb)}
	answer := &http.Response{Header: http.Header{"Content-Encoding": {"gzip"}}, ContentLength: -1, Body: io.NopCloser(counted)}
	if _, err := readBody(answer, 12e6, noTaking); err == nil || reason(err) != "larger than 12 MB; if it is right, raise max_bytes of its [[source]], or [fetch] max_bytes for all" {
		t.Error(err)
	}

	// What never unpacks to anything is stopped by the other limit.
	empty := pack(t, nil)
	counted = &counter{r: &endless{of: empty}}
	answer.Body = io.NopCloser(counted)
	if _, err := readBody(answer, 12e6, noTaking); err == nil || reason(err) != "larger than 8 MB as it is sent; if it is right, raise max_bytes of its [[source]], or [fetch] max_bytes for all" {
		t.Error(err)
	}
	if counted.n > 8e6+8192 {
		t.Errorf("%d bytes were taken", counted.n)
	}
}

type counter struct {
	r io.Reader
	n int
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}

type endless struct {
	of []byte
	at int
}

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = e.of[e.at%len(e.of)]
		e.at++
	}
	return len(p), nil
}

func FuzzReadBody(f *testing.F) {
	f.Add("gzip", []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"), int64(10))
	f.Add("gzip", pack(f, []byte("beekje")), int64(-1))
	f.Add("", []byte("beekje"), int64(6))
	f.Fuzz(func(t *testing.T, encoding string, body []byte, length int64) {
		answer := &http.Response{Header: http.Header{"Content-Encoding": {encoding}}, ContentLength: length, Body: io.NopCloser(bytes.NewReader(body))}
		got, err := readBody(answer, 1000, noTaking)
		if len(got) > 1000 || (err != nil && got != nil) {
			t.Fatalf("%d bytes, %v", len(got), err)
		}
	})
}
