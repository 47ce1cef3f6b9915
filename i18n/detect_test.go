package i18n

import (
	"bytes"
	"math"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// sentences are testdata/languages.tsv.
func sentences(t testing.TB) (list []struct{ tag, text string }) {
	t.Helper()
	data, err := os.ReadFile("testdata/languages.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if tag, text, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			list = append(list, struct{ tag, text string }{tag, text})
		}
	}
	if len(list) < 200 {
		t.Fatalf("testdata/languages.tsv has only %d sentences", len(list))
	}
	return list
}

// What stands around the words of a post, and is in another language.
const noise = " #PrivacyMatters #opensource https://example.org/the-news/about-this @someone@social.example.org"

// The whole evaluation is go run ./i18n/train measure; this is the floor.
func TestDetectSentences(t *testing.T) {
	for name, around := range map[string]string{"bare": "", "with hashtags and links": noise} {
		t.Run(name, func(t *testing.T) {
			wrong, list := 0, sentences(t)
			for _, s := range list {
				guesses := Detect(s.text + around)
				if len(guesses) == 0 || guesses[0].Tag != s.tag {
					wrong++
					t.Logf("%s: %q is taken for %v", s.tag, s.text, guesses[:min(2, len(guesses))])
				}
			}
			if wrong*100 > 3*len(list) {
				t.Errorf("%d of %d sentences wrong: more than 3 %%", wrong, len(list))
			}
		})
	}
}

// Each language that a site may count on is recognised: of its sentences at most one is taken for another.
func TestDetectEachLanguage(t *testing.T) {
	asked := strings.Fields("nl en fy de fr af li nds da sv nb es ca pt it pl cs ro hu fi et lv lt tr el bg uk ru ar fa he zh ja ko")
	seen, wrong := map[string]int{}, map[string]int{}
	for _, s := range sentences(t) {
		seen[s.tag]++
		if guesses := Detect(s.text); len(guesses) == 0 || guesses[0].Tag != s.tag {
			wrong[s.tag]++
		}
	}
	for _, tag := range asked {
		if seen[tag] == 0 || wrong[tag] > 1 {
			t.Errorf("%s: %d of %d sentences are wrong", tag, wrong[tag], seen[tag])
		}
	}
}

// What every process pays for the model: its bytes in the program, memory for what is
// made of it, and time at the first text.
func TestModelCost(t *testing.T) {
	const mostBytes, mostMade, mostTime = 3_000_000, 1_000_000, 50 * time.Millisecond
	if len(embedded) > mostBytes {
		t.Errorf("it makes the program %d bytes larger", len(embedded))
	}
	var m *Model
	made, took := uint64(math.MaxUint64), time.Duration(math.MaxInt64)
	for range 5 { // the least: what else the machine does only adds to it
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		var err error
		if m, err = ReadModel(embedded); err != nil {
			t.Fatal(err)
		}
		took = min(took, time.Since(began))
		runtime.ReadMemStats(&after)
		made = min(made, after.TotalAlloc-before.TotalAlloc)
	}
	if made > mostMade || took > mostTime {
		t.Errorf("to begin takes %v and %d bytes", took, made)
	}
	runtime.KeepAlive(m)
}

