// Package i18n knows languages: their tags, which one a reader wants, and the
// program's own words in each. It imports nothing of ours.
//
// A language is a BCP 47 tag as Tag writes it: "nl", "nl-BE", "zh-Hant", and
// Und where nothing tells.
package i18n

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/text/language"
)

// Und is the tag of a language that is not known.
const Und = "und"

// maxTag is the longest tag that is looked at, in bytes. RFC 5646 asks for room for 35.
const maxTag = 64

// Tag normalises a language tag from the wild ("nl_NL", "NL-nl", "nl_NL.UTF-8")
// to the one that is stored: language, script and region, without what the
// language already implies. nl-NL and nl-Latn are nl, nl-BE stays, zh-TW and
// zh-Hant-TW are zh-Hant, no is nb. Variants and extensions are dropped. It is
// empty for what names no single language: nonsense, und, mul, x-default,
// private use.
func Tag(s string) string {
	s = strings.TrimSpace(s)
	if i := strings.IndexAny(s, ".@"); i >= 0 {
		s = s[:i] // a POSIX locale
	}
	if s == "" || len(s) > maxTag {
		return ""
	}
	tag, known := tags.Load(s)
	if !known {
		tag = readTag(s)
		if tagCount.Add(1) > maxTags { // there are not that many: somebody makes them up
			tags.Clear()
			tagCount.Store(0)
		}
		tags.Store(strings.Clone(s), tag)
	}
	return tag.(string)
}

// tags keeps what was read: it is asked for with every post, some times over.
var (
	tags     sync.Map // as written → as Tag gives it
	tagCount atomic.Int32
)

const maxTags = 2000

func readTag(s string) string {
	tag, err := language.Parse(s)
	// An unknown subtag leaves the others standing: WordPress says "de_DE_formal".
	if unknown := language.ValueError(nil); err != nil && !errors.As(err, &unknown) {
		return ""
	}
	base, script, region := tag.Raw()
	switch b := base.String(); {
	case b == "no":
		base = language.MustParseBase("nb") // what "no" means in practice
	case b == "cmn":
		base = language.MustParseBase("zh")
	case b == "und", b == "mul", b == "zxx", b == "mis", base.IsPrivateUse():
		return ""
	}

	if region.String() == "ZZ" {
		region = language.Region{} // unknown, also where it was said
	}
	full, err := language.Compose(base, script, region)
	if err != nil {
		return ""
	}
	base, _, region = full.Raw() // of "sh" with what is unknown, only now "sr-Latn"
	// x/text knows the likely subtags (nl: Latn, NL), but not how to leave them
	// out. The shortest tag that says the same is the one; the script goes before
	// the region, as it is what a reader sees.
	_, wantScript, wantRegion := maximise(full)
	for _, parts := range [][]any{{base}, {base, wantScript}, {base, region}} {
		short, err := language.Compose(parts...)
		if err != nil {
			continue
		}
		if _, sc, r := maximise(short); sc == wantScript && r == wantRegion {
			return short.String()
		}
	}
	return full.String()
}

// maximise says the subtags that a tag has or implies.
func maximise(t language.Tag) (language.Base, language.Script, language.Region) {
	base, _ := t.Base()
	script, _ := t.Script()
	region, _ := t.Region()
	return base, script, region
}

// Base is the language of a tag without script and region: "nl" for "nl-BE",
// Und for what Tag does not understand. It is what stands in our URLs. Bokmål
// (nb, also no) and Nynorsk (nn) are two: a post in one is a translation of a
// post in the other.
func Base(tag string) string {
	if b := base(Tag(tag)); b != "" {
		return b
	}
	return Und
}

// base is the language of a tag that Tag wrote.
func base(tag string) string {
	b, _, _ := strings.Cut(tag, "-")
	return b
}

// rightToLeft are the scripts in use that run from right to left (ISO 15924).
var rightToLeft = map[string]bool{
	"Adlm": true, "Arab": true, "Hebr": true, "Mand": true, "Nkoo": true,
	"Rohg": true, "Samr": true, "Syrc": true, "Thaa": true, "Yezi": true,
}

