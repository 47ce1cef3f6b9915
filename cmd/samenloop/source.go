package main

import (
	"flag"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"samenloop/post"
	"samenloop/store"
)

var sourceFlags struct {
	json  bool
	purge bool
	row   sourceConfig // of a source to add
	full  bool
	word  string
}

var sourceCommand = &command{
	name:  "source",
	args:  "list|add|pause|resume|remove|lock|block|unblock|blocks|import|export",
	short: "list the sources and how each fares; add, pause, remove and block some",
	long: `  list                  every source: its state, last success, next visit, trouble
  add URL               looks for the feed there, says what it found and adds it
  pause ID…             not read until it is resumed; what it gave stays
  resume ID…            read again, also what was removed, or answered 410 Gone
  remove ID…            not read any more; what it gave stays, unless -purge retracts it, for good
  lock ID LANGUAGE      its posts are in that language, whatever they say; "" takes that back
  block WHAT…           keep out a source (its id), a domain with all below it (example.org), or an
                        address (https://…, acct:name@host): not read, not taken from what others pass
                        on, not added; what it gave stays
  unblock WHAT…         let it in again
  blocks                what is blocked
  import FILE|-         adds the feeds of an OPML file, all or none
  export                writes the sources as OPML

They work beside "serve", which goes by them at its next round. Sources that are added so are
kept in the database, beside those of config.toml; of two with one id, that of config.toml holds.`,
	flags: func(set *flag.FlagSet) {
		row := &sourceFlags.row
		set.BoolVar(&sourceFlags.json, "json", false, "list, blocks: one JSON object a source or a block, one a line")
		set.BoolVar(&sourceFlags.purge, "purge", false, "remove: retract what it gave, for good")
		set.StringVar(&row.ID, "id", "", "add: the `id`, part of URLs; default: made of the site's name")
		set.StringVar(&row.Title, "title", "", "add: the `title` that readers see; default: what the feed says")
		set.StringVar(&row.Language, "language", "", "add: lock it to a language, such as `nl`; default: what the posts tell")
		set.StringVar(&row.Topics, "topics", "match", "add: `match` or all")
		set.BoolVar(&sourceFlags.full, "full_text", true, "add: read the article's page where the feed has only a summary")
		set.StringVar(&sourceFlags.word, "word", "", "pause, resume, remove, block, unblock: `why`, for the journal")
		set.BoolVar(&row.Boosts, "boosts", false, "add: take what the account boosts, too")
	},
	run: source,
}

// sourceVerbs are what "source" does, with the flags that each knows.
var sourceVerbs = map[string]struct {
	run   func(*call) error
	flags []string
}{
	"list":    {listSources, []string{"json"}},
	"add":     {addSource, []string{"id", "title", "language", "topics", "full_text", "boosts"}},
	"pause":   {pauseSources, []string{"word"}},
	"resume":  {resumeSources, []string{"word"}},
	"remove":  {removeSources, []string{"purge", "word"}},
	"lock":    {lockSource, nil},
	"block":   {blockSources, []string{"word"}},
	"unblock": {unblockSources, []string{"word"}},
	"blocks":  {listBlocks, []string{"json"}},
	"import":  {importSources, nil},
	"export":  {exportSources, nil},
}

func source(c *call) error {
	if len(c.args) == 0 {
		return wrong("source: say what to do: %s", c.command.args)
	}
	verb, ok := sourceVerbs[c.args[0]]
	if !ok {
		return wrong("source: there is no %q; there are %s", printable(c.args[0]), c.command.args)
	}
	for _, name := range c.given {
		if name != "config" && !slices.Contains(verb.flags, name) {
			return wrong("source %s has no flag -%s; \"samenloop help source\" shows which have", c.args[0], name)
		}
	}
	c.args = c.args[1:]
	return verb.run(c)
}

func listSources(c *call) error {
	if len(c.args) > 0 {
		return wrong("source list takes no arguments: %q", printable(c.args[0]))
	}
	_, states, err := c.sourceStates()
	if err != nil {
		return err
	}
	if sourceFlags.json {
		for _, s := range states {
			if err := writeJSON(c.stdout, struct {
				ID          string `json:"id"`
				Title       string `json:"title"`
				URL         string `json:"url"`
				Site        string `json:"site"`
				State       string `json:"state"`
				Trouble     string `json:"trouble"`
				Notice      string `json:"notice"`
				LastSuccess string `json:"last_success"`
				NextVisit   string `json:"next_visit"`
			}{s.Source.ID, s.Title(), redact(s.Source.URL), s.Visit.SiteURL, string(s.State), s.Visit.Trouble, s.Visit.Notice,
				rfc3339(s.Visit.Succeeded), rfc3339(nextVisit(s))}); err != nil {
				return err
			}
		}
		return nil
	}
	g := &grid{}
	g.row("source", "state", "title", "posts", "on topic", "last success", "next visit", "address", "trouble or notice")
	for _, s := range states {
		g.row(s.Source.ID, string(s.State), shorten(printable(s.Title()), 30), strconv.Itoa(s.Posts), strconv.Itoa(s.Matched),
			minute(s.Visit.Succeeded), nextWords(s), redact(s.Source.URL), lastVisit(s.Visit))
	}
	_, err = g.WriteTo(c.stdout)
	return err
}

