package streams

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"time"

	"parley/wire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// askTimeout bounds one request to JetStream.
	askTimeout = 3 * time.Second
	// settle bounds how long JetStream may be unavailable before Ensure and
	// Check give up: a cluster elects a leader in 4 to 9 seconds, sometimes
	// two in a row (of the cluster, then of the stream).
	settle = 30 * time.Second
	// retryEvery is the pause between attempts while JetStream is unavailable.
	retryEvery = 250 * time.Millisecond
	// firstSeqs is the number of values from which a random first sequence is chosen:
	// it and all later sequences stay integers that JavaScript represents exactly.
	firstSeqs = 1 << 50
)

// Config returns the configuration of the stream that spec describes, without an incarnation.
func Config(spec wire.StreamSpec, replicas int) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              spec.Name,
		Subjects:          spec.Subjects,
		Storage:           jetstream.FileStorage,
		Retention:         jetstream.LimitsPolicy,
		Discard:           discard(spec),
		MaxBytes:          spec.MaxBytes,
		MaxMsgsPerSubject: perSubject(spec),
		MaxMsgSize:        spec.MaxMsgSize,
		Duplicates:        spec.Duplicates,
		DenyDelete:        true,
		DenyPurge:         denyPurge(spec),
		AllowDirect:       spec.Direct,
		RePublish:         republish(spec),
		Replicas:          replicas,
	}
}

// discard returns which messages are dropped when the stream is full.
func discard(spec wire.StreamSpec) jetstream.DiscardPolicy {
	if spec.DropOldest {
		return jetstream.DiscardOld
	}
	return jetstream.DiscardNew
}

// republish returns where stored messages are republished, nil for nowhere.
func republish(spec wire.StreamSpec) *jetstream.RePublish {
	if spec.Republish == [2]string{} {
		return nil
	}
	return &jetstream.RePublish{Source: spec.Republish[0], Destination: spec.Republish[1]}
}

// perSubject returns the bound on each subject's records as JetStream represents it.
// Beyond it a subject's oldest record is dropped whatever Discard is, which applies to
// the bounds of the whole stream.
func perSubject(spec wire.StreamSpec) int64 {
	if spec.PerSubject > 0 {
		return spec.PerSubject
	}
	return -1
}

// denyPurge reports whether purging is forbidden. In a stream that drops each subject's
// old records nothing needs to be purged, and the newest record must not be: without it
// a worker number that was used looks unused.
func denyPurge(spec wire.StreamSpec) bool { return spec.PerSubject > 0 }

// Ensure creates the stream with a new incarnation, or checks the existing one. Of
// several concurrent callers one creates it and all return the same incarnation. An
// existing stream is never changed; see [Check] for the errors.
func Ensure(ctx context.Context, js jetstream.JetStream, spec wire.StreamSpec, replicas int) (incarnation string, created bool, err error) {
	if replicas != 1 && replicas != 3 && replicas != 5 {
		return "", false, fmt.Errorf("creating stream %s: replicas is %d, allowed are 1, 3 and 5", spec.Name, replicas)
	}
	var random [10]byte
	rand.Read(random[:]) // never fails: the program is aborted instead
	mine := wire.Token(random)
	cfg := Config(spec, replicas)
	cfg.Metadata = map[string]string{wire.MetaIncarnation: mine}
	if spec.FirstAnywhere {
		cfg.FirstSeq = 2 + mathrand.Uint64N(firstSeqs)
	}
	var info Info
	err = retry(ctx, "creating stream "+spec.Name, func(attempt context.Context) error {
		// The request is repeated with the same incarnation if its response was
		// lost; the server reports success for an equal configuration.
		_, err := js.CreateStream(attempt, cfg)
		if err != nil && !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			return err
		}
		info, err = CheckOnce(attempt, js, spec)
		if e, ok := errors.AsType[*Error](err); ok && e.Missing {
			// A cluster reports "in use" as soon as another request to create the
			// stream is being processed, and that request may still fail.
			return fmt.Errorf("%w: %w", errNotYet, err)
		}
		return err
	})
	if err != nil {
		return "", false, err
	}
	if info.Replicas < replicas {
		return "", false, &Error{
			Stream: spec.Name, Setting: "num_replicas", Is: fmt.Sprint(info.Replicas), Must: fmt.Sprintf("at least %d", replicas),
			Do: fmt.Sprintf("run `nats stream edit %s --replicas %d` (it keeps the data), or ask for %d", spec.Name, replicas, info.Replicas),
		}
	}
	return info.Incarnation, info.Incarnation == mine, nil
}

// retry calls request until it succeeds or fails for another reason than that JetStream
// is unavailable, for at most the time settle.
func retry(ctx context.Context, what string, request func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, settle)
	defer cancel()
	tick := time.NewTicker(retryEvery)
	defer tick.Stop()
	for {
		attempt, done := context.WithTimeout(ctx, askTimeout)
		err := request(attempt)
		done()
		if err == nil {
			return nil
		}
		if !Unavailable(err) {
			if _, ok := errors.AsType[*Error](err); ok {
				return err // complete as it is
			}
			return fmt.Errorf("%s: %w", what, err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: JetStream is not available: %w: is it enabled on the server, and are a majority of the cluster's nodes up?", what, err)
		case <-tick.C:
		}
	}
}

// JetStream's error codes that are exceptions to the rule that an error with status 5xx
// is temporary and any other final.
const (
	codeNoSuitablePeers  = 10005 // status 400; nodes are not known yet
	codeStorageExceeded  = 10047 // status 500; the disk does not grow
	codeReplicasNeedMore = 10074 // status 500; a lone server stays alone
)

// errNotYet is returned while another request to create the stream is in progress.
var errNotYet = errors.New("the stream is being created")

// codeWrongLast is the code of JetStream's error "wrong last sequence: N".
const codeWrongLast = jetstream.ErrorCode(10071)

// WrongLast reports whether err is the broker's response to a conditional write whose
// expected last sequence of the subject does not match.
func WrongLast(err error) bool {
	api, ok := errors.AsType[*jetstream.APIError](err)
	return ok && api.ErrorCode == codeWrongLast
}

// Unavailable reports whether err means only that JetStream could not respond now, so
// that nothing is known about the stream.
func Unavailable(err error) bool {
	if api, ok := errors.AsType[*jetstream.APIError](err); ok {
		switch api.ErrorCode {
		case codeNoSuitablePeers:
			return true
		case codeStorageExceeded, codeReplicasNeedMore, jetstream.JSErrCodeJetStreamNotEnabledForAccount:
			return false
		}
		return api.Code >= 500
	}
	return errors.Is(err, errNotYet) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrTimeout) ||
		errors.Is(err, nats.ErrNoResponders) || errors.Is(err, nats.ErrDisconnected) ||
		errors.Is(err, nats.ErrReconnectBufExceeded) || errors.Is(err, jetstream.ErrJetStreamNotEnabled)
}
