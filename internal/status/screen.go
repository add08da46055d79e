package status

import (
	"bytes"
	"fmt"
	"os"
	"strings"

	"parley/internal/cli"

	"golang.org/x/sys/unix"
)

// screen shows one page after another. On a terminal each overwrites the previous one,
// elsewhere it follows below.
type screen struct {
	app   *cli.App
	over  bool
	drawn bool
}

// Escape sequences that switch to the alternate screen, without a cursor and line
// wrapping, and back.
const (
	screenEnter = "\x1b[?1049h\x1b[?25l\x1b[?7l"
	screenLeave = "\x1b[?7h\x1b[?25h\x1b[?1049l"
	screenHome  = "\x1b[H"
	// screenLine and screenRest clear the rest of the previous page's line and screen.
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

// height is the number of lines of the terminal.
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

// defaultHeight is that of a terminal that does not report one.
const defaultHeight = 24

// close restores the terminal, which removes the last page.
func (s *screen) close() {
	if s.over && s.drawn {
		fmt.Fprint(s.app.Out, screenLeave)
	}
}
