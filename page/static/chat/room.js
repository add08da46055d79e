import { Emitter } from "../net/emitter.js";
import { lasting } from "../ui/keep.js";
import { hasText } from "./rows.js";
import { Timeline } from "./timeline.js";

// Messages kept of one room; older ones come back from history when wanted. The
// place of who reads further up is not taken away before three times as many.
const most = 20_000;
// A page of history that does not reach what is here is asked for so often: the
// gateway may read from a replica that lags.
const pageTries = 3;
// How long somebody counts as writing after the last sign of it.
const typingFor = 5_000;
// Where more people are present, the gateway sends their number and no names.
const namedUpTo = 200;
// Shortest time between two rejoins because of a gap.
const rejoinEvery = 1_000;

// Room is one room as this page knows it. Events: "state", "reset" (redraw
// it), "append" (message), "prepend" (how many), "trim" (how many),
// "people", "typing", "unread", "older".
//
// state is "new" (not joined on this connection), "joining", "joined", or
// "failed" with a reason. While it is joining, live messages are left alone:
// the answer has them.
export class Room extends Emitter {
  timeline = new Timeline();
  state = "new";
  reason = "";
  write = true;
  people = new Set();
  present = 0;
  typing = new Map();
  // read is the number up to which the person has read, line the number after
  // which "new messages" stands (null: nowhere).
  read = 0;
  line = null;
  // older: "idle", "loading" or why history could not be had.
  older = "idle";
  // watched: the person is looking at its end.
  watched = false;
  // shown: the room is the one in the page.
  shown = false;
  #session;
  #outbox;
  #rejoined = 0;
  #generation = 0;
  #keeping = 0;

  constructor(name, session, outbox) {
    super();
    this.name = name;
    addEventListener("pagehide", () => this.#keepRead());
    this.#session = session;
    this.#outbox = outbox;
  }

  get me() {
    return this.#session.welcome?.user ?? "";
  }

  get known() {
    return this.timeline.epoch !== "";
  }

  // join enters the room, or what was missed of it.
  async join() {
    if (this.state === "joining" || !this.#session.online) return;
    this.#set("joining");
    const from = this.#from();
    try {
      const joined = await this.#session.ask({ t: "join", room: this.name, ...from });
      this.#joined(joined, from.since ?? 0);
    } catch (e) {
      if (e.lost) this.#set("new");
      else this.#refused(e);
    }
  }

  // from says what to resume from: the end of what is here, or after a reload
  // what was known when the oldest unseen message was first sent.
  #from() {
    if (this.known) return { epoch: this.timeline.epoch, since: this.timeline.last };
    const epoch = this.#outbox.epoch(this.name);
    const since = epoch && this.#outbox.since(this.name, epoch);
    return since > 0 ? { epoch, since } : {};
  }

  #joined(f, since) {
    this.state = "joined";
    this.write = f.write;
    this.people = new Set(f.people ?? []);
    this.present = f.present;
    const resumed = f.recovered && f.epoch === this.timeline.epoch;
    if (resumed) {
      for (const m of f.messages) {
        if (this.#add(m) === "gap") {
          // What the gateway calls complete is not: start over.
          this.#forget();
          this.#set("new");
          this.rejoin();
          return;
        }
      }
      this.timeline.last = Math.max(this.timeline.last, f.last);
    } else {
      this.#generation++;
      if (f.recovered && since > 0) this.timeline.resume(f.epoch, since, f.last, f.messages);
      else this.timeline.reset(f.epoch, f.last, f.messages, Boolean(f.more));
      this.older = "idle";
      this.#restoreRead();
      this.emit("reset");
    }
    this.#set("joined");
    this.emit("people");
    this.#settle(f.messages);
    this.pump();
  }

