package ingest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// checkAgain holds what is read of a document after another one to what all of it
// says. It returns how many entries were passed over.
func checkAgain(t *testing.T, before, now string) (known int) {
	t.Helper()
	const address = "https://example.org/feed"
	was, err := Read([]byte(before), "", address)
	if err != nil || was.last == nil {
		return 0
	}
	want, wantErr := Read([]byte(now), "", address)
	got, err := readAgain([]byte(now), "", address, readLast(was.last.bytes()))
	if fmt.Sprint(err) != fmt.Sprint(wantErr) {
		t.Fatalf("error %v, of all of it %v\nbefore %s\nnow %s", err, wantErr, before, now)
	}
	if err != nil {
		return 0
	}
	var rest []Entry // of all, those that were passed over
	left := got.Entries
	for _, e := range want.Entries {
		if len(left) > 0 && cmp.Equal(e, left[0]) {
			left = left[1:]
			continue
		}
		rest = append(rest, e)
	}
	if len(left) > 0 || len(rest) != got.Known {
		t.Fatalf("%d passed over, %d of %d read\nbefore %s\nnow    %s\n%+v", got.Known, len(got.Entries), len(want.Entries), before, now, left)
	}
	for _, e := range rest {
		found := false
		for _, old := range was.Entries {
			found = found || cmp.Equal(e, old, cmpopts.IgnoreFields(Entry{}, "Whole")) // which the others decide
		}
		if !found || was.Language != want.Language {
			t.Fatalf("passed over, although it was not there before: %+v\nbefore %s\nnow    %s", e, before, now)
		}
	}
	ignore := cmpopts.IgnoreFields(Document{}, "Entries", "Known")
	if diff := cmp.Diff(want, got, ignore, cmpopts.IgnoreUnexported(Document{})); diff != "" {
		t.Fatalf("%s\nbefore %s\nnow    %s", diff, before, now)
	}
	// An id that is there twice may be that of one that was passed over: the store tells.
	if diff := cmp.Diff(want.last.bytes(), got.last.bytes()); want.last != nil && diff != "" {
		t.Fatalf("what is remembered differs\nbefore %s\nnow    %s\n%s", before, now, diff)
	}
	return got.Known
}

// Pieces of which documents are made at random: %d is a number of an entry, %s the entries.
var (
	rssPieces = []string{
		`<item><title>Title %d</title><link>https://example.org/%[1]d</link><description>Text %[1]d &amp; more.</description></item>`,
		`<item><guid isPermaLink="false">%d</guid><title>b</title><content:encoded><![CDATA[<p>` + strings.Repeat("A whole paragraph. ", 20) + `</p>]]></content:encoded></item>`,
		`<item><guid>x%d</guid><title>a</title><description>Short […]</description></item>`,
		`<item><title>%d</title><description><![CDATA[it ends with </item>, they say]]></description></item>`,
		`<item xmlns:dc="http://purl.org/dc/elements/1.1/"><title>%d</title><dc:creator>Jo</dc:creator></item>`,
		`<item><title>%d</title><c:encoded>text</c:encoded></item>`,
		`<item xml:lang="fy" xml:base="https://example.org/sub/"><title>%d</title><link>rel</link></item>`,
		`<item><title>%d</title><!-- a note --><link>/relative/%[1]d</link></item>`,
		`<item><title>%d</title><!-- never closed </item>`,
		`<item><title>%d</title><?pi </item>`,
		`<item><title>%d <![CDATA[ never closed</title></item>`,
		`<item><title>%d</title>`,
		`<item><title>%d</title></item >`,
		`<item/><!-- %d -->`,
		`<item><a href="%d></item>`,
		`<copyright>%d</copyright>`, `<!-- %d -->`, "\n\t", "--> %d", "?> %d",
	}
	rssFrames = []string{
		`<rss version="2.0"><channel><title>T</title><link>https://example.org/</link>%s</channel></rss>`,
		`<rss version="2.0"><channel><title>Another</title><link>https://example.org/</link><lastBuildDate>now</lastBuildDate>%s<ttl>60</ttl></channel></rss>`,
		`<rss version="2.0"><channel><title>T</title><link>https://example.org/other/</link>%s</channel></rss>`,
		`<rss version="2.0"><channel><link>https://example.org/</link><language>nl</language>%s</channel></rss>`,
		`<rss version="2.0"><channel xml:lang="de"><link>https://example.org/</link>%s</channel></rss>`,
		`<rss version="2.0"><channel><link>https://example.org/</link><managingEditor>Jo</managingEditor>%s</channel></rss>`,
		`<rss version="2.0"><channel><link>https://example.org/</link></channel>%s</rss>`,
		`<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>%s</channel></rss>`,
		`<rss version="2.0" xmlns:content="https://example.org/not-that"><channel>%s</channel></rss>`,
		`<rss version="2.0"><channel><link>https://example.org/</link>%s</channel><channel>%[1]s</channel></rss>`,
		`<rss version="2.0"><channel xmlns:c="http://purl.org/rss/1.0/modules/content/"><link>https://example.org/</link>%s</channel></rss>`,
		`<rss version="2.0"><channel xmlns:c="https://example.org/not-that"><link>https://example.org/</link>%s</channel></rss>`,
		`<rss version="2.0">%s</rss>`,
		`<rss version="2.0"><channel><link>https://example.org/</link>%s`,
		`<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><channel rdf:about="x"><title>T</title></channel>%s</rdf:RDF>`,
	}
	atomPieces = []string{
		`<entry><id>tag:a,%d</id><title>a</title><link href="https://example.org/%[1]d"/><content type="html">&lt;p&gt;` + strings.Repeat("A whole paragraph. ", 20) + `&lt;/p&gt;</content></entry>`,
		`<entry><id>%d</id><title>a</title><summary>Short …</summary></entry>`,
		`<entry xml:lang="nl"><id>%d</id><title>a</title><link href="rel" hreflang="nl"/></entry>`,
		`<entry><id>%d</id><title>a</title><author><name>Jo</name></author></entry>`,
		`<entry><id>%d</id><title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">x <b>y</b></div></title></entry>`,
		`<entry><id>%d</id><content><![CDATA[</entry>]]></content></entry>`,
		`<entry><id>%d</id><title>a</title>`, `<entry><title>%d<!-- </title></entry>`, `<link rel="self" href="/%d"/>`, "\n",
	}
	atomFrames = []string{
		`<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><updated>2026-01-01T00:00:00Z</updated>%s</feed>`,
		`<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><updated>2026-01-02T00:00:00Z</updated>%s</feed>`,
		`<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title>T</title>%s</feed>`,
		`<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://example.org/b/"><title>T</title>%s</feed>`,
		`<feed xmlns="http://www.w3.org/2005/Atom"><author><name>Al</name></author>%s</feed>`,
		`<a:feed xmlns:a="http://www.w3.org/2005/Atom">%s</a:feed>`,
	}
)

