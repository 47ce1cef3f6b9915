package main

import (
	"cmp"
	"flag"
	"fmt"
	"os/user"
	"strings"
	"time"

	"samenloop/people"
	"samenloop/store"
)

// hand is who decides by command: the user of this machine.
func (c *call) hand(word string) people.Hand {
	by := people.Hand{Name: "command", Command: true, At: time.Now(), Word: word}
	if u, err := user.Current(); err == nil {
		by.Name = cmp.Or(printable(u.Username), by.Name)
	}
	return by
}

var journalFlags struct {
	json bool
	most int
}

var journalCommand = &command{
	name:  "journal",
	short: "who decided what, and when, the newest first",
	flags: func(set *flag.FlagSet) {
		set.BoolVar(&journalFlags.json, "json", false, "one JSON object a decision, one a line")
		set.IntVar(&journalFlags.most, "most", 50, "show so many; 0: all")
	},
	run: journal,
}

func journal(c *call) error {
	if len(c.args) > 0 {
		return wrong("journal takes no arguments: %q", printable(c.args[0]))
	}
	if journalFlags.most < 0 {
		return wrong("journal -most %d: give a number from 0 on", journalFlags.most)
	}
	_, s, err := c.openStore(true)
	if err != nil {
		return err
	}
	defer s.Close()
	entries, err := s.Journal(c, 0, cmp.Or(journalFlags.most, store.All))
	if err != nil {
		return err
	}
	if journalFlags.json {
		for _, e := range entries {
			if err := writeJSON(c.stdout, struct {
				At      string      `json:"at"`
				Name    string      `json:"name"`
				Command bool        `json:"command,omitempty"`
				Deed    people.Deed `json:"deed"`
				Of      string      `json:"of"`
				Word    string      `json:"word,omitempty"`
			}{rfc3339(e.At), e.Name, e.Command, e.Deed, e.Of, e.Word}); err != nil {
				return err
			}
		}
		return nil
	}
	if len(entries) == 0 {
		fmt.Fprintln(c.stdout, "nothing was decided by hand yet")
		return nil
	}
	g := &grid{}
	g.row("when (UTC)", "who", "what", "of", "word")
	for _, e := range entries {
		who := e.Name
		if e.Command {
			who += " (command)"
		}
		g.row(minute(e.At), who, string(e.Deed), e.Of, strings.TrimSpace(e.Word))
	}
	_, err = g.WriteTo(c.stdout)
	return err
}
