package ingest

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
	"testing"
)

// FuzzScanXML holds the scanner to its promise: what it writes is well-formed
// for encoding/xml, within the limits, and means the same tags to both.
func FuzzScanXML(f *testing.F) {
	for _, seed := range []string{
		`<rss><channel><item><title>a</title></item></channel></rss>`,
		`<rss><channel><item><title>a<item><title>b</title></item>`,
		`<feed xmlns="x"><entry xml:lang='nl' a="]]>"><content><![CDATA[a]]></content></entry>`,
		"<rss><channel><item><t>]]<!-- -->><![CDATA[]\x01]>]]> & &nbsp; &#8; &#x80; < a<b ></p><br></t></item></rss>",
		"<rss><a b='<c d=\"'></a>&#X41;&#;&#x;&#99999999;&LT;&bsol;\uFFFE\xEF</rss>",
		`<rss xmlns:a="u" xmlns:b="u"><a:x></b:x><item/><?pi ?><!foo></rss>`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		in = utf8Text(in, "")
		if _, at, err := findXMLRoot(in); err == nil {
			in = in[at:]
		}
		if xmlNameLen(in[min(1, len(in)):]) == 0 {
			return
		}
		x, err := scanXML(in, 0, "", nil)
		if err != nil {
			return
		}
		d := xml.NewDecoder(bytes.NewReader(x.text)) // strict
		depth, tags := 0, 0
		for {
			token, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("encoding/xml cannot read %q: %v", x.text, err)
			}
			switch token.(type) {
			case xml.StartElement:
				tags++
				depth++
			case xml.EndElement:
				depth--
			case xml.Comment, xml.ProcInst, xml.Directive:
				t.Fatalf("%T in %q", token, x.text)
			}
			if depth > maxXMLDepth || tags > maxXMLTags {
				t.Fatalf("beyond the limits: depth %d, %d tags", depth, tags)
			}
		}
		if again, err := scanXML(x.text, 0, "", nil); err != nil || !bytes.Equal(again.text, x.text) {
			t.Fatalf("written again: %v\n%q\n%q", err, x.text, again.text)
		}
	})
}

func TestScanXML(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"bare ampersand", `<rss>a & b &copy=2 &nbsp;&eacute;</rss>`, "<rss>a &amp; b &amp;copy=2 \u00A0é</rss>"},
		{"references kept", `<rss>&lt;b&gt; &#60; &#x3c; &LT;</rss>`, `<rss>&lt;b&gt; &#60; &#60; &lt;</rss>`},
		{"control characters", "<rss>a\x08&#8;&#0;b<![CDATA[c\x00d]]></rss>", "<rss>ab<![CDATA[cd]]></rss>"},
		{"windows references", `<rss>&#150;</rss>`, `<rss>–</rss>`},
		{"raw less-than", `<rss>1 < 2, a<b, <3</rss>`, `<rss>1 &lt; 2, a&lt;b, &lt;3</rss>`},
		{"greater-than in an attribute", `<rss><a b="<!--">x</a><a b=">">y</a></rss>`, `<rss>&lt;a b="&lt;!--">x<a b=">">y</a></rss>`},
		{"end of a section in text", `<rss>]]> ]]<!-- -->></rss>`, `<rss>]]&gt; ]]&gt;</rss>`},
		{"a section that control characters would end", "<rss><![CDATA[]\x01]>]]></rss>", "<rss><![CDATA[]]]]><![CDATA[>]]></rss>"},
		{"comment and instruction", `<rss><!-- <item> --><?php echo "<item>" ?>x</rss>`, `<rss>x</rss>`},
		{"xml:base", `<rss xml:base="https://a.example/b"><link xml:base='c'/></rss>`, `<rss><link/></rss>`},
		{"root of an unknown namespace", `<feed xmlns="https://www.w3.org/2005/Atom"/>`, `<feed xmlns="http://www.w3.org/2005/Atom"/>`},
		{"stray end tags", `<rss></b><item><d>x</b></d></item></rss>`, `<rss><item><d>x&lt;/b></d></item></rss>`},
		{"what follows the root", `<rss></rss><!-- cached --><script>`, `<rss></rss>`},
		{"cut off", `<rss><channel><item/>`, `<rss><channel><item/></channel></rss>`},
		{"unclosed item", `<rss><item><t>a</t><item><t>b</t></item></rss>`, `<rss><item><t>a</t></item><item><t>b</t></item></rss>`},
		{"unclosed in an item", `<rss><item><t>a<item><t>b</t></item></rss>`, `<rss><item><t>b</t></item></rss>`},
		{"unclosed section", `<rss><item><t><![CDATA[a</t><link>x</link></item><item><![CDATA[b]]></item></rss>`, `<rss><item><![CDATA[b]]></item></rss>`},
	} {
		x, err := scanXML([]byte(test.in), 0, "", nil)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if got := string(x.text); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.name, got, test.want)
		}
	}
}

