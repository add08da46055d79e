// Transactions holds what was seen of transactions: for each the protocol's
// messages in the order of their times, and what follows from them. It draws
// nothing and asks nobody.

// Transactions kept, and messages of one: more than that is no picture.
const most = 60;
const mostEvents = 120;

const ends = new Set(["committed", "aborted"]);

export class Transactions {
  // all has them by id, oldest first.
  all = new Map();
  // leftOut counts those the gateway did not send, because there were more than
  // a person can follow.
  leftOut = 0;

  // add takes events and returns the transactions they changed.
  add(events, dropped = 0) {
    this.leftOut += dropped;
    const changed = new Set();
    for (const e of events) {
      const tx = this.all.get(e.tx) ?? this.#begin(e.tx);
      insert(tx, e);
      conclude(tx, e);
      changed.add(tx);
    }
    return changed;
  }

  // merge takes what the gateway knows of one: its events stand in for ours.
  merge(seen) {
    const tx = this.all.get(seen.id) ?? this.#begin(seen.id);
    const fresh = (seen.events ?? []).length;
    if (fresh > 0 && fresh >= count(tx)) {
      tx.events = [];
      for (const e of seen.events) {
        insert(tx, e);
        conclude(tx, e);
      }
    }
    tx.key ||= seen.key ?? "";
    if (seen.status && !ends.has(tx.status)) tx.status = seen.status;
    tx.reason ||= seen.reason ?? "";
    tx.at ||= seen.at_us ?? 0;
    return tx;
  }

  // newest has the newest first.
  newest() {
    return [...this.all.values()].reverse();
  }

  byKey(key) {
    return [...this.all.values()].find((tx) => tx.key === key) ?? null;
  }

  #begin(id) {
    const tx = { id, key: "", status: "pending", reason: "", at: 0, events: [] };
    this.all.set(id, tx);
    if (this.all.size > most) this.all.delete(this.all.keys().next().value);
    return tx;
  }
}

function count(tx) {
  return tx.events.reduce((n, e) => n + e.times, 0);
}

// insert puts an event in its place. A message that is sent again, with nothing
// else from or to that participant in between, is counted instead.
function insert(tx, e) {
  const mine = (o) => (o.participant ?? "") === (e.participant ?? "");
  const before = tx.events.findLast((o) => mine(o) && o.at <= e.at_us);
  if (before && before.kind === e.kind && before.yes === e.yes) {
    if (before.last === e.at_us) return; // the very same
    before.times++;
    before.last = Math.max(before.last, e.at_us);
    return;
  }
  if (tx.events.length === mostEvents) return;
  const { at_us: at, kind, participant = "", yes, status = "", reason = "" } = e;
  const i = tx.events.findLastIndex((o) => o.at <= at) + 1;
  tx.events.splice(i, 0, { at, last: at, kind, participant, yes, status, reason, times: 1 });
  tx.at = tx.events[0].at;
}

// conclude learns from an event what became of the transaction.
function conclude(tx, e) {
  if (e.key) tx.key = e.key;
  if (e.reason && !tx.reason) tx.reason = e.reason;
  // A participant that asked what became of it was answered where nobody else
  // hears it: its acknowledgement says it.
  const kind = e.kind === "ack" ? e.status : e.kind;
  if (kind === "commit" || kind === "append") tx.status = "committed";
  else if (kind === "abort") tx.status = "aborted";
  else if (e.kind === "outcome" && e.status && !ends.has(tx.status)) tx.status = e.status;
}

// doubts are the times in which a participant had voted yes and had not
// acknowledged the outcome: { participant, from, to }, with to null while it
// lasts. That the outcome was sent is not enough: it may not have arrived.
export function doubts(tx) {
  const out = [];
  for (const e of tx.events) {
    const known = out.find((d) => d.participant === e.participant);
    if (e.kind === "vote" && e.yes && !known) out.push({ participant: e.participant, from: e.at, to: null });
    else if (e.kind === "ack" && known) known.to ??= e.at;
  }
  return out;
}

// ended reports whether it is known what became of the transaction.
export function ended(tx) {
  return ends.has(tx.status);
}

// settled reports whether everybody who voted yes has acknowledged the outcome,
// or nobody voted yes.
export function settled(tx) {
  if (!ended(tx)) return false;
  return doubts(tx).every((d) => d.to !== null);
}

// took is the time from the first message to the answer, or to the last so far,
// in microseconds.
export function took(tx) {
  if (tx.events.length === 0) return 0;
  const answer = tx.events.find((e) => e.kind === "outcome" && ends.has(e.status));
  return (answer ?? tx.events.at(-1)).at - tx.events[0].at;
}
