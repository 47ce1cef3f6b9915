package web

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html/atom"

	"samenloop/i18n"
	"samenloop/post"
)

// explained is the text of an answer, in one line.
func explained(t *testing.T, store *memory, lang, address string) (text, page string) {
	t.Helper()
	site := testSite()
	site.Topics[0].Hashtags, site.Topics[0].Phrases = []string{"social"}, []string{"open web"}
	server := serve(t, newHandler(t, site, store))
	res, body := get(t, server, "GET", "/explain?"+url.Values{"url": {address}, "lang": {lang}}.Encode())
	if res.StatusCode != 200 || res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("Content-Security-Policy") == "" {
		t.Fatalf("%s: %d %v", address, res.StatusCode, res.Header)
	}
	if root := elements(t, body, atom.Html)[0]; root["lang"] != lang {
		t.Errorf("%s: html %v", address, root)
	}
	return strings.Join(strings.Fields(elements(t, body, atom.Main)[0]["text"]), " "), string(body)
}

func TestExplainFound(t *testing.T) {
	shown := post.Translation{ID: "urn:uuid:1", Language: "nl", Title: "Oproep", URL: "https://noord.example/1"}
	finding := func(change func(*post.Finding)) post.Finding {
		f := post.Finding{
			Post: post.Post{URL: "https://west.example/1", Title: "Call <b>", Language: "en", LanguageFrom: "text 0.99", FirstSeen: noon,
				Matches: []post.Match{{Topic: "social", By: "hashtag in title: #social"}}},
			Source: post.SourceState{Source: post.Source{ID: "west", Title: "West", URL: "https://me:secret@west.example/"}, State: post.Active},
			Story:  "s",
		}
		change(&f)
		return f
	}
	off := func(f *post.Finding) { f.Story, f.Post.Matches = "", nil }
	say := i18n.WordsIn("en").Explain.Fate
	for name, c := range map[string]struct {
		finding post.Finding
		want    []string
		not     string
	}{
		"told": {finding(func(f *post.Finding) { f.Edition, f.Leads = shown, true }),
			[]string{say.Told, "Source West", "23 November 2026", "#social in the title", "Language English: text (99%)", "All about this"}, "Looked for"},
		"told by another": {finding(func(f *post.Finding) {
			f.Edition = shown
			f.Ties = []post.Tie{{Reason: post.Hreflang, Title: "Oproep", URL: shown.URL}}
		}), []string{say.ToldByAnother, "Shown as Oproep", "Declared as its translation Oproep"}, "Looked for"},
		"discusses":      {finding(func(f *post.Finding) { f.Edition, f.Talks = shown, true }), []string{say.Discusses}, "Looked for"},
		"spoken for":     {finding(func(f *post.Finding) { f.Story = "" }), []string{say.SpokenFor, "#social in the title"}, "Looked for"},
		"off topic":      {finding(off), []string{say.OnNoTopic, "Looked for, in title, text and tags: #social open web", "Language English: text (99%)"}, "All about this"},
		"article waits":  {finding(func(f *post.Finding) { off(f); f.Post.PageNeed = post.PageWanted }), []string{say.ArticleWaits, "#social"}, "All about this"},
		"article unread": {finding(func(f *post.Finding) { off(f); f.Post.PageNeed = post.PageFailed }), []string{say.ArticleUnread, "#social"}, "All about this"},
		"left":           {finding(func(f *post.Finding) { f.Post.Matches, f.Retracted = nil, post.OffTopic }), []string{say.LeftTopic, "#social"}, "All about this"},
		"taken down":     {finding(func(f *post.Finding) { f.Retracted = post.TakenDown }), []string{say.Down}, "All about this"},
		"forgotten":      {finding(func(f *post.Finding) { f.Withdrawn = true }), []string{say.Forgotten}, "Call"},
		"taken whole": {finding(func(f *post.Finding) {
			f.Edition, f.Leads, f.Post.Matches = shown, true, []post.Match{{By: post.ByWhole}}
		}), []string{"every post of this source is taken"}, "topics ="},
	} {
		t.Run(name, func(t *testing.T) {
			store := planet()
			store.explains = map[string]post.Explanation{"https://west.example/1": {Found: []post.Finding{c.finding}}}
			text, page := explained(t, store, "en", "west.example/1")
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("no %q in %s", want, text)
				}
			}
			if strings.Contains(text, c.not) || strings.Contains(page, "secret") || strings.Contains(page, "<b>") {
				t.Errorf("%s\n%s", text, page)
			}
		})
	}
}

