package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"wspsim/cmd/wspsim/internal/picture"
	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/cmd/wspsim/internal/stored"
	"wspsim/cmd/wspsim/internal/tracefile"
	"wspsim/cmd/wspsim/internal/web"
	"wspsim/cmd/wspsim/internal/words"
	"wspsim/netmodel/trace/recording"
)

// traceExtensions are those of the files that tell how to play their run again, as
// completion wants them.
var traceExtensions = []string{strings.TrimPrefix(tracefile.ExtTrace, "."), strings.TrimPrefix(tracefile.ExtLines, ".")}

func (s *session) viewCommand() *cobra.Command {
	addr, out, arrivals, anywhere := "127.0.0.1:0", "", "", false
	c := &cobra.Command{
		Use:   "view FILE",
		Short: "Open a stored trace in a browser",
		Long: "Opens a trace that run --trace FILE.trace, run --trace FILE.jsonl or run --jsonl has written; - is the\n" +
			"standard input. A trace names its run and has no segments: the run is played once more, and every line\n" +
			"must be the same. So a trace of another version of the model is refused. The page is answered on a\n" +
			"loopback address until Ctrl-C, or written to a file with --out.",
		Example: "  wspsim view burst.trace --out burst.html\n" +
			"  wspsim run burst --trace burst.jsonl && wspsim view burst.jsonl\n" +
			"  wspsim run overflow --jsonl | wspsim view -",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("view: want one trace file, such as: wspsim view burst.jsonl")
			}
			return nil
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return traceExtensions, cobra.ShellCompDirectiveFilterFileExt
		},
		RunE: func(c *cobra.Command, args []string) error {
			if c.Flags().Changed("out") {
				if c.Flags().Changed("addr") || anywhere {
					return fmt.Errorf("--out and --addr exclude each other: a page is written or answered")
				}
				return s.writeTracePage(out, args[0], arrivals)
			}
			run, err := stored.FromFile(s.ctx, args[0], arrivals, screen.NewProgress(s.stderr))
			if err != nil {
				return err
			}
			var html bytes.Buffer
			d := stored.Document(run, "")
			if err := d.Write(&html); err != nil {
				return err
			}
			return s.serve(addr, anywhere, func(w *web.Server) *http.Server { return w.OnePage(html.Bytes(), d.Policy()) })
		},
	}
	c.Flags().SortFlags = false
	c.Flags().StringVar(&out, "out", "", "write the page to `FILE.html`, and answer nobody")
	c.Flags().StringVar(&addr, "addr", addr, "listen on `ADDRESS:PORT`; port 0 takes a free one")
	c.Flags().BoolVar(&anywhere, "anywhere", false, "allow an address that other machines can reach")
	c.Flags().StringVar(&arrivals, "arrivals", "", "the arrivals `FILE` of the trace, if the file has moved")
	return c
}

// writeTracePage writes the page of a trace file, or its picture.
func (s *session) writeTracePage(path, name, arrivals string) error {
	run, err := stored.FromFile(s.ctx, name, arrivals, screen.NewProgress(s.stderr))
	if err != nil {
		return err
	}
	var content bytes.Buffer
	if isPicture(path) {
		content.Write(picture.SVG([]recording.Run{run}))
	} else if err := stored.Document(run, "").Write(&content); err != nil {
		return err
	}
	return s.exported(path, content.Bytes(), run.Scenario+" on "+run.Profile)
}

// isTraceFile reports whether a name that export got is a file, and no scenario.
func isTraceFile(name string) bool {
	if slices.Contains(play.ScenarioNames(), name) {
		return false
	}
	_, err := os.Stat(name)
	return err == nil || name == "-" || slices.ContainsFunc(traceExtensions, func(ext string) bool { return strings.HasSuffix(name, "."+ext) })
}

// exportTrace is export for a trace file, which says itself what was run.
func (s *session) exportTrace(c *cobra.Command, path, name, arrivals string) error {
	var wrong error
	c.Flags().Visit(func(f *pflag.Flag) {
		if f.Name != "arrivals" {
			wrong = fmt.Errorf("--%s: the trace %s says what was run; want no such flag, or the name of a scenario", f.Name, words.Printable(name))
		}
	})
	if wrong != nil {
		return wrong
	}
	return s.writeTracePage(path, name, arrivals)
}
