package ingest

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/temoto/robotstxt"

	"samenloop/fetch"
)

const (
	robotsName = "samenloop"    // what a group of rules for us is called
	robotsKept = 24 * time.Hour // RFC 9309, section 2.4
	robotsHope = time.Hour      // before a site that could not tell is asked again
	mostRules  = 500 << 10      // bytes of a site's, RFC 9309, section 2.5
	mostRobots = 8 << 20        // bytes of rules that are remembered, a kilobyte for each site, and two for each line with a "*"
)

// robots are the rules that sites give to programs that read their pages (RFC
// 9309). Feeds are made to be read by programs: there nobody asks. The zero value is ready.
type robots struct {
	mu    sync.Mutex
	sites map[string]siteRules // by scheme and host
	bytes int                  // of their rules
}

type siteRules struct {
	rules *robotstxt.RobotsData // nil: nothing may be read, the site could not tell
	since time.Time
}

// allow says whether a page may be read. Rules that cannot be had because the
// site does not answer mean no, for now; a site without rules means yes.
func (b *robots) allow(ctx context.Context, client *fetch.Client, pageURL string, now time.Time) bool {
	u, err := url.Parse(pageURL)
	if err != nil {
		return false
	}
	site := u.Scheme + "://" + u.Host
	b.mu.Lock()
	known, ok := b.sites[site]
	b.mu.Unlock()
	keep := robotsKept
	if known.rules == nil {
		keep = robotsHope
	}
	if !ok || now.Sub(known.since).Abs() > keep {
		known = siteRules{since: now}
		size := 1 << 10
		if resp, err := client.Get(ctx, fetch.Request{URL: site + "/robots.txt", Accept: "text/plain, */*;q=0.1"}); err == nil {
			known.rules = readRobots(resp)
			size += len(resp.Body) + 2<<10*bytes.Count(resp.Body[:min(len(resp.Body), mostRules)], []byte("*"))
		} else if ctx.Err() != nil {
			return false
		}
		b.mu.Lock()
		if b.sites == nil || b.bytes >= mostRobots {
			b.sites, b.bytes = map[string]siteRules{}, 0
		}
		b.bytes += size
		b.sites[site] = known
		b.mu.Unlock()
	}
	return known.rules != nil && known.rules.TestAgent(u.RequestURI(), robotsName)
}

// readRobots understands an answer to /robots.txt: nil where the site has a problem.
// Rules that cannot be read are none.
func readRobots(resp *fetch.Response) *robotstxt.RobotsData {
	status, body := resp.Status, resp.Body
	switch {
	case status == http.StatusTooManyRequests || status >= 500:
		return nil
	case status != http.StatusOK:
		status, body = http.StatusNotFound, nil
	}
	rules, err := robotstxt.FromStatusAndBytes(status, tameRobots(body[:min(len(body), mostRules)]))
	if err != nil {
		rules, _ = robotstxt.FromStatusAndBytes(http.StatusNotFound, nil)
	}
	return rules
}

// tameRobots leaves out of rules what costs the more the longer it is: each path with a "*"
// becomes an expression that is tried on each address.
func tameRobots(body []byte) []byte {
	const mostStars, mostPatterns = 8, 500 // in a line, and lines
	var (
		tame     = make([]byte, 0, len(body))
		patterns = 0
	)
	for line := range bytes.Lines(body) {
		if stars := bytes.Count(line, []byte("*")); stars > 0 && bytes.Contains(line, []byte("/")) {
			if patterns++; stars > mostStars || patterns > mostPatterns {
				continue
			}
		}
		tame = append(tame, line...)
	}
	return tame
}