func TestExplainAbsent(t *testing.T) {
	state := func(s post.State, v post.Visit) post.SourceState {
		v.SiteURL = "https://west.example/"
		return post.SourceState{Source: post.Source{ID: "west", Title: "West"}, State: s, Visit: v}
	}
	say := i18n.WordsIn("en").Explain
	read := post.Visit{Succeeded: noon, Next: noon.Add(time.Hour)}
	trouble := read
	trouble.Trouble, trouble.Status = `it answered 500 <script>`, 500
	for name, c := range map[string]struct {
		address string
		x       post.Explanation
		want    []string
	}{
		"nothing asked":   {"", post.Explanation{}, []string{say.Title, say.Address}},
		"no address":      {"javascript:alert(1)", post.Explanation{}, []string{say.Invalid}},
		"nobody's":        {"https://east.example/1", post.Explanation{}, []string{"No source on east.example is read here."}},
		"never read":      {"https://west.example/1", post.Explanation{Nearby: []post.SourceState{state(post.Active, post.Visit{})}}, []string{"West", say.Absence.NeverRead}},
		"paused":          {"https://west.example/1", post.Explanation{Nearby: []post.SourceState{state(post.Paused, read)}}, []string{say.Absence.NotRead}},
		"in trouble":      {"https://west.example/1", post.Explanation{Nearby: []post.SourceState{state(post.Active, trouble)}}, []string{say.Absence.InTrouble, "Its server has a problem. It answers with an error", "Trouble it answered 500 <script>"}},
		"not in feed":     {"https://west.example/1", post.Explanation{Nearby: []post.SourceState{state(post.Active, read)}}, []string{say.Absence.NotInFeed, "Last read 23 November 2026, 12:00 UTC", "Next visit not before 23 November 2026, 13:00 UTC"}},
		"the site":        {"https://west.example/", post.Explanation{Nearby: []post.SourceState{state(post.Active, read)}}, []string{say.Absence.Itself}},
		"for a moderator": {"https://social.example/1", post.Explanation{Waiting: []post.Waiting{{}}}, []string{say.Fate.Waits}},
		"refused":         {"https://social.example/1", post.Explanation{Waiting: []post.Waiting{{Verdict: post.Refused}}}, []string{say.Fate.Refused}},
		"approved":        {"https://social.example/1", post.Explanation{Waiting: []post.Waiting{{Verdict: post.Approved}}, Nearby: []post.SourceState{state(post.Active, read)}}, []string{say.Fate.Approved}},
	} {
		t.Run(name, func(t *testing.T) {
			store := planet()
			store.explains = map[string]post.Explanation{c.address: c.x}
			text, page := explained(t, store, "en", c.address)
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("no %q in %s", want, text)
				}
			}
			if strings.Contains(page, "<script") || strings.Contains(page, `href="javascript`) {
				t.Error(page)
			}
		})
	}
}

// The page speaks the reader's language, and leads to itself in the others.
func TestExplainLanguages(t *testing.T) {
	store := planet()
	server := serve(t, newHandler(t, testSite(), store))
	res, page := get(t, server, "GET", "/explain?url=https%3A%2F%2Feast.example%2F%3Fa%26b", "Accept-Language", "ar")
	if root := elements(t, page, atom.Html)[0]; root["lang"] != "ar" || root["dir"] != "rtl" || res.Header.Get("Vary") != "Accept-Language, Cookie" {
		t.Errorf("html %v, %v", root, res.Header)
	}
	if !strings.Contains(string(page), `href="/explain?lang=nl&amp;url=https%3A%2F%2Feast.example%2F%3Fa%26b"`) {
		t.Errorf("%s", page)
	}
	store.explains = map[string]post.Explanation{"https://west.example/1": {Found: []post.Finding{{
		Post: post.Post{URL: "https://west.example/1", Title: "Call", Language: "en", LanguageFrom: "text 0.99, path /en/; the feed says nl, outweighed", FirstSeen: noon}}}}}
	if text, page := explained(t, store, "nl", "https://west.example/1"); !strings.Contains(text, "English: tekst (99%), adres (\u2068/en/\u2069) · weegt minder: feed (\u2068nl\u2069)") || strings.Contains(page, `lang="en">text`) {
		t.Errorf("what settled the language is not said in Dutch: %s", text)
	}
	if _, front := get(t, server, "GET", "/ar/"); !strings.Contains(string(front), `href="/explain?lang=ar"`) {
		t.Error("no page leads there")
	}
	store.err = errors.New("the disk is gone")
	if res, _ := get(t, server, "GET", "/explain?url=https%3A%2F%2Feast.example%2F1"); res.StatusCode != 500 {
		t.Errorf("%d", res.StatusCode)
	}
}
