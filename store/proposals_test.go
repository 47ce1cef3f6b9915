package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"samenloop/people"
	"samenloop/post"
)

func TestProposals(t *testing.T) {
	s, ctx := open(t), t.Context()
	know(t, s, "a")
	token, other := people.NewToken().Digest(), people.NewToken().Digest()
	p := people.Proposal{URL: "https://new.example/feed", Title: "New\x1b[31m", Site: "https://new.example/", Contact: "me@new.example", Sent: t0}
	if err := s.Propose(ctx, p, token); err != nil {
		t.Fatal(err)
	}
	if err := s.ProposalProven(ctx, token, people.ByMeta, t0.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	got, err := s.ProposalOf(ctx, token)
	if err != nil || got.State != people.Waiting || got.Title != "New[31m" || got.Contact != p.Contact || got.Proof != people.ByMeta || !got.Sent.Equal(t0) {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, err := s.ProposalOf(ctx, other); !errors.Is(err, people.ErrNoProposal) {
		t.Errorf("another token: %v", err)
	}

	hand := people.Hand{Name: "root", Command: true, At: t0.Add(time.Hour), Word: "welcome"}
	// What cannot be added is not approved either.
	if err := s.ApproveProposal(ctx, hand, got.ID, post.Source{ID: "a", URL: got.URL}); err == nil {
		t.Error("the id of another was taken")
	}
	if waiting, err := s.Proposals(ctx, people.Waiting); err != nil || len(waiting) != 1 {
		t.Fatalf("%+v, %v", waiting, err)
	}
	if err := s.ApproveProposal(ctx, hand, got.ID, post.Source{ID: "new", URL: got.URL}); err != nil {
		t.Fatal(err)
	}
	if got, err = s.ProposalOf(ctx, token); err != nil || got.State != people.Approved || got.Reason != "welcome" || got.Source != "new" || !got.Decided.Equal(hand.At) {
		t.Errorf("%+v, %v", got, err)
	}
	states, err := s.Sources(ctx)
	if err != nil || len(states) != 2 || states[1].Source.ID != "new" || states[1].State != post.Active {
		t.Errorf("%+v, %v", states, err)
	}
	// It is decided once.
	for _, err := range []error{
		s.WithdrawProposal(ctx, token, t0), s.RefuseProposal(ctx, hand, got.ID), s.ProposalProven(ctx, token, people.ByFile, t0),
		s.ApproveProposal(ctx, hand, got.ID, post.Source{ID: "b"}), s.RefuseProposal(ctx, hand, 99),
	} {
		if !errors.Is(err, people.ErrNoProposal) {
			t.Error(err)
		}
	}
	entries, err := s.Journal(ctx, 0, All)
	if err != nil || len(entries) != 2 || entries[1].Deed != people.ProposalApproved || entries[0].Deed != people.SourceAdded {
		t.Errorf("%+v, %v", entries, err)
	}
}

// What a member left of themselves goes with a proposal that was not taken.
func TestProposalsForgetPeople(t *testing.T) {
	s, ctx := open(t), t.Context()
	withdrawn, refused := people.NewToken().Digest(), people.NewToken().Digest()
	for i, token := range []people.Digest{withdrawn, refused} {
		if err := s.Propose(ctx, people.Proposal{URL: fmt.Sprintf("https://%d.example/feed", i), Contact: "me@example.org", Sent: t0}, token); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.WithdrawProposal(ctx, withdrawn, t0); err != nil {
		t.Fatal(err)
	}
	p, err := s.ProposalOf(ctx, refused)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.RefuseProposal(ctx, people.Hand{At: t0, Word: "no"}, p.ID); err != nil {
		t.Fatal(err)
	}
	for _, token := range []people.Digest{withdrawn, refused} {
		if p, err := s.ProposalOf(ctx, token); err != nil || p.State == people.Waiting || p.Contact != "" {
			t.Errorf("%+v, %v", p, err)
		}
	}
	for _, after := range []time.Duration{people.ProposalKept - time.Hour, people.ProposalKept} {
		if err := s.EndProposals(ctx, t0.Add(after)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.ProposalOf(ctx, refused); (after < people.ProposalKept) != (err == nil) {
			t.Errorf("after %v: %v", after, err)
		}
	}
}

// What nobody decides about ends, and what its member left goes.
func TestProposalsExpire(t *testing.T) {
	s, ctx := open(t), t.Context()
	token := people.NewToken().Digest()
	if err := s.Propose(ctx, people.Proposal{URL: "https://a.example/feed", Contact: "me@example.org", Sent: t0}, token); err != nil {
		t.Fatal(err)
	}
	state := func(after time.Duration) people.Proposal {
		t.Helper()
		if err := s.EndProposals(ctx, t0.Add(after)); err != nil {
			t.Fatal(err)
		}
		p, err := s.ProposalOf(ctx, token)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	if p := state(people.ProposalWaits - time.Hour); p.State != people.Waiting || p.Contact == "" {
		t.Errorf("%+v", p)
	}
	if p := state(people.ProposalWaits); p.State != people.Expired || p.Contact != "" || !p.Decided.Equal(t0.Add(people.ProposalWaits)) {
		t.Errorf("%+v", p)
	}
}

// Whoever proposes a place first does not keep its owner out, by whatever address they
// come; they stand together, and who takes one answers all.
func TestProposalsOfOnePlace(t *testing.T) {
	s, ctx := open(t), t.Context()
	tokens := map[string]people.Digest{}
	for _, p := range []people.Proposal{
		{Title: "stranger", URL: "https://a.example/", Feed: "https://a.example/feed", Contact: "me@stranger.example"},
		{Title: "else", URL: "https://b.example/"},
		{Title: "account", URL: "acct:c@c.example", Feed: "https://c.example/outbox"},
		{Title: "owner", URL: "http://www.a.example/feed?utm_source=x", Feed: "https://a.example/feed/"},
		{Title: "again", URL: "@c@c.example", Feed: "https://c.example/outbox"},
		{Title: "of before", URL: "https://d.example/"}, // without a feed
	} {
		p.Sent = t0
		tokens[p.Title] = people.NewToken().Digest()
		if err := s.Propose(ctx, p, tokens[p.Title]); err != nil {
			t.Fatal(p.Title, err)
		}
	}
	if err := s.ProposalProven(ctx, tokens["owner"], people.ByFile, t0); err != nil {
		t.Fatal(err)
	}
	waiting, err := s.Proposals(ctx, people.Waiting)
	var order []string
	for _, p := range waiting {
		order = append(order, p.Title)
	}
	if got := strings.Join(order, ", "); err != nil || got != "owner, stranger, else, account, again, of before" {
		t.Fatal(got, err)
	}
	hand := people.Hand{Name: "root", At: t0.Add(time.Hour), Word: "welcome"}
	if err := s.ApproveProposal(ctx, hand, waiting[0].ID, post.Source{ID: "a", URL: waiting[0].URL}); err != nil {
		t.Fatal(err)
	}
	for title, state := range map[string]people.ProposalState{"owner": people.Approved, "stranger": people.Approved, "else": people.Waiting, "of before": people.Waiting} {
		if p, err := s.ProposalOf(ctx, tokens[title]); err != nil || p.State != state || (p.Reason != "") != (title == "owner") || p.Contact != "" || (p.Source == "a") != (state == people.Approved) {
			t.Errorf("%+v, %v", p, err)
		}
	}
}

func TestProposalsAreBounded(t *testing.T) {
	s, ctx := open(t), t.Context()
	var err error
	for i := range mostProposals + 1 {
		if err = s.Propose(ctx, people.Proposal{URL: fmt.Sprintf("https://%d.example/feed", i), Sent: t0}, people.NewToken().Digest()); err != nil && i < mostProposals {
			t.Fatal(i, err)
		}
	}
	if !errors.Is(err, people.ErrFull) {
		t.Error(err)
	}
}
