package idclient_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"time"

	"parley/idworker/idclient"
	"parley/idworker/snowflake"
	"parley/parleytest"
	"parley/test/examples"
)

// A service keeps one client for as long as it runs and takes an ID whenever it
// makes something.
func Example() {
	t := examples.New() // in a test, its *testing.T
	defer t.End()
	sys := parleytest.Start(t) // a broker and an idworker; else natsconn.Connect

	client, err := idclient.New(sys.Connect(t), idclient.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	// The time is spent only when IDs have to be waited for.
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()

	type post struct {
		ID   snowflake.ID `json:"id"`
		Text string       `json:"text"`
	}
	var posts []post
	for _, text := range []string{"first", "second"} {
		id, err := client.Next(ctx)
		if err != nil {
			log.Fatal(err)
		}
		posts = append(posts, post{id, text})
	}

	data, err := json.Marshal(posts[0])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("text in JSON:", string(data) == fmt.Sprintf(`{"id":"%d","text":"first"}`, posts[0].ID))
	fmt.Println("later is larger:", posts[1].ID > posts[0].ID)
	fmt.Println("made just now:", time.Since(posts[0].ID.Time()).Abs() < time.Minute)
	// Output:
	// text in JSON: true
	// later is larger: true
	// made just now: true
}

func ExampleClient_NextN() {
	t := examples.New()
	defer t.End()
	client, err := idclient.New(parleytest.Start(t).Connect(t), idclient.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	ids, err := client.NextN(context.Background(), 1000)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(ids), "IDs, the last above the first:", ids[999] > ids[0])
	// Output: 1000 IDs, the last above the first: true
}
