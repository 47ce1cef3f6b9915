package store

import (
	"fmt"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"samenloop/post"
)

func cpuTime() time.Duration {
	var use syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &use)
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

// However many posts say the same, stand at one address or point to one page, another
// one costs no more than the first ones did.
func TestFloodCostsTheSame(t *testing.T) {
	if os.Getenv("LONG") == "" {
		t.Skip("takes most of a minute: LONG=1 runs it")
	}
	const text = "<p>The city council decided on Tuesday that every neighbourhood gets its own library again, with reading rooms, quiet corners and a place where children make their homework after school.</p>"
	floods := map[string]func(p *post.Post, i int){
		"one text":              func(p *post.Post, i int) { p.Title, p.HTML = "Libraries", text },
		"one text, many titles": func(p *post.Post, i int) { p.HTML = text },
		"one text, many sites": func(p *post.Post, i int) {
			p.URL, p.Title, p.HTML = fmt.Sprintf("https://a%d.example/x", i), "Libraries", text
		},
		"one text, all of it another": func(p *post.Post, i int) { p.URL, p.HTML = fmt.Sprintf("https://a%d.example/x", i), text },
		"one address":                 func(p *post.Post, i int) { p.URL = "https://b.example/x" },
		"one address and title":       func(p *post.Post, i int) { p.URL, p.Title = "https://b.example/x", "Libraries" },
		"notes on one page": func(p *post.Post, i int) {
			p.Note, p.HTML = true, fmt.Sprintf(`<p>%d, see <a href="https://b.example/x">there</a></p>`, i)
		},
		"translations of one page": func(p *post.Post, i int) { p.Alternates = map[string]string{"fy": "https://a.example/0"} },
	}
	for name, flood := range floods {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			know(t, s, "a")
			const visits, each = 15, 100
			took := make([]time.Duration, visits) // of CPU: other programs run beside
			for visit := range visits {
				posts := make([]post.Post, each)
				now := t0.Add(time.Duration(visit) * time.Hour)
				for i := range posts {
					n := visit*each + i
					posts[i] = about("a", fmt.Sprint(n), fmt.Sprintf("https://a.example/%d", n))
					posts[i].Published, posts[i].FirstSeen = now, now
					flood(&posts[i], n)
				}
				began := cpuTime()
				save(t, s, now, "a", posts...)
				took[visit] = cpuTime() - began
			}
			first, last := slices.Min(took[1:5]), slices.Min(took[visits-4:])
			if t.Logf("%v at first, %v in the end for %d posts", first, last, each); last > 5*first/2 {
				t.Errorf("the longer it lasts, the more it costs: %v", took)
			}
		})
	}
}
