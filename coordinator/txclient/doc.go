// Package txclient submits transactions to Parley's coordinators and distinguishes
// committed, aborted and unknown outcomes.
//
// A submission has an idempotency key: of all submissions with one key that have
// a participant in common at most one commits, so the client repeats it, to any
// coordinator, until it has a definite answer or its context ends. It repeats it if
// no coordinator answers, if one is busy or lost its log, and if one that had
// answered stops; a coordinator that is only slow sends an interim answer every
// second.
//
// A submission with [txwire.WaitApplied] returns when every participant has
// acknowledged the outcome, or when its context ends. If the commit is durable by
// then and a participant is unavailable, the outcome is committed with Applied
// false: it is final, and the participant applies it after its restart. For that the
// client needs the permission to publish on tx.status in addition to tx.submit.
//
// The NATS user of the connection needs the permission to publish on the subjects
// that it uses (tx.submit; tx.status, tx.resolve, tx.coordinators,
// participant.branches and participant.*.branches for the other methods), and to
// subscribe to its inboxes ("_INBOX.>", or the connection's own prefix). A refusal by
// the broker is returned immediately, as an error that is
// [nats.ErrPermissionViolation] and names the subject. The client reads it from the
// connection's last error, and leaves the connection's error handler to the caller.
//
//	client, err := txclient.New(nc)
//	outcome, err := client.Submit(ctx, txclient.Request{Branches: []txwire.Branch{...}})
//	switch {
//	case errors.Is(err, txclient.ErrUnknown): // submit again with outcome.Key
//	case errors.Is(err, nats.ErrPermissionViolation): // not allowed: nothing was done
//	case err != nil:                                  // rejected: nothing was done
//	case outcome.Status == txwire.StatusCommitted:
//	default:                                  // aborted, see outcome.Reason
//	}
package txclient
