package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"samenloop/people"
	"samenloop/post"
)

const mostProposals = 200 // that wait

const proposalColumns = "SELECT row, url, feed, title, site, contact, sent, proof, found, state, decided, reason, source FROM proposal "

func scanProposal(scan func(...any) error) (p people.Proposal, err error) {
	var sent, found, decided int64
	err = scan(&p.ID, &p.URL, &p.Feed, &p.Title, &p.Site, &p.Contact, &sent, &p.Proof, &found, &p.State, &decided, &p.Reason, &p.Source)
	p.Sent, p.Found, p.Decided = moment(sent), moment(found), moment(decided)
	return p, err
}

// Propose lets a proposal wait, under the digest of its member's token; people.ErrFull
// where so many wait that it cannot. Others of the same place may wait beside it.
func (s *Store) Propose(ctx context.Context, p people.Proposal, token people.Digest) error {
	return s.update(ctx, func(tx *transaction) error {
		var waiting int
		if err := tx.row("SELECT count(*) FROM proposal WHERE state = 'waiting'", nil, &waiting); err != nil {
			return err
		}
		if waiting >= mostProposals {
			return people.ErrFull
		}
		return tx.exec(`INSERT INTO proposal (token, url, feed, title, site, contact, sent, proof, found, state, decided, reason, source)
			VALUES (?, ?, ?, ?, ?, ?, ?, '', 0, 'waiting', 0, '', '')`,
			token[:], p.URL, p.Feed, post.CleanText(p.Title, 200), p.Site, post.CleanText(p.Contact, 200), millis(p.Sent))
	})
}

// EndProposals ends those that nobody decided about in time, and forgets those that
// ended long ago.
func (s *Store) EndProposals(ctx context.Context, now time.Time) error {
	return s.update(ctx, func(tx *transaction) error {
		err := tx.exec("UPDATE proposal SET state = 'expired', contact = '', decided = ? WHERE state = 'waiting' AND sent <= ?",
			millis(now), millis(now.Add(-people.ProposalWaits)))
		if err == nil {
			err = tx.exec("DELETE FROM proposal WHERE state <> 'waiting' AND decided <= ?", millis(now.Add(-people.ProposalKept)))
		}
		return err
	})
}

// samePlace says whether two proposals lead to one.
func samePlace(a, b people.Proposal) bool {
	for _, one := range []string{a.URL, a.Feed} {
		if post.SameAddress(one, b.URL) || post.SameAddress(one, b.Feed) {
			return true
		}
	}
	return false
}

// Proposals gives those in a state, in the order they were sent; those of one place
// stand together, and first what its owner has shown to be theirs.
func (s *Store) Proposals(ctx context.Context, state people.ProposalState) ([]people.Proposal, error) {
	left, err := s.proposals(ctx, "WHERE state = ? ORDER BY row", state)
	var list []people.Proposal
	for len(left) > 0 {
		first, from := left[0], len(list)
		left = slices.DeleteFunc(left, func(p people.Proposal) bool {
			same := p.ID == first.ID || samePlace(p, first)
			if same {
				list = append(list, p)
			}
			return same
		})
		slices.SortStableFunc(list[from:], func(a, b people.Proposal) int { return cmp.Compare(unproven(a), unproven(b)) })
	}
	return list, err
}

func unproven(p people.Proposal) int {
	if p.Proof == people.NoProof {
		return 1
	}
	return 0
}

// Proposal gives the one with an id; people.ErrNoProposal where there is none.
func (s *Store) Proposal(ctx context.Context, id int64) (people.Proposal, error) {
	return only(s.proposals(ctx, "WHERE row = ?", id))
}

// ProposalOf gives the one of a token; people.ErrNoProposal where there is none.
func (s *Store) ProposalOf(ctx context.Context, token people.Digest) (people.Proposal, error) {
	return only(s.proposals(ctx, "WHERE token = ?", token[:]))
}

