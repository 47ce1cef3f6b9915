package main

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"samenloop/store"
	"samenloop/web"
)

// scripts are vectors: markup that calls xss(N), or asks {B} for something, in a reader that is
// not careful. N and {B} are filled in.
func scripts() []string {
	list := []string{
		`<script>xss(N)</script>`, `<SCRIPT>xss(N)</SCRIPT>`, `<script >xss(N)</script >`, `<script/x>xss(N)</script>`, "<script\n>xss(N)</script>", `<scr<script>ipt>xss(N)</script>`, `<script>xss(N)`, `<<script>xss(N)//<</script>`,
		`<script src="{B}script.js"></script>`, `<script src=//{H}/beacon/script2.js></script>`, `<script type=module>xss(N)</script>`, `<script type="text/javascript;x">xss(N)</script>`, `"><script>xss(N)</script>`, `'><script>xss(N)</script>`, `--><script>xss(N)</script>`, `]]><script>xss(N)</script>`,
		`</title><script>xss(N)</script>`, `</textarea><script>xss(N)</script>`, `</style><script>xss(N)</script>`, `</script><script>xss(N)</script>`, `</bdi></a><script>xss(N)</script>`, `&lt;script&gt;xss(N)&lt;/script&gt;`, `&amp;lt;script&amp;gt;xss(N)&amp;lt;/script&amp;gt;`, `&#60;script&#62;xss(N)&#60;/script&#62;`, `\u003cscript\u003exss(N)\u003c/script\u003e`, `%3Cscript%3Exss(N)%3C/script%3E`, `+ADw-script+AD4-xss(N)+ADw-/script+AD4-`, "\u00bcscript\u00bexss(N)\u00bc/script\u00be", "＜script＞xss(N)＜/script＞",
		`<img src=x onerror=xss(N)>`, `<img src=x onerror="xss(N)">`, `<img src=x onerror='xss(N)'>`, "<img src=x onerror=`xss(N)`>", `<img/src=x/onerror=xss(N)>`, `<img src=x:x onerror=xss(N)//>`, `<IMG SRC=x ONERROR=xss(N)>`, `<image src=x onerror=xss(N)>`, `<img src="x" alt="" onerror=xss(N)>`, `<img src=x alt="--><img src=x onerror=xss(N)>">`, `<img src="{B}pixel.gif" width=1 height=1>`, `<img src="{B}pixel0.gif" width=0 height="0">`, `<img src="{B}hidden.gif" style="display: none">`, `<img src=x srcset="{B}srcset.gif 1x" onerror=xss(N)>`,
		`<svg onload=xss(N)>`, `<svg/onload=xss(N)>`, `<svg><script>xss(N)</script></svg>`, `<svg><script href="{B}svg.js"/></svg>`, `<svg><animate onbegin=xss(N) attributeName=x dur=1s>`, `<svg><set onbegin=xss(N) attributeName=x>`, `<svg><a xlink:href="javascript:xss(N)"><text y=20>x</text></a></svg>`, `<svg><foreignObject><img src=x onerror=xss(N)></foreignObject></svg>`, `<svg><style><img src=x onerror=xss(N)></style></svg>`, `<svg></p><style><a id="</style><img src=1 onerror=xss(N)>">`, `<svg><image href="{B}svg.gif"/></svg>`, `<svg><use href="{B}use.svg#x"/></svg>`,
		`<math><mi xlink:href="javascript:xss(N)">x</mi></math>`, `<math href="javascript:xss(N)">x</math>`, `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=xss(N)&gt;">`, `<math><annotation-xml encoding="text/html"><img src=x onerror=xss(N)></annotation-xml></math>`, `<form><math><mtext></form><form><mglyph><style></math><img src onerror=xss(N)>`, `<math><style><img src=x onerror=xss(N)></style></math>`,
		`<noscript><p title="</noscript><img src=x onerror=xss(N)>">`, `<noembed><img title="</noembed><img src=x onerror=xss(N)>"></noembed>`, `<noframes><img title="</noframes><img src=x onerror=xss(N)>"></noframes>`, `<xmp><p title="</xmp><img src=x onerror=xss(N)>"></xmp>`, `<textarea><p title="</textarea><img src=x onerror=xss(N)>">`, `<title><p title="</title><img src=x onerror=xss(N)>">`, `<style><p title="</style><img src=x onerror=xss(N)>">`, `<template><script>xss(N)</script></template>`, `<select><style></select><img src=x onerror=xss(N)></style></select>`, `<select><template><img src=x onerror=xss(N)></template></select>`, `<table><caption><svg><desc><table><img src=x onerror=xss(N)></table></desc></svg></caption></table>`, `<listing>&lt;img src=x onerror=xss(N)&gt;</listing>`, `<plaintext><img src=x onerror=xss(N)>`, `<!--><img src=x onerror=xss(N)>-->`, `<!-- --!><img src=x onerror=xss(N)> -->`, `<![CDATA[<img src=x onerror=xss(N)>]]>`, `<?xml ><img src=x onerror=xss(N)>?>`, `<!x><img src=x onerror=xss(N)>`, `</x<img src=x onerror=xss(N)>`, `<p/x="<img src=x onerror=xss(N)>`, `<a title='"><img src=x onerror=xss(N)>'>x</a>`, `<q cite='x" onmouseover="xss(N)'>x</q>`, `<abbr title="&quot;&gt;&lt;img src=x onerror=xss(N)&gt;">x</abbr>`, `<time datetime='2026" onclick="xss(N)'>x</time>`, `<td colspan='1" onclick="xss(N)'>x</td>`, `<p lang='nl" onclick="xss(N)'>x</p>`, `<p dir='ltr" onclick="xss(N)'>x</p>`, `<img alt='" onerror="xss(N)' src=x>`, `<img src='x" onerror="xss(N)'>`, `<a href='http://example.org/" onclick="xss(N)'>x</a>`,
		`<iframe src="javascript:xss(N)"></iframe>`, `<iframe srcdoc="<script>parent.xss(N)</script>"></iframe>`, `<iframe src="{B}frame"></iframe>`, `<iframe src="data:text/html,<script>parent.xss(N)</script>"></iframe>`, `<frameset><frame src="javascript:xss(N)"></frameset>`, `<object data="javascript:xss(N)"></object>`, `<object data="{B}object"></object>`, `<embed src="javascript:xss(N)">`, `<embed src="{B}embed">`, `<applet code="{B}applet"></applet>`, `<portal src="javascript:xss(N)"></portal>`, `<fencedframe src="{B}fenced"></fencedframe>`,
		`<link rel=stylesheet href="{B}style.css">`, `<link rel=prefetch href="{B}prefetch">`, `<link rel=preload as=image href="{B}preload">`, `<link rel=dns-prefetch href="{B}dns">`, `<link rel=import href="{B}import">`, `<link rel=icon href="{B}icon">`, `<style>@import url({B}import.css)</style>`, `<style>*{background:url({B}background)}</style>`, `<p style="background:url({B}inline)">x</p>`, `<p style="width:expression(xss(N))">x</p>`, `<p style="position:fixed;inset:0">x</p>`, `<table background="{B}table"><tr><td>x</table>`, `<body background="{B}body">`, `<body onload=xss(N)>`, `<body onpageshow=xss(N)>`, `<html onclick=xss(N)>`, `<meta http-equiv=refresh content="0;url=javascript:xss(N)">`, `<meta http-equiv=refresh content="0;url={B}refresh">`, `<base href="{B}base/">`, `<input type=image src="{B}input" onerror=xss(N)>`, `<input autofocus onfocus=xss(N)>`, `<button autofocus onfocus=xss(N)>x</button>`, `<textarea autofocus onfocus=xss(N)></textarea>`, `<select autofocus onfocus=xss(N)></select>`, `<form action="javascript:xss(N)"><input type=submit></form>`, `<form id=f></form><button form=f formaction="javascript:xss(N)">x</button>`, `<isindex action="javascript:xss(N)" type=image>`, `<keygen autofocus onfocus=xss(N)>`, `<marquee onstart=xss(N)>x</marquee>`, `<details open ontoggle=xss(N)>x</details>`, `<video onerror=xss(N) src=x></video>`, `<video><source onerror=xss(N) src=x></video>`, `<video poster="javascript:xss(N)"></video>`, `<audio onerror=xss(N) src=x></audio>`, `<track src="{B}track" default>`, `<dialog open onclose=xss(N)><form method=dialog><button>x</button></form></dialog>`, `<p contenteditable onfocus=xss(N) tabindex=1>x</p>`, `<p id=x tabindex=1 onfocusin=xss(N)>x</p>`, `<p popover id=p onbeforetoggle=xss(N)>x</p><button popovertarget=p>x</button>`, `<x onclick=xss(N)>x</x>`, `<x style="animation:y" onanimationstart=xss(N)>x</x>`, `<a id=xss><a id=xss name=y href="javascript:xss(N)">`, `<form name=documentElement><input name=dataset></form>`, `<img name=getElementById src=x onerror=xss(N)>`, `<div is=x-y onclick=xss(N)>x</div>`, `<slot name=x onslotchange=xss(N)>x</slot>`,
	}
	for _, url := range []string{"javascript:xss(N)", "JaVaScRiPt:xss(N)", " javascript:xss(N)", "java\tscript:xss(N)", "java\nscript:xss(N)", "java&#x0A;script:xss(N)", "&#106;avascript:xss(N)", "&#x6A&#x61vascript:xss(N)", "javascript&colon;xss(N)", "\x01javascript:xss(N)", "javascript://example.org/%0axss(N)", "javascript:/*https://*/xss(N)", "data:text/html,<script>opener.xss(N)</script>", "data:text/html;base64,PHNjcmlwdD54c3MoMSk8L3NjcmlwdD4=", "vbscript:xss(N)", "feed:javascript:xss(N)", "view-source:javascript:xss(N)", "jar:javascript:xss(N)!/", "blob:xss(N)", "//javascript:xss(N)", "https:javascript:xss(N)"} {
		list = append(list, `<a href="`+url+`">x</a>`, `<img src="`+url+`">`)
	}
	for _, event := range strings.Fields("onclick ondblclick onmousedown onmouseup onmouseover onmouseenter onmousemove onpointerover onpointerdown onfocus onfocusin onblur onkeydown onkeyup oncopy onpaste oncontextmenu ondrag ondrop onwheel onscroll ontouchstart onload onerror onbegin onauxclick oninput onchange onsubmit onreset onselect ontoggle") {
		list = append(list, `<a href="http://example.org/" `+event+`=xss(N)>x</a>`, `<p/`+event+`="xss(N)">x</p>`)
	}
	return list
}

