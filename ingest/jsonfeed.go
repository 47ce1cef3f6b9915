package ingest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"samenloop/post"
)

// Limits of a JSON document.
const (
	maxJSONDepth  = 200
	maxJSONValues = 150_000
)

// jsonObject is a JSON document of which the items are still to be read: one
// of a wrong shape costs no other.
type jsonObject struct {
	fields map[string]json.RawMessage // without items
	items  []json.RawMessage
	listed bool  // "items" is there, and is an array
	broken error // where the document could not be read on
}

// readJSONObject takes a JSON object apart. What comes before a mistake is kept.
func readJSONObject(text []byte) (*jsonObject, error) {
	text, err := boundedJSON(text)
	if err != nil {
		return nil, err
	}
	o := &jsonObject{fields: map[string]json.RawMessage{}}
	d := json.NewDecoder(bytes.NewReader(text))
	d.Token() // {
	for d.More() {
		key, err := d.Token()
		name, ok := key.(string)
		if err == nil && ok && name == "items" {
			err = o.readItems(d)
		} else if err == nil {
			var value json.RawMessage
			if err = d.Decode(&value); err == nil {
				o.fields[name] = value
			}
		}
		if err != nil {
			o.broken = err
			return o, nil
		}
	}
	if _, err := d.Token(); err != nil {
		o.broken = err
	}
	return o, nil
}

func (o *jsonObject) readItems(d *json.Decoder) error {
	open, err := d.Token()
	if err != nil {
		return err
	}
	if open != json.Delim('[') {
		if open == json.Delim('{') {
			return errors.New("items is an object, not a list")
		}
		return nil
	}
	o.listed = true
	for d.More() {
		var item json.RawMessage
		if err := d.Decode(&item); err != nil {
			return err
		}
		o.items = append(o.items, item)
	}
	_, err = d.Token()
	return err
}

// boundedJSON holds a document to the limits, and escapes the line ends and
// tabs that stand bare in strings; other control characters go.
func boundedJSON(text []byte) ([]byte, error) {
	depth, values, bare := 0, 1, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '{', '[':
			if depth++; depth > maxJSONDepth {
				return nil, beyond(0, fmt.Sprintf("JSON nested more than %d deep", maxJSONDepth))
			}
			values++
		case '}', ']':
			depth--
		case ',':
			values++
		case '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				} else if text[i] < ' ' {
					bare++
				}
			}
		}
	}
	if values > maxJSONValues {
		return nil, beyond(0, fmt.Sprintf("more than %d JSON values", maxJSONValues))
	}
	if bare == 0 {
		return text, nil
	}
	out := make([]byte, 0, len(text)+bare)
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && quoted && i+1 < len(text):
			out = append(out, c, text[i+1])
			i++
		case quoted && c < ' ':
			if escaped := strings.IndexByte("\n\r\t", c); escaped >= 0 {
				out = append(out, '\\', "nrt"[escaped])
			}
		default:
			if c == '"' {
				quoted = !quoted
			}
			out = append(out, c)
		}
	}
	return out, nil
}

// jsonText is a string wherever one can be had: a number is taken as it is
// written, anything else is "".
type jsonText string

func (t *jsonText) UnmarshalJSON(raw []byte) error {
	*t = ""
	switch c := raw[0]; {
	case c == '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return err
		}
		*t = jsonText(carriable(s))
	case c == '-' || isDigit(c):
		*t = jsonText(raw)
	}
	return nil
}

// jsonList is a list of T, one T alone, or nothing. What is no T is left out.
type jsonList[T any] []T

func (l *jsonList[T]) UnmarshalJSON(raw []byte) error {
	*l = nil
	var elements []json.RawMessage // not raw itself: decoding would write into the document
	if raw[0] != '[' {
		elements = append(elements, raw)
	} else if err := json.Unmarshal(raw, &elements); err != nil {
		return err
	}
	for _, element := range elements {
		var v T
		if string(element) != "null" && json.Unmarshal(element, &v) == nil {
			*l = append(*l, v)
		}
	}
	return nil
}

// jsonTags is a list of tags, or one string with commas.
type jsonTags []string

func (t *jsonTags) UnmarshalJSON(raw []byte) error {
	var list jsonList[jsonText]
	if err := list.UnmarshalJSON(raw); err != nil {
		return err
	}
	*t = nil
	for _, tag := range list {
		if raw[0] == '"' {
			*t = append(*t, strings.SplitN(string(tag), ",", tagsRead+1)...)
		} else {
			*t = append(*t, string(tag))
		}
	}
	return nil
}

type jsonAuthor struct{ Name, URL jsonText }

func (a *jsonAuthor) UnmarshalJSON(raw []byte) error {
	*a = jsonAuthor{}
	if raw[0] == '"' {
		return a.Name.UnmarshalJSON(raw)
	}
	type plain jsonAuthor
	return json.Unmarshal(raw, (*plain)(a))
}

type jsonHead struct {
	Version  jsonText
	Title    jsonText
	HomePage jsonText `json:"home_page_url"`
	FeedURL  jsonText `json:"feed_url"`
	Language jsonText
	Authors  jsonList[jsonAuthor]
	Author   jsonList[jsonAuthor] // 1.0
}

