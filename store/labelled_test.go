package store

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"samenloop/post"
)

// labelled is a post, and what it tells: posts with the same words here are one story.
type labelled struct {
	post.Post
	of string
}

// labelledStories are posts of sites in several languages, which say in the ways
// that sites do what is a translation of what, and toots about them. Among them is
// what looks like that, and is not. No text has anything in common with another.
func labelledStories() (all []labelled) {
	slug := func(n int) string {
		return []string{"een-brug", "vrije-scholen", "brief-aan-de-raad", "eigen-server", "oude-laptops"}[n-1]
	}
	other := func(n int, language string) string { return language + "-" + slug(n)[2:] + fmt.Sprint(n*7) }
	type say struct{ language, url string }
	everybody := func(languages string, url func(int, string) string) func(int, string) []say {
		return func(n int, of string) (list []say) {
			for _, l := range strings.Fields(languages) {
				if l != of {
					list = append(list, say{l, url(n, l)})
				}
			}
			return list
		}
	}
	nobody := func(int, string) []say { return nil }
	add := func(of, source, id, language, url string, says ...say) {
		p := piece(source, source+id, language, url)
		for _, s := range says {
			if p.Alternates == nil {
				p.Alternates = map[string]string{}
			}
			p.Alternates[s.language] = s.url
		}
		all = append(all, labelled{p, of})
	}

	// The ways in which sites declare.
	path := func(site string) func(int, string) string {
		return func(n int, l string) string { return "https://" + site + ".example/" + l + "/2026/" + slug(n) }
	}
	below := func(site string) func(int, string) string { // the first language has no segment
		return func(n int, l string) string {
			return strings.Replace("https://"+site+".example/"+l+"/"+slug(n), "/nl/", "/", 1)
		}
	}
	slugs := func(site string) func(int, string) string {
		return func(n int, l string) string { return "https://" + site + ".example/" + l + "/" + other(n, l) }
	}
	hosts := func(n int, l string) string { return "https://" + l + ".hosts.example/artikel/" + other(n, l) }
	query := func(n int, l string) string {
		return fmt.Sprintf("https://query.example/index.php?id=%d&lang=%s", n, l)
	}
	for _, way := range []struct {
		site, languages string
		url             func(int, string) string
		says            func(int, string) []say
	}{
		{"wpml", "nl en fy", path("wpml"), everybody("nl en fy", path("wpml"))},
		{"paths", "nl en", path("paths"), nobody},
		{"below", "nl en", below("below"), nobody},
		{"slugs", "nl en de", slugs("slugs"), everybody("nl en de", slugs("slugs"))},
		{"once", "nl en", slugs("once"), func(n int, l string) []say { // the translation alone says what it is of
			if l == "nl" {
				return nil
			}
			return []say{{"nl", slugs("once")(n, "nl")}}
		}},
		{"hosts", "nl en", hosts, everybody("nl en", hosts)},
		{"query", "nl fr", query, everybody("nl fr", query)},
		{"odd", "nl en", slugs("odd"), func(n int, l string) []say { // another scheme, www, a slash, trackers, and what is none
			u := strings.Replace(slugs("odd")(n, map[string]string{"nl": "en", "en": "nl"}[l]), "https://", "http://www.", 1)
			return []say{{map[string]string{"nl": "en-GB", "en": "nl-NL"}[l], u + "/?utm_source=x#top"}, {"de", "https://odd.example/de/"}, {l, slugs("odd")(n, l)}}
		}},
		{"theme", "nl en", slugs("theme"), func(n int, l string) []say { // beside the translation, in every post the same page
			return append(everybody("nl en", slugs("theme"))(n, l), say{"fr", "https://theme.example/fr/a-propos"})
		}},
	} {
		for n := range 5 {
			for l := range strings.FieldsSeq(way.languages) {
				add(fmt.Sprint(way.site, n), way.site, fmt.Sprint(n, l), l, way.url(n+1, l), way.says(n+1, l)...)
			}
		}
	}
	for n := range 3 { // two organisations that translate each other, and one that only says so of another
		nl, en := fmt.Sprintf("https://ours.example/stuk/%d", n), fmt.Sprintf("https://theirs.example/piece/%d", n)
		add(fmt.Sprint("both", n), "ours", fmt.Sprint(n), "nl", nl, say{"en", en})
		add(fmt.Sprint("both", n), "theirs", fmt.Sprint(n), "en", en, say{"nl", nl})
	}
	add("one", "far", "1", "de", "https://far.example/1", say{"nl", "https://ours.example/stuk/9"})
	add("one", "ours", "9", "nl", "https://ours.example/stuk/9")
	for n := range 3 { // one object in two languages
		for i, l := range []string{"nl", "en"} {
			p := piece("toots", fmt.Sprint("object", n, l), l, fmt.Sprintf("https://toots.example/@ans/o%d", n))
			p.ID, p.Variant, p.Fediverse, p.Note = fmt.Sprint("object", n), -i, true, true
			all = append(all, labelled{p, fmt.Sprint("object", n)})
		}
	}

	// What is none: home pages, one page for all, numbers that each language counts for itself, years.
	for n := range 5 {
		id := fmt.Sprint(n)
		add("home"+id, "home", id, "nl", "https://home.example/nl/"+slug(n+1), say{"en", "https://home.example/en/"}, say{"x-default", "https://home.example/"})
		add("all"+id, "all", id, "nl", "https://all.example/bericht-"+id, say{"en", "https://all.example/about-us"})
		add("counted nl"+id, "counted", "nl"+id, "nl", "https://counted.example/nl/nieuws/"+id)
		add("counted en"+id, "counted", "en"+id, "en", "https://counted.example/en/news/"+id)
		add("topic nl"+id, "topics", "nl"+id, "nl", "https://topics.example/nl/onderwerp/"+slug(n+1))
		add("topic en"+id, "topics", "en"+id, "en", "https://topics.example/en/onderwerp/"+slug(n+1)+"/update")
	}
	add("home", "home", "en", "en", "https://home.example/en/")
	add("all", "all", "en", "en", "https://all.example/about-us")
	add("theme", "theme", "fr", "fr", "https://theme.example/fr/a-propos")
	// A text that was copied with its declaration: what it declares says that it is of another.
	add("left", "slugs", "left", "nl", "https://slugs.example/nl/overgenomen", say{"en", slugs("slugs")(1, "en")}, say{"de", slugs("slugs")(1, "de")})

	// Toots, each about the story of a page.
	n := 0
	mention := func(of, html string) {
		n++
		p := about("toots", fmt.Sprint("toot", n), fmt.Sprintf("https://toots.example/@ans/%d", n))
		p.Note, p.Title, p.Language = true, fmt.Sprint("Toot ", n), "nl"
		p.HTML = "<p>" + strings.Join(ownWords(fmt.Sprint("t", n), 12), " ") + " " + html + ` <a href="https://toots.example/tags/web">#<span>web</span></a></p>`
		p.Digest = p.Shown()
		all = append(all, labelled{p, of})
	}
	a := func(url string) string { return fmt.Sprintf(`<a href="%s">%.20s</a>`, url, url) }
	for i := range 5 {
		id := fmt.Sprint(i)
		mention("wpml"+id, a(path("wpml")(i+1, "nl")+"?utm_source=mastodon&utm_medium=social"))
		mention("wpml"+id, "Read "+a(path("wpml")(i+1, "en")))
		mention("slugs"+id, slugs("slugs")(i+1, "de")+".")
		mention("slugs"+id, `<a href="https://toots.example/@roos">@<span>roos</span></a> `+a(strings.Replace(slugs("slugs")(i+1, "nl"), "https://", "http://www.", 1)+"/"))
		mention("below"+id, a(below("below")(i+1, "nl"))+" "+a("https://elsewhere.example/petition"))
		mention("once"+id, a("https://elsewhere.example/tickets")+" "+a(slugs("once")(i+1, "nl")))
		mention("query"+id, a(query(i+1, "fr")))
		mention("hosts"+id, a(hosts(i+1, "en")+"#comments"))
		mention("counted en"+id, a("https://counted.example/en/news/"+id))
		mention("paths"+id, "RE: "+a(path("paths")(i+1, "nl")))
	}
	mention("odd0", "https://short.example/x7Gh") // leads there, and does not say so
	mention("odd1", "https://short.example/x7Gi")
	mention("odd2", a(slugs("odd")(3, "nl"))+" "+a("https://toots.example/@ans/"+fmt.Sprint(n)))
	// And what is about none, or about another.
	mention("round-up", a(path("wpml")(1, "nl"))+a(slugs("slugs")(1, "nl"))+a(below("below")(1, "nl")))
	mention("home page", a("https://home.example/nl/"))
	mention("front page", a("https://wpml.example/"))
	mention("not stored", a("https://elsewhere.example/petition"))
	mention("no link", "zonder iets")
	mention("hashtags", a("https://toots.example/tags/brug")+a("https://toots.example/@roos"))
	mention("paths1", "Eerder: "+a(path("paths")(1, "nl"))+", nu: "+a(path("paths")(2, "nl"))) // what it is about comes second
	long := piece("blog", "blog", "nl", "https://blog.example/1")                              // with a title: a piece of its own
	long.HTML += a(path("wpml")(1, "nl"))
	all = append(all, labelled{long, "blog"})
	return all
}

