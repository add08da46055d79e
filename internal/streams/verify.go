package streams

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"parley/wire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Durability is what an acknowledged message is known to survive.
type Durability string

// Durabilities, best first.
const (
	// Synced: every server that holds the streams declares that it syncs
	// before it acknowledges. A power failure everywhere loses nothing.
	Synced Durability = "synced"
	// Replicated: on three or more servers that may sync minutes later. The
	// death of any process loses nothing; a power failure, even of a single
	// server, can.
	Replicated Durability = "replicated"
	// Unverified: nothing is known beyond the death of the server's process.
	Unverified Durability = "unverified"
)

// TagSynced is the server tag by which a server declares that it syncs before
// it acknowledges. Package broker sets it on every server it runs; who runs
// nats-server themselves may add it to server_tags beside
// `sync_interval: always`.
const TagSynced = "parley-sync:always"

// Report is a durability and why it is not better.
type Report struct {
	Durability Durability
	// Reason is for people, and empty when Durability is [Synced].
	Reason string
}

// Verify is the durability of [Inspect] alone.
func Verify(ctx context.Context, nc *nats.Conn, names ...string) Durability {
	return Inspect(ctx, nc, names...).Durability
}

// Inspect finds out what the named streams survive; without a name it is
// [wire.TxLog].
//
// An ordinary client cannot read a server's sync setting. It can read its tags:
// every server of a cluster answers $SYS.REQ.ACCOUNT.PING.STATZ, which each
// account imports, with its name and tags. So Inspect asks which servers hold
// the streams and whether each of them declares [TagSynced]. A server that does
// not answer in time, an account without that import, a refused permission: all
// count as not declared.
func Inspect(ctx context.Context, nc *nats.Conn, names ...string) Report {
	if len(names) == 0 {
		names = []string{wire.TxLog().Name}
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return Report{Durability: Unverified, Reason: fmt.Sprintf("JetStream cannot be used: %v", err)}
	}
	var holders []string
	replicas := 0
	for i, name := range names {
		h, err := holdersOf(ctx, js, name)
		if err != nil {
			return Report{Durability: Unverified, Reason: err.Error()}
		}
		if i == 0 || len(h) < replicas {
			replicas = len(h)
		}
		holders = append(holders, h...)
	}
	slices.Sort(holders)
	holders = slices.Compact(holders)
	silent := undeclared(ctx, nc, holders)
	if len(silent) == 0 {
		return Report{Durability: Synced}
	}
	reason := fmt.Sprintf("the server %s does not declare that it syncs before it acknowledges (server tag %s)", strings.Join(silent, ", "), TagSynced)
	if replicas >= 3 {
		return Report{Durability: Replicated, Reason: reason}
	}
	return Report{Durability: Unverified, Reason: reason}
}

// holdersOf names the servers that hold a stream.
func holdersOf(ctx context.Context, js jetstream.JetStream, name string) ([]string, error) {
	var info *jetstream.StreamInfo
	err := retry(ctx, "reading stream "+name, func(ctx context.Context) error {
		s, err := js.Stream(ctx, name)
		if err == nil {
			info = s.CachedInfo()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if info.Config.Storage != jetstream.FileStorage || info.Config.PersistMode != jetstream.DefaultPersistMode {
		return nil, fmt.Errorf("stream %s is not stored before it is acknowledged (storage %v, persist_mode %v)", name, info.Config.Storage, info.Config.PersistMode)
	}
	if info.Cluster == nil || info.Cluster.Leader == "" {
		return nil, fmt.Errorf("stream %s does not say which servers hold it", name)
	}
	holders := []string{info.Cluster.Leader}
	for _, r := range info.Cluster.Replicas {
		holders = append(holders, r.Name)
	}
	if len(holders) < info.Config.Replicas {
		return nil, fmt.Errorf("stream %s names %d of the %d servers that hold it", name, len(holders), info.Config.Replicas)
	}
	return holders, nil
}

const (
	// pingTimeout bounds the wait for the slowest of them.
	pingTimeout = 2 * time.Second
	// maxAnswers bounds how many are read: more than a cluster has servers.
	maxAnswers = 256
)

// PingServers is answered by every server of the cluster with a [ServerSaid], if
// the request is [PingEverybody].
const PingServers = "$SYS.REQ.ACCOUNT.PING.STATZ"

// PingEverybody is the request: without include_unused a server on which the
// account has no connection stays silent.
const PingEverybody = `{"include_unused":true}`

// ServerSaid is what a server says of itself on [PingServers].
type ServerSaid struct {
	Server struct {
		Name    string   `json:"name"`
		Version string   `json:"ver"`
		Tags    []string `json:"tags"`
	} `json:"server"`
}

// Declares reports whether the server declares [TagSynced].
func (s *ServerSaid) Declares() bool { return slices.Contains(s.Server.Tags, TagSynced) }

// undeclared returns those of the named servers that did not declare
// [TagSynced]. It returns as soon as all of them have.
func undeclared(ctx context.Context, nc *nats.Conn, servers []string) []string {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	missing := slices.Clone(servers)
	inbox := nc.NewInbox()
	sub, err := nc.SubscribeSync(inbox)
	if err != nil {
		return missing
	}
	defer sub.Unsubscribe()
	if err := nc.PublishRequest(PingServers, inbox, []byte(PingEverybody)); err != nil {
		return missing
	}
	for range maxAnswers {
		msg, err := sub.NextMsgWithContext(ctx)
		if err != nil || msg.Header.Get("Status") == "503" { // nobody listens
			return missing
		}
		var answer ServerSaid
		if json.Unmarshal(msg.Data, &answer) != nil || !answer.Declares() {
			continue
		}
		missing = slices.DeleteFunc(missing, func(name string) bool { return name == answer.Server.Name })
		if len(missing) == 0 {
			return nil
		}
	}
	return missing
}
