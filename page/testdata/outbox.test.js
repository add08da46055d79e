import { Outbox } from "/static/chat/outbox.js";
import { Timeline } from "/static/chat/timeline.js";
import { equal } from "./expect.js";

const minute = 60_000;

// fixture has an outbox whose clock and gateway are ours.
function fixture(at = { now: 1_000 }) {
  const sent = [];
  const line = { up: true };
  const box = new Outbox((f) => line.up && (sent.push(f), true), () => at.now);
  const timeline = new Timeline();
  timeline.reset("e", 10, [{ seq: 10, prev: 0, user: "bo", cid: "" }], false);
  const view = { user: "ada", timeline, retry: 10 * minute };
  return { at, sent, line, box, timeline, view, states: () => box.of("r").map((e) => `${e.text} ${e.state}`) };
}

function fresh(run) {
  return () => {
    sessionStorage.clear();
    run(fixture());
  };
}

// One at a time, in the order they were written.
export const inOrder = fresh(({ box, view, sent, states }) => {
  box.add("r", "ada", "one");
  box.add("r", "ada", "two");
  box.pump("r", view);
  box.pump("r", view);
  equal(sent.map((f) => f.text), ["one"]);
  equal(states(), ["one sending", "two queued"]);
  box.stored({ cid: sent[0].cid, seq: 11 });
  box.pump("r", view);
  equal(sent.map((f) => f.text), ["one", "two"]);
  equal(states(), ["one stored", "two sending"]);
  box.seen("r", "ada", [], 11);
  equal(states(), ["two sending"]);
  box.seen("r", "ada", [{ user: "ada", cid: sent[1].cid }], 11);
  equal(states(), []);
});

// Another person's cid is another one.
export const notMine = fresh(({ box, view, sent, states }) => {
  box.add("r", "ada", "one");
  box.pump("r", view);
  box.seen("r", "ada", [{ user: "bo", cid: sent[0].cid }], 10);
  equal(states(), ["one sending"]);
});

export const sameNameAfterReconnect = fresh(({ box, view, sent, at }) => {
  box.add("r", "ada", "one");
  box.pump("r", view);
  box.lost();
  at.now += minute;
  box.pump("r", view);
  equal([sent.length, sent[0].cid === sent[1].cid], [2, true]);
});

// What one person wrote is never said by another.
export const anotherPerson = fresh(({ box, view, sent, states }) => {
  box.add("r", "ada", "hers");
  box.pump("r", { ...view, user: "bo" });
  equal([states(), sent.length], [["hers lost"], 0]);
  box.again(box.entries[0].cid, "bo");
  box.pump("r", { ...view, user: "bo" });
  equal([states(), sent.length], [["hers sending"], 1]);
});

export const offline = fresh(({ box, view, line, states, sent }) => {
  line.up = false;
  box.add("r", "ada", "one");
  box.pump("r", view);
  equal(states(), ["one queued"]);
  line.up = true;
  box.pump("r", view);
  equal(sent.length, 1);
});

// Over a reload: what was on its way is sent again under the same name.
export const reload = fresh((f) => {
  f.box.add("r", "ada", "one");
  f.box.add("r", "ada", "two");
  f.box.pump("r", f.view);
  const after = fixture(f.at);
  equal(after.states(), ["one queued", "two queued"]);
  equal([after.box.epoch("r"), after.box.since("r", "e")], ["e", 10]);
  after.box.pump("r", after.view);
  equal(after.sent[0].cid, f.sent[0].cid);
});

// Beyond the retry window: not there = lost, cannot be known = doubt, and never
// sent again by itself.
export const lost = fresh(({ box, view, at, sent, states, timeline }) => {
  box.add("r", "ada", "one");
  box.pump("r", view);
  box.lost();
  at.now += 10 * minute;
  timeline.append({ seq: 12, prev: 10, user: "bo", cid: "x" });
  box.pump("r", view);
  equal([sent.length, states()], [1, ["one lost"]]);
  box.again(sent[0].cid, "ada");
  box.pump("r", view);
  equal([sent.length, sent[0].cid === sent[1].cid, states()], [2, false, ["one sending"]]);
});

export const doubt = fresh(({ box, view, at, sent, states, timeline }) => {
  box.add("r", "ada", "one");
  box.pump("r", view);
  box.lost();
  at.now += 10 * minute;
  timeline.reset("e", 90, [{ seq: 90, prev: 80, user: "bo", cid: "x" }], true);
  box.pump("r", view);
  equal([sent.length, states()], [1, ["one doubt"]]);
  box.drop(sent[0].cid);
  equal(states(), []);
});

// Under another name the gateway would not know the message again.
export const renamed = fresh(({ box, view, sent, states }) => {
  box.add("r", "ada", "one");
  box.pump("r", view);
  box.lost();
  box.pump("r", { ...view, user: "bo" });
  equal([sent.length, states()], [1, ["one lost"]]);
});

export const refusals = fresh(({ box, view, sent, states, at }) => {
  box.add("r", "ada", "one");
  box.add("r", "ada", "two");
  box.pump("r", view);
  box.failed({ cid: sent[0].cid, code: "rate", reason: "too fast", retry_ms: 3_000 });
  box.pump("r", view);
  equal([sent.length, states()], [1, ["one queued", "two queued"]], "two does not overtake one");
  at.now += 3_000;
  box.pump("r", view);
  equal(sent[1].cid, sent[0].cid);
  box.failed({ cid: sent[0].cid, code: "forbidden", reason: "you may only read here" });
  box.pump("r", view);
  equal(states(), ["one refused", "two sending"]);
  box.stored({ cid: sent[2].cid, seq: 12 });
  box.failed({ cid: sent[2].cid, code: "rate", reason: "late", retry_ms: 1 });
  equal(states(), ["one refused", "two stored"], "what is stored stays stored");
});
