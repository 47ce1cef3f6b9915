package main

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// problem is something wrong at a place in a TOML file. Line and column count
// from 1; 0 is unknown.
type problem struct {
	line, column int
	text         string
}

// in is the problem as one line for a person: "config.toml:12:3: text".
func (p problem) in(file string) string {
	text := printable(p.text) // it may quote the file
	switch {
	case p.line == 0:
		return fmt.Sprintf("%s: %s", file, text)
	case p.column == 0:
		return fmt.Sprintf("%s:%d: %s", file, p.line, text)
	}
	return fmt.Sprintf("%s:%d:%d: %s", file, p.line, p.column, text)
}

// decodeTOML decodes a document into v, a pointer to a struct of tables, and
// refuses what v has no place for. With whole false v was not filled: of wrong
// syntax and wrong types only the first is known.
func decodeTOML(text []byte, v any) (problems []problem, whole bool) {
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // some editors put it there
	decoder := toml.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(v)

	var unknown *toml.StrictMissingError
	var wrong *toml.DecodeError
	switch {
	case err == nil:
		return nil, true
	case errors.As(err, &unknown):
		tables := tablesOf(reflect.TypeOf(v).Elem())
		for _, e := range unknown.Errors {
			line, column := e.Position()
			problems = append(problems, problem{line, column, tables.unknown(e.Key())})
		}
		return problems, true
	case errors.As(err, &wrong):
		line, column := wrong.Position()
		text := strings.TrimPrefix(wrong.Error(), "toml: ")
		// The decoder speaks of Go types; the reader of the message never saw them.
		if strings.HasPrefix(text, "cannot decode TOML") || strings.HasPrefix(text, "cannot store") {
			text = tablesOf(reflect.TypeOf(v).Elem()).wants(wrong.Key())
		}
		return []problem{{line, column, text}}, false
	}
	return []problem{{text: err.Error()}}, false
}

// tomlTables are the tables a document may have, in order, with their keys.
type tomlTables []tomlTable

type tomlTable struct {
	name string
	many bool // [[name]]
	keys []tomlKey
}

type tomlKey struct {
	name string
	kind reflect.Type
}

func tablesOf(t reflect.Type) tomlTables {
	var all tomlTables
	for field := range t.Fields() {
		name := field.Tag.Get("toml")
		if name == "" {
			continue
		}
		tab := tomlTable{name: name, many: field.Type.Kind() == reflect.Slice}
		row := field.Type
		if tab.many {
			row = row.Elem()
		}
		for f := range row.Fields() {
			if name := f.Tag.Get("toml"); name != "" && name != "-" {
				tab.keys = append(tab.keys, tomlKey{name, f.Type})
			}
		}
		all = append(all, tab)
	}
	return all
}

func (t tomlTable) String() string {
	if t.many {
		return "[[" + t.name + "]]"
	}
	return "[" + t.name + "]"
}

func (t tomlTable) key(name string) (tomlKey, bool) {
	i := slices.IndexFunc(t.keys, func(k tomlKey) bool { return k.name == strings.ToLower(name) })
	if i < 0 {
		return tomlKey{}, false
	}
	return t.keys[i], true
}

func (t tomlTable) keyNames() []string {
	var names []string
	for _, k := range t.keys {
		names = append(names, k.name)
	}
	return names
}

func (ts tomlTables) table(name string) (tomlTable, bool) {
	i := slices.IndexFunc(ts, func(t tomlTable) bool { return t.name == strings.ToLower(name) })
	if i < 0 {
		return tomlTable{}, false
	}
	return ts[i], true
}

