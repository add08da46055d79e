import { Emitter } from "../net/emitter.js";
import { tab } from "../ui/keep.js";

// The last tenth of the retry window is not used: the frame is on its way for a
// while, and the broker's window began a little before or after the first try.
const usable = 0.9;
// How often to repeat what the gateway could not do just now.
const again = 2_000;
// Most messages that wait at once: more are a mistake, or a broken page.
const most = 100;

// Outbox holds what the person sent and what is not yet seen in its room, also
// over a reload. One message of a room is on its way at a time, so that they
// arrive in the order they were written.
//
// state of an entry:
//   "queued"   waits for the connection, for its turn, or until retryAt
//   "sending"  is on its way
//   "stored"   acknowledged as number seq, and not yet seen in the room
//   "refused"  the gateway does not take it, for reason
//   "lost"     it is known not to be in the room, and was sent too long ago
//              to be sent again by itself
//   "doubt"    it was sent too long ago, and whether it is in the room cannot
//              be known
// The last three wait for the person: again or drop.
//
// after is what was known of the room at the first try: if everything after
// that is here and the message is not, it is not in the room.
export class Outbox extends Emitter {
  entries = tab.get("outbox") ?? [];
  #send;
  #now;
  #timer = 0;
  #wakeAt = Infinity;

  // send(frame) hands a frame to the gateway and reports whether it could.
  constructor(send, now = () => Date.now()) {
    super();
    this.#send = send;
    this.#now = now;
    for (const e of this.entries) if (e.state === "sending") e.state = "queued";
  }

  of(room) {
    return this.entries.filter((e) => e.room === room);
  }

  get full() {
    return this.entries.length >= most;
  }

  // add queues a text and returns its entry.
  add(room, user, text) {
    const entry = { cid: crypto.randomUUID?.() ?? uuid(), room, user, text, at: this.#now(), state: "queued" };
    this.entries.push(entry);
    this.#changed(room);
    return entry;
  }

  // again sends an entry once more, as another message, of whoever asks for it.
  again(cid, user) {
    const entry = this.#drop(cid);
    return entry && this.add(entry.room, user, entry.text);
  }

  drop(cid) {
    const entry = this.#drop(cid);
    if (entry) this.#changed(entry.room);
  }

  // since is the number from which a room must be read to know what became of
  // its entries, or null if there are none.
  since(room, epoch) {
    const tried = this.of(room).filter((e) => e.after && e.after.epoch === epoch);
    return tried.length > 0 ? Math.min(...tried.map((e) => e.after.last)) : null;
  }

  // epochs of the entries that were tried: what to join with after a reload.
  epoch(room) {
    return this.of(room).find((e) => e.after)?.after.epoch ?? "";
  }

  // pump sends the next of a room that may be sent. view is what is known of
  // the room: { user, timeline, retry }.
  pump(room, view) {
    const now = this.#now();
    for (const e of this.of(room)) {
      if (e.state === "sending") return;
      if (e.state !== "queued") continue;
      const late = e.first && now - e.first > view.retry * usable;
      if (late || (e.user && e.user !== view.user)) {
        // Sent again it might be stored twice, or under another's name.
        e.state = !e.after || view.timeline.covers(e.after.epoch, e.after.last) ? "lost" : "doubt";
        this.#changed(room);
        continue;
      }
      if (e.retryAt > now) {
        this.#wake(e.retryAt - now);
        return;
      }
      if (!e.first) {
        e.first = now;
        e.user = view.user;
        e.after = { epoch: view.timeline.epoch, last: view.timeline.last };
      }
      e.state = "sending";
      // Written down before it is sent: after a crash it was tried.
      this.#changed(room);
      if (!this.#send({ t: "send", room, cid: e.cid, text: e.text })) {
        e.state = "queued";
        this.#changed(room);
      }
      return;
    }
  }

  // stored takes the gateway's acknowledgement.
  stored(ack) {
    const e = this.#find(ack.cid);
    if (!e || e.state === "stored") return null;
    e.state = "stored";
    e.seq = ack.seq;
    this.#changed(e.room);
    return e;
  }

  // failed takes the gateway's refusal. What may succeed later is tried later,
  // under the same name.
  failed(error) {
    const e = this.#find(error.cid);
    if (!e || e.state === "stored") return null;
    const later = error.retry_ms > 0 || ["busy", "unavailable", "rate", "undecided"].includes(error.code);
    if (later) {
      e.state = "queued";
      e.retryAt = this.#now() + (error.retry_ms || again);
      e.reason = error.reason;
      this.#wake(e.retryAt - this.#now());
    } else {
      e.state = "refused";
      e.reason = error.reason;
    }
    this.#changed(e.room);
    return e;
  }

  // seen takes out what is in the room now. all: everything up to seq is known.
  seen(room, user, messages, last) {
    const gone = this.of(room).filter(
      (e) =>
        (e.seq && e.seq <= last) || messages.some((m) => m.cid === e.cid && m.user === (e.user ?? user)),
    );
    for (const e of gone) this.#drop(e.cid);
    if (gone.length > 0) this.#changed(room);
  }

  // lost is called when the connection ended: what was on its way may or may
  // not have arrived, and is sent again under the same name.
  lost() {
    for (const e of this.entries) {
      if (e.state !== "sending") continue;
      e.state = "queued";
      this.#changed(e.room);
    }
  }

  #find(cid) {
    return this.entries.find((e) => e.cid === cid);
  }

  #drop(cid) {
    const entry = this.#find(cid);
    this.entries = this.entries.filter((e) => e !== entry);
    return entry;
  }

  #changed(room) {
    tab.set("outbox", this.entries.length > 0 ? this.entries : null);
    this.emit("change", room);
  }

  #wake(ms) {
    const at = this.#now() + Math.max(ms, 50);
    if (at >= this.#wakeAt) return;
    clearTimeout(this.#timer);
    this.#wakeAt = at;
    this.#timer = setTimeout(() => {
      this.#wakeAt = Infinity;
      this.emit("due");
    }, Math.max(ms, 50));
  }
}

// uuid is for pages that are not served securely, where the browser has none.
function uuid() {
  const b = crypto.getRandomValues(new Uint8Array(16));
  return [...b].map((n) => n.toString(16).padStart(2, "0")).join("");
}
