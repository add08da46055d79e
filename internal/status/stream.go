package status

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"parley/internal/catalog"
	"parley/internal/streams"
	"parley/wire"

	"github.com/nats-io/nats.go/jetstream"
)

// stream is the state of one stream.
type stream struct {
	Name string `json:"name"`
	// State is "up", or "silent" when no server responds for it.
	State       string    `json:"state"`
	Incarnation string    `json:"incarnation,omitempty"`
	Leader      string    `json:"leader,omitempty"`
	Replicas    int       `json:"replicas"`
	Followers   []replica `json:"followers"`
	// Durability is synced, replicated or unverified, see package streams.
	Durability string `json:"durability,omitempty"`
	Messages   uint64 `json:"messages"`
	Bytes      uint64 `json:"bytes"`
	// Limit is the size in bytes from which new transactions are refused or, in a
	// stream that drops the oldest messages, from which they are dropped.
	Limit int64 `json:"limit"`
}

type replica struct {
	Name    string `json:"name"`
	Current bool   `json:"current"`
	Offline bool   `json:"offline"`
	Lag     uint64 `json:"lag"`
}

func (s *Report) addStreams(a *responses) {
	sync := map[string]string{}
	for _, b := range s.Brokers {
		sync[b.Name] = b.Sync
	}
	s.Streams = []stream{}
	worst := streams.Synced
	for _, spec := range catalog.Streams() {
		st := stream{Name: spec.Name, State: stateSilent, Followers: []replica{}, Limit: limit(spec, spec.MaxBytes)}
		if info := a.streams[spec.Name]; info != nil {
			d, why := st.fill(spec, info, sync)
			if s.Why == "" || worseThan(d, worst) {
				s.Why = why
			}
			if worseThan(d, worst) {
				worst = d
			}
		} else {
			worst, s.Why = streams.Unverified, "stream "+spec.Name+" does not answer"
		}
		s.Streams = append(s.Streams, st)
	}
	s.Durability = string(worst)
}

// worseThan orders durabilities.
func worseThan(a, b streams.Durability) bool {
	order := []streams.Durability{streams.Synced, streams.Replicated, streams.Unverified}
	return slices.Index(order, a) > slices.Index(order, b)
}

// limit is the number of bytes from which a stream of at most maxBytes is full.
func limit(spec wire.StreamSpec, maxBytes int64) int64 {
	return cmp.Or(spec.SoftBytes(maxBytes), maxBytes)
}

// fill copies what the stream's leader reports, and derives the durability from the
// servers that respond: one that is down acknowledges nothing.
func (st *stream) fill(spec wire.StreamSpec, info *jetstream.StreamInfo, sync map[string]string) (d streams.Durability, why string) {
	st.State, st.Incarnation, st.Replicas = stateUp, info.Config.Metadata[wire.MetaIncarnation], info.Config.Replicas
	st.Messages, st.Bytes, st.Limit = info.State.Msgs, info.State.Bytes, limit(spec, info.Config.MaxBytes)
	var holders []string
	if info.Cluster != nil {
		st.Leader = info.Cluster.Leader
		holders = append(holders, st.Leader)
		for _, r := range info.Cluster.Replicas {
			st.Followers = append(st.Followers, replica{r.Name, r.Current, r.Offline, r.Lag})
			holders = append(holders, r.Name)
		}
	}
	var undeclared, silent []string
	for _, name := range holders {
		switch sync[name] {
		case syncAlways:
		case syncUndeclared:
			undeclared = append(undeclared, name)
		default:
			silent = append(silent, name)
		}
	}
	switch {
	case len(holders) == 0 || len(silent) == len(holders):
		d, why = streams.Unverified, "no server reports whether it syncs"
	case len(undeclared) > 0:
		d, why = streams.Unverified, fmt.Sprintf("%s does not declare that it syncs before it acknowledges (server tag %s)", strings.Join(undeclared, ", "), streams.TagSynced)
		if len(holders) >= 3 {
			d = streams.Replicated
		}
	case len(silent) > 0:
		d, why = streams.Synced, strings.Join(silent, ", ")+" does not answer"
	default:
		d = streams.Synced
	}
	if info.Config.Storage != jetstream.FileStorage || info.Config.PersistMode != jetstream.DefaultPersistMode {
		d, why = streams.Unverified, "stream "+st.Name+" is not stored before it is acknowledged"
	}
	st.Durability = string(d)
	return d, why
}
