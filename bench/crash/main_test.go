package main

import (
	"strings"
	"testing"
)

func TestCrash(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), &out, 20, 10, 7); err != nil {
		t.Error(err)
	}
	t.Log(out.String())
}
