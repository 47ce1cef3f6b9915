package main

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"samenloop/post"
)

const (
	oneTopic  = "[[topic]]\nid = \"t\"\nhashtags = [\"t\"]\n"
	oneSource = "[[source]]\nid = \"s\"\nurl = \"https://example.org/feed\"\n"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The shortest file that works, and all that it leaves to the program.
func TestReadConfigDefaults(t *testing.T) {
	path := write(t, oneTopic+oneSource)
	c, err := readConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	ticks := c.Schedule.Ticks.Next(time.Date(2026, 11, 23, 12, 1, 0, 0, time.UTC))
	if want := time.Date(2026, 11, 23, 12, 15, 0, 0, time.UTC); !ticks.Equal(want) {
		t.Errorf("first tick %v, want %v", ticks, want)
	}
	c.Schedule.Ticks = nil
	want := &config{
		Site: siteConfig{
			Title: "samenloop", BaseURL: "http://127.0.0.1:8080", Listen: "127.0.0.1:8080",
			Languages: []string{"nl", "en", "fy", "de", "fr"}, Proposals: true, Database: filepath.Join(filepath.Dir(path), "samenloop.db"), followListen: true,
		},
		Schedule: scheduleConfig{
			Poll: "*/15 * * * *", TimeZone: "UTC", PerHost: 2, Concurrency: 512, KeepOffTopic: duration{Duration: 400 * 24 * time.Hour},
		},
		Fetch:   fetchConfig{Contact: "http://127.0.0.1:8080", MaxBytes: 12_000_000, Timeout: duration{Duration: 20 * time.Second}},
		Topics:  []topicConfig{{ID: "t", Title: "#t", Hashtags: []string{"t"}}},
		Sources: []sourceConfig{{ID: "s", URL: "https://example.org/feed", Topics: "match"}},
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got  %+v\nwant %+v", c, want)
	}
	if diff := cmp.Diff([]post.Source{{ID: "s", URL: "https://example.org/feed", FullText: true}}, c.sources()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]post.Topic{{ID: "t", Title: "#t", Hashtags: []string{"t"}}}, c.topics()); diff != "" {
		t.Error(diff)
	}
}

// What people write differently comes out in one form.
func TestReadConfigForms(t *testing.T) {
	path := write(t, "\ufeff"+`[site]
title = "Samen"
base_url = "HTTPS://Bücher.Example:8443/social/"
listen = ":9000"
languages = ["nl-nl", "EN", "iw"]
proxies = ["172.18.3.0/16", " 10.0.0.7 ", "2001:db8::1"]
database = "/var/lib/samenloop/s.db"
[schedule]
poll = "30 6 * * 1"
time_zone = "Europe/Amsterdam"
keep_off_topic = "30d"
[fetch]
allow_networks = ["127.0.0.0/8", "10.0.0.7", "::1", "[::1]:8080", "192.168.1.9/24", "::ffff:10.0.0.8"]
contact = "webmaster@example.org"
max_bytes = 500_000
timeout = 30
[[topic]]
id = "social"
hashtags = ["#MakeSocialsSocialAgain", "fédivers"]
phrases = ["  open   web "]
[[topic]]
id = "web"
phrases = ["open web"]
[[source]]
id = "a"
title = "A"
url = " acct:redactie@example.org "
language = "fy-NL"
topics = "all"
full_text = false
boosts = true
max_bytes = 40_000_000
[[source]]
id = "b"
url = "https://me:secret@example.org/feed"
`)
	c, err := readConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Schedule.Ticks.Next(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)).UTC().String(); got != "2026-11-30 05:30:00 +0000 UTC" {
		t.Errorf("next tick %s: half past six on Monday in Amsterdam", got)
	}
	c.Schedule.Ticks = nil
	no := false
	want := &config{
		Site: siteConfig{Title: "Samen", BaseURL: "https://xn--bcher-kva.example:8443/social", Listen: ":9000", Languages: []string{"nl-NL", "en", "he"}, Proxies: []string{"172.18.0.0/16", "10.0.0.7/32", "2001:db8::1/128"}, Proposals: true, Database: "/var/lib/samenloop/s.db"},
		Schedule: scheduleConfig{
			Poll: "30 6 * * 1", TimeZone: "Europe/Amsterdam", PerHost: 2, Concurrency: 512, KeepOffTopic: duration{Duration: 30 * 24 * time.Hour},
		},
		Fetch: fetchConfig{
			AllowNetworks: []string{"127.0.0.0/8", "10.0.0.7/32", "::1/128", "[::1]:8080", "192.168.1.0/24", "10.0.0.8/32"},
			Contact:       "webmaster@example.org", MaxBytes: 500_000, Timeout: duration{Duration: 30 * time.Second},
		},
		Topics: []topicConfig{
			{ID: "social", Title: "#MakeSocialsSocialAgain", Hashtags: []string{"MakeSocialsSocialAgain", "fédivers"}, Phrases: []string{"open web"}},
			{ID: "web", Title: "open web", Phrases: []string{"open web"}},
		},
		Sources: []sourceConfig{
			{ID: "a", Title: "A", URL: "acct:redactie@example.org", Language: "fy-NL", Topics: "all", FullText: &no, Boosts: true, MaxBytes: 40_000_000},
			{ID: "b", URL: "https://me:secret@example.org/feed", Topics: "match"},
		},
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got  %+v\nwant %+v", c, want)
	}
	if got, want := c.sources()[0], (post.Source{ID: "a", Title: "A", URL: "acct:redactie@example.org", Language: "fy-NL", All: true, Boosts: true, MaxBytes: 40_000_000}); got != want {
		t.Errorf("source %+v, want %+v", got, want)
	}
}

