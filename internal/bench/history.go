package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"parley/chatgw/frame"
	"parley/idworker/snowflake"
	"parley/wire"
	"parley/wire/chatwire"
)

const (
	// Every second message is of one busy room; the others are spread over
	// quiet ones, so that pages of both kinds are requested.
	busyRoom   = "busy"
	quietRooms = 500
	// fillInflight bounds the unacknowledged messages to the stream.
	fillInflight = 4096
)

// history stores many messages and requests pages of them: at random places of a busy
// room, one after another from its newest backwards, and at random places of quiet rooms.
func (b *chatBench) history(ctx context.Context, nc *nats.Conn) error {
	first, err := b.fill(ctx, nc)
	if err != nil {
		return err
	}
	// Without a limit of frames, since one connection requests all pages.
	g, err := b.gateway(ctx, partHistory, "--frames-per-second", "1000000")
	if err != nil {
		return err
	}
	s, err := openChat(ctx, g.addr)
	if err != nil {
		return err
	}
	defer s.Close()
	if _, err := s.enter("reader", busyRoom); err != nil {
		return err
	}
	if err := b.learn(ctx, g, s, first); err != nil {
		return err
	}
	b.progress("%d pages of history", b.Pages)
	random, backwards, quiet := newHistogram(), newHistogram(), newHistogram()
	last := first + uint64(b.Messages)
	next := uint64(0)
	for i := range b.Pages {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		place := first + rand.Uint64N(uint64(b.Messages)) + 1
		switch i % 3 {
		case 0:
			_, err = s.page(busyRoom, place, random)
		case 1:
			var p *frame.Page
			if p, err = s.page(busyRoom, next, backwards); err == nil {
				if next = 0; p.More {
					next = p.Messages[0].Seq
				}
			}
		default:
			_, err = s.page(quietRoom(rand.IntN(quietRooms)), place, quiet)
		}
		if err != nil {
			return err
		}
	}
	if next >= last {
		return fmt.Errorf("paging backwards is at %d, beyond the end at %d", next, last)
	}
	all := newHistogram()
	for _, h := range []*hdrhistogram.Histogram{random, backwards, quiet} {
		all.Merge(h)
	}
	r := &b.report
	r.HistoryMessages = b.Messages
	r.HistoryP50MS, r.HistoryP95MS, r.HistoryMaxMS = ms(all, 50), ms(all, 95), float64(all.Max())/1000
	r.HistoryRandomP95MS, r.HistoryBackwardsP95MS, r.HistoryQuietP95MS = ms(random, 95), ms(backwards, 95), ms(quiet, 95)
	s.Close()
	return g.child.Stop()
}

// indexable is the largest number of messages that a gateway indexes.
const indexable = 1 << 20

// learn requests pages of quiet rooms until the gateway has indexed the messages that
// were stored before it started: until then it searches the stream.
func (b *chatBench) learn(ctx context.Context, g *gateway, s *chatSocket, first uint64) error {
	b.progress("pages of history while the gateway indexes messages")
	took, start := newHistogram(), time.Now()
	for {
		known, err := g.metric(ctx, "parley_chat_indexed_messages")
		if err != nil {
			return err
		}
		if known >= min(float64(b.Messages), indexable) {
			break
		}
		place := first + rand.Uint64N(uint64(b.Messages)) + 1
		if _, err := s.page(quietRoom(rand.IntN(quietRooms)), place, took); err != nil {
			return err
		}
	}
	b.report.HistoryLearnS, b.report.HistoryLearningP95MS = time.Since(start).Seconds(), ms(took, 95)
	return nil
}

func quietRoom(i int) string { return fmt.Sprintf("quiet-%d", i) }

// page requests a page and checks it.
func (c *chatSocket) page(room string, before uint64, took *hdrhistogram.Histogram) (*frame.Page, error) {
	_ = c.SetDeadline(time.Now().Add(socketTimeout))
	start := time.Now()
	if err := c.writeFrame(opText, frame.Encode(frame.History{Ref: 1, Room: room, Before: before})); err != nil {
		return nil, err
	}
	var p *frame.Page
	if err := c.await(frame.TypePage, func(f frame.FromGateway) {
		_ = took.RecordValue(max(c.at.Sub(start).Microseconds(), 1)) // within bounds: it did not time out
		p, _ = f.(*frame.Page)
	}); err != nil {
		return nil, err
	}
	for i, m := range p.Messages {
		if before > 0 && m.Seq >= before || i > 0 && m.Prev != p.Messages[i-1].Seq {
			return nil, fmt.Errorf("the page of %s before %d is wrong at message %d", room, before, m.Seq)
		}
	}
	if p.More && len(p.Messages) != frame.DefaultPage {
		return nil, fmt.Errorf("the page of %s before %d has %d messages, and there are more", room, before, len(p.Messages))
	}
	return p, nil
}

// fill stores the messages directly in the stream, and returns the sequence before the
// first.
func (b *chatBench) fill(ctx context.Context, nc *nats.Conn) (first uint64, err error) {
	js, err := jetstream.New(nc, jetstream.WithPublishAsyncMaxPending(fillInflight))
	if err != nil {
		return 0, err
	}
	stream, err := js.Stream(ctx, chatwire.Stream().Name)
	if err != nil {
		return 0, err
	}
	first = stream.CachedInfo().State.LastSeq
	b.progress("storing %d messages", b.Messages)
	text := fmt.Sprintf("%0*d", b.Text, 0)
	var last jetstream.PubAckFuture
	for i := range b.Messages {
		room := busyRoom
		if i%2 == 1 {
			room = quietRoom(i / 2 % quietRooms)
		}
		// A millisecond apart, in the past.
		at := time.Now().Add(-time.Duration(b.Messages-i) * time.Millisecond)
		m := chatwire.Message{V: wire.Version, ID: snowflake.NewID(max(snowflake.Timestamp(at), 0), 0, i%(snowflake.MaxSequence+1)), User: "somebody", Kind: chatwire.KindText, Text: text}
		if last, err = js.PublishAsync(chatwire.RoomSubject(room), wire.Encode(m), jetstream.WithStallWait(time.Minute)); err != nil {
			return 0, err
		}
		if (i+1)%100_000 == 0 {
			b.progress("%d stored", i+1)
		}
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
	}
	select {
	case <-js.PublishAsyncComplete():
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
	select {
	case ack := <-last.Ok():
		if want := first + uint64(b.Messages); ack.Sequence != want {
			return 0, fmt.Errorf("the stream ends at %d after storing, want %d", ack.Sequence, want)
		}
		return first, nil
	case err := <-last.Err():
		return 0, err
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}
