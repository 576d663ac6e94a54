package tracefile

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// File is a file that is being written. Its name holds either the complete new content or the
// old content.
type File struct {
	*os.File
	temp string // path of the temporary file, "" if the output goes to dest directly
	dest string // final path
	done bool
}

// Create begins a file. The content goes to a temporary file in the same directory, and Commit
// renames it. Devices and pipes are written directly.
func Create(path string) (*File, error) {
	dest := path
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		dest = resolved // a symbolic link keeps its target
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

// Commit closes the file and renames it to its final path.
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

// Abort closes and removes the temporary file. After Commit it does nothing.
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
