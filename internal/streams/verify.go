package streams

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Durability is the class of failures that an acknowledged message is known to survive.
type Durability string

// Durabilities, best first.
const (
	// Synced means that every server that holds the streams declares that it syncs
	// before it acknowledges. A power failure everywhere loses nothing.
	Synced Durability = "synced"
	// Replicated means on three or more servers that may sync minutes later. The
	// death of any process loses nothing; a power failure, even of a single
	// server, can.
	Replicated Durability = "replicated"
	// Unverified means that only the death of the server's process is known to be survived.
	Unverified Durability = "unverified"
)

// TagSynced is the server tag by which a server declares that it syncs before
// it acknowledges. Package broker sets it on every server that it runs; operators of
// other nats-servers may add it to server_tags together with `sync_interval: always`.
const TagSynced = "parley-sync:always"

// Report is a durability and why it is not better.
type Report struct {
	Durability Durability
	// Reason is why it is not better, for people; empty if Durability is [Synced].
	Reason string
	// Silent reports that the only reason is that servers, or the stream, did not
	// respond. Determined again when they are available, it may be better.
	Silent bool
}

// Verify returns the Durability of [Inspect]'s report.
func Verify(ctx context.Context, nc *nats.Conn, name string, more ...string) Durability {
	return Inspect(ctx, nc, name, more...).Durability
}

// Inspect determines the durability of the named streams.
//
// An ordinary client cannot read a server's sync setting, but it can read its tags:
// every server of a cluster answers requests on $SYS.REQ.ACCOUNT.PING.STATZ, which each
// account imports, with its name and tags. So Inspect requests which servers hold
// the streams and whether each of them declares [TagSynced]. A server that does not
// respond in time, an account without that import and a refused permission all count as
// not declared, and the report marks them as silent.
func Inspect(ctx context.Context, nc *nats.Conn, name string, more ...string) Report {
	js, err := jetstream.New(nc)
	if err != nil {
		return Report{Durability: Unverified, Reason: fmt.Sprintf("JetStream cannot be used: %v", err)}
	}
	var holders []string
	replicas := 0
	for i, name := range append([]string{name}, more...) {
		h, err := holdersOf(ctx, js, name)
		if err != nil {
			return Report{Durability: Unverified, Reason: err.Error(), Silent: !errors.Is(err, errNotStored)}
		}
		if i == 0 || len(h) < replicas {
			replicas = len(h)
		}
		holders = append(holders, h...)
	}
	slices.Sort(holders)
	holders = slices.Compact(holders)
	silent, undeclared := pingServers(ctx, nc, holders)
	if len(silent)+len(undeclared) == 0 {
		return Report{Durability: Synced}
	}
	r := Report{Durability: Unverified, Silent: len(undeclared) == 0}
	if replicas >= 3 {
		r.Durability = Replicated
	}
	if r.Silent {
		r.Reason = fmt.Sprintf("the server %s does not answer, so whether it syncs before it acknowledges is unknown", strings.Join(silent, ", "))
	} else {
		r.Reason = fmt.Sprintf("the server %s does not declare that it syncs before it acknowledges (server tag %s)", strings.Join(undeclared, ", "), TagSynced)
	}
	return r
}

var errNotStored = errors.New("is not stored before it is acknowledged")

// holdersOf returns the names of the servers that hold a stream.
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
		return nil, fmt.Errorf("stream %s %w (storage %v, persist_mode %v)", name, errNotStored, info.Config.Storage, info.Config.PersistMode)
	}
	if info.Cluster == nil || info.Cluster.Leader == "" {
		return nil, fmt.Errorf("stream %s does not report which servers hold it", name)
	}
	holders := []string{info.Cluster.Leader}
	for _, r := range info.Cluster.Replicas {
		holders = append(holders, r.Name)
	}
	if len(holders) < info.Config.Replicas {
		return nil, fmt.Errorf("stream %s reports %d of the %d servers that hold it", name, len(holders), info.Config.Replicas)
	}
	return holders, nil
}

const (
	// pingTimeout bounds the wait for the slowest server.
	pingTimeout = 2 * time.Second
	// maxAnswers bounds the responses that are read: more than a cluster has servers.
	maxAnswers = 256
)

// PingServers is answered by every server of the cluster with a [ServerInfo], if
// the request is [PingRequest].
const PingServers = "$SYS.REQ.ACCOUNT.PING.STATZ"

// PingRequest is the request to [PingServers]: without include_unused a server on which the
// account has no connection stays silent.
const PingRequest = `{"include_unused":true}`

// ServerInfo is a server's response to [PingServers].
type ServerInfo struct {
	Server struct {
		Name    string   `json:"name"`
		Version string   `json:"ver"`
		Tags    []string `json:"tags"`
	} `json:"server"`
}

// Declares reports whether the server declares [TagSynced].
func (s *ServerInfo) Declares() bool { return slices.Contains(s.Server.Tags, TagSynced) }

// pingServers requests the tags of the named servers, and returns those that did not
// respond and those that do not declare [TagSynced]. It returns as soon as all have
// responded.
func pingServers(ctx context.Context, nc *nats.Conn, servers []string) (silent, undeclared []string) {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	silent = slices.Clone(servers)
	inbox := nc.NewInbox()
	sub, err := nc.SubscribeSync(inbox)
	if err != nil {
		return silent, nil
	}
	defer sub.Unsubscribe()
	if err := nc.PublishRequest(PingServers, inbox, []byte(PingRequest)); err != nil {
		return silent, nil
	}
	for range maxAnswers {
		msg, err := sub.NextMsgWithContext(ctx)
		if err != nil || msg.Header.Get("Status") == "503" { // no subscriber
			break
		}
		var answer ServerInfo
		if json.Unmarshal(msg.Data, &answer) != nil {
			continue
		}
		i := slices.Index(silent, answer.Server.Name)
		if i < 0 {
			continue
		}
		silent = slices.Delete(silent, i, i+1)
		if !answer.Declares() {
			undeclared = append(undeclared, answer.Server.Name)
		}
		if len(silent) == 0 {
			break
		}
	}
	return silent, undeclared
}
