package post

import (
	"encoding/hex"
	"strings"
	"testing"
)

// Digests are stored: those of another algorithm would tell readers of edits that there were not.
func TestSummer(t *testing.T) {
	sum := func(fields ...string) string {
		s := NewSummer()
		s.Add(fields...)
		d := s.Digest()
		return hex.EncodeToString(d[:])
	}
	for want, fields := range map[string][]string{
		"99e9d85137db46ef0000000000000000": nil,
		"6f83299877684f2e0600000000000000": {"abc", "d"},
	} {
		if got := sum(fields...); got != want {
			t.Errorf("the sum of %q is %s, want %s", fields, got, want)
		}
	}
	if sum("ab", "c") == sum("a", "bc") || sum("") == sum() || sum("a", "") == sum("a") {
		t.Error("fields are not told apart")
	}
	if long := strings.Repeat("x", 5000); sum(long, "y") == sum(long, "z") {
		t.Error("the end of what is long is not in its sum")
	}
}