// hostileFeeds are the vectors through every door, one source a format.
func hostileFeeds(vectors []string) map[string]string {
	var rss, atom, xhtml strings.Builder
	var items []any
	for i, v := range vectors {
		e := html.EscapeString(v)
		cdata := "<![CDATA[" + strings.ReplaceAll(v, "]]>", "]]]]><![CDATA[>") + "]]>"
		fmt.Fprintf(&rss, `<item><guid>%s %d</guid><title>%s</title><link>http://example.org/%d?%s</link><description>%s</description><content:encoded>%s</content:encoded><author>%s</author><dc:creator>%s</dc:creator><category>%s</category><category domain="x">%s</category><enclosure url="%s" type="%s" length="1"/><source url="%s">%s</source><comments>%s</comments><dc:language>%s</dc:language></item>`,
			e, i, e, i, e, e, cdata, e, cdata, e, cdata, e, e, e, e, e, e)
		fmt.Fprintf(&atom, `<entry><id>%s %d</id><title type="html">%s</title><link href="http://example.org/a/%d?%s"/><link rel="enclosure" href="%s" type="%s"/><link rel="alternate" hreflang="%s" href="%s"/><summary type="html">%s</summary><content type="html">%s</content><author><name>%s</name><uri>%s</uri><email>%s</email></author><category term="%s" label="%s"/><rights type="html">%s</rights></entry>`,
			e, i, e, i, e, e, e, e, e, e, e, e, e, e, e, e, e)
		fmt.Fprintf(&xhtml, `<entry><id>x%d</id><title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">T %s</div></title><link href="http://example.org/x/%d"/><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">%s</div></content></entry>`, i, v, i, v)
		items = append(items, map[string]any{"id": fmt.Sprint(v, i), "url": fmt.Sprintf("http://example.org/j/%d?%s", i, v), "external_url": v, "title": v, "content_html": v, "content_text": v, "summary": v, "language": v,
			"tags": []string{v}, "image": v, "authors": []any{map[string]any{"name": v, "url": v, "avatar": v}}, "attachments": []any{map[string]any{"url": v, "mime_type": v, "title": v}}})
	}
	hostile := html.EscapeString(strings.Join(vectors[:20], " "))
	head := "<title>" + hostile + "</title><link>" + hostile + "</link><language>" + hostile + "</language><managingEditor>" + hostile + "</managingEditor>"
	return map[string]string{
		"rss":   strings.Replace(rssOf(rss.String()), "<title>T</title><link>http://example.org/</link>", head, 1),
		"atom":  strings.Replace(atomOf(atom.String()), "<title>T</title>", `<title type="html">`+hostile+`</title><subtitle type="html">`+hostile+`</subtitle><icon>`+hostile+`</icon>`, 1),
		"xhtml": atomOf(xhtml.String()),
		"json":  strings.Replace(jsonOf(items...), `"title":"T"`, `"title":"<script>xss(0)<\/script>","icon":"javascript:xss(0)","home_page_url":"javascript:xss(0)"`, 1),
	}
}

