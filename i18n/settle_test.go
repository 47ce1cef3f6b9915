package i18n

import (
	"cmp"
	"strings"
	"testing"
	"time"
)

// sign is evidence as "kind tag where".
func signsOf(t *testing.T, lines ...string) (list []Evidence) {
	t.Helper()
	for _, line := range lines {
		kind, rest, _ := strings.Cut(line, " ")
		says, where, _ := strings.Cut(rest, " ")
		e, ok := Sign(Kind(kind), says, where)
		if !ok {
			t.Fatalf("%q names no language", line)
		}
		list = append(list, e)
	}
	return list
}

const (
	inDutch = "De gemeente stopt volgende maand met camera's in de binnenstad. De rechter vond dat de beelden te lang werden bewaard."
	short   = "Wij vertrekken van X en nodigen iedereen uit"
)

func TestSettle(t *testing.T) {
	for name, c := range map[string]struct {
		title, text string
		evidence    []Evidence
		want, from  string // from: what it holds
	}{
		"WordPress over Dutch":         {short, inDutch, signsOf(t, "feed en-US"), "nl", "; the feed says en-US, outweighed"},
		"as the issue tells it":        {short, inDutch, signsOf(t, "feed en-US", "url nl path /nl/"), "nl", ", path /nl/; the feed says en-US, outweighed"},
		"a title alone, and WordPress": {short, "", signsOf(t, "feed en-US"), "nl", "text "},
		"nothing but the text":         {short, inDutch, nil, "nl", "text "},
		"nothing at all":               {"", "", nil, "und", "too little"},
		"hardly anything":              {"OK", "", nil, "und", "too little"},
		"a link and a hashtag":         {"", "#vrijesoftware https://example.nl/een-lang-bericht", nil, "und", "too little"},
		"a short title, a feed":        {"Update 4.2", "", signsOf(t, "feed nl"), "nl", "feed nl"},
		"a short title, a domain":      {"Update 4.2", "", signsOf(t, "domain nl domain_.nl"), "nl", ""},
		"the operator":                 {short, inDutch, signsOf(t, "item nl xml:lang", "operator fy"), "fy", "the operator: language of the source"},
		"Flemish":                      {short, inDutch, signsOf(t, "feed nl-BE"), "nl-BE", "feed nl-BE"},
		"a Belgian path":               {short, inDutch, signsOf(t, "feed nl-BE", "url nl path /nl/"), "nl-BE", "path /nl/"},
		"a Belgian feed in French":     {"Nous quittons X et invitons tout le monde", "", signsOf(t, "feed nl-BE"), "fr", "the feed says nl-BE, outweighed"},
		"an item silences its feed":    {"Update", "", signsOf(t, "feed de", "page de", "item nl xml:lang"), "nl", "xml:lang nl"},
		"an account's default":         {short, inDutch, signsOf(t, "account en contentMap"), "nl", "contentMap says en, outweighed"},
		"an item of a few words":       {"Nieuw bericht", "", signsOf(t, "item fy xml:lang"), "fy", "xml:lang fy"},
		"a language nobody detects":    {short, "", signsOf(t, "item zea xml:lang"), "zea", "; the text reads like nl"},
		"another script":               {"私たちは皆さんを招待します", "", signsOf(t, "item en xml:lang"), "ja", "text 1.00; xml:lang says en, outweighed"},
		"Taiwan":                       {"為什麼我們選擇開放的社群媒體", "", signsOf(t, "feed zh-TW"), "zh-Hant", "feed zh-TW"},
		"POSIX":                        {short, inDutch, signsOf(t, "feed nl_BE.UTF-8"), "nl-BE", "feed nl_BE"},
		"mixed, more Dutch":            {"", "We are leaving X and inviting everyone along.\n" + inDutch, nil, "nl", "text "},
		"mixed, more English":          {"", short + "\nFrom next month we will only post on Mastodon. If you want to keep following us, make a free account there and look us up.", nil, "en", "text "},
	} {
		t.Run(name, func(t *testing.T) {
			got := Settle(c.title, c.text, c.evidence)
			if got.Tag != c.want || !strings.Contains(got.From, c.from) {
				t.Errorf("%s (%.2f) from %q, want %s from …%q", got.Tag, got.Confidence, got.From, c.want, c.from)
			}
			if got.Confidence < 0 || got.Confidence > 1 {
				t.Errorf("confidence %v", got.Confidence)
			}
		})
	}
}

