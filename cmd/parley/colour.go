package main

import (
	"io"
	"os"

	"github.com/mattn/go-isatty"
)

// colourOff ends what a colour began.
const colourOff = "\x1b[0m"

// terminal reports whether w is one.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// coloured reports whether w may be sent colours: a terminal that can show
// them and whose owner has not said no (see no-color.org).
func coloured(w io.Writer) bool {
	return terminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
