import { empty, skeleton } from "../ui/blank.js";
import { el, replace, setText } from "../ui/dom.js";
import { icon } from "../ui/icon.js";
import { dayLabel } from "../ui/time.js";
import { messageNode, pendingNode } from "./message.js";
import { arrange, hasText } from "./rows.js";

// Rows in the page at most, and how many are added at once. The rest of a long
// history stays in memory, so that scrolling back through ten thousand messages
// costs no more than through three hundred.
const most = 300;
const chunk = 60;
// Closer than this to an end of the rows, in pixels, the next ones are added.
const near = 900;
// Closer than this to the end counts as there.
const atEnd = 48;

// Log shows a room's messages: a window [from, to) of its timeline, in rows.
// Whatever is added above or below, the row the person looks at stays in its
// place. At the end, the log follows new messages.
export class Log {
  node;
  #rooms;
  #outbox;
  #room = null;
  #off = [];
  #from = 0;
  #to = 0;
  #rows = []; // { m, nodes } of the window
  #newSeq = 0; // before which "new messages" stands
  #following = true;
  #places = new Map(); // where the person was in other rooms
  #quiet = 0;
  #due = false;

  #top = el("div.log-top");
  #list = el("ol.rows", { role: "list" });
  #live = el("div", { role: "log", "aria-live": "polite", "aria-relevant": "additions" }, this.#list);
  #pending = el("ul.rows.pending-rows", { role: "list", "aria-label": "Not in the room yet" });
  #scroller = el("div.scroller", { tabindex: "0", role: "group" }, this.#top, this.#live, this.#pending);
  #jumpText = el("span");
  #jump = el("button.jump", { type: "button", hidden: true, onclick: () => this.newest() }, icon("down"), this.#jumpText);

