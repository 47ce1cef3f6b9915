package post

import (
	"testing"
	"time"
)

func TestCondition(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	read := Visit{Status: 200, Checked: at, Succeeded: at}
	in := func(status int) SourceState {
		v := read
		v.Status, v.Trouble = status, "it says so"
		return SourceState{State: Active, Visit: v, Posts: 9, Matched: 1}
	}
	well := SourceState{State: Active, Visit: read, Posts: 9, Matched: 1}
	with := func(change func(*SourceState)) SourceState {
		s := well
		change(&s)
		return s
	}
	for _, tt := range []struct {
		name string
		s    SourceState
		want Condition
	}{
		{"all is well", well, Well},
		{"304", with(func(s *SourceState) { s.Visit.Status = 304 }), Well},
		{"taken whole", with(func(s *SourceState) { s.Matched, s.Source.All = 0, true }), Well},
		{"no visit yet", SourceState{State: Active}, Unvisited},
		{"paused, and in trouble before", with(func(s *SourceState) { s.State, s.Visit.Trouble = Paused, "x" }), Resting},
		{"410", SourceState{State: Gone, Visit: Visit{Status: 410, Gone: true, Trouble: "x"}}, ForGood},
		{"an account that says #nobot", with(func(s *SourceState) { s.Visit.Trouble, s.Visit.Account.Opposed = "x", true }), Opposed},
		{"no answer", in(0), Unreachable},
		{"401", in(401), Unwelcome},
		{"403", in(403), Unwelcome},
		{"404", in(404), NotThere},
		{"429", in(429), Busy},
		{"its host is to be left alone", with(func(s *SourceState) { s.Visit.Held, s.Visit.Notice = at.Add(time.Minute), "x" }), Busy},
		{"that is over", with(func(s *SourceState) { s.Visit.Held = at.Add(-time.Minute) }), Well},
		{"500", in(500), ServerFails},
		{"418", in(418), Refuses},
		{"300, which leads nowhere", in(300), Refuses},
		{"HTML", in(200), NotUnderstood},
		{"304 of what is no feed any more", in(304), NotUnderstood},
		{"moved", with(func(s *SourceState) { s.Visit.MovedTo, s.Visit.Notice = "https://new.example/", "x" }), HasMoved},
		{"perhaps moved", with(func(s *SourceState) { s.Visit.MovedTo = "https://new.example/" }), Well},
		{"empty", with(func(s *SourceState) { s.Posts, s.Matched = 0, 0 }), Empty},
		{"nothing on topic", with(func(s *SourceState) { s.Matched = 0 }), NothingOnIt},
		{"not all of it was read", with(func(s *SourceState) { s.Visit.Notice = "x" }), Noted},
	} {
		if got := tt.s.Condition(); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestDead(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name string
		v    Visit
		want bool
	}{
		{"never visited", Visit{}, false},
		{"well", Visit{Checked: at, Succeeded: at}, false},
		{"in trouble for long, but asked once", Visit{Checked: at, Succeeded: at.Add(-9 * 24 * time.Hour), Failures: 1, Trouble: "x"}, false},
		{"often, in a day", Visit{Checked: at, Succeeded: at.Add(-24 * time.Hour), Failures: 9, Trouble: "x"}, false},
		{"often, for days", Visit{Checked: at, Succeeded: at.Add(-4 * 24 * time.Hour), Failures: 5, Trouble: "x"}, true},
		{"it never was there", Visit{Checked: at, Failures: 5, Trouble: "x"}, true},
		{"gone", Visit{Checked: at, Succeeded: at.Add(-time.Hour), Failures: 1, Trouble: "x", Gone: true}, true},
	}
	for _, tt := range tests {
		if got := tt.v.Dead(); got != tt.want {
			t.Errorf("%s: dead is %t", tt.name, got)
		}
	}
}

func TestSilent(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	source := func(state State, read, asked time.Duration) SourceState {
		return SourceState{State: state, Visit: Visit{Succeeded: at.Add(-read), Checked: at.Add(-asked)}}
	}
	const hour = time.Hour
	tests := []struct {
		name    string
		sources []SourceState
		want    bool
	}{
		{"there is none", nil, false},
		{"none was visited", []SourceState{{State: Active}}, false},
		{"one of two is read", []SourceState{source(Active, 50*hour, hour), source(Active, 2*hour, 2*hour)}, false},
		{"nobody asked for a week", []SourceState{source(Active, 168*hour, 168*hour)}, false},
		{"none is read", []SourceState{source(Active, 50*hour, hour), source(Active, 26*hour, 26*hour)}, true},
		{"but one that is paused", []SourceState{source(Active, 50*hour, hour), source(Paused, 0, 0)}, true},
	}
	for _, tt := range tests {
		since, got := Silent(tt.sources)
		if got != tt.want || got && at.Sub(since) > 50*hour {
			t.Errorf("%s: silent is %t, since %v", tt.name, got, since)
		}
	}
}
