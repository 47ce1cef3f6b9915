package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"samenloop/feeds"
	"samenloop/post"
)

// The instance actor: who signs our requests and says what our ActivityStreams
// say. It can be fetched unsigned, as a server that wants signatures has to ask
// for it before it can check one.
const (
	actorPath = "/actor"
	// KeyPath is a path and no fragment: what is fetched is what is named.
	KeyPath   = "/actor/main-key"
	inboxPath = "/inbox" // it takes nothing yet
)

const (
	webFingerType = "application/jrd+json"
	nodeInfoType  = `application/json; profile="http://nodeinfo.diaspora.software/ns/schema/2.1#"`
)

// actorURL is the actor's id.
func (h *handler) actorURL() string { return h.base + actorPath }

type actor struct {
	Context   []string  `json:"@context"`
	ID        string    `json:"id"`
	Type      string    `json:"type"`
	Username  string    `json:"preferredUsername"`
	Name      string    `json:"name"`
	URL       string    `json:"url"`
	Inbox     string    `json:"inbox"`
	Outbox    string    `json:"outbox"`
	PublicKey *actorKey `json:"publicKey,omitempty"`
}

type actorKey struct {
	ID    string `json:"id"`
	Owner string `json:"owner"`
	PEM   string `json:"publicKeyPem"`
}

func (h *handler) actor() actor {
	a := actor{
		Context:  []string{"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"},
		ID:       h.actorURL(),
		Type:     "Application",
		Username: h.username(),
		Name:     h.Title,
		URL:      h.base + "/",
		Inbox:    h.base + inboxPath,
		Outbox:   h.base + feedPath(post.Query{}) + ".as2",
	}
	if h.PublicKey != "" {
		a.PublicKey = &actorKey{h.base + KeyPath, a.ID, h.PublicKey}
	}
	return a
}

// username is that of the actor: the host's name, as is usual for whoever speaks for a server.
func (h *handler) username() string {
	u, _ := url.Parse(h.base) // New has parsed it
	return u.Hostname()
}

// account is the actor's address in the fediverse, without "acct:".
func (h *handler) account() string {
	u, _ := url.Parse(h.base)
	return u.Hostname() + "@" + u.Host
}

type webFinger struct {
	Subject string          `json:"subject"`
	Aliases []string        `json:"aliases"`
	Links   []webFingerLink `json:"links"`
}

type webFingerLink struct {
	Rel  string `json:"rel"`
	Type string `json:"type,omitempty"`
	Href string `json:"href"`
}

type nodeInfo struct {
	Version           string              `json:"version"`
	Software          map[string]string   `json:"software"`
	Protocols         []string            `json:"protocols"`
	Services          map[string][]string `json:"services"`
	OpenRegistrations bool                `json:"openRegistrations"`
	Usage             map[string]any      `json:"usage"`
	Metadata          map[string]string   `json:"metadata"`
}

// wellKnown are the answers about the actor, which are the same as long as the program runs.
type wellKnown struct{ actor, webFinger, nodeInfoLinks, nodeInfo *answer }

func (h *handler) prepareWellKnown() (known wellKnown, err error) {
	make := func(contentType string, v any) *answer {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if failed := e.Encode(v); failed != nil {
			err = failed
		}
		return newAnswer(contentType, b.Bytes(), h.now())
	}
	known.actor = make(feeds.AS2Type, h.actor())
	known.webFinger = make(webFingerType, webFinger{
		Subject: "acct:" + h.account(),
		Aliases: []string{h.actorURL()},
		Links: []webFingerLink{
			{"self", feeds.AS2Type, h.actorURL()},
			{"http://webfinger.net/rel/profile-page", "text/html", h.base + "/"},
		},
	})
	known.nodeInfoLinks = make("application/json", map[string][]webFingerLink{"links": {
		{"http://nodeinfo.diaspora.software/ns/schema/2.1", "", h.base + "/nodeinfo/2.1"},
	}})
	known.nodeInfo = make(nodeInfoType, nodeInfo{
		Version:   "2.1",
		Software:  map[string]string{"name": "samenloop", "version": h.Version},
		Protocols: []string{"activitypub"},
		Services:  map[string][]string{"inbound": {"atom1.0", "rss2.0"}, "outbound": {"atom1.0", "rss2.0"}},
		Usage:     map[string]any{"users": struct{}{}},
		Metadata:  map[string]string{"nodeName": h.Title},
	})
	return known, err
}

// finger answers WebFinger (RFC 7033) for the actor, by its account or its id.
// It stands at the root of the host, below which base_url may be.
func (h *handler) finger(w http.ResponseWriter, r *http.Request) {
	switch resource := r.URL.Query().Get("resource"); {
	case resource == "":
		fail(w, http.StatusBadRequest, "webfinger: give ?resource=acct:"+h.account())
	case strings.EqualFold(resource, "acct:"+h.account()), resource == h.actorURL():
		h.known.webFinger.serve(w, r)
	default:
		fail(w, http.StatusNotFound, "webfinger: not found here")
	}
}
