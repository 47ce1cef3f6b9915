package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
)

// tab is a page of a browser that notes what goes wrong in it: it is a person
// with a demo before them.
type tab struct {
	*testing.T
	context.Context
	base string

	mu    sync.Mutex
	wrong []string // what scripts or the policy complained of
	asked []string // every address asked for since the last visit
}

// openTab starts a browser that reads Dutch, and knows nobody but loopback.
func openTab(t *testing.T, base string) *tab {
	t.Helper()
	profile, err := os.MkdirTemp("", "chromium") // not t.TempDir: it writes a moment longer than it runs
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(profile) })
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium(t)), chromedp.UserDataDir(profile), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("accept-lang", "nl"), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"))
	allocated, end := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(end)
	ctx, end := chromedp.NewContext(allocated)
	t.Cleanup(end)
	b := &tab{T: t, Context: ctx, base: base}
	chromedp.ListenTarget(ctx, b.listen)
	if err := chromedp.Run(ctx, network.Enable(), log.Enable(), runtime.Enable()); err != nil { // it lives as long as the context of its first task
		t.Fatal(err)
	}
	return b
}

func (b *tab) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.asked = append(b.asked, e.Request.URL)
	case *runtime.EventExceptionThrown:
		b.wrong = append(b.wrong, e.ExceptionDetails.Error())
	case *log.EventEntryAdded:
		if e.Entry.Level == log.LevelError && e.Entry.Source != log.SourceNetwork { // a page that says 404 is no mistake
			b.wrong = append(b.wrong, e.Entry.Text)
		}
	}
}

func (b *tab) do(actions ...chromedp.Action) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context, 30*time.Second)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		b.Fatal(err)
	}
}

// open goes to a path, and wants nothing from elsewhere and no mistake on the way.
func (b *tab) open(path string) {
	b.Helper()
	b.mu.Lock()
	b.asked = nil
	b.mu.Unlock()
	b.do(chromedp.Navigate(b.base + path))
	b.check(path)
}

func (b *tab) check(where string) {
	b.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range b.wrong {
		b.Errorf("%s: %s", where, w)
	}
	b.wrong = nil
	for _, address := range b.asked {
		if !strings.HasPrefix(address, b.base+"/") {
			b.Errorf("%s asks for %s", where, address)
		}
	}
}

// click follows what a selector finds first, and waits for the page it leads to.
func (b *tab) click(selector string) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context, 30*time.Second)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, chromedp.Click(selector, chromedp.ByQuery, chromedp.NodeVisible)); err != nil {
		b.Fatalf("click %s: %v", selector, err)
	}
	b.check(selector)
}

// say evaluates an expression that gives a text.
func (b *tab) say(expression string) (text string) {
	b.Helper()
	b.do(chromedp.Evaluate("String("+expression+")", &text))
	return text
}

func (b *tab) want(expression, want string) {
	b.Helper()
	if got := b.say(expression); got != want {
		b.Errorf("%s: %s is %q, want %q", b.say("location.pathname"), expression, got, want)
	}
}

// look is how a page is looked at.
func (b *tab) look(width int64, scheme string) {
	b.Helper()
	b.do(emulation.SetDeviceMetricsOverride(width, 900, 1, width < 500),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}))
}

// picture keeps how the page looks, for people.
func (b *tab) picture(name string) {
	b.Helper()
	folder := os.Getenv("SCREENSHOTS")
	if folder == "" {
		return
	}
	var png []byte
	b.do(chromedp.ActionFunc(func(ctx context.Context) (err error) {
		png, err = page.CaptureScreenshot().Do(ctx)
		return err
	}))
	if err := os.MkdirAll(folder, 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), png, 0o644); err != nil {
		b.Fatal(err)
	}
}

// startDemoServe is the demo, once it has read its sites.
func startDemoServe(t *testing.T) string {
	t.Helper()
	_, base := startServe(t, "-demo")
	until(t, base+"/nl/feed.json", "_samenloop")
	until(t, base+"/ar/feed.json", "_samenloop")
	return base
}

