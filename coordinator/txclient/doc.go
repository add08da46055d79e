// Package txclient submits transactions to Parley's coordinators and tells
// committed, aborted and unknown apart.
//
// A submission has an idempotency key: of all submissions with one key that have
// a participant in common at most one commits, so the client repeats it, to any
// coordinator, until it has a definite answer or its context ends. It repeats when no coordinator answers,
// when one says that it is busy or lost its log, and when one that was at work
// falls silent; a coordinator that is only slow says so every second.
//
// A submission with [txwire.WaitApplied] returns when every participant has
// acknowledged the outcome, or when its context ends. If the commit is durable by
// then and a participant is away, the outcome is committed with Applied false: it
// is final, and the participant applies it when it is back. To find that out the
// client needs the permission to publish on tx.status beside that for tx.submit.
//
// The NATS user of the connection needs the permission to publish on the subjects
// that it uses (tx.submit; tx.status, tx.resolve, tx.coordinators,
// participant.branches and participant.*.branches for the methods that ask), and
// to subscribe to its inboxes ("_INBOX.>", or the connection's own prefix). What
// the broker refuses is returned at once, as an error that is
// [nats.ErrPermissionViolation] and names the subject. The client finds it in the
// connection's last error; the error handler of the connection stays the caller's
// and is called as always.
//
//	client, err := txclient.New(nc)
//	outcome, err := client.Submit(ctx, txclient.Request{Branches: []txwire.Branch{...}})
//	switch {
//	case errors.Is(err, txclient.ErrUnknown): // ask again with outcome.Key
//	case errors.Is(err, nats.ErrPermissionViolation): // not allowed: nothing was done
//	case err != nil:                                  // rejected: nothing was done
//	case outcome.Status == txwire.StatusCommitted:
//	default:                                  // aborted: outcome.Reason says why
//	}
package txclient
