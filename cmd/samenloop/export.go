package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"samenloop/export"
	"samenloop/feeds"
	"samenloop/store"
	"samenloop/web"
)

var exportCommand = &command{
	name:  "export",
	args:  "FOLDER",
	short: "write the pages and feeds as files, for any web host",
	long: `Only what changed is written, and what is no longer part of the site is removed: run it after each
"samenloop poll", and copy the folder to where base_url leads. It runs beside "serve".
The folder is a new or empty one at first. What you put in it yourself is never touched: it goes before a
file of ours with the same name. What was retracted is a page that says so. A search, /changes.json and
what members send need "serve".`,
	run: exportSite,
}

func exportSite(c *call) error {
	if len(c.args) != 1 {
		return wrong("export: give one folder to write to")
	}
	cfg, s, err := c.openStore(true)
	if err != nil {
		return err
	}
	defer s.Close()
	site := cfg.site()
	site.Static = true
	handler, err := web.New(site, s)
	if err != nil {
		return &configError{[]string{err.Error()}}
	}
	slog.SetDefault(slog.New(slog.DiscardHandler)) // what goes wrong is told once, below
	start, err := exportFrom(c, site, s)
	if err != nil {
		return err
	}
	folder := c.args[0]
	report, err := export.Write(c, export.Site{
		BaseURL: cfg.Site.BaseURL,
		Start:   start,
		Get:     func(ctx context.Context, address string) (export.Answer, error) { return ask(ctx, handler, address) },
	}, folder)
	for _, name := range report.Foreign {
		fmt.Fprintf(c.stderr, "samenloop: %s in %s is not ours, and stays as it is\n", printable(name), printable(folder))
	}
	if err != nil {
		if damage := s.Check(c); damage != nil {
			return damage
		}
		return fmt.Errorf("export to %s: %w", folder, err)
	}
	if report.Written+report.Removed == 0 {
		fmt.Fprintf(c.stdout, "%s: nothing changed in %d files\n", printable(folder), report.Same)
		return nil
	}
	fmt.Fprintf(c.stdout, "%s: %d files written, %d removed, %d as they were\n", printable(folder), report.Written, report.Removed, report.Same)
	return nil
}

// exportFrom is where an export begins: the front, and what is for readers although
// no page leads to it.
func exportFrom(ctx context.Context, site web.Site, s *store.Store) ([]string, error) {
	sources, err := s.Sources(ctx)
	if err != nil {
		return nil, err
	}
	narrower := make([]string, 0, len(site.Topics)+len(sources))
	for _, t := range site.Topics {
		narrower = append(narrower, "/topic/"+t.ID)
	}
	for _, src := range sources {
		narrower = append(narrower, "/source/"+src.Source.ID)
	}
	start := []string{"/", "/sources", "/about", "/sources.opml"}
	for _, path := range narrower {
		start = append(start, path)
		for _, f := range feeds.Formats {
			start = append(start, path+"/feed."+f.Name)
		}
	}
	return start, nil
}

// ask asks a handler for an address, as a browser would.
func ask(ctx context.Context, handler http.Handler, address string) (export.Answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return export.Answer{}, err
	}
	request.Header.Set("Accept", "text/html, */*;q=0.5")
	answer := &recorder{header: http.Header{}, status: http.StatusOK}
	handler.ServeHTTP(answer, request)
	return export.Answer{
		Status:   answer.status,
		Type:     answer.header.Get("Content-Type"),
		Location: answer.header.Get("Location"),
		Private:  answer.status < 300 && strings.Contains(answer.header.Get("Cache-Control"), "no-store"),
		Body:     answer.Bytes(),
	}, nil
}
