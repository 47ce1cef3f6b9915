package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // time zones, also where the system has none
	"unicode"

	"github.com/robfig/cron/v3"
	"golang.org/x/net/idna"
	"golang.org/x/text/language"

	"samenloop/post"
)

// config is config.toml, read and checked, with what was left out filled in. The
// comments of the config.toml at the top of the repository say the same to operators.
type config struct {
	Site     siteConfig     `toml:"site"`
	Schedule scheduleConfig `toml:"schedule"`
	Fetch    fetchConfig    `toml:"fetch"`
	Topics   []topicConfig  `toml:"topic"`
	Sources  []sourceConfig `toml:"source"`
}

type siteConfig struct {
	// Title is what readers see above the pages and feeds. Default "samenloop".
	Title string `toml:"title"`
	// BaseURL is the address under which readers reach the site: absolute,
	// http or https, perhaps with a path, never a slash at its end.
	// Default: "http://" and Listen.
	BaseURL string `toml:"base_url"`
	// Listen is the host:port to serve on. Default "127.0.0.1:8080".
	Listen string `toml:"listen"`
	// Proxies are who may say whose request they pass on, by X-Forwarded-For: CIDRs; a bare
	// IP in the file is that one address. Loopback may always. Default none.
	Proxies []string `toml:"proxies"`
	// Languages are those of the site's pages and feeds as BCP 47 tags, the
	// default one first. Default nl, en, fy, de, fr.
	Languages []string `toml:"languages"`
	// OtherLanguages adds to a language's feeds the stories that exist in other
	// languages only. Default false.
	OtherLanguages bool `toml:"other_languages"`
	// Proposals lets anybody propose a source, which waits for the operator. Default true.
	Proposals bool `toml:"proposals"`
	// Database is the file that keeps everything; in config.toml relative to
	// the folder of that file. Default "samenloop.db".
	Database string `toml:"database"`

	// followListen: nobody gave a BaseURL, so it is made of Listen.
	followListen bool
	// example is an address to propose, of a sample site of the demo: there alone
	// those who propose may have sites on this machine looked at.
	example string
}

type scheduleConfig struct {
	// Poll is when to look which sources are due: cron, five fields.
	// Default "*/15 * * * *".
	Poll string `toml:"poll"`
	// TimeZone is an IANA name, which Poll is read in. Default "UTC".
	TimeZone string `toml:"time_zone"`
	// PerHost is how many requests may be open to one host, 1–8. Default 2.
	PerHost int `toml:"per_host"`
	// Concurrency is how many sources are asked at the same time, 1–1024. Default 512: most of
	// the time is waiting.
	Concurrency int `toml:"concurrency"`
	// KeepOffTopic is how long posts on no topic are kept, counted from when
	// they were first seen, at least a day; after that only their key and hash.
	// Default 400 days.
	KeepOffTopic duration `toml:"keep_off_topic"`

	// Ticks is Poll in TimeZone, understood.
	Ticks cron.Schedule `toml:"-"`
}

type fetchConfig struct {
	// AllowNetworks may be dialled although they are not on the public internet,
	// or on ports other than 80 and 443: CIDRs (every port there) and IP:port; a
	// bare IP in the file is that one address. Default none.
	AllowNetworks []string `toml:"allow_networks"`
	// Contact is an address or a page that publishers find in our User-Agent. Default BaseURL.
	Contact string `toml:"contact"`
	// MaxBytes is how large a document may be, unpacked, in bytes. Default 12 MB.
	MaxBytes int64 `toml:"max_bytes"`
	// Timeout is for a whole request with its answer, 1 s – 10 min. Default 20 s.
	Timeout duration `toml:"timeout"`
}

type topicConfig struct {
	ID       string   `toml:"id"`       // a slug, part of URLs
	Title    string   `toml:"title"`    // what readers see; default its first hashtag or phrase
	Hashtags []string `toml:"hashtags"` // in the file with or without '#', here without
	Phrases  []string `toml:"phrases"`  // whole words
}

type sourceConfig struct {
	ID       string `toml:"id"`        // a slug, part of URLs
	Title    string `toml:"title"`     // what readers see; default what the feed says
	URL      string `toml:"url"`       // feed, site, acct:name@host, @name@host, actor or hashtag page; may hold a password
	Language string `toml:"language"`  // BCP 47, a lock; default: what the posts tell
	Topics   string `toml:"topics"`    // "match" (default) or "all"
	FullText *bool  `toml:"full_text"` // read the article's page where the feed has only a summary; default true
	Boosts   bool   `toml:"boosts"`    // take what the account boosts, too
	MaxBytes int64  `toml:"max_bytes"` // of its documents, where they are larger than those of others; default what [fetch] says
}