// Feeds that lie: every sentence comes through feeds of every kind, and with the
// honest signs that some sites give. Declared language alone is right in a few.
func TestSettleLyingFeeds(t *testing.T) {
	frames := []struct {
		name  string
		signs func(tag string) []Evidence
		most  int // wrong, of 1000
	}{
		{"WordPress as it was shipped", func(string) []Evidence { return signsOf(t, "feed en-US") }, 25},
		{"a feed of another language", func(tag string) []Evidence { return signsOf(t, "feed "+other(tag)) }, 40},
		{"a theme and a feed that say en", func(string) []Evidence { return signsOf(t, "page en", "feed en-US") }, 50},
		{"a path against the feed", func(tag string) []Evidence {
			return signsOf(t, "feed "+other(tag), "url "+tag+" path /"+tag+"/")
		}, 5},
		{"an item against the feed", func(tag string) []Evidence { return signsOf(t, "feed "+other(tag), "item "+tag+" xml:lang") }, 5},
		{"an account's default", func(string) []Evidence { return signsOf(t, "account en contentMap") }, 50},
		{"the truth", func(tag string) []Evidence { return signsOf(t, "feed "+tag) }, 15},
	}
	for _, f := range frames {
		t.Run(f.name, func(t *testing.T) {
			wrong, list := 0, sentences(t)
			for _, s := range list {
				if got := Settle(s.text, "", f.signs(s.tag)); got.Tag != s.tag {
					wrong++
					t.Logf("%s: %q is settled as %s: %s", s.tag, s.text, got.Tag, got.From)
				}
			}
			if wrong*1000 > f.most*len(list) {
				t.Errorf("%d of %d wrong: more than %.1f %%", wrong, len(list), float64(f.most)/10)
			}
		})
	}
}

// other is a language that is not the given one, and often its neighbour.
func other(tag string) string {
	return cmp.Or(map[string]string{"nl": "de", "fy": "nl", "de": "nl", "en": "fr", "da": "nb", "nb": "da", "es": "pt", "uk": "ru"}[tag], "nl")
}

func TestSignRefuses(t *testing.T) {
	for _, says := range []string{"", "und", "mul", "x-default", "inDutch language", "<b>", "123", strings.Repeat("nl-", 40)} {
		if e, ok := Sign(OfFeed, says, ""); ok {
			t.Errorf("%q is taken for %q", says, Tag(e.Says))
		}
	}
	if e, _ := Sign(OfFeed, " nl_NL.\u202e<script>", ""); e.Says != "nl_NL" {
		t.Errorf("kept %q", e.Says)
	}
}

func TestURLSigns(t *testing.T) {
	for url, want := range map[string]string{
		"https://example.org/nl/bericht":               "url nl path /nl/",
		"https://nl.example.org/bericht":               "url nl host nl.",
		"https://example.de/?lang=en_GB":               "url en-GB lang=en-GB",
		"https://example.frl/bericht":                  "domain fy domain .frl",
		"https://example.org/bericht":                  "",
		"https://example.org/id/nl":                    "",
		"https://192.0.2.1/x":                          "",
		"://":                                          "",
		"https://nl/" + strings.Repeat("x", maxHeader): "",
	} {
		got := ""
		for _, e := range URLSigns(url) {
			got = string(e.Kind) + " " + e.Says + " " + e.Where
		}
		if got != want {
			t.Errorf("%.60s: %q, want %q", url, got, want)
		}
	}
}

