package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"

	"parley/wire"
)

// Exit codes. Scripts depend on them.
const (
	// ExitOK means that the command succeeded.
	ExitOK = 0
	// ExitFailed means that the command failed.
	ExitFailed = 1
	// ExitWrong means that the command line, or what it submits, is not acceptable;
	// nothing was started.
	ExitWrong = 2
	// ExitAborted means that the order is definitely not placed.
	ExitAborted = 3
	// ExitUnknown means that the order may or may not be placed.
	ExitUnknown = 4
)

// Permit is the advice for a missing permission.
const Permit = "give this user the permission, or be another one with --creds FILE or --nats nats://USER:PASSWORD@HOST:PORT"

// Failure is an error with its exit code and what to do next.
type Failure struct {
	// Code is the exit code.
	Code int
	Err  error
	do   string
	// shown reports that the printed result already explains the failure.
	shown bool
}

func (f *Failure) Error() string { return f.Err.Error() }
func (f *Failure) Unwrap() error { return f.Err }

// Wrong returns the failure for a command line, or what it submits, that is not
// acceptable; do is what to do next.
func Wrong(err error, do string) error { return &Failure{Code: ExitWrong, Err: err, do: do} }

// Failed returns the failure of a command; do is what to do next.
func Failed(err error, do string) error { return &Failure{Code: ExitFailed, Err: err, do: do} }

// Ended returns the failure of a command whose printed result already explains it.
func Ended(code int) error {
	if code == ExitOK {
		return nil
	}
	return &Failure{Code: code, Err: fmt.Errorf("exit %d", code), shown: true}
}

// ErrorJSON is what --json prints for a failure.
type ErrorJSON struct {
	Error string    `json:"error"`
	Code  wire.Code `json:"code"`
	Next  string    `json:"next,omitempty"`
	Exit  int       `json:"exit"`
}

// Fail shows an error, if there is one, and returns the exit code.
func (a *App) Fail(err error) int {
	if err == nil {
		return ExitOK
	}
	f, ok := errors.AsType[*Failure](err)
	if !ok {
		f = &Failure{Code: ExitFailed, Err: err}
	}
	if errors.Is(err, nats.ErrPermissionViolation) && !strings.Contains(f.do, Permit) {
		f.do = Permit // starting a process does not help
	}
	switch {
	case f.shown:
	case a.JSON:
		a.PrintJSON(ErrorJSON{Error: err.Error(), Code: f.code(), Next: f.do, Exit: f.Code})
	default:
		fmt.Fprintf(a.Err, "parley: %v\n", err)
		if f.do != "" {
			fmt.Fprintf(a.Err, "next: %s\n", f.do)
		}
	}
	return f.Code
}

func (f *Failure) code() wire.Code {
	if e, ok := errors.AsType[*wire.Error](f.Err); ok {
		return e.Code
	}
	if f.Code == ExitWrong {
		return wire.CodeInvalid
	}
	return wire.CodeInternal
}