// A person reads, from one language to another, subscribes, searches and asks why.
func TestBrowserReading(t *testing.T) {
	takesLong(t)
	base := startDemoServe(t)
	b := openTab(t, base)
	b.look(1200, "light")
	b.open("/")
	b.want("location.pathname", "/nl/")
	b.want("document.documentElement.lang", "nl")
	b.want("performance.getEntriesByType('resource').filter(r => r.renderBlockingStatus == 'blocking').length", "1")
	b.picture("front")

	// What is offered to subscribe to is there.
	var feeds []string
	b.do(chromedp.Evaluate(`[...document.querySelectorAll('link[rel=alternate][type], aside dd a')].map(l => l.type + ' ' + l.href)`, &feeds))
	if len(feeds) < 20 {
		t.Errorf("feeds: %q", feeds)
	}
	for _, feed := range feeds {
		kind, address, _ := strings.Cut(feed, " ")
		if res, _ := get(t, address); res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), kind) {
			t.Errorf("%s: %s %s", feed, res.Status, res.Header.Get("Content-Type"))
		}
	}

	// Another language, and one from right to left.
	b.click(".languages [lang=en]")
	b.want("location.pathname", "/en/")
	b.want("document.documentElement.dir", "ltr")
	b.click(".languages [lang=ar]")
	b.want("document.documentElement.dir", "rtl")
	b.want("getComputedStyle(document.querySelector('article h2')).direction", "rtl")
	b.want("document.querySelector('main').getBoundingClientRect().left > document.querySelector('aside').getBoundingClientRect().left", "true")
	b.look(1200, "dark")
	b.picture("arabic-dark")
	b.look(1200, "light")

	// Narrower, and a whole story.
	b.click(".languages [lang=nl]")
	source := b.say("document.querySelector('.from a').innerText")
	b.click(".from a")
	b.want("document.querySelector('h1').innerText", source)
	b.click("aside li a")
	b.want("document.querySelector('h1').innerText", "#makesocialssocialagain")
	b.click("article .more li:last-child a")
	b.want("document.querySelectorAll('.editions article').length > 0", "true")

	// A search finds, and can be subscribed to.
	b.open("/nl/")
	b.do(chromedp.SendKeys("input[type=search]", "Mastodon", chromedp.ByQuery))
	b.click("form[role=search] button")
	b.want("document.querySelector('h1').innerText", "Gevonden: Mastodon")
	b.want("document.querySelectorAll('article').length > 0", "true")
	b.want("document.querySelector('aside dd a').href.includes('q=Mastodon')", "true")

	// Why is it there?
	address := b.say("document.querySelector('article h2 a').href")
	b.click("body > footer a")
	b.do(chromedp.SendKeys("#url", address, chromedp.ByQuery))
	b.click("main button")
	b.want("document.querySelector('.say').innerText.startsWith('Het staat er')", "true")

	// Nothing was kept in the browser, until it is asked to.
	cookies := func() (n int) {
		b.do(chromedp.ActionFunc(func(ctx context.Context) error {
			list, err := storage.GetCookies().Do(ctx)
			n = len(list)
			return err
		}))
		return n
	}
	if n := cookies(); n != 0 {
		t.Errorf("%d cookies for reading", n)
	}
	b.open("/ar/")
	b.click("body > footer [rel=nofollow]")
	b.open("/")
	b.want("location.pathname", "/ar/")
	b.open("/sources")
	b.want("location.pathname", "/ar/sources/")
	if n := cookies(); n != 1 {
		t.Errorf("%d cookies to remember a language", n)
	}
}

// Every kind of page is one that everybody can read: checked by axe-core by the rules of
// WCAG 2.2 AA and its best practices, in light and dark, wide and narrow, left to right and right to left.
func TestBrowserAccessible(t *testing.T) {
	takesLong(t)
	axe := axeCore(t)
	base := startDemoServe(t)
	b := openTab(t, base)
	b.open("/nl/")
	story := strings.TrimPrefix(b.say(`[...document.querySelectorAll('.more a')].find(a => a.hash == '#discussions').href.split('#')[0]`), base)
	address := b.say("document.querySelector('article h2 a').href")
	checked := 0
	for _, lang := range []string{"nl", "en", "ar"} {
		for name, path := range map[string]string{
			"front": "/" + lang + "/", "topic": "/" + lang + "/topic/makesocialssocialagain/", "source": "/" + lang + "/source/buurtnet/",
			"sources": "/" + lang + "/sources/", "about": "/" + lang + "/about/", "story": "/" + lang + story + "/", "extension": "/about/json",
			"search": "/search?q=mastodon&lang=" + lang, "nothing": "/search?q=xyzzy&lang=" + lang,
			"explain": "/explain?lang=" + lang, "explained": "/explain?lang=" + lang + "&url=" + address, "invalid": "/explain?lang=" + lang + "&url=x:",
			"propose": "/sources/new?lang=" + lang, "sign-in": "/operator/?lang=" + lang, "trouble": "/" + lang + "/nope",
		} {
			if lang != "nl" && name == "extension" { // it has one language
				continue
			}
			b.look(1200, "light")
			b.open(path)
			for _, scheme := range []string{"light", "dark"} {
				for _, width := range []int64{320, 1200} {
					b.look(width, scheme)
					where := fmt.Sprintf("%s in %s, %s, %d pixels wide", path, lang, scheme, width)
					if wide := b.say("document.documentElement.scrollWidth - document.documentElement.clientWidth"); wide != "0" {
						b.Errorf("%s: it is %s pixels wider than the window", where, wide)
					}
					for _, violation := range b.violations(axe) {
						b.Errorf("%s: %s", where, violation)
					}
					if checked++; lang != "en" {
						b.picture(fmt.Sprintf("%s-%s-%s-%d", name, lang, scheme, width))
					}
				}
			}
		}
	}
	t.Logf("%d pages looked at", checked)
}

// axeCore is the script that looks for what keeps people out.
func axeCore(t *testing.T) string {
	t.Helper()
	file := os.Getenv("AXE")
	if file == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("AXE is not set: let it be the axe.min.js of axe-core")
		}
		t.Skip("AXE=…/axe.min.js runs it, as .ci/run does")
	}
	axe, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(axe)
}

// violations are what axe-core finds, a line each.
func (b *tab) violations(axe string) (list []string) {
	b.Helper()
	const run = `axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], rules: {'target-size': {enabled: true}}})
		.then(r => JSON.stringify({Passes: r.passes.length, Violations: r.violations.map(v => v.id + ': ' + v.help + ': ' + v.nodes.map(n => n.html.slice(0, 200)).slice(0, 3).join(' '))}))`
	var out string
	var found struct {
		Passes     int
		Violations []string
	}
	if b.say("typeof axe") == "undefined" {
		b.do(chromedp.Evaluate(axe+";0", nil))
	}
	b.do(chromedp.Evaluate(run, &out, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	if err := json.Unmarshal([]byte(out), &found); err != nil || found.Passes < 10 {
		b.Fatalf("axe looked at too little: %v %s", err, out)
	}
	return found.Violations
}
