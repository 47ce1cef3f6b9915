// Package samenloop holds no code: this test holds the house to its plan.
package samenloop

import (
	"bytes"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
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
	"ingest":        {"fetch", "i18n", "people", "post"},
	"store":         {"i18n", "people", "post"},
	"feeds":         {"i18n", "post"},
	"web":           {"feeds", "i18n", "opml", "people", "post"},
	"bench/crash":   {},
	"bench":         {"i18n", "post", "store"},
	"cmd/samenloop": {"export", "feeds", "fetch", "i18n", "ingest", "opml", "people", "post", "store", "web"},
}

// starts are ways to hand what others wrote to a shell or a mail program. No package
// has them but those that measure the program from outside.
var starts = []string{"os/exec", "net/smtp", "plugin", "C"}

// The files are read here, and not by "go list": what that reads, a result that go test
// has kept does not depend on.
func TestHouse(t *testing.T) {
	files := 0
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.Contains(name, "testdata/") {
			return err
		}
		files++
		in := path.Dir(name)
		allowed, planned := plan[in]
		if !planned {
			t.Errorf("package %s is not in the plan", in)
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			from, _ := strconv.Unquote(spec.Path.Value)
			if slices.Contains(starts, from) && !strings.HasPrefix(in, "bench") {
				t.Errorf("%s imports %s: no program is started with what sources say", name, from)
			}
			if ours, ok := strings.CutPrefix(from, "samenloop/"); ok && !slices.Contains(allowed, ours) {
				t.Errorf("%s imports %s, which the plan does not allow", name, ours)
			}
		}
		return nil
	})
	if err != nil || files < 100 {
		t.Errorf("%d files, %v", files, err)
	}
}

// Each test that SECURITY.md names as what keeps a promise is there.
func TestPromises(t *testing.T) {
	promises, err := os.ReadFile("SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	var tests []byte
	scripts := map[string]bool{}
	err = fs.WalkDir(os.DirFS("."), ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case strings.HasSuffix(path, "_test.go"):
			text, err := os.ReadFile(path)
			tests = append(tests, text...)
			return err
		}
		scripts[d.Name()] = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`((?:Test|Fuzz)\\w*)(…?)`|`(\\w+\\.txtar)`").FindAllSubmatch(promises, -1)
	if len(named) < 50 {
		t.Fatalf("only %d tests are named", len(named))
	}
	for _, m := range named {
		begins, script := append([]byte("\nfunc "), m[1]...), string(m[3])
		if len(m[2]) == 0 {
			begins = append(begins, '(')
		}
		if script == "" && !bytes.Contains(tests, begins) || script != "" && !scripts[script] {
			t.Errorf("there is no %s", m[0])
		}
	}
}

// Each test that takes long, and is run where LONG is set, is named in .ci/run: what no
// machine runs is no test.
func TestLongTestsAreRun(t *testing.T) {
	ci, err := os.ReadFile(".ci/run")
	if err != nil {
		t.Fatal(err)
	}
	var run []string // which tests of which packages are run with LONG
	for _, m := range regexp.MustCompile(`(?m)^LONG=1 go test .*-run '([^']+)'(.*)$`).FindAllSubmatch(ci, -1) {
		for _, in := range strings.Fields(string(m[2])) {
			run = append(run, "^("+regexp.QuoteMeta(strings.TrimPrefix(in, "./"))+"):.*("+string(m[1])+")")
		}
	}
	long := regexp.MustCompile(`^func (Test\w+)\((?s:.*)(takesLong\(t\)|Getenv\("LONG"\))`)
	found := 0
	err = fs.WalkDir(os.DirFS("."), ".", func(file string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, "_test.go") || file == "house_test.go" {
			return err
		}
		text, err := os.ReadFile(file)
		for part := range strings.SplitSeq(string(text), "\n}\n") {
			_, part, ok := strings.Cut("\n"+part, "\nfunc Test")
			m := long.FindStringSubmatch("func Test" + part)
			if !ok || m == nil {
				continue
			}
			found++
			name := path.Dir(file) + ":" + m[1]
			if !slices.ContainsFunc(run, func(of string) bool { return regexp.MustCompile(of).MatchString(name) }) {
				t.Errorf("%s: .ci/run does not run it", name)
			}
		}
		return err
	})
	if err != nil || found < 10 {
		t.Errorf("%d tests, %v", found, err)
	}
}
