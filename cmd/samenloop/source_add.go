package main

import (
	"cmp"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/net/publicsuffix"
	"golang.org/x/text/unicode/norm"

	"samenloop/people"
	"samenloop/post"
)

func addSource(c *call) error {
	if len(c.args) != 1 {
		return wrong("source add: give one address, after the flags")
	}
	cfg, err := c.readConfig()
	if err != nil {
		return err
	}
	row := sourceFlags.row
	row.URL, row.FullText = c.args[0], &sourceFlags.full
	src, problem := cfg.newSource(row)
	if problem != "" {
		return wrong("source add: %s", problem)
	}
	states, err := cfg.sourceStates(c)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(states, named(src.ID)) {
		return fmt.Errorf("source add: the id %q is taken: choose another with -id; \"samenloop source list\" shows them", src.ID)
	}
	if s, known := reads(states, src.URL); known {
		return fmt.Errorf("source add: %w", errKnown(s))
	}
	blocks, err := cfg.blocks(c)
	if err != nil {
		return err
	}
	if block, blocked := blocks.Find(src.URL); blocked {
		return fmt.Errorf("source add: %w", &post.BlockedError{Block: block})
	}
	reader, err := cfg.reader(nil, time.Now)
	if err != nil {
		return err
	}
	x, err := reader.Examine(c, src)
	if err != nil {
		return err
	}
	if s, known := reads(states, x.URL); known {
		return fmt.Errorf("source add: %w", errKnown(s))
	}
	if block, blocked := blocks.Find(x.URL); blocked {
		return fmt.Errorf("source add: its feed is %s: %w", redact(x.URL), &post.BlockedError{Block: block})
	}
	if src.ID == "" {
		src.ID = freeID(states, x.URL, x.Document.Title)
	}
	matched := 0
	for _, p := range x.Posts {
		if len(p.Matches) > 0 {
			matched++
		}
	}
	say := func(what, format string, args ...any) {
		fmt.Fprintf(c.stdout, "%-8s  %s\n", what, printable(fmt.Sprintf(format, args...)))
	}
	say("found", "%s at %s", x.Document.Format, redact(x.URL))
	say("title", "%s", shorten(printable(x.Document.Title), 100))
	say("entries", "%d, of which %d on topic", len(x.Posts), matched)
	s, err := cfg.openStore(c, false)
	if err != nil {
		return err
	}
	defer s.Close()
	added := post.SourceState{Source: src}
	if x.Page != "" && !x.Account() && post.WithoutLogin(src.URL) == src.URL { // so that its feed is known before the first visit
		added.Visit.FeedURL = x.URL
	}
	if err := s.AddSources(c, c.hand(""), added); err != nil {
		return err
	}
	if src.Boosts {
		say("notice", takesBoosts, src.ID)
	}
	say("added", "source %q: read at the next round; where \"serve\" does not run, now with \"samenloop poll %[1]s\"", src.ID)
	feeds, accounts := reader.Others(c, cmp.Or(x.Page, x.Document.SiteURL))
	for _, feed := range feeds {
		_, known := reads(states, feed)
		if itself := slices.ContainsFunc([]string{x.URL, x.Link, src.URL}, func(a string) bool { return post.SameAddress(a, feed) }); !known && !itself {
			say("other", "its site names this feed as well: %s", redact(feed))
		}
	}
	for _, account := range accounts {
		if _, known := reads(states, account); !known {
			say("account", "its site names %s as its own (rel=\"me\"): \"samenloop source add %[1]s\" reads that, too", account)
		}
	}
	return nil
}

// takesBoosts warns of a setting that takes more than those who are listed.
const takesBoosts = "source %q takes what it boosts (boosts = true): posts of people who did not ask to be read here; without, they wait for a moderator"

// newSource checks what somebody said of a source, as if it stood in the
// configuration. problem is one line; empty where all is well. The id may be missing.
func (c *config) newSource(row sourceConfig) (src post.Source, problem string) {
	report := func(key, format string, args ...any) {
		if problem == "" {
			problem = key + ": " + fmt.Sprintf(format, args...)
		}
	}
	row.check(report)
	if row.ID != "" {
		checkID(row.ID, map[string]bool{}, report)
	}
	if len(c.Topics) == 0 && row.Topics != "all" {
		report("topics", `the configuration has no [[topic]], so nothing can match: say "all", or add one there`)
	}
	return (&config{Sources: []sourceConfig{row}}).sources()[0], problem
}

// reads says which source has one of some addresses.
func reads(states []post.SourceState, addresses ...string) (post.SourceState, bool) {
	i := slices.IndexFunc(states, func(s post.SourceState) bool {
		return slices.ContainsFunc(addresses, func(a string) bool {
			return post.SameAddress(a, s.Source.URL) || post.SameAddress(a, s.Visit.FeedURL) || post.SameAddress(a, s.Feed())
		})
	})
	if i < 0 {
		return post.SourceState{}, false
	}
	return states[i], true
}

func errKnown(s post.SourceState) error {
	switch s.State {
	case post.Blocked:
		return &people.Refusal{Why: fmt.Sprintf("that is source %q, which is blocked", s.Source.ID), Help: `"samenloop source blocks" shows what is, "source unblock" lets it in`}
	case post.Removed:
		return &people.Refusal{Why: fmt.Sprintf("that is source %q, which was removed", s.Source.ID), Help: fmt.Sprintf(`"samenloop source resume %s" reads it again`, s.Source.ID)}
	}
	return fmt.Errorf("that is source %q already", s.Source.ID)
}

// freeID makes an id for a feed that nobody named: of its site's name, else of
// its title, else with a number.
func freeID(states []post.SourceState, address, title string) string {
	site, title := slugOf(siteName(address)), slugOf(title)
	free := func(id string) bool { return id != "" && !slices.ContainsFunc(states, named(id)) }
	for _, id := range []string{site, title} {
		if free(id) {
			return id
		}
	}
	for n := 2; ; n++ {
		id := site
		if id == "" {
			id = title
		}
		if id == "" {
			id = "source"
		}
		if id = fmt.Sprintf("%s-%d", id, n); free(id) {
			return id
		}
	}
}

// siteName is the part of a host that somebody chose: "nluug" of "www.nluug.nl";
// empty for a number.
func siteName(address string) string {
	host := post.Host(address)
	if u, err := url.Parse("//" + host); err == nil {
		host = u.Hostname()
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return ""
	}
	suffix, _ := publicsuffix.PublicSuffix(host)
	return strings.TrimSuffix(strings.TrimSuffix(host, suffix), ".")
}

// slugOf is a text as an id: a-z, 0-9 and single hyphens, at most 40.
func slugOf(text string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(norm.NFKD.String(text)) {
		switch {
		case unicode.Is(unicode.Mn, r): // an accent of the letter before
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() == 40 {
			break
		}
	}
	return strings.Trim(b.String(), "-")
}
