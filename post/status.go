package post

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"samenloop/i18n"
)

// As Mastodon counts: a post has at most 500 characters, and a URL is 23 of them
// however long it is.
const (
	maxStatus = 500
	statusURL = 23

	mostStatusSource = 100 // runes of the source's name
	mostStatusTags   = 100 // runes of the topics' hashtags together
)

// linksWhole says of a URL that Mastodon surely takes it for a link to its end: what it does
// not, leads elsewhere, and is counted character by character. It goes by the shape of the
// URL, as Mastodon does: path and query each have an end of their own. Nor does it find
// somebody's name or a hashtag in there, as it does behind most signs.
func linksWhole(page string) bool {
	_, rest, _ := strings.Cut(page, "://")
	host, path, _ := strings.Cut(rest, "/")
	path, query, asks := strings.Cut(path, "?")
	domain, port, ported := strings.Cut(host, ":")
	top := domain[strings.LastIndexByte(domain, '.')+1:]
	const inside = "/_.~%=&+:,;@!-#*$'"
	return only(domain, isPlain, ".-") && top != domain && top != "" && top[0] > '9' && (!ported || port != "" && strings.Trim(port, "0123456789") == "") &&
		only(path, isWord, inside) && (path == "" || endsIn(path, isWord, "/_-+#")) &&
		only(query, isPlain, inside) && (!asks || endsIn(query, isPlain, "/_=&-#")) &&
		!callsIn(rest)
}

// callsIn says whether Mastodon may find a name or a hashtag in the URL.
func callsIn(rest string) bool {
	before := rune('/')
	for _, r := range rest {
		if r == '@' && !isWord(before) && !strings.ContainsRune("/=_", before) || r == '#' && !isWord(before) && before != '/' {
			return true
		}
		before = r
	}
	return false
}

// only says whether a text has none but runes of a kind and some others; endsIn, whether
// its last is such.
func only(s string, kind func(rune) bool, others string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !kind(r) && !strings.ContainsRune(others, r) })
}

func endsIn(s string, kind func(rune) bool, others string) bool {
	last, size := utf8.DecodeLastRuneInString(s)
	return size > 0 && (kind(last) || strings.ContainsRune(others, last))
}

func isWord(r rune) bool { return isLetter(r) || unicode.IsDigit(r) }

func isPlain(r rune) bool { return 'a' <= r|0x20 && r|0x20 <= 'z' || '0' <= r && r <= '9' }

// StatusText is an edition as a bot may post it: title and source in the frame of
// its language, the link, the hashtags of its topics. It has at most 500
// characters as Mastodon counts, mentions nobody, links to page alone, and has
// no hashtags but those of topics.
//
// page is the link; story is ours, which stands for one that Mastodon may not link to its
// end. words have the frame; topics are those of the site.
func StatusText(e *Edition, page, story string, words *i18n.Words, topics []Topic) string {
	if !linksWhole(page) {
		page = story
	}
	link := statusURL
	if !linksWhole(page) { // it is of this machine alone
		link = utf8.RuneCountInString(page)
	}
	all := statusTags(e.Topics, topics, "")
	source := fitting(e.Source.Title, mostStatusSource, all)
	room := maxStatus - utf8.RuneCountInString(words.Status.With("title", "", "source", source)) - link - len("\n\n\n\n")
	for _, tag := range all {
		room -= len(" #") + utf8.RuneCountInString(tag)
	}
	shown := fitting(e.Lead.Title, room, all)
	text := words.Status.With("title", shown, "source", source) + "\n\n" + page
	if tags := statusTags(e.Topics, topics, shown); len(tags) > 0 {
		text += "\n\n#" + strings.Join(tags, " #")
	}
	return text
}

// fitting is a text made quiet, of at most so many runes.
func fitting(text string, most int, allowed []string) string {
	most = max(most, 1)
	shown := quiet(CleanText(text, most), allowed)
	// What is made quiet grows by a character each time, so that it is cut until it fits.
	for room := most; ; {
		length := utf8.RuneCountInString(shown)
		if length <= most {
			return shown
		}
		room = min(room-1, room*most/length)
		shown = quiet(CleanText(text, room), allowed)
	}
}

// statusTags are a hashtag of each of an edition's topics that a title does not have already.
func statusTags(ids []string, topics []Topic, title string) []string {
	var tags []string
	room := mostStatusTags
	for _, t := range topics {
		if !slices.Contains(ids, t.ID) || len(t.Hashtags) == 0 {
			continue
		}
		tag := bareTag(t.Hashtags[0])
		if room -= utf8.RuneCountInString(tag) + len(" #"); room >= 0 && !hasHashtag(title, tag) {
			tags = append(tags, tag)
		}
	}
	return tags
}

func hasHashtag(s, tag string) bool {
	for {
		at, size := indexHash(s)
		if at < 0 {
			return false
		}
		s = s[at+size:]
		if hashtagKey(hashtagWord(s)) == hashtagKey(tag) {
			return true
		}
	}
}

// quiet puts an invisible WORD JOINER into what would call somebody or lead
// somewhere: after '@', after '#' where no allowed hashtag follows, after the
// colon of "://". To the eye all stays as it was. U+2060 breaks no line, which
// U+200B would; a full-width '＠' would look odd, and still call in places.
func quiet(s string, allowed []string) string {
	if !strings.ContainsAny(s, "@＠#＃:") {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		b.WriteRune(r)
		rest := s[i+utf8.RuneLen(r):]
		call := false
		switch r {
		case '@', '＠':
			call = true
		case ':':
			call = strings.HasPrefix(rest, "//")
		case '#', '＃':
			word := hashtagKey(hashtagWord(rest))
			call = word != "" && !slices.ContainsFunc(allowed, func(tag string) bool { return hashtagKey(tag) == word })
		}
		if call {
			b.WriteRune(wordJoiner)
		}
	}
	return b.String()
}

const wordJoiner = '\u2060'
