package main

import (
	"io"
	"log/slog"
	"path"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What one value in the log may take, in bytes as it is written: a line has three long
// ones at most, and stays below a kilobyte.
const (
	mostValue = 250
	mostStack = 400
)

// newLog writes one line for each thing worth telling, as key=value, where what comes from
// outside can neither forge a line nor fill it, and secrets do not come in.
func newLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{ReplaceAttr: tidy}))
}

func tidy(_ []string, a slog.Attr) slog.Attr {
	if k := a.Value.Kind(); k != slog.KindString && k != slog.KindAny {
		return a
	}
	text, most := a.Value.String(), mostValue
	if a.Key == "stack" {
		text, most = whence(text), mostStack
	}
	return slog.String(a.Key, cut(addressQuery.ReplaceAllString(text, "$1?…"), most))
}

// addressQuery is the part of an address that may well be a key to what is there.
var addressQuery = regexp.MustCompile(`(https?://[^\s?#"<>]+)[?#][^\s"<>]+`)

// cut shortens a text until it takes no more than so many bytes when it is quoted.
func cut(s string, most int) string {
	if len(s) <= most && len(strconv.Quote(s)) <= most {
		return s
	}
	s = s[:min(len(s), most)]
	for len(strconv.Quote(s))+len("…") > most {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return s + "…"
}

// whence is where a panic came from, the innermost first, without what is the
// same for each.
func whence(stack string) string {
	var at []string
	for line := range strings.Lines(stack) {
		file, ok := strings.CutPrefix(line, "\t")
		if !ok || strings.Contains(file, "runtime/") || strings.Contains(file, "net/http/") {
			continue
		}
		file, _, _ = strings.Cut(strings.TrimSpace(file), " ")
		at = append(at, path.Base(path.Dir(file))+"/"+path.Base(file))
	}
	return strings.Join(at, " ")
}
