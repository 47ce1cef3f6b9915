package ingest

import (
	"fmt"
	"strings"
	"testing"
)

// What is set aside comes back as gofeed would have read it, whatever stands around it.
func TestSetAside(t *testing.T) {
	long := strings.Repeat("lorem ipsum ", 30)
	const rss, atom = `<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>t</title><item><title>i</title>%s</item></channel></rss>`,
		`<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><entry><id>i</id><title>i</title>%s</entry></feed>`
	for _, c := range []struct{ frame, entry, content, summary string }{
		{rss, "<content:encoded><![CDATA[<p>" + long + "&amp; more</p>]]></content:encoded>", "<p>" + long + "&amp; more</p>", ""},
		{rss, "<description>&lt;p&gt;" + long + "&amp;amp; &#233;&lt;/p&gt;</description>", "<p>" + long + "&amp; é</p>", ""},
		{rss, "<description>" + long + "s</description><content:encoded>&lt;b&gt;" + long + "<![CDATA[<i>c]]>&lt;</content:encoded>", "<b>" + long + "<i>c<", long + "s"},
		{rss, "<description>(set aside)</description><content:encoded>" + long + "c</content:encoded>", long + "c", ""},
		{rss, "<content:encoded>" + long + "first</content:encoded><content:encoded>second</content:encoded>", "second", ""},
		{rss, "<content:encoded>first</content:encoded><content:encoded>" + long + "second</content:encoded>", long + "second", ""},
		{rss, "<content:encoded><p>" + long + "</p></content:encoded>", "<p>" + long + "</p>", ""},
		{atom, `<content type="html">&lt;p&gt;` + long + `&lt;/p&gt;</content>`, "<p>" + long + "</p>", ""},
		{atom, `<content type="html"><![CDATA[<p>` + long + `!]]></content>`, "<p>" + long + "!", ""},
		{atom, `<content>` + long + `1 &lt; 2</content>`, "<p>" + long + "1 &lt; 2</p>", ""},
		{atom, `<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>` + long + `</p></div></content>`, "<p>" + long + "</p>", ""},
		{atom, `<summary type="html">s</summary><content type="html">` + long + `c</content>`, long + "c", "s"},
	} {
		doc, err := Read([]byte(fmt.Sprintf(c.frame, c.entry)), "", "https://a.example/feed")
		if err != nil || len(doc.Entries) != 1 {
			t.Errorf("%s: %v, %+v", c.entry, err, doc)
			continue
		}
		if e := doc.Entries[0]; e.Content != c.content || c.summary != "" && e.Summary != c.summary {
			t.Errorf("%s:\n%q, %q, want\n%q, %q", c.entry, e.Content, e.Summary, c.content, c.summary)
		}
	}
}
