package store

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"samenloop/post"
)

// BenchmarkSave stores 30 new posts of 5 KB a visit, one in ten on topic.
func BenchmarkSave(b *testing.B) {
	s := open(b)
	know(b, s, "a")
	html := strings.Repeat("<p>Some words about the open web, and some more of them.</p>\n", 80)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		posts := make([]post.Post, 30)
		for i := range posts {
			n++
			p := about("a", fmt.Sprint(n), fmt.Sprintf("https://a.example/%d", n))
			p.HTML = html + p.HTML
			p.FirstSeen = t0.Add(time.Duration(n) * time.Second)
			if n%10 != 0 {
				p.Matches = nil
			}
			posts[i] = p
		}
		save(b, s, t0, "a", posts...)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(n), "µs/post")
}

// BenchmarkKnown recognises the 30 entries of a document that all are stored.
func BenchmarkKnown(b *testing.B) {
	s := open(b)
	know(b, s, "a")
	var ids []string
	for i := range 30 {
		ids = append(ids, fmt.Sprint(i))
		save(b, s, t0, "a", about("a", ids[i], fmt.Sprintf("https://a.example/%d", i)))
	}
	for b.Loop() {
		if known, err := s.Known(b.Context(), "a", ids); err != nil || len(known) != 30 {
			b.Fatal(err)
		}
	}
}

// BenchmarkEditions reads a page of a feed.
func BenchmarkEditions(b *testing.B) {
	s := open(b)
	know(b, s, "a")
	var posts []post.Post
	for i := range 1000 {
		posts = append(posts, about("a", fmt.Sprint(i), fmt.Sprintf("https://a.example/%d", i)))
	}
	save(b, s, t0, "a", posts...)
	for b.Loop() {
		if list := editions(b, s, post.Query{}); len(list) != 50 {
			b.Fatal(len(list))
		}
	}
}

// BenchmarkVisits writes down that nothing is new with 50 of 1,000 sources.
func BenchmarkVisits(b *testing.B) {
	s := open(b)
	ids := make([]string, 1000)
	for i := range ids {
		ids[i] = fmt.Sprint("s", i)
	}
	know(b, s, ids...)
	batches := make([]post.Batch, 50)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		for i := range batches {
			id := ids[(n*50+i)*389%1000]
			url := "https://" + id + ".example/feed"
			batches[i] = post.Batch{Now: t0, Visit: post.Visit{Source: id, Given: url, FeedURL: url, SiteURL: url, ETag: `"1"`, Checked: t0.Add(time.Duration(n) * time.Second)}}
		}
		if _, err := s.Save(b.Context(), batches...); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(n*len(batches)), "µs/visit")
}
