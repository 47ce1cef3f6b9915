package post

import "fmt"

// ChangeQuery asks what happened to the editions of a stream after a number
// that it gave before.
type ChangeQuery struct {
	Language string // base language: the stream of its editions; empty: that of main editions
	After    int64  // ChangePage.Last of an earlier answer; 0: from the start
	Now      bool   // instead of After: nothing but where the stream ends now
	Backfill bool   // also of editions that were there before their source (or their topic) was
	Walk     Walk   // of the page before, where this is the one after it
	Limit    int
}

// Walk is what somebody knows who goes through a stream page by page: of the
// editions that were new on the pages before, those after From, all that happened
// up to To. The zero Walk begins one.
type Walk struct{ From, To int64 }

// Step is what happened to an edition at a place in a stream.
type Step struct {
	Seq  int64
	What Happening
}

// Change is what became of an edition.
type Change struct {
	Step
	Edition Edition // as it is today
}

// ChangePage is a part of a stream in the order in which things happened.
type ChangePage struct {
	Changes []Change
	Last    int64 // what to ask after next time
	More    bool  // there is more now, with Walk
	Walk    Walk
}

// UnknownSeqError says that this database never gave a number: it was restored
// from a copy, or replaced.
type UnknownSeqError struct {
	Seq    int64
	Newest int64 // that it did give; 0 for none
}

func (e *UnknownSeqError) Error() string {
	return fmt.Sprintf("%d is no number that was given here: the database was restored from a copy or replaced since", e.Seq)
}

// Tell is what somebody who asks q needs to hear of an edition, given all that
// happened to it in order, and at which places of the stream. An edition stands
// from when it is new until it is retracted, and may stand again later:
//
//   - one that is new stands at the place where it was, as it is today: what
//     changed since is in that;
//   - what changed in one that they have stands at its newest change, once;
//   - one that came and went in the meantime is not told: who never had it
//     could only look for it in vain;
//   - one that a changed topic took and gave back comes back as the past. To who did
//     not ask in between, and wants news alone, it stood all the time.
func (q ChangeQuery) Tell(steps []Step) (told []Step) {
	for len(steps) > 0 {
		end := 1
		for end < len(steps) && (steps[end-1].What != Retracted || steps[end].What != New && !q.Backfill) {
			end++
		}
		stood, first, last := steps[:end], steps[0], steps[end-1]
		steps = steps[end:]
		heard := q.After
		if q.Walk.From < first.Seq && first.Seq <= q.After { // it stood on a page before this one
			heard = max(heard, q.Walk.To)
		}
		switch {
		case last.Seq <= heard:
		case first.Seq > heard && last.What == Retracted:
		case first.Seq > heard && first.What == Returned:
			told = append(told, first)
		case first.Seq > heard:
			told = append(told, Step{first.Seq, New})
		case last.What != Returned && !gone(stood, heard):
			told = append(told, last)
		}
	}
	return told
}

// gone is whether the last that was heard of an edition is that it was retracted.
func gone(steps []Step, heard int64) (gone bool) {
	for _, s := range steps {
		if s.Seq <= heard {
			gone = s.What == Retracted
		}
	}
	return gone
}