// lastVisit is what to know of it.
func lastVisit(v post.Visit) string {
	if v.Trouble == "" {
		return v.Notice
	}
	say := "trouble: "
	if v.Dead() {
		say = "dead: "
	}
	return strings.TrimSuffix(say+v.Trouble+"; "+v.Notice, "; ")
}

func pauseSources(c *call) error {
	return c.setSources("pause", post.Paused, func(s post.SourceState) string {
		return fmt.Sprintf(`source %q is paused: it is not read until "samenloop source resume %[1]s"`, s.Source.ID)
	})
}

func resumeSources(c *call) error {
	return c.setSources("resume", post.Active, func(s post.SourceState) string {
		return fmt.Sprintf("source %q is read again, from the next round on", s.Source.ID)
	})
}

func removeSources(c *call) error {
	return c.setSources("remove", post.Removed, func(s post.SourceState) string {
		say := fmt.Sprintf("source %q is removed: it is not read any more; ", s.Source.ID)
		if sourceFlags.purge {
			say += "what it gave is retracted"
		} else {
			say += "what it gave stays"
		}
		if s.Configured {
			say += fmt.Sprintf("; it stands in %s, too: take it out there", c.config)
		}
		return say
	})
}

// setSources writes down what the operator wants of sources, and says what that means.
func (c *call) setSources(verb string, state post.State, say func(post.SourceState) string) error {
	if len(c.args) == 0 {
		return wrong(`source %s: name one or more; "samenloop source list" shows them`, verb)
	}
	return c.withSources(c.args, func(s *store.Store, states []post.SourceState) error {
		for _, id := range c.args {
			if err := s.SetState(c, c.hand(sourceFlags.word), id, state); err != nil {
				return err
			}
			if sourceFlags.purge {
				if _, err := s.PurgeSource(c, c.hand(sourceFlags.word), id); err != nil {
					return fmt.Errorf("%w: say it again to go on", err)
				}
			}
			fmt.Fprintln(c.stdout, say(states[slices.IndexFunc(states, named(id))]))
		}
		return nil
	})
}

// withSources opens the database to decide about sources, which all have to be there.
func (c *call) withSources(ids []string, do func(*store.Store, []post.SourceState) error) error {
	cfg, s, err := c.openStore(false)
	if err != nil {
		return err
	}
	defer s.Close()
	states, err := s.Sources(c)
	if err != nil {
		return err
	}
	unread := func(id string) bool { return !slices.ContainsFunc(states, named(id)) }
	if slices.ContainsFunc(ids, unread) { // perhaps it came to the configuration since
		if err := cfg.sync(c, s, c.stderr); err != nil {
			return err
		}
		if states, err = s.Sources(c); err != nil {
			return err
		}
	}
	if i := slices.IndexFunc(ids, unread); i >= 0 {
		return wrong(`there is no source %q; "samenloop source list" shows them`, printable(ids[i]))
	}
	return do(s, states)
}

func named(id string) func(post.SourceState) bool {
	return func(s post.SourceState) bool { return s.Source.ID == id }
}

// sourceStates are the sources in the database and, after them, those that the
// configuration names and that were never read.
func (c *config) sourceStates(call *call) ([]post.SourceState, error) {
	var states []post.SourceState
	s, err := c.openStore(call, true)
	switch {
	case err == nil:
		defer s.Close()
		if states, err = s.Sources(call); err != nil {
			return nil, err
		}
	case !store.IsMissing(err):
		return nil, err
	}
	return c.withConfigured(states), nil
}

// withConfigured are sources that are stored as they are from the next round on.
func (c *config) withConfigured(states []post.SourceState) []post.SourceState {
	configured := c.sources()
	for i, st := range states { // what the configuration says now holds from the next round on
		if st.Configured && !slices.ContainsFunc(configured, func(src post.Source) bool { return src.ID == st.Source.ID }) {
			states[i].State = post.Removed
		}
	}
	for _, src := range configured {
		if !slices.ContainsFunc(states, named(src.ID)) {
			states = append(states, post.SourceState{Source: src, State: post.Active, Configured: true})
		}
	}
	return states
}

// sourceStates reads the configuration of the call, and its sources.
func (c *call) sourceStates() (*config, []post.SourceState, error) {
	cfg, err := c.readConfig()
	if err != nil {
		return nil, nil, err
	}
	states, err := cfg.sourceStates(c)
	return cfg, states, err
}

// nextVisit is not before then; zero where there will be none.
func nextVisit(s post.SourceState) time.Time {
	if s.State != post.Active {
		return time.Time{}
	}
	return s.Visit.Next
}

// nextWords is that in words.
func nextWords(s post.SourceState) string {
	next := nextVisit(s)
	if s.State == post.Active && next.IsZero() {
		return "next round"
	}
	return minute(next)
}

// sync brings the sources in the database in line with the configuration, and
// says where that takes the place of one that was added by command.
func (c *config) sync(call *call, s *store.Store, say io.Writer) error {
	replaced, err := s.Sync(call, c.sources())
	if err != nil {
		return err
	}
	for _, id := range replaced {
		fmt.Fprintf(say, "samenloop: source %q stands in the configuration now: what \"source add\" said of it no longer holds\n", id)
	}
	return nil
}

func minute(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("2006-01-02 15:04")
}

// redact is an address without its password.
func redact(address string) string {
	if u, err := url.Parse(address); err == nil {
		return u.Redacted()
	}
	return address
}
