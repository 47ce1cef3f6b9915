package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"samenloop/ingest"
	"samenloop/post"
)

var inspectFlags struct{ json bool }

var inspectCommand = &command{
	name:  "inspect",
	args:  "URL|FILE|-",
	short: "say what would be taken from a feed, a site, an account or a file, and why; nothing is stored",
	long: `A URL is fetched as a visit would, articles included where the feed has only summaries.
A file, or "-" for standard input, never touches the network.`,
	flags: func(set *flag.FlagSet) {
		set.BoolVar(&inspectFlags.json, "json", false, "one JSON object a post, one a line")
	},
	run: inspect,
}

// mostInput is how large a file may be: what a feed may be, too.
const mostInput = 12_000_000

func inspect(c *call) error {
	if len(c.args) != 1 {
		return wrong("inspect: give one URL, one file, or - for standard input")
	}
	cfg, err := c.readConfig()
	if err != nil {
		if _, missing := os.Stat(c.config); c.configGiven || !errors.Is(missing, os.ErrNotExist) {
			return err
		}
		fmt.Fprintln(c.stderr, "samenloop: no config.toml here, so nothing is on topic; -config FILE names one")
		cfg, _ = parseConfig(nil)
	}
	reader, err := cfg.reader(nil, time.Now)
	if err != nil {
		return err
	}
	target := c.args[0]
	src := post.Source{ID: "inspect", URL: target, FullText: true}
	sources := cfg.sources()
	if states, err := cfg.sourceStates(c); err != nil {
		fmt.Fprintf(c.stderr, "samenloop: %s\n", printable(err.Error()))
	} else {
		for _, s := range states {
			sources = append(sources, s.Source)
		}
	}
	for _, s := range sources { // as the operator set it up
		if s.URL == target {
			src = s
		}
	}
	var x *ingest.Examined
	switch {
	case strings.HasPrefix(target, "http://"), strings.HasPrefix(target, "https://"), ingest.IsHandle(target):
		x, err = reader.Examine(c, src)
	default:
		var body []byte
		if body, err = c.readInput(target); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w; an address begins with https://", err)
		} else if err != nil {
			return err
		}
		if x, err = ingest.Examine(body, "", "", src, reader.Match, time.Now()); err != nil {
			err = fmt.Errorf("%s: %w", target, err)
		}
	}
	if err != nil {
		return err
	}
	for _, l := range x.Document.Lost {
		fmt.Fprintf(c.stderr, "samenloop: %s\n", printable(l))
	}
	if inspectFlags.json {
		for i := range x.Posts {
			if err := writeJSON(c.stdout, describe(&x.Posts[i])); err != nil {
				return err
			}
		}
		return nil
	}
	tellExamined(c.stdout, x)
	return nil
}

