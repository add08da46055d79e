import { el, replace, sv } from "../ui/dom.js";
import { span } from "../ui/time.js";
import { doubts, settled } from "./transactions.js";

const lanes = ["client", "coordinator", "log", "inventory", "delivery"];
const names = { client: "Client", coordinator: "Coordinator", log: "Commit log", inventory: "Inventory", delivery: "Delivery" };
const short = { client: "Client", coordinator: "Coord.", log: "Log", inventory: "Invent.", delivery: "Deliv." };

// Heights in pixels: of the heads of the lanes, of a message, and of a pause
// that is long enough to be a row of its own.
const head = 48;
const row = 34;
const wait = 44;
const longPause = 150_000; // microseconds

// route is where a kind of message goes from and to; "*" is the participant.
const routes = {
  submit: ["client", "coordinator"],
  prepare: ["coordinator", "*"],
  vote: ["*", "coordinator"],
  append: ["coordinator", "log"],
  seal: ["coordinator", "log"],
  commit: ["coordinator", "*"],
  abort: ["coordinator", "*"],
  ack: ["*", "coordinator"],
  outcome: ["coordinator", "client"],
};

// Lanes draws one transaction as it happens: time goes down, a lane for each
// who takes part, an arrow for each message. A participant in doubt has a bar.
export class Lanes {
  node = el("div.lanes");
  #tx = null;
  #drawn = 0; // arrows drawn before: only later ones come in with a movement
  #width = 0;
  #frame = 0;

