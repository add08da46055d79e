import { Emitter } from "../net/emitter.js";
import { lasting } from "../ui/keep.js";
import { Room } from "./room.js";

// Rooms are those the person is in. Events: "list" when one was added or left,
// "room" (room) when something of one changed that lists show.
export class Rooms extends Emitter {
  all = new Map();
  #session;
  #outbox;

  constructor(session, outbox) {
    super();
    this.#session = session;
    this.#outbox = outbox;
    for (const name of lasting.get("rooms") ?? []) this.#add(name);
    session.on("welcome", (w) => this.#welcome(w));
    session.on("status", (s) => s.phase !== "online" && this.#disconnected());
    session.on("message", (m) => this.all.get(m.room)?.message(m));
    session.on("presence", (p) => this.all.get(p.room)?.presence(p));
    session.on("typing", (p) => this.all.get(p.room)?.typed(p.user));
    session.on("ack", (a) => this.#ack(a));
    session.on("error", (e, asked) => asked || this.#error(e));
    session.on("probe", () => this.#probe());
    outbox.on("due", () => this.#pump());
  }

  get me() {
    return this.#session.welcome?.user ?? "";
  }

  get(name) {
    return this.all.get(name);
  }

  // open is the room of that name, entered if the person is not in it.
  open(name) {
    let room = this.all.get(name);
    if (!room) {
      room = this.#add(name);
      this.#keep();
      this.emit("list");
    }
    if (room.state === "new") {
      this.#makeWay(room);
      room.join();
    }
    return room;
  }

  // makeWay leaves the last of the list where the gateway allows no more rooms;
  // it is joined again when it is opened.
  #makeWay(room) {
    const most = this.#session.welcome?.limits.rooms || Infinity;
    const joined = [...this.all.values()].filter((r) => r !== room && (r.state === "joined" || r.state === "joining"));
    if (joined.length < most) return;
    const last = joined.at(-1);
    this.#session.send({ t: "leave", room: last.name });
    last.disconnected();
  }

  leave(name) {
    if (!this.all.delete(name)) return;
    this.#session.send({ t: "leave", room: name });
    this.#keep();
    this.emit("list");
  }

  // sendText sends a text to a room, now or when that is possible again.
  sendText(room, text) {
    this.#outbox.add(room.name, this.#session.welcome?.user, text);
    room.pump();
  }

  // again and drop are what the person does with a message that is stuck.
  again(entry) {
    this.#outbox.again(entry.cid, this.me);
    this.all.get(entry.room)?.pump();
  }

  drop(entry) {
    this.#outbox.drop(entry.cid);
  }

  #add(name) {
    const room = new Room(name, this.#session, this.#outbox);
    for (const event of ["state", "unread", "people", "reset"]) room.on(event, () => this.emit("room", room));
    this.all.set(name, room);
    return room;
  }

  #keep() {
    const suggested = this.#session.welcome?.rooms ?? [];
    lasting.set("rooms", [...this.all.keys()].filter((name) => !suggested.includes(name)));
  }

  #welcome(w) {
    const wanted = [...new Set([...w.rooms, ...this.all.keys()])];
    const rooms = wanted.slice(0, w.limits.rooms || wanted.length);
    let added = false;
    for (const name of rooms) {
      if (!this.all.has(name)) {
        this.#add(name);
        added = true;
      }
      this.all.get(name).join();
    }
    if (added) this.#order(wanted);
  }

  // order puts suggested rooms first.
  #order(wanted) {
    this.all = new Map(wanted.filter((n) => this.all.has(n)).map((n) => [n, this.all.get(n)]));
    this.emit("list");
  }

  #disconnected() {
    this.#outbox.lost();
    for (const room of this.all.values()) room.disconnected();
  }

  #ack(a) {
    this.#outbox.stored(a);
    const room = this.all.get(a.room);
    room?.stored(a.seq);
    room?.pump();
  }

  #error(e) {
    if (e.cid) {
      this.#outbox.failed(e);
      this.all.get(e.room)?.pump();
    }
  }

  #pump() {
    for (const room of this.all.values()) room.pump();
  }

  // probe asks something cheap whose answer is useful: is this room's end where
  // I think it is?
  #probe() {
    const joined = [...this.all.values()].find((r) => r.state === "joined");
    if (joined) joined.rejoin();
    else this.#session.ask({ t: "history", room: "" }).catch(() => {}); // that it is refused will do
  }
}
