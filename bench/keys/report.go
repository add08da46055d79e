package main

// report is the output of --json, and the input of the plot.
type report struct {
	SQLite string `json:"sqlite"`
	CPUs   int    `json:"cpus"`
	Seed   uint64 `json:"seed"`
	// Interrupted: the scenes are those that were begun, the last one in part.
	Interrupted bool           `json:"interrupted,omitempty"`
	Scenes      []*sceneReport `json:"scenes"`
}

// sceneReport is one situation, with all keys side by side.
type sceneReport struct {
	Name string `json:"name"`
	// About is the situation in words.
	About        string       `json:"about"`
	Batch        int          `json:"batch"`
	CacheBytes   int64        `json:"cache_bytes"`
	StealPercent float64      `json:"steal_percent"`
	Keys         []*keyReport `json:"keys"`
}

// keyReport are the costs of one kind of key in a scene.
type keyReport struct {
	Key   string `json:"key"`
	Label string `json:"label"`
	// Rows were inserted in Seconds, the copying back of the log included.
	Rows     int     `json:"rows"`
	Seconds  float64 `json:"seconds"`
	RowsPerS float64 `json:"rows_per_s"`
	// CPUUS is the processor time of a row, in microseconds.
	CPUUS float64 `json:"cpu_us_per_row"`
	// LogPages were appended to the log, which is synced at every commit.
	LogPages int `json:"log_pages"`
	// WrittenBytes and ReadBytes passed between SQLite and the system, of log
	// and table. They are 0 where there is no /proc.
	WrittenBytes float64 `json:"written_bytes"`
	ReadBytes    float64 `json:"read_bytes"`

	// Table and Reads are of the whole table, at the end of a scene.
	Table  *shape  `json:"table,omitempty"`
	Reads  *reads  `json:"reads,omitempty"`
	Points []point `json:"points,omitempty"`
}

// point is the rate of one round, after which the table had so many rows.
type point struct {
	Rows     int     `json:"rows"`
	RowsPerS float64 `json:"rows_per_s"`
}

func newKeyReport(k kind, rows int, s spent) *keyReport {
	return &keyReport{
		Key: k.name, Label: k.label, Rows: rows,
		Seconds: s.Time.Seconds(), RowsPerS: perSecond(rows, s), CPUUS: s.CPU.Seconds() * 1e6 / float64(max(rows, 1)),
		LogPages: s.Logged, WrittenBytes: s.IO.Written, ReadBytes: s.IO.Read,
	}
}

func perSecond(rows int, s spent) float64 {
	if s.Time <= 0 {
		return 0
	}
	return float64(rows) / s.Time.Seconds()
}

// lastTenth is the rate of the rounds that made the last tenth of a table.
func (k *keyReport) lastTenth() float64 {
	seconds, rows, before := 0.0, 0, 0
	for _, p := range k.Points {
		if n := p.Rows - before; p.Rows > k.Rows*9/10 {
			rows += n
			seconds += float64(n) / p.RowsPerS
		}
		before = p.Rows
	}
	if seconds == 0 {
		return 0
	}
	return float64(rows) / seconds
}
