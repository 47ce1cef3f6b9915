package main

import (
	"bytes"
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"samenloop/web"
)

var feedCommand = &command{
	name:  "feed",
	args:  "PATH",
	short: `print what GET PATH answers, such as "samenloop feed /nl/feed.atom"`,
	run:   printFeed,
}

func printFeed(c *call) error {
	if len(c.args) != 1 || !strings.HasPrefix(c.args[0], "/") {
		return wrong("feed: give one path, such as /feed.atom or /nl/feed.json")
	}
	cfg, s, err := c.openStore(true)
	if err != nil {
		return err
	}
	defer s.Close()
	handler, err := web.New(cfg.site(), s)
	if err != nil {
		return &configError{[]string{err.Error()}}
	}
	request, err := http.NewRequestWithContext(c, http.MethodGet, c.args[0], nil)
	if err != nil {
		return wrong("feed: %s is not a path", printable(c.args[0]))
	}
	slog.SetDefault(slog.New(slog.DiscardHandler)) // what goes wrong is told once, below
	answer := &recorder{header: http.Header{}, status: http.StatusOK}
	handler.ServeHTTP(answer, request)
	if answer.status >= 500 {
		if err := s.Check(c); err != nil {
			return err
		}
	}
	if answer.status >= 300 {
		return fmt.Errorf("GET %s answers %d: %s", c.args[0], answer.status, cmp.Or(answer.header.Get("Location"), strings.TrimSpace(answer.String())))
	}
	_, err = answer.WriteTo(c.stdout)
	return err
}

// recorder is an http.ResponseWriter that keeps the answer.
type recorder struct {
	bytes.Buffer
	header http.Header
	status int
}

func (r *recorder) Header() http.Header    { return r.header }
func (r *recorder) WriteHeader(status int) { r.status = status }
