package ingest

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// parseDate understands the dates of feeds: RFC 3339, RFC 822 and what people
// make of them, month names in English, Dutch, Frisian, German and French, and
// seconds or milliseconds since 1970. A time without a zone is UTC. What it
// does not understand, and years before 1990 or after 2200, are the zero time.
//
// It reads the parts in any order instead of trying layouts: that is faster,
// and a layout more is a word in a table.
func parseDate(s string) time.Time {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 100 {
		return time.Time{}
	}
	if t, ok := epochDate(s); ok {
		return believable(t)
	}
	var p dateParts
	if !p.read(s) {
		return time.Time{}
	}
	return believable(p.time())
}

func believable(t time.Time) time.Time {
	t = t.UTC()
	if t.Year() < 1990 || t.Year() > 2200 {
		return time.Time{}
	}
	return t
}

func epochDate(s string) (time.Time, bool) {
	whole, _, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	switch {
	case err != nil:
		return time.Time{}, false
	case len(whole) == 9 || len(whole) == 10:
		return time.Unix(n, 0), true
	case len(whole) == 12 || len(whole) == 13:
		return time.UnixMilli(n), true
	}
	return time.Time{}, false
}

// dateParts are the parts of a date as they are met; 0 is not met.
type dateParts struct {
	year, month, day        int
	hour, minute, sec, nsec int
	clock, afternoon, noon  bool // a time of day was met; "pm"; "am" or "pm"
	zone                    int  // seconds east of UTC
}

func (p *dateParts) time() time.Time {
	if p.year == 0 || p.month == 0 || p.day == 0 {
		return time.Time{}
	}
	if p.noon {
		p.hour %= 12
		if p.afternoon {
			p.hour += 12
		}
	}
	day := time.Date(p.year, time.Month(p.month), p.day, 0, 0, 0, 0, time.UTC)
	if int(day.Month()) != p.month || p.hour > 24 || p.minute > 59 || p.sec > 60 || p.zone < -14*3600 || p.zone > 14*3600 {
		return time.Time{}
	}
	return time.Date(p.year, time.Month(p.month), p.day, p.hour, p.minute, p.sec, p.nsec, time.UTC).Add(-time.Duration(p.zone) * time.Second)
}

// read takes the parts of s one after another, and says whether all of them can be in a date.
func (p *dateParts) read(s string) bool {
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case '0' <= c && c <= '9':
			n := p.number(s[i:])
			if n == 0 {
				return false
			}
			i += n
		case (c == '+' || c == '-') && p.clock && i+1 < len(s) && isDigit(s[i+1]):
			n := p.offset(s[i:])
			if n == 0 {
				return false
			}
			i += n
		case c == '(': // "(CET)", a comment
			n := strings.IndexByte(s[i:], ')')
			if n < 0 {
				return false
			}
			i += n + 1
		case c < utf8.RuneSelf && (c|0x20 < 'a' || c|0x20 > 'z'):
			i++
		default:
			n := strings.IndexFunc(s[i:], func(r rune) bool { return !unicode.IsLetter(r) })
			if n < 0 {
				n = len(s) - i
			}
			if n == 0 { // a dash or a space that is not ASCII
				_, n = utf8.DecodeRuneInString(s[i:])
			} else {
				p.word(s[i : i+n])
			}
			i += n
		}
	}
	return true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// leadingDigits gives the number at the start of s and how many digits it has.
func leadingDigits(s string) (n, size int) {
	for size < len(s) && size < 10 && isDigit(s[size]) {
		n = n*10 + int(s[size]-'0')
		size++
	}
	return n, size
}