// hostileAccounts are the vectors through every door of ActivityStreams, each as a
// piece and as what a content warning says: accounts of 100, since a visit takes 200 objects.
func hostileAccounts(vectors []string) map[string]http.HandlerFunc {
	accounts := map[string]http.HandlerFunc{}
	for part := range slices.Chunk(vectors, 100) {
		first := len(accounts) * 100
		accounts[fmt.Sprintf("as2-%d", len(accounts))] = func(w http.ResponseWriter, q *http.Request) {
			home := "http://" + q.Host
			says := func(id, kind string, more map[string]any) map[string]any {
				o := map[string]any{"@context": "https://www.w3.org/ns/activitystreams", "id": home + id, "type": kind, "to": "as:Public"}
				maps.Copy(o, more)
				return o
			}
			w.Header().Set("Content-Type", "application/activity+json")
			answer := json.NewEncoder(w)
			switch q.URL.Path {
			case "/feed":
			case "/actor":
				v := strings.Join(part[:20], " ")
				answer.Encode(says("/actor", "Person", map[string]any{"name": v, "preferredUsername": v, "summary": v, "url": part[0], "icon": map[string]any{"type": "Image", "url": part[0]}, "outbox": home + "/feed", "attachment": []any{map[string]any{"type": "PropertyValue", "name": v, "value": v}}}))
				return
			default:
				http.NotFound(w, q)
				return
			}
			var items []any
			for n, v := range part {
				i := first + n
				link := func(kind, media string) map[string]any {
					return map[string]any{"type": kind, "mediaType": media, "href": v, "url": v, "name": v, "preferredUsername": v, "id": v, "size": v}
				}
				person := link("Person", "")
				person["id"] = home + "/others/" + strconv.Itoa(i)
				named := link("Document", "image/png")
				named["url"] = home + "/image.png" // it is shown, and its name with it
				delete(named, "href")
				piece := map[string]any{
					"name": v, "nameMap": map[string]any{"nl": v}, "content": v, "contentMap": map[string]any{"nl": v}, "language": map[string]any{"identifier": v, "name": v},
					"url": []any{link("Link", "text/html"), link("Link", "video/mp4"), v}, "attributedTo": []any{home + "/actor", person},
					"tag":        []any{map[string]any{"type": "Hashtag", "name": "#" + v, "href": v}, link("Mention", ""), map[string]any{"type": "Emoji", "name": v, "icon": link("Image", "")}},
					"attachment": []any{link("Document", "image/png"), link("Link", ""), link("Audio", v), named}, "image": link("Image", ""), "icon": link("Image", ""),
					"startTime": "2026-11-20T10:00:00Z", "location": link("Place", ""), "oneOf": []any{link("Note", "")}, "published": "2026-11-20T10:00:00Z",
				}
				items = append(items, says(fmt.Sprint("/piece/", i), []string{"Article", "Page", "Video", "Event", "Audio"}[i%5], piece))
				warned := maps.Clone(piece)
				warned["summary"], warned["summaryMap"] = v, map[string]any{"nl": v}
				items = append(items, says(fmt.Sprint("/note/", i), "Note", warned))
			}
			answer.Encode(says("/feed", "OrderedCollectionPage", map[string]any{"name": part[0], "attributedTo": home + "/actor", "orderedItems": items}))
		}
	}
	return accounts
}

