// Package fetch is the one way from the program to the network: a guarded,
// limited, polite HTTP client. It does not know what it fetches.
package fetch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	maxRedirects = 5
	maxHeader    = 64 << 10         // bytes of an answer's headers
	stepTimeout  = 10 * time.Second // to connect, to agree on TLS, to begin to answer: each
)

// Options are the limits of a Client. What is zero has the default.
type Options struct {
	// AllowNetworks may be dialled although they are private, or on ports other
	// than 80 and 443: a CIDR ("127.0.0.0/8") on every port, an IP:port
	// ("127.0.0.1:8081") exactly.
	AllowNetworks []string
	// UserAgent is the whole header, "samenloop/1.2.3 (+https://example.org/)"; default "samenloop".
	UserAgent string
	// MaxBytes limits one answer as unpacked; default 12 MB. As sent, it is limited
	// to 8 MB or two thirds of MaxBytes, whichever is more, and to MaxBytes.
	MaxBytes int64
	// Timeout is for a whole Get, redirects and body included, but without
	// waiting for its turn; default 20 s.
	Timeout time.Duration
	// PerHost limits the requests open to one host; default 2.
	PerHost int
	// Concurrency limits the requests open in all; default 512, most of which wait.
	Concurrency int
	// Signer signs requests that may be signed, where a server wants it; nil: none are.
	Signer *Signer
	// Now is the clock that Retry-After and the holds go by; default time.Now.
	Now func() time.Time
}

// Client is safe for concurrent use. There is to be one: its limits are for the whole program.
type Client struct {
	transport http.RoundTripper
	hosts     *hosts
	room      *room
	pace      pace
	userAgent string
	maxBytes  int64
	timeout   time.Duration
	signer    *Signer
	now       func() time.Time
}

// New makes a client. An entry of AllowNetworks or a UserAgent that cannot be meant is an error that names it.
func New(o Options) (*Client, error) {
	guard, err := newGuard(o.AllowNetworks)
	if err != nil {
		return nil, err
	}
	userAgent := cmp.Or(o.UserAgent, "samenloop")
	if verbatim(userAgent) == "" {
		return nil, fmt.Errorf("user agent %q: it may have no line breaks or other control characters, and at most 1 kB", excerpt(userAgent))
	}
	now := o.Now
	if now == nil {
		now = time.Now
	}
	perHost := cmp.Or(max(0, o.PerHost), 2)
	return &Client{
		transport: &http.Transport{
			// No Proxy: one taken from the environment would be dialled in place of
			// the address that the guard is to see.
			DialContext: (&net.Dialer{
				Timeout:   stepTimeout,
				KeepAlive: -1, // no connection is idle for longer than IdleConnTimeout
				Control:   guard.control,
			}).DialContext,
			TLSHandshakeTimeout:    stepTimeout,
			ResponseHeaderTimeout:  stepTimeout,
			MaxResponseHeaderBytes: maxHeader,
			// The body is unpacked here, where both of its sizes are seen.
			DisableCompression: true,
			ForceAttemptHTTP2:  true, // a dialer of one's own turns it off
			// No MaxIdleConns: closing the oldest cuts off answers that just come.
			MaxIdleConnsPerHost: perHost,
			IdleConnTimeout:     5 * time.Second,
		},
		hosts: &hosts{
			now:     now,
			perHost: perHost,
			open:    make(chan struct{}, cmp.Or(max(0, o.Concurrency), 512)),
			turns:   make(map[string]*turns),
			held:    make(map[string]time.Time),
		},
		room:      newRoom(),
		userAgent: userAgent,
		maxBytes:  cmp.Or(max(0, o.MaxBytes), 12_000_000),
		timeout:   cmp.Or(max(0, o.Timeout), 20*time.Second),
		signer:    o.Signer,
		now:       now,
	}, nil
}

