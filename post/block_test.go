package post

import "testing"

func TestBlocks(t *testing.T) {
	var blocks Blocks
	for _, s := range []string{"spam.example", "www.Bücher.example", "https://Shared.example/@mallory/", "@Eve@shared.example", "192.0.2.7", "https://planet.example/feed?x=1"} {
		name := BlockName(s)
		if name == "" {
			t.Fatalf("%s cannot be blocked", s)
		}
		blocks = append(blocks, Block{Name: name})
	}
	for address, want := range map[string]string{
		"https://spam.example/feed":                      "spam.example",
		"http://SPAM.example.:8080/":                     "spam.example",
		"https://www.blog.spam.example/x":                "spam.example",
		"https://name:password@spam.example/feed":        "spam.example",
		"acct:bob@spam.example":                          "spam.example",
		"@bob@social.spam.example":                       "spam.example",
		"https://xn--bcher-kva.example/":                 "xn--bcher-kva.example",
		"http://192.0.2.7:81/":                           "192.0.2.7",
		"https://shared.example/@mallory":                "https://shared.example/@mallory",
		"http://www.shared.example/@mallory/#x":          "https://shared.example/@mallory",
		"acct:eve@shared.example":                        "acct:eve@shared.example",
		"https://planet.example/feed?utm_source=y&x=1":   "https://planet.example/feed?x=1",
		"https://notspam.example/":                       "",
		"https://spam.example.org/":                      "",
		"https://other.example/?u=https://spam.example/": "",
		"https://spam.example@other.example/":            "",
		"https://shared.example/@mallory2":               "",
		"https://shared.example/@mallory/statuses/1":     "",
		"acct:adam@shared.example":                       "",
		"https://planet.example/feed":                    "",
		"":                                               "",
		"spam.example":                                   "",
		"@":                                              "",
		"acct:@spam.example":                             "",
		"https://[::1]/":                                 "",
	} {
		block, found := blocks.Find(address)
		if found != (want != "") || block.Name != want {
			t.Errorf("%s is kept out by %q, want %q", address, block.Name, want)
		}
	}
	for _, s := range []string{"", "org", "spam example.org", "a@b.example", "/x.y", "ftp://x.example/"} {
		if name := BlockName(s); name != "" {
			t.Errorf("%q is blocked as %q", s, name)
		}
	}
	if _, found := blocks.Find("", "https://fine.example/", "https://spam.example/"); !found {
		t.Error("of several addresses the last is not looked at")
	}
}
