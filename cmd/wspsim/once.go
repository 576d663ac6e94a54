package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

var errTwice = errors.New("given twice; want it once")

// once is the value of a flag that may be given once. A text is not empty: no flag has a
// use for that, and a script whose variable is empty should hear of it.
type once struct {
	pflag.Value
	flag  *pflag.Flag
	given bool
}

func (o *once) Set(text string) error {
	switch {
	case o.given:
		return errTwice
	case text == "" && o.Type() == "string":
		want, _ := pflag.UnquoteUsage(o.flag)
		return fmt.Errorf("want %s, and not an empty word", want)
	}
	o.given = true
	return o.Value.Set(text)
}

// eachOnce makes every flag of a command and its subcommands a flag that is given once,
// except those that collect values. The command parses one line after it.
func eachOnce(c *cobra.Command) {
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if _, many := f.Value.(pflag.SliceValue); !many {
			f.Value = &once{Value: f.Value, flag: f}
		}
	})
	for _, sub := range c.Commands() {
		eachOnce(sub)
	}
}
