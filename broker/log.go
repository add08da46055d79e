package broker

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
)

// serverLog receives nats-server's log lines. It extracts from them why the server
// failed: a fatal line is the only report of that.
type serverLog struct {
	log *slog.Logger
	// fatal is closed at the first fatal line, broken at the first one about a store
	// that cannot be written any more.
	fatal, broken chan struct{}

	mu    sync.Mutex
	why   string // the first fatal line
	wrong string // the line that closed broken
	error string // the last line at level error
}

func newServerLog(log *slog.Logger) *serverLog {
	return &serverLog{log: log.With("from", "nats-server"), fatal: make(chan struct{}), broken: make(chan struct{})}
}

// Noticef logs at level debug: notices report normal operation.
func (l *serverLog) Noticef(format string, v ...any) { l.log.Debug(fmt.Sprintf(format, v...)) }

// Debugf implements nats-server's Logger.
func (l *serverLog) Debugf(string, ...any) {}

// Tracef implements nats-server's Logger.
func (l *serverLog) Tracef(string, ...any) {}

// Warnf implements nats-server's Logger.
func (l *serverLog) Warnf(format string, v ...any) { l.log.Warn(fmt.Sprintf(format, v...)) }

// Errorf implements nats-server's Logger.
func (l *serverLog) Errorf(format string, v ...any) {
	line := fmt.Sprintf(format, v...)
	l.mu.Lock()
	l.error = line
	if l.wrong == "" && strings.Contains(strings.ToLower(line), writeError) {
		l.wrong = line
		close(l.broken)
	}
	l.mu.Unlock()
	l.log.Error(line)
}

// writeError is part of the line that nats-server logs when a write to a stream
// failed. It then refuses every further one until it is restarted, even if space is
// available again, and reports that nowhere else.
const writeError = "critical write error"

// Fatalf keeps the first line, which Run returns. nats-server expects the process to
// exit here; otherwise it returns from Start.
func (l *serverLog) Fatalf(format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.why == "" {
		l.why = fmt.Sprintf(format, v...)
		close(l.fatal)
	}
}

func (l *serverLog) reason() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.why
}

func (l *serverLog) brokenBy() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.wrong
}

func (l *serverLog) lastError() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.error == "" {
		return "it logged no error"
	}
	return l.error
}

// explain returns an error with the fatal line and, if possible, what to do.
func (b *Broker) explain(fatal string) error {
	if !strings.Contains(fatal, "address already in use") {
		return fmt.Errorf("broker: nats-server could not start: %s", fatal)
	}
	for _, a := range []struct {
		field string
		addr  *address
	}{{"Listen", &b.cfg.client}, {"MonitorListen", b.cfg.monitor}, {"Cluster.Listen", b.cfg.route}} {
		if a.addr != nil && strings.Contains(fatal, a.addr.String()) {
			return fmt.Errorf("broker: the address %s (%s) is in use: stop the broker or NATS server that listens there, connect to it instead of starting another, or choose another port", a.addr, a.field)
		}
	}
	return fmt.Errorf("broker: an address is in use: %s", fatal)
}
