// Package txlog is the commit log on JetStream: conditional appends, reads and
// purges of the subjects tx.log.<log> in the stream TXLOG. It is the only code
// that accesses that stream, and it decides nothing: it passes every answer of the
// broker to the coordinator's machine as one of four values, of which only
// [machine.AppendStored] is conclusive by itself.
//
// It relies on these facts about the broker, each with a test:
//   - a publish that expects sequence 0 succeeds on an empty subject and on one
//     that was purged entirely; any other expectation fails there (10071 with 0);
//   - sequences are never assigned twice, also after a restart: if a stream assigns
//     one again, or reports a lower last one, its store was replaced by an older one;
//   - 10164 (another proposal on the subject is in flight) and 10077 (full) prove
//     nothing about an earlier attempt to append the same record;
//   - a read may be stale, also one from the leader: a record that was found is
//     valid, one that was not found may exist.
package txlog