  constructor(rooms, outbox) {
    this.#rooms = rooms;
    this.#outbox = outbox;
    this.node = el("div.log", null, this.#scroller, this.#jump);
    this.#scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    const resized = new ResizeObserver(() => this.#following && this.#toEnd());
    resized.observe(this.#scroller);
    resized.observe(this.#pending);
    for (const event of ["focus", "blur"]) addEventListener(event, () => this.#looks());
    document.addEventListener("visibilitychange", () => this.#looks());
    outbox.on("change", (name) => name === this.#room?.name && this.#drawPending());
  }

  // show shows a room, where the person left it, or null.
  show(room) {
    if (room === this.#room) return;
    this.#leave();
    this.#room = room;
    if (!room) return;
    this.#scroller.setAttribute("aria-label", `Messages in ${room.name}`);
    this.#live.setAttribute("aria-label", `New messages in ${room.name}`);
    this.#off = [
      room.on("reset", () => this.#reset()),
      room.on("append", (m) => this.#append(m)),
      room.on("prepend", (n) => this.#prepended(n)),
      room.on("trim", (n) => this.#trimmed(n)),
      room.on("older", () => this.#drawTop()),
      room.on("state", () => {
        this.#drawTop();
        const { clientHeight, scrollTop } = this.#scroller; // what was lost with the last connection is due again
        if (room.state === "joined" && this.#from === 0 && clientHeight > 0 && scrollTop < near) room.loadOlder();
      }),
      room.on("unread", () => this.#drawJump()),
    ];
    room.shown = true;
    room.markLine();
    this.#reset(this.#places.get(room.name));
    this.#attention();
  }

  // newest goes to the end; everything is read then, and the line is removed.
  newest() {
    const room = this.#room;
    if (!room) return;
    room.line = null;
    this.#newSeq = 0;
    this.#list.querySelector(".line.new")?.remove();
    if (this.#to < room.timeline.messages.length) this.#fill(room.timeline.messages.length - chunk, Infinity);
    this.#toEnd();
    this.#attention();
  }

  focus() { this.#scroller.focus(); }

  #leave() {
    for (const off of this.#off) off();
    const room = this.#room;
    if (!room) return;
    room.watched = room.shown = false;
    room.line = null;
    const anchor = this.#following ? null : this.#anchor();
    if (anchor) this.#places.set(room.name, { seq: anchor.m.seq, bottom: this.#bottom(anchor) });
    else this.#places.delete(room.name);
  }

  // looks: the person comes or goes, perhaps on another day.
  #looks() {
    for (const n of this.#list.querySelectorAll(".line.day")) setText(n.firstChild, dayLabel(Number(n.dataset.at), Date.now()));
    this.#attention();
  }

  // attention: is the person looking at the end of the room?
  #attention() {
    const room = this.#room;
    if (!room) return;
    const looks = document.visibilityState === "visible" && document.hasFocus();
    if (!looks && room.watched) this.#moveLine();
    room.watched = looks && this.#following && this.#to === room.timeline.messages.length;
    if (room.watched) room.seen();
    this.#drawJump();
  }

  // moveLine: the person looks away; what comes now is new.
  #moveLine() {
    this.#room.markLine();
    this.#newSeq = 0;
    this.#list.querySelector(".line.new")?.remove();
  }

  #reset(place) {
    const room = this.#room;
    const all = room.timeline.messages;
    this.#newSeq = 0;
    if (!room.known) {
      this.#rows = [];
      this.#from = this.#to = 0;
      replace(this.#list);
    } else {
      if (room.line === null) room.markLine();
      const unread = all.find((m) => this.#isNew(m));
      this.#newSeq = unread?.seq ?? 0;
      const seq = place?.seq ?? unread?.seq;
      const index = seq ? all.findIndex((m) => m.seq >= seq) : -1;
      const start = index < 0 ? all.length - chunk : Math.min(all.length - chunk, index - chunk / 2);
      this.#fill(start, start + most);
    }
    this.#drawTop();
    this.#drawPending();
    this.#settle(place);
  }

  // settle scrolls to where the person was, to what is new, or to the end.
  #settle(place) {
    this.#following = true;
    const row = place && this.#rows.find((r) => r.m.seq === place.seq);
    const line = this.#list.querySelector(".line.new");
    if (row) {
      this.#scroller.scrollTop += this.#bottom(row) - place.bottom;
      this.#following = this.#ends();
    } else {
      this.#toEnd();
      if (line && line.offsetTop < this.#scroller.scrollTop) {
        this.#scroller.scrollTop = line.offsetTop - 24;
        this.#following = this.#ends();
      }
    }
    this.#scrolled(); // a page that does not fill the screen is not enough
  }

  // fill shows the window [from, to) instead of what is shown.
  #fill(from, to) {
    const all = this.#room.timeline.messages;
    this.#from = Math.max(0, from);
    this.#to = Math.min(all.length, to);
    this.#still();
    this.#rows = all.slice(this.#from, this.#to).map((m, i) => this.#row(this.#from + i));
    this.#list.replaceChildren(...this.#rows.flatMap((r) => r.nodes));
  }

  #isNew(m) {
    const line = this.#room.line;
    return line !== null && m.seq > line && hasText(m) && m.user !== this.#room.me;
  }

  // row makes the nodes of the message at index i: lines, then the message.
  #row(i) {
    const { timeline } = this.#room;
    const m = timeline.messages[i];
    const before = i > 0 ? timeline.messages[i - 1] : null;
    const { day, grouped } = arrange(before, m);
    const hole = timeline.holes.has(m.seq);
    const fresh = m.seq === this.#newSeq;
    const nodes = [
      day && line("day", dayLabel(m.at, Date.now()), m.at),
      hole && line("hole", "Some messages before this could not be fetched"),
      fresh && line("new", "New messages"),
      messageNode(m, { grouped: grouped && !fresh && !hole }),
    ];
    return { m, nodes: nodes.filter(Boolean) };
  }

  #append(m) {
    const { timeline } = this.#room;
    const i = timeline.messages.length - 1;
    if (this.#to === i && (this.#following || this.#rows.length < most)) {
      if (this.#newSeq === 0 && this.#isNew(m) && !this.#room.watched) this.#newSeq = m.seq;
      const row = this.#row(i);
      this.#rows.push(row);
      this.#list.append(...row.nodes);
      this.#to++;
    }
    this.#soon();
  }

  // soon does what one addition and a thousand of them need done once.
  #soon() {
    if (this.#due) return;
    this.#due = true;
    // Before the next picture; there is none of a page that is not seen.
    const before = document.visibilityState === "visible" ? requestAnimationFrame : (f) => setTimeout(f, 100);
    before(() => {
      this.#due = false;
      if (!this.#room) return;
      if (this.#following) this.#cut("top");
      this.#drawTop();
      this.#drawPending();
      if (this.#following) this.#toEnd();
      this.#attention();
    });
  }

  #prepended(n) {
    this.#from += n;
    this.#to += n;
    this.#drawTop();
    this.#scrolled();
  }

  #trimmed(n) {
    if (n > this.#from) return this.#reset();
    this.#from -= n;
    this.#to -= n;
  }

  #scrolled() {
    if (!this.#room?.known) return;
    const s = this.#scroller;
    if (s.clientHeight === 0) return; // not shown
    this.#following = this.#ends();
    if (s.scrollTop < near) this.#up();
    else if (s.scrollHeight - s.scrollTop - s.clientHeight < near) this.#down();
    this.#attention();
  }

  #up() {
    if (this.#from === 0) {
      this.#room.loadOlder();
      return;
    }
    const add = Math.min(chunk, this.#from);
    this.#still();
    this.#keepPlace(() => {
      // What was the first row is not the first any more.
      const first = this.#rows.shift();
      first?.nodes.forEach((n) => n.remove());
      const end = this.#from + (first ? 1 : 0);
      this.#from -= add;
      const rows = [];
      for (let i = this.#from; i < end; i++) rows.push(this.#row(i));
      this.#list.prepend(...rows.flatMap((r) => r.nodes));
      this.#rows.unshift(...rows);
      this.#cut("bottom");
      this.#fillTop();
    });
  }

  #down() {
    const all = this.#room.timeline.messages;
    if (this.#to === all.length) return;
    this.#still();
    this.#keepPlace(() => {
      const end = Math.min(all.length, this.#to + chunk);
      const rows = [];
      for (let i = this.#to; i < end; i++) rows.push(this.#row(i));
      this.#to = end;
      this.#list.append(...rows.flatMap((r) => r.nodes));
      this.#rows.push(...rows);
      this.#cut("top");
    });
    this.#drawPending();
  }

  // cut takes out rows beyond the most there may be.
  #cut(end) {
    const over = this.#rows.length - most;
    if (over <= 0) return;
    const removed = end === "top" ? this.#rows.splice(0, over) : this.#rows.splice(-over);
    for (const row of removed) row.nodes.forEach((n) => n.remove());
    if (end === "top") this.#from += over;
    else this.#to -= over;
    if (end === "bottom") this.#drawPending();
  }

  // keepPlace changes rows without moving the one the person looks at.
  #keepPlace(change) {
    const anchor = this.#anchor();
    const before = anchor && this.#bottom(anchor);
    change();
    const again = anchor && this.#rows.find((r) => r.m.seq === anchor.m.seq);
    if (again) this.#scroller.scrollTop += this.#bottom(again) - before;
  }

  // anchor is the first row that ends inside of what is seen.
  #anchor() {
    const top = this.#scroller.getBoundingClientRect().top;
    return this.#rows.find((r) => r.nodes.at(-1).getBoundingClientRect().bottom > top) ?? null;
  }

  #bottom(row) {
    return row.nodes.at(-1).getBoundingClientRect().bottom - this.#scroller.getBoundingClientRect().top;
  }

  // still keeps a screen reader from reading out history as if it were new.
  #still() {
    clearTimeout(this.#quiet);
    this.#live.setAttribute("aria-live", "off");
    this.#quiet = setTimeout(() => this.#live.setAttribute("aria-live", "polite"), 400);
  }

  #ends() {
    const s = this.#scroller;
    return this.#to === this.#room.timeline.messages.length && s.scrollHeight - s.scrollTop - s.clientHeight < atEnd;
  }

  #toEnd() {
    this.#following = true;
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  // drawTop shows what is above the rows, without moving them.
  #drawTop() {
    if (this.#following) this.#fillTop();
    else this.#keepPlace(() => this.#fillTop());
  }

  #fillTop() {
    const room = this.#room;
    this.#live.setAttribute("aria-busy", String(!room.known));
    if (room.state === "failed") {
      replace(this.#top, empty("alert", "This room cannot be entered", `${room.reason}.`, button("Try again", () => room.retry())));
    } else if (!room.known) {
      replace(this.#top, skeleton(7));
    } else if (this.#from > 0 || room.older === "loading") {
      replace(this.#top, skeleton(2));
    } else if (room.older !== "idle") {
      replace(this.#top, el("p.older", null, `Older messages could not be fetched: ${room.older}. `, button("Try again", () => room.loadOlder())));
    } else if (room.timeline.more) {
      replace(this.#top, el("p.older", null, button("Older messages", () => room.loadOlder())));
    } else if (room.timeline.messages.some(hasText)) {
      replace(this.#top, el("p.beginning", null, `This is the beginning of ${room.name}.`));
    } else {
      replace(this.#top, empty("hash", room.name, "There are no messages yet. Write the first one.", null));
    }
  }

  #drawPending() {
    const { timeline, name } = this.#room;
    const tail = this.#to === timeline.messages.length;
    let before = timeline.messages.at(-1) ?? null;
    const nodes = this.#outbox.of(name).map((entry) => {
      const m = { kind: "text", user: entry.user, at: Math.max(entry.at, before?.at ?? 0) };
      const { grouped } = before ? arrange(before, m) : { grouped: false };
      before = m;
      return pendingNode(entry, grouped, { again: (e) => this.#rooms.again(e), drop: (e) => this.#rooms.drop(e) });
    });
    this.#pending.hidden = !tail || nodes.length === 0;
    replace(this.#pending, nodes);
    if (this.#following) this.#toEnd();
  }

  #drawJump() {
    const n = this.#room?.unread ?? 0;
    this.#jump.hidden = this.#following || !this.#room?.known;
    const text = n === 0 ? "Newest" : n === 1 ? "1 new message" : `${n > 99 ? "99+" : n} new messages`;
    setText(this.#jumpText, text);
    this.#jump.classList.toggle("has-new", n > 0);
  }
}

function line(kind, text, at) {
  return el(`li.line.${kind}`, { "data-at": at }, el("span", null, text));
}

function button(text, onclick) {
  return el("button.small", { type: "button", onclick }, text);
}
