package docs_test

import (
	"context"
	"time"

	"parley/idworker/idclient"
	"parley/idworker/snowflake"

	"github.com/nats-io/nats.go"
)

// number gives some IDs. A service keeps one client for as long as it runs.
func number(nc *nats.Conn, n int) (ids []snowflake.ID, err error) {
	client, err := idclient.New(nc, idclient.Config{})
	if err != nil {
		return nil, err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for range n {
		id, err := client.Next(ctx) // a string in JSON, an integer in SQL
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}
