package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// A member proposes a site, the operator takes it, both in a browser, and its post appears.
func TestBrowserProposes(t *testing.T) {
	takesLong(t)
	base, config, decide := serveDemoBeside(t)
	axe := axeCore(t)
	until(t, base+"/nl/feed.json", "_samenloop")
	command := func(args ...string) string {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), "samenloop", args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%q: %v: %s", args, err, out)
		}
		return string(out)
	}

	b := openTab(t, base)
	b.look(1200, "light")
	b.open("/nl/sources/")
	b.click("a.do")
	b.want("document.querySelector('h1').innerText", "Stel een bron voor")
	_, example, _ := strings.Cut(b.say("document.querySelector('#address + p').innerText"), ": ")
	b.do(chromedp.SendKeys("#address", example, chromedp.ByQuery))
	asPerson := chromedp.Sleep(1100 * time.Millisecond) // who is quicker than reading takes is asked once more
	b.do(asPerson)
	b.click("main form button")
	b.want("document.querySelector('#found').innerText", "Leeszaal Zuid")
	b.want("document.querySelectorAll('article').length", "2")
	b.want("document.querySelector('article .more').innerText.includes('#makesocialssocialagain in de tekst')", "true")
	for _, width := range []int64{320, 1200} {
		b.look(width, "light")
		b.want("document.documentElement.scrollWidth - document.documentElement.clientWidth", "0")
		b.picture(fmt.Sprintf("found-nl-%d", width))
		for _, violation := range b.violations(axe) {
			b.Errorf("what was found, %d pixels wide: %s", width, violation)
		}
	}
	b.do(chromedp.SendKeys("#contact", "leeszaal@zuid.example", chromedp.ByQuery))
	b.do(asPerson)
	b.click("form[action$=send] button")
	b.want("location.pathname", "/proposals")
	for _, width := range []int64{320, 1200} {
		b.look(width, "dark")
		b.want("document.documentElement.scrollWidth - document.documentElement.clientWidth", "0")
		b.picture(fmt.Sprintf("proposal-nl-%d", width))
		for _, violation := range b.violations(axe) {
			b.Errorf("a proposal, %d pixels wide: %s", width, violation)
		}
	}
	private := b.say("location.pathname + location.search")

	if list := command("proposal", "list", "-config", config); !strings.Contains(list, "Leeszaal Zuid") || !strings.Contains(list, "leeszaal@zuid.example") || !strings.Contains(list, "not shown") {
		t.Errorf("what waits: %s", list)
	}
	// The operator sets a password by the link that the demo prints, signs in, and takes it.
	const password = "correct horse battery"
	b.open(strings.TrimPrefix(decide, base))
	b.do(chromedp.SendKeys("#password", password, chromedp.ByQuery))
	b.click("main form button")
	b.do(chromedp.SendKeys("#name", "demo", chromedp.ByQuery), chromedp.SendKeys("#password", password, chromedp.ByQuery))
	b.click("main form button")
	b.want("document.querySelector('article').innerText.includes('leeszaal@zuid.example')", "true")
	for _, lang := range []string{"ar", "nl"} {
		b.open("/operator/?lang=" + lang)
		for _, scheme := range []string{"light", "dark"} {
			for _, width := range []int64{320, 1200} {
				b.look(width, scheme)
				b.want("document.documentElement.scrollWidth - document.documentElement.clientWidth", "0")
				b.picture(fmt.Sprintf("operator-%s-%s-%d", lang, scheme, width))
				for _, violation := range b.violations(axe) {
					b.Errorf("the desk in %s, %s, %d pixels wide: %s", lang, scheme, width, violation)
				}
			}
		}
	}
	b.do(chromedp.SendKeys("form [name=word]", "Welkom!\r", chromedp.ByQuery)) // Enter decides nothing
	b.want("document.querySelector('form [name=word]').value", "Welkom!")
	b.click("[value=approve-proposal]")
	b.want("document.querySelector('#journal').innerText.includes('proposal approved')", "true")
	b.open(private)
	source := b.say("document.querySelector('.say a').pathname")
	b.want("document.querySelector('q').innerText", "Welkom!")
	if journal := command("journal", "-config", config); !strings.Contains(journal, "proposal approved") {
		t.Error(journal)
	}
	until(t, base+"/nl/feed.json", "prikbord") // a round began at once
	b.open(source)
	b.want("document.querySelectorAll('article').length", "1")
}

// serveDemoBeside starts a demo, and writes a configuration for commands beside it.
func serveDemoBeside(t *testing.T) (base, config, decide string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "samenloop", "serve", "-demo", "-listen", "127.0.0.1:0")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	says := map[string]string{}
	lines := bufio.NewScanner(stdout)
	for says["stop"] == "" && lines.Scan() {
		name, value, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		says[name] = strings.TrimSpace(value)
	}
	go io.Copy(io.Discard, stdout)
	config = filepath.Join(t.TempDir(), "config.toml")
	text := fmt.Sprintf("[site]\ndatabase = %q\nlanguages = [\"nl\", \"en\", \"fy\", \"de\", \"fr\", \"ar\"]\n[[topic]]\nid = \"makesocialssocialagain\"\nhashtags = [\"makesocialssocialagain\"]\n", says["keeps"])
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(says["page"], "/"), config, says["decide"]
}
