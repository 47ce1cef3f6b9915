package fetch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// dials are the ways to the network that would lead around the guard, by import path.
var dials = map[string]*regexp.Regexp{
	"net":               regexp.MustCompile(`^(Dial.*|Lookup.*|Resolver|DefaultResolver)$`),
	"net/http":          regexp.MustCompile(`^(Get|Head|Post|PostForm|Client|DefaultClient|Transport|DefaultTransport)$`),
	"crypto/tls":        regexp.MustCompile(`^(Dial.*|Client)$`),
	"net/http/httputil": regexp.MustCompile(`.`),
	"net/rpc":           regexp.MustCompile(`.`),
	"net/smtp":          regexp.MustCompile(`.`),
	// Libraries with a client of their own; methods are known by their name alone.
	"github.com/mmcdole/gofeed":              regexp.MustCompile(`^(ParseURL.*)$`),
	"codeberg.org/readeck/go-readability/v2": regexp.MustCompile(`^(FromURL)$`),
}

// The commands in bench measure the program from outside, and may.
func TestOnlyFetchDials(t *testing.T) {
	files := 0
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != ".." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || name == filepath.Join("..", "bench") || name == filepath.Join("..", "fetch")):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		files++
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			return err
		}
		for _, found := range dialsIn(file) {
			t.Errorf("%s: %s: what is fetched goes through fetch.Client", set.Position(found.Pos()), source(found))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files == 0 {
		t.Error("there is nothing to look at")
	}
}

func TestDialsAreFound(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "", `package p
import (
	"net"
	web "net/http"
	. "net/smtp"
	"github.com/mmcdole/gofeed"
	"codeberg.org/readeck/go-readability/v2"
)
var client = &web.Client{}
var server = &web.Server{}
func f(http struct{ Get func(string) }) {
	http.Get("not the package")
	web.Get("https://example.org/")
	web.HandleFunc("/", nil)
	net.Listen("tcp", "")
	net.DialTimeout("tcp", "", 0)
	gofeed.NewParser().ParseURL("https://example.org/")
	readability.FromURL("https://example.org/", 0)
	{
		net := x
		net.Dial("not the package")
	}
}`, 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, found := range dialsIn(file) {
		got = append(got, source(found))
	}
	if want := `. "net/smtp", web.Client, web.Get, net.DialTimeout, ParseURL, readability.FromURL`; strings.Join(got, ", ") != want {
		t.Errorf("\n got %s\nwant %s", strings.Join(got, ", "), want)
	}
}

// dialsIn finds what a file uses of dials. A dot import, which would hide it, is found itself.
func dialsIn(file *ast.File) (found []ast.Node) {
	packages := make(map[string]*regexp.Regexp) // by their name in this file
	var methods []*regexp.Regexp
	for _, spec := range file.Imports {
		from, _ := strconv.Unquote(spec.Path.Value)
		forbidden, ok := dials[from]
		if !ok {
			continue
		}
		name := packageName(from)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		if name == "." {
			found = append(found, spec)
		}
		packages[name] = forbidden
		if strings.Contains(from, ".") {
			methods = append(methods, forbidden)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := selector.X.(*ast.Ident); ok && x.Obj == nil {
			if forbidden := packages[x.Name]; forbidden != nil && forbidden.MatchString(selector.Sel.Name) {
				found = append(found, selector)
				return true
			}
		}
		for _, forbidden := range methods {
			if forbidden.MatchString(selector.Sel.Name) {
				found = append(found, selector)
			}
		}
		return true
	})
	return found
}

var version = regexp.MustCompile(`^v\d+$`)

// packageName guesses what a package calls itself, as people do.
func packageName(from string) string {
	if version.MatchString(path.Base(from)) {
		from = path.Dir(from)
	}
	return strings.TrimPrefix(path.Base(from), "go-")
}

func source(n ast.Node) string {
	switch n := n.(type) {
	case *ast.ImportSpec:
		return n.Name.Name + " " + n.Path.Value
	case *ast.SelectorExpr:
		if x, ok := n.X.(*ast.Ident); ok {
			return x.Name + "." + n.Sel.Name
		}
		return n.Sel.Name
	}
	return ""
}
