package main

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite what scripts expect; read the diff")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"samenloop": main})
}

// Each script in testdata is a story: files of sites, a configuration, commands,
// and what is expected. Besides testscript's own commands there are
//
//	site NAME [header: value]…   serves the folder NAME on loopback; $NAME is its address, also inside
//	                             the files of that folder and of config.toml, written as {{NAME}}
//	asked NAME                   prints what the site was asked since the last time, a line each
//	answer NAME[/PATH] STATUS [header: value]…   from now on the site answers so, or that path of it; 200 is as usual again
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata",
		UpdateScripts: *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("GORACE", os.Getenv("GORACE"))
			sites := &sites{byName: map[string]*site{}}
			env.Values[sitesKey{}] = sites
			env.Defer(sites.close)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"site":   startSite,
			"asked":  tellAsked,
			"answer": setAnswer,
			"expand": expandFile,
			"keep":   keepMatch,
		},
	})
}

type sitesKey struct{}

// sites are those of one script.
type sites struct {
	byName map[string]*site
}

func (s *sites) close() {
	for _, one := range s.byName {
		one.Close()
	}
}

// expand writes each site's address in the place of its name.
func (s *sites) expand(text string) string {
	for name, one := range s.byName {
		text = strings.ReplaceAll(text, "{{"+name+"}}", one.URL)
		text = strings.ReplaceAll(text, "{{"+name+":host}}", strings.TrimPrefix(one.URL, "http://"))
	}
	return text
}

// site is a folder served over HTTP as a small server of the real world does: with an
// ETag of what it gives, and conditional requests understood.
type site struct {
	*httptest.Server
	of     *sites
	folder string
	header http.Header

	sync.Mutex
	answers map[string]answer // by path; "" is for all
	asked   []string
}

// answer is what a site says in the place of its files.
type answer struct {
	status int
	header http.Header
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.Lock()
	defer s.Unlock()
	line := r.URL.RequestURI()
	for _, name := range []string{"If-None-Match", "If-Modified-Since"} {
		if v := r.Header.Get(name); v != "" {
			line += " " + name
		}
	}
	for name, values := range s.header {
		w.Header()[name] = values
	}
	set, ok := s.answers[r.URL.Path]
	if !ok {
		set = s.answers[""]
	}
	for name, values := range set.header {
		w.Header()[name] = values
	}
	if set.status != 0 && set.status != http.StatusOK {
		s.asked = append(s.asked, fmt.Sprint(line, " ", set.status))
		w.WriteHeader(set.status)
		return
	}
	path := filepath.Join(s.folder, filepath.FromSlash(filepath.Clean("/"+r.URL.Path)))
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, "index.html")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		s.asked = append(s.asked, line+" 404")
		http.NotFound(w, r)
		return
	}
	body := s.of.expand(string(text))
	sum := sha256.Sum256([]byte(body))
	etag := `"` + hex.EncodeToString(sum[:8]) + `"`
	w.Header().Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		s.asked = append(s.asked, line+" 304")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	s.asked = append(s.asked, line+" 200")
	if w.Header().Get("Content-Type") == "" && filepath.Ext(path) == ".html" {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
	}
	w.Write([]byte(body))
}

func startSite(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: site NAME [header: value]…")
	}
	all := ts.Value(sitesKey{}).(*sites)
	s := &site{of: all, folder: ts.MkAbs(args[0]), header: headers(ts, args[1:]), answers: map[string]answer{}}
	s.Server = httptest.NewServer(s)
	all.byName[args[0]] = s
	ts.Setenv(args[0], s.URL)
}

func setAnswer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: answer NAME[/PATH] STATUS [header: value]…")
	}
	name, path, _ := strings.Cut(args[0], "/")
	if path != "" {
		path = "/" + path
	}
	s := ts.Value(sitesKey{}).(*sites).byName[name]
	status, err := strconv.Atoi(args[1])
	ts.Check(err)
	s.Lock()
	defer s.Unlock()
	s.answers[path] = answer{status, headers(ts, args[2:])}
}

func tellAsked(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: asked NAME")
	}
	s := ts.Value(sitesKey{}).(*sites).byName[args[0]]
	s.Lock()
	defer s.Unlock()
	ts.Check(os.WriteFile(ts.MkAbs("asked"), []byte(strings.Join(s.asked, "\n")+"\n"), 0o600))
	s.asked = nil
}

// expandFile writes the addresses of the sites into files: {{NAME}}.
func expandFile(ts *testscript.TestScript, neg bool, args []string) {
	all := ts.Value(sitesKey{}).(*sites)
	for _, name := range args {
		text := ts.ReadFile(name)
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(all.expand(text)), 0o600))
	}
}

// keepMatch sets a variable to the first part of a file that an expression's group matches.
func keepMatch(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: keep VARIABLE EXPRESSION FILE")
	}
	m := regexp.MustCompile(args[1]).FindStringSubmatch(ts.ReadFile(args[2]))
	if m == nil {
		ts.Fatalf("nothing in %s matches %s", args[2], args[1])
	}
	ts.Setenv(args[0], m[1])
}

func headers(ts *testscript.TestScript, lines []string) http.Header {
	h := http.Header{}
	for _, line := range lines {
		name, value, ok := strings.Cut(line, ": ")
		if !ok {
			ts.Fatalf("%q is no header", line)
		}
		h.Set(name, value)
	}
	return h
}
