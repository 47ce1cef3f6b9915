package post

import (
	"encoding/binary"
	"fmt"
	"slices"
	"unicode/utf8"

	"samenloop/i18n"
)

// printSize is k: how many hashes a print keeps. The estimate is off by about 1/√k.
const printSize = 32

// shingle is how many words in a row are compared.
const shingle = 3

// Print is a fingerprint of a text, by which near-equal texts are found: the
// smallest hashes of its runs of three folded words (a bottom-k sketch, k = 32),
// in ascending order. It is the same on every machine and may be stored.
type Print []uint32

// NewPrint is nil for a text without words.
func NewPrint(text string) Print {
	var smallest [printSize]uint32
	n := 0
	eachShingle(text, shingle, func(h uint64) {
		v := uint32(h >> 32)
		if n == printSize && v >= smallest[n-1] {
			return
		}
		i, found := slices.BinarySearch(smallest[:n], v)
		if found {
			return
		}
		if n < printSize {
			n++
		}
		copy(smallest[i+1:n], smallest[i:])
		smallest[i] = v
	})
	if n == 0 {
		return nil
	}
	return slices.Clone(Print(smallest[:n]))
}

// Jaccard estimates how much of two texts is the same: 1 when their words are
// equal, 0 when they have no three words in a row in common, or have no words.
func (p Print) Jaccard(q Print) float64 {
	union, both := 0, 0
	for i, j := 0, 0; union < printSize && (i < len(p) || j < len(q)); union++ {
		switch {
		case j == len(q) || i < len(p) && p[i] < q[j]:
			i++
		case i == len(p) || q[j] < p[i]:
			j++
		default:
			both++
			i++
			j++
		}
	}
	if union == 0 {
		return 0
	}
	return float64(both) / float64(union)
}

// MarshalBinary gives the print as bytes to store: four for each hash.
func (p Print) MarshalBinary() ([]byte, error) {
	b := make([]byte, 0, 4*len(p))
	for _, v := range p {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b, nil
}

// UnmarshalBinary reads what MarshalBinary gave.
func (p *Print) UnmarshalBinary(b []byte) error {
	if len(b)%4 != 0 || len(b) > 4*printSize {
		return fmt.Errorf("read a print: %d bytes are no hashes", len(b))
	}
	*p = nil
	for ; len(b) > 0; b = b[4:] {
		*p = append(*p, binary.BigEndian.Uint32(b))
	}
	if !slices.IsSorted(*p) {
		return fmt.Errorf("read a print: its hashes are not in order")
	}
	return nil
}

// Similarity is how much of two texts is the same, exactly: the Jaccard index of
// their runs of three words, or of their words where one of them is short. Two
// texts without words are the same.
func Similarity(a, b string) float64 {
	if a == b {
		return 1
	}
	words := shingle
	if isShort(a) || isShort(b) {
		words = 1
	}
	x, y := shingles(a, words), shingles(b, words)
	if len(x) == 0 && len(y) == 0 {
		return 1
	}
	both := common(x, y)
	return float64(both) / float64(len(x)+len(y)-both)
}

// common is how many hashes two lists, sorted and each hash once, have in common.
func common(x, y []uint64) (n int) {
	for i, j := 0, 0; i < len(x) && j < len(y); {
		switch {
		case x[i] < y[j]:
			i++
		case y[j] < x[i]:
			j++
		default:
			n++
			i++
			j++
		}
	}
	return n
}

// isShort is true for texts in which one changed word touches most of the runs.
func isShort(text string) bool {
	n := 0
	for range wordHashes(text) {
		if n++; n == 4*shingle {
			return false
		}
	}
	return true
}

// shingles are the hashes of the runs of words of a text, in order, each once.
func shingles(text string, words int) []uint64 {
	all := make([]uint64, 0, len(text)/5)
	eachShingle(text, words, func(h uint64) { all = append(all, h) })
	slices.Sort(all)
	return slices.Compact(all)
}

// eachShingle hands over the hash of each run of at most three words; a text of
// fewer words is one run.
func eachShingle(text string, words int, do func(uint64)) {
	var a, b uint64 // the words before
	n := 0
	for c := range wordHashes(text) {
		n++
		switch {
		case words == 1:
			do(c)
		case n >= shingle:
			do(mix(mix(a*3+b)*5 + c))
		}
		a, b = b, c
	}
	if words > 1 && 0 < n && n < shingle {
		do(mix(mix(a*3+b)*5 + uint64(n)))
	}
}

// wordHashes are the hashes of the folded words of a text (FNV-1a, mixed).
func wordHashes(text string) func(yield func(uint64) bool) {
	return func(yield func(uint64) bool) {
		const offset, prime = 14695981039346656037, 1099511628211
		h := uint64(offset)
		for i := 0; i < len(text); {
			c := text[i]
			if c < utf8.RuneSelf {
				i++
				if c = asciiWord[c]; c != 0 {
					h = (h ^ uint64(c)) * prime
					continue
				}
				if h != offset {
					if !yield(mix(h)) {
						return
					}
					h = offset
				}
				continue
			}
			r, size := utf8.DecodeRuneInString(text[i:])
			i += size
			var buf [16]byte
			folded, word := appendFold(buf[:0], r)
			solid := i18n.IsSolid(r)
			if h != offset && (!word || solid) {
				if !yield(mix(h)) {
					return
				}
				h = offset
			}
			if !word {
				continue
			}
			for _, c := range folded {
				h = (h ^ uint64(c)) * prime
			}
			if solid {
				if !yield(mix(h)) {
					return
				}
				h = offset
			}
		}
		if h != offset {
			yield(mix(h))
		}
	}
}

// mix spreads a hash over all its bits (the finaliser of MurmurHash3).
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
