package main

import (
	"context"
	"fmt"
	"slices"

	"samenloop/people"
	"samenloop/post"
	"samenloop/store"
)

func lockSource(c *call) error {
	if len(c.args) != 2 {
		return wrong(`source lock: give a source and a language: "source lock nluug nl"; "" for the language takes a lock back`)
	}
	id, language := c.args[0], c.args[1]
	if language != "" {
		tag, err := cleanLanguage(language)
		if err != nil {
			return wrong("source lock: %v", err)
		}
		language = tag
	}
	err := c.withSources([]string{id}, func(s *store.Store, _ []post.SourceState) error { return s.LockLanguage(c, c.hand(""), id, language) })
	if err != nil {
		return err
	}
	if language == "" {
		fmt.Fprintf(c.stdout, "source %q: the lock is taken back\n", id)
		return nil
	}
	fmt.Fprintf(c.stdout, "source %q is locked to %s: what its feed still has is read anew at the next round\n", id, language)
	return nil
}

func blockSources(c *call) error {
	return c.eachBlock("block", "%s is blocked\n", (*store.Store).Block)
}

func unblockSources(c *call) error {
	return c.eachBlock("unblock", "%s is not blocked any more\n", (*store.Store).Unblock)
}

func (c *call) eachBlock(verb, say string, do func(*store.Store, context.Context, people.Hand, string) error) error {
	if len(c.args) == 0 {
		return wrong("source %s: name a source, a domain or an address", verb)
	}
	var sources []string
	if verb == "block" {
		sources = slices.DeleteFunc(slices.Clone(c.args), func(what string) bool { return post.BlockName(what) != "" })
	}
	return c.withSources(sources, func(s *store.Store, _ []post.SourceState) error {
		for _, what := range c.args {
			if err := do(s, c, c.hand(sourceFlags.word), what); err != nil {
				return err
			}
			fmt.Fprintf(c.stdout, say, printable(what))
		}
		return nil
	})
}

// blocks are what the operator keeps out; none where there is no database yet.
func (c *config) blocks(call *call) (post.Blocks, error) {
	s, err := c.openStore(call, true)
	if store.IsMissing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return s.Blocks(call)
}

func listBlocks(c *call) error {
	if len(c.args) > 0 {
		return wrong("source blocks takes no arguments")
	}
	cfg, err := c.readConfig()
	if err != nil {
		return err
	}
	blocks, err := cfg.blocks(c)
	if err != nil {
		return err
	}
	if sourceFlags.json {
		for _, b := range blocks {
			if err := writeJSON(c.stdout, struct {
				Name   string `json:"name"`
				Source string `json:"source,omitempty"`
				Since  string `json:"since"`
			}{b.Name, b.Source, rfc3339(b.Since)}); err != nil {
				return err
			}
		}
		return nil
	}
	if len(blocks) == 0 {
		fmt.Fprintln(c.stdout, "nothing is blocked")
		return nil
	}
	g := &grid{}
	g.row("since", "blocked", "source")
	for _, b := range blocks {
		g.row(minute(b.Since), b.Name, b.Source)
	}
	_, err = g.WriteTo(c.stdout)
	return err
}
