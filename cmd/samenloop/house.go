package main

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/netip"
	"time"

	"samenloop/fetch"
	"samenloop/ingest"
	"samenloop/post"
	"samenloop/store"
	"samenloop/web"
)

// What the configuration says, put together: the only place that knows all packages.

// openStore opens the database of a configuration; readOnly beside whoever writes to it.
func (c *config) openStore(ctx context.Context, readOnly bool) (*store.Store, error) {
	return store.Open(ctx, c.Site.Database, store.Options{Languages: c.Site.Languages, ReadOnly: readOnly})
}

// openStore reads the configuration of the call and opens its database; readOnly
// beside whoever writes to it.
func (c *call) openStore(readOnly bool) (*config, *store.Store, error) {
	cfg, err := c.readConfig()
	if err != nil {
		return nil, nil, err
	}
	s, err := cfg.openStore(c, readOnly)
	return cfg, s, err
}

// reader is what visits sources, at the time that now tells; s is nil where nothing is stored.
func (c *config) reader(s *store.Store, now func() time.Time) (*ingest.Reader, error) {
	match, err := post.NewMatcher(c.topics())
	if err != nil {
		return nil, &configError{[]string{err.Error()}}
	}
	client, err := fetch.New(c.fetching(s, now))
	if err != nil {
		return nil, &configError{[]string{err.Error()}}
	}
	r := &ingest.Reader{Client: client, Match: match, Now: now, BaseURL: c.Site.BaseURL, Concurrency: c.Schedule.Concurrency, PerHost: c.Schedule.PerHost}
	if s != nil {
		r.Store, r.Fediverse = s, s
	}
	return r, nil
}

// fetching is how the network is used.
func (c *config) fetching(s *store.Store, now func() time.Time) fetch.Options {
	return fetch.Options{
		AllowNetworks: c.Fetch.AllowNetworks,
		UserAgent:     fmt.Sprintf("samenloop/%s (+%s)", version(), c.Fetch.Contact),
		MaxBytes:      c.Fetch.MaxBytes,
		Timeout:       c.Fetch.Timeout.Duration,
		PerHost:       c.Schedule.PerHost,
		Concurrency:   c.Schedule.Concurrency,
		Signer:        &fetch.Signer{KeyID: c.Site.BaseURL + web.KeyPath, Key: func() (*rsa.PrivateKey, error) { return c.instanceKey(s) }},
		Now:           now,
	}
}

// instanceKey is what requests are signed with. Who only has a look has it from
// the database, if there is one.
func (c *config) instanceKey(s *store.Store) (*rsa.PrivateKey, error) {
	ctx := context.Background() // it is read once, whatever becomes of the request that needs it first
	if s != nil {
		return s.InstanceKey(ctx)
	}
	s, err := c.openStore(ctx, true)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return s.InstanceKey(ctx)
}

// publicKey is the instance key's public part as PEM, for those who check our signatures.
func (c *config) publicKey(s *store.Store) (string, error) {
	key, err := c.instanceKey(s)
	if err != nil {
		return "", err
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), nil
}

// rematch decides anew about what is stored where topics changed, or sources
// that are taken whole did; it says of how many posts the topics are others now.
func (c *config) rematch(ctx context.Context, s *store.Store, states []post.SourceState, now time.Time) (int, error) {
	rules := post.Rules{Topics: c.topics(), Whole: map[string]bool{}}
	for _, st := range states {
		rules.Whole[st.Source.ID] = st.Source.All
	}
	return ingest.Rematch(ctx, s, rules, now)
}

// site is what is served.
func (c *config) site() web.Site {
	var proxies []netip.Prefix
	for _, p := range c.Site.Proxies {
		proxies = append(proxies, netip.MustParsePrefix(p)) // checked
	}
	return web.Site{Title: c.Site.Title, BaseURL: c.Site.BaseURL, Languages: c.Site.Languages, Others: c.Site.OtherLanguages, Topics: c.topics(), Version: version(), Contact: c.Fetch.Contact, Proxies: proxies}
}
