package ingest

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"samenloop/fetch"
	"samenloop/post"
)

// mostAccounts are taken from one page.
const mostAccounts = 5

// Others are what else a site's page names as its own: feeds, and by rel="me" accounts of
// the fediverse on other hosts. It asks for the page once; one that does not answer names none.
func (r *Reader) Others(ctx context.Context, page string) (feeds, accounts []string) {
	resp, err := r.Client.Get(ctx, fetch.Request{URL: page, Accept: acceptPages})
	if err != nil || resp.Status != http.StatusOK {
		return nil, nil
	}
	links := Discover(resp.Body, resp.URL)
	for _, me := range links.Me {
		u, err := url.Parse(me)
		if err == nil && post.Host(me) != post.Host(resp.URL) && (strings.HasPrefix(u.Path, "/@") || strings.HasPrefix(u.Path, "/users/")) && len(accounts) < mostAccounts {
			accounts = append(accounts, me)
		}
	}
	return links.Feeds[:min(len(links.Feeds), mostNamed)], accounts
}
