package web

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"samenloop/post"
)

// tallied is a memory that can be counted, and fail.
type tallied struct {
	*memory
	err error
}

func (t *tallied) Count(context.Context, post.Query) (int, error) { return 7, t.err }

func ask(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

func TestMetrics(t *testing.T) {
	store := &tallied{memory: planet()}
	site := testSite()
	site.Metrics = NewMetrics("1.2.3", store)
	site.Metrics.Round(2*time.Second, true)
	site.Metrics.Visit(http.StatusNotModified, true, true, 0)
	site.Metrics.Visit(http.StatusOK, true, false, 0)
	site.Metrics.Visit(http.StatusOK, true, true, 30)
	site.Metrics.StoreError()
	for range 2 { // another configuration counts on
		h := newHandler(t, site, store)
		for range 3 {
			ask(h, "/nl/feed.atom")
		}
	}
	h := newHandler(t, site, store)
	body := ask(h, "/metrics").Body.String()
	for _, want := range []string{
		`samenloop_rounds_total{result="ok"} 1`, `samenloop_rounds_total{result="failed"} 0`, `samenloop_round_duration_seconds_sum 2`,
		`samenloop_visits_total{answer="unchanged"} 1`, `samenloop_visits_total{answer="not_understood"} 1`, `samenloop_visits_total{answer="changed"} 1`,
		`samenloop_posts_new_total 30`, `samenloop_store_errors_total 1`, `samenloop_kept_hits_total 4`, `samenloop_renders_total 2`,
		`samenloop_sources{state="active"} `, `samenloop_stories_shown 7`, `samenloop_build_info{version="1.2.3"} 1`, "go_goroutines",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is not in the metrics", want)
		}
	}
	for _, path := range []string{"/nobody/feed.atom", "/source/nobody/feed.atom", "/?x=1"} {
		ask(h, path)
	}
	if again := ask(h, "/metrics").Body.String(); strings.Count(again, "\n") != strings.Count(body, "\n") {
		t.Error("requests made the metrics longer")
	}
	store.memory.err = errors.New("no disk")
	if w := ask(h, "/en/feed.rss"); w.Code != http.StatusInternalServerError {
		t.Errorf("without a disk: %d", w.Code)
	}
	if body := ask(h, "/metrics").Body.String(); !strings.Contains(body, "samenloop_store_errors_total 2") {
		t.Error("what could not be rendered was not counted")
	}
	store.err = errors.New("no disk")
	broken := ask(h, "/metrics")
	if body := broken.Body.String(); broken.Code != http.StatusOK || !strings.Contains(body, "samenloop_store_errors_total") || strings.Contains(body, "samenloop_stories_shown ") {
		t.Errorf("without a store: %d %s", broken.Code, body)
	}
}

func TestAnswerOf(t *testing.T) {
	tests := []struct {
		status            int
		asked, understood bool
		want              string
	}{
		{0, false, true, "not_asked"}, {0, true, false, "none"}, {304, true, true, "unchanged"}, {200, true, true, "changed"},
		{200, true, false, "not_understood"}, {301, true, false, "redirect"}, {410, true, false, "refused"}, {503, true, false, "server_error"},
	}
	for _, tt := range tests {
		if got := answerOf(tt.status, tt.asked, tt.understood); got != tt.want {
			t.Errorf("answerOf(%d, %t, %t) = %q, want %q", tt.status, tt.asked, tt.understood, got, tt.want)
		}
	}
}

func TestHealthz(t *testing.T) {
	site := testSite()
	var trouble error
	site.Health = func(context.Context) error { return trouble }
	h := newHandler(t, site, &memory{})
	if got := ask(h, "/healthz"); got.Code != http.StatusOK || got.Body.String() != "ok" {
		t.Errorf("healthy: %d %q", got.Code, got.Body)
	}
	trouble = errors.New("the database cannot be read")
	if got := ask(h, "/healthz"); got.Code != http.StatusServiceUnavailable || got.Body.String() != "the database cannot be read\n" || got.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("ill: %d %q", got.Code, got.Body)
	}
}
