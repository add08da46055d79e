package streams

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"parley/natsconn"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// listSubject is the subject of JetStream's API that lists streams.
const listSubject = "$JS.API.STREAM.LIST"

// List returns the configurations of all streams that take a subject, or any of the
// subjects of a filter with wildcards. Unlike the client library it returns an error if
// the list lacks a stream, because the stream has no leader at the moment: a stream that
// is not in the list does not exist.
func List(ctx context.Context, nc *nats.Conn, filter string) (all []jetstream.StreamConfig, err error) {
	for {
		request, err := json.Marshal(map[string]any{"subject": filter, "offset": len(all)})
		if err != nil {
			return nil, err
		}
		msg, err := natsconn.Request(ctx, nc, listSubject, request)
		if err != nil {
			return nil, fmt.Errorf("request on %s: %w", listSubject, err)
		}
		var page struct {
			Error   *jetstream.APIError `json:"error"`
			Total   int                 `json:"total"`
			Streams []struct {
				Config jetstream.StreamConfig `json:"config"`
			} `json:"streams"`
			Missing []string          `json:"missing"`
			Offline map[string]string `json:"offline"`
		}
		switch err := json.Unmarshal(msg.Data, &page); {
		case err != nil:
			return nil, fmt.Errorf("the answer on %s: %w", listSubject, err)
		case page.Error != nil:
			return nil, page.Error
		case len(page.Missing)+len(page.Offline) > 0:
			for name := range page.Offline {
				page.Missing = append(page.Missing, name)
			}
			return nil, errors.New("these streams do not answer at the moment: " + strings.Join(page.Missing, ", "))
		}
		for _, s := range page.Streams {
			all = append(all, s.Config)
		}
		if len(page.Streams) == 0 || len(all) >= page.Total {
			return all, nil
		}
	}
}
