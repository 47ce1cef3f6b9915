package store

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"samenloop/post"
)

// copied makes posts of the labelled articles: each on some sites, as sites copy.
func copied(t testing.TB) (posts []post.Post, sources []string) {
	data, err := os.ReadFile("../post/testdata/copies.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, articles, _ := strings.Cut(string(data), "\n")
	for i, block := range strings.Split(strings.TrimSpace(articles), "\n\n")[:4] {
		head, body, _ := strings.Cut(block, "\n")
		language, title, _ := strings.Cut(head, " ")
		words := strings.Fields(body)
		for j, text := range []string{body, body + "\nLees ook ons andere nieuws.", strings.Join(words[:len(words)/2], " "), strings.Join(words[:30], " ") + "… Lees meer",
			strings.Join(slices.Delete(slices.Clone(words), len(words)/3, len(words)/2), " ")} {
			source := fmt.Sprintf("s%d", j)
			p := about(source, fmt.Sprintf("%d%d", i, j), fmt.Sprintf("https://%s.example/%d", source, i))
			p.Title, p.Language, p.HTML = title, language, "<p>"+text+"</p>"
			p.Published = t0.Add(-time.Duration(i+j) * time.Hour)
			posts = append(posts, p)
			if i == 0 {
				sources = append(sources, source)
			}
		}
	}
	return posts, sources
}

// Copies of one text are one story in whatever order they come, with one edition.
func TestCopiesInAnyOrder(t *testing.T) {
	posts, sources := copied(t)
	rng := rand.New(rand.NewPCG(1, 2))
	for range 8 {
		s := open(t)
		know(t, s, sources...)
		rng.Shuffle(len(posts), func(i, j int) { posts[i], posts[j] = posts[j], posts[i] })
		for i, p := range posts {
			save(t, s, t0.Add(time.Duration(i)*time.Minute), p.Source, p)
		}
		if got, want := partition(t, s), "00 01 02 03 04, 10 11 12 13 14, 20 21 22 23 24, 30 31 32 33 34"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if n := len(editions(t, s, post.Query{})); n != 4 {
			t.Errorf("%d editions, want 4", n)
		}
		s.Close()
	}
}

// Translations that nobody declared are found, surely or possibly, in whatever order posts come.
func TestTranslationsInAnyOrder(t *testing.T) {
	data, err := os.ReadFile("../post/testdata/translations.txt")
	if err != nil {
		t.Fatal(err)
	}
	var (
		posts   []post.Post
		sources []string
	)
	_, rest, _ := strings.Cut(string(data), "\n== ")
	for site := range strings.SplitSeq(rest, "\n== ") {
		head, blocks, _ := strings.Cut(site, "\n= ")
		source, _, _ := strings.Cut(head, ":")
		if len(sources) == 4 {
			break
		}
		sources = append(sources, source)
		for i, block := range strings.Split(blocks, "\n= ") {
			head, html, _ := strings.Cut(block, "\n")
			fields := strings.SplitN(head, " ", 4)
			day, _ := strconv.Atoi(fields[2])
			p := about(source, fmt.Sprint(source, i), fmt.Sprintf("https://%s.example/%d", source, i))
			p.Language, p.Title, p.HTML, p.Published = fields[1], fields[3], html, t0.AddDate(0, 0, day-30)
			p.Authors = []post.Author{{Name: "Writer " + source}}
			posts = append(posts, p)
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	var stories, ties string
	for round := range 4 {
		s := open(t)
		know(t, s, sources...)
		for i, p := range posts {
			save(t, s, t0.Add(time.Duration(i)*time.Second), p.Source, p)
		}
		var list []string
		strong := 0
		err := s.query(t.Context(), "SELECT a.id, b.id, e.strength FROM edge e JOIN post a ON a.row = e.a JOIN post b ON b.row = e.b WHERE e.reason = 'marks'", func(scan func(...any) error) error {
			var (
				a, b     string
				strength float64
			)
			err := scan(&a, &b, &strength)
			list = append(list, fmt.Sprintf("%s %s %.6f", a, b, strength))
			if strength >= 0.5 {
				strong++
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(list)
		got := strings.Join(list, "\n")
		if round == 0 {
			stories, ties = partition(t, s), got
			if strong == 0 || strong == len(list) {
				t.Fatalf("%d of %d are sure", strong, len(list))
			}
		}
		if partition(t, s) != stories || got != ties {
			t.Errorf("in another order:\n%s\n%s\nwant\n%s\n%s", partition(t, s), got, stories, ties)
		}
		s.Close()
		rng.Shuffle(len(posts), func(i, j int) { posts[i], posts[j] = posts[j], posts[i] })
	}
}

// A busy site's translations are found among the nearest of its posts.
func TestTranslationsOfABusySite(t *testing.T) {
	data, err := os.ReadFile("../post/testdata/translations.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(data), "\n== ")
	site, _, _ := strings.Cut(rest, "\n== ")
	_, blocks, _ := strings.Cut(site, "\n= ")
	edges := func(others int) (n int) {
		s := open(t)
		know(t, s, "a")
		for i := range others {
			p := piece("a", fmt.Sprint("other", i), "nl", fmt.Sprintf("https://a.example/other/%d", i))
			p.Published = t0.Add(-10*24*time.Hour + time.Duration(i)*time.Minute)
			save(t, s, t0, "a", p)
		}
		for i, block := range strings.Split(blocks, "\n= ") {
			head, html, _ := strings.Cut(block, "\n")
			fields := strings.SplitN(head, " ", 4)
			p := about("a", fmt.Sprint(i), fmt.Sprintf("https://a.example/%d", i))
			p.Language, p.Title, p.HTML, p.Published = fields[1], fields[3], html, t0.Add(time.Duration(i)*time.Minute)
			save(t, s, t0, "a", p)
		}
		if err := s.query(t.Context(), "SELECT count(*) FROM edge WHERE reason = 'marks'", func(scan func(...any) error) error { return scan(&n) }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if alone, amid := edges(0), edges(150); alone == 0 || amid != alone {
		t.Errorf("%d translations, and %d amid 150 older posts", alone, amid)
	}
}

// Whoever writes on several sites is found to have translated there, too, and only there is looked.
func TestTranslationsOfAnAuthor(t *testing.T) {
	s := open(t)
	know(t, s, "a", "b", "c")
	write := func(source, id, language, author string) post.Post {
		p := piece(source, id, language, "https://"+source+".example/"+id)
		p.HTML += `<img src="https://a.example/brug-1.jpg"><img src="https://a.example/brug-2.jpg"><a href="https://brief.example/een">1</a> <a href="https://brief.example/twee">2</a> 4711 en 1848`
		p.Authors = []post.Author{{Name: author}}
		p.Digest = p.Shown()
		return p
	}
	save(t, s, t0, "a", write("a", "own", "nl", "Roos de Vries"))
	save(t, s, t0.Add(time.Minute), "b", write("b", "translated", "en", "Roos de Vries"))
	save(t, s, t0.Add(2*time.Minute), "c", write("c", "another", "de", "Ans Bakker"))
	if got, want := partition(t, s), "another, own translated"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestPrunePrints(t *testing.T) {
	s := open(t)
	posts, sources := copied(t)
	know(t, s, sources...)
	save(t, s, t0, posts[0].Source, posts[0])
	count := func() (prints, keys int) {
		err := s.query(t.Context(), "SELECT (SELECT count(*) FROM print), (SELECT count(*) FROM print_key)", func(scan func(...any) error) error { return scan(&prints, &keys) })
		if err != nil {
			t.Fatal(err)
		}
		return prints, keys
	}
	for _, test := range []struct {
		days, prints int
	}{{59, 1}, {61, 0}} {
		if err := s.PrunePrints(t.Context(), t0.AddDate(0, 0, test.days)); err != nil {
			t.Fatal(err)
		}
		if prints, keys := count(); prints != test.prints || (keys > 0) != (prints > 0) {
			t.Errorf("after %d days: %d prints, %d keys", test.days, prints, keys)
		}
	}
}

// BenchmarkPrint finds what a new post on topic is like, and writes down what it
// is found by, among 300,000 of 3,000 sites in 60 days; one in ten copies another, and
// one in ten is by somebody who writes elsewhere. All sites are in two languages.
func BenchmarkPrint(b *testing.B) {
	const stored, sites = 300_000, 3_000
	s := open(b)
	know(b, s, "a")
	rng := rand.New(rand.NewPCG(1, 2))
	words := make([]string, 20_000)
	for i := range words {
		words[i] = fmt.Sprintf("w%dx", i)
	}
	var texts []string
	make := func(i int) post.Post {
		number := rng.IntN(sites)
		site, writer := fmt.Sprintf("https://site%d.example", number), number
		if rng.IntN(10) == 0 {
			writer = rng.IntN(sites)
		}
		p := post.Post{Source: "a", ID: fmt.Sprint(i), URL: fmt.Sprintf("%s/%d", site, i), Title: "Title " + fmt.Sprint(i), Language: []string{"nl", "nl", "nl", "en"}[rng.IntN(4)],
			Authors: []post.Author{{Name: fmt.Sprint("Writer ", writer)}}, FirstSeen: t0, Published: t0.Add(-time.Duration(rng.IntN(60*24)) * time.Hour)}
		var text strings.Builder
		fmt.Fprintf(&text, "<p>Begin %d. ", i)
		for range 120 {
			text.WriteString(words[rng.IntN(len(words))])
			text.WriteString([]string{" ", " ", " ", " Amsterdam ", ". "}[rng.IntN(5)])
		}
		fmt.Fprintf(&text, `%d <a href="https://elsewhere.example/%d">x</a></p>`, rng.IntN(90000), rng.IntN(1000))
		p.HTML = text.String()
		if len(texts) > 0 && rng.IntN(10) == 0 {
			p.HTML = texts[rng.IntN(len(texts))]
		} else if len(texts) < 10_000 {
			texts = append(texts, p.HTML)
		}
		return p
	}
	add := func(tx *transaction, p *post.Post) error {
		row, err := tx.insert(`INSERT INTO post (source, id, variant, digest, shown, own, published, updated, first_seen, backfill, reply, note, page_need, page_tries,
				language, language_from, key, url, title, more, summary, html, page) VALUES (?, ?, 0, x'', x'', 0, ?, 0, ?, 0, 0, 0, 0, 0, ?, '', '', ?, ?, '', '', ?, '')`,
			p.Source, p.ID, millis(p.Published), millis(p.FirstSeen), p.Language, p.URL, p.Title, p.HTML)
		if err == nil {
			_, err = tx.savePrint(row, p, false)
		}
		return err
	}
	one := make(0)
	print, _ := post.NewPrint(one.HTML).MarshalBinary()
	marks, _ := post.MarksOf(&one).MarshalBinary()
	if err := s.update(b.Context(), func(tx *transaction) error {
		if err := tx.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
				INSERT INTO post (row, source, id, variant, digest, shown, own, published, updated, first_seen, backfill, reply, note, page_need, page_tries,
				language, language_from, key, url, title, more, summary, html, page)
				SELECT i, 'a', 'seed ' || i, 0, x'', x'', 0, 0, 0, ?, 0, 0, 0, 0, 0, iif(i % 4, 'nl', 'en'), '', '', '', '', '', '', '', '' FROM n`, stored, millis(t0)); err != nil {
			return err
		}
		if err := tx.exec(`INSERT INTO print (post, seen, date, site, author, length, print, marks, keys, language)
				SELECT row, first_seen, first_seen - abs(random()) % (60 * 86400000), 'site' || (row % ?1) || '.example', 'writer ' || (row % ?1), 800, ?, ?, '[]', language FROM post`, sites, print, marks); err != nil {
			return err
		}
		if err := tx.exec(`WITH n(i) AS (VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9))
				INSERT INTO print_key (hash, post) SELECT random(), post FROM print, n`); err != nil {
			return err
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	var took []time.Duration
	n := 0
	for b.Loop() {
		p := make(n)
		n++
		err := s.update(b.Context(), func(tx *transaction) error {
			begin := time.Now()
			err := add(tx, &p)
			took = append(took, time.Since(begin))
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "µs-p50")
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds()), "µs-p95")
}
