package main

import (
	"strings"
	"testing"

	"github.com/mmcdole/gofeed"
)

// What is measured with is what it is said to be.
func TestFeedDocument(t *testing.T) {
	for site := range 4 {
		feed, err := gofeed.NewParser().ParseString(feedDocument(site, 100))
		if err != nil || len(feed.Items) != itemsShown {
			t.Fatalf("site %d: %v, %d items", site, err, len(feed.Items))
		}
		seen := map[string]bool{}
		for i, item := range feed.Items {
			if n := len(item.Content); n < 4900 || n > 6000 || seen[item.GUID] || seen[item.Content] {
				t.Errorf("site %d, item %q has %d bytes, or is there twice", site, item.GUID, n)
			}
			seen[item.GUID], seen[item.Content] = true, true
			if topic := strings.Contains(item.Content, "#bench"); topic != ((99-i)%5 == 0) {
				t.Errorf("site %d, item %q: on the topic %v", site, item.GUID, topic)
			}
		}
	}
}
