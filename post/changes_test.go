package post

import (
	"slices"
	"testing"
)

func TestTell(t *testing.T) {
	history := func(events string) (steps []Step) {
		for i, e := range events {
			if e != '.' {
				steps = append(steps, Step{int64(i + 1), map[rune]Happening{'n': New, 'c': Changed, 'r': Retracted, 'b': Returned}[e]})
			}
		}
		return steps
	}
	for _, c := range []struct {
		events string
		q      ChangeQuery
		want   []Step
	}{
		{"n", ChangeQuery{}, []Step{{1, New}}},
		{"n", ChangeQuery{After: 1}, nil},
		{"nc", ChangeQuery{}, []Step{{1, New}}},
		{"ncc", ChangeQuery{After: 1}, []Step{{3, Changed}}},
		{"ncc", ChangeQuery{After: 2}, []Step{{3, Changed}}},
		{"nr", ChangeQuery{}, nil},
		{"nr", ChangeQuery{After: 1}, []Step{{2, Retracted}}},
		{"ncr", ChangeQuery{After: 1}, []Step{{3, Retracted}}},
		{"nrn", ChangeQuery{}, []Step{{3, New}}},
		{"nrn", ChangeQuery{After: 1}, []Step{{2, Retracted}, {3, New}}},
		{"nrn", ChangeQuery{After: 2}, []Step{{3, New}}},
		{"nrnc", ChangeQuery{After: 3}, []Step{{4, Changed}}},
		// Taken by a topic, and given back.
		{"nrb", ChangeQuery{}, []Step{{1, New}}},
		{"nrb", ChangeQuery{After: 1}, nil},
		{"nrb", ChangeQuery{After: 2}, nil},
		{"nrbc", ChangeQuery{}, []Step{{1, New}}},
		{"nrbc", ChangeQuery{After: 1}, []Step{{4, Changed}}},
		{"nrbc", ChangeQuery{After: 2}, nil},
		{"nrbc", ChangeQuery{After: 3}, []Step{{4, Changed}}},
		{"nrbr", ChangeQuery{After: 2}, nil},
		{"nrbr", ChangeQuery{}, nil},
		{"nrbr", ChangeQuery{After: 1}, []Step{{4, Retracted}}},
		{"nrbr", ChangeQuery{After: 3}, []Step{{4, Retracted}}},
		{"nrbrb", ChangeQuery{}, []Step{{1, New}}},
		{"nrbrn", ChangeQuery{After: 3}, []Step{{4, Retracted}, {5, New}}},
		{"nrc", ChangeQuery{After: 1}, []Step{{3, Changed}}},
		{"nrc", ChangeQuery{After: 2}, nil},
		{"n.r..b", ChangeQuery{After: 2, Walk: Walk{0, 4}}, nil},
		{"nrb", ChangeQuery{Backfill: true}, []Step{{3, Returned}}},
		{"nrb", ChangeQuery{Backfill: true, After: 1}, []Step{{2, Retracted}, {3, Returned}}},
		{"nrb", ChangeQuery{Backfill: true, After: 2}, []Step{{3, Returned}}},
		{"nrb", ChangeQuery{Backfill: true, After: 3}, nil},
		{"nrbc", ChangeQuery{Backfill: true, After: 3}, []Step{{4, Changed}}},
		{"nrbr", ChangeQuery{Backfill: true, After: 3}, []Step{{4, Retracted}}},
		{"nrc", ChangeQuery{Backfill: true, After: 1}, []Step{{2, Retracted}, {3, New}}},
		// On the second page of a walk that began at 0 and knew all up to 4.
		{"n.c", ChangeQuery{After: 2, Walk: Walk{0, 4}}, nil},
		{"n.c..c", ChangeQuery{After: 2, Walk: Walk{0, 4}}, []Step{{6, Changed}}},
		{"n.r..n", ChangeQuery{After: 2, Walk: Walk{0, 4}}, []Step{{6, New}}},
		{"n.rn.r", ChangeQuery{After: 2, Walk: Walk{0, 4}}, nil},
		{"n.rn.c", ChangeQuery{After: 2, Walk: Walk{0, 4}}, []Step{{4, New}}},
		{"..c", ChangeQuery{After: 2, Walk: Walk{0, 4}}, []Step{{3, New}}},
		// One that was known before the walk, and is still to come in it.
		{"n..c", ChangeQuery{After: 3, Walk: Walk{2, 5}}, []Step{{4, Changed}}},
	} {
		if told := c.q.Tell(history(c.events)); !slices.Equal(told, c.want) {
			t.Errorf("%s after %d, %v: %v, want %v", c.events, c.q.After, c.q.Walk, told, c.want)
		}
	}
}
