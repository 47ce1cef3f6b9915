package i18n

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
)

// modelled are the languages that the model tells apart, by their script.
var modelled = map[script][]string{
	latin: strings.Fields(`nl en fy de fr af li nds da sv nb nn is es ca gl pt it oc ro pl cs sk sl hr hu fi et lv lt tr
		eu cy ga lb sq id vi eo`),
	cyrillic: strings.Fields("bg uk ru be mk sr"),
	arabic:   strings.Fields("ar fa ur"),
}

// A Model is a linear classifier: a weight for every bucket and language, in a byte.
//
// As a file it is a line of text, "samenloop languages 1", a line with the scale,
// a line with the tags of its languages, and then, for each bucket, a byte a
// language: its weight / scale + 128. The languages are a multiple of 8.
type Model struct {
	Tags   []string
	Scale  float64
	Weight []byte // [bucket * len(Tags) + language]
}

const modelHead = "samenloop languages 1\n"

// Buckets is how many features the model tells apart.
const Buckets = 1 << bucketBits

// ModelTags are the languages of a model, in their order.
func ModelTags() []string { return modelTags }

var modelTags = slices.Concat(modelled[latin], modelled[cyrillic], modelled[arabic])

// Bytes is the model as a file.
func (m *Model) Bytes() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s%g\n%s\n", modelHead, m.Scale, strings.Join(m.Tags, " "))
	b.Write(m.Weight)
	return b.Bytes()
}

// ReadModel reads what Bytes wrote. The model keeps data.
func ReadModel(data []byte) (*Model, error) {
	rest, ok := bytes.CutPrefix(data, []byte(modelHead))
	scale, rest, ok2 := bytes.Cut(rest, []byte("\n"))
	tags, weights, ok3 := bytes.Cut(rest, []byte("\n"))
	m := &Model{Tags: strings.Fields(string(tags)), Weight: weights}
	_, err := fmt.Sscan(string(scale), &m.Scale)
	if !ok || !ok2 || !ok3 || err != nil || len(m.Tags) != columns || !slices.Equal(m.Tags, ModelTags()) || len(weights) != Buckets*len(m.Tags) {
		return nil, errors.New("read the language model: it was made for other languages or is damaged: make it anew with i18n/train")
	}
	return m, nil
}

//go:embed model/languages.model
var embedded []byte

// theModel is compiled in, and a test reads it: a mistake in it is not for a caller to handle.
var theModel = sync.OnceValue(func() *Model {
	m, err := ReadModel(embedded)
	if err != nil {
		panic(err)
	}
	return m
})

// classify gives the possible languages of a text in a script that the model knows.
func (m *Model) classify(text string, s script) []Guess {
	guesses := make([]Guess, 0, len(modelled[s]))
	var words, names adder
	features(text, s, func(bucket int, name bool) {
		row := m.Weight[bucket*columns:][:columns]
		if name {
			names.add(row)
		} else {
			words.add(row)
		}
	})
	words.flush()
	names.flush()
	// A word counts twice a name. The evidence of letter groups that overlap grows
	// with the root of their number.
	norm := m.Scale / math.Sqrt(float64(4*words.rows+names.rows))
	base := 128 * (2*words.rows + names.rows)
	for i, tag := range m.Tags {
		if slices.Contains(modelled[s], tag) {
			v := 2*int(words.total[i]) + int(names.total[i]) - base
			guesses = append(guesses, Guess{tag, norm * float64(v)})
		}
	}
	normalise(guesses)
	return guesses
}

// normalise turns scores into the logarithms of probabilities that add up to 1, best first.
func normalise(guesses []Guess) {
	slices.SortStableFunc(guesses, func(a, b Guess) int { return cmp.Compare(b.LogP, a.LogP) })
	total, best := 0.0, guesses[0].LogP
	for _, g := range guesses {
		total += math.Exp(g.LogP - best)
	}
	for i := range guesses {
		guesses[i].LogP -= best + math.Log(total)
	}
}

// columns is how many languages the model has.
const columns = 48

// adder adds rows of bytes, eight at a time: each byte of a row has sixteen bits
// of a word to itself, so that 256 rows fit before a carry could spill.
type adder struct {
	even, odd [columns / 8]uint64
	rows      int
	total     [columns]uint32
}

const everyOther = 0x00ff00ff00ff00ff

func (a *adder) add(row []byte) {
	for i := range a.even {
		w := binary.LittleEndian.Uint64(row[8*i:])
		a.even[i] += w & everyOther
		a.odd[i] += w >> 8 & everyOther
	}
	if a.rows++; a.rows%256 == 0 {
		a.flush()
	}
}

// flush completes the total.
func (a *adder) flush() {
	for i := range a.even {
		for j := range 4 {
			a.total[8*i+2*j] += uint32(a.even[i] >> (16 * j) & 0xffff)
			a.total[8*i+2*j+1] += uint32(a.odd[i] >> (16 * j) & 0xffff)
		}
	}
	a.even, a.odd = [columns / 8]uint64{}, [columns / 8]uint64{}
}
