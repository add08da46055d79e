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
	// An idworker that has not answered within minPatience, or four times what
	// the last answer took, may hang: another one is asked as well. After
	// maxTries or answerWithin the request has failed.
	minPatience  = 100 * time.Millisecond
	maxPatience  = time.Second
	maxTries     = 8
	answerWithin = 2 * time.Second
)

// answer is what came of one try.
type answer struct {
	grant  snowflake.Block
	failed *failure
	born   moment        // when it was asked
	took   time.Duration // to answer
}

// ask asks for a block until one idworker has answered. What others answer
// later is lost.
func (c *Client) ask(count int) answer {
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

// try asks one idworker.
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

// readGrant reads the answer to a request for count IDs.
func readGrant(data []byte, count int) (snowflake.Block, *failure) {
	g, err := decode[idwire.Grant](data)
	switch {
	case err != nil:
		return snowflake.Block{}, &failure{err: err, final: true}
	case g.Code != "":
		return snowflake.Block{}, &failure{err: refused(g.Code, g.Reason), final: g.Code.Definite()}
	case g.Count > count:
		return snowflake.Block{}, &failure{err: &wire.Error{Code: wire.CodeInvalid, Text: fmt.Sprintf(
			"worker %d granted %d IDs when %d were asked for", g.Worker, g.Count, count)}, final: true}
	default:
		return g.Block(), nil
	}
}
