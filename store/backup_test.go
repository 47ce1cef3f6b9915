package store

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"samenloop/post"
)

func TestBackup(t *testing.T) {
	s := open(t)
	know(t, s, "a")
	save(t, s, t0, "a", about("a", "1", "https://a.example/1"))
	file := filepath.Join(t.TempDir(), "a copy?.db")
	reader, err := Open(t.Context(), s.Path(), Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := reader.Backup(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy has mode %v, %v: it may hold passwords", info.Mode(), err)
	}
	save(t, s, t0.Add(time.Hour), "a", about("a", "2", "https://a.example/2"))
	lost := editions(t, s, post.Query{})

	if err := reader.Backup(t.Context(), file); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("a backup over another: %v", err)
	}
	if err := reader.Backup(t.Context(), filepath.Join(t.TempDir(), "no", "where")); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("a backup into no folder: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), ".*")); len(left) > 0 {
		t.Errorf("%v is left behind", left)
	}

	// The copy in the place of the database: ids are as they were, numbers go on.
	back, err := Open(t.Context(), file, Options{Languages: []string{"nl", "en"}})
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	was := editions(t, back, post.Query{})
	if len(was) != 1 || was[0].ID != lost[1].ID || was[0].Seq != lost[1].Seq || was[0].Story != lost[1].Story {
		t.Fatalf("restored %+v, want %+v", was, lost[1])
	}
	save(t, back, t0.Add(2*time.Hour), "a", about("a", "2", "https://a.example/2"))
	if again := editions(t, back, post.Query{}); again[0].Seq <= lost[0].Seq {
		t.Errorf("number %d after the restore, but the lost database gave %d", again[0].Seq, lost[0].Seq)
	}
}

// However much happens at once, no number runs ahead of the clock: whatever a
// database gives after it was restored is larger than all it gave before.
func TestNumbersKeepBehindTheClock(t *testing.T) {
	s := open(t)
	know(t, s, "a")
	var posts []post.Post
	for i := range 500 {
		id := string(rune('a'+i%26)) + strings.Repeat("x", i/26)
		posts = append(posts, about("a", id, "https://a.example/"+id))
	}
	save(t, s, time.Now(), "a", posts...)
	if newest := editions(t, s, post.Query{Limit: 50})[0].Seq; newest > time.Now().UnixMicro() {
		t.Errorf("number %d is ahead of the clock", newest)
	}
}

func TestDamagedCopy(t *testing.T) {
	s := open(t)
	know(t, s, "a")
	for i := range 20 {
		p := about("a", strings.Repeat("x", i+1), "https://a.example/"+strings.Repeat("x", i+1))
		p.HTML = strings.Repeat("<p>filling</p>", 2000)
		save(t, s, t0, "a", p)
	}
	file := filepath.Join(t.TempDir(), "copy.db")
	if err := s.Backup(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	middle := bytes.Clone(whole)
	for i := 32 << 10; i < 96<<10; i++ {
		middle[i] ^= 0x55
	}
	for name, text := range map[string][]byte{"cut off": whole[:len(whole)/2], "overwritten": middle, "text": []byte("not a database\n")} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := Open(t.Context(), file, Options{Languages: []string{"nl"}})
		if err == nil {
			err = d.Check(t.Context())
			d.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "damaged") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
