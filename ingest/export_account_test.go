package ingest

import (
	"samenloop/fetch"
	"samenloop/post"
)

// TryAccountAnswers gives what a server may say to all that reads it.
func TryAccountAnswers(in []byte) {
	actorOfFinger(in)
	resp := &fetch.Response{URL: "https://a.example/x", Status: 200, Body: in}
	for _, kind := range []post.AccountKind{post.TagFeed, post.TagStatuses} {
		tagged(kind, resp)
	}
	if o, err := streamsOf(resp); err == nil {
		o.opposes()
		o.actorOf()
		o.author()
		idOf(o.First)
		idOf(o.Next)
	}
}