// duration is a time in the file: "20s", "1h30m", "400 days", or a whole number of seconds.
type duration struct {
	time.Duration
	text string // as written, until it was checked
}

// UnmarshalText keeps the text for check, which knows its line.
func (d *duration) UnmarshalText(text []byte) error {
	d.text = string(text)
	return nil
}

// configError is everything that is wrong with a configuration, one line each: exit code 2.
type configError struct{ lines []string }

func (e *configError) Error() string { return strings.Join(e.lines, "\n") }

// readConfig reads and checks a file. Its error is a *configError.
func readConfig(path string) (*config, error) {
	path = filepath.Clean(path)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		where := path
		if full, err := filepath.Abs(path); err == nil {
			where = full
		}
		return nil, &configError{[]string{fmt.Sprintf(
			`no configuration at %s: give its place with -config FILE, or look around first with "samenloop serve -demo"`, where)}}
	}
	if err != nil {
		return nil, &configError{[]string{fmt.Sprintf("read configuration: %v", err)}}
	}
	if len(bytes.TrimSpace(text)) == 0 { // as a full disk or a copy under way leaves it: it would retract all that is stored
		return nil, &configError{[]string{path + ": the file is empty; the config.toml that comes with samenloop shows what stands there"}}
	}
	c, problems := parseConfig(text)
	if len(problems) > 0 {
		e := &configError{}
		for _, p := range problems {
			e.lines = append(e.lines, p.in(path))
		}
		return nil, e
	}
	if !filepath.IsAbs(c.Site.Database) {
		c.Site.Database = filepath.Join(filepath.Dir(path), c.Site.Database)
	}
	return c, nil
}

// parseConfig understands a file's text. The problems are in the order of the file.
func parseConfig(text []byte) (*config, []problem) {
	c := defaultConfig()
	problems, whole := decodeTOML(text, c)
	if whole {
		problems = append(problems, c.check(placesOf(text, "topic", "source"))...)
	}
	slices.SortStableFunc(problems, func(a, b problem) int { return a.line - b.line })
	return c, problems
}

// defaultConfig is what an empty file means.
func defaultConfig() *config {
	return &config{
		Site: siteConfig{
			Title:     "samenloop",
			Listen:    "127.0.0.1:8080",
			Languages: []string{"nl", "en", "fy", "de", "fr"},
			Database:  "samenloop.db",
			Proposals: true,
		},
		Schedule: scheduleConfig{
			Poll:         "*/15 * * * *",
			TimeZone:     "UTC",
			PerHost:      2,
			Concurrency:  512,
			KeepOffTopic: duration{text: "400 days"},
		},
		Fetch: fetchConfig{MaxBytes: 12_000_000, Timeout: duration{text: "20s"}},
	}
}

// topics are the topics in the words of the program.
func (c *config) topics() []post.Topic {
	var topics []post.Topic
	for _, t := range c.Topics {
		topics = append(topics, post.Topic{ID: t.ID, Title: t.Title, Hashtags: t.Hashtags, Phrases: t.Phrases})
	}
	return topics
}

// sources are the sources in the words of the program.
func (c *config) sources() []post.Source {
	var sources []post.Source
	for _, s := range c.Sources {
		sources = append(sources, post.Source{
			ID:       s.ID,
			Title:    s.Title,
			URL:      s.URL,
			Language: s.Language,
			All:      s.Topics == "all",
			FullText: s.FullText == nil || *s.FullText,
			Boosts:   s.Boosts,
			MaxBytes: s.MaxBytes,
		})
	}
	return sources
}

// listenOn serves on another address than the file says; where nobody gave a
// base URL, it follows. Call it again with the real port after listening on port 0.
func (c *config) listenOn(address string) error {
	if err := checkListen(address); err != nil {
		return &configError{[]string{"-listen: " + err.Error()}}
	}
	c.Site.Listen = address
	if c.Site.followListen {
		if c.Fetch.Contact == c.Site.BaseURL {
			c.Fetch.Contact = baseOf(address)
		}
		c.Site.BaseURL = baseOf(address)
	}
	return nil
}

