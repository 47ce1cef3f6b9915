package web

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// maxBody is how many bytes a request may bring.
const maxBody = 64 << 10

// Server is an HTTP server for a site's handler, with a limit on everything a
// client can make us wait for or hold. It answers requests for the host of baseURL
// and, on connections to a loopback address, for the names of loopback; others
// get 421, so that no name that someone else points at us works (DNS rebinding).
// Ports are not compared: a proxy or a container may map them.
//
// It is to serve a [Door], which limits how many connections there are, and how slowly
// an answer may be taken.
func Server(h http.Handler, addr, baseURL string) (*http.Server, error) {
	base, err := parseBase(baseURL)
	if err != nil {
		return nil, err
	}
	return &http.Server{
		Addr:              addr,
		Handler:           guard(h, base.Hostname()),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    32 << 10,
		ConnState:         moved,
	}, nil
}

// guard stands before everything: it looks at the host and limits the body.
func guard(next http.Handler, host string) http.Handler {
	host = strings.ToLower(host)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name := hostname(r.Host); name != host && !(isLoopback(name) && onLoopback(r.Context())) {
			setHeaders(w.Header())
			fail(w, http.StatusMisdirectedRequest, "this server answers for "+host+" only")
			return
		}
		if r.Body != http.NoBody {
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		}
		next.ServeHTTP(w, r)
	})
}

// hostname is the name in a Host header as names are compared: lower case,
// without port, brackets and the dot of the root.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	} else {
		host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// isLoopback says whether a name means this machine (RFC 6761, section 6.3).
func isLoopback(name string) bool {
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(name)
	return err == nil && ip.IsLoopback()
}

// onLoopback says whether the connection was made to a loopback address.
func onLoopback(ctx context.Context) bool {
	addr, ok := ctx.Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return ok && addr.IP.IsLoopback()
}
