package i18n

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// Words are the program's own words in one language: locales/TAG.toml. A new
// language is a new file there, and says everything: there are no gaps to fill
// from another language.
type Words struct {
	Tag  string `toml:"-"`    // the language they are in: write it as lang
	Name string `toml:"name"` // the language's own name, as it stands in a sentence: "Nederlands", "français"

	Thousands string `toml:"thousands" is:"separator"` // what separates them in a number: "1.234", "1,234"

	// Status is what a bot posts of a story; a link follows. Source is the name of a site.
	Status Pattern `toml:"status" holds:"title source"`

	Dates struct {
		Pattern Pattern  `toml:"pattern" holds:"day month year"`
		First   string   `toml:"first"`           // the first day of a month: "1", "1er"
		Months  []string `toml:"months" len:"12"` // as they stand in a date
		Days    []string `toml:"days" len:"7"`    // from Sunday
	} `toml:"dates"`

	// Feed has titles and descriptions of feeds.
	Feed struct {
		Narrowed   Pattern `toml:"narrowed" holds:"site what"`         // title of a feed of one topic or one source
		InLanguage Pattern `toml:"in_language" holds:"title language"` // title of a feed in one language; Title is the site's, or Narrowed

		// The descriptions: of the merged feed, and of those that are narrower.
		Everything string  `toml:"everything"`
		Language   Pattern `toml:"language" holds:"site language"`
		Topic      Pattern `toml:"topic" holds:"site topic"`
		Source     Pattern `toml:"source" holds:"site source"`
	} `toml:"feed"`

	// Page has what stands on the pages.
	Page struct {
		Skip         string `toml:"skip"`      // to the content of the page
		Languages    string `toml:"languages"` // where one is chosen
		Subscribe    string `toml:"subscribe"`
		SubscribeHow string `toml:"subscribe_how"` // a sentence
		Newest       string `toml:"newest"`
		Older        string `toml:"older"`
		Source       string `toml:"source"`
		AlsoIn       string `toml:"also_in"` // a language's name follows
		Feeds        string `toml:"feeds"`
		AllLanguages string `toml:"all_languages"`
		NothingYet   string `toml:"nothing_yet"`

		Search       string  `toml:"search"`
		Found        Pattern `toml:"found" holds:"query"`
		NothingFound string  `toml:"nothing_found"`
	} `toml:"page"`

	// Trouble is what stands on a page instead of what was asked for.
	Trouble struct {
		NotFound Notice `toml:"not_found"`
		Gone     Notice `toml:"gone"`
		Wrong    Notice `toml:"wrong"`  // the address asks for what cannot be
		Failed   Notice `toml:"failed"` // it is our fault
	} `toml:"trouble"`

	// Explain answers why a post is not there. Each of Fate and Absence is a sentence.
	Explain struct {
		Title   string `toml:"title"`
		How     string `toml:"how"`
		Address string `toml:"address"`
		Ask     string `toml:"ask"`
		Invalid string `toml:"invalid"` // what was given is no address

		Fate struct {
			Told          string `toml:"told"`
			ToldByAnother string `toml:"told_by_another"`
			Discusses     string `toml:"discusses"`
			OnNoTopic     string `toml:"on_no_topic"`
			ArticleWaits  string `toml:"article_waits"`
			ArticleUnread string `toml:"article_unread"`
			LeftTopic     string `toml:"left_topic"`
			Down          string `toml:"down"`
			Forgotten     string `toml:"forgotten"`
			Waits         string `toml:"waits"` // for a moderator
			Refused       string `toml:"refused"`
		} `toml:"fate"`

		// What is told of a post: labels.
		Source    string `toml:"source"`
		Seen      string `toml:"seen"`
		Topic     string `toml:"topic"`
		LookedFor string `toml:"looked_for"` // hashtags and phrases follow
		Language  string `toml:"language"`
		Because   string `toml:"because"` // evidence follows
		Shown     string `toml:"shown"`

		// Match says where a topic was found.
		Match struct {
			Tag     Pattern `toml:"tag" holds:"word"`
			Title   Pattern `toml:"title" holds:"word"`
			Content Pattern `toml:"content" holds:"word"`
			Summary Pattern `toml:"summary" holds:"word"`
			Page    Pattern `toml:"page" holds:"word"`
			Whole   string  `toml:"whole"` // every post of the source is taken
		} `toml:"match"`

		// Absence says why nothing is stored, and what a source's visits have to do with it.
		Absence struct {
			NoSource  Pattern `toml:"no_source" holds:"host"`
			Propose   string  `toml:"propose"` // what leads there
			Nearby    string  `toml:"nearby"`  // nothing is stored; its site's sources follow
			Itself    string  `toml:"itself"`  // the address is the source's own
			NeverRead string  `toml:"never_read"`
			NotRead   string  `toml:"not_read"`
			InTrouble string  `toml:"in_trouble"`
			NotInFeed string  `toml:"not_in_feed"`
			Last      string  `toml:"last"` // labels
			Next      string  `toml:"next"`
			Trouble   string  `toml:"trouble"`
			Notice    string  `toml:"notice"`
		} `toml:"absence"`
	} `toml:"explain"`

	// Story has what stands on the page of a story.
	Story struct {
		Whole       string  `toml:"whole"` // what leads there
		Posts       Plural  `toml:"posts"` // those of the story
		Possibly    string  `toml:"possibly"`
		Discussions string  `toml:"discussions"`
		Removed     Pattern `toml:"removed" holds:"language date"`

		// Why says for what reason a post belongs with another, whose title follows.
		Why struct {
			SameURL    string `toml:"same_url"`
			SameText   string `toml:"same_text"`
			SameObject string `toml:"same_object"`
			Hreflang   string `toml:"hreflang"`
			SamePath   string `toml:"same_path"`
			Copy       string `toml:"copy"`
			Marks      string `toml:"marks"`
			About      string `toml:"about"`
			Joined     string `toml:"joined"`
		} `toml:"why"`
	} `toml:"story"`
}

