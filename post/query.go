package post

import (
	"time"

	"samenloop/i18n"
)

// Query selects editions for a feed or a page, newest first (Edition.Sort). The
// zero value asks for everything: every story by its one main edition.
type Query struct {
	Language string // base language: the editions in that language; empty: the main edition of each story
	Others   bool   // with a language: also the stories that have no edition in it, by their main edition
	Topic    string // Topic.ID
	Source   string // Source.ID of a post of the story
	Story    string // Story.ID, or the Edition.ID of one of its editions: one story, not a feed
	Search   string // only those with all of these words
	Before   Cursor // only what comes after this in the feed
	Limit    int
}

// Cursor is a place in a feed that does not shift when new editions arrive. The zero Cursor is the top.
type Cursor struct {
	Sort time.Time // of the last edition before the place, to the millisecond
	Row  int64     // its row, where dates are equal
}

// StoryList stands for every single story, as a feed that all of them are in:
// what changes one counts as a change of each.
const StoryList = "story"

// List names the feed that a query asks for. An edition stands in the lists that
// Lists gives.
func (q Query) List() string {
	switch {
	case q.Story != "":
		return StoryList
	case q.Source != "":
		return "source/" + q.Source
	case q.Topic != "" && q.Language != "":
		return q.Language + "/topic/" + q.Topic
	case q.Topic != "":
		return "topic/" + q.Topic
	}
	return q.Language
}

// Lists are the feeds that an edition of the story stands in: one language's,
// each topic's and, for the story's main edition, those of all languages.
func (p StoryPlan) Lists(e EditionPlan) []string {
	if e.Retracted != "" {
		return nil
	}
	language := i18n.Base(e.Language)
	lists := []string{Query{Language: language}.List()}
	if e.Main {
		lists = append(lists, Query{}.List())
	}
	for _, t := range p.Topics {
		if t == "" { // everything of a source: no topic of the site
			continue
		}
		lists = append(lists, Query{Language: language, Topic: t}.List())
		if e.Main {
			lists = append(lists, Query{Topic: t}.List())
		}
	}
	for _, s := range e.Sources {
		lists = append(lists, Query{Source: s}.List())
	}
	return lists
}
