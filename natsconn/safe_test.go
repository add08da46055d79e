package natsconn_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"parley/participants/sqlite"

	"parley/blog"
	"parley/blog/blogclient"
	"parley/broker/brokertest"
	"parley/chatgw"
	"parley/chatgw/rooms"
	"parley/coordinator"
	"parley/coordinator/txclient"
	"parley/idworker"
	"parley/idworker/idclient"
	"parley/idworker/snowflake"
	"parley/natsconn"
	"parley/participants"
	"parley/participants/delivery"
	"parley/participants/inventory"

	"github.com/nats-io/nats.go"
)

// constructors of everything that takes a connection.
func constructors(dir string) map[string]func(*nats.Conn) error {
	nextID := func(context.Context) (snowflake.ID, error) { return 1, nil }
	path := filepath.Join(dir, "journal.db")
	return map[string]func(*nats.Conn) error{
		"coordinator": func(nc *nats.Conn) error {
			_, err := coordinator.New(coordinator.Config{}, coordinator.Deps{NATS: nc})
			return err
		},
		"participants": func(nc *nats.Conn) error {
			_, err := participants.New(participants.Config{Name: "seats"}, participants.Deps{NATS: nc}, sqlite.File(path), struct {
				participants.Resource[*sqlite.Tx]
			}{})
			return err
		},
		"inventory": func(nc *nats.Conn) error {
			_, err := inventory.New(inventory.Config{Path: path}, participants.Deps{NATS: nc})
			return err
		},
		"delivery": func(nc *nats.Conn) error {
			_, err := delivery.New(delivery.Config{Path: path}, participants.Deps{NATS: nc})
			return err
		},
		"idworker": func(nc *nats.Conn) error {
			_, err := idworker.New(idworker.Config{}, idworker.Deps{NATS: nc})
			return err
		},
		"chatgw": func(nc *nats.Conn) error {
			_, err := chatgw.New(chatgw.Config{Listen: "127.0.0.1:0"}, chatgw.Deps{NATS: nc, NextID: nextID})
			return err
		},
		"rooms": func(nc *nats.Conn) error {
			_, err := rooms.New(rooms.Config{Encode: func(any) []byte { return nil }}, rooms.Deps{NATS: nc, NextID: nextID})
			return err
		},
		"blog": func(nc *nats.Conn) error {
			_, err := blog.New(blog.Config{Dir: dir}, blog.Deps{NATS: nc, NextID: nextID})
			return err
		},
		"txclient": func(nc *nats.Conn) error {
			c, err := txclient.New(nc)
			if err == nil {
				err = c.Close()
			}
			return err
		},
		"blogclient": func(nc *nats.Conn) error {
			_, err := blogclient.New(nc)
			return err
		},
		"idclient": func(nc *nats.Conn) error {
			c, err := idclient.New(nc, idclient.Config{})
			if err == nil {
				c.Close()
			}
			return err
		},
	}
}

// A connection that would send late what was published while it was down, or that
// gives up, is refused by everything that takes one, with what to set. One that
// Connect opened is taken.
func TestUnsafeConnectionIsRefused(t *testing.T) {
	s := brokertest.Run(t)
	right := connect(t, natsconn.Options{URL: s.URL()})
	for _, c := range []struct {
		name string
		want string
		opts []nats.Option
	}{
		{"nats.go's defaults", "nats.ReconnectBufSize(-1)", nil},
		{"a small buffer", "nats.ReconnectBufSize(-1)", []nats.Option{nats.ReconnectBufSize(1024), nats.MaxReconnects(-1)}},
		{"60 attempts", "nats.MaxReconnects(-1)", []nats.Option{nats.ReconnectBufSize(-1)}},
		{"no attempts", "nats.MaxReconnects(-1)", []nats.Option{nats.ReconnectBufSize(-1), nats.NoReconnect()}},
		{"none", "natsconn.Connect", nil},
	} {
		var nc *nats.Conn
		if c.name != "none" {
			var err error
			if nc, err = nats.Connect(s.URL(), c.opts...); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(nc.Close)
		}
		for name, construct := range constructors(t.TempDir()) {
			if err := construct(nc); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s with %s: %v, want %q", name, c.name, err, c.want)
			}
		}
	}
	for name, construct := range constructors(t.TempDir()) {
		if err := construct(right); err != nil {
			t.Errorf("%s with a right one: %v", name, err)
		}
	}
}