  #refused(e) {
    if (e.retry_ms > 0 || e.code === "busy" || e.code === "unavailable") {
      setTimeout(() => this.join(), e.retry_ms || 2_000);
      this.#set("new", e.reason);
    } else {
      this.#set("failed", e.reason);
    }
  }

  // rejoin closes a gap: not more often than the gateway deserves.
  rejoin() {
    if (this.state !== "joined" && this.state !== "new") return;
    const wait = this.#rejoined + rejoinEvery - performance.now();
    this.#rejoined = performance.now() + Math.max(wait, 0);
    this.#set("new");
    if (wait > 0) setTimeout(() => this.join(), wait);
    else this.join();
  }

  // message takes a live message.
  message(m) {
    if (this.state !== "joined") return;
    if (this.#add(m) === "gap") this.rejoin();
    else this.#settle([m]);
  }

  #add(m) {
    const took = this.timeline.append(m);
    if (took === "added") {
      this.#typed(m.user, false);
      if (m.user === this.me && hasText(m) && this.read >= m.prev) this.seen();
      const gone = this.timeline.trim(this.shown && !this.watched ? 3 * most : most);
      if (gone > 0) this.emit("trim", gone);
      this.emit("append", m);
      this.emit("unread");
    }
    return took;
  }

  // settle passes to the outbox what is in the room now.
  #settle(messages) {
    this.#outbox.seen(this.name, this.me, messages, this.timeline.last);
  }

  #forget() {
    this.#generation++;
    this.timeline = new Timeline();
  }

  // pump sends what waits for this room.
  pump() {
    if (this.state !== "joined") return;
    const retry = this.#session.welcome.limits.retry_ms;
    this.#outbox.pump(this.name, { user: this.me, timeline: this.timeline, retry });
  }

  // stored is called when the gateway acknowledged a message as number seq: the
  // room must reach it soon.
  stored(seq) {
    if (this.timeline.last >= seq) this.#settle([]);
    else setTimeout(() => this.timeline.last < seq && this.rejoin(), 3_000);
  }

  // loadOlder fetches the page before what is here.
  async loadOlder() {
    if (this.older === "loading" || !this.timeline.more || this.state !== "joined") return;
    this.#setOlder("loading");
    const generation = this.#generation;
    try {
      for (let tries = 1; ; tries++) {
        const limit = Math.min(this.#session.welcome.limits.page || 50, 100);
        const page = await this.#session.ask({ t: "history", room: this.name, before: this.timeline.first, limit });
        if (generation !== this.#generation) break;
        const added = this.timeline.prepend(page.messages, Boolean(page.more), tries === pageTries);
        if (added >= 0) {
          this.#settle(page.messages);
          this.older = "idle";
          this.emit("prepend", added);
          this.emit("unread");
          break;
        }
        await new Promise((done) => setTimeout(done, 300 * tries));
      }
      this.#setOlder("idle");
    } catch (e) {
      this.#setOlder(e.lost ? "idle" : e.reason);
    }
  }

  #setOlder(older) {
    this.older = older;
    this.emit("older");
  }

  presence(f) {
    for (const user of f.left ?? []) {
      this.people.delete(user);
      this.#typed(user, false);
    }
    for (const user of f.came ?? []) this.people.add(user);
    this.present = f.present;
    this.emit("people");
    // While a crowd was here nobody was named: ask who is left.
    if (f.present <= namedUpTo && this.people.size !== f.present) this.rejoin();
  }

  typed(user) {
    if (user !== this.me) this.#typed(user, true);
  }

  #typed(user, on) {
    if (!on && !this.typing.has(user)) return;
    clearTimeout(this.typing.get(user));
    if (on) this.typing.set(user, setTimeout(() => this.#typed(user, false), typingFor));
    else this.typing.delete(user);
    this.emit("typing");
  }

  // seen: the person has read everything.
  seen() {
    if (this.read === this.timeline.last || !this.known) return;
    this.read = this.timeline.last;
    this.#keepSoon();
    this.emit("unread");
  }

  // keepSoon spares the storage in a lively room.
  #keepSoon() {
    this.#keeping ||= setTimeout(() => this.#keepRead(), 300);
  }

  #keepRead() {
    if (!this.#keeping) return;
    clearTimeout(this.#keeping);
    this.#keeping = 0;
    const kept = lasting.get("read") ?? {};
    kept[this.name] = { epoch: this.timeline.epoch, seq: this.read };
    lasting.set("read", kept);
  }

  // restoreRead: in a room seen for the first time nothing counts as new.
  #restoreRead() {
    const kept = lasting.get("read")?.[this.name];
    if (kept?.epoch === this.timeline.epoch) this.read = Math.min(kept.seq, this.timeline.last);
    else {
      this.read = this.timeline.last;
      this.#keepSoon();
    }
  }

  get unread() {
    if (!this.known) return 0;
    return this.timeline.since(this.read, (m) => hasText(m) && m.user !== this.me);
  }

  // markLine puts "new messages" where the person stopped reading.
  markLine() {
    this.line = this.known ? this.read : null;
  }

  // disconnected: nothing is known of who is here any more.
  disconnected() {
    if (this.state !== "failed") this.#set("new");
    for (const timer of this.typing.values()) clearTimeout(timer);
    this.typing.clear();
    this.emit("typing");
  }

  // retry tries again to join after a refusal.
  retry() {
    this.#set("new");
    this.join();
  }

  #set(state, reason = "") {
    this.state = state;
    this.reason = reason;
    this.emit("state");
  }
}
