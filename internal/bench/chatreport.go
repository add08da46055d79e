package bench

import (
	"fmt"

	"parley/internal/cli"
)

// chatReport is what --json prints. Values that were not measured are 0.
type chatReport struct {
	// KBPerIdleConnection is the slope of the gateway's resident memory, in
	// units of 1,024 bytes.
	KBPerIdleConnection float64  `json:"kb_per_idle_connection"`
	Idle                []weight `json:"idle,omitempty"`

	JoinsPerS float64 `json:"joins_per_s"`
	// JoinCPUUS is the gateway's CPU time for one join, in microseconds.
	JoinCPUUS float64 `json:"join_cpu_us"`

	// These are of the part fanout: the CPU time of the gateway, and of all servers
	// including broker and idworker.
	CPUSPerMillionDeliveries       float64 `json:"cpu_s_per_million_deliveries"`
	ServerCPUSPerMillionDeliveries float64 `json:"server_cpu_s_per_million_deliveries"`
	// These are latencies from a message's due time to its arrival at each reader.
	P50MS          float64 `json:"p50_ms"`
	P99MS          float64 `json:"p99_ms"`
	P999MS         float64 `json:"p999_ms"`
	MaxMS          float64 `json:"max_ms"`
	DeliveriesPerS float64 `json:"deliveries_per_s"`
	// These are latencies until the sender received the acknowledgement.
	AckP50MS float64 `json:"ack_p50_ms"`
	AckP99MS float64 `json:"ack_p99_ms"`

	// These are of the part slow: of the readers that read, without and with stalled
	// ones.
	SlowP99WithoutMS float64 `json:"slow_p99_without_ms"`
	SlowP99WithMS    float64 `json:"slow_p99_with_ms"`
	SlowRatio        float64 `json:"slow_ratio"`
	SlowStalled      int     `json:"slow_stalled"`
	SlowCutOff       int     `json:"slow_cut_off"`

	// These count all messages of the parts fanout and slow.
	Lost           int64 `json:"lost"`
	Duplicates     int64 `json:"duplicates"`
	Unacknowledged int64 `json:"unacknowledged"`

	// These are of the part history: pages at random places, and one after another
	// backwards, together and separately.
	HistoryMessages       int     `json:"history_messages"`
	HistoryP50MS          float64 `json:"history_p50_ms"`
	HistoryP95MS          float64 `json:"history_p95_ms"`
	HistoryMaxMS          float64 `json:"history_max_ms"`
	HistoryRandomP95MS    float64 `json:"history_random_p95_ms"`
	HistoryBackwardsP95MS float64 `json:"history_backwards_p95_ms"`
	HistoryQuietP95MS     float64 `json:"history_quiet_rooms_p95_ms"`
	// HistoryLearnS is how long after its start the gateway had indexed the messages,
	// HistoryLearningP95MS the latency of pages of quiet rooms until then.
	HistoryLearnS        float64 `json:"history_learn_s"`
	HistoryLearningP95MS float64 `json:"history_learning_p95_ms"`

	Durability   string  `json:"durability"`
	CPUs         int     `json:"cpus"`
	StealPercent float64 `json:"steal_percent"`
}

func (r *chatReport) print(a *cli.App) {
	line := func(measured bool, format string, args ...any) string {
		if !measured {
			return ""
		}
		return fmt.Sprintf(format, args...)
	}
	fanout := r.DeliveriesPerS > 0
	a.Facts(
		"idle connection", line(len(r.Idle) > 0, "%.1f KB of the gateway's memory", r.KBPerIdleConnection),
		"joins", line(r.JoinsPerS > 0, "%.0f a second, %.0f µs of the gateway's CPU each", r.JoinsPerS, r.JoinCPUUS),
		"deliveries", line(fanout, "%.0f a second, %.2f s of the gateway's CPU for a million, %.2f s of all servers'", r.DeliveriesPerS, r.CPUSPerMillionDeliveries, r.ServerCPUSPerMillionDeliveries),
		"latency", line(fanout, "p50 %.1f ms, p99 %.1f ms, p99.9 %.1f ms, max %.1f ms; acknowledged p50 %.1f ms, p99 %.1f ms", r.P50MS, r.P99MS, r.P999MS, r.MaxMS, r.AckP50MS, r.AckP99MS),
		"slow readers", line(r.SlowStalled > 0, "p99 of the others %.1f ms without, %.1f ms with: ratio %.2f; %d stalled, %d cut off", r.SlowP99WithoutMS, r.SlowP99WithMS, r.SlowRatio, r.SlowStalled, r.SlowCutOff),
		"checked", line(fanout || r.SlowStalled > 0, "%d lost, %d duplicated, %d not acknowledged", r.Lost, r.Duplicates, r.Unacknowledged),
		"history", line(r.HistoryMessages > 0, "a page of %d messages: p50 %.2f ms, p95 %.2f ms (at random %.2f, backwards %.2f, quiet rooms %.2f)", r.HistoryMessages, r.HistoryP50MS, r.HistoryP95MS, r.HistoryRandomP95MS, r.HistoryBackwardsP95MS, r.HistoryQuietP95MS),
		"after a start", line(r.HistoryMessages > 0, "%.1f s until messages are indexed; quiet rooms until then p95 %.2f ms", r.HistoryLearnS, r.HistoryLearningP95MS),
		"machine", fmt.Sprintf("%d CPUs, steal %.1f %%, messages %s", r.CPUs, r.StealPercent, r.Durability),
	)
}
