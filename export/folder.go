package export

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// What we need for ourselves stands in a folder that web hosts do not list.
const (
	ourFolder    = ".samenloop"
	manifestName = ourFolder + "/manifest.json"
	// begunName lists the files that a run makes, each before it is there: after a
	// run that was stopped, they are known to be ours.
	begunName = ourFolder + "/begun"
)

// tempName is where a file is written before it takes its place; two runs at once have two.
var tempName = fmt.Sprintf("%s/temp-%d", ourFolder, os.Getpid())

// manifest is which files are ours.
type manifest struct {
	Files map[string]written `json:"files"` // by path below the folder, with slashes
}

// written is a file as we wrote it.
type written struct {
	Address string `json:"address"` // below the base
	SHA256  string `json:"sha256"`  // hex; empty where a run was stopped
}

// folder is the one that is written. Nothing outside it can be reached, whatever
// symbolic links stand in it.
type folder struct {
	name   string
	root   *os.Root
	old    manifest
	now    manifest
	begun  *os.File
	report Report
}

func openFolder(name string) (*folder, error) {
	if err := os.MkdirAll(name, 0o755); err != nil {
		return nil, fmt.Errorf("make %s: %w", name, err)
	}
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	f := &folder{name: name, root: root, old: manifest{map[string]written{}}, now: manifest{map[string]written{}}}
	if err := f.read(); err != nil {
		root.Close()
		return nil, err
	}
	return f, nil
}

func (f *folder) Close() error {
	var err error
	if f.begun != nil {
		err = f.begun.Close()
	}
	return errors.Join(err, f.root.Close())
}

// read finds out what is ours.
func (f *folder) read() error {
	text, err := f.root.ReadFile(manifestName)
	begun, begunErr := f.root.ReadFile(begunName)
	switch {
	case err == nil:
		if err := json.Unmarshal(text, &f.old); err != nil || f.old.Files == nil {
			return fmt.Errorf("%s is damaged: remove %s and all that samenloop wrote there, and export again", filepath.Join(f.name, manifestName), f.name)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	case errors.Is(begunErr, fs.ErrNotExist):
		names, err := fs.ReadDir(f.root.FS(), ".")
		if err != nil {
			return err
		}
		if len(names) > 0 {
			return fmt.Errorf("%s is not empty, and samenloop did not write it: give another folder, or an empty one", f.name)
		}
	}
	if begunErr != nil && !errors.Is(begunErr, fs.ErrNotExist) {
		return begunErr
	}
	for line := range strings.Lines(string(begun)) {
		file, address, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if _, known := f.old.Files[file]; ok && !known && strings.HasSuffix(line, "\n") {
			f.old.Files[file] = written{Address: address}
		}
	}
	if err := f.root.MkdirAll(ourFolder, 0o755); err != nil {
		return err
	}
	f.begun, err = f.root.OpenFile(begunName, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	return err
}

// write puts an answer in its file, unless it is there already. Of two addresses
// with the same file, the first has it.
func (f *folder) write(address, contentType string, body []byte) error {
	name, err := file(address, contentType)
	if err != nil {
		return err
	}
	if _, done := f.now.Files[name]; done {
		return nil
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	info, err := f.root.Lstat(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	there := err == nil
	old, ours := f.old.Files[name]
	switch {
	case there && !ours:
		same, err := f.has(name, body)
		if err != nil {
			return err
		}
		if !same {
			f.report.Foreign = append(f.report.Foreign, name)
			return nil
		}
		f.report.Same++
	case there && old.SHA256 == hash && info.Mode().IsRegular() && info.Size() == int64(len(body)):
		f.report.Same++
	default:
		if !ours {
			if _, err := fmt.Fprintf(f.begun, "%s\t%s\n", name, address); err != nil {
				return err
			}
		}
		if err := f.replace(name, body); err != nil {
			return err
		}
		f.report.Written++
	}
	f.now.Files[name] = written{address, hash}
	return nil
}

// has says whether a file holds these bytes.
func (f *folder) has(name string, body []byte) (bool, error) {
	there, err := f.root.ReadFile(name)
	if err != nil {
		return false, nil // a folder, or nothing that we may read: not ours
	}
	return bytes.Equal(there, body), nil
}

// replace makes a file at once whole: who reads it has the old one or the new.
func (f *folder) replace(name string, body []byte) error {
	if err := f.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return fmt.Errorf("make the folder of %s: %w", filepath.Join(f.name, name), err)
	}
	if err := f.root.WriteFile(tempName, body, 0o644); err != nil {
		f.root.Remove(tempName)
		return fmt.Errorf("write %s: %w", filepath.Join(f.name, name), err)
	}
	return f.root.Rename(tempName, name)
}

// leftover are the addresses of files that were written once and not in this run.
func (f *folder) leftover() (addresses []string) {
	for _, name := range slices.Sorted(maps.Keys(f.old.Files)) {
		if _, still := f.now.Files[name]; !still {
			addresses = append(addresses, f.old.Files[name].Address)
		}
	}
	return addresses
}

// finish removes what is ours and no longer part of the site, and writes down what is.
func (f *folder) finish() error {
	for name := range f.old.Files {
		if _, still := f.now.Files[name]; still {
			continue
		}
		switch err := f.root.Remove(name); {
		case err == nil:
			f.report.Removed++
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
		for parent := path.Dir(name); parent != "."; parent = path.Dir(parent) {
			if f.root.Remove(parent) != nil { // something stands in it
				break
			}
		}
	}
	if !maps.Equal(f.old.Files, f.now.Files) {
		text, err := json.MarshalIndent(f.now, "", "\t")
		if err != nil {
			return err
		}
		if err := f.replace(manifestName, append(text, '\n')); err != nil {
			return err
		}
	}
	err := f.begun.Close()
	f.begun = nil
	return errors.Join(err, f.root.Remove(begunName))
}