// check fills in what was left out, brings values to one form and returns all
// that is wrong.
func (c *config) check(where places) []problem {
	var problems []problem
	// at is how one table reports; the key "" is the table itself.
	at := func(table, label string) func(key, format string, args ...any) {
		return func(key, format string, args ...any) {
			text := fmt.Sprintf(format, args...)
			if key != "" {
				text = key + ": " + text
			}
			problems = append(problems, problem{line: where.line(table, key), text: label + text})
		}
	}
	c.Site.check(at("site", "[site] "))
	c.Schedule.check(at("schedule", "[schedule] "))
	c.Fetch.check(c.Site.BaseURL, at("fetch", "[fetch] "))

	seen := map[string]bool{}
	for i := range c.Topics {
		t := &c.Topics[i]
		report := at(fmt.Sprintf("topic.%d", i), rowLabel("topic", i, t.ID))
		checkID(t.ID, seen, report)
		t.check(report)
	}
	clear(seen)
	var waiting []string
	for i := range c.Sources {
		s := &c.Sources[i]
		report := at(fmt.Sprintf("source.%d", i), rowLabel("source", i, s.ID))
		checkID(s.ID, seen, report)
		s.check(report)
		if s.Topics == "match" {
			waiting = append(waiting, fmt.Sprintf("%q", printable(s.ID)))
		}
	}
	if len(c.Topics) == 0 && len(waiting) > 0 {
		problems = append(problems, problem{text: fmt.Sprintf(
			`no [[topic]], so nothing can match: add one, or say topics = "all" at every [[source]] (now not at %s)`, strings.Join(waiting, ", "))})
	}
	return problems
}

// report notes what is wrong at a key.
type report = func(key, format string, args ...any)

// rowLabel names a row of an array of tables: by its id, else by its number.
func rowLabel(table string, i int, id string) string {
	if id == "" {
		return fmt.Sprintf("[[%s]] number %d: ", table, i+1)
	}
	return fmt.Sprintf("[[%s]] %q: ", table, printable(id))
}

func (s *siteConfig) check(report report) {
	checkTitle(s.Title, report)
	listenErr := checkListen(s.Listen)
	if listenErr != nil {
		report("listen", "%v", listenErr)
	}
	if s.BaseURL == "" {
		s.followListen = true
		s.BaseURL = baseOf(s.Listen)
	} else if base, err := cleanBase(s.BaseURL); err != nil {
		report("base_url", "%v", err)
	} else {
		s.BaseURL = base
	}
	for i, proxy := range s.Proxies {
		if network, err := parseNetwork(proxy); err != nil {
			report("proxies", `%q: write a network "10.0.0.0/8" or an address "10.0.0.7"`, printable(proxy))
		} else if network.Bits() == 0 {
			report("proxies", "%q is everybody: name those alone that pass requests on, or whoever asks can say that it is somebody else", printable(proxy))
		} else {
			s.Proxies[i] = network.String()
		}
	}
	if len(s.Languages) == 0 {
		report("languages", `name at least one, such as ["nl", "en"]; the first is the default`)
	}
	seen := map[string]bool{}
	for i, tag := range s.Languages {
		clean, err := cleanLanguage(tag)
		switch {
		case err != nil:
			report("languages", "%v", err)
		case seen[clean]:
			report("languages", "%q stands there twice", clean)
		default:
			s.Languages[i], seen[clean] = clean, true
		}
	}
	if strings.TrimSpace(s.Database) == "" {
		report("database", `name a file, such as "samenloop.db"`)
	}
}

// unseen says that a proxy must be there, elsewhere than on this machine, and that nobody named it.
func (s *siteConfig) unseen() bool {
	host, _, _ := net.SplitHostPort(s.Listen)
	ip, err := netip.ParseAddr(host)
	loopback := host == "localhost" || err == nil && ip.IsLoopback()
	return strings.HasPrefix(s.BaseURL, "https:") && !loopback && len(s.Proxies) == 0
}

func (s *scheduleConfig) check(report report) {
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		report("time_zone", `no time zone %q; write its name as "Europe/Amsterdam" or "UTC"`, s.TimeZone)
		zone = time.UTC
	}
	if s.Ticks, err = parseCron(s.Poll, zone); err != nil {
		report("poll", "%v", err)
	}
	checkRange(report, "per_host", s.PerHost, 1, 8)
	checkRange(report, "concurrency", s.Concurrency, 1, 1024)
	checkDuration(report, "keep_off_topic", &s.KeepOffTopic, 24*time.Hour, 100*365*24*time.Hour, `1 day to 36500 days, such as "400 days"`)
}

