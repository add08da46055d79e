package txclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"parley/internal/pause"
	"parley/natsconn"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

// Request is one transaction.
type Request struct {
	// Key makes repeating safe. If it is empty one is generated; the outcome has it.
	Key string
	// Branches are the participants, each once, with their payloads.
	Branches []txwire.Branch
	// Events are messages for JetStream streams: they are published if and only if
	// the transaction commits, see [txwire.Event]. Submit does not wait for them. A
	// subject that coordinators may not publish to, or that no stream takes, is an
	// error with code invalid.
	Events []txwire.Event
	// Timeout is the time to collect votes; 0 means [txwire.DefaultTimeout].
	Timeout time.Duration
	// Wait selects when Submit returns; empty means [txwire.WaitDecided]. With
	// [txwire.WaitApplied] Submit also returns a commit that some participant has
	// not acknowledged when the context ends, see [Client.Submit].
	Wait txwire.Wait
}

const (
	// silence is how long a coordinator may send nothing before the submission is
	// repeated. A live one sends an answer every second.
	silence = 2500 * time.Millisecond
	// The pause between two attempts grows from firstPause to lastPause.
	firstPause = 50 * time.Millisecond
	lastPause  = 2 * time.Second
)

// Submit submits a transaction and repeats it until the outcome is definite or
// ctx ends.
//
// A nil error means that the outcome is final: its Status is committed or
// aborted. With [txwire.WaitApplied] Applied reports whether every participant has
// acknowledged it; when ctx ends after the commit and before the last
// acknowledgement, the outcome is committed with Applied false, and Reason names
// a participant that has not acknowledged it. An error that is [ErrUnknown] means
// that the outcome is not known yet. Any other error, a [*wire.Error] with its code,
// means that nothing was done: the request is wrong (invalid, conflict, ...), or no
// coordinator was reached (unavailable). The outcome always has the key.
//
// If the user may not publish on tx.submit, or not subscribe where answers arrive,
// Submit returns immediately with an error that is [nats.ErrPermissionViolation] and
// names the subject. If the submission was accepted before the permission was
// withdrawn, or its answer cannot arrive, the error is [ErrUnknown] as well.
func (c *Client) Submit(ctx context.Context, r Request) (txwire.Outcome, error) {
	s := txwire.Submit{
		V: wire.Version, Key: r.Key, Branches: r.Branches, Events: r.Events, TimeoutMS: r.Timeout.Milliseconds(), Wait: r.Wait,
	}
	if s.Key == "" {
		s.Key, s.Once = NewKey(), true
	}
	if r.Timeout > 0 && s.TimeoutMS == 0 {
		s.TimeoutMS = 1
	}
	// Checked here, so that an invalid request is refused without a coordinator.
	if err := check(s); err != nil {
		return txwire.Outcome{V: wire.Version, Status: txwire.StatusRejected, Key: s.Key}, err
	}
	t := try{client: c, submit: s, box: make(chan *nats.Msg, 8)}
	defer func() { c.forget(t.token); c.forget(t.statusToken) }()
	if ctx.Err() != nil {
		return t.ended(ctx) // nothing is sent
	}
	wait := firstPause
	for {
		o, done, err := t.once(ctx)
		if done {
			return o, err
		}
		if !pause.For(ctx, wait/2+rand.N(wait)) {
			return t.ended(ctx)
		}
		wait = min(2*wait, lastPause)
	}
}

// check returns an error if the submission is invalid or a payload is not JSON.
func check(s txwire.Submit) error {
	if _, err := wire.Check(s); err != nil {
		return err
	}
	for i, b := range s.Branches {
		if !json.Valid(b.Payload) {
			return &wire.Error{Code: wire.CodeInvalid, Text: fmt.Sprintf("branches[%d]: payload is not JSON: %.40q", i, b.Payload)}
		}
	}
	return nil
}

// try is one submission over all its repetitions.
type try struct {
	client *Client
	submit txwire.Submit
	box    chan *nats.Msg
	token  string
	// started means that some coordinator may have started a transaction for it.
	started bool
	last    txwire.Outcome // the last answer, for the reason

	// Submissions that wait to be applied request the decision while they wait:
	// statusBox receives the status of the transaction asked. committed is that
	// status once it is committed, and empty before.
	statusBox   chan *nats.Msg
	statusToken string
	asked       txwire.ID
	committed   txwire.Outcome
	// noStatus means that the client may not publish on tx.status.
	noStatus bool
}

