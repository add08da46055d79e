package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"

	"parley/wire"
)

// Exit codes. Scripts depend on them.
const (
	exitOK = 0
	// exitFailed: the command could not do its work.
	exitFailed = 1
	// exitWrong: the command line, or what it submits, is not acceptable;
	// nothing was started.
	exitWrong = 2
	// exitAborted: the order is definitely not placed.
	exitAborted = 3
	// exitUnknown: the order may or may not be placed.
	exitUnknown = 4
)

// failure is an error with its exit code and what to do next.
type failure struct {
	exit int
	err  error
	do   string
	// shown: the result that was printed says it all.
	shown bool
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

func wrong(err error, do string) error  { return &failure{exit: exitWrong, err: err, do: do} }
func failed(err error, do string) error { return &failure{exit: exitFailed, err: err, do: do} }

// ended is the exit code of a command whose printed result already explains.
func ended(code int) error {
	if code == exitOK {
		return nil
	}
	return &failure{exit: code, err: fmt.Errorf("exit %d", code), shown: true}
}

// errorJSON is what --json prints for a failure.
type errorJSON struct {
	Error string    `json:"error"`
	Code  wire.Code `json:"code"`
	Next  string    `json:"next,omitempty"`
	Exit  int       `json:"exit"`
}

// fail shows an error, if there is one, and returns the exit code.
func (a *app) fail(err error) int {
	if err == nil {
		return exitOK
	}
	f, ok := errors.AsType[*failure](err)
	if !ok {
		f = &failure{exit: exitFailed, err: err}
	}
	if errors.Is(err, nats.ErrPermissionViolation) && !strings.Contains(f.do, permit) {
		f.do = permit // to start something does not help
	}
	switch {
	case f.shown:
	case a.json:
		a.printJSON(errorJSON{Error: err.Error(), Code: f.code(), Next: f.do, Exit: f.exit})
	default:
		fmt.Fprintf(a.err, "parley: %v\n", err)
		if f.do != "" {
			fmt.Fprintf(a.err, "next: %s\n", f.do)
		}
	}
	return f.exit
}

func (f *failure) code() wire.Code {
	if e, ok := errors.AsType[*wire.Error](f.err); ok {
		return e.Code
	}
	if f.exit == exitWrong {
		return wire.CodeInvalid
	}
	return wire.CodeInternal
}
