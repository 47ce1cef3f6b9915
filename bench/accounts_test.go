package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
)

// What accounts are measured with is what it is said to be.
func TestFarmAccounts(t *testing.T) {
	var a accounts
	mux := http.NewServeMux()
	a.site(0, mux)
	get := func(target string, sign bool) (status int, page struct {
		Next  string
		Items []struct{ Object json.RawMessage } `json:"orderedItems"`
	}) {
		r := httptest.NewRequest("GET", target, nil)
		if sign {
			r.Header.Set("Signature", `keyId="x",headers="(request-target) host date",signature="x"`)
		}
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		json.Unmarshal(w.Body.Bytes(), &page)
		return w.Code, page
	}
	for _, kind := range []string{"open", "strict"} {
		pages, posts := 0, map[string]bool{}
		for at := "http://a.example/" + kind + "/outbox"; ; pages++ {
			status, page := get(at, kind == "strict")
			if status != http.StatusOK {
				t.Fatalf("%s: %d", at, status)
			}
			if len(page.Items) == 0 {
				break
			}
			for _, it := range page.Items {
				posts[string(it.Object)] = true
			}
			at = page.Next
		}
		if pages != postsOfOne/postsShown || len(posts) != postsOfOne {
			t.Errorf("%s: %d posts on %d pages", kind, len(posts), pages)
		}
	}
	if status, _ := get("http://a.example/strict", false); status != http.StatusUnauthorized || a.refused.Load() != 1 {
		t.Errorf("whoever does not sign is answered %d", status)
	}
}
