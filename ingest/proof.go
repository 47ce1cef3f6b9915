package ingest

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/html"

	"samenloop/fetch"
	"samenloop/people"
	"samenloop/post"
)

// mostProof is how much of samenloop.txt is looked at, in bytes.
const mostProof = 10_000

// Proof looks for the word by which the owner of a site or an account says that somebody
// speaks for them: on the page of a site and beside it, or, where site is
// empty, in the document of the account. It is empty where the word is not found.
func (r *Reader) Proof(ctx context.Context, site, account, word, ours string) (where people.Proof, err error) {
	if site == "" {
		return r.proofOfAccount(ctx, account, word)
	}
	page, troubled := r.Client.Get(ctx, fetch.Request{URL: site, Accept: acceptPages})
	if troubled == nil && page.Status == http.StatusOK && fetch.SameSite(site, page.URL) {
		if where := proofOnPage(page.Body, word, ours); where != people.NoProof {
			return where, nil
		}
	}
	u, err := url.Parse(site)
	if err != nil {
		return "", err
	}
	file, err := r.Client.Get(ctx, fetch.Request{URL: (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/samenloop.txt"}).String(), Accept: "text/plain"})
	if err != nil {
		return "", err
	}
	if file.Status == http.StatusOK && fetch.SameSite(site, file.URL) && bytes.Contains(file.Body[:min(len(file.Body), mostProof)], []byte(word)) {
		return people.ByFile, nil
	}
	return "", troubled
}

// proofOnPage looks where only the owner of a page writes: not in its text, which
// may be anybody's. Those who comment are given rel="ugc" or none, never "me".
func proofOnPage(page []byte, word, ours string) (where people.Proof) {
	z := html.NewTokenizer(bytes.NewReader(utf8Text(page, "")))
	z.SetMaxBuf(1 << 20)
	for {
		switch z.Next() {
		case html.ErrorToken:
			return ""
		case html.StartTagToken, html.SelfClosingTagToken:
		default:
			continue
		}
		t := z.Token()
		attrs := map[string]string{}
		for _, a := range t.Attr {
			attrs[a.Key] = a.Val
		}
		switch t.Data {
		case "meta":
			if strings.EqualFold(attrs["name"], "samenloop") && strings.TrimSpace(attrs["content"]) == word {
				return people.ByMeta
			}
		case "a", "link":
			if hasToken(attrs["rel"], "me") && strings.HasPrefix(attrs["href"], ours) && strings.HasSuffix(attrs["href"], word) {
				return people.ByLink
			}
		}
	}
}

func (r *Reader) proofOfAccount(ctx context.Context, account, word string) (people.Proof, error) {
	a := r.newAccountVisit(post.Source{}, &post.Batch{Now: r.Now(), Visit: post.Visit{Given: account}})
	a.brief = true
	if err := a.find(ctx, nil); err != nil {
		return "", err
	}
	actor := a.b.Visit.Account.Actor
	if actor == "" {
		return "", nil
	}
	_, resp, err := a.object(ctx, actor)
	if err != nil || !bytes.Contains(resp.Body, []byte(word)) {
		return "", err
	}
	return people.ByProfile, nil
}
