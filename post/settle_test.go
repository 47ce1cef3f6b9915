package post

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func member(row int64, source, language string, own int) Member {
	return Member{Row: row, Source: source, Language: language, Own: own, Dated: true, Date: noon.Add(time.Duration(row) * time.Minute),
		Shown: Digest{byte(row)}, Topics: []string{"t"}}
}

func occasion() Occasion { return Occasion{Now: noon.Add(time.Hour), Languages: []string{"nl", "en"}} }

func join(a, b int64) Edge { return Edge{min(a, b), max(a, b), SameURL, 1} }

// tell is a plan in a line: which posts, and of each edition its language, lead and events.
func tell(plans []StoryPlan) string {
	var lines []string
	for _, p := range plans {
		line := fmt.Sprint(p.Row, p.Posts)
		for _, e := range p.Editions {
			line += fmt.Sprintf(" %d:%s led by %d", e.Row, e.Language, e.Lead)
			if e.Main {
				line += " main"
			}
			if e.Retracted != "" {
				line += " retracted: " + string(e.Retracted)
			}
			for _, ev := range e.Events {
				line += fmt.Sprintf(" [%s %s]", ev.Scope, ev.What)
			}
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// What a changed topic gives back is as it was; what it brings is past.
func TestSettlePast(t *testing.T) {
	gone := func(row, lead int64, language string, main bool, shown byte) Standing {
		return Standing{Row: row, Story: 7, Language: language, Lead: lead, Main: main, Retracted: OffTopic, Sort: noon, Published: noon, Updated: noon, Shown: Digest{shown}}
	}
	past := func(s Standing) Standing { s.Backfill = true; return s }
	in := func(m Member) Member { m.Story = 7; return m }
	for name, test := range map[string]struct {
		members  []Member
		edges    []Edge
		standing []Standing
		want     string
		past     bool
	}{
		"never told":       {[]Member{member(1, "a", "nl", 2)}, nil, nil, "0 [1] 0:nl led by 1 main [ new] [nl new]", true},
		"told":             {[]Member{in(member(1, "a", "nl", 2))}, nil, []Standing{gone(5, 1, "nl", true, 1)}, "7 [1] 5:nl led by 1 main [ returned] [nl returned]", false},
		"told as the past": {[]Member{in(member(1, "a", "nl", 2))}, nil, []Standing{past(gone(5, 1, "nl", true, 1))}, "7 [1] 5:nl led by 1 main [ new] [nl new]", true},
		"edited meanwhile": {[]Member{in(member(1, "a", "nl", 2))}, nil, []Standing{gone(5, 1, "nl", true, 9)}, "7 [1] 5:nl led by 1 main [ changed] [nl changed]", false},
		"in another language now": {[]Member{in(member(1, "a", "fy", 2))}, nil, []Standing{gone(5, 1, "nl", true, 1)},
			"7 [1] 5:fy led by 1 main [ changed] [fy returned]", false},
		"no longer the story's face": {[]Member{in(member(1, "a", "nl", 2))}, nil, []Standing{gone(5, 1, "nl", false, 1)}, "7 [1] 5:nl led by 1 main [ returned] [nl returned]", false},
		"the same edition is the story's face": {[]Member{in(member(1, "a", "en", 2)), in(member(2, "b", "nl", 2))}, []Edge{{1, 2, Hreflang, 1}},
			[]Standing{gone(5, 1, "en", true, 1), gone(6, 2, "nl", false, 2)},
			"7 [1 2] 5:en led by 1 main [ returned] [en returned] 6:nl led by 2 [nl returned]", false},
	} {
		o := occasion()
		o.Past = true
		plans := Settle(test.members, test.edges, test.standing, o)
		if got := tell(plans); got != test.want || plans[0].Editions[0].Backfill != test.past {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, test.want)
		}
	}
}

func TestSettle(t *testing.T) {
	off := func(m Member) Member { m.Topics = nil; return m }
	in := func(m Member, story int64) Member { m.Story = story; return m }
	undated := func(m Member) Member { m.Dated = false; return m }
	deleted := func(m Member) Member { m.Withdrawn, m.Topics = true, nil; return m }
	stands := func(row, story, lead int64, language string, main bool, retracted Retraction) Standing {
		return Standing{Row: row, Story: story, Language: language, Lead: lead, Main: main, Retracted: retracted,
			Sort: noon, Published: noon, Updated: noon, Shown: Digest{byte(lead)}}
	}
	for name, test := range map[string]struct {
		members  []Member
		edges    []Edge
		standing []Standing
		want     string
	}{
		"alone":                  {[]Member{member(1, "a", "nl", 2)}, nil, nil, "0 [1] 0:nl led by 1 main [ new] [nl new]"},
		"off topic":              {[]Member{off(member(1, "a", "nl", 2))}, nil, nil, ""},
		"one on topic is enough": {[]Member{off(member(1, "a", "nl", 2)), member(2, "b", "nl", 0)}, []Edge{join(1, 2)}, nil, "0 [1 2] 0:nl led by 1 main [ new] [nl new]"},
		"own site leads":         {[]Member{member(1, "b", "nl", 0), member(2, "a", "nl", 2)}, []Edge{join(1, 2)}, nil, "0 [1 2] 0:nl led by 2 main [ new] [nl new]"},
		"who says when leads":    {[]Member{undated(member(1, "b", "nl", 2)), member(2, "a", "nl", 2)}, []Edge{join(1, 2)}, nil, "0 [1 2] 0:nl led by 2 main [ new] [nl new]"},
		"a copy in another language joins its lead's edition": {
			[]Member{member(1, "b", "en", 0), member(2, "a", "nl", 2)}, []Edge{join(1, 2)}, nil, "0 [1 2] 0:nl led by 2 main [ new] [nl new]"},
		"nothing changed": {[]Member{in(member(1, "a", "nl", 2), 7)}, nil, []Standing{stands(5, 7, 1, "nl", true, "")}, "7 [1] 5:nl led by 1 main"},
		"an emitted lead stays among equals": {
			[]Member{member(1, "a", "nl", 0), in(member(2, "b", "nl", 0), 7)}, []Edge{join(1, 2)}, []Standing{stands(5, 7, 2, "nl", true, "")},
			"7 [1 2] 5:nl led by 2 main"},
		"a better lead changes the edition": {
			[]Member{member(1, "a", "nl", 2), in(member(2, "b", "nl", 0), 7)}, []Edge{join(1, 2)}, []Standing{stands(5, 7, 2, "nl", true, "")},
			"7 [1 2] 5:nl led by 1 main [ changed] [nl changed]"},
		"a slug changed: the new address leads": {
			[]Member{in(member(1, "a", "nl", 2), 7), member(2, "a", "nl", 2)}, []Edge{{1, 2, SameText, 1}}, []Standing{stands(5, 7, 1, "nl", true, "")},
			"7 [1 2] 5:nl led by 2 main [ changed] [nl changed]"},
		"merged: the older id wins": {
			[]Member{in(member(1, "a", "nl", 2), 8), in(member(2, "b", "nl", 2), 7)}, []Edge{join(1, 2)},
			[]Standing{stands(5, 7, 2, "nl", true, ""), stands(6, 8, 1, "nl", true, "")},
			"7 [1 2] 5:nl led by 2 main 6:nl led by 1 retracted: merged [ retracted] [nl retracted]"},
		"apart again": {
			[]Member{in(member(1, "a", "nl", 2), 7), in(member(2, "b", "nl", 2), 7)}, nil,
			[]Standing{stands(5, 7, 2, "nl", true, ""), stands(6, 7, 1, "nl", false, Merged)},
			"0 [1] 6:nl led by 1 main [ new] [nl new]\n7 [2] 5:nl led by 2 main"},
		"a topic changed": {
			[]Member{off(in(member(1, "a", "nl", 2), 7))}, nil, []Standing{stands(5, 7, 1, "nl", true, "")},
			"7 [1] 5:nl led by 1 main retracted: off-topic [ retracted] [nl retracted]"},
		"and back": {
			[]Member{in(member(1, "a", "nl", 2), 7)}, nil, []Standing{stands(5, 7, 1, "nl", false, OffTopic)},
			"7 [1] 5:nl led by 1 main [ new] [nl new]"},
		"deleted": {
			[]Member{deleted(in(member(1, "a", "nl", 2), 7))}, nil, []Standing{stands(5, 7, 1, "nl", true, "")},
			"7 [1] 5:nl led by 1 retracted: deleted [ retracted] [nl retracted]"},
		"a lead that was deleted leaves its edition to a twin": {
			[]Member{deleted(in(member(1, "a", "nl", 2), 7)), in(member(2, "b", "nl", 0), 7)}, []Edge{join(1, 2)}, []Standing{stands(5, 7, 1, "nl", true, "")},
			"7 [1 2] 5:nl led by 2 main [ changed] [nl changed]"},
		"what was deleted is not told, though its translation is": {
			[]Member{deleted(in(member(1, "a", "nl", 2), 7)), in(member(2, "b", "en", 2), 7)}, []Edge{{1, 2, Hreflang, 1}},
			[]Standing{stands(5, 7, 1, "nl", true, ""), stands(6, 7, 2, "en", false, "")},
			"7 [1 2] 6:en led by 2 main [ new] 5:nl led by 1 retracted: deleted [ retracted] [nl retracted]"},
		"a corrected language": {
			[]Member{in(member(1, "a", "fy", 2), 7)}, nil, []Standing{stands(5, 7, 1, "nl", true, "")},
			"7 [1] 5:fy led by 1 main [ changed] [fy new] [nl retracted]"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tell(Settle(test.members, test.edges, test.standing, occasion())); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestSettleDates(t *testing.T) {
	m := member(1, "a", "nl", 2)
	o := occasion()
	fresh := Settle([]Member{m}, nil, nil, o)[0].Editions[0].Standing
	if !fresh.Sort.Equal(m.Date) || !fresh.Updated.Equal(m.Date) || fresh.Backfill {
		t.Errorf("a new edition: %+v", fresh)
	}
	fresh.Row, fresh.Story, m.Story = 5, 7, 7
	m.Date, m.Shown = m.Date.Add(30*time.Minute), Digest{99} // edited, and dated anew
	edited := Settle([]Member{m}, nil, []Standing{fresh}, o)[0].Editions[0].Standing
	if !edited.Sort.Equal(fresh.Sort) {
		t.Error("an edition moved up")
	}
	if !edited.Updated.Equal(o.Now) || edited.Updated.Before(edited.Published) {
		t.Errorf("updated %v, want %v", edited.Updated, o.Now)
	}
	m.Updated = o.Now.AddDate(1, 0, 0) // a date in the future is not believed
	if s := Settle([]Member{m}, nil, []Standing{fresh}, o)[0].Editions[0]; !s.Updated.Equal(o.Now) {
		t.Errorf("updated %v, want %v", s.Updated, o.Now)
	}
	m.Updated = o.Now.Add(-time.Minute)
	if s := Settle([]Member{m}, nil, []Standing{fresh}, o)[0].Editions[0]; !s.Updated.Equal(m.Updated) {
		t.Errorf("updated %v, want as stated %v", s.Updated, m.Updated)
	}
	past := member(2, "a", "nl", 2)
	past.Backfill = true
	if !Settle([]Member{past}, nil, nil, o)[0].Editions[0].Backfill {
		t.Error("the past of a source is not said to be that")
	}
}

// Which posts belong together, and who leads what was not emitted before, does
// not depend on the order they are looked at.
func TestSettleInAnyOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for round := range 200 {
		n := 2 + rng.IntN(8)
		var members []Member
		var edges []Edge
		for i := range n {
			m := member(int64(i+1), string(rune('a'+rng.IntN(4))), []string{"nl", "en", "fy"}[rng.IntN(3)], rng.IntN(3))
			m.Dated = rng.IntN(2) == 0
			members = append(members, m)
			if i > 0 && rng.IntN(2) == 0 {
				edges = append(edges, join(int64(i+1), int64(1+rng.IntN(i))))
			}
		}
		want := tell(Settle(members, edges, nil, occasion()))
		for range 5 {
			rng.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
			rng.Shuffle(len(edges), func(i, j int) { edges[i], edges[j] = edges[j], edges[i] })
			if got := tell(Settle(slices.Clone(members), edges, nil, occasion())); got != want {
				t.Fatalf("round %d:\n%s\nin another order:\n%s", round, want, got)
			}
		}
	}
}

func TestRecognise(t *testing.T) {
	const words = "the open web is ours to keep and we had better begin today before it is too late for all of us"
	p := Post{ID: "1", URL: "https://a.example/new", Title: "New", HTML: "<p>" + words + "</p>", Digest: Digest{1}}
	for name, test := range map[string]struct {
		known  []Known
		shared bool
		stored string
		want   int
	}{
		"never seen":                      {nil, false, "", -1},
		"as it was":                       {[]Known{{Digest: Digest{9}}, {Digest: Digest{1}}}, true, "", 1},
		"same address":                    {[]Known{{Key: Key(p.URL), Title: "Old"}}, false, "", 0},
		"same title":                      {[]Known{{Key: "x", Title: "New"}}, false, "", 0},
		"same text":                       {[]Known{{Key: "x", Title: "Old"}}, false, words + " indeed", 0},
		"another piece under a reused id": {[]Known{{Key: "x", Title: "Old"}}, false, "nothing that was said before has a word in common", -1},
		"an id that proves nothing":       {[]Known{{Key: "x", Title: "Old"}}, true, words, -1},
		"an id that proved nothing":       {[]Known{{Key: "x", Title: "Old"}, {Key: "y", Title: "Older"}}, false, words, -1},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Recognise(&p, test.known, test.shared, func(Known) string { return test.stored }); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

func TestKeysOfTwins(t *testing.T) {
	text := "<p>" + strings.Repeat("word and more ", 10) + "</p>"
	for name, test := range map[string]struct {
		p    Post
		want []string
	}{
		"its address":                       {Post{URL: "http://www.a.example/x/"}, []string{Key("https://a.example/x")}},
		"a home page is no key":             {Post{URL: "https://a.example/"}, nil},
		"an id on its own site":             {Post{URL: "https://a.example/x", ID: "https://a.example/?p=1"}, []string{Key("https://a.example/x"), Key("https://a.example/?p=1")}},
		"an id on somebody else's":          {Post{URL: "https://a.example/x", ID: "https://b.example/y"}, []string{Key("https://a.example/x")}},
		"what its page says is its address": {Post{URL: "https://a.example/x?from=feed", Canonical: "https://a.example/x"}, []string{Key("https://a.example/x?from=feed"), Key("https://a.example/x")}},
		"an id that is no address":          {Post{URL: "https://a.example/x", ID: "urn:1"}, []string{Key("https://a.example/x")}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := test.p.Keys("a.example"); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	a := Post{Source: "a", Title: "T", HTML: text}
	b := a
	if got := a.Keys("a.example"); len(got) != 1 || !slices.Equal(got, b.Keys("a.example")) {
		t.Errorf("equal text has keys %q and %q", got, b.Keys("a.example"))
	}
	b.Source = "b"
	if slices.Equal(a.Keys("a.example"), b.Keys("a.example")) {
		t.Error("equal text of two sources is no evidence here")
	}
	for name, change := range map[string]func(p *Post){
		"of another author": func(p *Post) { p.Authors = []Author{{Name: "Mallory"}} },
		"of another site":   func(p *Post) { p.URL = "https://mallory.example/copy" },
	} {
		c := Post{Source: "a", URL: "https://roos.example/x", Title: "T", HTML: text, Authors: []Author{{Name: "Roos"}}}
		d := c
		change(&d)
		keys := c.Keys("a.example")
		if len(keys) != 2 || slices.Contains(d.Keys("a.example"), keys[1]) { // its address, and its text
			t.Errorf("who copies in the same source what is %s could lead its story: %q", name, keys)
		}
	}
}

func TestTwinReason(t *testing.T) {
	a := Post{Source: "a", Title: "T", Published: noon, FirstSeen: noon.AddDate(1, 0, 0), HTML: "<p>one two three four five six</p>"}
	other := a
	other.Source, other.Title = "b", "U"
	if got := TwinReason(&a, &other, true); got != SameURL {
		t.Errorf("an address two sources give: %q", got)
	}
	list := a
	list.Title, list.HTML = "Another", "<p>seven eight nine ten eleven twelve</p>"
	if got := TwinReason(&a, &list, true); got != "" {
		t.Errorf("an address that one source gives to different pieces: %q", got)
	}
	slug := a
	slug.Published = noon.Add(time.Hour)
	if got := TwinReason(&a, &slug, false); got != SameText {
		t.Errorf("the same text under another id: %q", got)
	}
	slug.HTML += "!"
	if got := TwinReason(&a, &slug, false); got != "" {
		t.Errorf("another text: %q", got)
	}
	slug.HTML = a.HTML
	slug.Published = noon.AddDate(0, 1, 0)
	if got := TwinReason(&a, &slug, false); got != "" {
		t.Errorf("the same text a month later: %q", got)
	}
}
