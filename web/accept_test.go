package web

import "testing"

func TestPreferred(t *testing.T) {
	choices := []choice{
		{types: []string{"text/html"}},
		{types: []string{"application/activity+json", `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`}},
		{types: []string{"application/atom+xml"}},
	}
	for accept, want := range map[string]int{
		"":                          0,
		"*/*":                       0,
		"image/png":                 0,
		"application/activity+json": 1,
		"APPLICATION/Activity+JSON": 1,
		"application/atom+xml":      2,
		"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8":                            0,
		`application/ld+json; profile="https://www.w3.org/ns/activitystreams"`:                       1,
		`application/ld+json; profile="https://example.org/x https://www.w3.org/ns/activitystreams"`: 1,
		`application/ld+json; profile="https://example.org/x"`:                                       0,
		"application/ld+json": 0,
		`application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams", text/html;q=0.1`: 1,
		"text/html, application/activity+json":             0,
		"text/html;q=0.5, application/activity+json;q=0.6": 1,
		"*/*, application/activity+json":                   1,
		"application/activity+json, */*":                   1,
		"application/activity+json;q=0.5, */*":             0,
		"application/activity+json;q=0":                    0,
		"application/activity+json;q=nonsense":             0,
		"application/activity+json;q=NaN":                  0,
		";;;,,, application/atom+xml":                      2,
		`application/activity+json; charset="utf-8"`:       1,
	} {
		if got := preferred(accept, choices); got != want {
			t.Errorf("Accept %q: %d, want %d", accept, got, want)
		}
	}
}

func FuzzPreferred(f *testing.F) {
	f.Add(`application/ld+json; profile="a b", text/html;q=0.1`)
	f.Add(`*/*;q=`)
	f.Add(`a/b;c="`)
	choices := []choice{{types: []string{"text/html"}}, {types: []string{"application/activity+json"}}}
	f.Fuzz(func(t *testing.T, accept string) {
		if i := preferred(accept, choices); i < 0 || i >= len(choices) {
			t.Errorf("%q: %d", accept, i)
		}
	})
}