type jsonItem struct {
	ID            jsonText
	URL           jsonText
	ExternalURL   jsonText `json:"external_url"`
	Title         jsonText
	ContentHTML   jsonText `json:"content_html"`
	ContentText   jsonText `json:"content_text"`
	Summary       jsonText
	DatePublished jsonText `json:"date_published"`
	DateModified  jsonText `json:"date_modified"`
	Language      jsonText
	Tags          jsonTags
	Authors       jsonList[jsonAuthor]
	Author        jsonList[jsonAuthor] // 1.0
	Attachments   jsonList[struct {
		URL  jsonText
		Type jsonText `json:"mime_type"`
		Size jsonText `json:"size_in_bytes"`
	}]
}

func (o *jsonObject) text(name string) string {
	var t jsonText
	if raw := o.fields[name]; raw == nil || json.Unmarshal(raw, &t) != nil {
		return ""
	}
	return string(t)
}

func knowsJSONFeed(in *feedInput) bool {
	o := in.json
	return o != nil && (strings.Contains(o.text("version"), "jsonfeed.org/") ||
		o.listed && (o.text("title") != "" || o.text("feed_url") != "" || o.text("home_page_url") != ""))
}

// readJSONFeed reads JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/)
// by structs of our own: common mistakes cost the field that they are in.
func readJSONFeed(in *feedInput) (*Document, error) {
	raw, err := json.Marshal(in.json.fields)
	if err != nil {
		return nil, fmt.Errorf("read JSON Feed: %w", err)
	}
	var head jsonHead
	if err := json.Unmarshal(raw, &head); err != nil {
		return nil, fmt.Errorf("read JSON Feed: %w", err)
	}
	_, version, _ := strings.Cut(string(head.Version), "/version/")
	if version == "1" {
		version = "1.0"
	}
	doc := &Document{
		Format:   xmlFormat("JSON Feed", version),
		Title:    lineOfText(string(head.Title)),
		SiteURL:  httpURL(in.url, string(head.HomePage)),
		Language: firstText(string(head.Language)),
	}
	base := cmp.Or(in.url, httpURL("", string(head.FeedURL)), doc.SiteURL)
	authors := jsonAuthors(append(head.Authors, head.Author...), base)
	for i, raw := range in.json.items {
		if i == maxEntries {
			doc.Lost = append(doc.Lost, lostBeyond(len(in.json.items)-i))
			break
		}
		var item jsonItem
		if err := json.Unmarshal(raw, &item); err != nil || raw[0] != '{' {
			doc.Lost = append(doc.Lost, lostEntry(i+1, "", 0, "it is no JSON object"))
			continue
		}
		e := jsonEntry(&item, base)
		if saysNothing(&e) {
			doc.Lost = append(doc.Lost, lostEntry(i+1, "", 0, nothingSaid))
			continue
		}
		if len(e.Authors) == 0 {
			e.Authors = authors
		}
		doc.Entries = append(doc.Entries, e)
	}
	if in.json.broken != nil {
		doc.Torn = true
		doc.Lost = append(doc.Lost, fmt.Sprintf("the document cannot be read on after entry %d: %v", len(in.json.items), in.json.broken))
	}
	return doc, nil
}

func jsonEntry(item *jsonItem, base string) Entry {
	e := Entry{
		ID:        string(item.ID),
		URL:       cmp.Or(httpURL(base, string(item.URL)), httpURL(base, string(item.ExternalURL)), httpURL("", string(item.ID))),
		Title:     lineOfText(string(item.Title)),
		Content:   strings.TrimSpace(string(item.ContentHTML)),
		Published: parseDate(string(item.DatePublished)),
		Updated:   parseDate(string(item.DateModified)),
		Language:  firstText(string(item.Language)),
		Tags:      plainTags(item.Tags),
		Authors:   jsonAuthors(append(item.Authors, item.Author...), base),
	}
	if e.Published.IsZero() {
		e.Published = e.Updated
	}
	if e.Language != "" {
		e.LanguageFrom = "language"
	}
	summary := paragraphs(string(item.Summary))
	e.Content = cmp.Or(e.Content, paragraphs(string(item.ContentText)))
	if e.Content != "" {
		e.Summary, e.Whole = summary, looksWhole(e.Content)
	} else {
		e.Content, e.Whole = summary, summaryLooksWhole(summary)
	}
	e.Base = cmp.Or(e.URL, base) // the page that the HTML was made for
	for _, a := range item.Attachments {
		e.Enclosures = addEnclosure(e.Enclosures, post.Enclosure{URL: httpURL(base, string(a.URL)), Type: strings.TrimSpace(string(a.Type)), Length: byteCount(string(a.Size))})
	}
	return e
}

func jsonAuthors(list []jsonAuthor, base string) []post.Author {
	var authors []post.Author
	for _, a := range list {
		authors = addAuthor(authors, authorName(string(a.Name)), httpURL(base, string(a.URL)))
	}
	return authors
}
