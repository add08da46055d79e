package streams_test

import (
	"testing"

	"parley/broker/brokertest"
	"parley/internal/streams"
	"parley/wire"
	"parley/wire/chatwire"

	"github.com/nats-io/nats.go/jetstream"
)

// A stream that drops its oldest messages, republishes what it stores and allows direct
// reads is created so, and Check reports it if one of these settings differs.
func TestChatSettings(t *testing.T) {
	s := brokertest.Run(t)
	js, ctx, spec := newJS(t, s.Connect(t)), testContext(t), chatwire.Stream()
	incarnation, created, err := streams.Ensure(ctx, js, spec, 1)
	if err != nil || !created {
		t.Fatalf("created: %v, %v", created, err)
	}
	info, err := streams.Check(ctx, js, spec)
	if err != nil || info.Incarnation != incarnation {
		t.Fatalf("the incarnation is %q, want %q (%v)", info.Incarnation, incarnation, err)
	}
	for _, c := range []struct {
		setting string
		change  func(*jetstream.StreamConfig)
	}{
		{"discard", func(c *jetstream.StreamConfig) { c.Discard = jetstream.DiscardNew }},
		{"allow_direct", func(c *jetstream.StreamConfig) { c.AllowDirect = false }},
		{"republish", func(c *jetstream.StreamConfig) { c.RePublish.HeadersOnly = true }},
		{"republish", func(c *jetstream.StreamConfig) { c.RePublish = nil }},
	} {
		cfg := streams.Config(spec, 1)
		cfg.Metadata = map[string]string{wire.MetaIncarnation: incarnation}
		c.change(&cfg)
		if err := js.DeleteStream(ctx, spec.Name); err != nil {
			t.Fatal(err)
		}
		recreate(t, ctx, js, cfg)
		_, err := streams.Check(ctx, js, spec)
		wantErrorOf(t, err, spec.Name, c.setting)
	}
}
