package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"wspsim/cmd/wspsim/internal/play"
	"wspsim/netmodel/profiles"
	"wspsim/scenarios"
)

func (s *session) completionCommand() *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print a script with which a shell completes commands and names",
		Example: "  source <(wspsim completion bash)\n" +
			"  wspsim completion zsh > \"${fpath[1]}/_wspsim\"\n" +
			"  wspsim completion fish > ~/.config/fish/completions/wspsim.fish\n" +
			"  wspsim completion powershell | Out-String | Invoke-Expression",
		ValidArgs: shells,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("completion: want one shell: %s", strings.Join(shells, ", "))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			root := c.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(s.out, true)
			case "zsh":
				return root.GenZshCompletion(s.out)
			case "fish":
				return root.GenFishCompletion(s.out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(s.out)
			}
			return fmt.Errorf("unknown shell %q; %s", args[0], play.Offer(args[0], shells, "there are "+strings.Join(shells, ", ")))
		},
	}
}

// withPrefix keeps the names that begin with the word on the line.
func withPrefix(names []string, word string) []string {
	return slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, word) })
}

// completeScenario offers the names of the scenarios.
func completeScenario(_ *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, s := range scenarios.All() {
		names = append(names, s.Name+"\t"+s.Summary)
	}
	return withPrefix(names, word), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}

// completeProfile offers the names of the profiles.
func completeProfile(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, p := range profiles.All() {
		names = append(names, p.Name+"\t"+p.Long)
	}
	return withPrefix(names, word), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}

// completeKnob offers the knobs of the scenario on the line.
func completeKnob(_ *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	var names []string
	if len(args) > 0 {
		s, _ := scenarios.ByName(args[0])
		for _, k := range s.Knobs {
			names = append(names, k.Name+"=\t"+k.Help())
		}
	}
	return withPrefix(names, word), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveKeepOrder
}

// completeClient offers the clients that have a name in the scenario.
func completeClient(_ *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	var names []string
	if len(args) > 0 {
		s, _ := scenarios.ByName(args[0])
		for _, step := range s.Steps {
			if r, ok := step.Do.(scenarios.Request); ok {
				names = append(names, r.Client)
			}
		}
	}
	return withPrefix(names, word), cobra.ShellCompDirectiveNoFileComp
}
