package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const (
	postsShown  = 20     // posts on a page of an account's list
	postsOfMost = 10     // posts of an account,
	postsOfOne  = 10_000 // but of the first, which has been there for long
)

// accounts are those of the farm, one on each site, in both ways that servers have:
// open ones give whole posts, strict ones only ids, and nothing to whoever does not sign.
type accounts struct {
	newer      atomic.Int64 // posts that each has published since it began
	validators atomic.Bool

	// What was asked for since the last time: pages of lists, posts, actors, and without a signature that is wanted.
	pages, posts, actors, refused atomic.Int64
}

func (a *accounts) site(n int, mux *http.ServeMux) {
	for _, kind := range []string{"open", "strict"} {
		strict := kind == "strict"
		get := func(path string, count *atomic.Int64, document func(r *http.Request, account string, newest int) string) {
			mux.HandleFunc("GET /"+kind+path, func(w http.ResponseWriter, r *http.Request) {
				if strict && !strings.Contains(r.Header.Get("Signature"), `headers="(request-target) host date"`) {
					a.refused.Add(1)
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				count.Add(1)
				newest := postsOfMost + int(a.newer.Load())
				if n == 0 {
					newest += postsOfOne - postsOfMost
				}
				w.Header().Set("Content-Type", "application/activity+json")
				if etag := fmt.Sprintf(`"%d"`, newest); a.validators.Load() {
					w.Header().Set("ETag", etag)
					if r.Header.Get("If-None-Match") == etag {
						w.WriteHeader(http.StatusNotModified)
						return
					}
				}
				io.WriteString(w, document(r, "http://"+r.Host+"/"+kind, newest))
			})
		}
		get("", &a.actors, func(r *http.Request, account string, newest int) string {
			return fmt.Sprintf(`{"@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/v1"],"type":"Person","id":"%s","preferredUsername":"site%d","name":"Site %d","summary":"<p>Writes about the web.</p>","url":"%s","outbox":"%s/outbox","inbox":"%s/inbox","discoverable":true,"manuallyApprovesFollowers":false}`,
				account, n, n, account, account, account)
		})
		get("/outbox", &a.pages, func(r *http.Request, account string, newest int) string {
			before, err := strconv.Atoi(r.FormValue("max_id"))
			if err != nil {
				before = newest + 1
			}
			var items []string
			for i := before - 1; i >= max(1, before-postsShown); i-- {
				object := strconv.Quote(fmt.Sprint(account, "/posts/", i))
				if !strict {
					object = accountPost(n, i, account)
				}
				items = append(items, fmt.Sprintf(`{"type":"Create","id":"%s/posts/%d/activity","actor":"%s","to":["https://www.w3.org/ns/activitystreams#Public"],"cc":["%s/followers"],"object":%s}`, account, i, account, account, object))
			}
			return fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","type":"OrderedCollectionPage","id":"%s/outbox?max_id=%d","partOf":"%s/outbox","next":"%s/outbox?max_id=%d","orderedItems":[%s]}`,
				account, before, account, account, max(1, before-postsShown), strings.Join(items, ","))
		})
		get("/posts/{number}", &a.posts, func(r *http.Request, account string, newest int) string {
			number, _ := strconv.Atoi(r.PathValue("number"))
			return accountPost(n, number, account)
		})
	}
	mux.HandleFunc("POST /accounts", func(w http.ResponseWriter, r *http.Request) {
		newer, err := strconv.ParseInt(r.FormValue("newer"), 10, 64)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		a.newer.Store(newer)
		a.validators.Store(r.FormValue("validators") == "true")
		json.NewEncoder(w).Encode(asked{a.pages.Swap(0), a.posts.Swap(0), a.actors.Swap(0), a.refused.Swap(0)})
	})
}

// accountPost is a post of some 300 characters.
func accountPost(site, number int, account string) string {
	var text strings.Builder
	for w := uint32(site*7919 + number*104729 + 1); text.Len() < 300; w = w*1664525 + 1013904223 {
		text.WriteString(words[w>>16%uint32(len(words))] + " ")
	}
	return fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","type":"Note","id":"%s/posts/%d","attributedTo":"%s","published":"%s","url":"%s/posts/%d","to":["https://www.w3.org/ns/activitystreams#Public"],"cc":["%s/followers"],"sensitive":false,"summary":null,"inReplyTo":null,"content":"<p>%d %s</p><p><a href=\"%s/tags/bench\" class=\"mention hashtag\" rel=\"tag\">#<span>bench</span></a></p>","contentMap":{"en":"<p>%d %s</p><p><a href=\"%s/tags/bench\" class=\"mention hashtag\" rel=\"tag\">#<span>bench</span></a></p>"},"attachment":[],"tag":[{"type":"Hashtag","href":"%s/tags/bench","name":"#bench"}]}`,
		account, number, account, time.Date(2026, 1, 1, 0, number, 0, 0, time.UTC).Format(time.RFC3339), account, number, account, number, &text, account, number, &text, account, account)
}