// once sends the submission once and waits for its answers.
func (t *try) once(ctx context.Context) (o txwire.Outcome, done bool, err error) {
	// Each attempt has a box of its own: an answer to an earlier one may report
	// the abort of that attempt alone, when this one may commit.
	t.client.forget(t.token)
	t.box = make(chan *nats.Msg, 8)
	var reply string
	t.token, reply = t.client.expect(t.box)
	t.submit.Once = t.submit.Once && !t.started
	mark, probe := natsconn.NewMark(t.client.nc), natsconn.NewProbe()
	defer probe.Stop()
	if err := t.client.nc.PublishRequest(txwire.SubjectSubmit, reply, wire.Encode(t.submit)); err != nil {
		if errors.Is(err, nats.ErrConnectionClosed) {
			t.last = rejection(wire.CodeUnavailable, "the connection to the broker was closed")
			o, err := t.ended(ctx)
			return o, true, err
		}
		t.last = rejection(wire.CodeUnavailable, "the broker cannot be reached: "+err.Error())
		return o, false, nil
	}
	started := t.started
	t.started = true
	quiet := time.NewTimer(silence)
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			o, err := t.ended(ctx)
			return o, true, err
		case <-probe.C():
			probe.Again()
			if denied := mark.Publish(txwire.SubjectSubmit); denied != nil {
				t.started = started // the broker has not delivered it
				o, err := t.denied(denied)
				return o, true, err
			}
			if denied := mark.Subscribe(t.client.inbox); denied != nil {
				o, err := t.denied(denied)
				return o, true, err
			}
			t.noStatus = t.noStatus || !t.asked.IsZero() && mark.Publish(txwire.SubjectStatus) != nil
		case <-quiet.C:
			t.last = rejection(wire.CodeUndecided, "the coordinator stopped answering")
			return o, false, nil
		case msg := <-t.statusBox:
			if t.decision(msg) {
				return t.committed, true, nil
			}
		case msg := <-t.box:
			if natsconn.NoResponders(msg) {
				t.started = started
				t.last = rejection(wire.CodeUnavailable, "no coordinator is running: start one with `parley coordinator` or `parley up`")
				return o, false, nil
			}
			o, err := wire.Decode[txwire.Outcome](msg.Data)
			if err != nil {
				t.last = rejection(wire.CodeVersion, err.Error())
				return o, false, nil
			}
			if o.Key != t.submit.Key && !(o.Key == "" && o.Status == txwire.StatusRejected) {
				continue // it is about another key
			}
			switch o.Status {
			case txwire.StatusPending:
				quiet.Reset(silence)
				t.pending(o)
				continue
			case txwire.StatusCommitted, txwire.StatusAborted:
				o.Key = t.submit.Key
				return o, true, nil
			case txwire.StatusRejected:
				// A conflict is final for this submission. So is a definite
				// refusal, unless an earlier coordinator, perhaps of another
				// release, may have accepted it. Busy and the like mean that
				// this attempt started nothing.
				if o.Code == wire.CodeConflict || o.Code.Definite() && !started {
					o.Key = t.submit.Key
					return o, true, &wire.Error{Code: o.Code, Text: o.Reason}
				}
				t.started = started
			}
			t.last = o
			return o, false, nil
		}
	}
}

// pending processes an interim answer. It does not contain whether the transaction
// is committed, so a submission that waits to be applied requests the status.
func (t *try) pending(o txwire.Outcome) {
	t.last = o
	if t.submit.Wait != txwire.WaitApplied || o.ID.IsZero() || t.noStatus {
		return
	}
	t.client.forget(t.statusToken)
	t.statusBox, t.asked = make(chan *nats.Msg, 1), o.ID
	var reply string
	t.statusToken, reply = t.client.expect(t.statusBox)
	// A failed publish is repeated with the next interim answer.
	_ = t.client.nc.PublishRequest(txwire.SubjectStatus, reply, wire.Encode(txwire.StatusRequest{V: wire.Version, ID: o.ID}))
}

// decision processes the answer to the request of [try.pending], and reports whether
// the transaction is committed and applied.
func (t *try) decision(msg *nats.Msg) bool {
	o, err := wire.Decode[txwire.Outcome](msg.Data)
	if err != nil || o.Status != txwire.StatusCommitted || o.ID != t.asked {
		return false
	}
	o.Key = t.submit.Key
	t.committed = o
	return o.Applied
}

// denied returns the result after the broker refused a permission.
func (t *try) denied(why error) (txwire.Outcome, error) {
	t.last = rejection(wire.CodeUnavailable, why.Error())
	o, err := t.ended(context.Background())
	if err != nil {
		err = &deniedError{error: err, denied: why}
	}
	return o, err
}

// deniedError adds the refusal to the chain of an error whose text contains it.
type deniedError struct {
	error
	denied error
}

func (e *deniedError) Unwrap() []error { return []error{e.error, e.denied} }

// ended returns the result after ctx ended.
func (t *try) ended(ctx context.Context) (txwire.Outcome, error) {
	select {
	case msg := <-t.statusBox: // it arrived together with the end
		t.decision(msg)
	default:
	}
	if o := t.committed; o.Status == txwire.StatusCommitted {
		o.Reason = "committed, not yet acknowledged by every participant"
		if t.last.ID == o.ID && t.last.Reason != "" {
			o.Reason, o.Participant = t.last.Reason, t.last.Participant
		}
		return o, nil
	}
	why := t.last.Reason
	switch {
	case why == "" && t.last.Status == txwire.StatusPending:
		why = "a coordinator is at work on it and has not reported a decision"
	case why == "":
		why = "no answer came"
	}
	if !t.started {
		o := t.last
		o.V, o.Status, o.Key = wire.Version, txwire.StatusRejected, t.submit.Key
		return o, &wire.Error{Code: wire.CodeUnavailable, Text: "nothing was started: " + why}
	}
	o := txwire.Outcome{V: wire.Version, Status: txwire.StatusUnknown, ID: t.last.ID, Key: t.submit.Key, Code: wire.CodeUndecided, Reason: wire.Clip(why)}
	if cause := context.Cause(ctx); cause != nil {
		return o, fmt.Errorf("%w: %s (%w)", ErrUnknown, why, cause)
	}
	return o, fmt.Errorf("%w: %s", ErrUnknown, why)
}

func rejection(code wire.Code, reason string) txwire.Outcome {
	return txwire.Outcome{V: wire.Version, Status: txwire.StatusRejected, Code: code, Reason: wire.Clip(reason)}
}
