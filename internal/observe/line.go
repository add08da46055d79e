package observe

import (
	"fmt"
	"strings"

	"parley/internal/cli"
	"parley/wire/txwire"
)

// Widths of the columns of a line: the longest end is "coordinator", the
// longest kind "ask-owner", and an id is 16 characters, a dot and a number.
const (
	endWidth  = 11
	kindWidth = 9
	idWidth   = 22
)

// line is the message for people. What messages hold is not trusted: it cannot
// move the cursor.
func (o *observed) line(colour bool) string {
	id := o.ID.String()
	if id == "" {
		id = "-"
	}
	text := fmt.Sprintf("%s  %s %s %s  %s  %s  %s",
		o.Time.Format("15:04:05.000"), cli.Left(o.From, endWidth), "->", cli.Left(o.To, endWidth), cli.Left(o.Kind, kindWidth), cli.Left(id, idWidth), cli.Printable(o.summary))
	text = strings.TrimRight(text, " ")
	if !colour {
		return text
	}
	return o.colour() + text + cli.ColourOff
}

// colour is the escape sequence for a kind of message: green commits, red does
// not, and what a transaction costs the log stands out.
func (o *observed) colour() string {
	switch {
	case o.no || o.Kind == txwire.KindAbort:
		return "\x1b[31m"
	case o.Kind == txwire.KindCommit:
		return "\x1b[1;32m"
	case o.Kind == txwire.KindVote:
		return "\x1b[32m"
	case o.Kind == txwire.KindPrepare:
		return "\x1b[36m"
	case o.Kind == txwire.KindAck:
		return "\x1b[2m"
	case o.To == endLog:
		return "\x1b[35m"
	default:
		return "\x1b[33m"
	}
}