func (f *fetchConfig) check(baseURL string, report report) {
	for i, network := range f.AllowNetworks {
		clean, err := cleanNetwork(network)
		if err != nil {
			report("allow_networks", "%v", err)
			continue
		}
		f.AllowNetworks[i] = clean
	}
	if f.Contact == "" {
		f.Contact = baseURL
	}
	// It goes into a header, between parentheses.
	if len(f.Contact) > 500 || strings.ContainsFunc(f.Contact, func(r rune) bool { return r <= ' ' || r > '~' || r == '(' || r == ')' }) {
		report("contact", `%q: write one mail address or the URL of one page, in plain ASCII`, printable(f.Contact))
	}
	checkMaxBytes(report, f.MaxBytes)
	checkDuration(report, "timeout", &f.Timeout, time.Second, 10*time.Minute, `1 second to 10 minutes, such as "20s"`)
}

func (t *topicConfig) check(report report) {
	checkTitle(t.Title, report)
	for i, tag := range t.Hashtags {
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "#")
		if tag == "" || strings.ContainsFunc(tag, notInHashtag) {
			report("hashtags", "%q: a hashtag is letters, digits and underscores; other words go into phrases", printable(t.Hashtags[i]))
		}
		t.Hashtags[i] = tag
	}
	for i, phrase := range t.Phrases {
		t.Phrases[i] = strings.Join(strings.Fields(phrase), " ")
		if !strings.ContainsFunc(phrase, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) {
			report("phrases", "%q has no word in it", printable(phrase))
		}
	}
	switch {
	case len(t.Hashtags) == 0 && len(t.Phrases) == 0:
		report("", `nothing can be on it: give hashtags = ["…"] or phrases = ["…"]`)
	case t.Title == "" && len(t.Hashtags) > 0:
		t.Title = "#" + t.Hashtags[0]
	case t.Title == "":
		t.Title = t.Phrases[0]
	}
}

func (s *sourceConfig) check(report report) {
	checkTitle(s.Title, report)
	s.URL = strings.TrimSpace(s.URL)
	if err := checkSourceURL(s.URL); err != nil {
		report("url", "%v", err)
	}
	if s.Language != "" {
		clean, err := cleanLanguage(s.Language)
		if err != nil {
			report("language", "%v", err)
		}
		s.Language = clean
	}
	if s.MaxBytes != 0 {
		checkMaxBytes(report, s.MaxBytes)
	}
	switch s.Topics {
	case "":
		s.Topics = "match"
	case "match", "all":
	default:
		report("topics", `%q: write "match" (only posts on a topic) or "all" (every post)`, printable(s.Topics))
	}
}

var slug = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func checkID(id string, seen map[string]bool, report report) {
	switch {
	case id == "":
		report("id", `missing; give it a short name of its own, such as "nluug"`)
	case len(id) > 64 || !slug.MatchString(id):
		report("id", `it becomes part of URLs: up to 64 characters of a-z, 0-9 and single hyphens, such as "bits-of-freedom"`)
	case seen[id]:
		report("id", "stands there twice; every id is used once")
	}
	seen[id] = true
}

func checkTitle(title string, report report) {
	if printable(title) != title {
		report("title", "%q has characters that cannot be shown: write it as one line of text", title)
	}
}

func checkRange[N int | int64](report report, key string, n, least, most N) {
	if n < least || n > most {
		report(key, "%d is not in %d–%d", n, least, most)
	}
}

func checkMaxBytes(report report, n int64) {
	checkRange(report, "max_bytes", n, 10_000, 1_000_000_000)
}

func checkDuration(report report, key string, d *duration, least, most time.Duration, want string) {
	parsed, err := parseDuration(d.text)
	if err != nil || parsed < least || parsed > most {
		report(key, "%q: write %s", printable(d.text), want)
	}
	*d = duration{Duration: parsed}
}

var daysText = regexp.MustCompile(`^([0-9]{1,5}) ?(?:d|days?)$`)

func parseDuration(s string) (time.Duration, error) {
	s = strings.TrimSpace(s)
	if m := daysText.FindStringSubmatch(s); m != nil {
		n, err := strconv.Atoi(m[1])
		return time.Duration(n) * 24 * time.Hour, err
	}
	if n, err := strconv.ParseUint(s, 10, 32); err == nil {
		return time.Duration(n) * time.Second, nil
	}
	return time.ParseDuration(s)
}

// checkListen wants host:port; the host may be empty: every address.
func checkListen(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf(`%q: write host:port, such as "127.0.0.1:8080", or ":8080" for every address of this machine`, printable(address))
	}
	return nil
}

