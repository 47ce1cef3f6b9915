package people

import (
	"encoding/base32"
	"errors"
	"strings"
	"time"
)

// Proposal is a source that a member proposed, for the operator to decide about.
type Proposal struct {
	ID      int64  // for the operator; it tells nobody anything
	URL     string // of the site, the feed or the account: what becomes the source's
	Feed    string // what was read there; several addresses may lead to one
	Title   string // as that calls itself
	Site    string // the page where a proof is looked for; empty for an account
	Contact string // what the member left, for the operator alone; it goes when the proposal was not taken
	Sent    time.Time

	Proof Proof     // where its owner said that it is theirs
	Found time.Time // when that was seen

	State   ProposalState
	Decided time.Time
	Reason  string // the operator's, for the member
	Source  string // id of what it became
}

// ProposalState is how a proposal stands.
type ProposalState string

const (
	Waiting   ProposalState = "waiting"
	Approved  ProposalState = "approved"
	Refused   ProposalState = "refused"
	Withdrawn ProposalState = "withdrawn" // by the member
	Expired   ProposalState = "expired"   // nobody decided in time
)

const (
	// ProposalWaits is how long a proposal waits for somebody to decide.
	ProposalWaits = 60 * 24 * time.Hour
	// ProposalKept is how long it is known after that, and what its member left with it.
	ProposalKept = 90 * 24 * time.Hour
)

// Proof is where the word of a proposal was found.
type Proof string

const (
	NoProof   Proof = ""
	ByMeta    Proof = "meta"    // <meta name="samenloop"> on the site's page
	ByLink    Proof = "rel=me"  // a link of the site's page to us, with the word in it
	ByFile    Proof = "file"    // samenloop.txt at the top of the site
	ByProfile Proof = "profile" // the account's own document
)

// Word is what the owner of a site puts on it to show that a proposal is theirs. Only
// who has the token knows it, and it does not tell the token.
func (d Digest) Word() string {
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(d[:15]))
}

// What may be refused of a proposal.
var (
	// ErrRead says that a source reads it already.
	ErrRead = errors.New("it is read already")
	// ErrFull says that so many wait that no more are taken.
	ErrFull = errors.New("too many proposals wait")
	// ErrNoProposal says that there is none, or that it does not wait any more.
	ErrNoProposal = errors.New("there is no such proposal that waits")
)
