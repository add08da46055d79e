import { delay } from "./backoff.js";
import { Emitter } from "./emitter.js";
import { reconnect, signIn } from "./frames.js";
import { Socket } from "./socket.js";

// How long a handshake and the answer to hello may take.
const welcomeWithin = 10_000;
// How long the answer to a probe may take, before the connection counts as lost.
const probeWithin = 8_000;
// A connection that lasted so long was a good one: the back-off is reset.
const settled = 10_000;

// Session is the person's standing with the gateway, over as many connections
// as it takes. Events: "status" whenever it changes; "welcome" once for each
// connection, before any other frame of it; every frame by its type; what an
// extension sends unasked, as "extension " and its name; "probe" when it wants
// a request sent, to learn whether the gateway responds.
//
// status.phase is
//   "idle"        nobody signed in
//   "connecting"  the first connection, or a later one, is being made
//   "online"      welcomed
//   "waiting"     the connection was lost; the next try is at status.until
//   "stopped"     the gateway does not want this again; status.code and
//                 status.reason are the cause; status.signIn is set if it is
//                 the identity
export class Session extends Emitter {
  status = { phase: "idle" };
  // hello of the gateway, of the newest connection.
  welcome = null;
  #url;
  #identity = null;
  #socket = null;
  #attempt = 0;
  #bye = null;
  #timer = 0;
  #since = 0;
  #probing = 0;
  #ref = 0;
  #asked = new Map();

  constructor(url) {
    super();
    this.#url = url;
    addEventListener("online", () => this.retry());
    // A page that was left may stay in the browser for a while, with its
    // connection, and would count as present.
    addEventListener("pagehide", () => this.#socket?.close(1006, ""));
    addEventListener("pageshow", (e) => e.persisted && this.retry());
    addEventListener("offline", () => this.#probe(2_000));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState !== "visible") return;
      this.retry();
      this.#probe(4_000);
    });
    this.#listen();
  }

  get online() {
    return this.status.phase === "online";
  }

  // signIn begins with { name } or { token }.
  signIn(identity) {
    this.signOut();
    this.#identity = identity;
    this.#attempt = 0;
    this.#connect();
  }

  signOut() {
    this.#identity = null;
    this.#socket?.close(1000, "");
    clearTimeout(this.#timer);
    this.#set({ phase: "idle" });
  }

  // retry connects now instead of at the end of the countdown.
  retry() {
    if (this.status.phase === "waiting") this.#connect();
  }

  // again connects although the gateway did not want it.
  again() {
    if (this.#identity && this.status.phase === "stopped") this.#connect();
  }

  send(frame) {
    return this.online && this.#socket.send(frame);
  }

  // ask sends a frame that is answered by its ref. It fails with the gateway's
  // error frame, or with { lost: true } if the connection ends before.
  ask(frame) {
    const ref = ++this.#ref;
    return new Promise((resolve, reject) => {
      if (!this.send({ ...frame, ref })) {
        reject({ lost: true, reason: "There is no connection." });
        return;
      }
      this.#asked.set(ref, { resolve, reject });
    });
  }

  // has reports whether the gateway has an extension. Gateways of another release
  // may end the connection of who uses one that they do not have.
  has(extension) {
    return (this.welcome?.extensions ?? []).includes(extension);
  }

  // notify sends something to an extension, which does not answer.
  notify(extension, body) {
    return this.has(extension) && this.send({ t: "extension", name: extension, body });
  }

  // request sends something to an extension and returns the answer, or fails as ask
  // does.
  async request(extension, body) {
    if (this.online && !this.has(extension)) throw { reason: "This gateway does not offer it." };
    return (await this.ask({ t: "extension", name: extension, body })).body;
  }

  #set(status) {
    this.status = status;
    this.emit("status", status);
  }

  #connect() {
    clearTimeout(this.#timer);
    this.#bye = null;
    const socket = new Socket(this.#url);
    this.#socket = socket;
    this.#set({ phase: "connecting", attempt: this.#attempt });
    this.#timer = setTimeout(() => socket.close(1006, ""), welcomeWithin);
    socket.on("open", () => socket.send({ t: "hello", ...this.#identity }));
    socket.on("frame", (frame) => this.#read(frame));
    socket.on("close", (code, reason) => this.#lost(code, reason));
  }

  #read(frame) {
    clearTimeout(this.#probing);
    this.#probing = 0;
    if (frame.t === "welcome") {
      clearTimeout(this.#timer);
      this.#since = performance.now();
      this.welcome = frame;
      this.#set({ phase: "online" });
    }
    if (frame.t === "bye") this.#bye = frame;
    const asked = this.#asked.get(frame.ref);
    if (asked) {
      this.#asked.delete(frame.ref);
      if (frame.t === "error") asked.reject(frame);
      else asked.resolve(frame);
    }
    this.emit(frame.t, frame, Boolean(asked));
    if (frame.t === "extension" && !asked) this.emit(`extension ${frame.name}`, frame.body);
  }

  #lost(code, reason) {
    clearTimeout(this.#timer);
    clearTimeout(this.#probing);
    this.#probing = 0;
    const bye = this.#bye;
    this.#socket = null;
    if (!this.#identity) {
      this.#lose("You signed out.");
      return;
    }
    if (this.online && performance.now() - this.#since > settled) this.#attempt = 0;
    const why = bye?.code ?? code;
    if (reconnect(why)) {
      const wait = delay(this.#attempt++, bye?.retry_ms, Math.random());
      this.#timer = setTimeout(() => this.#connect(), wait);
      this.#set({ phase: "waiting", until: Date.now() + wait, code: why, reason: bye?.reason || reason });
    } else {
      this.#set({ phase: "stopped", code: why, reason: bye?.reason || reason, signIn: signIn(why) });
    }
    this.#lose("The connection was lost.");
  }

  // lose fails every request that waits for an answer.
  #lose(reason) {
    const asked = [...this.#asked.values()];
    this.#asked.clear();
    for (const { reject } of asked) reject({ lost: true, reason });
  }

  // listen notices a gateway that disappeared without closing the connection. A
  // page does not see pings, so it sends a probe after a long silence.
  #listen() {
    const ping = this.welcome?.limits.ping_ms || 30_000;
    const silent = this.online ? performance.now() - this.#socket.heard : 0;
    if (silent > 2 * ping) this.#probe(Math.min(probeWithin, ping));
    setTimeout(() => this.#listen(), Math.min(5_000, ping / 2));
  }

  #probe(within) {
    if (!this.online || this.#probing) return;
    const socket = this.#socket;
    this.#probing = setTimeout(() => socket.close(1006, "The gateway did not answer."), within);
    this.emit("probe");
  }
}
