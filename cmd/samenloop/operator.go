package main

import (
	"fmt"
	"net/url"
	"time"

	"samenloop/people"
	"samenloop/web"
)

var operatorCommand = &command{
	name:  "operator",
	args:  "list|add|link|remove [NAME]",
	short: "who may decide on the pages, at /operator/",
	long: `"add" prints a link that works once, for a day: whoever opens it sets a password, and signs in at /operator/
from then on. "link" gives a new one when the password is forgotten, and ends the sessions there are; "remove" ends it all.`,
	run: operator,
}

func operator(c *call) error {
	if len(c.args) == 1 && c.args[0] == "list" {
		return listOperators(c)
	}
	if len(c.args) != 2 {
		return wrong(`operator: say "operator list", "operator add NAME", "operator link NAME" or "operator remove NAME"`)
	}
	verb, name := c.args[0], c.args[1]
	if err := people.CheckName(name); err != nil {
		return wrong("operator %s: %v", printable(name), err)
	}
	cfg, s, err := c.openStore(false)
	if err != nil {
		return err
	}
	defer s.Close()
	link := people.NewToken()
	switch verb {
	case "add":
		err = s.AddOperator(c, c.hand(""), name, link.Digest())
	case "link":
		err = s.ResetOperator(c, c.hand(""), name, link.Digest())
	case "remove":
		if err := s.RemoveOperator(c, c.hand(""), name); err != nil {
			return err
		}
		fmt.Fprintf(c.stdout, "removed   %s; what was decided stays, and is in the journal\n", name)
		return nil
	default:
		return wrong(`operator: say "operator list", "operator add NAME", "operator link NAME" or "operator remove NAME"`)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "link      %s\n          for %s alone, to set a password; it works once, until %s\n", cfg.oneTime(link), name, minute(time.Now().Add(people.LinkLasts)))
	return nil
}

// oneTime is the address of a one-time link.
func (c *config) oneTime(link people.Token) string {
	return c.Site.BaseURL + web.LinkPath + "?" + url.Values{"key": {string(link)}}.Encode()
}

func listOperators(c *call) error {
	_, s, err := c.openStore(true)
	if err != nil {
		return err
	}
	defer s.Close()
	list, err := s.Operators(c)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		fmt.Fprintln(c.stdout, "nobody decides on the pages; \"samenloop operator add NAME\" lets somebody")
		return nil
	}
	g := &grid{}
	g.row("name", "added (UTC)", "signed in", "password")
	for _, o := range list {
		ready := "set"
		switch {
		case o.Ready:
		case o.Linked.After(time.Now()):
			ready = "not set; the link works until " + minute(o.Linked)
		default:
			ready = fmt.Sprintf("not set; the link is over: \"samenloop operator link %s\" gives another", o.Name)
		}
		seen := "never"
		if !o.Seen.IsZero() {
			seen = minute(o.Seen)
		}
		g.row(o.Name, minute(o.Added), seen, ready)
	}
	_, err = g.WriteTo(c.stdout)
	return err
}
