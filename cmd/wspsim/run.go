package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/report"
	"wspsim/cmd/wspsim/internal/screen"
	"wspsim/cmd/wspsim/internal/tracefile"
	"wspsim/netmodel"
	"wspsim/scenarios"
)

// runFlags are the flags that choose what run prints.
type runFlags struct {
	playFlags
	json, jsonl, full bool
	trace             string
}

// runFormats describes the input and output of run.
func runFormats() string {
	return `The signs of the trace:
  = call  > queued  + complete  - accepted  ! turned away  x reset  ~ client gone  < sent again
  ? a final ACK or data that did not get its connection into the queue
  * at the client  % segment lost or duplicated, link or fault changed; a#2 is the second attempt of a
The queue behind a record, [a (b) . _]:
  a waits for accept, (b) half-open, . free slot, _ slot not filled, a! reset by its client, a* put off;
  behind the bracket: a? not decided and without a slot, (b) half-open in a separate SYN queue,
  a~ complete, waits for a slot; [17 of 200] (3): a large queue, 17 slots in use, 3 half-open connections

The file of --arrivals has one instant per line, in ascending order; - is the standard input:
  0.25 is in seconds; a header that names a unit sets another, such as at_ms, ts (us), time[ns] or at_s;
  250ms and 2024-05-01T12:00:00.123Z (RFC 3339) work too; a line that begins with # is a comment
  a file of several columns wants --column, by name or number; commas, semicolons or tabs separate them,
  as in the first line, and every line has as many; a decimal comma is an error

The keys of --json (` + report.Schema + `), durations in nanoseconds:
  schema, model, scenario, profile, seed, knobs {name: count, or text as --set takes it}
  clients: the profile of the clients' stack, with --clients
  kernel: the settings of the kernel that differ from the defaults, by name
  arrivals {file, column, hash}: with --arrivals; the file - is the standard input
  virtual_ns: the end of the run; events: the number of events of the engine
` + report.StatisticsHelp(scenarios.Statistics()) + `  counters: the counters of the server's TCP, by the names of nstat; zeros are left out
  inputs: what somebody did during the run, with --do
  expectations [{claim, got, held}], verdict (held, failed, not judged), hash of all records
  reproduce: the command line
  state: the run as one line of text, as the address of a page has it; --from takes it
--jsonl writes one object for each record. The last object has kind "summary" and these keys.

The extensions of --trace:
` + strings.TrimSuffix(tracefile.ExtensionHelp(), "\n")
}

func (s *session) runCommand() *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "run NAME",
		Short: "Run a scenario and report what happened",
		Long: "Runs a scenario. Prints the backlog asked for and in force, a short trace, how the attempts ended,\n" +
			"the statistics, the queue over time, and whether the expectations of the lesson held.\n" +
			"Exit code 1 means that an expectation failed.\n\n" + runFormats(),
		Example: "  wspsim run overflow\n" +
			"  wspsim run overflow --profile windows --backlog 4\n" +
			"  wspsim run burst --set workers=2 --set service=10ms --seed 7\n" +
			"  wspsim run burst --json | jq .outcomes\n" +
			"  wspsim run burst --trace burst.trace && wspsim verify burst.trace\n" +
			"  wspsim run burst --profile linux --trace burst.pcapng\n" +
			"  wspsim run overflow --trace overflow.svg\n" +
			"  wspsim run recorded --arrivals requests.csv --column time_ms\n" +
			"  cut -d, -f2 requests.csv | wspsim run recorded --arrivals -",
		Args: f.scenario, ValidArgsFunction: completeScenario,
		RunE: func(c *cobra.Command, args []string) error {
			if err := f.check(c); err != nil {
				return err
			}
			p, err := f.play(c, first(args))
			if err != nil {
				return err
			}
			if text := p.Estimate(); text != "" {
				fmt.Fprintf(s.stderr, "wspsim: %s\n", text)
			}
			return s.run(p, &f)
		},
	}
	f.add(c)
	c.Flags().BoolVar(&f.json, "json", false, "print one JSON document (schema "+report.Schema+")")
	c.Flags().BoolVar(&f.jsonl, "jsonl", false, "print one JSON object for each record, then a summary")
	c.Flags().StringVar(&f.trace, "trace", "", "also write the run to `FILE`, in the format of its extension; with - print only the trace that verify replays")
	mustComplete(c, "trace", completeTrace)
	c.Flags().BoolVar(&f.full, "full", false, "show every record, also routine records")
	return c
}

// check rejects flags that exclude each other.
func (f *runFlags) check(c *cobra.Command) error {
	given := ""
	for _, flag := range []string{"json", "jsonl", "trace", "full"} {
		switch {
		case !c.Flags().Changed(flag):
		case given != "" && !(given == "trace" && flag == "full" && f.trace != "-"):
			return fmt.Errorf("--%s and --%s exclude each other", given, flag)
		default:
			given = flag
		}
	}
	if !c.Flags().Changed("trace") || f.trace == "-" {
		return nil
	}
	if _, err := tracefile.ExtensionOf(f.trace); err != nil {
		return fmt.Errorf("--trace %w", err)
	}
	return nil
}

