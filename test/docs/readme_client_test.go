package docs_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"parley/coordinator/txclient"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

// book submits one transaction. More branches are more participants.
func book(ctx context.Context, nc *nats.Conn, seat, key string) (string, error) {
	client, err := txclient.New(nc)
	if err != nil {
		return "", err
	}
	defer client.Close()
	payload, err := json.Marshal(seat)
	if err != nil {
		return "", err
	}
	outcome, err := client.Submit(ctx, txclient.Request{
		Key:      key, // the same key again never books twice
		Branches: []txwire.Branch{{Participant: "seats", Payload: payload}},
	})
	switch {
	case errors.Is(err, txclient.ErrUnknown):
		return "not known yet, ask again with " + outcome.Key, nil
	case err != nil: // refused as a request: nothing was done
		return "", err
	case outcome.Status == txwire.StatusCommitted:
		return fmt.Sprintf("seat %s is yours", seat), nil
	default:
		return "not booked: " + outcome.Reason, nil
	}
}
