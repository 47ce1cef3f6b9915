package export

import (
	"fmt"
	"html"
	"net/url"
	"path"
	"regexp"
	"strings"
)

const htmlType = "text/html; charset=utf-8"

func isHTML(contentType string) bool { return strings.HasPrefix(contentType, "text/html") }

// A file has no query. A page backward in time, /nl/feed.atom?before=X, stands at
// /nl/before/X/feed.atom: what it is called comes last, as hosts go by that.
const backwardQuery = `\?before=([A-Za-z0-9_-]+)`

var backward = regexp.MustCompile(`^(/[^?#]*)` + backwardQuery + `$`)

// static is where an address stands among files; false where it has another query.
func static(address string) (string, bool) {
	if m := backward.FindStringSubmatch(address); m != nil {
		return moved(m[1], m[2]), true
	}
	return address, !strings.Contains(address, "?")
}

func moved(address, cursor string) string {
	folder, name := path.Split(address)
	return folder + "before/" + cursor + "/" + name
}

// file is where an answer is kept, below the folder, with slashes: pages as
// index.html, so that their addresses need no ending.
func file(address, contentType string) (string, error) {
	p, ok := static(address)
	if !ok {
		return "", fmt.Errorf("%s: an address with such a query cannot be a file", address)
	}
	p, err := url.PathUnescape(p)
	if err != nil {
		return "", fmt.Errorf("%s: %w", address, err)
	}
	switch {
	case isHTML(contentType):
		p = strings.TrimSuffix(p, "/") + "/index.html"
	case strings.HasSuffix(p, "/"):
		return "", fmt.Errorf("%s: a folder's file must be a page, not %s", address, contentType)
	}
	for _, part := range strings.Split(p[1:], "/") {
		// .well-known would be all right, but has nothing that we could write.
		if part == "" || part[0] == '.' || len(part) > 255 || strings.ContainsAny(part, "\\:\x00") {
			return "", fmt.Errorf("%s: this cannot be the name of a file", address)
		}
	}
	return p[1:], nil
}

// redirect is a page that leads elsewhere, as a host of files cannot say 303.
func redirect(target string) []byte {
	to := html.EscapeString(target)
	return []byte(`<!doctype html>
<html>
<head>
<meta charset="utf-8">
<title>` + to + `</title>
<meta http-equiv="refresh" content="0; url=` + to + `">
<link rel="canonical" href="` + to + `">
</head>
<body>
<p><a href="` + to + `">` + to + `</a></p>
</body>
</html>
`)
}
