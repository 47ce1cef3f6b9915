package fetch

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxWait is the longest that a publisher can keep us away.
const maxWait = 24 * time.Hour

// retryAfter is how long a 429 or 503 asks us to stay away (RFC 9110 section
// 10.2.3: seconds or a date), 0 where it does not say.
func retryAfter(status int, h http.Header, now time.Time) time.Duration {
	if status != http.StatusTooManyRequests && status != http.StatusServiceUnavailable {
		return 0
	}
	value := h.Get("Retry-After")
	if wait, ok := seconds(value); ok {
		return atMost24h(wait)
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return atMost24h(date.Sub(now))
}

// freshFor is how long an answer stays fresh (RFC 9111 section 4.2), 0 where it
// does not say or says not to keep it.
func freshFor(h http.Header, now time.Time) time.Duration {
	age, _ := seconds(h.Get("Age"))
	if control := h.Values("Cache-Control"); len(control) > 0 {
		lifetime, stated := maxAge(strings.Join(control, ","))
		if stated {
			return atMost24h(lifetime - age)
		}
	}
	expires, err := http.ParseTime(h.Get("Expires"))
	if err != nil {
		return 0
	}
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		date = now
	}
	return atMost24h(expires.Sub(date) - age)
}

// maxAge reads the directives of Cache-Control: the first max-age, or 0 where one
// says not to keep the answer. Not stated: Expires decides.
func maxAge(control string) (lifetime time.Duration, stated bool) {
	for directive := range strings.SplitSeq(control, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "no-cache", "no-store":
			return 0, true
		case "max-age":
			if !stated {
				// What is not a number means stale, says section 4.2.1.
				lifetime, _ = seconds(strings.Trim(value, `" `))
				stated = true
			}
		}
	}
	return lifetime, stated
}

// seconds reads delta-seconds. What is too large counts as 2³¹ (RFC 9111 section 1.2.2).
func seconds(s string) (time.Duration, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		n = 1 << 31
	}
	return time.Duration(n) * time.Second, true
}

func atMost24h(d time.Duration) time.Duration {
	return max(0, min(d, maxWait))
}

// verbatim is a header that is kept and given back as it came: empty where it is
// longer than 1 kB or has control bytes.
func verbatim(value string) string {
	if len(value) > 1024 {
		return ""
	}
	for i := range len(value) {
		if value[i] < ' ' || value[i] == 0x7f {
			return ""
		}
	}
	return value
}
