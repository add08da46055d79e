package traffic

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"parley/blog/blogclient"
	"parley/test/model"
	"parley/wire/blogwire"
)

const (
	maxBetweenPosts = 100 * time.Millisecond
	postPatience    = 8 * time.Second
)

// writer writes blog posts, each after the answer to the one before.
type writer struct {
	blog    *blogclient.Client
	history *model.History
	rng     *rand.Rand
	user    string
}

func newWriter(posts *blogclient.Client, h *model.History, rng *rand.Rand, i int) *writer {
	return &writer{blog: posts, history: h, rng: rng, user: fmt.Sprintf("writer-%d", i)}
}

func (w *writer) run(ctx context.Context) {
	for n := 0; pause(ctx, time.Duration(w.rng.Int64N(int64(maxBetweenPosts)))); n++ {
		p := &model.Post{User: w.user, Key: fmt.Sprintf("%s-%d", w.user, n), Text: fmt.Sprintf("post %d of %s", n, w.user)}
		w.history.Post(p)
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), postPatience)
		post, err := w.blog.Post(within, blogwire.NewPost{User: p.User, Text: p.Text, Key: p.Key})
		cancel()
		if err == nil {
			w.history.Posted(p, post.ID)
		}
	}
}
