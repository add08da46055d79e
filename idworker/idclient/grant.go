package idclient

import (
	"context"
	"fmt"
	"time"

	"parley/idworker/snowflake"
	"parley/wire"
	"parley/wire/idwire"
)

const (
	// If an idworker has not answered within minPatience, or four times the
	// duration of the last answer, the request is sent to another one as well.
	// After maxTries or answerWithin it has failed.
	minPatience  = 100 * time.Millisecond
	maxPatience  = time.Second
	maxTries     = 8
	answerWithin = 2 * time.Second
)

// answer is the result of one attempt.
type answer struct {
	grant  snowflake.Block
	failed *failure
	born   moment        // when it was requested
	took   time.Duration // to answer
}

// fetchBlock requests a block until one idworker has answered. Later answers of
// others are dropped.
func (c *Client) fetchBlock(count int) answer {
	ctx, cancel := context.WithTimeout(c.ctx, answerWithin)
	defer cancel()
	answers := make(chan answer, maxTries)
	again := time.NewTicker(c.fetch.patience)
	defer again.Stop()
	for tries := 0; ; {
		if tries < maxTries {
			tries++
			c.running.Go(func() { answers <- c.try(ctx, count) })
		}
		select {
		case a := <-answers:
			return a
		case <-again.C:
		}
	}
}

// try sends the request to one idworker.
func (c *Client) try(ctx context.Context, count int) (a answer) {
	a.born = c.clock.moment()
	start := time.Now()
	data, failed := request(ctx, c.nc, idwire.SubjectGrant, wire.Encode(idwire.GrantRequest{V: wire.Version, Count: count}))
	a.took = time.Since(start)
	if failed == nil {
		a.grant, failed = readGrant(data, count)
	}
	a.failed = failed
	return a
}

// readGrant decodes the answer to a request for count IDs.
func readGrant(data []byte, count int) (snowflake.Block, *failure) {
	g, err := decode[idwire.Grant](data)
	switch {
	case err != nil:
		return snowflake.Block{}, &failure{err: err, final: true}
	case g.Code != "":
		return snowflake.Block{}, &failure{err: refused(g.Code, g.Reason), final: g.Code.Definite()}
	case g.Count > count:
		return snowflake.Block{}, &failure{err: &wire.Error{Code: wire.CodeInvalid, Text: fmt.Sprintf(
			"worker %d granted %d IDs, requested were %d", g.Worker, g.Count, count)}, final: true}
	default:
		return g.Block(), nil
	}
}
