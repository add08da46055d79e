package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"parley/coordinator/txclient"
	"parley/internal/cli"
	"parley/wire"
	"parley/wire/txwire"
)

// submitFlags are those of commands that submit a transaction.
type submitFlags struct {
	Key     *string       `placeholder:"KEY" help:"Idempotency key, at most ${max_key} bytes: of all submissions with one key at most one commits."`
	Wait    txwire.Wait   `default:"decided" enum:"decided,applied" help:"Answer when it is decided, or when every participant has applied it: decided or applied."`
	Timeout time.Duration `default:"${timeout}" placeholder:"DURATION" help:"Time for all participants to vote, at most ${max_timeout}; after it the transaction is aborted (default ${default})."`
}

// check refuses what no coordinator would accept.
func (f *submitFlags) check() error {
	if f.Timeout <= 0 || f.Timeout > txwire.MaxTimeout {
		return fmt.Errorf("--timeout is %v, allowed is more than 0 and at most %s", f.Timeout, plain(txwire.MaxTimeout))
	}
	return checkKeyFlag(f.Key)
}

// checkKeyFlag refuses an invalid --key. An empty one is not the same as none: repeating
// the command would submit a second transaction.
func checkKeyFlag(key *string) error {
	if key == nil {
		return nil
	}
	if err := wire.CheckNewKey(*key); err != nil {
		return fmt.Errorf("--key: %w", err)
	}
	return nil
}

// given returns the value of a flag, empty if the flag was not given.
func given(flag *string) string {
	if flag == nil {
		return ""
	}
	return *flag
}

const (
	// firstPatience is how long a submission may take before a message is printed that
	// it is still being retried.
	firstPatience = 4 * time.Second
	// morePatience is how long beyond its time-out a submission is retried.
	morePatience = 10 * time.Second
)

// submit submits a transaction, and retries until there is an answer or the patience ends.
// If no coordinator could be reached at first it returns that error immediately: nothing
// was started then.
func (f *submitFlags) submit(ctx context.Context, a *cli.App, client submitter, r txclient.Request) (txwire.Outcome, error) {
	r.Key, r.Timeout, r.Wait = given(f.Key), f.Timeout, f.Wait
	o, err := submitFor(ctx, client, r, firstPatience)
	unapplied := err == nil && o.Status == txwire.StatusCommitted && r.Wait == txwire.WaitApplied && !o.Applied
	if !unapplied && !errors.Is(err, txclient.ErrUnknown) || ctx.Err() != nil {
		return o, err
	}
	r.Key = o.Key
	if unapplied {
		fmt.Fprintf(a.Err, "%s; still waiting for that (key %s)\n", o.Reason, o.Key)
		if again, err := submitFor(ctx, client, r, f.Timeout+morePatience); err == nil && again.Status == txwire.StatusCommitted {
			return again, nil
		}
		return o, nil // a commit is final, whatever the second request returned
	}
	fmt.Fprintf(a.Err, "no answer yet, retrying (key %s)\n", o.Key)
	again, err := submitFor(ctx, client, r, f.Timeout+morePatience)
	if refused, ok := errors.AsType[*wire.Error](err); ok && !refused.Code.Definite() {
		// This request started nothing, but the one before may have.
		o.Reason = refused.Text
		return o, txclient.ErrUnknown
	}
	return again, err
}

// submitter is the part of [txclient.Client] that a submission needs.
type submitter interface {
	Submit(context.Context, txclient.Request) (txwire.Outcome, error)
}

func submitFor(ctx context.Context, client submitter, r txclient.Request, d time.Duration) (txwire.Outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return client.Submit(ctx, r)
}

// notSubmitted returns the failure of a submission that started nothing. nothing is what
// did not happen, advice what to do about a refusal.
func notSubmitted(err error, nothing string, advice func(wire.Code) string) error {
	if errors.Is(err, nats.ErrPermissionViolation) {
		return cli.Failed(err, nothing+"; "+cli.Permit)
	}
	refused, ok := errors.AsType[*wire.Error](err)
	if !ok || !refused.Code.Definite() {
		return cli.Failed(err, nothing+"; `parley status` shows which processes are missing")
	}
	return cli.Wrong(err, advice(refused.Code))
}

// why returns why a transaction is not committed, or not applied, with the participant
// that is the reason.
func why(o txwire.Outcome) string {
	reason := o.Reason
	if reason == "" {
		reason = string(o.Code)
	}
	if o.Participant == "" || strings.HasPrefix(reason, o.Participant) {
		return reason
	}
	return o.Participant + ": " + reason
}
