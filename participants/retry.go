package participants

import (
	"context"
	"time"
)

const (
	// retryEvery is how often failing branches are looked through for those
	// whose pause has ended.
	retryEvery = 100 * time.Millisecond
	// retryShare is the part of the committer's time that attempts which fail
	// may take: one in ten.
	retryShare = 10
)

// retrier attempts failing branches again, one at a time and each in a
// database transaction of its own, so that no other branch is done twice
// because of them. An attempt that fails is followed by a pause of nine times
// its length, one that succeeds by a pause of its length: however slowly a
// resource fails, and however many branches do, the others keep most of the
// committer's time.
type retrier struct{ s *service }

func (r *retrier) run(ctx context.Context) {
	timer := time.NewTimer(retryEvery)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		pause := retryEvery
		if o := r.s.failing.due(time.Now()); o != nil {
			pause = r.attempt(ctx, o)
		}
		timer.Reset(pause)
	}
}

// attempt has the committer do an op again and returns how long to pause.
func (r *retrier) attempt(ctx context.Context, failed *op) (pause time.Duration) {
	o := newRetry(failed)
	err := r.s.submit(ctx, o)
	r.s.counts.retries.Add(1)
	switch {
	case ctx.Err() != nil:
		return 0
	case err == nil:
		return o.took
	}
	// Where the attempt did not take place, because the queue is full or the
	// database failed, another one is planned here.
	r.s.failing.again(o.id, time.Now().Add(lastUrgent))
	return (retryShare - 1) * o.took
}
