package tracefile

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// File is a file that is being written. Under its own name there is either all
// of it or what was there before.
type File struct {
	*os.File
	temp string // where it is written, "" for the file itself
	dest string // where it goes
	done bool
}

// Create begins a file. It is written beside its place and moved there by
// Commit; devices and pipes are written directly.
func Create(path string) (*File, error) {
	dest := path
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		dest = resolved // a link goes on pointing where it did
	}
	info, err := os.Stat(dest)
	switch {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("%s is a directory", path)
	case err == nil && !info.Mode().IsRegular():
		f, err := os.OpenFile(dest, os.O_WRONLY, 0)
		if err != nil {
			return nil, err
		}
		return &File{File: f, dest: dest}, nil
	}
	temp := fmt.Sprintf("%s.%08x.tmp", dest, rand.Uint32())
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, err
	}
	return &File{File: f, temp: temp, dest: dest}, nil
}

// Commit ends the file and puts it in its place.
func (f *File) Commit() error {
	f.done = true
	err := f.Close()
	if f.temp == "" {
		return err
	}
	if err == nil {
		err = os.Rename(f.temp, f.dest)
	}
	if err != nil {
		os.Remove(f.temp)
	}
	return err
}

// Abort takes back what was written, unless it was committed.
func (f *File) Abort() {
	if f.done {
		return
	}
	f.done = true
	f.Close()
	if f.temp != "" {
		os.Remove(f.temp)
	}
}
