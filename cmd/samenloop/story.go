package main

import (
	"flag"
	"fmt"
	"strings"

	"samenloop/post"
)

var storyFlags struct {
	json bool
	word string
}

var storyCommand = &command{
	name:  "story",
	args:  "show|join|split|retract|restore ID|URL…",
	short: "show which posts are one story and why, and decide otherwise",
	long: `A story is named by its id, that of one of its editions, or the URL of one of its posts.
  show ID|URL           its editions, its posts, and what joins them
  join ID|URL ID|URL…   make one story of them; the oldest edition of a language keeps its id
  split URL             take the post out of its story; the toots about it go along
  retract ID|URL        take the story down at once, in all feeds; it stays down
  restore ID|URL        take that back: it returns under its ids
What is decided here stays, whatever is read later. It works beside "serve", which shows it within seconds.`,
	flags: func(set *flag.FlagSet) {
		set.BoolVar(&storyFlags.json, "json", false, "show: as one JSON object")
		set.StringVar(&storyFlags.word, "word", "", "`why`, for the journal")
	},
	run: story,
}

func story(c *call) error {
	verb, names := "", []string(nil)
	if len(c.args) > 0 {
		verb, names = c.args[0], c.args[1:]
	}
	switch {
	case (verb == "show" || verb == "split" || verb == "retract" || verb == "restore") && len(names) == 1:
	case verb == "join" && len(names) >= 2:
	default:
		return wrong(`story: say "story show", "story split", "story retract" or "story restore" with one story, or "story join" with two or more; "samenloop help story" tells more`)
	}
	// Looked up first, so that a database that is not there is not made.
	cfg, s, err := c.openStore(true)
	if err != nil {
		return err
	}
	defer s.Close()
	if verb == "show" {
		id, err := s.FindStory(c, names[0])
		if err != nil {
			return err
		}
		st, err := s.Story(c, id)
		if err != nil {
			return err
		}
		if storyFlags.json {
			return writeJSON(c.stdout, describeStory(st))
		}
		return tellStory(c, st)
	}
	writer, err := cfg.openStore(c, false)
	if err != nil {
		return err
	}
	defer writer.Close()
	by := c.hand(storyFlags.word)
	switch verb {
	case "join":
		err = writer.JoinStories(c, by, names...)
	case "split":
		err = writer.SplitStory(c, by, names[0])
	case "retract":
		err = writer.RetractStory(c, by, names[0])
	case "restore":
		err = writer.RestoreStory(c, by, names[0])
	}
	if err != nil {
		return err
	}
	id, err := writer.FindStory(c, names[0])
	if err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "story %s: %s\n", id, map[string]string{"join": "joined", "split": "split off", "retract": "retracted", "restore": "restored"}[verb])
	return nil
}

// describedStory is a story as "story show -json" gives it.
type describedStory struct {
	ID       string             `json:"id"`
	Editions []describedEdition `json:"editions"`
	Removed  []string           `json:"removed,omitempty"` // ids of editions that are no longer shown
	Posts    []describedPart    `json:"posts"`
	Possibly []describedPart    `json:"possibly,omitempty"` // of other stories
}

type describedEdition struct {
	ID          string   `json:"id"`
	Language    string   `json:"language"`
	Title       string   `json:"title"`
	URL         string   `json:"url"`
	Discussions []string `json:"discussions,omitempty"` // URLs
}

type describedPart struct {
	URL      string         `json:"url"`
	Source   string         `json:"source"`
	Language string         `json:"language"`
	Title    string         `json:"title"`
	Story    string         `json:"story"`
	With     []describedTie `json:"with,omitempty"`
}

type describedTie struct {
	URL      string  `json:"url"`
	Reason   string  `json:"reason"`
	Strength float64 `json:"strength"`
}

func describeStory(st post.Story) describedStory {
	d := describedStory{ID: st.ID, Editions: []describedEdition{}, Posts: []describedPart{}}
	for _, e := range st.Editions {
		edition := describedEdition{ID: e.ID, Language: e.Lead.Language, Title: e.Lead.Title, URL: e.Lead.URL}
		for _, talk := range e.Discussions {
			edition.Discussions = append(edition.Discussions, talk.URL)
		}
		d.Editions = append(d.Editions, edition)
	}
	for _, t := range st.Removed {
		d.Removed = append(d.Removed, t.ID)
	}
	for i, p := range st.Posts {
		part := describedPart{URL: p.URL, Source: p.Source.ID, Language: p.Language, Title: p.Title, Story: p.Story}
		for _, e := range edgesAt(st, i) {
			part.With = append(part.With, describedTie{st.Posts[e.B].URL, string(e.Reason), e.Strength})
		}
		if p.Story == st.ID {
			d.Posts = append(d.Posts, part)
		} else {
			d.Possibly = append(d.Possibly, part)
		}
	}
	return d
}

// edgesAt are what ties the post at a place of a story: A is that place.
func edgesAt(st post.Story, place int) []post.Edge {
	var edges []post.Edge
	for _, e := range st.Edges {
		if e.B == int64(place) {
			e.A, e.B = e.B, e.A
		}
		if e.A == int64(place) {
			edges = append(edges, e)
		}
	}
	return edges
}

// tellStory prints a story for a person. Posts have numbers, by which their ties name them.
func tellStory(c *call, st post.Story) error {
	fmt.Fprintf(c.stdout, "story %s\n\n", st.ID)
	g := &grid{}
	g.row("edition", "language", "title", "url", "discussions")
	for _, e := range st.Editions {
		g.row(e.ID, e.Lead.Language, shorten(printable(e.Lead.Title), 60), printable(e.Lead.URL), fmt.Sprint(len(e.Discussions)))
	}
	for _, t := range st.Removed {
		g.row(t.ID, t.Language, "(retracted)", "", "")
	}
	if _, err := g.WriteTo(c.stdout); err != nil {
		return err
	}
	fmt.Fprintln(c.stdout)
	g = &grid{}
	g.row("post", "source", "language", "title", "url", "with")
	for i, p := range st.Posts {
		var with []string
		for _, e := range edgesAt(st, i) {
			with = append(with, fmt.Sprintf("%d: %s %.2f", e.B+1, e.Reason, e.Strength))
		}
		number := fmt.Sprint(i + 1)
		if p.Story != st.ID {
			number = fmt.Sprintf("%d possibly, story %s", i+1, p.Story)
		}
		g.row(number, p.Source.ID, p.Language, shorten(printable(p.Title), 60), printable(p.URL), strings.Join(with, ", "))
	}
	_, err := g.WriteTo(c.stdout)
	return err
}