// What is no content and goes on and on is left out before gofeed reads it; content is not.
func TestScanXMLCutsLongText(t *testing.T) {
	content := strings.Repeat("Een zin. ", 30_000)
	for name, long := range map[string]string{
		"letters": strings.Repeat("é", 200_000), "references": strings.Repeat("&eacute;&amp;", 50_000), "ampersands": strings.Repeat("&", 50_000),
		"a section": "<![CDATA[" + strings.Repeat("é]]", 100_000) + "]]>", "sections": strings.Repeat("<![CDATA[é]]>", 50_000),
		"signs": strings.Repeat("<", 200_000), "stray ends": strings.Repeat("</x>", 100_000),
	} {
		for _, doc := range []string{
			`<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:x="urn:x"><channel><title>` + long + `</title><item><title>a` + long + `</title><guid>` + long + `</guid><x:y><x:z>` + long +
				`</x:z></x:y><content:encoded>` + content + `</content:encoded></item><item><title>b</title></item></channel></rss>`,
			`<feed xmlns="http://www.w3.org/2005/Atom"><title>` + long + `</title><entry><title>a` + long + `</title><id>` + long + `</id><author><name>` + long +
				`</name></author><content>` + content + `</content></entry><entry><title>b</title></entry></feed>`,
		} {
			x, err := scanXML([]byte(doc), 0, "", nil)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if len(x.text) > 4*6*maxXMLText {
				t.Errorf("%s: %d bytes are left for gofeed", name, len(x.text))
			}
			d, err := Read([]byte(doc), "application/xml", "https://x.example/feed")
			if err != nil || len(d.Lost) > 0 || len(d.Entries) != 2 || d.Entries[1].Title != "b" {
				t.Errorf("%s: %v, %+v", name, err, d)
			} else if !strings.HasPrefix(d.Entries[0].Title, "a") || !strings.Contains(d.Entries[0].Content, strings.TrimSpace(content)) {
				t.Errorf("%s: the first is %.20q, %d bytes of content", name, d.Entries[0].Title, len(d.Entries[0].Content))
			}
		}
	}
}

// TestScanXMLIsLinear reads what makes a scanner look for the same thing again and again.
func TestScanXMLIsLinear(t *testing.T) {
	for _, piece := range []string{"<!--", "<![CDATA[", "<a b='", `<a b="`, "<?", "&", "]]", "<a ", "</a", "<!"} {
		in := "<rss>" + strings.Repeat(piece, 2<<20/len(piece)) + "]]>"
		if _, err := scanXML([]byte(in), 0, "", nil); err != nil {
			t.Logf("%s: %v", piece, err)
		}
	}
}

func BenchmarkScanXML(b *testing.B) {
	body := benchFeed(true)
	root := bytes.Index(body, []byte("<rss"))
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := scanXML(body, root, "", nil); err != nil {
			b.Fatal(err)
		}
	}
}
