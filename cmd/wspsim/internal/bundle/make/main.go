// Make compiles the simulator for a browser and packs it, with the script of the toolchain
// that starts it and the licences of both. It runs in the directory of the package bundle, and
// needs the program xz: gzip would make the file 40 % larger, and a page too large.
package main

import (
	"encoding/binary"
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
	// Without inlining the program is 10 % smaller when packed, and fast enough.
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-gcflags=all=-l", "-ldflags=-s -w -buildid=", "-o", program, sources.Simulator)
	build.Env, build.Stderr = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "GOFLAGS=", "GOEXPERIMENT="), os.Stderr
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
		os.WriteFile("simulator.wasm.lzma", packed, 0o644),
		os.WriteFile("sources.txt", []byte(hash+"\n"), 0o644),
		os.WriteFile("wasm_exec.js", glue, 0o644),
		os.WriteFile("notices.txt", []byte(text), 0o644),
	)
}

// pack returns the program in the format .lzma, with its size in the header.
func pack(program string) ([]byte, error) {
	text, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	packed, err := exec.Command("xz", "-9e", "--format=lzma", "-c", program).Output()
	if err != nil {
		return nil, fmt.Errorf("xz: %w", err)
	}
	binary.LittleEndian.PutUint64(packed[5:], uint64(len(text))) // xz says that the size is unknown
	return packed, nil
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
