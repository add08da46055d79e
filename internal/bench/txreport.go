package bench

import (
	"fmt"
	"strconv"
	"time"

	"parley/internal/cli"
)

// TxReport is what --json prints.
type TxReport struct {
	CommittedPerS float64 `json:"committed_per_s"`
	// These are latencies of commits, from the submission to the answer.
	P50MS  float64 `json:"p50_ms"`
	P99MS  float64 `json:"p99_ms"`
	P999MS float64 `json:"p999_ms"`
	MaxMS  float64 `json:"max_ms"`
	MeanMS float64 `json:"mean_ms"`

	Committed int64   `json:"committed"`
	Aborted   int64   `json:"aborted"`
	Unknown   int64   `json:"unknown"`
	Failed    int64   `json:"failed"`
	LastError string  `json:"last_error,omitempty"`
	DurationS float64 `json:"duration_s"`

	AbortedPerS float64 `json:"aborted_per_s"`
	AbortP50MS  float64 `json:"abort_p50_ms"`
	AbortP99MS  float64 `json:"abort_p99_ms"`

	Inflight     int     `json:"inflight"`
	CPUs         int     `json:"cpus"`
	StealPercent float64 `json:"steal_percent"`
	Durability   string  `json:"durability"`

	Processes   []processUse `json:"processes"`
	Checkpoints []checkpoint `json:"checkpoints"`
}

// processUse is what one process used during the measurement.
type processUse struct {
	Name           string  `json:"name"`
	PID            int     `json:"pid"`
	CPUS           float64 `json:"cpu_s"`
	RSSStartBytes  int64   `json:"rss_start_bytes"`
	RSSEndBytes    int64   `json:"rss_end_bytes"`
	DiskStartBytes int64   `json:"disk_start_bytes"`
	DiskEndBytes   int64   `json:"disk_end_bytes"`
}

func (l *load) report(took time.Duration) *TxReport {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := &TxReport{
		CommittedPerS: perSecond(l.committed, took), AbortedPerS: perSecond(l.aborted, took),
		P50MS: ms(l.commit, 50), P99MS: ms(l.commit, 99), P999MS: ms(l.commit, 99.9),
		MaxMS: float64(l.commit.Max()) / 1000, MeanMS: l.commit.Mean() / 1000,
		AbortP50MS: ms(l.abort, 50), AbortP99MS: ms(l.abort, 99),
		Committed: l.committed, Aborted: l.aborted, Unknown: l.unknown, Failed: l.failed, DurationS: took.Seconds(),
	}
	if l.lastError != nil {
		r.LastError = l.lastError.Error()
	}
	return r
}

func (r *TxReport) print(a *cli.App) {
	a.Printf("%.0f committed transactions a second, %d concurrent, %s\n", r.CommittedPerS, r.Inflight, r.Durability)
	latency := ""
	if r.Committed > 0 {
		latency = fmt.Sprintf("p50 %.2f ms, p99 %.2f ms, p99.9 %.2f ms, max %.2f ms", r.P50MS, r.P99MS, r.P999MS, r.MaxMS)
	}
	aborts := ""
	if r.Aborted > 0 {
		aborts = fmt.Sprintf("%d, %.0f a second, p50 %.2f ms, p99 %.2f ms", r.Aborted, r.AbortedPerS, r.AbortP50MS, r.AbortP99MS)
	}
	unknown := ""
	if r.Unknown > 0 {
		unknown = strconv.FormatInt(r.Unknown, 10)
	}
	a.Facts(
		"committed", fmt.Sprintf("%d in %.1f s", r.Committed, r.DurationS),
		"latency", latency,
		"aborted", aborts, "unknown", unknown, "last error", r.LastError,
		"machine", fmt.Sprintf("%d CPUs, steal %.1f %%", r.CPUs, r.StealPercent),
	)
	a.Printf("\n")
	rows := [][]string{{"PROCESS", ">CPU", ">MEMORY BEFORE", ">AFTER", ">DISK BEFORE", ">AFTER"}}
	for _, p := range r.Processes {
		rows = append(rows, []string{p.Name, fmt.Sprintf("%.2f s", p.CPUS), size(p.RSSStartBytes), size(p.RSSEndBytes), size(p.DiskStartBytes), size(p.DiskEndBytes)})
	}
	a.Table(rows)
	if len(r.Checkpoints) < 2 {
		return
	}
	a.Printf("\n")
	rows = [][]string{{">COMMITTED", ">AFTER", ">COMMITTED/S SINCE", ">MEMORY", ">DISK"}}
	for _, c := range r.Checkpoints {
		rows = append(rows, []string{strconv.FormatInt(c.Committed, 10), fmt.Sprintf("%.1f s", c.AfterS), fmt.Sprintf("%.0f", c.CommittedPerS), size(c.RSSBytes), size(c.DiskBytes)})
	}
	a.Table(rows)
}

// size formats bytes as megabytes.
func size(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }
