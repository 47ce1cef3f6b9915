package ingest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"samenloop/fetch"
)

func TestRobots(t *testing.T) {
	asked := 0
	status, text := 200, ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		w.WriteHeader(status)
		fmt.Fprint(w, text)
	}))
	defer server.Close()
	client, err := fetch.New(fetch.Options{AllowNetworks: []string{"127.0.0.0/8"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		status int
		text   string
		yes    string // paths that may be read
		no     string
	}{
		"none":               {404, "", "/ /a", ""},
		"empty":              {200, "", "/ /a", ""},
		"all":                {200, "User-agent: *\nDisallow: /\n", "", "/ /a"},
		"a folder":           {200, "User-agent: *\nDisallow: /private\n", "/ /public", "/private /private/x /private?x"},
		"for us":             {200, "User-agent: *\nDisallow: /\n\nUser-agent: Samenloop\nDisallow: /no\n", "/ /yes", "/no"},
		"for others":         {200, "User-agent: GPTBot\nDisallow: /\n", "/ /a", ""},
		"with a star":        {200, "User-agent: *\nDisallow: /*?print\nAllow: /a$\nDisallow: /a", "/a /b", "/b?print /ab"},
		"it is a page":       {200, "<!doctype html><html><body>Not found</body></html>", "/ /a", ""},
		"a server's problem": {503, "", "", "/ /a"},
		"too many":           {429, "", "", "/ /a"},
		"forbidden":          {403, "", "/ /a", ""},
	} {
		t.Run(name, func(t *testing.T) {
			status, text = test.status, test.text
			var rules robots
			before := asked
			for path := range strings.FieldsSeq(test.yes) {
				if !rules.allow(t.Context(), client, server.URL+path, noon) {
					t.Errorf("%s is refused", path)
				}
			}
			for path := range strings.FieldsSeq(test.no) {
				if rules.allow(t.Context(), client, server.URL+path, noon) {
					t.Errorf("%s is allowed", path)
				}
			}
			if asked != before+1 {
				t.Errorf("asked %d times", asked-before)
			}
			rules.allow(t.Context(), client, server.URL+"/", noon.Add(25*time.Hour))
			if asked != before+2 {
				t.Error("not asked again after a day")
			}
		})
	}
	var rules robots
	if rules.allow(t.Context(), client, "http://127.0.0.1:1/a", noon) {
		t.Error("a site that does not answer allows all")
	}
}

func FuzzRobots(f *testing.F) {
	f.Add([]byte("User-agent: *\nDisallow: /*a$\n"))
	f.Add([]byte("\xef\xbb\xbfuser-agent:samenloop\rallow:/\x00"))
	f.Fuzz(func(t *testing.T, body []byte) {
		if rules := readRobots(&fetch.Response{Status: 200, Body: body}); rules != nil {
			rules.TestAgent("/a?b=c", robotsName)
		}
	})
}
