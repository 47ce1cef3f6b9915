package store

import (
	"bytes"
	"fmt"
	"os"
	"testing"
	"time"

	"samenloop/post"
)

func stateOf(t *testing.T, s *Store, id string) post.SourceState {
	t.Helper()
	states, err := s.Sources(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, st := range states {
		if st.Source.ID == id {
			return st
		}
	}
	t.Fatalf("no source %q", id)
	return post.SourceState{}
}

// What the operator says by command holds beside the configuration, which has its own say.
func TestSourcesByCommand(t *testing.T) {
	s := open(t)
	know(t, s, "a", "b")
	add := post.Source{ID: "c", Title: "C", URL: "https://c.example/feed", All: true}
	if err := s.AddSources(t.Context(), by(t0), post.SourceState{Source: add}); err != nil {
		t.Fatal(err)
	}
	if err := s.AddSources(t.Context(), by(t0), post.SourceState{Source: post.Source{ID: "d", URL: "https://d.example/"}}, post.SourceState{Source: post.Source{ID: "a", URL: "https://other.example/"}}); err == nil {
		t.Error("a taken id was added")
	}
	know(t, s, "a", "b") // another start
	if st := stateOf(t, s, "c"); st.Source != add || st.State != post.Active || st.Configured {
		t.Errorf("added by command: %+v", st)
	}
	if states, _ := s.Sources(t.Context()); len(states) != 3 || states[2].Source.ID != "c" {
		t.Errorf("sources %+v", states)
	}
	for _, step := range []struct{ say, want post.State }{{post.Paused, post.Paused}, {post.Removed, post.Removed}, {post.Active, post.Active}} {
		for _, id := range []string{"a", "c"} {
			if err := s.SetState(t.Context(), by(t0), id, step.say); err != nil {
				t.Fatal(err)
			}
		}
		know(t, s, "a", "b")
		for _, id := range []string{"a", "c"} {
			if st := stateOf(t, s, id); st.State != step.want {
				t.Errorf("%s is %s after a start, want %s", id, st.State, step.want)
			}
		}
	}
	// One that left the configuration and returns is read again.
	know(t, s, "b")
	know(t, s, "a", "b", "c")
	if a, c := stateOf(t, s, "a"), stateOf(t, s, "c"); a.State != post.Active || c.State != post.Active || !c.Configured || c.Source.All {
		t.Errorf("back in the configuration: %+v, %+v", a, c)
	}
}

func TestResumeGone(t *testing.T) {
	s := open(t)
	know(t, s, "a")
	if _, err := s.Save(t.Context(), post.Batch{Now: t0, Visit: post.Visit{Source: "a", Given: "https://a.example/feed", Gone: true, Next: t0.Add(time.Hour)}}); err != nil {
		t.Fatal(err)
	}
	if st := stateOf(t, s, "a"); st.State != post.Gone {
		t.Fatalf("%+v", st)
	}
	if err := s.SetState(t.Context(), by(t0), "a", post.Active); err != nil {
		t.Fatal(err)
	}
	if st := stateOf(t, s, "a"); st.State != post.Active || !st.Visit.Next.IsZero() {
		t.Errorf("%+v", st)
	}
}

func TestPurgeSource(t *testing.T) {
	s := open(t)
	know(t, s, "a", "b")
	save(t, s, t0, "a", about("a", "alone", "https://a.example/alone"), about("a", "shared", "https://a.example/shared"))
	save(t, s, t0, "b", about("b", "shared", "https://a.example/shared"))
	var shared string
	for _, e := range editions(t, s, post.Query{}) {
		if e.Lead.URL == "https://a.example/shared" {
			shared = e.ID
		}
	}
	if n, err := s.PurgeSource(t.Context(), by(t0.Add(time.Hour)), "a"); n != 2 || err != nil {
		t.Fatalf("withdrew %d, %v", n, err)
	}
	left := editions(t, s, post.Query{})
	if len(left) != 1 || left[0].ID != shared || left[0].Lead.Source != "b" || left[0].Lead.HTML == "" {
		t.Errorf("left %+v", left)
	}
	// It does not come back, whatever its source gives next.
	edited := about("a", "alone", "https://a.example/alone")
	edited.HTML += "<p>and more</p>"
	edited.Digest = edited.Shown()
	save(t, s, t0.Add(2*time.Hour), "a", edited)
	if n := len(editions(t, s, post.Query{})); n != 1 {
		t.Errorf("%d editions, want 1", n)
	}
	if n, err := s.PurgeSource(t.Context(), by(t0.Add(3*time.Hour)), "a"); n != 0 || err != nil {
		t.Errorf("the second time it withdrew %d, %v", n, err)
	}
}

// What was taken back is not in the file any more either.
func TestPurgeOverwrites(t *testing.T) {
	s := open(t)
	know(t, s, "a", "b")
	const many = 50
	for i := range many {
		id := fmt.Sprintf("gone %d", i)
		save(t, s, t0, "a", about("a", id, "https://a.example/"+id))
	}
	save(t, s, t0, "b", about("b", "kept", "https://b.example/kept"))
	if n, err := s.PurgeSource(t.Context(), by(t0.Add(time.Hour)), "a"); n != many || err != nil {
		t.Fatalf("withdrew %d, %v", n, err)
	}
	s.Close()
	file, err := os.ReadFile(s.path)
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(file, []byte(" says that the open web")); n != 1 {
		t.Errorf("%d texts are in the file, want 1", n)
	}
}

// What is made of how sources fare is made anew after a visit and after a command, and not before.
func TestSourcesVersion(t *testing.T) {
	s := open(t)
	know(t, s, "a")
	versions := []string{s.SourcesVersion()}
	save(t, s, t0, "a")
	versions = append(versions, s.SourcesVersion())
	if err := s.SetState(t.Context(), by(t0), "a", post.Paused); err != nil {
		t.Fatal(err)
	}
	versions = append(versions, s.SourcesVersion(), s.SourcesVersion())
	if versions[0] == versions[1] || versions[1] == versions[2] || versions[2] != versions[3] {
		t.Errorf("%q", versions)
	}
}
