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
const Buckets = 60_000

// ModelTags are the languages of a model, in their order.
func ModelTags() []string { return modelTags }

var modelTags = slices.Concat(modelled[latin], modelled[cyrillic], modelled[arabic])

// firstColumn is where the languages of a script begin among those of the model.
var firstColumn = map[script]int{cyrillic: len(modelled[latin]), arabic: len(modelled[latin]) + len(modelled[cyrillic])}

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

// A tally is what the features of a text say, added up.
type tally struct{ words, names adder }

// add counts the features of a text in a script, and says of how many letters.
func (t *tally) add(m *Model, text string, s script) (letters int) {
	return features(text, s, func(bucket int, name bool) {
		row := m.Weight[bucket*columns:][:columns]
		if name {
			t.names.add(row)
		} else {
			t.words.add(row)
		}
	})
}

// addAll adds another tally.
func (t *tally) addAll(other *tally) {
	t.words.addAll(&other.words)
	t.names.addAll(&other.names)
}

// guesses are the possible languages of what was counted, in a script that the model knows.
func (t *tally) guesses(m *Model, s script) []Guess {
	t.words.flush()
	t.names.flush()
	// A word counts twice a name. The evidence of letter groups that overlap grows
	// with the root of their number.
	norm := m.Scale / math.Sqrt(float64(4*t.words.rows+t.names.rows))
	base := 128 * (2*t.words.rows + t.names.rows)
	guesses := make([]Guess, len(modelled[s]))
	for i, tag := range modelled[s] {
		at := firstColumn[s] + i
		v := 2*int(t.words.total[at]) + int(t.names.total[at]) - base
		guesses[i] = Guess{tag, norm * float64(v)}
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
	open      int // rows that are not in the total yet
	total     [columns]uint32
}

const everyOther = 0x00ff00ff00ff00ff

func (a *adder) add(row []byte) {
	for i := range a.even {
		w := binary.LittleEndian.Uint64(row[8*i:])
		a.even[i] += w & everyOther
		a.odd[i] += w >> 8 & everyOther
	}
	a.rows++
	if a.open++; a.open == 256 {
		a.flush()
	}
}

// addAll adds what another one has counted.
func (a *adder) addAll(other *adder) {
	other.flush()
	for i, n := range other.total {
		a.total[i] += n
	}
	a.rows += other.rows
}

// flush completes the total.
func (a *adder) flush() {
	for i := range a.even {
		for j := range 4 {
			a.total[8*i+2*j] += uint32(a.even[i] >> (16 * j) & 0xffff)
			a.total[8*i+2*j+1] += uint32(a.odd[i] >> (16 * j) & 0xffff)
		}
	}
	a.even, a.odd, a.open = [columns / 8]uint64{}, [columns / 8]uint64{}, 0
}