// hostilePeople are the vectors as what the actors of the fediverse say of themselves: each
// wrote one of the pieces in a list that has no account of its own. What WebFinger answers is
// made of vectors as well.
func hostilePeople(vectors []string) map[string]http.HandlerFunc {
	lists := map[string]http.HandlerFunc{}
	for part := range slices.Chunk(vectors, 100) {
		first := len(lists) * 100
		lists[fmt.Sprintf("people-%d", len(lists))] = func(w http.ResponseWriter, q *http.Request) {
			home := "http://" + q.Host
			w.Header().Set("Content-Type", "application/activity+json")
			answer := json.NewEncoder(w)
			if q.URL.Path == "/feed" {
				// Its newest is of somebody elsewhere: so it is nobody's own.
				items := []any{map[string]any{"type": "Announce", "actor": "http://elsewhere.example/x", "to": "as:Public", "object": home + "/nothing"}}
				for n := range part {
					items = append(items, map[string]any{"type": "Note", "id": fmt.Sprint(home, "/piece/", first+n), "to": "as:Public", "attributedTo": fmt.Sprint(home, "/users/", first+n), "content": fmt.Sprint("<p>A piece by somebody, number ", first+n)})
				}
				answer.Encode(map[string]any{"@context": "https://www.w3.org/ns/activitystreams", "type": "OrderedCollection", "id": home + "/feed", "name": strings.Join(part, " "), "orderedItems": items})
				return
			}
			name, is := strings.CutPrefix(q.URL.Path, "/users/")
			n, err := strconv.Atoi(name)
			if !is || err != nil || n < first || n-first >= len(part) {
				http.NotFound(w, q)
				return
			}
			v := part[n-first]
			answer.Encode(map[string]any{"@context": "https://www.w3.org/ns/activitystreams", "type": "Person", "id": home + q.URL.Path, "name": v, "preferredUsername": v, "summary": v,
				"url": v, "icon": map[string]any{"type": "Image", "url": v}, "attachment": []any{map[string]any{"type": "PropertyValue", "name": v, "value": v}}, "outbox": home + "/nothing"})
		}
	}
	lists["finger-0"] = func(w http.ResponseWriter, q *http.Request) {
		var links []any
		all := strings.Join(vectors, " ")
		for _, v := range vectors {
			links = append(links, map[string]any{"rel": "self", "type": "application/activity+json " + v, "href": v, "titles": map[string]any{"und": v}})
		}
		w.Header().Set("Content-Type", "application/jrd+json; x="+strings.ToValidUTF8(strings.ReplaceAll(all[:500], "\n", ""), ""))
		json.NewEncoder(w).Encode(map[string]any{"subject": all, "aliases": vectors, "properties": map[string]any{all: all}, "links": links})
	}
	return lists
}

