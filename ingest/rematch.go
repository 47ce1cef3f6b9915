package ingest

import (
	"context"
	"slices"
	"time"

	"samenloop/post"
)

// Archive is what deciding anew about stored posts needs of the store.
type Archive interface {
	// Rules are those that what is stored was last decided by.
	Rules(ctx context.Context) (post.Rules, error)
	// Slice reads some posts after a row, of one source or, where that is empty, of all; none where there are no more.
	Slice(ctx context.Context, source string, after int64) (rows []int64, posts []post.Post, err error)
	// Redecide writes down which topics posts are on.
	Redecide(ctx context.Context, now time.Time, decisions []post.Decision) error
	// SaveRules notes that all that is stored was decided by these.
	SaveRules(ctx context.Context, rules post.Rules) error
}

// Rematch decides anew about what is stored where topics changed since that was
// last done, or sources began or ceased to be taken whole, and says of how many
// posts the topics are others now. It goes in slices, so that others write in
// between; what was cut short is done whole the next time, to the same end. No
// round may run meanwhile: it would go by rules that were not noted yet.
func Rematch(ctx context.Context, a Archive, rules post.Rules, now time.Time) (changed int, err error) {
	old, err := a.Rules(ctx)
	if err != nil {
		return 0, err
	}
	topics := rules.Changed(old)
	var sources []string // "" for all
	if len(topics) > 0 {
		sources = []string{""}
	} else {
		for id, whole := range rules.Whole {
			if whole != old.Whole[id] {
				sources = append(sources, id)
			}
		}
	}
	if len(sources) == 0 {
		return 0, nil
	}
	match, err := post.NewMatcher(slices.DeleteFunc(slices.Clone(rules.Topics), func(t post.Topic) bool { return !topics[t.ID] }))
	if err != nil {
		return 0, err
	}
	for _, source := range sources {
		n, err := rematch(ctx, a, source, now, func(p *post.Post) []post.Match {
			return post.Redecide(words(p, post.Text(p.HTML)), p.Matches, topics, match, rules.Whole[p.Source])
		})
		changed += n
		if err != nil {
			return changed, err
		}
	}
	return changed, a.SaveRules(ctx, rules)
}

// rematch goes through the posts of a source and stores what decide says of them.
func rematch(ctx context.Context, a Archive, source string, now time.Time, decide func(*post.Post) []post.Match) (changed int, err error) {
	for after := int64(0); ; {
		rows, posts, err := a.Slice(ctx, source, after)
		if err != nil || len(rows) == 0 {
			return changed, err
		}
		var decisions []post.Decision
		for i := range posts {
			if matches := decide(&posts[i]); !slices.Equal(matches, posts[i].Matches) {
				decisions = append(decisions, post.Decision{Row: rows[i], Matches: matches})
			}
		}
		if len(decisions) > 0 {
			if err := a.Redecide(ctx, now, decisions); err != nil {
				return changed, err
			}
		}
		changed += len(decisions)
		after = rows[len(rows)-1]
	}
}