func only(list []people.Proposal, err error) (people.Proposal, error) {
	if err == nil && len(list) == 0 {
		err = people.ErrNoProposal
	}
	if err != nil {
		return people.Proposal{}, err
	}
	return list[0], nil
}

func (s *Store) proposals(ctx context.Context, where string, args ...any) (list []people.Proposal, err error) {
	err = s.query(ctx, proposalColumns+where, func(scan func(...any) error) error {
		p, err := scanProposal(scan)
		list = append(list, p)
		return err
	}, args...)
	if err != nil {
		return nil, fmt.Errorf("read proposals: %w", err)
	}
	return list, nil
}

// ProposalProven writes down where the word of a proposal was found.
func (s *Store) ProposalProven(ctx context.Context, token people.Digest, proof people.Proof, at time.Time) error {
	return s.changeProposal(ctx, "proof = ?, found = ? WHERE token = ?", proof, millis(at), token[:])
}

// WithdrawProposal ends one that waits, as its member wants; what they left of themselves goes.
func (s *Store) WithdrawProposal(ctx context.Context, token people.Digest, at time.Time) error {
	return s.changeProposal(ctx, "state = 'withdrawn', contact = '', decided = ? WHERE token = ?", millis(at), token[:])
}

// changeProposal changes one that waits; people.ErrNoProposal where it does not.
func (s *Store) changeProposal(ctx context.Context, what string, args ...any) error {
	return s.update(ctx, func(tx *transaction) error { return tx.changeProposal(what, args...) })
}

func (tx *transaction) changeProposal(what string, args ...any) error {
	err := tx.exec("UPDATE proposal SET "+what+" AND state = 'waiting'", args...)
	n := 0
	if err == nil {
		err = tx.row("SELECT changes()", nil, &n)
	}
	if err == nil && n == 0 {
		err = people.ErrNoProposal
	}
	return err
}

// ApproveProposal makes a source of a proposal that waits, as AddSources does, and
// tells its member so, with the word of who decides. Others of the same place are answered by that, too.
func (s *Store) ApproveProposal(ctx context.Context, by people.Hand, id int64, src post.Source) error {
	return s.update(ctx, func(tx *transaction) error {
		blocks, err := tx.blocks()
		if err != nil {
			return err
		}
		var waiting []people.Proposal
		err = tx.query(proposalColumns+"WHERE state = 'waiting'", func(scan func(...any) error) error {
			p, err := scanProposal(scan)
			waiting = append(waiting, p)
			return err
		})
		i := slices.IndexFunc(waiting, func(p people.Proposal) bool { return p.ID == id })
		if err == nil && i < 0 {
			err = people.ErrNoProposal
		}
		for _, p := range waiting {
			switch {
			case err != nil:
			case p.ID == id:
				err = tx.changeProposal("state = 'approved', decided = ?, reason = ?, source = ? WHERE row = ?", millis(by.At), post.CleanText(by.Word, mostWord), src.ID, id)
			case samePlace(p, waiting[i]):
				err = tx.changeProposal("state = 'approved', contact = '', decided = ?, source = ? WHERE row = ?", millis(by.At), src.ID, p.ID)
			}
		}
		if err == nil {
			err = tx.note(by, people.ProposalApproved, src.URL)
		}
		if err != nil {
			return err
		}
		return tx.addSource(by, post.SourceState{Source: src}, blocks)
	})
}

// RefuseProposal ends one that waits, with the word of who decides; what its member
// left of themselves goes.
func (s *Store) RefuseProposal(ctx context.Context, by people.Hand, id int64) error {
	return s.update(ctx, func(tx *transaction) error {
		var url string
		err := tx.row("SELECT coalesce(max(url), '') FROM proposal WHERE row = ?", []any{id}, &url)
		if err == nil {
			err = tx.changeProposal("state = 'refused', contact = '', decided = ?, reason = ? WHERE row = ?", millis(by.At), post.CleanText(by.Word, mostWord), id)
		}
		if err == nil {
			err = tx.note(by, people.ProposalRefused, url)
		}
		return err
	})
}
