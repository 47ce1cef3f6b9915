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

// Accounts are the fediverse accounts, on other hosts, that a site's page names
// as its own by rel="me". It asks for the page once; one that does not answer names none.
func (r *Reader) Accounts(ctx context.Context, page string) []string {
	resp, err := r.Client.Get(ctx, fetch.Request{URL: page, Accept: acceptPages})
	if err != nil || resp.Status != http.StatusOK {
		return nil
	}
	var accounts []string
	for _, me := range Discover(resp.Body, resp.URL).Me {
		u, err := url.Parse(me)
		if err == nil && post.Host(me) != post.Host(resp.URL) && (strings.HasPrefix(u.Path, "/@") || strings.HasPrefix(u.Path, "/users/")) && len(accounts) < mostAccounts {
			accounts = append(accounts, me)
		}
	}
	return accounts
}
