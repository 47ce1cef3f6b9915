package ingest

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
)

const pageAddress = "https://plein.example/2026/plein/"

func TestReadPage(t *testing.T) {
	got, err := readPage([]byte(readTestdata(t, "page.html")), "text/html", pageAddress)
	if err != nil {
		t.Fatal(err)
	}
	want := page{
		Text:      got.Text,
		Language:  "nl-NL",
		Canonical: "https://plein.example/2026/plein/",
		Alternates: map[string]string{
			"en": "https://plein.example/en/2026/square/", "fy": "https://plein.example/fy/2026/plein/", "x-default": "https://plein.example/2026/plein/",
		},
		Tags: []string{"fediverse", "open standaarden", "makesocialssocialagain", "brief"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, s := range []string{"missie van #openplein, een groep", "open standaarden."} {
		if !strings.Contains(got.Text, s) {
			t.Errorf("the text lacks %q:\n%s", s, got.Text)
		}
	}
	if strings.Contains(got.Text, "#overons") {
		t.Errorf("the text has the menu:\n%s", got.Text)
	}
}

func TestReadPageCharset(t *testing.T) {
	utf8Page := strings.Replace(readTestdata(t, "page.html"), `<meta charset="utf-8">`, "", 1)
	latin, err := charmap.Windows1252.NewEncoder().String(utf8Page)
	if err != nil {
		t.Fatal(err)
	}
	declared := strings.Replace(latin, "<title>", `<meta charset="iso-8859-1"><title>`, 1)
	for name, c := range map[string]struct{ body, contentType string }{
		"UTF-8 that nobody declares":   {utf8Page, ""},
		"UTF-8 with a wrong claim":     {utf8Page, "text/html; charset=iso-8859-1"},
		"windows-1252 by the header":   {latin, "text/html; charset=windows-1252"},
		"windows-1252 by the document": {declared, "text/html"},
		"windows-1252, undeclared":     {latin, "text/html"},
	} {
		got, err := readPage([]byte(c.body), c.contentType, pageAddress)
		if err != nil || !strings.Contains(got.Text, "niet van één bedrijf") {
			t.Errorf("%s: %v, %q", name, err, got.Text)
		}
	}
}

func TestReadPageBounds(t *testing.T) {
	for name, c := range map[string]struct{ body, contentType, want string }{
		"not a page":           {"%PDF-1.7", "application/pdf", "it is application/pdf"},
		"too long":             {strings.Repeat("a", maxPage+1), "text/html", "longer than 2 MB"},
		"too many elements":    {strings.Repeat("<p>a", maxPageAng+1), "text/html", "too many elements"},
		"formatting left open": {strings.Repeat("<b><i><u>", 30) + strings.Repeat("<p>a", 50_000), "text/html", "too many elements"},
		"too deep":             {strings.Repeat("<div>", 1000), "text/html", "512"},
	} {
		start := time.Now()
		_, err := readPage([]byte(c.body), c.contentType, pageAddress)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
		if d := time.Since(start); d > time.Second {
			t.Errorf("%s: took %v", name, d)
		}
	}
	got, err := readPage([]byte("<article>"+strings.Repeat("<p>Eén lange zin, met een komma en nog een, zo gaat het door.</p>", 3000)+"</article>"), "text/html", pageAddress)
	if err != nil || len(got.Text) > maxPageText || len(got.Text) < maxPageText-4 {
		t.Errorf("a long text: %v, %d bytes", err, len(got.Text))
	}
	for _, empty := range []string{"", "<p>", "\xff\xfe"} {
		if _, err := readPage([]byte(empty), "", pageAddress); err != nil {
			t.Errorf("%q: %v", empty, err)
		}
	}
}

func FuzzReadPage(f *testing.F) {
	f.Add([]byte(readTestdata(f, "page.html")), "text/html; charset=utf-8")
	f.Add([]byte("\xff\xfe<\x00p\x00>\x00"), "text/html; charset=utf-16")
	f.Add([]byte("<base href=//[::1><svg><a rel=tag><table><article><article>"), "")
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		p, err := readPage(body, contentType, pageAddress)
		if err != nil {
			return
		}
		for _, s := range append(slices.Clone(p.Tags), p.Text, p.Language, p.Canonical) {
			if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
				t.Errorf("%q", s)
			}
		}
		for _, u := range p.Alternates {
			if !strings.HasPrefix(u, "http") {
				t.Errorf("alternate %q", u)
			}
		}
	})
}

// BenchmarkReadPage reads a page of 40 KB: an article, with menus and a list of other pieces around it.
func BenchmarkReadPage(b *testing.B) {
	article := readTestdata(b, "article.html")
	menu := strings.Repeat(`<li class="menu-item"><a href="/onderwerp/fediverse/">Fediverse</a></li>`, 120)
	teasers := strings.Repeat(`<div class="card teaser"><a href="/2026/ander/"><img src="/klein.jpg" alt=""><h3>Ander nieuws van deze week</h3></a><p>Een korte samenvatting van het stuk, in twee regels.</p></div>`, 60)
	body := []byte(`<!DOCTYPE html><html lang="nl"><head><title>Plein</title><style>` + strings.Repeat(".a{color:#123}\n", 400) +
		`</style></head><body><nav><ul>` + menu + `</ul></nav><main><article><h1>Een plein</h1>` + article + article + `</article></main><aside>` + teasers + `</aside></body></html>`)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		p, err := readPage(body, "text/html", pageAddress)
		if err != nil || !bytes.Contains([]byte(p.Text), []byte("spreekuur")) {
			b.Fatal(err, p.Text)
		}
	}
}
