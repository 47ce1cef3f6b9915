package ingest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"html"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"samenloop/i18n"
	"samenloop/post"
)

const formatActivityStreams = "ActivityStreams 2.0"

// asObject is any object or activity of ActivityStreams 2.0, read leniently:
// almost every property may be a string, an object or a list. What can nest stays
// raw until it is asked for, so that hostile nesting costs nothing.
type asObject struct {
	ID         jsonText
	Type       jsonList[jsonText]
	Name       jsonText
	NameMap    map[string]jsonText
	Summary    jsonText
	SummaryMap map[string]jsonText
	Content    jsonText
	ContentMap map[string]jsonText
	MediaType  jsonText
	Language   struct{ Identifier jsonText } // PeerTube, Lemmy
	InLanguage jsonText                      // schema.org; Mobilizon
	Sensitive  asBool
	Published  jsonText
	Updated    jsonText
	StartTime  jsonText
	Location   jsonList[asLink]

	// nil where the property is missing, which is not the same as an empty list.
	To, CC, BTo, BCC, Audience *jsonList[asLink]

	Actor        jsonList[asLink]
	AttributedTo jsonList[asLink]
	InReplyTo    jsonList[asLink]
	URL          jsonList[asLink]
	Tag          jsonList[asLink]
	Attachment   jsonList[asLink]
	Image        jsonList[asLink]
	OneOf, AnyOf jsonList[asLink]

	Object asOne // of an activity

	First, Next         json.RawMessage // of a collection: an id or a page
	OrderedItems, Items json.RawMessage

	// Of an actor.
	PreferredUsername            jsonText
	Outbox                       jsonList[asLink]
	Discoverable                 *asBool
	Indexable                    asBool
	ManuallyApprovesFollowers    asBool
	HidesToPublicFromUnauthedWeb asBool // GoToSocial
}

// UnmarshalJSON takes each property alone: one of a wrong shape costs no other. It is called
// by its name: json.Unmarshal would first read all of it twice more.
func (o *asObject) UnmarshalJSON(raw []byte) error {
	*o = asObject{}
	if len(raw) == 0 || raw[0] != '{' {
		return errors.New("it is no JSON object")
	}
	type plain asObject
	var wrong *json.UnmarshalTypeError
	if err := json.Unmarshal(raw, (*plain)(o)); err != nil && !errors.As(err, &wrong) {
		return err
	}
	return nil
}

// asLink is what stands where a URL, a Link or an object may: of any of them, what can be said of it in a line.
type asLink struct {
	ID                jsonText
	Type              jsonList[jsonText]
	Href              jsonText
	URL               asAddress
	Name              jsonText
	MediaType         jsonText
	PreferredUsername jsonText
	Size              jsonText
}

func (l *asLink) UnmarshalJSON(raw []byte) error {
	*l = asLink{}
	switch raw[0] {
	case '"':
		return l.ID.UnmarshalJSON(raw)
	case '{':
		type plain asLink
		var wrong *json.UnmarshalTypeError
		if err := json.Unmarshal(raw, (*plain)(l)); err != nil && !errors.As(err, &wrong) {
			return err
		}
		return nil
	}
	return errors.New("it is neither an id nor an object")
}

// address is where it points: a Link's href, an object's url, else its id.
func (l *asLink) address() string { return cmp.Or(string(l.Href), string(l.URL), string(l.ID)) }

func (l *asLink) is(kind string) bool { return slices.Contains(l.Type, jsonText(kind)) }

// asAddress is the URL in a url property: a string, a Link, or the first of a list.
type asAddress string

func (a *asAddress) UnmarshalJSON(raw []byte) error {
	var list jsonList[struct{ Href jsonText }]
	var texts jsonList[jsonText]
	*a = ""
	if texts.UnmarshalJSON(raw) == nil && len(texts) > 0 && texts[0] != "" {
		*a = asAddress(texts[0])
	} else if list.UnmarshalJSON(raw) == nil && len(list) > 0 {
		*a = asAddress(list[0].Href)
	}
	return nil
}

// asOne is a value that stays raw; the first where there is a list of them.
type asOne json.RawMessage

func (v *asOne) UnmarshalJSON(raw []byte) error {
	var list []json.RawMessage
	if raw[0] == '[' && json.Unmarshal(raw, &list) == nil && len(list) > 0 {
		raw = list[0]
	}
	*v = append((*v)[:0], raw...)
	return nil
}

// asBool is true or not; what is neither is not.
type asBool bool

