package ingest

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"samenloop/fetch"
)

func counted(n int, form string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, form, i)
	}
	return b.String()
}

// What a parser would open anew in each paragraph is not given to it.
func TestTangled(t *testing.T) {
	for name, s := range map[string]string{
		"long":                             "<p>" + counted(49, "<b a=%d>") + strings.Repeat("<p>x", 45_000),
		"closed out of reach":              counted(490, "<b a=%d><object></b></object>") + strings.Repeat("<p>x", 1000),
		"closed in another cell":           "<table><tr>" + counted(490, "<td><b a=%d><td></b>") + strings.Repeat("<p>x", 1000),
		"short":                            counted(495, "<b a=%d>") + strings.Repeat("<p>x", 500),
		"a tag that is long to compare":    "<b a='" + strings.Repeat("x", 20_000) + "'>",
		"few of them in a great many of p": counted(20, "<b a=%d>") + strings.Repeat("<p>x", 4000),
	} {
		if !tangled(s) {
			t.Errorf("%s: it is given to the parser", name)
		}
	}
	for name, s := range map[string]string{
		"a table":              "<table>" + strings.Repeat("<tr><td><b>x</b></td><td><a href=x>y</a></td></tr>", 500) + "</table>",
		"a table without ends": "<table>" + strings.Repeat("<tr><td><b>x</b><td><i>y</i>", 500) + "</table>",
		"links around blocks":  strings.Repeat("<a href=x><div><p>x</p></div></a>", 2000),
		"a few left open":      "<b><i>" + strings.Repeat("<p>x</p>", 2000),
		"misnested":            strings.Repeat("<b><i>x</b></i>", 2000),
	} {
		if tangled(s) {
			t.Errorf("%s: it is refused", name)
		}
	}
}

// What comes in great numbers costs its length, not the square of that.
func TestCostsGrowWithLength(t *testing.T) {
	for n, want := range map[int]bool{mostAttributes: true, mostAttributes + 1: false} { // they are compared with each other
		if _, ok := new(planter).plant("<p " + strings.TrimSuffix(counted(n, `a%d="" `), " ") + ">x</p>"); ok != want {
			t.Errorf("with %d attributes: %v", n, ok)
		}
	}

	var o asObject
	if err := o.UnmarshalJSON([]byte(`{"type":"Person","tag":[` + strings.TrimSuffix(counted(10_000, `{"type":"Hashtag","name":"#x%d"},`), ",") + `]}`)); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	why := o.opposes()
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; why != "" || took > 150<<20 {
		t.Errorf("10,000 hashtags of an actor: %q, %d MB", why, took>>20)
	}

	white := "<h1>" + strings.Repeat(" ", 200_000) + strings.Repeat("<div></div>", 4500) + "</h1>"
	const most = 200 * time.Millisecond // a square of it takes several times as long
	least := time.Hour
	for n := 0; n < 10 && least > most; n++ { // a busy machine adds to it
		began := time.Now()
		clean(white, "")
		least = min(least, time.Since(began))
	}
	if least > most {
		t.Errorf("white space and blocks: %v", least)
	}
}

func TestTameRobots(t *testing.T) {
	body := "User-agent: *\nDisallow: /private\nDisallow: /*.pdf$\n" + strings.Repeat("Disallow: /"+strings.Repeat("*a", 400)+"b\n", 60)
	resp := &fetch.Response{Status: http.StatusOK, Body: []byte(body)}
	began := time.Now()
	rules := readRobots(resp)
	for path, want := range map[string]bool{"/private/x": false, "/a.pdf": false, "/" + strings.Repeat("a", 4000): true} {
		if got := rules.TestAgent(path, robotsName); got != want {
			t.Errorf("%.20s: %v", path, got)
		}
	}
	if took := time.Since(began); took > 500*time.Millisecond {
		t.Errorf("it took %v", took)
	}
	if n := strings.Count(string(tameRobots([]byte(strings.Repeat("Disallow: /*x\n", 2000)))), "\n"); n != 500 {
		t.Errorf("%d patterns are kept", n)
	}
}

// A feed whose entries have to be read one by one is refused where that would read its start too often.
func TestFramesAreBounded(t *testing.T) {
	doc := "<rss " + counted(5000, `a%d="xxxxxxxxxxxxxxxx" `) + "><channel><item><title>a</title></item></channel><channel>" +
		strings.Repeat("<item><title>b</title></item>", 300) + "</channel></rss>"
	if _, err := Read([]byte(doc), "application/xml", "https://x.example/feed"); err == nil || !strings.Contains(err.Error(), "so long a start") {
		t.Errorf("%v", err)
	}
}
