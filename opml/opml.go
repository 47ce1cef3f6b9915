// Package opml reads and writes lists of feeds: OPML 2.0, and what programs call that.
package opml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html/charset"
)

// Type is the media type of a document.
const Type = "text/x-opml; charset=utf-8"

// Bounds of what is read; no honest list comes near them.
const (
	mostOutlines = 2000
	mostDepth    = 10 // of outlines in outlines
	mostElements = 32 // of elements of any name in each other
)

// namespace is that of the attributes that OPML has no name for.
const namespace = "urn:samenloop"

// Outline is a feed, or a folder of them.
type Outline struct {
	Title    string // plain text
	Feed     string // its address, as it stands there; empty for a folder
	Site     string // the page it belongs to
	Language string // BCP 47, as the outline says: often a guess of the program that wrote it

	// What only samenloop writes: see post.Source.
	ID, Lock    string // Lock is the operator's Language
	All, Boosts bool
	NoFullText  bool
	Paused      bool

	Outlines []Outline // of a folder
}

// outline is how an Outline is written.
type outline struct {
	XMLName    xml.Name  `xml:"outline"`
	Text       string    `xml:"text,attr"`
	Title      string    `xml:"title,attr,omitempty"`
	Type       string    `xml:"type,attr,omitempty"`
	Feed       string    `xml:"xmlUrl,attr,omitempty"`
	Site       string    `xml:"htmlUrl,attr,omitempty"`
	Language   string    `xml:"language,attr,omitempty"`
	ID         string    `xml:"samenloop:id,attr,omitempty"`
	Lock       string    `xml:"samenloop:language,attr,omitempty"`
	All        bool      `xml:"samenloop:all,attr,omitempty"`
	Boosts     bool      `xml:"samenloop:boosts,attr,omitempty"`
	NoFullText bool      `xml:"samenloop:no_full_text,attr,omitempty"`
	Paused     bool      `xml:"samenloop:paused,attr,omitempty"`
	Outlines   []outline `xml:",omitempty"`
}

// Write makes a document. Texts must be such as XML can carry.
func Write(title string, created time.Time, outlines []Outline) ([]byte, error) {
	type head struct {
		Title   string `xml:"title"`
		Created string `xml:"dateCreated,omitempty"`
	}
	doc := struct {
		XMLName   xml.Name  `xml:"opml"`
		Version   string    `xml:"version,attr"`
		Namespace string    `xml:"xmlns:samenloop,attr"`
		Head      head      `xml:"head"`
		Outlines  []outline `xml:"body>outline"`
	}{Version: "2.0", Namespace: namespace, Head: head{Title: title}, Outlines: written(outlines)}
	if !created.IsZero() {
		doc.Head.Created = created.UTC().Format(time.RFC1123Z)
	}
	body, err := xml.MarshalIndent(doc, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write OPML: %w", err)
	}
	return append([]byte(xml.Header), append(body, '\n')...), nil
}

func written(outlines []Outline) []outline {
	var list []outline
	for _, o := range outlines {
		w := outline{
			Text: o.Title, Feed: o.Feed, Site: o.Site, Language: o.Language,
			ID: o.ID, Lock: o.Lock, All: o.All, Boosts: o.Boosts, NoFullText: o.NoFullText, Paused: o.Paused,
			Outlines: written(o.Outlines),
		}
		if o.Feed != "" {
			w.Title, w.Type = o.Title, "rss"
		}
		list = append(list, w)
	}
	return list
}

// Read gives the feeds of a document in its order, those in folders among the
// others. An error says, in one line, why none of it was taken.
func Read(text []byte) ([]Outline, error) {
	d := xml.NewDecoder(bytes.NewReader(text))
	d.Strict = false // an address with a bare "&" is what many write
	d.Entity = xml.HTMLEntity
	d.CharsetReader = charset.NewReaderLabel
	var (
		feeds           []Outline
		root            bool
		elements, depth int
		outlines        int
	)
	for {
		token, err := d.Token()
		switch {
		case err == io.EOF && root:
			return feeds, nil
		case err == io.EOF:
			return nil, errors.New("it is not OPML: there is nothing in it")
		case err != nil:
			if !root {
				return nil, errors.New("it is not OPML, nor XML")
			}
			return nil, fmt.Errorf("it is cut off or broken: %w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			name := strings.ToLower(t.Name.Local)
			if !root && name != "opml" {
				return nil, fmt.Errorf("it is not OPML: it begins with <%.40s>", t.Name.Local)
			}
			root = true
			elements++
			if name == "outline" {
				depth++
				outlines++
				if o := read(t.Attr); o.Feed != "" {
					feeds = append(feeds, o)
				}
			}
			switch {
			case depth > mostDepth || elements > mostElements:
				return nil, fmt.Errorf("its outlines stand in each other more than %d deep", mostDepth)
			case outlines > mostOutlines:
				return nil, fmt.Errorf("it has more than %d outlines: split it", mostOutlines)
			}
		case xml.EndElement:
			elements--
			if strings.EqualFold(t.Name.Local, "outline") {
				depth--
			}
		case xml.CharData:
			if !root && len(bytes.TrimSpace(bytes.TrimPrefix(t, []byte("\ufeff")))) > 0 {
				return nil, errors.New("it is not OPML, nor XML")
			}
		}
	}
}

// read takes the attributes of an outline, in whatever case they are written.
func read(attributes []xml.Attr) Outline {
	var o Outline
	var text string
	for _, a := range attributes {
		value := strings.TrimSpace(a.Value)
		yes, _ := strconv.ParseBool(value)
		if a.Name.Space == namespace {
			switch a.Name.Local {
			case "id":
				o.ID = value
			case "language":
				o.Lock = value
			case "all":
				o.All = yes
			case "boosts":
				o.Boosts = yes
			case "no_full_text":
				o.NoFullText = yes
			case "paused":
				o.Paused = yes
			}
			continue
		}
		switch strings.ToLower(a.Name.Local) {
		case "text":
			text = value
		case "title":
			o.Title = value
		case "xmlurl":
			o.Feed = value
		case "htmlurl":
			o.Site = value
		case "language":
			o.Language = value
		}
	}
	if o.Title == "" {
		o.Title = text
	}
	return o
}