// hostileArticles are the vectors as articles that have to be read to know their topic, with what
// stands in their heads and in robots.txt: sources of 30, since a visit reads as many.
func hostileArticles(vectors []string) map[string]http.HandlerFunc {
	sites := map[string]http.HandlerFunc{}
	for part := range slices.Chunk(vectors, 30) {
		sites[fmt.Sprintf("article-%d", len(sites))] = func(w http.ResponseWriter, q *http.Request) {
			var n int
			switch {
			case q.URL.Path == "/robots.txt":
				for _, v := range part {
					fmt.Fprintf(w, "# %s\nUser-agent: %s\nSitemap: %s\nAllow: %s\n", v, v, v, v)
				}
			case q.URL.Path == "/feed":
				var items strings.Builder
				for n := range part {
					items.WriteString(itemOf(fmt.Sprintf("<guid>%d</guid><title>Article %d</title><link>http://%s/article/%d</link><description>Only …</description>", n, n, q.Host, n)))
				}
				io.WriteString(w, rssOf(items.String()))
			default:
				if _, err := fmt.Sscanf(q.URL.Path, "/article/%d", &n); err != nil || n >= len(part) {
					http.NotFound(w, q)
					return
				}
				v := part[n]
				e := html.EscapeString(v)
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				fmt.Fprintf(w, `<!DOCTYPE html><html lang="%s"><head><title>%s</title><meta name="author" content="%s"><meta name="description" content="%s"><meta name="keywords" content="%s"><meta property="og:title" content="%s"><meta property="og:image" content="%s">
					<link rel="canonical" href="%s"><link rel="alternate" hreflang="%s" href="%s"><link rel="author" title="%s" href="%s"><script type="application/ld+json">{"headline":%q,"author":{"name":%q}}</script></head>
					<body><p>Before it: #web.</p><article><h1>%s</h1><p class="byline">%s</p><p>%s</p><p>%s</p><img alt="%s" src="%s"></article></body></html>`,
					e, e, e, e, e, e, e, e, e, e, e, e, v, v, e, e, e, v, e, e)
			}
		}
	}
	return sites
}