func FuzzSettle(f *testing.F) {
	f.Add("Een bericht", "over iets", "feed", "nl_BE.UTF-8")
	f.Fuzz(func(t *testing.T, title, text, kind, says string) {
		var evidence []Evidence
		if e, ok := Sign(Kind(kind), says, "xml:lang"); ok {
			evidence = append(evidence, e)
		}
		s := Settle(title, text, evidence)
		if s.Tag != Und && Tag(s.Tag) != s.Tag || !(s.Confidence >= 0 && s.Confidence <= 1) || strings.ContainsAny(s.From, "<>\x00\n") {
			t.Errorf("Settle gives %+v", s)
		}
	})
}

// However long a post is, no more of it is read than settles its language.
func TestSettleReadsNoMore(t *testing.T) {
	evidence := signsOf(t, "feed en-US")
	cost := func(text string) time.Duration {
		least := time.Hour
		for range 20 {
			began := time.Now()
			Settle(short, text, evidence)
			least = min(least, time.Since(began))
		}
		return least
	}
	long := strings.Repeat(inDutch+" ", 10_000)
	if some, all := cost(clip(long, MostRead)), cost(long); all > 3*some {
		t.Errorf("%d bytes take %v, %d take %v", len(long), all, MostRead, some)
	}
}

func BenchmarkSettle(b *testing.B) {
	text := clip(strings.Repeat(inDutch+" ", 20), MostRead)
	evidence := append(URLSigns("https://example.org/nl/bericht/x"), Evidence{OfFeed, "en-US", ""})
	b.ReportAllocs()
	for b.Loop() {
		Settle(short, text, evidence)
	}
}

// betweenNames is a text with names in between, the first at its beginning.
func betweenNames(text string) string {
	names := strings.Fields("Mastodon Anna Berlin Paris Linda Toronto Peertube Oslo")
	var b strings.Builder
	for i, word := range strings.Fields(text) {
		b.WriteString(names[i%len(names)] + " " + word + " ")
	}
	return b.String()
}

// A part in another language is told, where it is long enough to matter.
func TestSettleMixed(t *testing.T) {
	const (
		inEnglish = "From next month we will only post on Mastodon. If you want to keep following us, make a free account there and look us up."
		inArabic  = "لم تعد المدينة تنشر أخبارها على الشبكات التجارية، وصار كل ساكن يقرأها على موقع المدينة دون حساب ودون تتبع لما يقرأ"
	)
	for name, c := range map[string]struct{ text, want, second string }{
		"Dutch, then English":                   {inDutch + "\n" + inDutch + "\n" + inEnglish, "nl", "en"},
		"English, then Dutch":                   {inEnglish + "\n" + inEnglish + "\n" + inDutch, "en", "nl"},
		"Dutch, then Arabic":                    {inDutch + "\n" + inDutch + "\n" + inArabic, "nl", "ar"},
		"Arabic, then Dutch":                    {inArabic + "\n" + inArabic + "\n" + inDutch, "ar", "nl"},
		"a line of English":                     {inDutch + "\n" + inDutch + "\nRead this post in English here.", "nl", ""},
		"less than a quarter":                   {strings.Repeat(inDutch+"\n", 6) + inEnglish, "nl", ""},
		"a long line, every second word a name": {inDutch + "\n" + inDutch + "\n" + betweenNames(inEnglish+" "+inEnglish), "nl", "en"},
		"long lines, of which a part is read":   {strings.Repeat(inDutch+" ", 3) + "\n" + strings.Repeat(inEnglish+" ", 2), "nl", "en"},
		"one language":                          {inDutch + "\n" + inDutch, "nl", ""},
		"hashtags in another language":          {inDutch + "\n#PrivacyMatters #DigitalRights #OpenSource #Surveillance #FreeSoftware #Encryption #Democracy", "nl", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := Settle("", c.text, nil)
			_, second, _ := strings.Cut(got.From, "; a part is in ")
			if got.Tag != c.want || second != c.second {
				t.Errorf("%s from %q, want %s and a part in %q", got.Tag, got.From, c.want, c.second)
			}
		})
	}
}
