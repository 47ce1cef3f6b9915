package main

import (
	"flag"
	"slices"
	"strings"

	"samenloop/store"
)

var postFlags struct{ json bool }

var postCommand = &command{
	name:  "post",
	verbs: true,
	args:  "list",
	short: "list every stored post, on topic or not, and what became of it",
	flags: func(set *flag.FlagSet) {
		set.BoolVar(&postFlags.json, "json", false, "one JSON object a post, one a line")
	},
	run: listPosts,
}

func listPosts(c *call) error {
	if !slices.Equal(c.args, []string{"list"}) {
		return wrong("post: say \"post list\"")
	}
	cfg, err := c.readConfig()
	if err != nil {
		return err
	}
	s, err := cfg.openStore(c, true)
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