// The instrument: what runs, leaves a mark on the document; then everything is
// touched in every way that a reader could, and what could still run is named.
const (
	instrument = `<script>var marks=document.documentElement;function xss(n){marks.setAttribute('data-ran-'+n,'')}</script>`
	touch      = `<script>addEventListener('load',function(){
var bad=[];
addEventListener('click',function(e){e.preventDefault()});
addEventListener('submit',function(e){e.preventDefault()});
document.querySelectorAll('*').forEach(function(e){
 for(var a of e.attributes){var v=a.value.replace(/[\x00-\x20]/g,'').toLowerCase();
  if(a.name.indexOf('on')==0||a.name=='style'||a.name=='srcdoc'||/^(javascript|data|vbscript|feed|jar|blob|view-source):/.test(v)&&/^(href|src|action|formaction|poster|cite|data|background|xlink:href)$/.test(a.name))bad.push(e.tagName+' '+a.name+'='+a.value)}
 if(/^(IFRAME|FRAME|OBJECT|EMBED|BASE|META|SVG|MATH|TEMPLATE)$/i.test(e.tagName)&&e.closest('main,article'))bad.push(e.tagName);
 'click dblclick mousedown mouseup mouseover mouseenter mousemove pointerover pointerdown focus focusin blur keydown keyup copy paste contextmenu drag drop wheel scroll touchstart load error begin auxclick input change submit reset select toggle animationstart slotchange beforetoggle close'.split(' ').forEach(function(n){try{e.dispatchEvent(new Event(n,{cancelable:true}))}catch(x){}});
});
marks.setAttribute('data-bad',bad.slice(0,20).join('; '));marks.setAttribute('data-done','')})</script>`
)

var ranMark = regexp.MustCompile(`data-ran-(\d+)`)

// chromium is the browser that tests are made with.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("this test needs a browser: install chromium (Debian: apt install chromium)")
	return ""
}

// browse opens a page in Chromium, without a policy that forbids scripts, and says what ran.
func browse(t *testing.T, url string) (ran []string, bad string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	profile, err := os.MkdirTemp("", "chromium") // not t.TempDir: it writes a moment longer than it runs
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(profile)
	cmd := exec.CommandContext(ctx, chromium(t), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-popup-blocking", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--user-data-dir="+profile, "--virtual-time-budget=4000", "--dump-dom", url)
	dom, err := cmd.Output()
	if err != nil {
		t.Fatalf("chromium: %v", err)
	}
	open := string(dom)
	if i := strings.Index(open, "<head"); i >= 0 {
		open = open[:i]
	}
	if !strings.Contains(open, "data-done") {
		t.Fatalf("%s: the page was not shown to its end: %.500s", url, dom)
	}
	for _, m := range ranMark.FindAllStringSubmatch(open, -1) {
		ran = append(ran, m[1])
	}
	if m := regexp.MustCompile(`data-bad="([^"]*)"`).FindStringSubmatch(open); m != nil {
		bad = m[1]
	}
	return ran, bad
}