  constructor() {
    new ResizeObserver(([entry]) => {
      if (Math.abs(entry.contentRect.width - this.#width) < 1) return;
      this.#width = entry.contentRect.width;
      this.#draw();
    }).observe(this.node);
  }

  // show draws a transaction, or null. It is called again when it changed.
  show(tx) {
    if (tx !== this.#tx) this.#drawn = tx && settled(tx) ? Infinity : 0;
    this.#tx = tx;
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    const tx = this.#tx;
    if (!tx || this.#width === 0) {
      if (!tx) replace(this.node);
      return;
    }
    const narrow = this.#width < 560;
    const gutter = narrow ? 58 : 84;
    const step = (this.#width - gutter) / lanes.length;
    const x = (lane) => Math.round(gutter + step * (lanes.indexOf(lane) + 0.5)) + 0.5;
    const marks = layout(tx);
    const height = head + (marks.at(-1)?.y ?? 0) + row;
    const open = doubts(tx).some((d) => d.to === null);
    const foot = height + (open ? row : 8);

    const arrows = marks.filter((m) => m.event);
    const svg = sv(
      "svg", { width: this.#width, height: foot, viewBox: `0 0 ${this.#width} ${foot}`, role: "img", "aria-label": summary(tx) },
      lanes.map((lane) => sv("line.lane", { x1: x(lane), x2: x(lane), y1: head - 8, y2: foot })),
      lanes.map((lane) => this.#head(lane, x(lane), narrow)),
      doubts(tx).map((d) => bar(d, x, marks, foot, tx)),
      marks.filter((m) => m.pause).map((m) => pause(m, gutter, this.#width)),
      arrows.map((m, i) => arrow(m, x, tx, i >= this.#drawn, narrow)),
    );
    this.#drawn = Math.max(this.#drawn === Infinity ? 0 : this.#drawn, arrows.length);
    replace(this.node, svg);
  }

  #head(lane, x, narrow) {
    return sv("g.lane-head", null,
      sv("circle", { cx: x, cy: head - 10, r: 3.5 }),
      sv("text", { x, y: 20, "text-anchor": "middle" }, narrow ? short[lane] : names[lane]));
  }
}

// layout gives each event its height, and long pauses rows of their own.
function layout(tx) {
  const marks = [];
  let y = row / 2;
  let before = null;
  for (const event of tx.events) {
    if (before && event.at - before.at > longPause) {
      marks.push({ pause: event.at - before.at, y: y + wait / 2 - row / 2 });
      y += wait;
    }
    marks.push({ event, y });
    y += row;
    before = event;
  }
  return marks;
}

function arrow(mark, x, tx, fresh, narrow) {
  const e = mark.event;
  const [from, to] = (routes[e.kind] ?? ["coordinator", "coordinator"]).map((l) => (l === "*" ? e.participant : l));
  if (!lanes.includes(from) || !lanes.includes(to)) return null; // another participant than ours
  const y = head + mark.y;
  const way = Math.sign(x(to) - x(from));
  const x1 = x(from) + way * 5;
  const x2 = x(to) - way * 6;
  // Beside the lane at the right, where no lane crosses the label.
  const labelX = Math.max(x(from), x(to)) - (x("coordinator") - x("client")) / 2;
  return sv(
    `g.arrow.${kindClass(e)}` + (fresh ? ".fresh" : ""), null,
    sv("title", null, title(e, tx)),
    sv("text.at", { x: 0, y: y + 4 }, time(e, tx, narrow)),
    sv("line", { x1, x2, y1: y, y2: y, pathLength: 1 }),
    sv("path", { d: `M${x2 + way * 2} ${y}l${-way * 8} -4.500v9z` }),
    sv("text.label", { x: labelX, y: y - 6, "text-anchor": "middle" }, label(e)),
  );
}

function kindClass(e) {
  if (e.kind === "vote") return e.yes ? "vote-yes" : "vote-no";
  if (e.kind === "outcome") return e.status === "committed" ? "commit" : e.status === "aborted" ? "abort" : "outcome";
  return e.kind;
}

function label(e) {
  const word = e.kind === "vote" ? (e.yes ? "vote yes" : "vote no") : e.kind === "outcome" ? e.status || "outcome" : e.kind;
  return e.times > 1 ? `${word} ×${e.times}` : word;
}

function time(e, tx, narrow) {
  const us = e.at - tx.events[0].at;
  return us === 0 ? "0" : (narrow ? "" : "+") + span(us);
}

function title(e, tx) {
  const again = e.times > 1 ? `, ${e.times} times until +${span(e.last - tx.events[0].at)}` : "";
  return `${label(e)} ${e.participant} at +${span(e.at - tx.events[0].at)}${again}${e.reason ? ": " + e.reason : ""}`;
}

function pause(mark, from, width) {
  const y = head + mark.y;
  return sv("g.pause", null,
    sv("line", { x1: from, x2: width, y1: y, y2: y }),
    sv("text", { x: 0, y: y + 4 }, span(mark.pause)));
}

// bar is a participant's time in doubt: from its vote to the outcome.
function bar(d, x, marks, foot, tx) {
  if (!lanes.includes(d.participant)) return null;
  const at = (us) => head + (marks.find((m) => m.event?.participant === d.participant && m.event.at === us)?.y ?? 0);
  const top = at(d.from);
  const end = d.to === null ? foot : at(d.to);
  const kind = d.to === null ? "open" : tx.status;
  return sv(`g.doubt.${kind}`, null,
    sv("title", null, d.to === null ? `${d.participant} is in doubt` : `${d.participant} was in doubt for ${span(d.to - d.from)}`),
    sv("rect", { x: x(d.participant) - 5, y: top, width: 10, height: Math.max(4, end - top), rx: 5 }));
}

// summary is the picture in one sentence.
export function summary(tx) {
  const parts = tx.events.map((e) => label(e) + (e.participant ? " " + e.participant : ""));
  return `Transaction ${tx.id}, ${tx.status}: ${parts.join(", ")}`;
}

// table lists the messages for who does not see the picture.
export function table(tx) {
  const start = tx.events[0]?.at ?? 0;
  return el("table", null,
    el("thead", null, el("tr", null, ["After", "Message", "Participant", "Reason"].map((h) => el("th", { scope: "col" }, h)))),
    el("tbody", null, tx.events.map((e) =>
      el("tr", null, el("td", null, span(e.at - start)), el("td", null, label(e)), el("td", null, e.participant || "–"), el("td", null, e.reason)))));
}