func TestDetect(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"42 % 👍 — …", ""},
		{"https://nl.example.org/een-bericht #vrijesoftware @iemand info@example.org", ""},
		{"(#opensource) ＃開発 www.example.org", ""},
		{"カメラ", "ja"},
		{"Mastodon 4.3 をリリースしました", "ja"},
		{"東京都の新しい条例について", "ja"},
		{"开放的社群媒体の美", "zh"},
		{"새 소식", "ko"},
		{"Η Google και το Facebook συμφώνησαν χθες", "el"},
		{"ข่าวใหม่", "th"},
		{"DE GEMEENTE STOPT MET CAMERA'S IN DE BINNENSTAD", "nl"},
		{"we\u0301 zijn er bijna allemaal, en wie er niet is heeft zich netjes afgemeld", "nl"},
		{"\u202eWij gaan vandaag allemaal samen naar het grote feest\u202c", "nl"},
	} {
		got := ""
		if guesses := Detect(c.text); len(guesses) > 0 {
			got = guesses[0].Tag
		}
		if got != c.want {
			t.Errorf("Detect(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}

// A few letters tell little, and the guesses say so.
func TestDetectIsHonest(t *testing.T) {
	for _, text := range []string{"Update", "Info", "OK", "Hallo", "Mastodon"} {
		if g := Detect(text); math.Exp(g[0].LogP) > 0.95 {
			t.Errorf("%q is %s for sure (%.2f)", text, g[0].Tag, math.Exp(g[0].LogP))
		}
	}
	sum := 0.0
	for _, g := range Detect("De gemeente stopt met camera's") {
		sum += math.Exp(g.LogP)
	}
	if math.Abs(sum-1) > 1e-9 {
		t.Errorf("the probabilities add up to %v", sum)
	}
}

// In a text of two languages the longer part leads.
func TestDetectMixed(t *testing.T) {
	parts := map[string]string{}
	for _, s := range sentences(t) {
		if utf8.RuneCountInString(s.text) > 100 {
			parts[s.tag] = s.text
		}
	}
	for _, long := range []string{"nl", "en", "fy", "de", "fr", "ru"} {
		for _, short := range []string{"nl", "en", "de", "fr", "ru"} {
			if long == short {
				continue
			}
			text := parts[short]
			text += "\n" + strings.Repeat(parts[long]+" ", 2)
			if g := Detect(text); g[0].Tag != long {
				t.Errorf("twice as much %s as %s is taken for %v", long, short, g[:2])
			}
		}
	}
}

// Of a long text a part is read, from everywhere, and more where that part does not tell.
func TestDetectLong(t *testing.T) {
	all := map[string]string{}
	for _, s := range sentences(t) {
		all[s.tag] += s.text + " "
	}
	for tag, text := range all {
		guesses, letters := detect(text)
		if guesses[0].Tag != tag || math.Exp(guesses[0].LogP) < 0.98 {
			t.Errorf("%s is taken for %v", tag, guesses[:min(2, len(guesses))])
		}
		words := wordsOf(nil, text)
		if s, _ := scriptOf(text, words); modelled[s] != nil {
			part := part{end: len(words)}
			part.read(text, words, s)
			if _, about := part.all(); about < letters*3/4 || about > letters*5/4 {
				t.Errorf("%s: %d letters are counted as %d", tag, letters, about)
			}
		}
	}
	for name, text := range map[string]string{
		"its words between numbers":   strings.ReplaceAll(all["de"][:400], " ", " 1234 "),
		"its words between Latin":     strings.ReplaceAll(all["de"][:400], " ", " lorem "),
		"after a sentence of English": all["en"][:200] + all["de"][:800],
	} {
		if g := Detect("1234 " + text); g[0].Tag != "de" {
			t.Errorf("German, %s, is taken for %v", name, g[:2])
		}
	}
}

func TestModelFile(t *testing.T) {
	m, err := ReadModel(embedded)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(m.Bytes(), embedded) {
		t.Error("the model is written other than it was read")
	}
	for name, data := range map[string][]byte{
		"empty": nil, "cut off": embedded[:len(embedded)-1], "another head": append([]byte("x"), embedded...),
		"another language": bytes.Replace(embedded, []byte("\nnl en"), []byte("\nnl xx"), 1),
	} {
		if _, err := ReadModel(data); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzDetect(f *testing.F) {
	f.Add("De gemeente stopt #x https://a.b/ с камерами 東京")
	f.Add("\xff'’'\u0301a\x00")
	f.Fuzz(func(t *testing.T, text string) {
		for _, g := range Detect(text) {
			if Tag(g.Tag) != g.Tag || math.IsNaN(g.LogP) || g.LogP > 1e-9 {
				t.Errorf("Detect(%q) gives %v", text, g)
			}
		}
	})
}

func BenchmarkDetect(b *testing.B) {
	list := sentences(b)
	title, post := list[0].text, ""
	for _, s := range list {
		if s.tag == "nl" {
			post += s.text + " "
		}
	}
	post = clip(post, MostRead)
	for name, text := range map[string]string{"title": title, "post": post} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Detect(text)
			}
		})
	}
}
