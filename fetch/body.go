package fetch

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

const (
	maxWire  = 8_000_000  // bytes of a body as it is sent, or more where a body may be larger
	maxGuess = noRoom     // bytes set aside before they are there
	maxFreed = 4 * noRoom // bytes of a buffer that is kept: it may come to hold less than it takes
	drained  = 16_000     // bytes of an unread body that are read to keep the connection
)

// readBody reads the body of an answer, unpacked, at most limit bytes. It takes
// room for what it sets aside.
func readBody(answer *http.Response, limit int64, take func(int64) error) ([]byte, error) {
	const advice = "; if it is right, raise max_bytes of its [[source]], or [fetch] max_bytes for all"
	sent := &capped{r: answer.Body, limit: max(maxWire, limit/3*2), note: " as it is sent" + advice}
	if limit <= maxWire {
		sent.limit, sent.note = limit, advice
	}
	if answer.ContentLength > sent.limit {
		return nil, sent.exceeded()
	}
	switch encoding := strings.ToLower(strings.Join(answer.Header.Values("Content-Encoding"), ",")); encoding {
	case "", "identity":
		return readAll(sent, answer.ContentLength, take)
	case "gzip", "x-gzip":
		z := unpackers.Get().(*unpacker)
		defer z.release()
		if err := z.reset(sent); err == io.EOF {
			return nil, nil // nothing at all, not even packed
		} else if err != nil {
			return nil, err
		}
		const ratio = 4 // of markup, about
		return readAll(&capped{r: &z.gzip, limit: limit, note: advice}, ratio*answer.ContentLength, take)
	default:
		return nil, worded(fmt.Sprintf("the answer is packed with %q; only gzip was asked for", excerpt(encoding)))
	}
}

// unpacker is a gzip reader with its buffer, kept for the next answer.
type unpacker struct {
	in   bufio.Reader
	gzip gzip.Reader
}

var unpackers = sync.Pool{New: func() any { return new(unpacker) }}

func (z *unpacker) reset(r io.Reader) error {
	z.in.Reset(r)
	return z.gzip.Reset(&z.in)
}

func (z *unpacker) release() {
	z.in.Reset(nil) // holds on to no connection
	unpackers.Put(z)
}

// capped fails where more than limit bytes come, rather than ending there as if that were all.
type capped struct {
	r     io.Reader
	limit int64
	note  string // what follows "larger than 12 MB"
	read  int64
}

func (c *capped) Read(p []byte) (int, error) {
	left := c.limit - c.read
	if int64(len(p)) > left+1 {
		p = p[:left+1]
	}
	n, err := c.r.Read(p)
	if int64(n) > left {
		return int(left), c.exceeded()
	}
	c.read += int64(n)
	return n, err
}

func (c *capped) exceeded() error {
	return worded("larger than " + size(c.limit) + c.note)
}

// readAll is io.ReadAll into a buffer of the size that is expected, -1 where none is.
func readAll(r *capped, expected int64, take func(int64) error) ([]byte, error) {
	// The byte more is for the read that meets the end.
	set := int(1 + max(511, min(expected, maxGuess)))
	b := freed(set)
	for {
		n, err := r.Read(b[len(b):set])
		b = b[:len(b)+n]
		if err == io.EOF {
			return b, nil
		}
		if err != nil {
			return nil, err
		}
		if len(b) < set {
			continue
		}
		// An answer that sent this much may be believed how much more there is, to a degree.
		larger := int(min(max(2*int64(set), min(expected+1, 4*int64(set))), r.limit+1))
		if larger > noRoom {
			if err := take(int64(larger - set)); err != nil {
				return nil, err
			}
		}
		if set = larger; set > cap(b) {
			b = append(make([]byte, 0, set), b...)
		}
	}
}

// bodies are buffers that were given back, as *[]byte.
var bodies sync.Pool

// freed is an empty buffer for some bytes.
func freed(size int) []byte {
	if b, ok := bodies.Get().(*[]byte); ok && cap(*b) >= size {
		return *b
	}
	return make([]byte, 0, size)
}

// Free gives back the memory of the body, for other answers to come. It may be called
// by whoever knows that nothing else holds on to the body.
func (r *Response) Free() {
	if b := r.Body[:0]; cap(b) > 0 && cap(b) <= maxFreed {
		bodies.Put(&b)
	}
	r.Body = nil
}
