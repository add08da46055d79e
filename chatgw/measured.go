package chatgw

import (
	"cmp"
	"strconv"
	"sync/atomic"

	"parley/wire"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// counters are what sessions and posts count. Sockets and rooms have their own.
type counters struct {
	malformed, unwelcome, tooFast, lost atomic.Uint64
	// refusals counts error frames by code, posts the answers to services by
	// code, "ok" without one.
	refusals, posts *prometheus.CounterVec
}

func newCounters() counters {
	byCode := func(name, help string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{"code"})
	}
	return counters{
		refusals: byCode("parley_chat_refused_total", "Frames answered with an error, by its code."),
		posts:    byCode("parley_chat_posts_total", "Posts of services, by the code of the answer; ok without one."),
	}
}

func (c *counters) refused(code wire.Code) { c.refusals.WithLabelValues(string(code)).Inc() }

func (c *counters) posted(code wire.Code) {
	c.posts.WithLabelValues(string(cmp.Or(code, "ok"))).Inc()
}

// registry has everything that /metrics shows.
func (g *Gateway) registry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		g.counters.refusals, g.counters.posts, collector{g})
	return r
}

// collector reads the numbers of a moment when they are scraped: counting costs an
// addition, and nothing is counted twice.
type collector struct{ g *Gateway }

// Describe is of [prometheus.Collector]. Which close codes there are is not known before.
func (c collector) Describe(chan<- *prometheus.Desc) {}

// Collect is of [prometheus.Collector].
func (c collector) Collect(out chan<- prometheus.Metric) {
	c.g.emitSockets(out)
	c.g.emitChat(out)
}

// emitter receives metrics.
type emitter chan<- prometheus.Metric

func (e emitter) gauge(name, help string, v int64) {
	e.emit(prometheus.GaugeValue, name, help, float64(v))
}

func (e emitter) counter(name, help string, v uint64) {
	e.emit(prometheus.CounterValue, name, help, float64(v))
}

func (e emitter) emit(kind prometheus.ValueType, name, help string, v float64, code ...string) {
	e <- prometheus.MustNewConstMetric(prometheus.NewDesc(name, help, []string{"code"}[:len(code)], nil), kind, v, code...)
}

func (g *Gateway) emitSockets(to emitter) {
	s := g.sockets.Counters()
	to.gauge("parley_chat_connections", "WebSocket connections now.", s.Connections)
	to.gauge("parley_chat_stuck_connections", "Connections whose socket takes no more now.", s.Stuck)
	to.counter("parley_chat_handshakes_total", "Handshakes that became a connection.", s.Opened)
	to.counter("parley_chat_handshakes_refused_total", "Requests to /ws that were no handshake or were not allowed.", s.Refused)
	to.counter("parley_chat_connections_full_total", "Connections that there was no room for, of an address or in all.", s.Full)
	to.counter("parley_chat_connections_slow_total", "Connections that were cut off because their queue was full.", s.Slow)
	to.counter("parley_chat_frames_received_total", "Messages of clients.", s.FramesIn)
	to.counter("parley_chat_received_bytes_total", "Bytes that clients sent.", s.BytesIn)
	to.counter("parley_chat_writes_total", "System calls that wrote to clients.", s.Writes)
	to.counter("parley_chat_sent_bytes_total", "Bytes that clients were sent.", s.BytesOut)
	byCode := map[string]uint64{}
	for code, n := range s.Closed {
		byCode[closeLabel(code)] += n
	}
	for code, n := range byCode {
		to.emit(prometheus.CounterValue, "parley_chat_closed_total", "Connections that ended, by close code.", float64(n), code)
	}
}

// emitChat emits the numbers of people, rooms and messages.
func (g *Gateway) emitChat(to emitter) {
	connected := int64(0)
	if g.deps.NATS.IsConnected() {
		connected = 1
	}
	to.gauge("parley_chat_broker_connected", "1 while the broker can be reached.", connected)
	to.gauge("parley_chat_people", "People connected to this gateway now.", int64(g.people.count()))
	c := &g.counters
	to.counter("parley_chat_unwelcome_total", "Hellos that were not let in.", c.unwelcome.Load())
	to.counter("parley_chat_malformed_total", "Connections closed because of a malformed frame.", c.malformed.Load())
	to.counter("parley_chat_too_fast_total", "Frames beyond a rate.", c.tooFast.Load())
	to.counter("parley_chat_lost_total", "Memberships that could not be continued.", c.lost.Load())

	r := g.rooms.Counters()
	to.gauge("parley_chat_rooms", "Rooms held in memory now.", r.Rooms)
	to.gauge("parley_chat_memberships", "Rooms joined now, over all connections.", r.Members)
	to.gauge("parley_chat_indexed_messages", "Stored messages whose place is known: pages of them are read without a search.", r.Indexed)
	to.counter("parley_chat_messages_live_total", "Re-sent messages that arrived from the broker.", r.Live)
	to.counter("parley_chat_deliveries_total", "Messages given to members.", r.Delivered)
	to.counter("parley_chat_messages_stored_total", "Messages of this gateway that became durable.", r.Sent)
	to.counter("parley_chat_gaps_total", "Holes seen between re-sent messages.", r.Gaps)
	to.counter("parley_chat_gap_messages_total", "Messages read from the stream to close holes.", r.Filled)
	to.counter("parley_chat_rooms_given_up_total", "Rooms given up because a hole could not be closed.", r.Lost)
	to.counter("parley_chat_resumed_total", "Joins that got exactly what they missed.", r.Recovered)
	to.counter("parley_chat_not_resumed_total", "Joins whose place could not be continued.", r.Unrecovered)
	to.counter("parley_chat_foreign_messages_total", "Messages on the chat's subjects that are none and were ignored.", r.Malformed)
}

// closeLabel is a close code as a label. Clients choose codes too; those that
// are nobody's count as one.
func closeLabel(code int) string {
	if code >= 1000 && code <= 1015 || code >= 4000 && code <= 4005 || code >= 4500 && code <= 4503 {
		return strconv.Itoa(code)
	}
	return "other"
}