// number reads what begins with a digit, and gives its size; 0 for what is in no date.
func (p *dateParts) number(s string) int {
	n, size := leadingDigits(s)
	var sep byte
	next, nextSize := 0, 0
	if size < len(s) {
		sep = s[size]
		next, nextSize = leadingDigits(s[size+1:])
	}
	switch {
	case size <= 2 && (sep == ':' || sep == 'h' && !p.clock) && nextSize == 2:
		return p.time24(s)
	case size == 4 && (sep == '-' || sep == '/') && (nextSize == 1 || nextSize == 2) && p.year == 0: // 2026-03-05
		end := size + 1 + nextSize
		if end >= len(s) || s[end] != sep {
			return 0
		}
		day, daySize := leadingDigits(s[end+1:])
		if daySize < 1 || daySize > 2 {
			return 0
		}
		p.year, p.month, p.day = n, next, day
		return end + 1 + daySize
	case size <= 2 && (sep == '.' || sep == '-') && (nextSize == 1 || nextSize == 2) && p.day == 0: // 05.03.2026
		end := size + 1 + nextSize
		if end >= len(s) || s[end] != sep {
			return 0
		}
		year, yearSize := leadingDigits(s[end+1:])
		if yearSize != 4 {
			return 0
		}
		p.day, p.month, p.year = n, next, year
		return end + 1 + yearSize
	case sep == '/': // the day or the month first: who knows
		return 0
	case size == 8 && p.year == 0: // 20260305
		p.year, p.month, p.day = n/10000, n/100%100, n%100
	case size == 6 && p.year != 0 && !p.clock: // T100000
		p.hour, p.minute, p.sec, p.clock = n/10000, n/100%100, n%100, true
	case size <= 2 && p.day == 0:
		p.day = n
	case size == 4 && p.year == 0:
		p.year = n
	case size == 2 && p.year == 0:
		p.year = 2000 + n
		if n >= 70 {
			p.year = 1900 + n
		}
	default:
		return 0
	}
	return size
}

// time24 reads 10:00, 10:00:00 and 10:00:00.123.
func (p *dateParts) time24(s string) int {
	if p.clock {
		return 0
	}
	p.clock = true
	var size int
	p.hour, size = leadingDigits(s)
	p.minute, _ = leadingDigits(s[size+1:])
	size += 3
	if size == len(s) || s[size] != ':' {
		return size
	}
	sec, n := leadingDigits(s[size+1:])
	if n == 0 || n > 2 {
		return size
	}
	p.sec = sec
	size += 1 + n
	if size < len(s) && (s[size] == '.' || s[size] == ',') {
		size++
		for unit := 100_000_000; size < len(s) && isDigit(s[size]); unit /= 10 {
			p.nsec += int(s[size]-'0') * unit
			size++
		}
	}
	return size
}

// offset reads +01:00, +0100, +100 and +1.
func (p *dateParts) offset(s string) int {
	n, size := leadingDigits(s[1:])
	hours, minutes := n, 0
	switch {
	case size > 4:
		return 0
	case size > 2:
		hours, minutes = n/100, n%100
	}
	size++
	if size+2 < len(s) && s[size] == ':' {
		if m, digits := leadingDigits(s[size+1:]); digits == 2 {
			minutes = m
			size += 3
		}
	}
	p.zone = hours*3600 + minutes*60
	if s[0] == '-' {
		p.zone = -p.zone
	}
	return size
}

// word reads a month, a zone, am or pm; others (weekdays, "om", "Uhr") say nothing.
func (p *dateParts) word(w string) {
	w = strings.ToLower(w)
	if month, ok := monthNames[w]; ok {
		p.month = month // the last one counts: "mar. 3 févr." begins with a Tuesday
		return
	}
	if !p.clock {
		return
	}
	switch w {
	case "am", "a":
		p.noon = true
	case "pm", "p":
		p.noon, p.afternoon = true, true
	default:
		if hours, ok := zoneHours[w]; ok {
			p.zone = int(hours * 3600)
		}
	}
}

var monthNames = func() map[string]int {
	names := map[string]int{}
	for i, all := range []string{
		"jan january januari jannewaris januar jänner jän janvier janv",
		"feb february februari febrewaris februar feber février fevrier févr fevr fév",
		"mar march mrt maart märz maerz mär mrz mars",
		"apr april avril avr",
		"may mei maaie mai",
		"jun june juni juny juin",
		"jul july juli juillet juil",
		"aug august augustus août aout",
		"sep sept september septimber septembre",
		"oct october okt oktober octobre",
		"nov november novimber novembre",
		"dec december des desimber dez dezember déc décembre decembre",
	} {
		for name := range strings.FieldsSeq(all) {
			names[name] = i + 1
		}
	}
	return names
}()

// zoneHours are the zones that feeds name, in hours east of UTC. Where a name
// means several, Europe and North America count.
var zoneHours = map[string]float64{
	"z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 1, "bst": 1, "ist": 1,
	"cet": 1, "cest": 2, "met": 1, "mest": 2, "mez": 1, "mesz": 2, "eet": 2, "eest": 3, "msk": 3,
	"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "akst": -9, "akdt": -8, "hst": -10,
	"ast": -4, "adt": -3, "nst": -3.5, "ndt": -2.5, "jst": 9, "kst": 9, "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13,
}
