package post

import (
	"crypto/sha256"
	"strings"
	"testing"
)

// What is stored are sums of before: those of strings with a zero byte after each.
func TestSummer(t *testing.T) {
	s, all := NewSummer(), ""
	for _, n := range []int{0, 1, 511, 512, 513, 5000} {
		field := strings.Repeat("x", n)
		s.Add(field)
		all += field + "\x00"
	}
	want := sha256.Sum256([]byte(all))
	if d := s.Digest(); string(d[:]) != string(want[:len(d)]) {
		t.Errorf("%x, want %x", d, want)
	}
}