// Of declared translations and mentions at least 0.98 are right, and at least 0.9 are
// found, whatever comes first. Every pair counts.
func TestLabelledStories(t *testing.T) {
	all := labelledStories()
	random := rand.New(rand.NewPCG(1, 2))
	for _, order := range []string{"the other way round", "mixed"} {
		t.Run(order, func(t *testing.T) {
			switch order {
			case "the other way round": // toots first
				slices.Reverse(all)
			case "mixed":
				random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			}
			s := open(t)
			var sources []string
			for _, p := range all {
				if !slices.Contains(sources, p.Source) {
					sources = append(sources, p.Source)
				}
			}
			know(t, s, sources...)
			for i, p := range all {
				save(t, s, t0.Add(time.Duration(i)*time.Second), p.Source, p.Post)
			}
			story := map[string]int64{}
			err := s.query(t.Context(), "SELECT source || ' ' || id || ' ' || variant, story FROM post", func(scan func(...any) error) error {
				var (
					id string
					of int64
				)
				err := scan(&id, &of)
				story[id] = of
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			type count struct{ right, wrong, missed int }
			var translations, mentions count
			for i, p := range all {
				for _, q := range all[:i] {
					c := &translations
					isToot := func(l labelled) bool { return strings.HasPrefix(l.ID, "toot") }
					if isToot(p) && isToot(q) {
						continue
					}
					if isToot(p) || isToot(q) {
						c = &mentions
					}
					of := func(l labelled) int64 { return story[fmt.Sprint(l.Source, " ", l.ID, " ", l.Variant)] }
					found := of(p) == of(q)
					switch {
					case found && p.of == q.of:
						c.right++
					case found:
						c.wrong++
						t.Logf("wrong: %s %s (%s) and %s %s (%s)", p.Source, p.ID, p.of, q.Source, q.ID, q.of)
					case p.of == q.of:
						c.missed++
						t.Logf("missed: %s %s and %s %s (%s)", p.Source, p.ID, q.Source, q.ID, q.of)
					}
				}
			}
			for name, c := range map[string]count{"declared translations": translations, "mentions": mentions} {
				precision, recall := float64(c.right)/float64(c.right+c.wrong), float64(c.right)/float64(c.right+c.missed)
				t.Logf("%s: %d pairs, precision %.3f, recall %.3f", name, c.right+c.missed, precision, recall)
				if precision < 0.98 || recall < 0.9 {
					t.Errorf("%s: precision %.3f, recall %.3f: want 0.98 and 0.9", name, precision, recall)
				}
			}
		})
	}
}
