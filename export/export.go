// Package export writes what a site answers as files that any web host can show.
//
// It walks the site's own links, from a few addresses on, so that it knows no
// page by name. Links of the site begin with "/"; those of posts are absolute,
// and never followed: no post can make us write a page.
package export

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Answer is what a site says to a GET.
type Answer struct {
	Status   int
	Type     string // Content-Type
	Location string // where a redirect leads
	Private  bool   // it may not be kept, as what is made for one person
	Body     []byte
}

// Site is what is written.
type Site struct {
	BaseURL string // absolute, as the site's configuration has it; its path is the folder's root
	// Start are addresses below the base, such as "/", that everything else is found from.
	Start []string
	// Get asks for an address below the base; it is never one that changes anything.
	Get func(ctx context.Context, address string) (Answer, error)
}

// Report is what a run did, in files.
type Report struct {
	Written, Same, Removed int
	// Foreign are files of somebody else that stand in the place of ours: they were left as they are.
	Foreign []string
}

// Write brings a folder up to date. The folder is empty, or not there, or one
// that Write filled before. After an error, all that was there is there still,
// some of it renewed.
func Write(ctx context.Context, site Site, folder string) (Report, error) {
	base, err := url.Parse(site.BaseURL)
	if err != nil {
		return Report{}, err
	}
	f, err := openFolder(folder)
	if err != nil {
		return Report{}, err
	}
	defer f.Close()
	w := &walk{Site: site, folder: f, rewriter: newRewriter(base), seen: map[string]bool{}}
	for _, address := range site.Start {
		w.queue(address)
	}
	for len(w.waiting) > 0 {
		address := w.waiting[0]
		w.waiting = w.waiting[1:]
		if err := w.visit(ctx, address); err != nil {
			return w.folder.report, err
		}
	}
	for _, old := range f.leftover() {
		if err := w.revisit(ctx, old); err != nil {
			return w.folder.report, err
		}
	}
	return f.report, f.finish()
}

// walk is a run under way.
type walk struct {
	Site
	*rewriter
	folder  *folder
	seen    map[string]bool // addresses
	waiting []string
}

func (w *walk) queue(address string) {
	if !w.seen[address] {
		w.seen[address] = true
		w.waiting = append(w.waiting, address)
	}
}

// visit writes what an address answers, and queues what it links to. What answers
// that there is nothing is left out, unless the walk began with it.
func (w *walk) visit(ctx context.Context, address string) error {
	a, err := w.ask(ctx, address)
	if err != nil {
		return err
	}
	switch {
	case a.Private:
		return nil
	case a.Status == 200:
		links, err := w.links(address, a)
		if err != nil {
			return fmt.Errorf("%s: %w", address, err)
		}
		for _, link := range links {
			w.queue(link)
		}
		return w.folder.write(address, a.Type, w.rewrite(a.Body))
	case a.Status >= 300 && a.Status < 400:
		target, ok := w.own(a.Location)
		if ok {
			w.queue(target)
		}
		if target == address+"/" { // hosts do that by themselves
			return nil
		}
		return w.folder.write(address, htmlType, redirect(a.Location))
	case slices.Contains(w.Start, address):
		return fmt.Errorf("GET %s answers %d: %s", address, a.Status, firstLine(a.Body))
	}
	return nil
}

// revisit looks after an address that nothing leads to any more. Where the site
// has a page that says that it is gone, or where it went, that page takes its
// place: addresses of stories were given to people. The rest goes.
func (w *walk) revisit(ctx context.Context, address string) error {
	if strings.Contains(address, "?") { // a page backward in time that begins elsewhere now
		return nil
	}
	a, err := w.ask(ctx, address)
	switch {
	case err != nil:
		return err
	case a.Status == 410 && isHTML(a.Type):
		return w.folder.write(address, a.Type, w.rewrite(a.Body))
	case a.Status >= 300 && a.Status < 400 && !a.Private:
		return w.folder.write(address, htmlType, redirect(a.Location))
	}
	return nil
}

func (w *walk) ask(ctx context.Context, address string) (Answer, error) {
	if err := ctx.Err(); err != nil {
		return Answer{}, err
	}
	a, err := w.Get(ctx, address)
	if err == nil && a.Status >= 500 {
		err = fmt.Errorf("GET %s answers %d: %s", address, a.Status, firstLine(a.Body))
	}
	return a, err
}

func firstLine(body []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(body)), "\n")
	return line
}