// Request is what to get.
type Request struct {
	URL    string // http or https, at most 4 kB; a user and password in it are sent as basic auth to its own origin alone
	Accept string // default "*/*"
	// ETag and LastModified as an earlier Response gave them; each that is known
	// makes the request conditional. They go along with redirects, since what
	// they came from stood at the end of them.
	ETag, LastModified string
	// MaySign says that a 401 is answered by the same request with a signature;
	// Sign that its server is known to want one, so that it is signed at once.
	MaySign, Sign bool
	// MaxBytes is in the place of Options.MaxBytes, for this answer; 0: that one holds.
	MaxBytes int64
	// Last says that its host is hardly asked for more soon: no connection is kept for that.
	// In a round of a thousand hosts, those would take more memory than what comes.
	Last bool
}

// Response is an answer, whatever its status. Its URLs hold no credentials.
type Response struct {
	// URL is where the answer came from in the end.
	URL string
	// Permanent is where an unbroken chain of 301 and 308 from Request.URL led:
	// up to the first temporary redirect. Empty where there was none. Who adopts
	// it for a URL with credentials decides whether they belong there too.
	Permanent string
	Status    int
	// ContentType, ETag and LastModified are verbatim; what is longer than 1 kB
	// or has control bytes is dropped. A 304 need not repeat them.
	ContentType, ETag, LastModified string
	// RetryAfter is how long a 429 or 503 asks us to stay away; 0 where it does
	// not say, at most 24 h. The client keeps to it: see HeldError.
	RetryAfter time.Duration
	// Fresh is how long the answer says it stays as it is (Cache-Control, Expires);
	// 0 where it does not say or must not be kept, at most 24 h.
	Fresh time.Duration
	// Signed says that the request was signed.
	Signed bool
	// Body is unpacked. Only an answer of the 2xx has one.
	Body []byte
}

// Hold leaves a host alone as if it had asked for that itself, by Retry-After: until a
// time, at most 24 h from now. The host is as in HeldError.
func (c *Client) Hold(host string, until time.Time) { c.hosts.hold(host, until) }

// Get asks for a URL and follows redirects. The error is a *HeldError where the
// host is not to be asked now, else an *Error.
func (c *Client) Get(ctx context.Context, r Request) (*Response, error) {
	start, err := parse(nil, r.URL)
	if err != nil {
		return nil, &Error{URL: redact(r.URL), Reason: reason(err)}
	}
	login := start.User
	start.User = nil

	at, left := start, c.timeout
	permanent, unbroken := start, true
	how := unsigned
	if r.Sign && c.signer != nil {
		how = signed
	}
	for steps := 0; steps <= maxRedirects; {
		q := c.request(at, r)
		if how != unsigned {
			if err := c.signer.sign(q, how == signed); err != nil {
				return nil, &Error{URL: at.String(), Reason: "sign the request: " + reason(err), Err: err}
			}
		}
		if login != nil && sameOrigin(at, start) {
			password, _ := login.Password()
			q.SetBasicAuth(login.Username(), password)
		}
		answer, location, challenge, err := c.ask(ctx, q, cmp.Or(max(0, r.MaxBytes), c.maxBytes), &left)
		if err != nil {
			return nil, err
		}
		if answer.Status == http.StatusUnauthorized && c.signer != nil && login == nil && (r.MaySign || r.Sign) {
			if next, ok := how.next(at, challenge); ok {
				how = next
				continue
			}
		}
		steps++
		if location == "" {
			answer.URL, answer.Signed = at.String(), how != unsigned
			if *permanent != *start {
				answer.Permanent = permanent.String()
			}
			return answer, nil
		}
		next, err := parse(at, location)
		if err != nil {
			return nil, &Error{URL: at.String(), Reason: "redirect to " + redact(location) + ": " + reason(err)}
		}
		next.User = nil // credentials are for the operator to give
		unbroken = unbroken && (answer.Status == http.StatusMovedPermanently || answer.Status == http.StatusPermanentRedirect)
		if unbroken {
			permanent = next
		}
		at = next
	}
	return nil, &Error{URL: start.String(), Reason: fmt.Sprintf("more than %d redirects, the last to %s", maxRedirects, excerpt(at.String()))}
}

