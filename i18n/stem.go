package i18n

import (
	"strings"
	"unicode"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/dutch"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/german"
)

// stemmers by base language. Frisian has none: its words are found as they are.
var stemmers = map[string]func(*snowballstem.Env) bool{
	"nl": dutch.Stem,
	"en": english.Stem,
	"de": german.Stem,
	"fr": french.Stem,
}

// Stem is what the forms of a word in a language have in common ("wachtwoorden" →
// "wachtwoord"), in lower case; not ok where the language has no stemmer.
func Stem(tag, word string) (stem string, ok bool) {
	stemmer, ok := stemmers[Base(tag)]
	if !ok || len(word) > longestWord {
		return "", false
	}
	env := snowballstem.NewEnv(strings.ToLower(word))
	stemmer(env)
	return env.Current(), true
}

// longestWord is what still is one, in bytes.
const longestWord = 100

// Terms are what a text can be found by, parted by spaces: its words in lower
// case and, in languages that have a stemmer, their stems, each once.
func Terms(tag, text string) string {
	stemmer := stemmers[Base(tag)]
	env := snowballstem.NewEnv("")
	read, written := map[string]bool{}, map[string]bool{}
	var b strings.Builder
	write := func(term string) {
		if !written[term] {
			written[term] = true
			b.WriteString(term)
			b.WriteByte(' ')
		}
	}
	for word := range strings.FieldsFuncSeq(text, notInWord) {
		word = strings.ToLower(word)
		if read[word] || len(word) > longestWord {
			continue
		}
		read[word] = true
		write(word)
		if stemmer != nil {
			env.SetCurrent(word)
			stemmer(env)
			write(env.Current())
		}
	}
	return strings.TrimSuffix(b.String(), " ")
}

// SearchWords are the words that a search is made of, at most 16.
func SearchWords(query string) []string {
	words := strings.FieldsFunc(query, notInWord)
	return words[:min(len(words), 16)]
}

func notInWord(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r)
}
