package chatgw_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"

	"parley/chatgw"
	"parley/chatgw/chatclient"
	"parley/chatgw/frame"
	"parley/parleytest"
	"parley/test/examples"
)

// A shop has the chat below a path of its own server, beside its own page, and asks
// over the same connections for what it sells.
func Example() {
	t := examples.New() // in a test, its *testing.T
	defer t.End()
	sys := parleytest.Start(t) // a broker and an idworker; else natsconn.Connect

	prices := chatgw.Extension{Name: "prices", Handle: func(_ context.Context, c chatgw.Client, r chatgw.Request) error {
		item, err := chatgw.DecodeBody[string](r.Body)
		if err != nil {
			return err
		}
		return c.Send(r.Ref, map[string]int{item: 950})
	}}
	gateway, err := chatgw.New(
		chatgw.Config{Embedded: true, Guests: chatgw.GuestsYes, Log: sys.Logger()},
		chatgw.Deps{NATS: sys.Connect(t), NextID: sys.IDs(t).Next, Extensions: []chatgw.Extension{prices}},
	)
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "the page of the shop") })
	mux.Handle("/chat/", http.StripPrefix("/chat", gateway.Handler())) // /chat/ws, /chat/healthz
	mux.Handle("/internal/metrics", gateway.MetricsHandler())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go server.Serve(listener)

	ctx, cancel := context.WithCancel(context.Background())
	drained := make(chan error, 1)
	go func() { drained <- gateway.Run(ctx) }()
	<-gateway.Ready()

	sendOne("ws://" + listener.Addr().String() + "/chat/ws")

	// Clients are sent away first, then the server ends.
	cancel()
	fmt.Println(<-drained, server.Shutdown(context.Background()))
	// Output:
	// ann: is the oven hot?
	// <nil> <nil>
}

// sendOne sends a message to a room, and waits until it is there.
func sendOne(url string) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	received := make(chan frame.Message, 1)
	s := chatclient.NewSession(chatclient.Config{URL: url, Name: "ann"}, chatclient.Events{Received: func(_ string, m frame.Message) { received <- m }})
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	if err := s.Join(ctx, "kitchen"); err != nil {
		log.Fatal(err)
	}
	if _, err := s.Send(ctx, "kitchen", "is the oven hot?"); err != nil {
		log.Fatal(err)
	}
	m := <-received
	fmt.Printf("%s: %s\n", m.User, m.Text)
	cancel()
	<-ended
}
