package feeds

import (
	"bytes"
	"cmp"
	"encoding/json"

	gorilla "github.com/gorilla/feeds"

	"samenloop/post"
)

type jsonFeed struct {
	gorilla.JSONFeed
	Items []jsonItem `json:"items"` // there even when empty
}

type jsonItem struct {
	gorilla.JSONItem
	Published   string           `json:"date_published"`
	Modified    string           `json:"date_modified"`
	Language    string           `json:"language"`
	Attachments []jsonAttachment `json:"attachments,omitempty"`
	Samenloop   jsonExtension    `json:"_samenloop"`
}

type jsonAttachment struct {
	URL  string `json:"url"`
	Type string `json:"mime_type"`
	Size int64  `json:"size_in_bytes,omitempty"`
}

// jsonExtension is what JSON Feed has no words for. Feed.About documents it.
type jsonExtension struct {
	About        string            `json:"about,omitempty"`
	Source       jsonSource        `json:"source"`
	Story        string            `json:"story"`
	Seq          int64             `json:"seq"`
	Translations []jsonTranslation `json:"translations,omitempty"`
	Discussions  []jsonDiscussion  `json:"discussions,omitempty"`
	Backfill     bool              `json:"backfill,omitempty"`
}

type jsonSource struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	URL   string `json:"url"` // its page, else its feed, else as the operator gave it
}

type jsonTranslation struct {
	ID       string `json:"id"`
	Language string `json:"language"`
	Title    string `json:"title"`
	URL      string `json:"url"`
}

type jsonDiscussion struct {
	URL      string `json:"url"`
	Title    string `json:"title,omitempty"`
	Author   string `json:"author,omitempty"`
	Language string `json:"language,omitempty"`
}

// renderJSON writes JSON Feed 1.1.
func renderJSON(f Feed) ([]byte, error) {
	out := jsonFeed{
		JSONFeed: gorilla.JSONFeed{
			Version:     "https://jsonfeed.org/version/1.1",
			Title:       xmlText(f.Title),
			Language:    hreflang(f.Language),
			HomePageUrl: xmlText(f.Home),
			FeedUrl:     xmlText(f.URL("json")),
			Description: xmlText(f.Description),
			NextUrl:     xmlText(f.Next("json")),
		},
		Items: []jsonItem{},
	}
	for _, it := range f.items() {
		out.Items = append(out.Items, newJSONItem(it, xmlText(f.About)))
	}
	return writeJSON(out)
}

// writeJSON writes JSON for programs that people look over the shoulder of.
func writeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func newJSONItem(it item, about string) jsonItem {
	j := jsonItem{
		JSONItem: gorilla.JSONItem{
			Id:          it.id,
			Url:         it.url,
			Title:       it.title,
			ContentHTML: it.html,
			ContentText: it.text(),
			Summary:     it.summary,
			Authors:     jsonAuthors(it.authors),
		},
		Published: rfc3339(it.published),
		Modified:  rfc3339(it.updated),
		Language:  it.language,
		Samenloop: jsonExtension{
			About:    about,
			Source:   jsonSource{it.source.id, it.source.title, cmp.Or(it.source.page, it.source.url)},
			Story:    it.story,
			Seq:      it.seq,
			Backfill: it.backfill,
		},
	}
	for _, t := range it.tags {
		j.Tags = append(j.Tags, t.term)
	}
	for _, x := range it.enclosures {
		j.Attachments = append(j.Attachments, jsonAttachment{x.URL, mediaType(x), max(x.Length, 0)})
	}
	for _, t := range it.translations {
		j.Samenloop.Translations = append(j.Samenloop.Translations, jsonTranslation(t))
	}
	for _, d := range it.discussions {
		j.Samenloop.Discussions = append(j.Samenloop.Discussions, jsonDiscussion(d))
	}
	return j
}

func jsonAuthors(authors []post.Author) []*gorilla.JSONAuthor {
	var out []*gorilla.JSONAuthor
	for _, a := range authors {
		out = append(out, &gorilla.JSONAuthor{Name: a.Name, Url: a.URL})
	}
	return out
}