// Notice is what a page says of itself: a title, and a sentence or two on what to do.
type Notice struct {
	Title string `toml:"title"`
	Say   string `toml:"say"`
}

// Pattern is a text with places to fill: "{site}: {what}".
type Pattern string

// With fills the places: names and values in turn, "site", title, "what", topic.
// A value is plain text, and is not looked at for places.
func (p Pattern) With(namesAndValues ...string) string {
	pairs := slices.Clone(namesAndValues)
	for i := 0; i < len(pairs); i += 2 {
		pairs[i] = "{" + pairs[i] + "}"
	}
	return strings.NewReplacer(pairs...).Replace(string(p))
}

// Direction is "rtl" or "ltr", the dir attribute of HTML.
func (w *Words) Direction() string { return Direction(w.Tag) }

// Date writes a day as a person would, in t's own time zone: "11 januari 2025".
func (w *Words) Date(t time.Time) string {
	day := strconv.Itoa(t.Day())
	if t.Day() == 1 {
		day = w.Dates.First
	}
	return w.Dates.Pattern.With("day", day, "month", w.Dates.Months[t.Month()-1], "year", strconv.Itoa(t.Year()))
}

//go:embed locales/*.toml
var locales embed.FS

// English is the language of the words where there are none in the one asked for.
const English = "en"

// all are the words of every locale. They are compiled in, and a test reads
// them all: a mistake in them is not for a caller to handle.
var all = sync.OnceValue(func() map[string]*Words {
	words, err := load(locales)
	if err != nil {
		panic(err)
	}
	return words
})

// WordsIn are our words in a language, a variety of it standing for the
// language; else those in English. Words.Tag says which it became.
func WordsIn(tag string) *Words {
	words := all()
	tag = Tag(tag)
	for _, t := range [...]string{tag, base(tag)} {
		if w, ok := words[t]; ok {
			return w
		}
	}
	return words[English]
}

// load reads locales/*.toml: tag → words.
func load(fsys fs.FS) (map[string]*Words, error) {
	names, err := fs.Glob(fsys, "locales/*.toml")
	if err != nil {
		return nil, err
	}
	words := make(map[string]*Words)
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		w, err := parse(strings.TrimSuffix(path.Base(name), ".toml"), data)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		words[w.Tag] = w
	}
	if words[English] == nil {
		return nil, errors.New("read locales: there is no en.toml, which the other languages fall back to")
	}
	return words, nil
}

// parse reads one locale and refuses what is not exactly right.
func parse(tag string, data []byte) (*Words, error) {
	if Tag(tag) != tag {
		return nil, fmt.Errorf("%q is not a language tag as we write it: name the file %s.toml", tag, cmp.Or(Tag(tag), "nl"))
	}
	w := &Words{Tag: tag}
	if err := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields().Decode(w); err != nil {
		if strict := (*toml.StrictMissingError)(nil); errors.As(err, &strict) {
			return nil, fmt.Errorf("unknown key:\n%s", strict.String())
		}
		return nil, err
	}
	if err := w.check(reflect.ValueOf(w).Elem(), ""); err != nil {
		return nil, err
	}
	return w, nil
}

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// check walks the words: each message is there, holds the places that its field
// names and no others, a list has its length, and a plural its forms.
func (w *Words) check(v reflect.Value, prefix string) error {
	for i := range v.NumField() {
		field, value := v.Type().Field(i), v.Field(i)
		if field.Tag.Get("toml") == "-" {
			continue
		}
		key := prefix + field.Tag.Get("toml")
		if plural, ok := value.Addr().Interface().(*Plural); ok {
			plural.words = w
			if err := plural.check(field.Tag.Get("holds")); err != nil {
				return fmt.Errorf("%s.%w", key, err)
			}
			continue
		}
		if field.Tag.Get("is") == "separator" {
			if s := value.String(); s == "" || strings.ContainsAny(s, "0123456789-{}") {
				return fmt.Errorf("%s: %q separates nothing: give a point, a comma, a narrow space", key, s)
			}
			continue
		}
		switch value.Kind() {
		case reflect.Struct:
			if err := w.check(value, key+"."); err != nil {
				return err
			}
		case reflect.Slice:
			if want := field.Tag.Get("len"); strconv.Itoa(value.Len()) != want {
				return fmt.Errorf("%s has %d words: give it %s", key, value.Len(), want)
			}
			for n := range value.Len() {
				if err := checkText(value.Index(n).String(), ""); err != nil {
					return fmt.Errorf("%s, word %d: %w", key, n+1, err)
				}
			}
		default:
			if err := checkText(value.String(), field.Tag.Get("holds")); err != nil {
				return fmt.Errorf("%s: %w", key, err)
			}
		}
	}
	return nil
}

func checkText(text, holds string) error {
	if strings.TrimSpace(text) == "" {
		return errors.New("missing: every language says everything")
	}
	if strings.TrimSpace(text) != text {
		return fmt.Errorf("%q has a space around it: remove it", text)
	}
	var want []string
	for name := range strings.FieldsSeq(holds) {
		want = append(want, "{"+name+"}")
	}
	got := placeholder.FindAllString(text, -1)
	slices.Sort(want)
	slices.Sort(got)
	if rest := placeholder.ReplaceAllString(text, ""); !slices.Equal(got, want) || strings.ContainsAny(rest, "{}") {
		return fmt.Errorf("%q must hold %s, each once", text, cmp.Or(strings.Join(want, " "), "no {…}"))
	}
	return nil
}
