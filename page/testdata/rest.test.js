import { arrange } from "/static/chat/rows.js";
import { readID, short, takeApart } from "/static/ids/bits.js";
import { delay } from "/static/net/backoff.js";
import { doubts, settled, took, Transactions } from "/static/orders/transactions.js";
import { parse } from "/static/ui/router.js";
import { span } from "/static/ui/time.js";
import { nameProblem } from "/static/ui/welcome.js";
import { roomProblem } from "/static/ui/goto.js";
import { equal } from "./expect.js";

export function backoff() {
  equal([0, 1, 2, 20].map((n) => delay(n, undefined, 0)), [250, 500, 1000, 15000]);
  equal([0, 1, 2, 20].map((n) => delay(n, undefined, 1)), [500, 1000, 2000, 30000]);
  equal(delay(0, 7000, 0.5), 7000, "a hint is never undercut");
  equal(delay(9, 100, 1), 30000);
}

export function rows() {
  const at = new Date(2026, 4, 1, 12).getTime();
  const m = (user, after, kind = "text") => ({ user, kind, at: at + after });
  equal(arrange(null, m("a", 0)), { day: true, grouped: false });
  equal(arrange(m("a", 0), m("a", 1000)), { day: false, grouped: true });
  equal(arrange(m("a", 0), m("b", 1000)), { day: false, grouped: false });
  equal(arrange(m("a", 0), m("a", 6 * 60_000)), { day: false, grouped: false });
  equal(arrange(m("a", 0, "join"), m("a", 1000)), { day: false, grouped: false });
  equal(arrange(m("a", 0), m("a", 13 * 3_600_000)), { day: true, grouped: false });
}

const e = (at_us, kind, participant, more = {}) => ({ at_us, kind, tx: "t.1", participant, ...more });

export function transactions() {
  const all = new Transactions();
  all.add([
    e(100, "submit", undefined, { key: "k" }), e(300, "prepare", "inventory"), e(310, "prepare", "delivery"),
    e(900, "vote", "delivery", { yes: true }), e(800, "vote", "inventory", { yes: true }),
    e(1000, "append"),
  ], 3);
  const tx = all.all.get("t.1");
  equal(tx.events.map((x) => x.at), [100, 300, 310, 800, 900, 1000], "in the order of their times");
  equal([tx.status, tx.key, all.leftOut, settled(tx)], ["committed", "k", 3, false]);
  equal(doubts(tx).map((d) => d.to), [null, null]);
  all.add([e(1100, "commit", "inventory"), e(1200, "outcome", undefined, { status: "committed" }), e(2100, "commit", "delivery"), e(2200, "commit", "delivery"), e(2200, "commit", "delivery")]);
  equal(doubts(tx).map((d) => d.to), [null, null], "sent, and nobody knows whether it arrived");
  equal(tx.events.find((x) => x.kind === "commit" && x.participant === "delivery").times, 2, "sent again; what is sent twice counts once");
  all.add([e(2300, "ack", "inventory"), e(2400, "ack", "delivery")]);
  equal(doubts(tx), [{ participant: "inventory", from: 800, to: 2300 }, { participant: "delivery", from: 900, to: 2400 }]);
  equal([settled(tx), took(tx)], [true, 1100]);
}

export function manyTransactions() {
  const all = new Transactions();
  for (let i = 0; i < 500; i++) all.add([{ at_us: i, kind: "submit", tx: "t." + i }]);
  equal([all.all.size, all.newest()[0].id], [60, "t.499"]);
  for (let i = 0; i < 500; i++) all.add([{ at_us: 1000 + i, kind: i % 2 ? "prepare" : "vote", yes: i % 2 ? undefined : true, participant: "inventory", tx: "t.499" }]);
  equal(all.all.get("t.499").events.length, 120);
}

export function merged() {
  const all = new Transactions();
  all.merge({ id: "t.1", status: "aborted", reason: "sold out" });
  equal([all.all.get("t.1").status, all.all.get("t.1").events.length], ["aborted", 0]);
  all.merge({ id: "t.1", status: "aborted", events: [e(5, "submit"), e(9, "abort", "inventory")] });
  all.merge({ id: "t.1", status: "aborted", events: [] });
  equal(all.all.get("t.1").events.length, 2);
}

export function bits() {
  const id = readID("3688521975345153");
  equal(takeApart(id).map((p) => p.text.length), [6, 41, 5, 12]);
  equal(takeApart(id).map((p) => String(p.value)), ["0", "28141189387", "3", "1"]);
  equal(short(id), "038tp3s1cc01");
  equal(String(readID("038TP3S1CC01")), "3688521975345153");
  for (const wrong of ["", "0", "-1", "1.5", "abc", "038tp3s1cc0", "038tp3s1cc0l", String(2n ** 58n), "99999999999999999999"]) equal(readID(wrong), null, wrong);
}

export function routes() {
  equal(parse("#/room/general"), { view: "room", argument: "general" });
  equal(parse("#/orders"), { view: "orders", argument: "" });
  equal(parse("#/orders/abc.1"), { view: "orders", argument: "abc.1" });
  equal(parse("#/room/%zz"), { view: "room", argument: "" });
  equal(parse(""), { view: "", argument: "" });
}

export function names() {
  equal(["ada", "Zoë", "名前", "a_b-c.d@e", "हिन्दी", "Jose\u0301", "ภาษาไทย", "தமிழ்", "עִבְרִית"].map(nameProblem), Array(9).fill(""));
  equal(["\u3164", "a\u3164", "\u115f\u1160", "\u0301a", "a\ufe0f", "a\u200b", "a\u034f"].map((n) => nameProblem(n) !== ""), Array(7).fill(true));
  equal(["", ".a", "-a", "a b", "a<b", "a".repeat(65), "ö".repeat(33)].map((n) => nameProblem(n) !== ""), Array(7).fill(true));
  equal(["general", "a-1"].map(roomProblem), ["", ""]);
  equal(["", "-a", "A", "a b", "a".repeat(65)].map((n) => roomProblem(n) !== ""), Array(5).fill(true));
}

export function spans() {
  equal([0, 12, 1500, 34_567, 2_000_000, 61_000_000].map(span), ["0 µs", "12 µs", "1.50 ms", "34.6 ms", "2.00 s", "1 min 1 s"]);
}
