package post

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestSimilarity(t *testing.T) {
	_, text := article(t)
	words := strings.Fields(text)
	for _, c := range []struct {
		name, a, b string
		min, max   float64
	}{
		{"the same", text, strings.ToUpper(text), 1, 1},
		{"a corrected word", text, strings.Replace(text, words[40], "verbeterd", 1), 0.95, 0.999},
		{"the first half", text, strings.Join(words[:len(words)/2], " "), 0.4, 0.6},
		{"another piece", text, "Op zaterdag is de ledenvergadering in Utrecht, met koffie, een lezing over opslag en daarna een borrel voor wie blijft.", 0, 0.05},
		{"short: one word of four", "Onze open avond gaat niet door", "Onze open avond gaat wel door", 0.7, 0.75},
		{"nothing", "", " … ", 1, 1},
		{"nothing and something", "", "iets", 0, 0},
		{"Han", "我们呼吁政府停止使用大型科技公司的社交媒体", "我们呼吁政府停止使用大型科技公司的社群媒体", 0.6, 0.99},
	} {
		if got := Similarity(c.a, c.b); got < c.min || got > c.max {
			t.Errorf("%s: %.3f, want %.2f to %.2f", c.name, got, c.min, c.max)
		}
	}
}

func TestPrintEstimates(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	sum := 0.0
	const rounds = 50
	for range rounds {
		words := make([]string, 600)
		for i := range words {
			words[i] = "w" + strconv.Itoa(rnd.IntN(5000))
		}
		a := strings.Join(words, " ")
		b := strings.Join(words[:200+rnd.IntN(400)], " ")
		sum += NewPrint(a).Jaccard(NewPrint(b)) - Similarity(a, b)
	}
	if bias := sum / rounds; math.Abs(bias) > 0.03 {
		t.Errorf("the estimate is off by %.3f on average", bias)
	}
}

func TestPrint(t *testing.T) {
	_, text := article(t)
	p := NewPrint(text)
	if len(p) != printSize || !slices.IsSorted(p) || p.Jaccard(p) != 1 || p.Jaccard(NewPrint(strings.ToUpper(text))) != 1 {
		t.Errorf("print of an article: %v", p)
	}
	if q := NewPrint("één twee"); len(q) != 1 || q.Jaccard(NewPrint("Een, twee!")) != 1 || q.Jaccard(NewPrint("twee een")) != 0 {
		t.Errorf("print of two words: %v", q)
	}
	if q := NewPrint("…"); q != nil || q.Jaccard(q) != 0 {
		t.Errorf("print of nothing: %v", q)
	}
	// Prints are stored: what makes them never changes.
	if got, want := NewPrint("één twee drie vier"), (Print{0xc9c42bb0, 0xfb0e4d9b}); !slices.Equal(got, want) {
		t.Errorf("print is now %#x, was %#x", got, want)
	}
	b, _ := p.MarshalBinary()
	var back Print
	if err := back.UnmarshalBinary(b); err != nil || !slices.Equal(p, back) || len(b) != 128 {
		t.Errorf("stored and read again: %v, %v", back, err)
	}
	for _, bad := range [][]byte{{1}, make([]byte, 132), {0, 0, 0, 2, 0, 0, 0, 1}} {
		if back.UnmarshalBinary(bad) == nil {
			t.Errorf("%v is read as a print", bad)
		}
	}
}

func FuzzPrint(f *testing.F) {
	f.Add("een twee drie vier", "Één twee; drie 社会 vijf")
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, j := range []float64{NewPrint(a).Jaccard(NewPrint(b)), Similarity(a, b)} {
			if !(0 <= j && j <= 1) {
				t.Errorf("%q and %q: %v", a, b, j)
			}
		}
		if Similarity(a, b) != Similarity(b, a) {
			t.Errorf("%q and %q differ by order", a, b)
		}
	})
}

func BenchmarkNewPrint(b *testing.B) {
	_, text := article(b)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		NewPrint(text)
	}
}

func BenchmarkSimilarity(b *testing.B) {
	_, text := article(b)
	other := strings.Replace(text, "overheid", "regering", 3)
	b.ReportAllocs()
	for b.Loop() {
		Similarity(text, other)
	}
}

func TestCommon(t *testing.T) {
	for _, c := range []struct {
		x, y []uint64
		want int
	}{
		{nil, nil, 0}, {[]uint64{1}, nil, 0}, {[]uint64{1, 3, 5}, []uint64{2, 4, 6}, 0}, {[]uint64{1, 2, 3}, []uint64{1, 2, 3}, 3}, {[]uint64{1, 5, 9}, []uint64{0, 5, 7, 9, 11}, 2},
	} {
		if got, back := common(c.x, c.y), common(c.y, c.x); got != c.want || back != c.want {
			t.Errorf("%v and %v: %d and %d, want %d", c.x, c.y, got, back, c.want)
		}
	}
}
