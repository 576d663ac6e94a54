package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/cmd/wspsim/internal/report"
	"wspsim/cmd/wspsim/internal/screen"
)

// helpTemplate begins with the examples, which most users look for.
const helpTemplate = `{{with .Example}}Examples:
{{.}}

{{end}}{{with (or .Long .Short)}}{{.}}

{{end}}Usage:
  {{.UseLine}}
{{- if .HasAvailableSubCommands}}

Commands:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}

Each command has its own --help.
{{- end}}
{{- if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsagesWrapped 100 | trimTrailingWhitespaces}}
{{- end}}
`

// root returns the command with all subcommands.
func (s *session) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "wspsim [command]",
		Short: "Run scenarios at an accept queue",
		Long: "wspsim runs scenarios at an accept queue. It shows what happens to a connection request between the\n" +
			"network and accept: which clients are refused, which wait, and why. A run can be repeated, bit for bit.",
		Example: "  wspsim list                     the scenarios and the profiles\n" +
			"  wspsim run overflow             a small queue fills and a client is refused\n" +
			"  wspsim explain overflow         why",
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(c, args[0])
			}
			return c.Help()
		},
		SilenceErrors: true, SilenceUsage: true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.SetContext(s.ctx)
	root.SetHelpTemplate(helpTemplate)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		var invalid *pflag.InvalidValueError
		switch {
		case errors.As(err, &invalid) && errors.Is(err, errTwice):
			return fmt.Errorf("--%s: %w", invalid.GetFlag().Name, errTwice)
		case errors.As(err, &invalid) && invalid.GetFlag().Value.Type() == "bool":
			return fmt.Errorf("--%s %q: want true or false, or nothing", invalid.GetFlag().Name, invalid.GetValue())
		case errors.As(err, &invalid):
			return fmt.Errorf("--%s %q: %w", invalid.GetFlag().Name, invalid.GetValue(), errors.Unwrap(err))
		}
		return fmt.Errorf("%w; see %s --help", err, c.CommandPath())
	})
	root.SetHelpCommand(s.helpCommand())
	root.AddCommand(s.listCommand(), s.showCommand(), s.profilesCommand(), s.profileCommand(), s.runCommand(), s.explainCommand(),
		s.compareCommand(), s.quizCommand(), s.lessonsCommand(), s.exportCommand(), s.serveCommand(), s.viewCommand(), s.tableCommand(), s.rulesCommand(), s.verifyCommand(),
		s.soakCommand(), s.benchCommand(), s.versionCommand(), s.completionCommand())
	return root
}

func unknownCommand(c *cobra.Command, name string) error {
	var names []string
	for _, sub := range c.Root().Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	if slices.Contains(play.ScenarioNames(), name) {
		return fmt.Errorf("%q is a scenario, not a command: wspsim run %s", name, name)
	}
	return fmt.Errorf("unknown command %q; %s", name, play.Offer(name, names, "there are "+strings.Join(names, ", ")))
}

// checkHelp returns an error if help is requested for an unknown command.
func checkHelp(root *cobra.Command, args []string) error {
	if !slices.Contains(args, "--help") && !slices.Contains(args, "-h") {
		return nil
	}
	root.InitDefaultHelpCmd()
	about, rest, err := root.Find(args)
	if err != nil || about != root {
		return nil // the subcommand handles it
	}
	for _, arg := range rest {
		if !strings.HasPrefix(arg, "-") {
			return unknownCommand(root, arg)
		}
	}
	return nil
}

func (s *session) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "help [command]",
		Short:   "Help about a command",
		Example: "  wspsim help run",
		RunE: func(c *cobra.Command, args []string) error {
			about, rest, err := c.Root().Find(args)
			if err != nil || about == c.Root() && len(rest) > 0 {
				return unknownCommand(c, args[0])
			}
			return about.Help()
		},
	}
}

func noArgs(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%s takes no argument, not %q", c.Name(), args[0])
	}
	return nil
}

// oneScenario checks the arguments of commands that take the name of a scenario.
func oneScenario(c *cobra.Command, args []string) error {
	switch len(args) {
	case 1:
		return nil
	case 0:
		return fmt.Errorf("%s: want the name of a scenario; wspsim list shows them", c.Name())
	}
	return fmt.Errorf("%s: want one scenario, not %q and %q", c.Name(), args[0], args[1])
}

func (s *session) style() screen.Style { return screen.StyleOf(s.stdout, os.Getenv) }

func (s *session) listCommand() *cobra.Command {
	asJSON := false
	c := &cobra.Command{
		Use:     "list",
		Short:   "List the scenarios and the profiles",
		Example: "  wspsim list\n  wspsim list --json",
		Args:    noArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			if asJSON {
				return report.ListJSON(s.out)
			}
			report.List(s.out, s.style())
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "one JSON document (schema wspsim.list/v2), with knobs")
	return c
}

func (s *session) showCommand() *cobra.Command {
	answers := false
	c := &cobra.Command{
		Use:   "show NAME",
		Short: "Show the question of a scenario, its knobs, and its Go source",
		Long: "Shows the question of a scenario and does not answer it: wspsim quiz NAME takes a guess. --answers shows\n" +
			"the summary, the lesson and the expectations too.",
		Example: "  wspsim show overflow\n  wspsim show burst --answers",
		Args:    oneScenario, ValidArgsFunction: completeScenario,
		RunE: func(_ *cobra.Command, args []string) error {
			scenario, err := play.Find(args[0])
			if err != nil {
				return err
			}
			report.Show(s.out, scenario, answers, s.style())
			return nil
		},
	}
	c.Flags().BoolVar(&answers, "answers", false, "show the lesson and what is expected too")
	return c
}

func (s *session) rulesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rules [ID...]",
		Short: "List the rules of the model: claim, certainty and source",
		Long: "Lists all rules of the model, or the rules with the given ids: id, certainty, claim (source).\n" +
			"Traces and lessons name rules by id.",
		Example: "  wspsim rules\n  wspsim rules R4 WS.T3",
		ValidArgsFunction: func(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
			return withPrefix(report.RuleIDs(), word), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
		},
		RunE: func(_ *cobra.Command, args []string) error {
			rules, err := report.FindRules(args)
			if err != nil {
				return err
			}
			report.Rules(s.out, rules, s.style())
			return nil
		},
	}
}

func (s *session) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the versions of the model and of Go",
		Example: "  wspsim version",
		Args:    noArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			report.Version(s.out)
			return nil
		},
	}
}
