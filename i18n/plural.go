package i18n

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// Plural is a text with a count in it: "{count} post", "{count} posts". A locale
// gives each form that its language has (CLDR, Language Plural Rules) and no
// other: Dutch has one and other, Arabic has all six.
type Plural struct {
	Zero  Pattern `toml:"zero"`
	One   Pattern `toml:"one"`
	Two   Pattern `toml:"two"`
	Few   Pattern `toml:"few"`
	Many  Pattern `toml:"many"`
	Other Pattern `toml:"other"`

	words *Words // that it stands in
}

// Of is the text for n of something. {count} becomes n as the language writes
// it; other places are filled as by Pattern.With.
func (p Plural) Of(n int, namesAndValues ...string) string {
	form := *p.form(formOf(p.words.Tag, n))
	return form.With(append(namesAndValues, "count", p.words.Number(n))...)
}

// form is the place of one form.
func (p *Plural) form(f plural.Form) *Pattern {
	switch f {
	case plural.Zero:
		return &p.Zero
	case plural.One:
		return &p.One
	case plural.Two:
		return &p.Two
	case plural.Few:
		return &p.Few
	case plural.Many:
		return &p.Many
	}
	return &p.Other
}

// formOf is the form of whole numbers in a language.
func formOf(tag string, n int) plural.Form {
	return plural.Cardinal.MatchPlural(language.Make(tag), max(n, -n)%10_000_000, 0, 0, 0, 0)
}

// formNames are what a locale calls the forms.
var formNames = [...]string{plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many", plural.Other: "other"}

// check sees that a plural has the forms of its language, each with the places
// that it must hold. A form of a single number may say it in words: Arabic says
// "two posts" in one.
func (p *Plural) check(key, holds string) error {
	var wrong []error
	var of [len(formNames)]int // how many numbers have a form; the rules look at two digits, and at millions
	for n := range 200 {
		of[formOf(p.words.Tag, n)]++
	}
	of[formOf(p.words.Tag, 1_000_000)]++
	for f, name := range formNames {
		text := string(*p.form(plural.Form(f)))
		if of[f] == 0 {
			if text != "" {
				wrong = append(wrong, fmt.Errorf("%s.%s: the language has no such form: remove it", key, name))
			}
			continue
		}
		places := holds
		if of[f] > 1 || strings.Contains(text, "{count}") {
			places += " count"
		}
		if err := checkText(text, places); err != nil {
			wrong = append(wrong, fmt.Errorf("%s.%s: %w", key, name, err))
		}
	}
	return errors.Join(wrong...)
}

// Number writes a whole number as the language does: "1.234" in Dutch, "1,234" in English.
func (w *Words) Number(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + w.Thousands + digits[i:]
	}
	return digits
}
