package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// itemsShown is how many items a feed holds, as most do.
const itemsShown = 30

// farm is many sites with a feed and an account each. It runs as a process of its own, so that
// what it takes is not counted as ours.
type farm struct {
	published  atomic.Int64 // items each feed has published; it shows the newest itemsShown
	validators atomic.Bool  // it sends ETags and answers 304
	accounts   accounts
}

// farmHost is the address of a site: each has one of its own, as on the web.
func farmHost(n int) string { return fmt.Sprintf("127.1.%d.%d", n/250, n%250+1) }

// runFarm serves sites until its input ends. It prints its port when all can be asked.
func runFarm(sites int) error {
	f := &farm{}
	f.published.Store(itemsShown)
	f.validators.Store(true)
	port := "0"
	for n := range sites {
		listener, err := net.Listen("tcp", net.JoinHostPort(farmHost(n), port))
		if err != nil {
			return err
		}
		_, port, _ = net.SplitHostPort(listener.Addr().String())
		server := &http.Server{Handler: f.site(n), ReadHeaderTimeout: 10 * time.Second}
		go server.Serve(listener)
	}
	fmt.Println(port)
	io.Copy(io.Discard, os.Stdin) // it ends with who started it
	return nil
}

func (f *farm) site(n int) http.Handler {
	mux := http.NewServeMux()
	f.accounts.site(n, mux)
	mux.HandleFunc("GET /feed.xml", func(w http.ResponseWriter, r *http.Request) {
		published := int(f.published.Load())
		w.Header().Set("Content-Type", "application/xml")
		if f.validators.Load() {
			etag := fmt.Sprintf(`"%d"`, published)
			w.Header().Set("ETag", etag)
			if r.Header.Get("If-None-Match") == etag {
				w.WriteHeader(http.StatusNotModified)
				return
			}
		}
		document := feedDocument(n, published)
		w.Header().Set("Content-Length", strconv.Itoa(len(document)))
		io.WriteString(w, document)
	})
	mux.HandleFunc("POST /set", func(w http.ResponseWriter, r *http.Request) {
		published, err := strconv.ParseInt(r.FormValue("published"), 10, 64)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		f.published.Store(published)
		f.validators.Store(r.FormValue("validators") == "true")
	})
	return mux
}

// feedDocument is the feed of a site: RSS on even ones, Atom on odd ones.
func feedDocument(site, published int) string {
	var b strings.Builder
	b.Grow(itemsShown * 5500)
	home := "https://" + strconv.Itoa(site) + ".example"
	if site%2 == 0 {
		fmt.Fprintf(&b, `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Site %d</title><link>%s/</link><language>en</language>`, site, home)
	} else {
		fmt.Fprintf(&b, `<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>Site %d</title><id>%s/</id><link href="%s/"/><updated>2026-01-01T00:00:00Z</updated>`, site, home, home)
	}
	for item := published - 1; item >= max(0, published-itemsShown); item-- {
		date := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(item) * time.Hour)
		title, content := fmt.Sprintf("Site %d writes its article number %d &amp; more", site, item), article(site, item)
		if site%2 == 0 {
			fmt.Fprintf(&b, `<item><title>%s</title><link>%s/article/%d</link><guid isPermaLink="false">%d-%d</guid><pubDate>%s</pubDate><dc:creator>Writer %d</dc:creator><category>News</category><category>Web</category><description>What article %d is about.</description><content:encoded><![CDATA[%s]]></content:encoded></item>`,
				title, home, item, site, item, date.Format(time.RFC1123Z), site, item, content)
		} else {
			fmt.Fprintf(&b, `<entry><title>%s</title><link href="%s/article/%d"/><id>tag:%d,%d</id><published>%s</published><updated>%s</updated><author><name>Writer %d</name></author><category term="News"/><content type="html">%s</content></entry>`,
				title, home, item, site, item, date.Format(time.RFC3339), date.Format(time.RFC3339), site, escaper.Replace(content))
		}
	}
	if site%2 == 0 {
		b.WriteString("</channel></rss>")
	} else {
		b.WriteString("</feed>")
	}
	return b.String()
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// words are what every second word of an article is: the small ones of a language.
var words = strings.Fields(`the people who make a place on the web of their own know that it takes time to tend it and
	that what was promised as free had its price in the end so they write about servers and gardens protocols and
	neighbours libraries and roads about who may look and who decides in council meetings reading rooms and kitchens`)

// syllables make the other half: as many words as a language has, so that texts
// have as little in common as those of people.
var syllables = strings.Fields("ar be con den er fo ge hel in jor kel lan mer nor op per qua ret sen ton un ver wis yel zan ster bro chi dra fle gro ple")

// onTopic: one in so many items is.
const onTopic = 5

// article is some 5 KB of HTML, another for each item.
func article(site, item int) string {
	var b strings.Builder
	b.Grow(5200)
	n := uint32(site*7919 + item*104729 + 1)
	word := func() string {
		n = n*1664525 + 1013904223
		if n>>31 == 0 {
			return words[n>>16%uint32(len(words))]
		}
		return syllables[n>>16%32] + syllables[n>>21%32] + syllables[n>>26%32]
	}
	for paragraph := 0; b.Len() < 4900; paragraph++ {
		if paragraph%4 == 3 {
			fmt.Fprintf(&b, `<h2>%s %s</h2><ul><li>%s</li><li><em>%s</em></li></ul>`, word(), word(), word(), word())
			fmt.Fprintf(&b, `<figure><img src="/images/%d-%d-%d.jpg" alt="%s &amp; %s" width="640" height="480"><figcaption>%s</figcaption></figure>`, site, item, paragraph, word(), word(), word())
		}
		b.WriteString("<p>")
		for i := range 70 {
			if i > 0 {
				b.WriteByte(' ')
			}
			switch i {
			case 20:
				fmt.Fprintf(&b, `<a href="https://elsewhere.example/%s/%d" class="link" target="_blank">%s %s</a>`, word(), n%1_000_000, word(), word())
			case 40:
				fmt.Fprintf(&b, `<strong>%s</strong>&nbsp;&mdash; %s`, word(), word())
			default:
				b.WriteString(word())
			}
		}
		b.WriteString(".</p>\n")
	}
	if item%onTopic == 0 {
		b.WriteString("<p>#bench</p>")
	}
	return b.String()
}