// Direction is "rtl" for a tag whose script runs from right to left, else
// "ltr": the dir attribute of HTML.
func Direction(tag string) string {
	t := Tag(tag)
	if t == "" {
		return "ltr"
	}
	script, _ := language.Make(t).Script()
	if rightToLeft[script.String()] {
		return "rtl"
	}
	return "ltr"
}

// inURLs are the languages that a path or a host may name. Not every code is
// one there: /id/ and /is/ were seen as words far more often than as languages,
// and /be/, /br/, /ch/ and /my/ are countries and accounts.
var inURLs = set(`ar bg ca cs cy da de el en eo es et eu fa fi fr fy ga gd gl he hi hr hu hy
	it ja ka ko lb lt lv mk mt nb nds nl nn no pl pt ro ru sk sl sq sr sv tr uk ur zh`)

// segment has the shape of a tag as sites write it in a path or host: "nl", "en-gb", "zh-hans".
var segment = regexp.MustCompile(`^([a-z]{2,3})(?:[-_][a-z]{4})?(?:[-_](?:[a-z]{2}|[0-9]{3}))?$`)

// FromURL is the language that a URL names: in ?lang=, ?language=, ?locale= or
// ?hl=, in a segment of its path ("/en-gb/news", not the last one), or in the first label of its
// host ("nl.example.org"). Empty where it names none. The top-level domain is
// weaker evidence and not looked at.
func FromURL(rawURL string) string {
	tag, _, _ := fromURL(rawURL)
	return tag
}

// fromURL says where it stood as well: "path /nl/", "host nl.", "lang=nl"; and what the top-level domain is.
func fromURL(rawURL string) (tag, where, domain string) {
	if len(rawURL) > maxHeader {
		return "", "", ""
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		return "", "", ""
	}
	host := u.Hostname()
	domain = host[strings.LastIndexByte(host, '.')+1:]
	query := u.Query()
	for _, key := range []string{"lang", "language", "locale", "hl"} {
		if tag := Tag(query.Get(key)); tag != "" {
			return tag, key + "=" + tag, domain
		}
	}
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	for i, part := range parts {
		// The last one is a name ("/tag/it"), but for the front page "/it/".
		if i > 0 && i == len(parts)-1 {
			break
		}
		if tag := fromSegment(part); tag != "" {
			return tag, "path /" + part + "/", domain
		}
	}
	// "nl.example.org", but not "nl.org".
	if label, rest, _ := strings.Cut(host, "."); strings.Contains(rest, ".") {
		if tag := fromSegment(label); tag != "" {
			return tag, "host " + label + ".", domain
		}
	}
	return "", "", domain
}

// ofDomain are the languages of top-level domains whose sites are mostly in one.
var ofDomain = map[string]string{
	"nl": "nl", "frl": "fy", "de": "de", "at": "de", "fr": "fr", "uk": "en", "us": "en", "ie": "en", "es": "es", "cat": "ca", "eus": "eu",
	"gal": "gl", "pt": "pt", "br": "pt", "it": "it", "dk": "da", "se": "sv", "no": "nb", "fi": "fi", "is": "is", "pl": "pl", "cz": "cs",
	"sk": "sk", "si": "sl", "hr": "hr", "rs": "sr", "hu": "hu", "ro": "ro", "bg": "bg", "gr": "el", "ee": "et", "lv": "lv", "lt": "lt",
	"tr": "tr", "ua": "uk", "ru": "ru", "by": "be", "il": "he", "ir": "fa", "cn": "zh", "tw": "zh-Hant", "jp": "ja", "kr": "ko",
	"mx": "es", "ar": "es", "cl": "es",
}

// URLSigns is what a post's URL says of its language: in itself, else by its top-level domain.
func URLSigns(rawURL string) []Evidence {
	tag, where, domain := fromURL(rawURL)
	if tag != "" {
		return []Evidence{{OfURL, tag, where}}
	}
	if tag := ofDomain[domain]; tag != "" {
		return []Evidence{{OfDomain, tag, "domain ." + domain}}
	}
	return nil
}

func fromSegment(s string) string {
	m := segment.FindStringSubmatch(strings.ToLower(s))
	if m == nil || !inURLs[m[1]] {
		return ""
	}
	return Tag(s)
}

func set(words string) map[string]bool {
	s := make(map[string]bool)
	for w := range strings.FieldsSeq(words) {
		s[w] = true
	}
	return s
}