// unknown says that there is no such key, and which was probably meant.
func (ts tomlTables) unknown(key []string) string {
	if len(key) == 0 {
		return "unknown key"
	}
	tab, ok := ts.table(key[0])
	if !ok || len(key) == 1 {
		return ts.unknownTable(key[0])
	}
	said := fmt.Sprintf("unknown key %q in %s", printable(strings.Join(key[1:], ".")), tab)
	if near, ok := nearest(key[1], tab.keyNames()); ok {
		return fmt.Sprintf("%s; did you mean %q?", said, near)
	}
	if homes := ts.homes(key[1]); homes != "" {
		return fmt.Sprintf("%s; it belongs in %s", said, homes)
	}
	return fmt.Sprintf("%s; its keys are %s", said, strings.Join(tab.keyNames(), ", "))
}

func (ts tomlTables) unknownTable(name string) string {
	if homes := ts.homes(name); homes != "" {
		return fmt.Sprintf("key %q stands outside a table; it belongs in %s", printable(name), homes)
	}
	said := fmt.Sprintf("unknown table %q", printable(name))
	var names, written []string
	for _, t := range ts {
		names = append(names, t.name)
		written = append(written, t.String())
	}
	if near, ok := nearest(name, names); ok {
		tab, _ := ts.table(near)
		return fmt.Sprintf("%s; did you mean %s?", said, tab)
	}
	return fmt.Sprintf("%s; the tables are %s", said, strings.Join(written, ", "))
}

// homes names the tables that have a key.
func (ts tomlTables) homes(key string) string {
	var names []string
	for _, t := range ts {
		if _, ok := t.key(key); ok {
			names = append(names, t.String())
		}
	}
	return strings.Join(names, " or ")
}

// wants says what should stand at a key whose value is of another type.
func (ts tomlTables) wants(key []string) string {
	if len(key) == 0 {
		return "wrong type of value"
	}
	tab, ok := ts.table(key[0])
	if !ok || len(key) == 1 {
		return fmt.Sprintf("%q is a table: write %s on a line of its own and its keys below", key[0], tab)
	}
	k, _ := tab.key(key[1])
	return fmt.Sprintf("%s %s: write %s", tab, k.name, k.example())
}

func (k tomlKey) example() string {
	if k.kind == nil {
		return "one value"
	}
	kind := k.kind
	if kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	switch kind.Kind() {
	case reflect.String:
		return `text between quotes: "…"`
	case reflect.Slice:
		return `a list of texts between quotes: ["…", "…"]`
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number, without quotes"
	}
	return `a time between quotes: "20s", "400 days"`
}

// nearest is the candidate that a mistyped name probably meant.
func nearest(name string, candidates []string) (string, bool) {
	name = strings.ToLower(name)
	best, least := "", 2+len(name)/4
	for _, c := range candidates {
		d := distance(name, c)
		if strings.HasPrefix(c, name) && len(name) >= 3 {
			d = 1 // cut short
		}
		if d < least {
			best, least = c, d
		}
	}
	return best, best != ""
}

// distance is the number of letters to insert, remove or replace that makes a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

// places is the line on which each table and key stands: "site.title", and
// counted from 0 "source.2", "source.2.url".
type places map[string]int

// line is where a key stands, else its table, else 0.
func (p places) line(table, key string) int {
	if line, ok := p[table+"."+key]; ok {
		return line
	}
	return p[table]
}

// placesOf notes where what the decoder understood stands, which it does not tell. Tables
// whose name is in many are counted.
func placesOf(text []byte, many ...string) places {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	found := places{}
	count := map[string]int{}
	table := ""
	var parser unstable.Parser
	parser.Reset(text)
	for parser.NextExpression() {
		node := parser.Expression()
		var parts []string
		line := 0
		for key := node.Key(); key.Next(); {
			if line == 0 {
				line = 1 + bytes.Count(text[:key.Node().Raw.Offset], []byte("\n"))
			}
			parts = append(parts, strings.ToLower(string(key.Node().Data)))
		}
		name := strings.Join(parts, ".")
		if node.Kind == unstable.KeyValue {
			found[strings.TrimPrefix(table+"."+name, ".")] = line
			continue
		}
		table = name
		if slices.Contains(many, name) {
			table = fmt.Sprintf("%s.%d", name, count[name])
			count[name]++
		}
		found[table] = line
	}
	return found
}
