package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode"

	"samenloop/i18n"
)

// words are those of a language, each with how often it is used. What the model
// sees of a text is a bag of words, so that words drawn from them are as good as
// a text, and of more subjects than any text.
type words struct {
	all  []string
	upTo []float64 // how often all words up to this one are used
	most float64   // how much of a sample may be drawn: little where nobody counted
}

// uncounted is the share of a sample that words have of which only the spelling is known.
const uncounted = 0.3

func (w *words) add(word string, weight float64) {
	if !strings.ContainsFunc(word, unicode.IsLetter) || strings.ContainsAny(word, "@#/") {
		return
	}
	if len(w.upTo) > 0 {
		weight += w.upTo[len(w.upTo)-1]
	}
	w.all, w.upTo = append(w.all, word), append(w.upTo, weight)
}

// draw is a word, the likelier the more it is used.
func (w *words) draw(random *rand.Rand) string {
	return w.all[sort.SearchFloat64s(w.upTo, random.Float64()*w.upTo[len(w.upTo)-1])]
}

// wordsOf are those of a language, made where there are none yet; nil where the model does not know it.
func (c *corpus) wordsOf(tag string, most float64) *words {
	if tag == "" || !slices.Contains(i18n.ModelTags(), tag) {
		return nil
	}
	if c.words[tag] == nil {
		c.words[tag] = &words{most: most}
	}
	return c.words[tag]
}

// counts reads a list "word count" (TAG_50k.txt, TAG_full.txt), or one without counts (TAG_words.txt).
func (c *corpus) counts(path string, data []byte) error {
	tag, kind, _ := strings.Cut(strings.TrimSuffix(filepath.Base(path), ".txt"), "_")
	bare := kind == "words"
	most := 1.0
	if bare {
		most = uncounted
	} else if kind != "50k" && kind != "full" {
		return nil
	}
	w := c.wordsOf(tagOf(tag), most)
	if w == nil {
		return nil
	}
	for line := range strings.Lines(string(data)) {
		word, n, _ := strings.Cut(strings.TrimSpace(line), " ")
		count, err := strconv.ParseFloat(n, 64)
		if bare {
			count, err = 1, nil
		}
		if err == nil && count > 1 || bare {
			w.add(word, count)
		}
	}
	return nil
}

// frequencies reads a list of wordfreq (large_TAG.msgpack.gz): an array in
// MessagePack, of a head and then, for each centibel, the words that are so much
// rarer than all words together.
func (c *corpus) frequencies(path string, data []byte) error {
	_, tag, _ := strings.Cut(strings.TrimSuffix(filepath.Base(path), ".msgpack.gz"), "_")
	w := c.wordsOf(tagOf(tag), 1)
	if w == nil {
		return nil
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return err
	}
	r := bufio.NewReader(z)
	n, err := readHead(r, 0x90, 0xdc)
	if err != nil {
		return err
	}
	if err := skipMap(r); err != nil {
		return err
	}
	for centibel := range n - 1 {
		many, err := readHead(r, 0x90, 0xdc)
		if err != nil {
			return err
		}
		for range many {
			word, err := readString(r)
			if err != nil {
				return err
			}
			w.add(word, math.Pow(10, -float64(centibel)/100))
		}
	}
	return nil
}

var errMessagePack = errors.New("it is not laid out as a list of wordfreq")

// readHead reads how many elements follow: in the low bits of one byte that is
// small|n, or in two or four bytes after long or long+1.
func readHead(r *bufio.Reader, small, long byte) (int, error) {
	b, err := r.ReadByte()
	if err != nil {
		return 0, err
	}
	switch {
	case b&0xf0 == small:
		return int(b & 0x0f), nil
	case b == long:
		var n uint16
		err = binary.Read(r, binary.BigEndian, &n)
		return int(n), err
	case b == long+1:
		var n uint32
		err = binary.Read(r, binary.BigEndian, &n)
		return int(n), err
	}
	return 0, errMessagePack
}

func readString(r *bufio.Reader) (string, error) {
	b, err := r.ReadByte()
	if err != nil {
		return "", err
	}
	n := int(b & 0x1f)
	switch {
	case b&0xe0 == 0xa0:
	case b == 0xd9:
		l, err := r.ReadByte()
		if err != nil {
			return "", err
		}
		n = int(l)
	default:
		return "", errMessagePack
	}
	s := make([]byte, n)
	_, err = io.ReadFull(r, s)
	return string(s), err
}

// skipMap skips the head of a list: two keys, with a text and a number of one byte.
func skipMap(r *bufio.Reader) error {
	n, err := readHead(r, 0x80, 0xde)
	for range n {
		if _, err = readString(r); err != nil {
			return err
		}
		if b, err := r.Peek(1); err == nil && b[0] < 0x80 {
			r.Discard(1)
		} else if _, err = readString(r); err != nil {
			return err
		}
	}
	return err
}
