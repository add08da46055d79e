package cli

import (
	"io"
	"os"

	"github.com/mattn/go-isatty"
)

// ColourOff ends what a colour began.
const ColourOff = "\x1b[0m"

// IsTerminal reports whether w is one.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// HasColours reports whether w may be sent colours: a terminal that can show
// them and whose owner has not said no (see no-color.org).
func HasColours(w io.Writer) bool {
	return IsTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