// What is wrong with a file, word for word, as the person who wrote it reads it.
func TestReadConfigErrors(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"mistyped key", oneTopic + oneSource + "langauge = \"nl\"\n",
			`config.toml:7:1: unknown key "langauge" in [[source]]; did you mean "language"?`},
		{"key cut short", oneTopic + oneSource + "lang = \"nl\"\n",
			`config.toml:7:1: unknown key "lang" in [[source]]; did you mean "language"?`},
		{"plural", "[[topic]]\nid = \"t\"\nhashtag = [\"t\"]\nphrases = [\"t\"]\n",
			`config.toml:3:1: unknown key "hashtag" in [[topic]]; did you mean "hashtags"?`},
		{"key of another table", "[fetch]\nper_host = 1\n",
			`config.toml:2:1: unknown key "per_host" in [fetch]; it belongs in [schedule]`},
		{"key of no table", "[fetch]\nproxy = \"x\"\n",
			`config.toml:2:1: unknown key "proxy" in [fetch]; its keys are allow_networks, contact, max_bytes, timeout`},
		{"key outside a table", "title = \"x\"\n",
			`config.toml:1:1: key "title" stands outside a table; it belongs in [site] or [[topic]] or [[source]]`},
		{"mistyped table", "[sites]\ntitle = \"x\"\n",
			`config.toml:1:2: unknown table "sites"; did you mean [site]?`},
		{"mistyped tables", "[[sources]]\nid = \"x\"\n",
			`config.toml:1:3: unknown table "sources"; did you mean [[source]]?`},
		{"table of no kind", "[users]\na = 1\n",
			`config.toml:1:2: unknown table "users"; the tables are [site], [schedule], [fetch], [[topic]], [[source]]`},
		{"table in a table", "[site.theme]\na = 1\n",
			`config.toml:1:2: unknown key "theme" in [site]; its keys are title, base_url, listen, proxies, languages, other_languages, proposals, database`},

		{"syntax", "[site]\ntitle = samenloop\n",
			`config.toml:2:9: unexpected character U+0073 's' at start of value`},
		{"open quote", "[site]\ntitle = \"samenloop\nlisten = \":1\"\n",
			`config.toml:2:19: basic strings cannot have new lines`},
		{"twice", "[site]\ntitle = \"a\"\ntitle = \"b\"\n",
			`config.toml:3:1: key title is already defined`},
		{"number for text", "[site]\ntitle = 5\n",
			`config.toml:2:9: [site] title: write text between quotes: "…"`},
		{"text for list", "[site]\nlanguages = \"nl\"\n",
			`config.toml:2:13: [site] languages: write a list of texts between quotes: ["…", "…"]`},
		{"number in list", "[site]\nlanguages = [\"nl\", 3]\n",
			`config.toml:2:20: [site] languages: write a list of texts between quotes: ["…", "…"]`},
		{"text for number", "[fetch]\nmax_bytes = \"12 MB\"\n",
			`config.toml:2:13: [fetch] max_bytes: write a whole number, without quotes`},
		{"text for yes or no", oneTopic + oneSource + "full_text = \"yes\"\n",
			`config.toml:7:13: [[source]] full_text: write true or false`},
		{"list for time", "[fetch]\ntimeout = [20]\n",
			`config.toml:2:11: [fetch] timeout: write a time between quotes: "20s", "400 days"`},
		{"value for table", "site = 3\n",
			`config.toml:1:8: "site" is a table: write [site] on a line of its own and its keys below`},
		{"many for one", "[[site]]\n",
			`config.toml:1:3: "site" is a table: write [site] on a line of its own and its keys below`},

		{"base_url without scheme", "[site]\nbase_url = \"example.org\"\n",
			`config.toml:2: [site] base_url: write the whole address of the site and no more, such as "https://example.org" or "https://example.org/social"`},
		{"base_url with query", "[site]\nbase_url = \"https://example.org/?a=1\"\n",
			`config.toml:2: [site] base_url: write the whole address of the site and no more, such as "https://example.org" or "https://example.org/social"`},
		{"listen", "[site]\nlisten = \"8080\"\n",
			`config.toml:2: [site] listen: "8080": write host:port, such as "127.0.0.1:8080", or ":8080" for every address of this machine`},
		{"port", "[site]\nlisten = \":80800\"\n",
			`config.toml:2: [site] listen: ":80800": write host:port, such as "127.0.0.1:8080", or ":8080" for every address of this machine`},
		{"no language", "[site]\nlanguages = []\n",
			`config.toml:2: [site] languages: name at least one, such as ["nl", "en"]; the first is the default`},
		{"bad languages", "[site]\nlanguages = [\"nl\", \"dutch\", \"und\", \"NL\"]\n",
			`config.toml:2: [site] languages: "dutch" is not the tag of a language; write "nl", "en", "pt-BR"
config.toml:2: [site] languages: "und" is not the tag of a language; write "nl", "en", "pt-BR"
config.toml:2: [site] languages: "nl" stands there twice`},
		{"title", "[site]\ntitle = \"a\\u001b[31m\"\n",
			`config.toml:2: [site] title: "a\x1b[31m" has characters that cannot be shown: write it as one line of text`},
		{"proxies", "[site]\nproxies = [\"caddy\", \"10.0.0.7:80\", \"0.0.0.0/0\"]\n",
			`config.toml:2: [site] proxies: "caddy": write a network "10.0.0.0/8" or an address "10.0.0.7"
config.toml:2: [site] proxies: "10.0.0.7:80": write a network "10.0.0.0/8" or an address "10.0.0.7"
config.toml:2: [site] proxies: "0.0.0.0/0" is everybody: name those alone that pass requests on, or whoever asks can say that it is somebody else`},
		{"database", "[site]\ndatabase = \"\"\n",
			`config.toml:2: [site] database: name a file, such as "samenloop.db"`},

		{"cron", "[schedule]\npoll = \"every hour\"\n",
			`config.toml:2: [schedule] poll: "every hour": write five fields (minute, hour, day, month, weekday), such as "*/15 * * * *": expected exactly 5 fields, found 2: [every hour]`},
		{"cron that panics its parser", "[schedule]\npoll = \"TZ=0\"\n",
			`config.toml:2: [schedule] poll: "TZ=0": the time zone goes into the key time_zone`},
		{"cron that never comes", "[schedule]\npoll = \"0 0 31 2 *\"\n",
			`config.toml:2: [schedule] poll: "0 0 31 2 *" never comes: there is no such day`},
		{"time zone", "[schedule]\ntime_zone = \"Amsterdam\"\n",
			`config.toml:2: [schedule] time_zone: no time zone "Amsterdam"; write its name as "Europe/Amsterdam" or "UTC"`},
		{"ranges", "[schedule]\nper_host = 9\nconcurrency = 0\nkeep_off_topic = 400\n",
			`config.toml:2: [schedule] per_host: 9 is not in 1–8
config.toml:3: [schedule] concurrency: 0 is not in 1–1024
config.toml:4: [schedule] keep_off_topic: "400": write 1 day to 36500 days, such as "400 days"`},
		{"fetch", "[fetch]\nallow_networks = [\"localhost\", \"10.0.0.7:0\"]\ncontact = \"me\\nHost: evil\"\nmax_bytes = 12\ntimeout = 2.5\n",
			`config.toml:2: [fetch] allow_networks: "localhost": write a network "10.0.0.0/8", an address "10.0.0.7" or one port of it "10.0.0.7:8000"
config.toml:2: [fetch] allow_networks: "10.0.0.7:0": write a network "10.0.0.0/8", an address "10.0.0.7" or one port of it "10.0.0.7:8000"
config.toml:3: [fetch] contact: "me Host: evil": write one mail address or the URL of one page, in plain ASCII
config.toml:4: [fetch] max_bytes: 12 is not in 10000–1000000000
config.toml:5: [fetch] timeout: "2.5": write 1 second to 10 minutes, such as "20s"`},

		{"topic without a rule", "[[topic]]\nid = \"t\"\n",
			`config.toml:1: [[topic]] "t": nothing can be on it: give hashtags = ["…"] or phrases = ["…"]`},
		{"topic rules", "[[topic]]\nhashtags = [\"open web\", \"#\"]\nphrases = [\"!\"]\n",
			`config.toml:1: [[topic]] number 1: id: missing; give it a short name of its own, such as "nluug"
config.toml:2: [[topic]] number 1: hashtags: "open web": a hashtag is letters, digits and underscores; other words go into phrases
config.toml:2: [[topic]] number 1: hashtags: "#": a hashtag is letters, digits and underscores; other words go into phrases
config.toml:3: [[topic]] number 1: phrases: "!" has no word in it`},
		{"no topic", oneSource + "[[source]]\nid = \"b\"\nurl = \"https://b.example\"\ntopics = \"all\"\n",
			`config.toml: no [[topic]], so nothing can match: add one, or say topics = "all" at every [[source]] (now not at "s")`},

		{"ids", oneTopic + oneSource + oneSource + "[[source]]\nid = \"Bits of Freedom\"\nurl = \"https://example.org\"\n",
			`config.toml:8: [[source]] "s": id: stands there twice; every id is used once
config.toml:11: [[source]] "Bits of Freedom": id: it becomes part of URLs: up to 64 characters of a-z, 0-9 and single hyphens, such as "bits-of-freedom"`},
		{"source", oneTopic + "[[source]]\nid = \"a\"\nlanguage = \"dutch\"\ntopics = \"some\"\nmax_bytes = 12\n",
			`config.toml:4: [[source]] "a": url: missing; write a whole address, such as "https://example.org/feed/", or an account, such as "acct:name@example.org"
config.toml:6: [[source]] "a": language: "dutch" is not the tag of a language; write "nl", "en", "pt-BR"
config.toml:7: [[source]] "a": topics: "some": write "match" (only posts on a topic) or "all" (every post)
config.toml:8: [[source]] "a": max_bytes: 12 is not in 10000–1000000000`},
		{"url without scheme", oneTopic + "[[source]]\nid = \"a\"\nurl = \"nluug.nl/atom.xml\"\n",
			`config.toml:6: [[source]] "a": url: write https:// in front: https://nluug.nl…`},
		{"url that holds a password", oneTopic + "[[source]]\nid = \"a\"\nurl = \"ftp://me:secret@example.org/\"\n",
			`config.toml:6: [[source]] "a": url: write a whole address, such as "https://example.org/feed/", or an account, such as "acct:name@example.org"`},
		{"everything at once", "[site]\nlisten = \"x\"\n[fetch]\ntimout = 3\n[[source]]\nid = \"a\"\ntopics = \"all\"\nurl = \"x\"\n",
			`config.toml:2: [site] listen: "x": write host:port, such as "127.0.0.1:8080", or ":8080" for every address of this machine
config.toml:4:1: unknown key "timout" in [fetch]; did you mean "timeout"?
config.toml:8: [[source]] "a": url: write a whole address, such as "https://example.org/feed/", or an account, such as "acct:name@example.org"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Chdir(filepath.Dir(write(t, tt.text)))
			_, err := readConfig("./config.toml")
			var bad *configError
			if !errors.As(err, &bad) {
				t.Fatalf("got %T %v, want a *configError", err, err)
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Error(diff)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Error("the message holds a password")
			}
		})
	}
}

func TestReadConfigMissing(t *testing.T) {
	dir := t.TempDir()
	_, err := readConfig(filepath.Join(dir, "config.toml"))
	want := "no configuration at " + filepath.Join(dir, "config.toml") + `: give its place with -config FILE, or look around first with "samenloop serve -demo"`
	var bad *configError
	if !errors.As(err, &bad) || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if _, err := readConfig(dir); !errors.As(err, &bad) {
		t.Errorf("a folder: got %v, want a *configError", err)
	}
}

// The configuration at the top of the repository is right, and the manual: it
// writes down every key.
func TestManual(t *testing.T) {
	const path = "../../config.toml"
	c, err := readConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.sources()) != 7 || len(c.topics()) != 1 {
		t.Errorf("%d sources, %d topics", len(c.sources()), len(c.topics()))
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, tab := range tablesOf(reflect.TypeFor[config]()) {
		for _, key := range tab.keyNames() {
			found := strings.Contains(string(text), "\n"+key+" = ") || strings.Contains(string(text), "\n# "+key+" = ") ||
				tab.name == "source" && strings.Contains(string(text), "\n#   "+key+" ")
			if !found {
				t.Errorf("the manual does not explain %s in %s", key, tab)
			}
		}
	}
}

func TestListenOn(t *testing.T) {
	tests := []struct{ base, address, want string }{
		{"", "127.0.0.1:41234", "http://127.0.0.1:41234"},
		{"", ":41234", "http://localhost:41234"},
		{"", "[::]:41234", "http://localhost:41234"},
		{"", "[::1]:41234", "http://[::1]:41234"},
		{"https://example.org", "127.0.0.1:41234", "https://example.org"},
	}
	for _, tt := range tests {
		c := defaultConfig()
		c.Site.BaseURL = tt.base
		if problems := c.check(nil); len(problems) > 0 {
			t.Fatal(problems)
		}
		if err := c.listenOn(tt.address); err != nil || c.Site.BaseURL != tt.want || c.Fetch.Contact != tt.want || c.Site.Listen != tt.address {
			t.Errorf("listenOn(%q): %v, base %q, contact %q", tt.address, err, c.Site.BaseURL, c.Fetch.Contact)
		}
	}
	if err := defaultConfig().listenOn("8080"); err == nil {
		t.Error("8080 is no host:port")
	}
}

func TestCheckSourceURL(t *testing.T) {
	for url, ok := range map[string]bool{
		"https://example.org":              true,
		"http://127.0.0.1:8000/feed":       true,
		"https://bücher.example/feed":      true,
		"https://me:secret@example.org/":   true,
		"acct:redactie@example.org":        true,
		"@redactie@example.org":            true,
		"https://example.org/@redactie":    true,
		"redactie@example.org":             false,
		"acct:redactie":                    false,
		"@redactie@":                       false,
		"@redactie@example.org/x":          false,
		"file:///etc/passwd":               false,
		"javascript:alert(1)":              false,
		"https://":                         false,
		"https://example.org/\nHost: evil": false,
		"//example.org/feed":               false,
	} {
		if err := checkSourceURL(url); (err == nil) != ok {
			t.Errorf("%q: %v", url, err)
		}
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add([]byte(oneTopic + oneSource))
	f.Add([]byte("[schedule]\npoll = \"TZ=0\"\n[site]\nbase_url = \"http://[::1]:x\"\n"))
	f.Add([]byte("source = [{id = \"a\", idd = 3}]\n\"\" = 1\n[a.\"b c\".d]\n"))
	f.Add([]byte("[fetch]\ntimeout = 2026-01-01T00:00:00Z\nallow_networks = [\"::/0\", \"1.2.3.4:5\"]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, problems := parseConfig(text)
		if len(problems) > 0 {
			for _, p := range problems {
				if line := p.in("config.toml"); strings.Contains(line, "\n") {
					t.Errorf("more than one line: %q", line)
				}
			}
			return
		}
		if strings.HasSuffix(c.Site.BaseURL, "/") || c.Schedule.Ticks == nil || len(c.Site.Languages) == 0 || c.Fetch.Timeout.Duration <= 0 {
			t.Errorf("incomplete: %+v", c)
		}
	})
}
