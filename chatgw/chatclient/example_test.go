package chatclient_test

import (
	"context"
	"fmt"
	"time"

	"parley/chatgw"
	"parley/chatgw/chatclient"
	"parley/chatgw/frame"
	"parley/parleytest"
	"parley/test/examples"

	"github.com/nats-io/nats.go"
)

// A session stays in its rooms over any number of connections, and delivers each message
// once and in order.
func Example() {
	var gateway *chatgw.Gateway
	t := examples.New() // in a test, its *testing.T
	defer t.End()
	sys := parleytest.Start(t) // a broker and an idworker; else natsconn.Connect
	ids := sys.IDs(t)
	sys.Run(t, "chatgw", func(nc *nats.Conn) (_ parleytest.Role, err error) {
		gateway, err = chatgw.New(chatgw.Config{Listen: "127.0.0.1:0", Log: sys.Logger()}, chatgw.Deps{NATS: nc, NextID: ids.Next})
		return gateway, err
	})

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	received := make(chan frame.Message, 2)
	s := chatclient.NewSession(
		chatclient.Config{URL: "http://" + gateway.Addr().String(), Name: "ann"},
		chatclient.Events{Received: func(_ string, m frame.Message) { received <- m }},
	)
	running, leave := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- s.Run(running) }()
	if err := s.Join(ctx, "kitchen"); err != nil {
		fmt.Println(err)
	}
	for _, text := range []string{"the oven is hot", "two margheritas"} {
		if _, err := s.Send(ctx, "kitchen", text); err != nil {
			fmt.Println(err)
		}
	}
	for range 2 {
		m := <-received
		fmt.Printf("%s: %s\n", m.User, m.Text)
	}
	leave()
	<-ended
	// Output:
	// ann: the oven is hot
	// ann: two margheritas
}
