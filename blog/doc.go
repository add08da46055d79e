// Package blog is the role that takes and shows posts: over NATS as a micro
// service, and over HTTP. It is the example of the use of unique IDs.
//
// # Authority
//
// The posts are in shards, see package shards, which documents what a write means,
// what is durable, and in which order posts are read. This package adds the
// edges: the same requests, answers, limits and errors on NATS and on HTTP, as
// package blogwire has them. IDs come from outside, through [Deps.NextID].
//
// # Processes
//
// On SQLite files one process runs the blog; a second one on the same directory
// is refused. On PostgreSQL any number may, and they share the requests on NATS
// through the queue group [blogwire.Queue].
//
// # States
//
// opening -> serving -> draining -> ended. While opening the shards are checked,
// and Run fails if they are not a whole blog. A drain first accepts no more
// requests, then waits for those under way, then for the posts that wait for
// their commit.
//
// # Bounds
//
// At most 4,096 requests are under way; beyond that the answer is busy. A
// post waits at most 10 s for its commit and a read at most 5 s for its shards.
// A page has at most [blogwire.MaxPage] posts and [blogwire.MaxPageBytes] bytes.
//
// # HTTP
//
//	POST /api/blog/posts                    store a post
//	GET  /api/blog/posts?before=&limit=     the newest of all users
//	GET  /api/blog/posts/{id}?user=         one post
//	GET  /api/blog/users/{user}/posts?before=&limit=
//
// Bodies are the messages of package blogwire, errors too. There is no
// authentication: everybody who reaches the address can post in any user's name. So
// it should be a loopback address, or one behind a proxy that authenticates.
// Pages of other sites cannot use it through a visitor's browser: there are no
// CORS headers, and requests that a browser marks as coming from elsewhere are
// refused.
package blog
