package fetch

import (
	"compress/flate"
	"compress/gzip"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math"
	"net"
	"strconv"
	"strings"
	"syscall"
	"unicode"
)

// Error is why there is no answer. Nothing in its text is secret: of Err, which
// may quote the other side, only Reason is shown.
type Error struct {
	URL    string // what was asked for when it failed (after redirects, where they led), without credentials
	Reason string // for a person, on one line: "connection refused", "larger than 12 MB; if it is right, raise max_bytes of its [[source]], or [fetch] max_bytes for all"
	Err    error  // the cause; nil where Reason says all
}

func (e *Error) Error() string { return "get " + e.URL + ": " + e.Reason }

func (e *Error) Unwrap() error { return e.Err }

// worded is an error of our own, which says by itself what a person needs to know.
type worded string

func (w worded) Error() string { return string(w) }

const errDallies = worded("its server paused while others waited for the memory that its answer takes; it is tried again later")

// reason says what an error of the network, of TLS or of unpacking means.
func reason(err error) string {
	var (
		said    worded
		lookup  *net.DNSError
		invalid x509.CertificateInvalidError
		other   x509.HostnameError
		unknown x509.UnknownAuthorityError
		record  tls.RecordHeaderError
		timeout net.Error
		corrupt flate.CorruptInputError
	)
	switch {
	case errors.As(err, &said):
		return string(said)
	case errors.As(err, &lookup) && lookup.IsNotFound:
		return "no such host"
	case errors.As(err, &lookup) && lookup.IsTimeout:
		return "the name server does not answer"
	case errors.As(err, &lookup):
		return "the name server fails"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && strings.Contains(invalid.Detail, " is before "):
		return "certificate not valid yet"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "certificate expired"
	case errors.As(err, &other):
		return "certificate is for another host"
	case errors.As(err, &unknown):
		return "certificate is from an unknown authority, or its chain is incomplete"
	case errors.As(err, &record):
		return "the server does not speak TLS there"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET):
		return "connection reset"
	case errors.Is(err, syscall.EHOSTUNREACH):
		return "host unreachable"
	case errors.Is(err, syscall.ENETUNREACH):
		return "network unreachable"
	case errors.As(err, &corrupt), errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum):
		return "the answer says it is gzip, but is not"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed before the end"
	case strings.Contains(err.Error(), "server response headers exceeded"): // net/http has no type for it
		return "its headers are larger than 64 kB, the most that is taken; ask its owner to send fewer"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "no answer within " + stepTimeout.String() + ", the longest that is waited for one to begin; it is tried again later"
	}
	return excerpt(err.Error())
}

// excerpt is text from outside, fit for one line of a log or a terminal.
func excerpt(s string) string {
	const most = 200
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, s[:min(len(s), most+1)])
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

// size is a number of bytes for a person: "12 MB".
func size(n int64) string {
	switch {
	case n < 1e3:
		return strconv.FormatInt(n, 10) + " bytes"
	case n < 1e6:
		return tenths(float64(n)/1e3) + " kB"
	}
	return tenths(float64(n)/1e6) + " MB"
}

func tenths(x float64) string {
	return strconv.FormatFloat(math.Round(x*10)/10, 'f', -1, 64)
}
