import { Timeline } from "/static/chat/timeline.js";
import { equal } from "./expect.js";

const m = (seq, prev, extra = {}) => ({ seq, prev, user: "ada", kind: "text", cid: "c" + seq, at: seq, ...extra });
const seqs = (t) => t.messages.map((x) => x.seq);

function begun() {
  const t = new Timeline();
  t.reset("e", 20, [m(12, 9), m(20, 12)], true);
  return t;
}

export function appends() {
  const t = begun();
  equal(t.append(m(25, 20)), "added");
  equal(t.append(m(25, 20)), "known");
  equal(t.append(m(20, 12)), "known");
  equal(t.append(m(40, 31)), "gap");
  equal([t.last, seqs(t)], [25, [12, 20, 25]]);
  equal(t.append(m(31, 25)), "added");
  equal(t.append(m(40, 31)), "added");
  equal(t.append(m(50, 0)), "added", "after a purge prev is 0");
  equal(t.append(m(60, 12)), "gap", "prev below the last is a gap as well");
}

export function emptyRoom() {
  const t = new Timeline();
  t.reset("e", 0, [], false);
  equal(t.first, 0);
  equal(t.append(m(7, 3)), "gap");
  equal(t.append(m(3, 0)), "added");
  equal(t.covers("e", 0), true);
}

export function prepends() {
  const t = begun();
  equal(t.first, 12);
  equal(t.prepend([m(4, 2)], true), -1, "4 is not the one before 12, which is 9");
  equal(seqs(t), [12, 20]);
  equal(t.prepend([m(4, 2), m(9, 4)], true), 2);
  equal(t.prepend([m(4, 2), m(9, 4)], true), -1, "the same page twice");
  equal(t.prepend([m(2, 0)], false), 1);
  equal([seqs(t), t.more, t.floor], [[2, 4, 9, 12, 20], false, 0]);
}

export function holes() {
  const t = begun();
  equal(t.prepend([m(4, 2)], true, true), 1);
  equal([...t.holes], [12]);
  equal(t.covers("e", 15), false, "with a hole nothing is known to be missing");
}

// Older ones that were evicted: the room has none, although prev names one.
export function evicted() {
  const t = begun();
  equal(t.prepend([], false), 0);
  equal([t.more, t.holes.size], [false, 0]);
}

export function covers() {
  const t = begun();
  equal([t.covers("e", 8), t.covers("e", 9), t.covers("e", 20), t.covers("f", 20)], [false, true, true, false]);
  equal([t.has("ada", "c12"), t.has("bo", "c12"), t.has("ada", "c99")], [true, false, false]);
}

export function resumes() {
  const t = new Timeline();
  t.resume("e", 30, 44, [m(41, 30), m(44, 41)]);
  equal([t.covers("e", 30), t.covers("e", 29), t.more, t.first], [true, false, true, 41]);
  const empty = new Timeline();
  empty.resume("e", 30, 30, []);
  equal([empty.first, empty.append(m(31, 30))], [31, "added"]);
}

export function trims() {
  const t = new Timeline();
  t.reset("e", 0, [], false);
  for (let i = 1; i <= 100; i++) t.append(m(i, i - 1));
  equal(t.trim(100), 0);
  equal(t.append(m(101, 100)), "added");
  equal(t.trim(100), 21);
  equal([t.messages.length, t.first, t.more, t.floor, t.has("ada", "c1")], [80, 22, true, 21, false]);
  equal(t.prepend([m(20, 19), m(21, 20)], true), 2);
}

export function counts() {
  const t = begun();
  equal([t.since(0, () => true), t.since(12, () => true), t.since(12, (x) => x.user !== "ada")], [2, 1, 0]);
}
