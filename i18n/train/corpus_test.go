package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// catalogueOf writes a .mo file of originals and translations in turn.
func catalogueOf(t *testing.T, path string, pairs ...string) {
	t.Helper()
	n := uint32(len(pairs) / 2)
	var tables, text bytes.Buffer
	for first := range 2 {
		for i := first; i < len(pairs); i += 2 {
			binary.Write(&tables, binary.LittleEndian, []uint32{uint32(len(pairs[i])), 28 + 16*n + uint32(text.Len())})
			text.WriteString(pairs[i] + "\x00")
		}
	}
	var file bytes.Buffer
	binary.Write(&file, binary.LittleEndian, []uint32{0x950412de, 0, n, 28, 28 + 8*n, 0, 0})
	file.Write(tables.Bytes())
	file.Write(text.Bytes())
	write(t, path, file.String())
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestCorpus(t *testing.T) {
	dir := t.TempDir()
	catalogueOf(t, filepath.Join(dir, "nl/LC_MESSAGES/a.mo"), "", "Project-Id-Version: a b c\n",
		"menu\x04_Open the <b>file</b> %s", "Open het _bestand &amp; <b>%s</b>",
		"Delete one file\x00Delete many files", "Verwijder het bestand\x00Verwijder alle bestanden",
		"The same in both", "The same in both",
		"Copied by mistake", "Gewoon een zin in het Nederlands")
	catalogueOf(t, filepath.Join(dir, "fy/LC_MESSAGES/a.mo"),
		"Copied by mistake", "Gewoon een zin in het Nederlands",
		"Delete one file now", "Delete one file\x00It triem fuortsmite")
	catalogueOf(t, filepath.Join(dir, "sr@latin/LC_MESSAGES/a.mo"), "Delete one file", "Obriši jednu datoteku")
	write(t, filepath.Join(dir, "de.html"), `<!doctype html><html lang="de"><body><p>Alle Menschen sind frei geboren.</p></body></html>`)
	write(t, filepath.Join(dir, "help/fr/x/index.page"), `<page><title>Aide de la machine</title><p>Ouvrir <gui>le fichier</gui> ici</p></page>`)
	write(t, filepath.Join(dir, "no_nynorsk-ud-dev.conllu"), "# sent_id = 1\n# text = Me veit ikkje kva vi skal\n1\tMe\n")
	write(t, filepath.Join(dir, "Cite/i18n/es.json"), `{"@metadata": {"authors": ["Ana"]}, "cite": "Citar esta página ahora"}`)
	write(t, filepath.Join(dir, "et_50k.txt"), "on 200\nja 100\n123 50\nei 1\n")
	write(t, filepath.Join(dir, "x.tsv"), "# no text\nli\tEin zin mit\n")
	write(t, filepath.Join(dir, "nl/LC_MESSAGES/broken.mo"), "\xde\x12\x04\x95\x00\x00\x00\x00\xff\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff")

	c := newCorpus()
	if err := c.read(dir, func(string) bool { return true }); err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"nl": {"Open het bestand", "Verwijder het bestand", "Verwijder alle bestanden"},
		"fy": {"It triem fuortsmite"},
		"en": {"Open the file", "Delete one file", "Copied by mistake"},
		"de": {"Alle Menschen sind frei geboren."},
		"fr": {"Aide de la machine", "Ouvrir le fichier ici"},
		"li": {"Ein zin mit"},
		"nn": {"Me veit ikkje kva vi skal"},
		"es": {"Citar esta página ahora"},
	}
	if diff := cmp.Diff(want, c.texts(), cmp.Transformer("sorted", func(s []string) map[string]bool {
		m := map[string]bool{}
		for _, x := range s {
			m[x] = true
		}
		return m
	})); diff != "" {
		t.Error(diff)
	}
}

func TestWords(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "et_50k.txt"), "on 300\nja 100\n123 50\nei 1\n")
	write(t, filepath.Join(dir, "fy_words.txt"), "tsjinaksje\nwyldekat\n")
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write([]byte("\x93\x82\xa6format\xa2cB\xa7version\x01\x91\xa2og\x92\xa2er\xa2at"))
	w.Close()
	write(t, filepath.Join(dir, "small_da.msgpack.gz"), z.String())
	c := newCorpus()
	if err := c.read(dir, func(string) bool { return true }); err != nil {
		t.Fatal(err)
	}
	for tag, want := range map[string]string{"et": "on ja 1", "fy": "tsjinaksje wyldekat 0.3", "da": "og er at 1"} {
		if w := c.words[tag]; w == nil || fmt.Sprint(strings.Join(w.all, " "), " ", w.most) != want {
			t.Errorf("%s: %+v, want %s", tag, w, want)
		}
	}
	n, random := 0, rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		if c.words["et"].draw(random) == "on" {
			n++
		}
	}
	if n < 700 || n > 800 {
		t.Errorf("what is three quarters of all words was drawn %d times of 1000", n)
	}
	write(t, filepath.Join(dir, "small_da.msgpack.gz"), "no gzip")
	if newCorpus().read(dir, func(string) bool { return true }) == nil {
		t.Error("a damaged list is read")
	}
}

// What is measured on was not trained on.
func TestTrainedOn(t *testing.T) {
	for path, want := range map[string]bool{"fri.html": true, "help/nl/index.page": false, "languages.tsv": false, "nl/LC_MESSAGES/vlc.mo": true,
		"da_ddt-ud-test.conllu": false, "da_ddt-ud-dev.conllu": true, "da_ddt-ud-train.conllu": true, "small_da.msgpack.gz": true} {
		if trainedOn(path) != want {
			t.Errorf("trainedOn(%q) = %v", path, !want)
		}
	}
	if trainedOn("nl/LC_MESSAGES/gimp20.mo") != trainedOn("fy/LC_MESSAGES/gimp20.mo") {
		t.Error("a catalogue is trained on in one language, and measured on in another")
	}
}