func (b *asBool) UnmarshalJSON(raw []byte) error {
	*b = string(raw) == "true"
	return nil
}

func (o *asObject) is(kinds ...string) bool {
	return slices.ContainsFunc(o.Type, func(t jsonText) bool { return slices.Contains(kinds, string(t)) })
}

// The types that are known, by what is made of them.
var (
	asCollections = []string{"Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage"}
	asActors      = []string{"Person", "Group", "Organization", "Service", "Application"}
	asPieces      = []string{"Note", "Article", "Page", "Video", "Event", "Question", "Image", "Audio"}
	asActivities  = []string{"Create", "Update", "Announce", "Delete", "Undo", "Like", "Follow", "Accept", "Reject", "Add", "Remove", "Block", "Flag", "Move", "Tombstone"}
)

// knowsActivityStreams tells ActivityStreams 2.0: a collection of it looks like a JSON Feed without items.
func knowsActivityStreams(in *feedInput) bool {
	if in.json == nil {
		return false
	}
	if bytes.Contains(in.json.fields["@context"], []byte("www.w3.org/ns/activitystreams")) {
		return true
	}
	kind := in.json.text("type")
	return in.json.text("version") == "" && slices.Contains(slices.Concat(asCollections, asActors, asPieces, asActivities), kind)
}

// readActivityStreams reads a document of ActivityStreams 2.0 by itself: an
// object, an activity with its object, or a collection of them. What stands in it
// only as an id, and what is not addressed to everybody, gives no entry.
func readActivityStreams(in *feedInput) (*Document, error) {
	top, err := parseActivityStreams(in.text)
	if err != nil {
		return nil, err
	}
	doc := &Document{Format: formatActivityStreams, object: top}
	if !top.is(asCollections...) {
		item := asItemOf(top)
		doc.take(item.entries())
		if item.why != "" {
			doc.Lost = append(doc.Lost, item.why)
		}
		return doc, nil
	}
	doc.Title = lineOfText(string(top.Name))
	items, first := top.items()
	if len(items) == 0 && first != nil {
		items, _ = first.items()
	}
	if over := len(items) - maxEntries; over > 0 {
		doc.Lost = append(doc.Lost, lostBeyond(over))
		items = items[:maxEntries]
	}
	ids := 0
	for i, raw := range items {
		item := readItem(raw)
		switch {
		case item.fetch != "":
			ids++
		case item.why != "":
			doc.Lost = append(doc.Lost, fmt.Sprintf("entry %d: %s", i+1, item.why))
		}
		doc.take(item.entries())
	}
	if ids > 0 {
		doc.Lost = append(doc.Lost, fmt.Sprintf("%d entries say only an id: they are fetched when the account is read by its address", ids))
	}
	return doc, nil
}

func (d *Document) take(entries []Entry) {
	for _, e := range entries {
		if saysNothing(&e) {
			d.Lost = append(d.Lost, "an object is left out: "+nothingSaid)
			continue
		}
		d.Entries = append(d.Entries, e)
	}
}

func parseActivityStreams(text []byte) (*asObject, error) {
	text, err := boundedJSON(bytes.TrimLeft(text, " \t\r\n\x00"))
	if err != nil {
		return nil, err
	}
	o := new(asObject)
	if err := o.UnmarshalJSON(text); err != nil {
		return nil, fmt.Errorf("read ActivityStreams: %w", err)
	}
	return o, nil
}

// items are what stands in a collection, and its first page where that is embedded.
func (o *asObject) items() (items []json.RawMessage, first *asObject) {
	for _, raw := range []json.RawMessage{o.OrderedItems, o.Items} {
		var list []json.RawMessage
		switch {
		case len(raw) == 0 || string(raw) == "null":
		case raw[0] != '[':
			items = append(items, raw)
		case json.Unmarshal(raw, &list) == nil:
			items = append(items, list...)
		}
	}
	var page asObject
	if page.UnmarshalJSON(o.First) == nil {
		first = &page
	}
	return items, first
}

// asItem is what an item of an outbox, or a document by itself, comes to.
type asItem struct {
	object  *asObject // a piece that everybody may read
	fetch   string    // or the id of a piece that is to be fetched
	gone    string    // or the id of one that is no more
	boosted bool      // it is passed on by another than its author
	booster asLink
	why     string // or why it gives nothing
}