// Nothing of what a source says runs in a browser, not even without our
// Content-Security-Policy, nor in a reader that shows content_html as it is.
func TestBrowser(t *testing.T) {
	takesLong(t)
	var (
		mu    sync.Mutex
		shown = map[string]string{}
		asked []string
	)
	show := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if name, ok := strings.CutPrefix(q.URL.Path, "/beacon/"); ok {
			asked = append(asked, name)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, shown[q.URL.Path])
	}))
	defer show.Close()
	vectors := scripts()
	t.Logf("%d vectors", len(vectors))
	if len(vectors) < 150 {
		t.Error("that are less than 150")
	}
	for i := range vectors {
		vectors[i] = strings.NewReplacer("{B}", show.URL+"/beacon/", "{H}", strings.TrimPrefix(show.URL, "http://"), "xss(N)", fmt.Sprintf("xss(%d)", i)).Replace(vectors[i])
	}
	look := func(path, page string) (ran []string, bad string, beacons []string) {
		mu.Lock()
		asked, shown[path] = nil, page
		mu.Unlock()
		ran, bad = browse(t, show.URL+path)
		mu.Lock()
		defer mu.Unlock()
		return ran, bad, asked
	}

	// A reader that is not careful: the instrument has to see what runs there.
	var control strings.Builder
	control.WriteString("<!doctype html><html><head>" + instrument + "</head><body>")
	for _, v := range vectors {
		fmt.Fprintf(&control, `<iframe srcdoc="%s"></iframe>`, html.EscapeString(`<body><script>function xss(n){parent.xss(n)}</script>`+v+`<script>setTimeout(function(){document.querySelectorAll('a,button,p,x').forEach(function(e){try{e.click();e.focus()}catch(x){}})},100)</script>`))
	}
	ran, _, beacons := look("/control", control.String()+touch)
	t.Logf("in a reader that is not careful %d of them run, and ask for %d things", len(ran), len(beacons))
	if len(ran) < 60 || len(beacons) < 10 {
		t.Errorf("the instrument sees too little: %v, %v", ran, beacons)
	}

	sources := hostileAccounts(vectors)
	maps.Copy(sources, hostilePeople(vectors))
	maps.Copy(sources, hostileArticles(vectors))
	for name, body := range hostileFeeds(vectors) {
		sources[name] = says(body)
	}
	var attacks []attack
	var servers []*httptest.Server
	for name, serve := range sources {
		attacks = append(attacks, attack{name: name, pages: strings.HasPrefix(name, "article")})
		s := httptest.NewServer(serve)
		defer s.Close()
		servers = append(servers, s)
	}
	config := hostileConfig(t, t.TempDir(), servers, attacks, patientTimeout)
	text, err := os.ReadFile(config)
	if err == nil { // they are to stand on the pages of one language
		changed := strings.ReplaceAll(string(text), "full_text", "language = \"nl\"\nfull_text")
		changed = regexp.MustCompile(`(id = "finger-0"\nurl = )"http://([^/]*)/feed"`).ReplaceAllString(changed, `$1"acct:x@$2"`)
		err = os.WriteFile(config, []byte(changed), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if r := runProgram(t, "poll", "-config", config); r.code != 1 || strings.Count(r.stdout, "trouble: ") != 1 || !strings.Contains(r.stdout, "names no actor") {
		t.Fatal(r.stdout, r.errs)
	}
	posts := lines[listedPost](t, runProgram(t, "post", "list", "-json", "-config", config).stdout)
	for _, p := range posts {
		checkStored(t, p, "")
	}
	stored := map[string]int{}
	for _, p := range posts {
		if name, _, _ := strings.Cut(p.Source, "-"); p.Matched { // of an article: it was read
			stored[name]++
		}
	}
	for name, want := range map[string]int{"rss": len(vectors), "atom": len(vectors), "json": len(vectors), "as2": 2 * len(vectors), "people": len(vectors), "article": len(vectors)} {
		if stored[name] < want-1 { // a CDATA section within another is lost, and said to be
			t.Errorf("%d of %d posts came through %s", stored[name], want, name)
		}
	}

	// Readers that show content_html as it is.
	var raw strings.Builder
	items := 0
	for path := "/feed.json"; path != ""; {
		out := runProgram(t, "feed", "-config", config, path)
		var feed struct {
			Next  string `json:"next_url"`
			Items []struct {
				HTML string `json:"content_html"`
			}
		}
		if err := json.Unmarshal([]byte(out.stdout), &feed); err != nil {
			t.Fatalf("%s: %v %s", path, err, out.errs)
		}
		for _, item := range feed.Items {
			items++
			raw.WriteString("<article>" + item.HTML + "</article>\n")
		}
		path = strings.TrimPrefix(feed.Next, "http://127.0.0.1:8080")
	}
	if items < 7*len(vectors) {
		t.Errorf("%d items in /feed.json", items)
	}
	check := func(what, page string, images bool) {
		t.Helper()
		ran, bad, beacons := look("/"+what, page)
		if images { // those that are to be seen
			beacons = slices.DeleteFunc(beacons, func(name string) bool { return name == "input" || name == "svg.gif" || name == "srcset.gif" })
		}
		for _, n := range ran {
			t.Errorf("%s: vector %s ran", what, n)
		}
		if bad != "" {
			t.Errorf("%s: it could run: %s", what, bad)
		}
		if len(beacons) > 0 {
			t.Errorf("%s: asked for %v", what, beacons)
		}
	}
	check("raw", "<!doctype html><html><head>"+instrument+"</head><body>"+raw.String()+touch, true)

	// Our own pages, all of them, and some stories.
	instrumented := func(path string) string {
		out := runProgram(t, "feed", "-config", config, path)
		if out.code != 0 {
			t.Fatal(path, out.errs)
		}
		page := strings.Replace(out.stdout, "<head>", "<head>"+instrument, 1)
		return strings.Replace(page, "</body>", touch+"</body>", 1)
	}
	next := regexp.MustCompile(`<link rel="next" href="([^"]*)"`)
	story := regexp.MustCompile(`href="(/[^"]*story/[^"]*)"`)
	count, stories := 0, []string{}
	for path := "/nl/"; path != ""; count++ {
		page := instrumented(path)
		if count%4 == 0 { // each start of a browser takes a second
			check(fmt.Sprintf("page-%d", count), page, false)
		}
		for _, m := range story.FindAllStringSubmatch(page, -1) {
			stories = append(stories, html.UnescapeString(m[1]))
		}
		if m := next.FindStringSubmatch(page); m != nil {
			path = html.UnescapeString(m[1])
		} else {
			path = ""
		}
	}
	for i := 0; i < len(stories); i += max(1, len(stories)/3) {
		check("story-"+filepath.Base(stories[i]), instrumented(stories[i]), false)
	}
	importHostileList(t, config, vectors)
	for _, path := range []string{"/nl/sources/", "/nl/source/rss/", "/nl/source/atom/", "/nl/source/people-0/", "/nl/source/article-0/", "/de/topic/web/"} {
		check("narrow"+strings.ReplaceAll(path, "/", "-"), instrumented(path), false)
	}
	t.Logf("%d items as they are, %d pages, %d stories", items, count, len(stories))

	// What a reader is lured to ask for stands in the page that answers.
	cfg, err := readConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), cfg.Site.Database, store.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	handler, err := web.New(cfg.site(), s)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/search?lang=nl&q=", "/explain?lang=nl&url=", "/explain?lang=nl&url=http://127.0.0.1/", "/search?q=web&lang="} {
		var all strings.Builder
		all.WriteString("<!doctype html><html><head>" + instrument + "</head>")
		for _, v := range vectors {
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, httptest.NewRequest("GET", cfg.Site.BaseURL+path+url.QueryEscape(v), nil))
			_, body, _ := strings.Cut(answer.Body.String(), "<body")
			all.WriteString("<div" + strings.Replace(body, "</html>", "", 1))
		}
		if !strings.Contains(all.String(), "<main") {
			t.Errorf("%s shows nothing", path)
		}
		check("asked"+strings.NewReplacer("/", "-", "?", "-", "=", "-", "&", "-", ":", "-").Replace(path), all.String()+touch, false)
	}

	// Nor does what somebody proposes, and what is found there.
	cfg.Site.example, cfg.Fetch.AllowNetworks = "an example", []string{"127.0.0.0/8"} // which may be on this machine
	site := cfg.site()
	if site.Members, err = cfg.members(s, web.NewLimits()); err != nil {
		t.Fatal(err)
	}
	if handler, err = web.New(site, s); err != nil {
		t.Fatal(err)
	}
	body := func(method string, form url.Values) string {
		r := httptest.NewRequest(method, cfg.Site.BaseURL+"/sources/new", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Accept", "text/html")
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, r)
		_, body, _ := strings.Cut(answer.Body.String(), "<body")
		return "<div" + strings.Replace(body, "</html>", "", 1)
	}
	seal := regexp.MustCompile(`name="seal" value="([^"]*)"`).FindStringSubmatch(body("GET", nil))
	if seal == nil {
		t.Fatal("there is no form")
	}
	time.Sleep(1100 * time.Millisecond) // who is quicker than reading takes is a program
	var proposed strings.Builder
	proposed.WriteString("<!doctype html><html><head>" + instrument + "</head>")
	for _, v := range vectors {
		proposed.WriteString(body("POST", url.Values{"address": {v}}))
	}
	found := 0
	for name, serve := range sources {
		if kind, n, _ := strings.Cut(name, "-"); kind == "finger" || n != "" && n != "0" { // one of each kind
			continue
		}
		another := httptest.NewServer(serve) // those that are read already are not looked at
		defer another.Close()
		page := body("POST", url.Values{"address": {another.URL + "/feed"}, "seal": {seal[1]}})
		if strings.Contains(page, "<article") {
			found++
		}
		proposed.WriteString(page)
	}
	if found < 6 {
		t.Errorf("posts are shown of %d proposals", found)
	}
	check("proposed", proposed.String()+touch, false)
}

// importHostileList adds a list of feeds whose titles are the vectors.
func importHostileList(t *testing.T, config string, vectors []string) {
	t.Helper()
	var b strings.Builder
	b.WriteString("<opml version=\"2.0\"><body>")
	for i, v := range vectors {
		e := html.EscapeString(strings.ReplaceAll(v, "\x01", ""))
		fmt.Fprintf(&b, `<outline type="rss" text="%s" title="%s" description="%s" language="%s" category="%s" htmlUrl="%s" xmlUrl="http://127.0.0.1:9/%d"/>`, e, e, e, e, e, e, i)
	}
	b.WriteString("</body></opml>")
	path := filepath.Join(t.TempDir(), "list.opml")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := runProgram(t, "source", "import", "-config", config, path); r.code != 0 || !strings.Contains(r.stdout, fmt.Sprintf("%d added", len(vectors))) {
		t.Errorf("the list was not imported: %s", r.errs)
	}
}
