package ingest

import (
	"html"
	"testing"

	"samenloop/people"
)

// Only the owner of a page can put the word where it counts.
func TestProofOnPage(t *testing.T) {
	const word, ours = "k7wordk7", "https://samen.example/"
	for page, want := range map[string]people.Proof{
		`<meta name="samenloop" content="k7wordk7">`:                                    people.ByMeta,
		`<META NAME=Samenloop CONTENT=" k7wordk7 ">`:                                    people.ByMeta,
		`<a rel="me" href="https://samen.example/sources/new#k7wordk7">us</a>`:          people.ByLink,
		`<link rel="nofollow me" href="https://samen.example/sources/new#k7wordk7">`:    people.ByLink,
		`<a rel="ugc nofollow" href="https://samen.example/sources/new#k7wordk7">x</a>`: "",
		`<a rel="me" href="https://evil.example/#k7wordk7">x</a>`:                       "",
		`<meta name="description" content="k7wordk7">`:                                  "",
		`<meta name="samenloop" content="another">`:                                     "",
		`<p>k7wordk7 &lt;meta name="samenloop" content="k7wordk7"&gt;`:                  "",
		`<!-- <meta name="samenloop" content="k7wordk7"> -->`:                           "",
		`<textarea><meta name="samenloop" content="k7wordk7"></textarea>`:               "",
		`<script>"<meta name='samenloop' content='k7wordk7'>"</script>`:                 "",
		``: "",
	} {
		if got := proofOnPage([]byte(page), word, ours); got != want {
			t.Errorf("%s: %q, want %q", page, got, want)
		}
	}
}

// What others write on a page is its text, whatever they write.
func FuzzProofOnPage(f *testing.F) {
	const word, ours = "k7wordk7", "https://samen.example/"
	f.Add([]byte(`<meta name=samenloop content=k7wordk7><a rel="me nofollow" href="https://samen.example/sources/new#k7wordk7">`))
	f.Add([]byte("\xff\xfe<\x00m\x00e\x00t\x00a\x00"))
	f.Fuzz(func(t *testing.T, page []byte) {
		if got := proofOnPage([]byte("<p>"+html.EscapeString(string(page))), word, ours); got != people.NoProof {
			t.Errorf("%q as text proves %q", page, got)
		}
		proofOnPage(page, word, ours)
	})
}
