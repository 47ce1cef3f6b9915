package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"samenloop/post"
)

var explainCommand = &command{
	name:  "explain",
	args:  "URL",
	short: "say why the post at an address is shown, or why it is not; nothing is fetched",
	long: `The answer is made of what is stored, as that of the page /explain. What a source would give now
is for "inspect" to say.`,
	run: explain,
}

// fates say what became of a stored post, to somebody who can do something about it.
var fates = map[post.Fate]string{
	post.Told:          "shown",
	post.ToldByAnother: "shown, told by another post of its story",
	post.Discusses:     "shown, as a note about the story that it links to",
	post.SpokenFor:     "not shown: the site whose address it has tells of it itself",
	post.OnNoTopic:     "not shown: it is on no topic",
	post.ArticleWaits:  "not shown: on no topic by its summary; the article's page is yet to be read",
	post.ArticleUnread: "not shown: on no topic by its summary; the article's page could not be read",
	post.LeftTopic:     "no longer shown: its topic changed",
	post.Down:          "not shown: its story was taken down by hand",
	post.Forgotten:     "not shown: it was deleted, or its source was removed with -purge",
}

func explain(c *call) error {
	if len(c.args) != 1 {
		return wrong("explain: give the address of one post")
	}
	cfg, s, err := c.openStore(true)
	if err != nil {
		return err
	}
	defer s.Close()
	x, err := s.Explain(c, c.args[0])
	if err != nil {
		return err
	}
	if x.URL == "" {
		return wrong("explain: %s is no address of a page: write it whole, as https://example.org/post", printable(c.args[0]))
	}
	tellExplanation(c.stdout, x, cfg.topics())
	return nil
}

// tellExplanation prints the answer for a person.
func tellExplanation(w io.Writer, x post.Explanation, topics []post.Topic) {
	line := func(name, text string) {
		if text != "" {
			fmt.Fprintf(w, "   %-11s %s\n", name, printable(text))
		}
	}
	fmt.Fprintln(w, printable(x.URL))
	for i := range x.Found {
		f := &x.Found[i]
		p := &f.Post
		fate := f.Fate()
		fmt.Fprintf(w, "\n%s\n", fates[fate])
		line("source", f.Source.Source.ID+": "+f.Source.Title())
		line("title", p.Title)
		line("first seen", rfc3339(p.FirstSeen))
		for _, m := range p.Matches {
			line("on topic", strings.TrimPrefix(m.Topic+": "+m.By, ": "))
		}
		if fate == post.OnNoTopic || fate == post.ArticleWaits || fate == post.ArticleUnread || fate == post.LeftTopic {
			line("looked for", lookedFor(topics))
		}
		if p.LanguageFrom != "" {
			line("language", p.Language+": "+p.LanguageFrom)
		}
		line("story", f.Story)
		if fate == post.ToldByAnother || fate == post.Discusses {
			line("told by", f.Edition.URL)
		}
		for _, t := range f.Ties {
			line("with", t.URL+": "+string(t.Reason))
		}
	}
	for _, waiting := range x.Waiting {
		switch waiting.Verdict {
		case post.Undecided:
			fmt.Fprintf(w, "\nnot shown: it waits for a moderator; \"samenloop post approve %s\" takes it\n", printable(waiting.URL))
		case post.Refused:
			fmt.Fprint(w, "\nnot shown: a moderator refused it\n")
		case post.Approved:
			fmt.Fprint(w, "\nnot shown yet: a moderator approved it, and it is taken at the next round\n")
		}
		line("source", waiting.Source)
		line("author", waiting.Author)
	}
	if len(x.Found) > 0 || len(x.Waiting) > 0 {
		return
	}
	fmt.Fprint(w, "\nnot stored")
	if len(x.Nearby) == 0 {
		fmt.Fprintf(w, ", and no source is on that site: \"samenloop source add https://%s/\" adds one\n", printable(post.Host(x.URL)))
		return
	}
	fmt.Fprint(w, "; the sources on its site:\n")
	for i := range x.Nearby {
		s := &x.Nearby[i]
		fmt.Fprintln(w)
		line("source", s.Source.ID+": "+s.Title())
		if s.Is(x.URL) {
			line("address", "is the source's own: give that of a post")
		}
		switch s.Absence() {
		case post.NotRead:
			line("state", string(s.State))
		case post.NeverRead:
			line("state", "not read yet")
		case post.NotInFeed:
			line("state", "read without trouble; the post was not in its feed, which shows the newest only")
		}
		line("trouble", s.Visit.Trouble)
		line("notice", s.Visit.Notice)
		line("last read", minute(s.Visit.Succeeded))
		line("next visit", cmp.Or(rfc3339(nextVisit(*s)), "none"))
	}
}

// lookedFor are the hashtags and phrases of all topics.
func lookedFor(topics []post.Topic) string {
	var words []string
	for _, t := range topics {
		for _, tag := range t.Hashtags {
			words = append(words, "#"+tag)
		}
		words = append(words, t.Phrases...)
	}
	return strings.Join(words, ", ")
}