// asked is what the farm's accounts were asked for.
type asked struct{ Pages, Posts, Actors, Refused int64 }

func (a asked) all() int64 { return a.Pages + a.Posts + a.Actors + a.Refused }

// publish lets each account have published some posts since it began, and says what was asked until now.
func (b *bench) publish(newer int, validators bool) (a asked, err error) {
	resp, err := http.PostForm("http://"+farmHost(0)+":"+b.port+"/accounts",
		map[string][]string{"newer": {strconv.Itoa(newer)}, "validators": {strconv.FormatBool(validators)}})
	if err != nil {
		return a, err
	}
	defer resp.Body.Close()
	return a, json.NewDecoder(resp.Body).Decode(&a)
}

// accountsConfig reads some accounts of the farm.
func (b *bench) accountsConfig(name, kind string, from, to int) (string, error) {
	var text strings.Builder
	fmt.Fprintf(&text, "[site]\nlanguages = [\"en\"]\nbase_url = \"https://bench.example\"\ndatabase = %q\n[fetch]\nallow_networks = [\"127.0.0.0/8\"]\n[[topic]]\nid = \"bench\"\nhashtags = [\"bench\"]\n", name+".db")
	for n := from; n < to; n++ {
		fmt.Fprintf(&text, "[[source]]\nid = \"s%d\"\nurl = \"http://%s:%s/%s\"\n", n, farmHost(n), b.port, kind)
	}
	file := filepath.Join(b.dir, name+".toml")
	return file, os.WriteFile(file, []byte(text.String()), 0o600)
}

// accounts reads accounts of the fediverse: one of long standing, and many that have nothing new.
func (b *bench) accounts() error {
	for _, kind := range []string{"open", "strict"} {
		if err := b.oneAccount(kind); err != nil {
			return err
		}
		if err := b.manyAccounts(kind); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) oneAccount(kind string) error {
	config, err := b.accountsConfig("one-"+kind, kind, 0, 1)
	if err != nil {
		return err
	}
	if _, err := b.publish(0, false); err != nil {
		return err
	}
	if _, err := b.round(config); err != nil {
		return err
	}
	if _, err := b.publish(5, false); err != nil {
		return err
	}
	if _, err := b.samenloop("poll", "-config", config, "-due", "-now", inHours(2)); err != nil {
		return err
	}
	was, err := b.publish(0, false)
	if err != nil {
		return err
	}
	b.tell(fmt.Sprintf("account of %d posts (%s), 5 of them new: pages", postsOfOne, kind), float64(was.Pages), 1, fmt.Sprintf("and %d requests in all", was.all()))
	return nil
}

// inHours is a time to pretend, so that sources are due as on schedule, and not as somebody asks for all to be looked at again.
func inHours(n int) string {
	return time.Now().Add(time.Duration(n) * time.Hour).UTC().Format(time.RFC3339)
}

func (b *bench) manyAccounts(kind string) error {
	config, err := b.accountsConfig("accounts-"+kind, kind, 1, *sites)
	if err != nil {
		return err
	}
	for _, validators := range []bool{true, false} {
		if _, err := b.publish(0, validators); err != nil {
			return err
		}
		if validators {
			if _, err := b.round(config); err != nil {
				return err
			}
		}
		const rounds = 3 // of each kind that there is: with the actor, with a post, or the list alone
		var took time.Duration
		if _, err := b.publish(0, validators); err != nil {
			return err
		}
		for n := range rounds {
			hours := 2 * (n + 1)
			if !validators {
				hours += 2 * rounds
			}
			c, err := b.samenloop("poll", "-config", config, "-due", "-now", inHours(hours))
			if err != nil {
				return err
			}
			took += c.cpu
		}
		was, err := b.publish(0, validators)
		if err != nil {
			return err
		}
		visits := rounds * (*sites - 1)
		answer := map[bool]string{true: "304", false: "200 with the same bytes"}[validators]
		b.tell(fmt.Sprintf("accounts (%s) with nothing new, answered %s: CPU each", kind, answer), milliseconds(took, visits), 4, "ms")
		b.tell("  requests each", float64(was.all())/float64(visits), 2, fmt.Sprintf("(%d without the signature that is wanted)", was.Refused))
	}
	return nil
}
