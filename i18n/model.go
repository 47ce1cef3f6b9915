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
var modelled = [scriptCount][]string{
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
var firstColumn = [scriptCount]int{cyrillic: len(modelled[latin]), arabic: len(modelled[latin]) + len(modelled[cyrillic])}

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

// A tally is what the features of a text say, added up: those of words count twice those of names.
type tally struct {
	total   [columns]int
	squares int // of what each feature counts
}

// How much of a text is read, in bytes: of a longer one every second, fourth … word, that
// it is no more than enough, and twice as much as long as that leaves a doubt.
const (
	enough  = 200
	noDoubt = 0.995
)

// A part of a text is one line, or all of it, and what was read of it so far.
type part struct {
	first, end int // of the words of the text, those that are its own
	every      int // of its words one is read; 0 before any was
	tally
	letters int
}

// read reads some of its words in a script, then as many again. It reports false where
// all were read before.
func (p *part) read(text string, words []word, s script) bool {
	words = words[p.first:p.end]
	from, step := 0, 1
	switch {
	case p.every == 1 || len(words) == 0:
		return false
	case p.every == 0:
		for extent(words)/step > enough {
			step *= 2
		}
		p.every = step
	default:
		from, step = p.every/2, p.every
		p.every = from
	}
	a := adder{model: theModel(), tally: &p.tally}
	p.letters += eachWord(text, words, s, from, step, a.add)
	a.sum(&a.words, 2)
	a.sum(&a.names, 1)
	return true
}

// all is its tally, and about how many letters it has: words that are not read count
// as those that are.
func (p *part) all() (t tally, letters int) {
	t = p.tally
	for i := range t.total {
		t.total[i] *= p.every
	}
	t.squares *= p.every
	return t, p.letters * p.every
}

// add adds another tally.
func (t *tally) add(other *tally) {
	for i, n := range other.total {
		t.total[i] += n
	}
	t.squares += other.squares
}

// guesses are the possible languages of what was counted, in a script that the model knows.
func (t *tally) guesses(s script) []Guess {
	guesses, unit := make([]Guess, len(modelled[s])), t.unit()
	for i, tag := range modelled[s] {
		guesses[i] = Guess{tag, unit * float64(t.total[firstColumn[s]+i])}
	}
	normalise(guesses)
	return guesses
}

// unit is what a count is worth: the evidence of letter groups that overlap grows with
// the root of their number.
func (t *tally) unit() float64 { return theModel().Scale / math.Sqrt(float64(t.squares)) }

// best is the first of the guesses, and its probability: a line is asked for no more.
func (t *tally) best(s script) (tag string, p float64) {
	counts, first := t.total[firstColumn[s]:][:len(modelled[s])], 0
	for i, n := range counts {
		if n > counts[first] {
			first = i
		}
	}
	total, unit := 0.0, t.unit()
	for _, n := range counts {
		total += math.Exp(unit * float64(n-counts[first]))
	}
	return modelled[s][first], 1 / total
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

// An adder adds rows of a model to a tally, many together: they are far apart in
// memory, and so they are on their way at the same time.
type adder struct {
	*tally
	model        *Model
	words, names batch
}

// A batch is buckets that are not in the total yet: how many is n.
type batch struct {
	buckets [mostAtOnce]uint32
	n       int
}

const (
	mostAtOnce = 256 // bytes that add up to less than 1<<16
	everyOther = 0x00ff00ff00ff00ff
)

// add counts the features of a word. A word counts twice a name.
func (a *adder) add(word []rune, name bool) {
	to, times := &a.words, 2
	if name {
		to, times = &a.names, 1
	}
	to.n = len(appendFeatures(to.buckets[:to.n], word))
	if to.n > mostAtOnce-mostFeatures {
		a.sum(to, times)
	}
}

// sum completes the total, eight columns at a time: every other byte of a row has
// sixteen bits of a word to itself, so that no carry spills; what the odd ones
// leave of the whole is the even ones.
func (a *adder) sum(b *batch, times int) {
	var whole, odd [columns / 8]uint64
	for _, bucket := range b.buckets[:b.n] {
		row := a.model.Weight[int(bucket)*columns:][:columns]
		for i := range whole {
			w := binary.LittleEndian.Uint64(row[8*i:])
			whole[i] += w
			odd[i] += w >> 8 & everyOther
		}
	}
	for i := range whole {
		even := whole[i] - odd[i]<<8
		for j := range 4 {
			a.total[8*i+2*j] += times * int(even>>(16*j)&0xffff)
			a.total[8*i+2*j+1] += times * int(odd[i]>>(16*j)&0xffff)
		}
	}
	a.squares += times * times * b.n
	b.n = 0
}
