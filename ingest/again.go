package ingest

import (
	"encoding/binary"
	"maps"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/cespare/xxhash/v2"
)

// lastRead is by what entries are known again that stand in a document byte for
// byte as in the one before: they were read and are passed over. nil knows none.
//
// What an entry says depends on its bytes, on the elements and namespaces around
// it, which are part of its sum, and on some of what the feed says of itself, of
// which frame is the sum. Where that changed, or anything in the document is not
// as it should be, all of it is read.
type lastRead struct {
	frame   uint64
	entries map[uint64]bool // by their sums: whether each looks whole by itself
}

// mostRemembered is how many entries a document may have to be known again.
const mostRemembered = 1000

// wholeBit stands in an entry's sum for what lastRead.entries says of it.
const wholeBit = 1

// readLast reads what bytes wrote; nil where it wrote nothing.
func readLast(b []byte) *lastRead {
	if len(b) < 8 {
		return nil
	}
	l := &lastRead{frame: binary.LittleEndian.Uint64(b), entries: make(map[uint64]bool, len(b)/8)}
	for b = b[8:]; len(b) >= 8; b = b[8:] {
		n := binary.LittleEndian.Uint64(b)
		l.entries[n&^wholeBit] = n&wholeBit != 0
	}
	return l
}

func (l *lastRead) bytes() []byte {
	if l == nil {
		return []byte{}
	}
	b := binary.LittleEndian.AppendUint64(nil, l.frame)
	for _, sum := range slices.Sorted(maps.Keys(l.entries)) {
		if l.entries[sum] {
			sum |= wholeBit
		}
		b = binary.LittleEndian.AppendUint64(b, sum)
	}
	return b
}

// knows says whether an entry stood in the last document.
func (l *lastRead) knows(sum uint64) bool {
	if l == nil {
		return false
	}
	_, ok := l.entries[sum]
	return ok
}

// passed notes in a document which entries of x were passed over by what is
// known of the last one, and by what all of them are known again. frame is what
// settles entries beside their own bytes.
func (d *Document) passed(x *xmlFeed, last *lastRead, frame ...string) {
	d.Known = len(x.passed)
	n := len(x.passed) + len(x.entries)
	if x.odd || len(d.Lost) > 0 || n > mostRemembered {
		return
	}
	now := &lastRead{sumOf(nil, append(frame, program())...), make(map[uint64]bool, n)}
	for _, sum := range x.passed {
		now.entries[sum] = last.entries[sum]
		if last.entries[sum] {
			d.knownWhole++
		}
	}
	ids := map[string]bool{}
	for i := range x.entries {
		now.entries[x.entries[i].sum] = d.Entries[i].Whole
		ids[identity(&d.Entries[i])] = true
	}
	if len(now.entries) == n && len(ids) == len(x.entries) { // none of them twice
		d.last = now
	}
}

// rightly says whether what was passed over would be read as it was.
func (d *Document) rightly(last *lastRead) bool {
	return d.Known == 0 || d.last != nil && d.last.frame == last.frame
}

// sumOf tells an entry, and what is around it, from others. Whoever takes the pains
// to make two with one sum loses one of his own.
func sumOf(entry []byte, around ...string) uint64 {
	var h xxhash.Digest
	h.Reset()
	for _, s := range around {
		h.WriteString(s)
		h.Write([]byte{0})
	}
	h.Write(entry)
	return h.Sum64() &^ wholeBit
}

// program is what reads: another one may make more of the same bytes.
var program = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	version := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			version += s.Value
		}
	}
	return version
})
