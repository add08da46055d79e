// Package txlog is the commit log on JetStream: conditional appends, reads and
// purges of the subjects tx.log.<log> in the stream TXLOG. It is the only code
// that touches that stream, and it decides nothing: every answer of the broker
// is handed to the coordinator's machine in one of four words, and only
// "stored" means anything by itself.
//
// Facts about the broker that this rests on, each with a test:
//   - a publish that expects sequence 0 succeeds on an empty subject and on one
//     that was purged whole; any other expectation fails there (10071 with 0);
//   - sequences are never given twice, also after a restart: a stream that gives
//     one again, or reports a lower last one, had an older store put under it;
//   - 10164 (another proposal on the subject is in flight) and 10077 (full) say
//     nothing about an earlier try of the same record;
//   - a read may be stale, also one from the leader: what is found is true,
//     what is not found proves nothing.
package txlog