func readItem(raw json.RawMessage) asItem {
	if len(raw) > 0 && raw[0] == '"' {
		var id jsonText
		if id.UnmarshalJSON(raw) == nil && httpURL("", string(id)) != "" {
			return asItem{fetch: string(id)}
		}
		return asItem{why: "it is no id that can be fetched"}
	}
	var o asObject
	if err := o.UnmarshalJSON(raw); err != nil {
		return asItem{why: "it is no JSON object"}
	}
	return asItemOf(&o)
}

// notPublic says to whom something is addressed that is not for everybody.
func (o *asObject) notPublic() string {
	whom := "only to followers or whom it names"
	if addressesAll(o.CC) {
		whom = "unlisted: for whoever has its address"
	}
	return "it is not addressed to the public (" + whom + "): it is left alone"
}

// asItemOf decides what an object or an activity comes to. It is the one place
// that decides who may read: a piece is taken where Public stands in its "to"
// (no addressing at all is public, too); a boost may have it in "cc".
func asItemOf(o *asObject) asItem {
	switch {
	case o.is("Create", "Update"):
		if !o.isPublic(false) {
			return asItem{why: o.notPublic()}
		}
		return o.inner(false)
	case o.is("Announce"):
		if !o.isPublic(true) {
			return asItem{why: o.notPublic()}
		}
		return o.inner(true)
	case o.is("Delete"):
		return asItem{gone: o.innerID(), why: "it says that a post was deleted (Delete): no post"}
	case o.is("Undo"):
		var undone asObject
		if undone.UnmarshalJSON(o.Object) == nil && undone.is("Announce") {
			return asItem{gone: undone.innerID(), boosted: true, why: "it takes a boost back (Undo): no post"}
		}
		return asItem{why: "it takes something back (Undo): no post"}
	case o.is("Tombstone"):
		return asItem{gone: string(o.ID), why: "it was deleted (Tombstone): no post"}
	case o.is(asActors...):
		return asItem{why: fmt.Sprintf("it is an actor (%s), not a post: give its address, and its posts are read", o.kind())}
	case o.is(asPieces...):
		if !o.isPublic(false) {
			return asItem{why: o.notPublic()}
		}
		return asItem{object: o}
	case o.is(asCollections...):
		return asItem{why: "it is a collection within another: left out"}
	}
	return asItem{why: fmt.Sprintf("it is no post (%s)", cmp.Or(o.kind(), "it says no type"))}
}

// inner is what the object of a public activity comes to.
func (o *asObject) inner(boost bool) asItem {
	var booster asLink
	if len(o.Actor) > 0 {
		booster = o.Actor[0]
	}
	var piece asObject
	if err := piece.UnmarshalJSON(o.Object); err != nil {
		item := asItem{boosted: boost, booster: booster}
		if item.fetch = httpURL("", o.innerID()); item.fetch == "" {
			item.why = "it names no object"
		}
		return item
	}
	if piece.To == nil && piece.CC == nil && !boost { // the activity speaks for it
		piece.To, piece.CC = o.To, o.CC
	}
	if piece.AttributedTo == nil && !boost {
		piece.AttributedTo = o.Actor
	}
	if !piece.is(asPieces...) && !piece.is("Tombstone") {
		if piece.Type == nil && piece.ID != "" && !boost {
			return asItem{fetch: httpURL("", string(piece.ID))}
		}
		return asItem{why: fmt.Sprintf("its object is no post (%s)", cmp.Or(piece.kind(), "it says no type"))}
	}
	item := asItemOf(&piece)
	item.boosted, item.booster = boost, booster
	return item
}

// innerID is the id of an activity's object.
func (o *asObject) innerID() string {
	var l jsonList[asLink]
	if len(o.Object) == 0 || l.UnmarshalJSON(o.Object) != nil || len(l) == 0 {
		return ""
	}
	return string(l[0].ID)
}

func (o *asObject) kind() string {
	if len(o.Type) == 0 {
		return ""
	}
	return shorten(lineOfText(string(o.Type[0])), 40)
}

// isPublic says whether everybody is addressed. "cc" counts for boosts only:
// elsewhere it means unlisted.
func (o *asObject) isPublic(boost bool) bool {
	if o.To == nil && o.CC == nil && o.BTo == nil && o.BCC == nil && o.Audience == nil {
		return true
	}
	return addressesAll(o.To) || boost && addressesAll(o.CC)
}

func addressesAll(list *jsonList[asLink]) bool {
	return list != nil && slices.ContainsFunc(*list, func(l asLink) bool {
		switch l.ID {
		case "https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public":
			return true
		}
		return false
	})
}

