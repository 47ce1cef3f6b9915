package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"strconv"
	"strings"

	"samenloop/people"
	"samenloop/post"
	"samenloop/store"
)

var proposalFlags struct {
	json     bool
	word, id string
}

var proposalCommand = &command{
	name:  "proposal",
	args:  "list|approve|refuse [NUMBER…]",
	short: "what members proposed to read, and your answer",
	long: `Members propose a source at /sources/new. "proposal list" shows what waits; "approve" makes a source of it,
which the next round reads, "refuse" does not. A -word is shown to the member, who has a private link.`,
	flags: func(set *flag.FlagSet) {
		set.BoolVar(&proposalFlags.json, "json", false, "one JSON object a proposal, one a line")
		set.StringVar(&proposalFlags.word, "word", "", "a `word` for the member, and for the journal")
		set.StringVar(&proposalFlags.id, "id", "", "the `id` of the source; made of its site's name where it is not given")
	},
	run: proposal,
}

func proposal(c *call) error {
	if len(c.args) == 1 && c.args[0] == "list" {
		return listProposals(c)
	}
	if len(c.args) < 2 || c.args[0] != "approve" && c.args[0] != "refuse" {
		return wrong(`proposal: say "proposal list", "proposal approve NUMBER" or "proposal refuse NUMBER"`)
	}
	verb, given := c.args[0], c.args[1:]
	if len(given) > 1 && proposalFlags.id != "" {
		return wrong("proposal %s: with -id give one number", verb)
	}
	var numbers []int64
	for _, text := range given {
		number, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return wrong(`proposal %s %s: give the number that "proposal list" shows`, verb, printable(text))
		}
		numbers = append(numbers, number)
	}
	cfg, s, err := c.openStore(false)
	if err != nil {
		return err
	}
	defer s.Close()
	for _, number := range numbers {
		err := answerProposal(c, cfg, s, verb, number)
		if errors.Is(err, people.ErrNoProposal) {
			return fmt.Errorf("proposal %d does not wait; \"samenloop proposal list\" shows what does", number)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func answerProposal(c *call, cfg *config, s *store.Store, verb string, number int64) error {
	p, err := s.Proposal(c, number)
	if err == nil && p.State != people.Waiting {
		err = people.ErrNoProposal
	}
	if err != nil {
		return err
	}
	if verb == "refuse" {
		if err := s.RefuseProposal(c, c.hand(proposalFlags.word), number); err != nil {
			return err
		}
		fmt.Fprintf(c.stdout, "refused   %s\n", printable(p.URL))
		return nil
	}
	src, err := cfg.approve(c, s, p, proposalFlags.id, c.hand(proposalFlags.word))
	if errors.As(err, new(*usageError)) {
		return wrong("proposal approve: %v", err)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "added     source %q: read at the next round; where \"serve\" does not run, now with \"samenloop poll %[1]s\"\n", src.ID)
	return nil
}

// approve makes a source of a proposal, under an id or one that is free.
func (c *config) approve(ctx context.Context, s *store.Store, p people.Proposal, id string, by people.Hand) (post.Source, error) {
	states, err := s.Sources(ctx)
	if err != nil {
		return post.Source{}, err
	}
	if known, is := reads(states, p.URL, p.Feed); is {
		return post.Source{}, errKnown(known)
	}
	src, problem := c.proposed(cmp.Or(id, freeID(states, p.URL, p.Title)), p.URL)
	if problem != "" {
		return src, wrong("%s", problem)
	}
	return src, s.ApproveProposal(ctx, by, p.ID, src)
}

// proposed is the source that a proposal is to become. On a site without topics all of a
// source is taken, or nothing of it could be.
func (c *config) proposed(id, address string) (src post.Source, problem string) {
	full := true
	row := sourceConfig{ID: id, URL: address, FullText: &full}
	if len(c.Topics) == 0 {
		row.Topics = "all"
	}
	return c.newSource(row)
}

func listProposals(c *call) error {
	_, s, err := c.openStore(true)
	if err != nil {
		return err
	}
	defer s.Close()
	list, err := s.Proposals(c, people.Waiting)
	if err != nil {
		return err
	}
	if proposalFlags.json {
		for _, p := range list {
			if err := writeJSON(c.stdout, struct {
				Number  int64        `json:"number"`
				URL     string       `json:"url"`
				Feed    string       `json:"feed,omitempty"`
				Title   string       `json:"title"`
				Site    string       `json:"site,omitempty"`
				Contact string       `json:"contact,omitempty"`
				Sent    string       `json:"sent"`
				Proof   people.Proof `json:"proof,omitempty"`
			}{p.ID, p.URL, p.Feed, p.Title, p.Site, p.Contact, rfc3339(p.Sent), p.Proof}); err != nil {
				return err
			}
		}
		return nil
	}
	if len(list) == 0 {
		fmt.Fprintln(c.stdout, "no proposal waits")
		return nil
	}
	g := &grid{}
	g.row("number", "sent (UTC)", "title", "address", "read from", "by its owner", "contact")
	for _, p := range list {
		owner := "not shown"
		if p.Proof != people.NoProof {
			owner = "yes, " + cmp.Or(p.Site, p.URL) + " by " + string(p.Proof)
		}
		g.row(strconv.FormatInt(p.ID, 10), minute(p.Sent), strings.TrimSpace(printable(p.Title)), printable(redact(p.URL)), printable(p.Feed), printable(owner), printable(p.Contact))
	}
	if _, err := g.WriteTo(c.stdout); err != nil {
		return err
	}
	fmt.Fprintln(c.stdout, "\n\"samenloop inspect ADDRESS\" shows what would come; then \"proposal approve NUMBER\" or \"proposal refuse -word WHY NUMBER\"")
	return nil
}
