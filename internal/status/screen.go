package status

import (
	"bytes"
	"fmt"
	"os"
	"strings"

	"parley/internal/cli"

	"golang.org/x/sys/unix"
)

// screen shows one page after another: over the one before on a terminal, below
// it elsewhere.
type screen struct {
	app   *cli.App
	over  bool
	drawn bool
}

// Escape sequences: the other screen, without a cursor and without wrapping long
// lines, and back.
const (
	screenEnter = "\x1b[?1049h\x1b[?25l\x1b[?7l"
	screenLeave = "\x1b[?7h\x1b[?25h\x1b[?1049l"
	screenHome  = "\x1b[H"
	// These clear what the page before had to the right and below.
	screenLine = "\x1b[K"
	screenRest = "\x1b[J"
)

func newScreen(a *cli.App) *screen {
	return &screen{app: a, over: cli.IsTerminal(a.Out) && os.Getenv("TERM") != "dumb"}
}

// draw shows a page in one write, so that it does not flicker.
func (s *screen) draw(page func(*cli.App)) error {
	var out bytes.Buffer
	to := *s.app
	to.Out = &out
	page(&to)
	if !s.over {
		if s.drawn {
			fmt.Fprintln(s.app.Out)
		}
		s.drawn = true
		_, err := s.app.Out.Write(out.Bytes())
		return err
	}
	text := screenHome
	if !s.drawn {
		text = screenEnter + text
	}
	s.drawn = true
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if height := s.height(); len(lines) > height {
		cut := len(lines) - height + 1
		lines = append(lines[:height-1], fmt.Sprintf("... %d more lines: the window is too small", cut))
	}
	_, err := fmt.Fprint(s.app.Out, text+strings.Join(lines, screenLine+"\n")+screenLine+screenRest)
	return err
}

// height is how many lines the terminal has.
func (s *screen) height() int {
	f, ok := s.app.Out.(*os.File)
	if !ok {
		return defaultHeight
	}
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil || size.Row < 2 {
		return defaultHeight
	}
	return int(size.Row)
}

// defaultHeight is that of a terminal that does not say.
const defaultHeight = 24

// close gives the terminal back as it was; the last page is gone with it.
func (s *screen) close() {
	if s.over && s.drawn {
		fmt.Fprint(s.app.Out, screenLeave)
	}
}
