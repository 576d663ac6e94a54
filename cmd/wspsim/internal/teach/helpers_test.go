package teach

import (
	"bufio"
	"bytes"

	"wspsim/cmd/wspsim/internal/screen"
)

// textOf returns what a class prints.
func textOf(c *Class) string {
	var b bytes.Buffer
	w := bufio.NewWriter(&b)
	c.Text(w, screen.Style{})
	w.Flush()
	return b.String()
}