// baseOf is where a browser on this machine finds what listens on an address.
func baseOf(listen string) string {
	host, port, _ := net.SplitHostPort(listen)
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// cleanBase is the URL with an ASCII host in lower case and without a slash at the end.
func cleanBase(base string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(base))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return "", errors.New(`write the whole address of the site and no more, such as "https://example.org" or "https://example.org/social"`)
	}
	host := strings.ToLower(u.Hostname())
	if _, err := netip.ParseAddr(host); err != nil {
		if host, err = idna.Lookup.ToASCII(host); err != nil {
			return "", errors.New("the host is not a name that the internet knows")
		}
	} else if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port := u.Port(); port != "" {
		host += ":" + port
	}
	return u.Scheme + "://" + host + strings.TrimRight(u.EscapedPath(), "/"), nil
}

var account = regexp.MustCompile(`^(?:acct:|@)[\pL\pN_](?:[\pL\pN_.-]*[\pL\pN_])?@([^@/\s]+)$`)

// checkSourceURL never repeats the URL: it may hold a password.
func checkSourceURL(raw string) error {
	const want = `write a whole address, such as "https://example.org/feed/", or an account, such as "acct:name@example.org"`
	if raw == "" {
		return errors.New("missing; " + want)
	}
	if m := account.FindStringSubmatch(raw); m != nil {
		raw = "https://" + m[1] // the host is judged below
	} else if host, _, _ := strings.Cut(raw, "/"); strings.Contains(host, ".") && slug.MatchString(strings.ReplaceAll(host, ".", "-")) {
		return fmt.Errorf("write https:// in front: https://%s…", host)
	}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || strings.ContainsFunc(raw, unicode.IsControl) {
		return errors.New(want)
	}
	return nil
}

// cleanLanguage is the canonical form of a BCP 47 tag that names a language.
func cleanLanguage(tag string) (string, error) {
	t, err := language.Parse(strings.TrimSpace(tag))
	if err != nil || t.IsRoot() {
		return "", fmt.Errorf(`%q is not the tag of a language; write "nl", "en", "pt-BR"`, printable(tag))
	}
	return t.String(), nil
}

// cleanNetwork is a CIDR or an IP:port.
func cleanNetwork(s string) (string, error) {
	s = strings.TrimSpace(s)
	if p, err := parseNetwork(s); err == nil {
		return p.String(), nil
	}
	if a, err := netip.ParseAddrPort(s); err == nil && a.Port() != 0 {
		return a.String(), nil
	}
	return "", fmt.Errorf(`%q: write a network "10.0.0.0/8", an address "10.0.0.7" or one port of it "10.0.0.7:8000"`, printable(s))
}

// parseNetwork understands a CIDR, or the IP of one.
func parseNetwork(s string) (netip.Prefix, error) {
	s = strings.TrimSpace(s)
	if p, err := netip.ParsePrefix(s); err == nil && !p.Addr().Is4In6() {
		return p.Masked(), nil
	}
	ip, err := netip.ParseAddr(s)
	if err != nil || ip.Zone() != "" {
		return netip.Prefix{}, errors.New("it is no network")
	}
	ip = ip.Unmap()
	return netip.PrefixFrom(ip, ip.BitLen()), nil
}

// parseCron understands a schedule in a time zone, and refuses one that never comes.
func parseCron(spec string, zone *time.Location) (cron.Schedule, error) {
	spec = strings.TrimSpace(spec)
	if strings.HasPrefix(spec, "TZ=") || strings.HasPrefix(spec, "CRON_TZ=") { // the parser panics at "TZ=0"
		return nil, fmt.Errorf("%q: the time zone goes into the key time_zone", printable(spec))
	}
	schedule, err := cron.ParseStandard(spec)
	if err != nil {
		return nil, fmt.Errorf(`%q: write five fields (minute, hour, day, month, weekday), such as "*/15 * * * *": %w`, printable(spec), err)
	}
	if fields, ok := schedule.(*cron.SpecSchedule); ok {
		fields.Location = zone
		schedule = wallClock{fields}
	}
	// It looks five years ahead: from here it meets a 29 February.
	if schedule.Next(time.Date(2023, 1, 1, 0, 0, 0, 0, zone)).IsZero() {
		return nil, fmt.Errorf("%q never comes: there is no such day", printable(spec))
	}
	return schedule, nil
}

func notInHashtag(r rune) bool {
	return r != '_' && !unicode.In(r, unicode.L, unicode.M, unicode.N)
}