// run runs a play and prints what the flags choose.
func (s *session) run(p *play.Play, f *runFlags) error {
	progress := screen.NewProgress(s.stderr)
	var done *play.Done
	var err error
	switch {
	case f.json:
		done, err = p.Run(s.ctx, play.Watch{Progress: progress})
		if err == nil {
			err = report.JSON(s.out, p, done)
		}
	case f.jsonl:
		lines := report.NewLines(s.out)
		done, err = p.Run(s.ctx, play.Watch{Progress: progress, Record: lines.Record, Broken: lines.Broken})
		if lines.Broken() {
			err = nil // flushing reports it
		} else if err == nil {
			err = lines.End(p, done)
		}
	case f.trace == "-":
		done, err = s.printTrace(p, progress)
	default:
		done, err = s.runText(p, f, progress)
	}
	switch {
	case err != nil:
		return err
	case done != nil && done.Verdict == scenarios.Failed:
		return errFailed
	}
	return nil
}

// printTrace writes the trace to the standard output.
func (s *session) printTrace(p *play.Play, progress *screen.Progress) (*play.Done, error) {
	header, err := tracefile.HeaderOf(p)
	if err != nil {
		return nil, err
	}
	w := tracefile.NewWriter(s.out, header)
	done, err := p.Run(s.ctx, play.Watch{Progress: progress, Record: w.Record, Broken: w.Broken})
	switch {
	case w.Broken():
		return nil, nil // flushing reports it
	case err != nil:
		return nil, err
	}
	w.End(done.Hash) // flushing reports its error
	return done, nil
}

// runText prints the report, and writes the trace to a file if there is one.
func (s *session) runText(p *play.Play, f *runFlags, progress *screen.Progress) (*play.Done, error) {
	r := report.Run{Play: p, Style: s.style()}
	watch := play.Watch{Lines: report.StoryLines, Progress: progress, Record: r.Incidents.Note}
	if f.full {
		watch.Lines = 0
	}
	var err error
	if f.trace == "" {
		r.Done, err = p.Run(s.ctx, watch)
	} else {
		r.Trace = f.trace
		if ext, _ := tracefile.ExtensionOf(f.trace); ext == tracefile.ExtTrace {
			r.Done, r.Written, err = s.writeTrace(p, watch, f.trace)
		} else {
			r.View = true
			r.Done, r.Written, err = s.runView(p, watch, f.trace)
		}
	}
	if err != nil {
		return nil, err
	}
	r.Head(s.out)
	if f.full {
		// Run it again, so that its records do not have to stay in memory.
		full := report.NewFull(s.out, r.Style)
		if _, err := p.Run(s.ctx, play.Watch{Progress: progress, Record: full.Record, Broken: full.Broken}); err != nil && !full.Broken() {
			return nil, err
		}
		full.End()
	} else {
		r.Story(s.out)
	}
	r.Rest(s.ctx, s.out)
	return r.Done, nil
}

// writeTrace runs a play and writes the trace to a file. After an error there is no file.
func (s *session) writeTrace(p *play.Play, watch play.Watch, path string) (done *play.Done, written uint64, err error) {
	header, err := tracefile.HeaderOf(p)
	if err != nil {
		return nil, 0, err
	}
	file, err := tracefile.Create(path)
	if err != nil {
		return nil, 0, &writeError{path, err}
	}
	defer file.Abort() // does nothing after Commit
	w := tracefile.NewWriter(file, header)
	note := watch.Record
	watch.Record = func(n *netmodel.Network, r netmodel.Record) {
		note(n, r)
		w.Record(n, r)
	}
	watch.Broken = w.Broken
	done, err = p.Run(s.ctx, watch)
	if err != nil && !w.Broken() {
		return nil, 0, err
	}
	if w.Broken() {
		return nil, 0, &writeError{path, w.End(0)}
	}
	if err := w.End(done.Hash); err != nil {
		return nil, 0, &writeError{path, err}
	}
	if err := file.Commit(); err != nil {
		return nil, 0, &writeError{path, err}
	}
	return done, w.Records(), nil
}

func (s *session) explainCommand() *cobra.Command {
	var f playFlags
	client, path := "", ""
	c := &cobra.Command{
		Use:   "explain NAME",
		Short: "Show the lesson of a scenario, and why one client got its result",
		Long: "Prints the lesson of a scenario, then every record about one client, with time and rule. Marks the\n" +
			"record that decided the outcome.",
		Example: "  wspsim explain overflow\n" +
			"  wspsim explain overflow --client a --profile windows\n" +
			"  wspsim explain burst --client c17 --seed 7\n" +
			"  wspsim explain burst --client c17 --trace c17.pcapng",
		Args: f.scenario, ValidArgsFunction: completeScenario,
		RunE: func(c *cobra.Command, args []string) error {
			p, err := f.play(c, first(args))
			if err != nil {
				return err
			}
			if c.Flags().Changed("trace") {
				if err := checkClientView(path); err != nil {
					return err
				}
			}
			if m, err := f.moment(c, ""); err == nil && client == "" {
				client = m.Client
			}
			story, err := report.Explain(s.ctx, p, client, screen.NewProgress(s.stderr))
			if err != nil {
				return err
			}
			story.Run.Style = s.style()
			if path != "" {
				if err := s.explainView(p, story, path); err != nil {
					return err
				}
				story.Run.Trace = path
			}
			story.Text(s.out)
			return nil
		},
	}
	c.Flags().SortFlags = false
	c.Flags().StringVar(&client, "client", "", "follow the client `NAME` (default: the most interesting one)")
	c.Flags().StringVar(&path, "trace", "", "also write the records and segments of the client to `FILE`, in the format of its extension: "+viewExtensions())
	f.add(c)
	mustComplete(c, "client", completeClient)
	mustComplete(c, "trace", completeTrace)
	return c
}

// mustComplete says what completes the value of a flag that there is.
func mustComplete(c *cobra.Command, flag string, f cobra.CompletionFunc) {
	if err := c.RegisterFlagCompletionFunc(flag, f); err != nil {
		panic(err)
	}
}
