package post

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Block is what the operator keeps out: it is not read, nothing of it is taken
// where others pass it on, and it cannot be added.
type Block struct {
	// Name is a domain, which stands for all below it, too; or one address, by
	// its canonical key, or an account's handle, "acct:name@host".
	Name   string
	Source string // id of the source that was meant by it; empty where none was
	Since  time.Time
}

// Blocks are all of them.
type Blocks []Block

// Find is the block that keeps one of some addresses out: URLs, or handles of accounts.
func (b Blocks) Find(addresses ...string) (Block, bool) {
	if len(b) == 0 {
		return Block{}, false
	}
	for _, address := range addresses {
		name, host := blockName(address)
		for _, block := range b {
			if name == "" {
				break
			}
			if block.Name == name || host == block.Name || strings.HasSuffix(host, "."+block.Name) {
				return block, true
			}
		}
	}
	return Block{}, false
}

// BlockName is how a block of a domain, of an address or of an account's handle is
// named; empty where it is none of them.
func BlockName(s string) string {
	if name, _ := blockName(s); name != "" {
		return name
	}
	if !strings.Contains(s, ".") || strings.ContainsAny(s, "/?#@: ") {
		return ""
	}
	u, err := url.Parse("https://" + s)
	if err != nil {
		return ""
	}
	return siteHost(u)
}

// blockName is what an address is blocked by: its own name, and its host without a port.
func blockName(address string) (name, host string) {
	rest, acct := strings.CutPrefix(address, "acct:")
	if rest, at := strings.CutPrefix(rest, "@"); acct || at {
		user, server, _ := strings.Cut(rest, "@")
		if u, err := url.Parse("https://" + server); err == nil && user != "" {
			host = siteHost(&url.URL{Host: u.Hostname()})
		}
		if host == "" {
			return "", ""
		}
		return "acct:" + strings.ToLower(user) + "@" + host, host
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return "", ""
	}
	u.User = nil
	if name = Key(u.String()); name == "" {
		return "", ""
	}
	hostname := u.Hostname()
	if strings.Contains(hostname, ":") {
		hostname = "[" + hostname + "]"
	}
	return name, siteHost(&url.URL{Host: hostname})
}

// Addresses are all by which a source may be blocked: what the operator gave, what
// is fetched, and whose account it is.
func (s SourceState) Addresses() []string {
	return []string{s.Source.URL, s.Visit.FeedURL, s.Visit.Account.Actor}
}

// BlockedError says that something cannot be added, or read again.
type BlockedError struct{ Block }

func (e *BlockedError) Error() string {
	return fmt.Sprintf("it is blocked since %s: \"samenloop source unblock %s\" lets it in", e.day(), cmp.Or(e.Source, e.Name))
}

// Why says that without the command.
func (e *BlockedError) Why() string {
	return fmt.Sprintf("%q is blocked since %s", cmp.Or(e.Source, e.Name), e.day())
}

func (e *BlockedError) day() string { return e.Since.UTC().Format(time.DateOnly) }

// Regard is what the operator thinks of somebody of the fediverse.
type Regard int

const (
	Stranger Regard = iota // what they say waits
	Listed                 // they are a source themselves
	Unwanted               // they are blocked
)
