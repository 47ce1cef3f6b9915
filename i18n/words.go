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

	Comma string `toml:"comma"` // what stands between the members of a list, before a space

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
		Menu         string `toml:"menu"`      // what leads to the site's own pages
		Languages    string `toml:"languages"` // where one is chosen
		Subscribe    string `toml:"subscribe"`
		SubscribeHow string `toml:"subscribe_how"` // a sentence
		Newest       string `toml:"newest"`
		Newer        string `toml:"newer"`
		Older        string `toml:"older"`
		Source       string `toml:"source"`
		AlsoIn       string `toml:"also_in"` // a language's name follows
		Feeds        string `toml:"feeds"`
		AllLanguages string `toml:"all_languages"`
		NothingYet   string `toml:"nothing_yet"`

		Topics      string `toml:"topics"`
		Discussions Plural `toml:"discussions"` // how many a story has

		Search       string  `toml:"search"`
		Found        Pattern `toml:"found" holds:"query"`
		NothingFound string  `toml:"nothing_found"`
	} `toml:"page"`

	// Remember stands at the foot: it keeps this language, where the site has several.
	Remember struct {
		Do  string `toml:"do"`  // what is clicked
		How string `toml:"how"` // what that does, a sentence
	} `toml:"remember"`

	// About says who is read, on what terms, and how to leave.
	About struct {
		Nav   string  `toml:"nav"` // what leads there
		Title string  `toml:"title"`
		Intro Pattern `toml:"intro" holds:"site topics"`

		Who       Notice  `toml:"who"`
		Shown     Notice  `toml:"shown"`
		Fediverse Notice  `toml:"fediverse"`
		LeftOut   string  `toml:"left_out"` // whoever wants to be, in the fediverse
		Leave     Notice  `toml:"leave"`
		Write     string  `toml:"write"` // an address follows
		Unknown   Pattern `toml:"unknown" holds:"host"`
		Readers   Notice  `toml:"readers"`
	} `toml:"about"`

	// Sources has what stands on the list of those who are read.
	Sources struct {
		Title    string `toml:"title"`
		How      string `toml:"how"`
		Count    Plural `toml:"count"`
		Troubled Plural `toml:"troubled"` // of those
		List     string `toml:"list"`     // for programs
		Posts    string `toml:"posts"`    // labels
		OnTopic  string `toml:"on_topic"`
		EachOwn  string `toml:"each_own"` // a language is told post by post
		Site     string `toml:"site"`
		OwnWords string `toml:"own_words"` // the program's, in English

		// Fares says how a source fares, and what its owner can do.
		Fares struct {
			Well          Notice `toml:"well"`
			Unvisited     Notice `toml:"unvisited"`
			Resting       Notice `toml:"resting"`
			ForGood       Notice `toml:"for_good"`
			Opposed       Notice `toml:"opposed"`
			Unreachable   Notice `toml:"unreachable"`
			Unwelcome     Notice `toml:"unwelcome"`
			NotThere      Notice `toml:"not_there"`
			Busy          Notice `toml:"busy"`
			ServerFails   Notice `toml:"server_fails"`
			Refuses       Notice `toml:"refuses"`
			NotUnderstood Notice `toml:"not_understood"`
			HasMoved      Notice `toml:"has_moved"`
			Empty         Notice `toml:"empty"`
			NothingOnIt   Notice `toml:"nothing_on_it"`
			Noted         Notice `toml:"noted"` // what, in English, follows
		} `toml:"fares"`
	} `toml:"sources"`

	// Propose is for members who propose a source, and how their proposal stands.
	Propose struct {
		Title       string  `toml:"title"`
		How         string  `toml:"how"`
		Address     string  `toml:"address"` // labels and buttons
		Look        string  `toml:"look"`
		Example     Pattern `toml:"example" holds:"address"`
		Trap        string  `toml:"trap"` // of a field that only programs see
		Again       string  `toml:"again"`
		Often       string  `toml:"often"`
		Busy        string  `toml:"busy"`
		Barred      string  `toml:"barred"`
		Known       Pattern `toml:"known" holds:"source"`
		Proposed    string  `toml:"proposed"` // by somebody, and waits: it can be all the same
		Full        string  `toml:"full"`     // so many wait
		Unread      string  `toml:"unread"`   // why, in English, follows
		Found       Plural  `toml:"found"`
		OnTopic     Plural  `toml:"on_topic"`
		NoneOnTopic string  `toml:"none_on_topic"`
		Summaries   Plural  `toml:"summaries"` // of which no more was read
		OffTopic    string  `toml:"off_topic"` // a post
		ReadFrom    string  `toml:"read_from"` // an address follows
		Others      string  `toml:"others"`
		SendTitle   string  `toml:"send_title"`
		Contact     string  `toml:"contact"`
		ContactHow  string  `toml:"contact_how"`
		Send        string  `toml:"send"`

		Yours        string  `toml:"yours"` // the page of a proposal
		Keep         string  `toml:"keep"`
		Expires      Pattern `toml:"expires" holds:"date"`
		Waiting      string  `toml:"waiting"` // how it stands
		Expired      string  `toml:"expired"`
		Approved     string  `toml:"approved"`
		Refused      string  `toml:"refused"`
		Withdrawn    string  `toml:"withdrawn"`
		Reason       string  `toml:"reason"` // what the operator says follows
		Withdraw     string  `toml:"withdraw"`
		ProofTitle   string  `toml:"proof_title"`
		ProofHow     string  `toml:"proof_how"`
		ProofMeta    string  `toml:"proof_meta"`
		ProofLink    string  `toml:"proof_link"`
		ProofFile    string  `toml:"proof_file"`
		ProofProfile string  `toml:"proof_profile"`
		ProofLook    string  `toml:"proof_look"`
		Proven       string  `toml:"proven"`
		NotProven    string  `toml:"not_proven"`
	} `toml:"propose"`

	// Operator is for those who decide about the site.
	Operator struct {
		Title     string  `toml:"title"`
		SignIn    string  `toml:"sign_in"`
		SignOut   string  `toml:"sign_out"`
		Name      string  `toml:"name"`
		Password  string  `toml:"password"`
		Wrong     string  `toml:"wrong"`
		Often     string  `toml:"often"`
		SetTitle  string  `toml:"set_title"`
		SetHow    string  `toml:"set_how"`
		Set       string  `toml:"set"`
		LinkOver  string  `toml:"link_over"`
		NotDone   string  `toml:"not_done"`
		Proposals string  `toml:"proposals"`
		Posts     string  `toml:"posts"`
		Nothing   string  `toml:"nothing"`
		Approve   string  `toml:"approve"`
		Refuse    string  `toml:"refuse"`
		Word      string  `toml:"word"`
		Shown     Pattern `toml:"shown" holds:"site"`
		NotShown  string  `toml:"not_shown"`
		Contact   string  `toml:"contact"`
		Source    string  `toml:"source"`
		Language  string  `toml:"language"`
		Pause     string  `toml:"pause"`
		Resume    string  `toml:"resume"`
		Lock      string  `toml:"lock"`
		Block     string  `toml:"block"`
		Unblock   string  `toml:"unblock"`
		Blocked   string  `toml:"blocked"`
		Stories   string  `toml:"stories"`
		Story     string  `toml:"story"`
		Other     string  `toml:"other"`
		Join      string  `toml:"join"`
		Split     string  `toml:"split"`
		Retract   string  `toml:"retract"`
		Restore   string  `toml:"restore"`
		Journal   string  `toml:"journal"`
	} `toml:"operator"`

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
			SpokenFor     string `toml:"spoken_for"`
			OnNoTopic     string `toml:"on_no_topic"`
			ArticleWaits  string `toml:"article_waits"`
			ArticleUnread string `toml:"article_unread"`
			LeftTopic     string `toml:"left_topic"`
			Down          string `toml:"down"`
			Forgotten     string `toml:"forgotten"`
			Waits         string `toml:"waits"` // for a moderator
			Refused       string `toml:"refused"`
			Approved      string `toml:"approved"`
		} `toml:"fate"`

		// What is told of a post: labels.
		Source    string `toml:"source"`
		Seen      string `toml:"seen"`
		Topic     string `toml:"topic"`
		LookedFor string `toml:"looked_for"` // hashtags and phrases follow
		Language  string `toml:"language"`
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

		// Evidence says what settled the language of a post: what speaks for it, and what was outweighed.
		Evidence struct {
			Text       Pattern `toml:"text" holds:"percent"`
			Reads      Pattern `toml:"reads" holds:"language percent"` // like another language
			Item       Pattern `toml:"item" holds:"where tag"`         // where is what it is called in the format: "xml:lang"
			Link       Pattern `toml:"link" holds:"tag"`
			Address    Pattern `toml:"address" holds:"where"`
			Page       Pattern `toml:"page" holds:"tag"`
			Feed       Pattern `toml:"feed" holds:"tag"`
			Operator   string  `toml:"operator"`
			Nothing    string  `toml:"nothing"`
			Outweighed Pattern `toml:"outweighed" holds:"what"`
			Part       Pattern `toml:"part" holds:"language"`
		} `toml:"evidence"`

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
// names and no others, a list has its length, and a plural its forms. It tells all that is wrong.
func (w *Words) check(v reflect.Value, prefix string) error {
	var wrong []error
	tell := func(key string, err error) {
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", key, err))
		}
	}
	for i := range v.NumField() {
		field, value := v.Type().Field(i), v.Field(i)
		if field.Tag.Get("toml") == "-" {
			continue
		}
		key := prefix + field.Tag.Get("toml")
		if plural, ok := value.Addr().Interface().(*Plural); ok {
			plural.words = w
			wrong = append(wrong, plural.check(key, field.Tag.Get("holds")))
			continue
		}
		if field.Tag.Get("is") == "separator" {
			if s := value.String(); s == "" || strings.ContainsAny(s, "0123456789-{}") {
				tell(key, fmt.Errorf("%q separates nothing: give a point, a comma, a narrow space", s))
			}
			continue
		}
		switch value.Kind() {
		case reflect.Struct:
			wrong = append(wrong, w.check(value, key+"."))
		case reflect.Slice:
			if want := field.Tag.Get("len"); strconv.Itoa(value.Len()) != want {
				wrong = append(wrong, fmt.Errorf("%s has %d words: give it %s", key, value.Len(), want))
			}
			for n := range value.Len() {
				tell(fmt.Sprintf("%s, word %d", key, n+1), checkText(value.Index(n).String(), ""))
			}
		default:
			tell(key, checkText(value.String(), field.Tag.Get("holds")))
		}
	}
	return errors.Join(wrong...)
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
