// Package ids is an extension of the chat gateway for the page: IDs taken apart, fresh
// ones, and who holds which worker number.
package ids

import (
	"context"
	"errors"
	"time"

	"parley/chatgw"
	"parley/idworker/idclient"
	"parley/idworker/snowflake"
	"parley/wire"
	"parley/wire/idwire"
)

// Name is that of the extension.
const Name = "ids"

// What a [Request] asks for.
const (
	ID      = "id"      // answered with [Parts]
	Workers = "workers" // answered with [WorkersSeen]
)

// timeout bounds the answer to a request.
const timeout = 5 * time.Second

// Request is what a client sends. ID is in digits or in the short form, or empty for a
// fresh one.
type Request struct {
	What string `json:"what"`
	ID   string `json:"id,omitempty"`
}

// Parts is an ID taken apart.
type Parts struct {
	ID        snowflake.ID `json:"id"`
	Short     string       `json:"short"`
	At        int64        `json:"at"`
	Timestamp int64        `json:"timestamp"`
	Worker    int          `json:"worker"`
	Sequence  int          `json:"sequence"`
}

// WorkersSeen are the leases of worker numbers, and the idworkers that answered.
type WorkersSeen struct {
	Leases  idwire.Leases          `json:"leases"`
	Workers []idwire.IDWorkerState `json:"workers"`
}

// Extension answers with what a client of idworkers knows.
func Extension(client *idclient.Client) chatgw.Extension {
	return chatgw.Extension{Name: Name, Handle: func(_ context.Context, c chatgw.Client, r chatgw.Request) error {
		q, err := chatgw.DecodeBody[Request](r.Body)
		if err != nil {
			return err
		}
		return c.Go(r, func(ctx context.Context) (any, error) {
			ctx, cancel := context.WithTimeout(ctx, timeout)
			defer cancel()
			answer, err := answer(ctx, client, q)
			return answer, chatgw.Unavailable(err)
		})
	}}
}

func answer(ctx context.Context, client *idclient.Client, q Request) (any, error) {
	switch q.What {
	case ID:
		id, err := find(ctx, client, q.ID)
		return Parts{ID: id, Short: id.Short(), At: id.Time().UnixMilli(), Timestamp: id.Timestamp(), Worker: id.Worker(), Sequence: id.Sequence()}, err
	case Workers:
		leases, err := client.Leases(ctx)
		workers, workersErr := client.Workers(ctx)
		return WorkersSeen{Leases: leases, Workers: append([]idwire.IDWorkerState{}, workers...)}, errors.Join(err, workersErr)
	default:
		return nil, wire.Invalidf("what is %.40q, allowed are %s and %s", q.What, ID, Workers)
	}
}

// find returns the ID that a text names, or a fresh one.
func find(ctx context.Context, client *idclient.Client, text string) (snowflake.ID, error) {
	if text == "" {
		return client.Next(ctx)
	}
	id, err := snowflake.ParseID(text)
	if err == nil {
		return id, nil
	}
	if id, shortErr := snowflake.ParseShort(text); shortErr == nil {
		return id, nil
	}
	return 0, wire.Invalidf("%v", err)
}
