package cli

import (
	"io"
	"os"

	"github.com/mattn/go-isatty"
)

// ColourOff is the escape sequence that resets the colour.
const ColourOff = "\x1b[0m"

// IsTerminal reports whether w is a terminal.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// HasColours reports whether w is a terminal that displays colours and they were not
// disabled (see no-color.org).
func HasColours(w io.Writer) bool {
	return IsTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
