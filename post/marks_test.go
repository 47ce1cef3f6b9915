package post

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
)

//go:embed testdata/translations.txt
var translations string

// labelledTranslations are posts of some sites, with what every page of a site
// shows, and which text each is of.
func labelledTranslations(t testing.TB) (sites map[string][]Marked, of map[int64]string) {
	sites, of = map[string][]Marked{}, map[int64]string{}
	_, rest, _ := strings.Cut(translations, "\n== ")
	for site := range strings.SplitSeq(rest, "\n== ") {
		head, posts, _ := strings.Cut(site, "\n= ")
		name, _, _ := strings.Cut(head, ":")
		for block := range strings.SplitSeq(posts, "\n= ") {
			head, html, _ := strings.Cut(block, "\n")
			fields := strings.SplitN(head, " ", 4)
			day, err := strconv.Atoi(fields[2])
			if err != nil {
				t.Fatal(err)
			}
			row := int64(len(of) + 1)
			base := "https://" + name + ".example/"
			p := Post{Source: name, ID: fmt.Sprint(row), URL: base + fmt.Sprint(row), Language: fields[1], Title: fields[3], Published: noon.AddDate(0, 0, day-30), FirstSeen: noon,
				HTML: `<img src="/logo.png">` + html + `<p>Stichting Plein, KvK 12345678. <a href="https://mastodon.example/@plein">Mastodon</a> #MakeSocialsSocialAgain</p>`}
			p.HTML = strings.ReplaceAll(p.HTML, `src="/`, `src="`+base)
			piece := p.Piece()
			sites[name] = append(sites[name], Marked{Row: row, Language: piece.Language, Site: piece.Site, Date: piece.Date, Length: len([]rune(piece.Text)), Marks: MarksOf(&p)})
			of[row] = name + " " + fields[0]
		}
	}
	return sites, of
}

// Of what is shown as possibly a translation, at least 0.95 is one; what is
// joined is one. Every pair that both its posts name counts.
func TestTranslations(t *testing.T) {
	sites, of := labelledTranslations(t)
	var right, wrong, joined, pairs int
	for _, name := range slices.Sorted(maps.Keys(sites)) {
		all := sites[name]
		ask := make([]int, len(all))
		place := map[int64]int{}
		for i := range ask {
			ask[i], place[all[i].Row] = i, i
			for j := range i {
				if of[all[i].Row] == of[all[j].Row] {
					pairs++
				}
			}
		}
		found := map[[2]int64]bool{}
		for _, e := range mutual(Translations(all, ask, false)) {
			if e.A > e.B {
				continue
			}
			found[[2]int64{e.A, e.B}] = true
			same := of[e.A] == of[e.B]
			if same {
				right++
			} else {
				wrong++
				t.Logf("wrong: %s %s and %s %s: %.2f", of[e.A], all[place[e.A]].Language, of[e.B], all[place[e.B]].Language, e.Strength)
			}
			if e.Strong() {
				joined++
				if !same {
					t.Errorf("%s and %s would be joined", of[e.A], of[e.B])
				}
			}
		}
		for i, x := range all {
			for _, y := range all[i+1:] {
				if of[x.Row] == of[y.Row] && !found[[2]int64{x.Row, y.Row}] {
					t.Logf("missed: %s, %s and %s", of[x.Row], x.Language, y.Language)
				}
			}
		}
	}
	precision, found := float64(right)/float64(right+wrong), float64(right)/float64(pairs)
	t.Logf("%d posts of %d sites, %d pairs: precision %.2f, found %.2f, of which joined %d", len(of), len(sites), pairs, precision, found, joined)
	if precision < 0.95 || found < 0.75 || joined == 0 {
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
	if got := []int{len(m[images]), len(m[links]), len(m[numerals]), len(m[names]), len(m[roots])}; !slices.Equal(got, []int{1, 1, 2, 3, 1}) {
		t.Errorf("images, links, numbers, names, roots: %v", got)
	}
	b, _ := m.MarshalBinary()
	var back Marks
	if err := back.UnmarshalBinary(b); err != nil || fmt.Sprint(back) != fmt.Sprint(m) {
		t.Errorf("stored and read again: %v, %v", back, err)
	}
	for _, n := range []int{1, 5} {
		if back.UnmarshalBinary(b[:len(b)-n]) == nil {
			t.Errorf("it is read without its last %d bytes", n)
		}
	}
}

// Words that many languages have from Greek or Latin have one root, however they are written.
func TestRoots(t *testing.T) {
	root := func(word string) (h uint32) {
		for of := range rootsIn(word) {
			h = of
		}
		return h
	}
	for _, words := range [][]string{
		{"democratie", "Demokratie", "democracy", "démocratie", "DEMOCRAZIA"},
		{"fotografie", "photography", "Photographie"},
		{"electricity", "elektriciteit", "électricité"},
		{"bibliotheek", "Bibliothek", "biblioteca"},
	} {
		for _, w := range words {
			if root(w) == 0 || root(w) != root(words[0]) {
				t.Errorf("%s has another root than %s", w, words[0])
			}
		}
	}
	if root("democratie") == root("decoratie") || root("Demo's") != 0 || root("демократия") != 0 {
		t.Error("what is no root counts as one, or two are one")
	}
}

func BenchmarkMarks(b *testing.B) {
	html, _ := article(b)
	p := Post{URL: "https://a.example/1", HTML: html}
	for b.Loop() {
		MarksOf(&p)
	}
}
