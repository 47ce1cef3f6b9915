package post

import (
	"testing"
	"time"
)

func TestFate(t *testing.T) {
	shown := Translation{ID: "urn:uuid:1"}
	for want, f := range map[Fate]Finding{
		Told:          {Edition: shown, Leads: true},
		ToldByAnother: {Edition: shown},
		Discusses:     {Edition: shown, Talks: true},
		SpokenFor:     {Post: Post{Matches: []Match{{Topic: "t", By: "x"}}, PageNeed: PageWanted}},
		OnNoTopic:     {},
		ArticleWaits:  {Post: Post{PageNeed: PageWanted}},
		ArticleUnread: {Post: Post{PageNeed: PageFailed}},
		LeftTopic:     {Story: "s", Retracted: OffTopic},
		Down:          {Story: "s", Retracted: TakenDown},
		Forgotten:     {Withdrawn: true, Edition: shown}, // others tell its story
	} {
		if got := f.Fate(); got != want {
			t.Errorf("%+v: %s, want %s", f, got, want)
		}
	}
	// A summary that was enough, or whose page was read.
	for _, need := range []Need{PageNotNeeded, PageRead} {
		if got := (&Finding{Post: Post{PageNeed: need}}).Fate(); got != OnNoTopic {
			t.Errorf("need %d: %s", need, got)
		}
	}
}

func TestAbsence(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for want, s := range map[Absence]SourceState{
		NeverRead: {State: Active},
		NotRead:   {State: Paused, Visit: Visit{Trouble: "x"}},
		InTrouble: {State: Active, Visit: Visit{Trouble: "x", Succeeded: now}},
		NotInFeed: {State: Active, Visit: Visit{Succeeded: now}},
	} {
		if got := s.Absence(); got != want {
			t.Errorf("%+v: %s, want %s", s, got, want)
		}
	}
}

func TestNear(t *testing.T) {
	site := func(id, site string, kind AccountKind) SourceState {
		return SourceState{Source: Source{ID: id}, Visit: Visit{SiteURL: site, Account: Account{Kind: kind}}}
	}
	all := []SourceState{
		site("whole", "https://a.example/", ""), site("blog", "https://a.example/blog/", ""), site("other", "https://a.example/wiki", ""),
		site("roos", "https://a.example/@roos", Outbox), site("jan", "https://a.example/@jan", Outbox),
	}
	for page, want := range map[string]string{
		"https://a.example/blog/1":  "blog whole other ",
		"https://a.example/blogs/1": "whole blog other ",
		"https://a.example/@roos/1": "roos whole blog other ",
		"https://a.example/":        "whole blog other ",
	} {
		got := ""
		for _, s := range Near(page, all) {
			got += s.Source.ID + " "
		}
		if got != want {
			t.Errorf("%s: %s, want %s", page, got, want)
		}
	}
}

func TestSourceIs(t *testing.T) {
	s := SourceState{Source: Source{URL: "https://me:secret@a.example/feed"}, Visit: Visit{FeedURL: "https://a.example/feed.xml", SiteURL: "https://a.example/"}}
	for address, want := range map[string]bool{"http://www.a.example": true, "https://a.example/feed": true, "https://a.example/feed.xml": true, "https://a.example/1": false, "": false} {
		if got := s.Is(address); got != want {
			t.Errorf("%q: %t", address, got)
		}
	}
}
