// Make compiles the simulator for a browser and packs it, with the script of the toolchain
// that starts it and the licences of both. It runs in the directory of the package bundle. It
// packs with zopfli if that program is there: the file is then 5 % smaller.
package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"wspsim/cmd/wspsim/internal/bundle/sources"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "make:", err)
		os.Exit(1)
	}
}

func run() error {
	dir, err := os.MkdirTemp("", "wspsim-bundle")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "simulator.wasm")
	// Without inlining the program is 5 % smaller when packed, and fast enough.
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-gcflags=all=-l", "-ldflags=-s -w -buildid=", "-o", program, sources.Simulator)
	build.Env, build.Stderr = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "GOFLAGS="), os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("go build: %w", err)
	}
	packed, err := pack(program)
	if err != nil {
		return err
	}
	hash, err := sources.Hash(".")
	if err != nil {
		return err
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return err
	}
	goroot := strings.TrimSpace(string(root))
	glue, err := os.ReadFile(filepath.Join(goroot, "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		return err
	}
	text, err := notices(goroot)
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile("simulator.wasm.gz", packed, 0o644),
		os.WriteFile("sources.txt", []byte(hash+"\n"), 0o644),
		os.WriteFile("wasm_exec.js", glue, 0o644),
		os.WriteFile("notices.txt", []byte(text), 0o644),
	)
}

// pack returns the program in gzip.
func pack(program string) ([]byte, error) {
	if path, err := exec.LookPath("zopfli"); err == nil {
		return exec.Command(path, "--i15", "-c", program).Output()
	}
	text, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	_, err = z.Write(text)
	err = errors.Join(err, z.Close())
	return b.Bytes(), err
}

// notices returns the licences of what the page holds.
func notices(goroot string) (string, error) {
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "wspsim").Output()
	if err != nil {
		return "", err
	}
	own, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "LICENSE"))
	if err != nil {
		return "", err
	}
	golang, err := os.ReadFile(filepath.Join(goroot, "LICENSE"))
	if err != nil {
		return "", err
	}
	return "wspsim: the player and the model\n\n" + string(own) + "\nGo: the runtime and the standard library in the simulator, and the script that starts it\n\n" + string(golang), nil
}
