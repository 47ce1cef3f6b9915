package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"samenloop/people"
	"samenloop/post"
	"samenloop/store"
	"samenloop/web"
)

// How much the operators' page shows: of what waits the first, of what was decided the last.
const (
	shownOfWaiting = 100
	shownOfJournal = 50
)

// operators opens the door for those who decide on the pages; after each decision
// done is called.
func (c *config) operators(s *store.Store, tries *web.Tries, done func()) *web.Operators {
	return &web.Operators{
		Accounts: s,
		Tries:    tries,
		Desk: func(ctx context.Context) (desk web.Desk, err error) {
			if desk.Proposals, err = s.Proposals(ctx, people.Waiting); err != nil {
				return desk, err
			}
			if desk.Waiting, desk.WaitingInAll, err = s.FirstWaiting(ctx, shownOfWaiting); err != nil {
				return desk, err
			}
			if desk.Blocks, err = s.Blocks(ctx); err != nil {
				return desk, err
			}
			desk.Journal, err = s.Journal(ctx, 0, shownOfJournal)
			return desk, err
		},
		Decide: func(ctx context.Context, by people.Hand, deed, what, with string) (why string, err error) {
			err = c.decide(ctx, s, by, deed, what, with)
			switch {
			case store.IsFault(err):
				return "", err
			case err != nil:
				return whyNot(err), nil
			}
			done()
			return "", nil
		},
	}
}

// whyNot says on a page why something is not done: not what was called, and no commands.
func whyNot(err error) string {
	var (
		refusal *people.Refusal
		blocked *post.BlockedError
	)
	switch {
	case errors.As(err, &refusal):
		return refusal.Why
	case errors.As(err, &blocked):
		return blocked.Why()
	}
	return err.Error()
}

// decide does what an operator chose on a page, as the commands do.
func (c *config) decide(ctx context.Context, s *store.Store, by people.Hand, deed, what, with string) error {
	switch deed {
	case "approve-proposal", "refuse-proposal":
		return c.answer(ctx, s, by, deed == "approve-proposal", what)
	case "approve-post", "refuse-post":
		verdict := post.Approved
		if deed == "refuse-post" {
			verdict = post.Refused
		}
		found, err := s.Decide(ctx, by, what, verdict)
		if err == nil && !found {
			err = fmt.Errorf("%s does not wait any more", what)
		}
		return err
	case "pause":
		return s.SetState(ctx, by, what, post.Paused)
	case "resume":
		return s.SetState(ctx, by, what, post.Active)
	case "lock":
		return s.LockLanguage(ctx, by, what, with)
	case "block":
		return s.Block(ctx, by, what)
	case "unblock":
		return s.Unblock(ctx, by, what)
	case "join":
		if with == "" {
			return errors.New("name another to join it with")
		}
		return s.JoinStories(ctx, by, what, with)
	case "split":
		return s.SplitStory(ctx, by, what)
	case "retract":
		return s.RetractStory(ctx, by, what)
	case "restore":
		return s.RestoreStory(ctx, by, what)
	}
	return errors.New("nobody decides that")
}

// answer approves or refuses a proposal.
func (c *config) answer(ctx context.Context, s *store.Store, by people.Hand, approve bool, number string) error {
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return people.ErrNoProposal
	}
	if !approve {
		return s.RefuseProposal(ctx, by, id)
	}
	p, err := s.Proposal(ctx, id)
	if err != nil {
		return err
	}
	_, err = c.approve(ctx, s, p, "", by)
	return err
}