// request is made anew for each step of a redirect: it carries no Referer and no
// cookie, and nothing of the step before.
func (c *Client) request(u *url.URL, r Request) *http.Request {
	h := http.Header{
		"User-Agent":      {c.userAgent},
		"Accept":          {cmp.Or(r.Accept, "*/*")},
		"Accept-Encoding": {"gzip"},
	}
	if etag := verbatim(r.ETag); etag != "" {
		h["If-None-Match"] = []string{etag}
	}
	if modified := verbatim(r.LastModified); modified != "" {
		h["If-Modified-Since"] = []string{modified}
	}
	return &http.Request{Method: http.MethodGet, URL: u, Header: h, Close: r.Last}
}

// ask makes one request in its turn and reads the answer, of at most so many bytes and within
// the time that is left, which it takes off. Of a redirect there is the status and where it points, of a 401 what it asks for.
func (c *Client) ask(ctx context.Context, q *http.Request, most int64, left *time.Duration) (r *Response, location, challenge string, err error) {
	host, stay := hostOf(q.URL), stayOf(ctx)
	waited := stay.wait()
	defer func() { waited() }()
	leave, err := c.hosts.enter(ctx, host)
	if held := (*HeldError)(nil); errors.As(err, &held) {
		return nil, "", "", err
	} else if err != nil {
		return nil, "", "", &Error{URL: q.URL.String(), Reason: "stopped while it waited for its turn", Err: err}
	}
	defer leave()

	began := time.Now()
	within, cancel := context.WithCancelCause(ctx)
	clock := time.AfterFunc(*left, func() { cancel(context.DeadlineExceeded) })
	defer clock.Stop()
	asking := &asking{stay: stay, dismiss: func() { cancel(errDallies) }}
	asking.begin()
	defer asking.pause()
	take := func(n int64) error { // waiting for room is no fault of its server
		if !clock.Stop() {
			<-within.Done()
			return within.Err()
		}
		waits := time.Now()
		waited()
		asking.pause()
		err := stay.take(ctx, n)
		asking.begin()
		waited = stay.wait()
		began = began.Add(time.Since(waits))
		clock.Reset(*left - time.Since(began))
		return err
	}
	defer func() {
		if err != nil {
			err = c.explain(ctx, within, q.URL, err)
		}
		cancel(nil)
		*left -= time.Since(began)
	}()
	answer, err := c.transport.RoundTrip(q.WithContext(within))
	if err != nil {
		return nil, "", "", err
	}
	defer answer.Body.Close()

	r = &Response{Status: answer.StatusCode}
	switch answer.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		location = answer.Header.Get("Location")
	}
	switch answer.StatusCode / 100 {
	case 1: // nobody asked for another protocol: its connection is not watched any more, and nothing ends a read from it
	case 2:
		if answer.Body == http.NoBody {
			break
		}
		answer.Body = asked{answer.Body, asking}
		if r.Body, err = readBody(answer, most, take); err != nil {
			return nil, "", "", err
		}
	default:
		io.CopyN(io.Discard, answer.Body, drained)
	}
	now := c.now()
	r.ContentType = verbatim(answer.Header.Get("Content-Type"))
	r.ETag = verbatim(answer.Header.Get("ETag"))
	r.LastModified = verbatim(answer.Header.Get("Last-Modified"))
	r.Fresh = freshFor(answer.Header, now)
	if r.RetryAfter = retryAfter(answer.StatusCode, answer.Header, now); r.RetryAfter > 0 {
		c.hosts.hold(host, now.Add(r.RetryAfter))
	}
	return r, location, answer.Header.Get("WWW-Authenticate"), nil
}

// explain tells whose clock ran out apart from what the network did.
func (c *Client) explain(ctx, within context.Context, u *url.URL, err error) error {
	e := &Error{URL: u.String(), Err: err}
	switch {
	case ctx.Err() != nil:
		e.Reason, e.Err = "stopped before the answer was there", ctx.Err()
	case within.Err() != nil && context.Cause(within) == errDallies:
		e.Reason, e.Err = errDallies.Error(), errDallies
	case within.Err() != nil:
		e.Reason, e.Err = "timeout after "+c.timeout.String()+"; if it is always so slow, raise [fetch] timeout", context.Cause(within)
	default:
		e.Reason = reason(err)
	}
	return e
}