// Whatever changes in a document, what is passed over would be read as it was
// before, and what is read is what reading all of it gives.
func TestReadAgain(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	known, some := 0, 0
	const rounds = 4000
	for range rounds {
		pieces, frames := rssPieces, rssFrames
		if r.IntN(3) == 0 {
			pieces, frames = atomPieces, atomFrames
		}
		if r.IntN(2) == 0 {
			pieces = pieces[:4] // nothing out of the ordinary
		}
		piece := func() string {
			if p := pieces[r.IntN(len(pieces))]; strings.Contains(p, "%d") {
				return fmt.Sprintf(p, r.IntN(20))
			}
			return "\n"
		}
		var entries []string
		for range r.IntN(6) {
			entries = append(entries, piece())
		}
		frame := frames[r.IntN(len(frames))]
		before := fmt.Sprintf(frame, strings.Join(entries, ""))
		for range r.IntN(3) { // edits
			at := r.IntN(len(entries) + 1)
			switch r.IntN(3) {
			case 0:
				entries = append(entries[:at:at], append([]string{piece()}, entries[at:]...)...)
			case 1:
				entries = append(entries[:at:at], entries[min(at+1, len(entries)):]...)
			case 2:
				r.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
			}
		}
		if r.IntN(3) == 0 {
			frame = frames[r.IntN(len(frames))]
		}
		now := fmt.Sprintf(frame, strings.Join(entries, ""))
		if n := checkAgain(t, before, now); n > 0 {
			known += n
			some++
		}
	}
	if some < rounds/10 {
		t.Errorf("%d entries were passed over in %d of %d documents: that tells little", known, some, rounds)
	}
}

func FuzzReadAgain(f *testing.F) {
	for i, frame := range rssFrames {
		f.Add(fmt.Sprintf(frame, fmt.Sprintf(rssPieces[i], 1)), fmt.Sprintf(frame, fmt.Sprintf(rssPieces[i], 1)+fmt.Sprintf(rssPieces[0], 2)))
	}
	for i, frame := range atomFrames {
		f.Add(fmt.Sprintf(frame, fmt.Sprintf(atomPieces[i], 1)), fmt.Sprintf(frame, fmt.Sprintf(atomPieces[i], 1)+fmt.Sprintf(atomPieces[0], 2)))
	}
	f.Fuzz(func(t *testing.T, before, now string) { checkAgain(t, before, now) })
}

// A document in which an entry is never closed is not looked through for its end again and again.
func TestReadAgainIsLinear(t *testing.T) {
	for _, end := range []string{"", "</item>"} {
		in := "<rss><channel>" + strings.Repeat("<item>", 100_000) + strings.Repeat(" ", 4<<20) + end
		if _, err := scanXML([]byte(in), 0, "", nil); err != nil {
			t.Logf("%q: %v", end, err)
		}
	}
}

func BenchmarkReadAgain(b *testing.B) {
	body := benchFeed(true)
	was, err := Read(body, "", "https://example.org/feed")
	if err != nil {
		b.Fatal(err)
	}
	now := bytes.Replace(body, []byte("<item>"), []byte("<item><title>New</title></item><item>"), 1)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if doc, err := readAgain(now, "", "https://example.org/feed", was.last); err != nil || doc.Known != 30 || len(doc.Entries) != 1 {
			b.Fatal(err, doc.Known)
		}
	}
}
