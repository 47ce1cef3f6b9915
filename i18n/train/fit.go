package main

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"samenloop/i18n"
)

// How the model is fitted. A sample is a piece of text as short as a title or as
// long as a few sentences.
const (
	samplesPerRound = 6000 // a language
	rounds          = 12
	rate            = 0.25
	shortest        = 12 // letters
	longest         = 240
)

// seldom are languages that are met far less than a neighbour that is easily
// taken for them: of those the model sees one sample in so many, and so wants to be surer.
var seldom = map[string]int{"gl": 6, "oc": 6, "nn": 3, "lb": 3, "eo": 3, "be": 3, "mk": 2, "af": 2}

// A bag is what the model sees of a text, its language, and which it could be.
type bag struct {
	buckets []int
	values  []float32
	right   int
	could   []bool
}

// bagger makes bags.
type bagger struct {
	tags   []string
	counts []float32 // by bucket; empty between two bags
}

func (g *bagger) bag(text string, right int) *bag {
	b := &bag{right: right, could: make([]bool, len(g.tags))}
	n := 0.0
	possible := i18n.Features(text, func(bucket int, name bool) {
		if g.counts[bucket] == 0 {
			b.buckets = append(b.buckets, bucket)
		}
		if name {
			g.counts[bucket]++
			n++
		} else {
			g.counts[bucket] += 2
			n += 4
		}
	})
	for i, tag := range g.tags {
		b.could[i] = slices.Contains(possible, tag)
	}
	b.values = make([]float32, len(b.buckets))
	for i, bucket := range b.buckets {
		b.values[i] = g.counts[bucket] / float32(math.Sqrt(n))
		g.counts[bucket] = 0
	}
	if !b.could[right] {
		return nil
	}
	return b
}

// sample cuts a piece of about so many letters out of the texts of a language,
// some of its words drawn from those that were counted.
func sample(texts []string, counted *words, letters int, random *rand.Rand) string {
	share := 0.0
	if counted != nil {
		share = counted.most * random.Float64()
	}
	var piece []string
	for length := 0; length < letters; {
		more := strings.Fields(texts[random.IntN(len(texts))])
		if len(piece) == 0 && len(more) > 3 && random.IntN(2) == 0 {
			more = more[random.IntN(len(more)-2):]
		}
		for _, w := range more {
			if share > 0 && random.Float64() < share {
				w = counted.draw(random)
			}
			if piece = append(piece, w); length >= letters {
				break
			}
			length += len([]rune(w)) + 1
		}
	}
	return strings.Join(piece, " ")
}

// fit is multinomial logistic regression by stochastic gradient descent
// (AdaGrad). The same texts give the same model.
func fit(c *corpus, progress io.Writer) *i18n.Model {
	tags, texts := i18n.ModelTags(), c.texts()
	bags := make(chan *bag, 1000)
	go func() {
		bagger := bagger{tags, make([]float32, i18n.Buckets)}
		random := rand.New(rand.NewPCG(1, 1))
		for n := range rounds * samplesPerRound {
			for _, i := range random.Perm(len(tags)) {
				if seldom[tags[i]] > 0 && n%seldom[tags[i]] > 0 {
					continue
				}
				letters := shortest * math.Pow(float64(longest)/shortest, random.Float64())
				if b := bagger.bag(sample(texts[tags[i]], c.words[tags[i]], int(letters), random), i); b != nil {
					bags <- b
				}
			}
		}
		close(bags)
	}()
	f := &fitter{columns: len(tags), weights: make([]float32, i18n.Buckets*len(tags)), squares: make([]float32, i18n.Buckets*len(tags))}
	n, loss, perRound := 0, 0.0, samplesPerRound*len(tags)
	for b := range bags {
		loss += f.step(b)
		if n++; n%perRound == 0 {
			fmt.Fprintf(progress, "%d samples: loss %.4f\n", n, loss/float64(perRound))
			loss = 0
		}
	}
	return quantise(tags, f.weights)
}

type fitter struct {
	columns          int
	weights, squares []float32 // [bucket * columns + language]
}

// step learns from one sample, and says how much it was surprised.
func (f *fitter) step(b *bag) (loss float64) {
	scores := make([]float32, f.columns)
	for k, bucket := range b.buckets {
		v := b.values[k]
		for i, w := range f.weights[bucket*f.columns:][:f.columns] {
			scores[i] += w * v
		}
	}
	best, total := scores[b.right], 0.0
	for i, s := range scores {
		if b.could[i] {
			best = max(best, s)
		}
	}
	chance := make([]float64, f.columns)
	for i, s := range scores {
		if b.could[i] {
			chance[i] = math.Exp(float64(s - best))
			total += chance[i]
		}
	}
	for i := range chance {
		gradient := float32(chance[i] / total)
		if i == b.right {
			loss = -math.Log(max(float64(gradient), 1e-9))
			gradient--
		}
		if gradient < 1e-3 && gradient > -1e-3 {
			continue // nothing to learn
		}
		for k, bucket := range b.buckets {
			g, at := gradient*b.values[k], bucket*f.columns+i
			f.squares[at] += g * g
			f.weights[at] -= rate * g / (float32(math.Sqrt(float64(f.squares[at]))) + 1e-3)
		}
	}
	return loss
}

// quantise makes bytes of the weights. The few that are larger than most are cut off.
func quantise(tags []string, weights []float32) *i18n.Model {
	var sizes []float32
	for _, w := range weights {
		if w != 0 {
			sizes = append(sizes, max(w, -w))
		}
	}
	slices.Sort(sizes)
	scale := float64(sizes[len(sizes)*9995/10000]) / 127
	m := &i18n.Model{Tags: tags, Scale: scale, Weight: make([]byte, len(weights))}
	for i, w := range weights {
		m.Weight[i] = byte(128 + max(-127, min(127, math.Round(float64(w)/scale))))
	}
	return m
}
