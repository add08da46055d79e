package main

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

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
		o.Time.Format("15:04:05.000"), left(o.From, endWidth), "->", left(o.To, endWidth), left(o.Kind, kindWidth), left(id, idWidth), printable(o.says))
	text = strings.TrimRight(text, " ")
	if !colour {
		return text
	}
	return o.colour() + text + colourOff
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

// left pads s to width characters.
func left(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
}

// printable replaces what a terminal would obey.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}
