package main

import (
	"fmt"

	"samenloop/post"
)

// listWaiting shows what waits for a moderator. What the posts say is not stored:
// the moderator reads them where they are.
func listWaiting(c *call) error {
	if len(c.args) != 1 {
		return wrong("post waiting takes no arguments")
	}
	_, s, err := c.openStore(true)
	if err != nil {
		return err
	}
	defer s.Close()
	list, err := s.Waiting(c)
	if err != nil {
		return err
	}
	if postFlags.json {
		for _, w := range list {
			if err := writeJSON(c.stdout, struct {
				ID     string `json:"id"`
				URL    string `json:"url"`
				Author string `json:"author"`
				Source string `json:"source"`
				Since  string `json:"since"`
			}{w.ID, w.URL, w.Author, w.Source, rfc3339(w.Since)}); err != nil {
				return err
			}
		}
		return nil
	}
	if len(list) == 0 {
		fmt.Fprintln(c.stdout, "nothing waits for a moderator")
		return nil
	}
	g := &grid{}
	g.row("since", "source", "author", "post")
	for _, w := range list {
		g.row(minute(w.Since), w.Source, printable(w.Author), printable(w.URL))
	}
	if _, err := g.WriteTo(c.stdout); err != nil {
		return err
	}
	fmt.Fprintln(c.stdout, "\n\"samenloop post approve POST…\" takes them at the next round; \"post refuse POST…\" leaves them out for good")
	return nil
}

// decide says of waiting posts what a moderator decided.
func decide(c *call, v post.Verdict) error {
	if len(c.args) < 2 {
		return wrong("post %s: name the posts by what \"post waiting\" shows", c.args[0])
	}
	_, s, err := c.openStore(false)
	if err != nil {
		return err
	}
	defer s.Close()
	missing := false
	for _, name := range c.args[1:] {
		found, err := s.Decide(c, c.hand(postFlags.word), name, v)
		if err != nil {
			return err
		}
		if missing = missing || !found; !found {
			fmt.Fprintf(c.stderr, "samenloop: %s does not wait; \"samenloop post waiting\" shows what does\n", printable(name))
			continue
		}
		fmt.Fprintf(c.stdout, "%s: %s\n", v, printable(name))
	}
	if missing {
		return errTold
	}
	return nil
}