// entries are what is shown of an item: one a language that its contentMap declares.
func (i asItem) entries() []Entry {
	if i.object == nil {
		return nil
	}
	entries := i.object.entries()
	if i.boosted {
		for n := range entries {
			entries[n].Booster = i.booster.author()
		}
	}
	return entries
}

func (o *asObject) entries() []Entry {
	e := Entry{
		ID:         string(o.ID),
		Title:      titleText(string(o.Name)),
		Published:  parseDate(string(o.Published)),
		Updated:    parseDate(string(o.Updated)),
		Reply:      len(o.InReplyTo) > 0,
		Whole:      true,
		Fediverse:  true,
		Base:       httpURL("", string(o.ID)),
		Enclosures: o.files(),
	}
	e.URL = o.page()
	for _, a := range o.AttributedTo {
		author := a.author()
		e.Authors = addAuthor(e.Authors, author.Name, author.URL)
	}
	for _, t := range o.Tag {
		if t.is("Hashtag") {
			e.Tags = append(e.Tags, string(t.Name))
		}
	}
	e.Tags = plainTags(e.Tags)
	if named := firstText(string(o.Language.Identifier), string(o.InLanguage)); named != "" {
		e.Language, e.LanguageFrom = named, "language"
		if o.Language.Identifier == "" {
			e.LanguageFrom = "inLanguage"
		}
	}
	languages := o.languages()
	if len(languages) == 0 {
		return []Entry{o.told(e, string(o.Content), string(o.Summary))}
	}
	var entries []Entry
	for i, l := range languages {
		one := e
		one.Language, one.LanguageFrom = l, "contentMap"
		if len(languages) > 1 {
			one.LanguageFrom = "contentMap of several"
		}
		if i > 0 {
			one.Variant = languageVariant(l)
		}
		if name := o.NameMap[l]; name != "" {
			one.Title = titleText(string(name))
		}
		entries = append(entries, o.told(one, string(o.ContentMap[l]), cmp.Or(string(o.SummaryMap[l]), string(o.Summary))))
	}
	return entries
}

// mostLanguages bounds how many posts one object gives.
const mostLanguages = 20

// languages are the keys of contentMap that name one, each once: first that of
// "content", then in order. So the first, which is variant 0, stays the same
// when a language is added.
func (o *asObject) languages() []string {
	var list, bases []string
	keys := slices.Sorted(maps.Keys(o.ContentMap))
	if i := slices.IndexFunc(keys, func(k string) bool { return o.ContentMap[k] == o.Content }); i > 0 {
		keys[0], keys[i] = keys[i], keys[0]
		slices.Sort(keys[1:])
	}
	for _, k := range keys {
		base := i18n.Base(i18n.Tag(k))
		if i18n.Tag(k) == "" || strings.TrimSpace(string(o.ContentMap[k])) == "" || slices.Contains(bases, base) || len(list) == mostLanguages {
			continue
		}
		list, bases = append(list, k), append(bases, base)
	}
	return list
}

// languageVariant is the number of a language's post where one object has
// several: negative, so that it never meets the numbers of ids used again.
func languageVariant(language string) int {
	h := fnv.New32a()
	h.Write([]byte(i18n.Base(i18n.Tag(language))))
	return -1 - int(h.Sum32()>>1)
}

// quoteInline is what Mastodon puts before a post that quotes another: "RE: https://…". It
// goes to the end: a title is what the author says.
var quoteInline = regexp.MustCompile(`(?s)^\s*<p class="quote-inline">.*?</p>`)

