package web

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"samenloop/post"
)

// Metrics counts what a program that serves does, in the words of Prometheus. It
// outlives the handlers that are given it: another configuration goes on counting.
//
// Every label has a few values that are known beforehand: no host, URL or user
// agent is one, so that nobody outside can make them grow.
type Metrics struct {
	handler http.Handler

	rounds        *prometheus.CounterVec
	roundTime     prometheus.Histogram
	visits        *prometheus.CounterVec
	posts         prometheus.Counter
	storeErrors   prometheus.Counter
	hits, renders prometheus.Counter
}

// Tally is what metrics ask the store when they are read.
type Tally interface {
	// Sources lists all, with the state of their last visit.
	Sources(ctx context.Context) ([]post.SourceState, error)
	// Count is how many editions a feed has.
	Count(ctx context.Context, q post.Query) (int, error)
}

// Answers of sources, as visits are counted by.
var answers = []string{"changed", "unchanged", "redirect", "refused", "server_error", "none", "not_understood", "not_asked"}

// NewMetrics begins to count.
func NewMetrics(version string, store Tally) *Metrics {
	registry := prometheus.NewRegistry()
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: "samenloop_" + name, Help: help})
		registry.MustRegister(c)
		return c
	}
	vector := func(name, help, label string, values ...string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "samenloop_" + name, Help: help}, []string{label})
		registry.MustRegister(v)
		for _, value := range values { // so that a rate can be told from the first one on
			v.WithLabelValues(value)
		}
		return v
	}
	m := &Metrics{
		rounds:      vector("rounds_total", "Rounds of visits that ended, by how.", "result", "ok", "failed"),
		visits:      vector("visits_total", "Visits of sources, by what they answered.", "answer", answers...),
		posts:       counter("posts_new_total", "Posts that were stored for the first time."),
		storeErrors: counter("store_errors_total", "What the database could not do."),
		hits:        counter("kept_hits_total", "Requests answered from what was kept."),
		renders:     counter("renders_total", "Answers that were made anew."),
		roundTime: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "samenloop_round_duration_seconds", Help: "How long rounds took.",
			Buckets: []float64{.1, .5, 1, 5, 15, 60, 300, 900},
		}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "samenloop_build_info", Help: "Always 1; its label is the version.", ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	registry.MustRegister(m.roundTime, build, &tally{store, m.storeErrors},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.handler = promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 2, Timeout: 10 * time.Second,
	})
	return m
}

// Round counts a round that ended, and how long it took.
func (m *Metrics) Round(took time.Duration, ok bool) {
	result := "ok"
	if !ok {
		result = "failed"
	}
	m.rounds.WithLabelValues(result).Inc()
	m.roundTime.Observe(took.Seconds())
}

// Visit counts a visit: the HTTP status of its answer (0 where there was none),
// whether the source was asked at all and its answer understood, and the posts
// that were new.
func (m *Metrics) Visit(status int, asked, understood bool, fresh int) {
	m.visits.WithLabelValues(answerOf(status, asked, understood)).Inc()
	m.posts.Add(float64(fresh))
}

func answerOf(status int, asked, understood bool) string {
	switch {
	case !asked:
		return "not_asked"
	case status == 0:
		return "none"
	case status == http.StatusNotModified:
		return "unchanged"
	case status >= 500:
		return "server_error"
	case status >= 400:
		return "refused"
	case status >= 300:
		return "redirect"
	case !understood:
		return "not_understood"
	}
	return "changed"
}

// StoreError counts something that the database could not do, where anybody counts.
func (m *Metrics) StoreError() {
	if m != nil {
		m.storeErrors.Inc()
	}
}

// hit counts a request that was answered from what was kept, where anybody counts.
func (m *Metrics) hit() {
	if m != nil {
		m.hits.Inc()
	}
}

// render counts an answer that is made anew, where anybody counts.
func (m *Metrics) render() {
	if m != nil {
		m.renders.Inc()
	}
}

// tally are the metrics that the store knows.
type tally struct {
	store  Tally
	errors prometheus.Counter
}

var (
	sourcesDesc = prometheus.NewDesc("samenloop_sources", "Sources, by state.", []string{"state"}, nil)
	troubleDesc = prometheus.NewDesc("samenloop_sources_in_trouble", "Sources that are read and whose last visit failed.", nil, nil)
	deadDesc    = prometheus.NewDesc("samenloop_sources_dead", "Sources that answered 410, or that fail since days.", nil, nil)
	postsDesc   = prometheus.NewDesc("samenloop_posts", "Stored posts, by whether they are on a topic.", []string{"on_topic"}, nil)
	shownDesc   = prometheus.NewDesc("samenloop_stories_shown", "Stories that the feed of everything shows.", nil, nil)
)

// Describe implements [prometheus.Collector].
func (t *tally) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{sourcesDesc, troubleDesc, deadDesc, postsDesc, shownDesc} {
		to <- d
	}
}

// Collect implements [prometheus.Collector].
func (t *tally) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	sources, err := t.store.Sources(ctx)
	shown, errShown := t.store.Count(ctx, post.Query{})
	if err != nil || errShown != nil { // what is not known is left out
		t.errors.Inc()
		return
	}
	gauge := func(d *prometheus.Desc, n int, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(n), labels...)
	}
	states := []post.State{post.Active, post.Paused, post.Gone, post.Removed, post.Blocked}
	count := make([]int, len(states))
	var trouble, dead, posts, matched int
	for _, s := range sources {
		if i := slices.Index(states, s.State); i >= 0 {
			count[i]++
		}
		if s.State == post.Active && s.Visit.Trouble != "" {
			trouble++
		}
		if (s.State == post.Active || s.State == post.Gone) && s.Visit.Dead() {
			dead++
		}
		posts += s.Posts
		matched += s.Matched
	}
	for i, state := range states {
		gauge(sourcesDesc, count[i], string(state))
	}
	gauge(troubleDesc, trouble)
	gauge(deadDesc, dead)
	gauge(postsDesc, matched, "yes")
	gauge(postsDesc, posts-matched, "no")
	gauge(shownDesc, shown)
}
