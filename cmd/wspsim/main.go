// Command wspsim runs scenarios at an accept queue. It shows which clients are refused, which
// wait, and why.
//
//	wspsim run overflow
//	wspsim explain overflow
//
// Exit codes: 0 = the expectations held; 1 = one failed, a replay differed, or output
// could not be written; 2 = bad usage or input; 130 = Ctrl-C.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"wspsim/cmd/wspsim/internal/words"
	"wspsim/scenarios"
)

// The exit codes.
const (
	exitHeld        = 0
	exitFailed      = 1
	exitBadInput    = 2
	exitInterrupted = 130
)

// sigpipe is the number of SIGPIPE. Not every system that Go supports has a name for it.
const sigpipe = syscall.Signal(13)

func main() {
	// Now a write to a closed pipe returns an error and does not end the process, so that
	// unfinished files are removed.
	signal.Ignore(sigpipe)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second Ctrl-C ends the process at once
	os.Exit(runAndReport(os.Args[1:], os.Stderr, func() error { return execute(ctx, os.Args[1:], os.Stdout, os.Stderr) }))
}

// errFailed ends the command with exit code 1; the output says why.
var errFailed = errors.New("an expectation failed or a replay differed")

// errMalformed ends the command with exit code 2; the output says why.
var errMalformed = errors.New("malformed input")

// errInterrupted ends the command after Ctrl-C; the output shows the work done so far.
var errInterrupted = errors.New("interrupted")

// writeError is a failed write to an output.
type writeError struct {
	path string
	err  error
}

func (e *writeError) Error() string {
	err := e.err
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err // without the name of the temporary file
	}
	return fmt.Sprintf("cannot write %s: %v", e.path, err)
}

func (e *writeError) Unwrap() error { return e.err }

// runAndReport runs the command and returns its exit code. It writes an error in one or two lines. A
// user never sees a panic.
func runAndReport(args []string, stderr io.Writer, command func() error) (code int) {
	defer func() {
		if p := recover(); p != nil {
			line := []string{"wspsim"}
			for _, arg := range args {
				line = append(line, words.Shell(arg))
			}
			fmt.Fprintf(stderr, "wspsim: this is a bug in wspsim, please report it: %s: %s\n", strings.Join(line, " "), words.Printable(fmt.Sprint(p)))
			code = exitBadInput
		}
	}()
	err := command()
	var output *writeError
	switch {
	case err == nil:
		return exitHeld
	case errors.Is(err, errFailed):
		return exitFailed
	case errors.Is(err, errMalformed):
		return exitBadInput
	case errors.Is(err, errInterrupted):
		return exitInterrupted
	case errors.As(err, &output) && errors.Is(err, syscall.EPIPE):
		return exitFailed // the pipe is closed, so no message can be read
	case errors.As(err, &output):
		code = exitFailed
	case errors.Is(err, scenarios.ErrStopped):
		code = exitInterrupted
		err = errors.New("interrupted")
	default:
		code = exitBadInput
	}
	fmt.Fprintf(stderr, "wspsim: %s\n", words.Printable(err.Error()))
	return code
}

// session is one invocation of the command.
type session struct {
	ctx    context.Context
	stdout io.Writer
	stderr io.Writer
	out    *bufio.Writer // writes to stdout
}

// execute runs the command line.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	s := &session{ctx, stdout, stderr, bufio.NewWriterSize(stdout, 64<<10)}
	root := s.root()
	root.SetArgs(args)
	if len(args) == 0 || !strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) { // completion reads the flags twice
		eachOnce(root)
	}
	root.SetOut(s.out)
	root.SetErr(stderr)
	err := checkHelp(root, args)
	if err == nil {
		err = root.Execute()
	}
	if flushed := s.out.Flush(); flushed != nil && (err == nil || errors.Is(err, errFailed)) {
		err = &writeError{"standard output", flushed}
	}
	return err
}