// told completes an entry with its text: what a warning hides is not in it.
func (o *asObject) told(e Entry, content, summary string) Entry {
	if o.MediaType != "" && o.MediaType != "text/html" {
		content = paragraphs(content)
	}
	if quote := quoteInline.FindString(content); quote != "" {
		content = content[len(quote):] + quote
	}
	var b strings.Builder
	b.WriteString(content)
	if when := parseDate(string(o.StartTime)); !when.IsZero() && o.is("Event") {
		where := ""
		if len(o.Location) > 0 && o.Location[0].Name != "" {
			where = ", " + lineOfText(string(o.Location[0].Name))
		}
		fmt.Fprintf(&b, "<p>%s</p>", html.EscapeString(when.Format("2006-01-02 15:04 MST")+where))
	}
	if options := append(slices.Clone(o.OneOf), o.AnyOf...); len(options) > 0 {
		// Without the votes: each would be an edit.
		b.WriteString("<ul>")
		for _, option := range options[:min(len(options), maxNamed)] {
			fmt.Fprintf(&b, "<li>%s</li>", html.EscapeString(titleText(string(option.Name))))
		}
		b.WriteString("</ul>")
	}
	for _, a := range o.attachments() {
		address, name := httpURL(e.Base, a.address()), html.EscapeString(lineOfText(string(a.Name)))
		kind := a.media()
		switch {
		case address == "" || strings.Contains(content, html.EscapeString(address)):
		case strings.HasPrefix(kind, "image/"):
			fmt.Fprintf(&b, `<figure><img src="%s" alt="%s">`, html.EscapeString(address), name)
			if name != "" {
				fmt.Fprintf(&b, "<figcaption>%s</figcaption>", name)
			}
			b.WriteString("</figure>")
		case name != "" || kind == "":
			fmt.Fprintf(&b, `<p><a href="%s">%s</a></p>`, html.EscapeString(address), cmp.Or(name, html.EscapeString(address)))
		}
	}
	warning := titleText(summary)
	abstract := o.is("Article", "Page", "Video", "Event", "Audio") && !bool(o.Sensitive)
	switch {
	case abstract:
		e.Summary = summary
	case warning != "" || bool(o.Sensitive):
		e.Hidden, e.Enclosures = b.String(), nil
		e.Content = "<p>⚠ " + html.EscapeString(cmp.Or(warning, "Sensitive content")) + "</p>"
		return e
	}
	e.Content = b.String()
	return e
}

// page is where a person reads the object: a web page among its URLs, else the first, else its id.
func (o *asObject) page() string {
	var first string
	for _, l := range o.URL {
		address := httpURL("", cmp.Or(string(l.Href), string(l.ID)))
		if l.MediaType == "text/html" && address != "" {
			return address
		}
		first = cmp.Or(first, address)
	}
	return cmp.Or(first, httpURL("", string(o.ID)))
}

// attachments are the files and links of an object, and the picture of what is
// not a picture itself.
func (o *asObject) attachments() []asLink {
	var list []asLink
	for _, a := range slices.Concat(o.Attachment, o.Image) {
		if a.address() != "" && !a.is("PropertyValue") && len(list) < maxNamed {
			list = append(list, a)
		}
	}
	return list
}

// media is the media type of an attachment, "" for what is no file.
func (l *asLink) media() string {
	switch {
	case l.MediaType == "text/html":
		return ""
	case l.MediaType != "":
		return strings.TrimSpace(string(l.MediaType))
	case l.is("Image"):
		return "image/*"
	case l.is("Video"):
		return "video/*"
	case l.is("Audio"):
		return "audio/*"
	}
	return ""
}

// files are the attachments, and of a video or sound the first of its own files.
func (o *asObject) files() []post.Enclosure {
	var files []post.Enclosure
	base := httpURL("", string(o.ID))
	add := func(l *asLink) {
		kind := l.media()
		if kind != "" {
			kind = strings.TrimSuffix(kind, "image/*")
			kind = strings.TrimSuffix(strings.TrimSuffix(kind, "video/*"), "audio/*")
			files = addEnclosure(files, post.Enclosure{URL: httpURL(base, l.address()), Type: kind, Length: byteCount(string(l.Size))})
		}
	}
	for i := range o.URL {
		if kind, _, _ := strings.Cut(o.URL[i].media(), "/"); kind == "video" || kind == "audio" || kind == "image" {
			add(&o.URL[i])
			break
		}
	}
	for _, a := range o.attachments() {
		add(&a)
	}
	return files
}

// author is a person as a link names them; where it is a bare id, by what its
// address says: "roos@example.org".
func (l *asLink) author() post.Author {
	address := httpURL("", cmp.Or(string(l.URL), string(l.ID), string(l.Href)))
	name := titleText(cmp.Or(string(l.Name), string(l.PreferredUsername)))
	return post.Author{Name: cmp.Or(name, handleOf(cmp.Or(string(l.ID), address))), URL: address}
}

// handleOf makes "name@host" of the address of an account or of a post, "host" where it names none.
func handleOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	name := parts[0]
	for i, p := range parts {
		if rest, ok := strings.CutPrefix(p, "@"); ok {
			name = rest
			break
		}
		if (p == "users" || p == "u" || p == "accounts" || p == "author") && i+1 < len(parts) {
			name = parts[i+1]
			break
		}
	}
	if name = lineOfText(name); name == "" || len(name) > 100 {
		return u.Host
	}
	return name + "@" + u.Host
}