func (c *call) readInput(name string) ([]byte, error) {
	var r io.Reader = c.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, errors.Unwrap(err))
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil && info.IsDir() {
			return nil, fmt.Errorf("%s is a folder: give a file or an address", name)
		}
		r = f
	} else {
		name = "standard input"
	}
	body, err := io.ReadAll(io.LimitReader(r, mostInput+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(body) > mostInput {
		return nil, fmt.Errorf("read %s: it is larger than %d bytes", name, mostInput)
	}
	return body, nil
}

// described is a post as "inspect -json" and "post list -json" give it. Times
// are RFC 3339 UTC; what is empty is left out.
type described struct {
	ID           string            `json:"id"`
	URL          string            `json:"url,omitempty"`
	Title        string            `json:"title,omitempty"`
	Summary      string            `json:"summary,omitempty"`
	HTML         string            `json:"content_html,omitempty"`
	Text         string            `json:"content_text,omitempty"`
	Published    string            `json:"published"` // min(stated, first seen)
	Updated      string            `json:"updated,omitempty"`
	Language     string            `json:"language"`
	LanguageFrom string            `json:"language_from,omitempty"`
	Authors      []string          `json:"authors,omitempty"`
	Tags         []string          `json:"tags,omitempty"`
	Enclosures   []post.Enclosure  `json:"enclosures,omitempty"`
	Alternates   map[string]string `json:"alternates,omitempty"`
	Reply        bool              `json:"reply"`
	Matched      bool              `json:"matched"`
	MatchedBy    string            `json:"matched_by,omitempty"`

	Source   string `json:"source,omitempty"`
	Story    string `json:"story,omitempty"`
	JoinedBy string `json:"joined_by,omitempty"`
}

func describe(p *post.Post) described {
	d := described{
		ID: p.ID, URL: p.URL, Title: p.Title, Summary: p.Summary, HTML: p.HTML, Text: post.Text(p.HTML),
		Published: rfc3339(p.Date()), Updated: rfc3339(p.Updated),
		Language: p.Language, LanguageFrom: p.LanguageFrom,
		Tags: p.Tags, Enclosures: p.Enclosures, Alternates: p.Alternates,
		Reply: p.Reply, Matched: len(p.Matches) > 0,
	}
	for _, a := range p.Authors {
		d.Authors = append(d.Authors, a.Name)
	}
	var by []string
	for _, m := range p.Matches {
		by = append(by, m.By)
	}
	d.MatchedBy = strings.Join(by, "; ")
	return d
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

func rfc3339(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// tellExamined prints for a person what would be taken.
func tellExamined(w io.Writer, x *ingest.Examined) {
	d := x.Document
	matched := 0
	for i := range x.Posts {
		if len(x.Posts[i].Matches) > 0 {
			matched++
		}
	}
	line := func(name, text string) {
		if text != "" {
			fmt.Fprintf(w, "   %-10s %s\n", name, printable(text))
		}
	}
	fmt.Fprintf(w, "%s: %d posts, %d on topic\n", d.Format, len(x.Posts), matched)
	line("feed", x.URL)
	line("title", d.Title)
	line("site", d.SiteURL)
	line("language", d.Language)
	if len(x.Posts) == 0 {
		line("notice", "valid, but empty")
	}
	for i := range x.Posts {
		p := &x.Posts[i]
		fmt.Fprintf(w, "\n%d. %s\n", i+1, printable(p.Title))
		line("url", p.URL)
		if p.ID != p.URL {
			line("id", p.ID)
		}
		dated := rfc3339(p.Date())
		switch {
		case p.Published.IsZero():
			dated += " (it states no date that can be believed: first seen)"
		case p.Published.After(p.FirstSeen):
			dated += " (it says " + rfc3339(p.Published) + ", which is in the future)"
		}
		line("published", dated)
		line("updated", rfc3339(p.Updated))
		language := p.Language
		if p.LanguageFrom != "" {
			language += ": " + p.LanguageFrom
		}
		line("language", language)
		var authors []string
		for _, a := range p.Authors {
			authors = append(authors, a.Name)
		}
		line("authors", strings.Join(authors, ", "))
		if p.Fediverse {
			line("addressed", "to everybody")
		}
		line("boosted by", p.Booster.Name)
		if p.Reply {
			line("reply", "it answers another post")
		}
		line("tags", strings.Join(p.Tags, ", "))
		for _, e := range p.Enclosures {
			line("enclosure", e.URL+" "+e.Type)
		}
		for _, l := range slices.Sorted(maps.Keys(p.Alternates)) {
			line("also in", l+" "+p.Alternates[l])
		}
		switch {
		case len(p.Matches) > 0:
			for _, m := range p.Matches {
				line("on topic", strings.TrimPrefix(m.Topic+": "+m.By, ": "))
			}
		case p.PageNeed == post.PageWanted:
			line("on topic", "not by this summary; the article was not read")
		case p.PageNeed == post.PageFailed:
			line("on topic", "not by this summary; the article could not be read")
		default:
			line("on topic", "no")
		}
		line("text", excerpt(post.Text(p.HTML), 160))
	}
}

// excerpt is the beginning of a text in one line.
func excerpt(text string, columns int) string {
	return shorten(printable(strings.Join(strings.Fields(text), " ")), columns)
}
