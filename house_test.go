// Package samenloop holds no code: this test holds the house to its plan.
package samenloop

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// plan is which package may know which others of ours: data flows one way,
// imports point inward, siblings do not know each other. ARCHITECTURE.md tells why.
var plan = map[string][]string{
	"i18n":          {},
	"i18n/train":    {"i18n"},
	"fetch":         {},
	"opml":          {},
	"people":        {},
	"export":        {},
	"post":          {"i18n"},
	"ingest":        {"fetch", "i18n", "post"},
	"store":         {"i18n", "people", "post"},
	"feeds":         {"i18n", "post"},
	"web":           {"feeds", "fetch", "i18n", "opml", "people", "post"},
	"bench/crash":   {},
	"bench":         {"store"},
	"cmd/samenloop": {"export", "feeds", "fetch", "i18n", "ingest", "opml", "people", "post", "store", "web"},
}

func TestHouse(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}}:{{join .Imports " "}}`, "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		name, imports, _ := strings.Cut(strings.TrimSpace(line), ":")
		name = strings.TrimPrefix(name, "samenloop/")
		if name == "samenloop" {
			continue
		}
		allowed, planned := plan[name]
		if !planned {
			t.Errorf("package %s is not in the plan", name)
		}
		for _, path := range strings.Fields(imports) {
			if ours, ok := strings.CutPrefix(path, "samenloop/"); ok && !slices.Contains(allowed, ours) {
				t.Errorf("%s imports %s, which the plan does not allow", name, ours)
			}
		}
	}
}
