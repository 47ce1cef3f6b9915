package post

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

//go:embed testdata/translations.txt
var translations string

// labelledTranslations are posts of one site, with what every page of it shows, and which text each is of.
func labelledTranslations(t testing.TB) (all []Marked, of []string) {
	_, rest, _ := strings.Cut(translations, "\n")
	for i, block := range strings.Split(strings.TrimPrefix(rest, "= "), "\n= ") {
		head, html, _ := strings.Cut(block, "\n")
		fields := strings.SplitN(head, " ", 4)
		day, err := strconv.Atoi(fields[2])
		if err != nil {
			t.Fatal(err)
		}
		p := Post{Source: "a", ID: fmt.Sprint(i), URL: fmt.Sprintf("https://a.example/%d", i), Language: fields[1], Title: fields[3], Published: noon.AddDate(0, 0, day-30), FirstSeen: noon,
			HTML: `<img src="https://a.example/logo.png">` + html + `<p>Stichting Plein, KvK 12345678. <a href="https://mastodon.example/@plein">Mastodon</a> #MakeSocialsSocialAgain</p>`}
		piece := p.Piece()
		all = append(all, Marked{Row: int64(i), Language: piece.Language, Site: piece.Site, Date: piece.Date, Length: len([]rune(piece.Text)), Marks: MarksOf(&p)})
		of = append(of, fields[0])
	}
	return all, of
}

// Of what is shown as possibly a translation, at least 0.95 is one; what is
// joined is one. Every pair that both its posts name counts.
func TestTranslations(t *testing.T) {
	all, of := labelledTranslations(t)
	ask := make([]int, len(all))
	for i := range ask {
		ask[i] = i
	}
	edges := Translations(all, ask, false)
	var right, wrong, joined int
	for _, e := range mutual(edges) {
		if e.A > e.B {
			continue
		}
		t.Logf("%s %s and %s %s: %.2f", of[e.A], all[e.A].Language, of[e.B], all[e.B].Language, e.Strength)
		switch {
		case of[e.A] == of[e.B]:
			right++
		default:
			wrong++
			if e.Strong() {
				t.Errorf("%s and %s would be joined", of[e.A], of[e.B])
			}
		}
		if e.Strong() {
			joined++
		}
	}
	pairs := 0
	for i := range of {
		for j := range i {
			if of[i] == of[j] {
				pairs++
			}
		}
	}
	precision, found := float64(right)/float64(right+wrong), float64(right)/float64(pairs)
	t.Logf("%d posts, %d pairs: precision %.2f, found %.2f, of which joined %d", len(all), pairs, precision, found, joined)
	if precision < 0.95 || found < 0.5 || joined == 0 {
		t.Errorf("precision %.2f, found %.2f, joined %d", precision, found, joined)
	}
}

// What every post of a site has says nothing, and nor does what two have in common with two others.
func TestTranslationsNeedOwnMarks(t *testing.T) {
	p := Post{Source: "a", URL: "https://a.example/1", HTML: `<img src="https://a.example/logo.png"> <a href="https://elsewhere.example/x">In Leipzig</a> 1234 and 5678 in Gent, Utrecht, Bremen and Paris.`}
	m := Marked{Site: "a.example", Date: noon, Length: 100, Marks: MarksOf(&p)}
	var all []Marked
	for i, language := range []string{"nl", "en", "nl", "en"} {
		m.Row, m.Language = int64(i+1), language
		all = append(all, m)
	}
	if got := Translations(all[:2], []int{0}, false); len(got) != 1 || got[0].B != 2 || !got[0].Strong() {
		t.Errorf("one each: %+v", got)
	}
	if got := Translations(all, []int{0}, false); len(got) != 0 {
		t.Errorf("two each: %+v", got)
	}
	if got := Translations(all[:2], []int{0}, true); len(got) != 0 {
		t.Errorf("by author, on one site: %+v", got)
	}
	far := slices.Clone(all[:2])
	far[1].Date = noon.Add(TranslatedWithin + 1)
	if got := Translations(far, []int{0}, false); len(got) != 0 {
		t.Errorf("long after: %+v", got)
	}
}

func TestMarks(t *testing.T) {
	p := Post{URL: "https://a.example/1", HTML: `<p>Vandaag zei Anna de Vries in Gent dat 12.500 mensen op 3 mei om 19:30 komen.</p><a href="https://b.example/x">x</a><a href="/own">y</a><img src="https://a.example/i/foto-300x200.jpg">`}
	m := MarksOf(&p)
	if got := []int{len(m[images]), len(m[links]), len(m[numerals]), len(m[names])}; !slices.Equal(got, []int{1, 1, 2, 3}) {
		t.Errorf("images, links, numbers, names: %v", got)
	}
	b, _ := m.MarshalBinary()
	var back Marks
	if err := back.UnmarshalBinary(b); err != nil || fmt.Sprint(back) != fmt.Sprint(m) {
		t.Errorf("stored and read again: %v, %v", back, err)
	}
	if back.UnmarshalBinary(b[:len(b)-1]) == nil {
		t.Error("half of it is read")
	}
}

func BenchmarkMarks(b *testing.B) {
	html, _ := article(b)
	p := Post{URL: "https://a.example/1", HTML: html}
	for b.Loop() {
		MarksOf(&p)
	}
}
