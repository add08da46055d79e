// Package blogclient writes and reads a blog's posts over NATS.
//
// A post has an idempotency key: of all requests of a user with one key at most
// one makes a post. So the client repeats a post, to any process of the blog,
// until it has a definite answer or its context ends. It repeats when the blog
// is busy, cannot reach its shards, does not know whether the post is stored, or
// falls silent.
//
//	client, err := blogclient.New(nc)
//	...
//	post, err := client.Post(ctx, blogwire.NewPost{User: "ada", Text: "Hello."})
//	switch {
//	case errors.Is(err, blogclient.ErrUnknown): // post it again with the same key
//	case err != nil:                            // nothing was stored
//	}
//	for post, err := range client.All(ctx, "ada") {
//		// newest first
//	}
package blogclient
