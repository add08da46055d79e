package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"parley/coordinator/txclient"
	"parley/internal/cli"
	"parley/wire"
	"parley/wire/txwire"
)

type txSubmitCmd struct {
	natsFlags
	jsonFlag
	submitFlags
	Branch []string `short:"b" required:"" sep:"none" placeholder:"NAME=JSON" help:"A participant and its payload, which is JSON: given here, or read from a file with NAME=@FILE, from the standard input with NAME=@-. At most ${max_branches}, each participant once."`
	Event  []string `sep:"none" placeholder:"SUBJECT=DATA" help:"An event: it is published on a subject with a JetStream stream if and only if the transaction commits. Data are as for --branch, and need not be JSON; at most ${max_events} events with ${max_event_bytes} bytes."`
}

func (*txSubmitCmd) Help() string {
	return `Submits one transaction to any participants: all commit or none does. If an answer is lost, repeat the command with the same --key: it is done once, and the answer is the same.

With --wait applied it answers when every participant has applied it. If one of them is unavailable for longer than --timeout, the answer is that it is committed and not yet applied ("applied": false with --json): that is final.

Exit codes: 0 committed (with --wait applied also when it is not yet applied), 3 definitely not committed, 4 not known yet (repeat with the same key), 2 not acceptable (nothing was started), 1 no coordinator could be reached.

Examples:

    parley tx submit -b payment='{"account":"ada","cents":900}' -b inventory=@order.json
    parley tx submit -b payment=@payment.json --event orders.placed=@order.json --event mail.send=ada
    parley tx submit -b inventory='{"v":1,"item":"margherita","quantity":1}' --key breakfast-1 --json
    jq -c .payment order.json | parley tx submit -b payment=@- --wait applied`
}

func (c *txSubmitCmd) Run(ctx context.Context, a *cli.App) error {
	r, err := c.request(os.Stdin)
	if err != nil {
		return cli.Wrong(err, "run `parley tx submit --help` for examples")
	}
	_, client, closeAll, err := c.client(ctx, "tx submit")
	if err != nil {
		return err
	}
	defer closeAll()
	o, err := c.submit(ctx, a, client, r)
	switch {
	case err == nil && o.Status == txwire.StatusCommitted:
		c.print(a, o, "committed")
		return nil
	case err == nil:
		c.print(a, o, "aborted, nothing was changed")
		return cli.Ended(cli.ExitAborted)
	case errors.Is(err, txclient.ErrUnknown):
		c.print(a, o, "it is not known yet whether it is committed")
		if !a.JSON {
			fmt.Fprintf(a.Err, "next: repeat the command with --key %s, which never commits twice\n", cli.Quoted(o.Key))
		}
		return cli.Ended(cli.ExitUnknown)
	}
	return notSubmitted(err, "nothing was started", func(code wire.Code) string {
		if code == wire.CodeConflict {
			return "the first submission with this key is valid; show it with `parley tx show KEY`, or use a new key"
		}
		return "run `parley tx submit --help` for examples"
	})
}

// request checks the flags and reads the payloads.
func (c *txSubmitCmd) request(stdin io.Reader) (r txclient.Request, err error) {
	if err := c.check(); err != nil {
		return r, err
	}
	if len(c.Branch) > txwire.MaxBranches {
		return r, fmt.Errorf("--branch is given %d times, the limit is %d", len(c.Branch), txwire.MaxBranches)
	}
	for _, flag := range c.Branch {
		name, value, ok := strings.Cut(flag, "=")
		if !ok {
			return r, fmt.Errorf("--branch %.80q is not NAME=JSON", flag)
		}
		if err := wire.CheckParticipant(name); err != nil {
			return r, fmt.Errorf("--branch %.80q: %w", flag, err)
		}
		if slices.ContainsFunc(r.Branches, func(b txwire.Branch) bool { return b.Participant == name }) {
			return r, fmt.Errorf("--branch names %s twice", name)
		}
		payload, err := readPayload(value, stdin)
		if err != nil {
			return r, fmt.Errorf("--branch %s: %w", name, err)
		}
		r.Branches = append(r.Branches, txwire.Branch{Participant: name, Payload: payload})
	}
	for _, flag := range c.Event {
		subject, value, ok := strings.Cut(flag, "=")
		if !ok {
			return r, fmt.Errorf("--event %.80q is not SUBJECT=DATA", flag)
		}
		err := txwire.CheckEventSubject(subject)
		e := txwire.Event{Subject: subject}
		if err == nil {
			e.Data, _, err = readData(value, stdin, txwire.MaxEventBytes)
		}
		if err != nil {
			return r, fmt.Errorf("--event %.80q: %w", subject, err)
		}
		r.Events = append(r.Events, e)
	}
	return r, nil
}

// readPayload reads JSON that is given, or where it is.
func readPayload(value string, stdin io.Reader) (json.RawMessage, error) {
	data, where, err := readData(value, stdin, txwire.MaxPayload)
	if data = bytes.TrimSpace(data); err == nil && !json.Valid(data) {
		err = fmt.Errorf("the payload in %s is not JSON", where)
	}
	return data, err
}

// readData reads what is given, or where it is, up to a limit, and names where that is.
func readData(value string, stdin io.Reader, limit int64) (data []byte, where string, err error) {
	data, where = []byte(value), cli.Printable(fmt.Sprintf("%.80s", value))
	if path, ok := strings.CutPrefix(value, "@"); ok {
		from := stdin
		if where = path; path == "-" {
			where = "the standard input"
		} else {
			f, err := os.Open(path)
			if err != nil {
				return nil, where, err
			}
			defer f.Close()
			from = f
		}
		// A line ends with a line feed, which does not count.
		if data, err = io.ReadAll(io.LimitReader(from, limit+2)); err != nil {
			return nil, where, fmt.Errorf("reading %s: %w", where, err)
		}
	}
	if int64(len(bytes.TrimRight(data, "\n"))) > limit {
		return nil, where, fmt.Errorf("the data in %s has more than the limit of %d bytes", where, limit)
	}
	return data, where, nil
}

// submitted is what --json prints.
type submitted struct {
	Status txwire.Status `json:"status"`
	// Applied reports whether every participant has acknowledged the outcome. It is set
	// with --wait applied only.
	Applied     *bool                      `json:"applied,omitempty"`
	ID          txwire.ID                  `json:"id,omitzero"`
	Key         string                     `json:"key"`
	Code        wire.Code                  `json:"code,omitempty"`
	Reason      string                     `json:"reason,omitempty"`
	Participant string                     `json:"participant,omitempty"`
	Details     map[string]json.RawMessage `json:"details,omitempty"`
}

func (c *txSubmitCmd) print(a *cli.App, o txwire.Outcome, status string) {
	waited := c.Wait == txwire.WaitApplied && o.Status == txwire.StatusCommitted
	if a.JSON {
		s := submitted{o.Status, nil, o.ID, o.Key, o.Code, o.Reason, o.Participant, o.Details}
		if waited {
			s.Applied = &o.Applied
		}
		a.PrintJSON(s)
		return
	}
	reason := why(o)
	switch {
	case waited && o.Applied:
		status += ", applied everywhere"
	case waited:
		status += ", not yet applied everywhere"
	}
	a.Printf("%s\n", status)
	facts := []string{"why", cli.Printable(reason), "id", "", "key", o.Key}
	if !o.ID.IsZero() {
		facts[3] = o.ID.String()
	}
	for _, name := range slices.Sorted(maps.Keys(o.Details)) {
		facts = append(facts, name, cli.Printable(string(o.Details[name])))
	}
	a.Facts(facts...)
}
