package main

import (
	"flag"
	"slices"
	"strings"

	"samenloop/post"
	"samenloop/store"
)

var postFlags struct {
	json bool
	word string
}

var postCommand = &command{
	name:  "post",
	args:  "list|waiting|approve|refuse [POST…]",
	short: "list every stored post and what became of it; decide about those that wait",
	long: `"list" shows all, on topic or not. "waiting" shows posts of the fediverse by people who are not
listed, of which nothing is stored yet; "approve" takes them at the next round, "refuse" does not.`,
	flags: func(set *flag.FlagSet) {
		set.BoolVar(&postFlags.json, "json", false, "one JSON object a post, one a line")
		set.StringVar(&postFlags.word, "word", "", "approve, refuse: `why`, for the journal")
	},
	run: posts,
}

func posts(c *call) error {
	verb := ""
	if len(c.args) > 0 {
		verb = c.args[0]
	}
	switch verb {
	case "waiting":
		return listWaiting(c)
	case "approve":
		return decide(c, post.Approved)
	case "refuse":
		return decide(c, post.Refused)
	}
	if !slices.Equal(c.args, []string{"list"}) {
		return wrong("post: say \"post list\", \"post waiting\", \"post approve POST\" or \"post refuse POST\"")
	}
	_, s, err := c.openStore(true)
	if err != nil {
		return err
	}
	defer s.Close()
	if postFlags.json {
		return s.Posts(c, func(p store.Stored) error {
			d := describe(&p.Post)
			d.Source, d.Story, d.JoinedBy = p.Source, p.Story, strings.Join(p.JoinedBy, ", ")
			return writeJSON(c.stdout, d)
		})
	}
	g := &grid{}
	g.row("published", "source", "language", "story", "title", "on topic")
	err = s.Posts(c, func(p store.Stored) error {
		by := "no"
		if len(p.Matches) > 0 {
			by = p.Matches[0].By
		}
		g.row(minute(p.Date()), p.Source, p.Language, p.Story, shorten(printable(p.Title), 60), by)
		return nil
	})
	if err != nil {
		return err
	}
	_, err = g.WriteTo(c.stdout)
	return err
}
