import { skeleton } from "../ui/blank.js";
import { el, replace } from "../ui/dom.js";
import { span } from "../ui/time.js";
import { epochMS } from "./bits.js";

const count = 32;

// Workers shows which process holds which of the 32 worker numbers, and what each
// reports of itself.
export class Workers {
  node;
  #grid = el("ol.worker-grid", { role: "list" }, skeleton(3));
  #table = el("div.table-scroll", { tabindex: "0", role: "group", "aria-label": "Processes that give IDs" });

  constructor() {
    this.node = el(
      "section.panel", { "aria-labelledby": "workers-title" },
      el("h2", { id: "workers-title" }, "Who holds which worker number"),
      el("p.hint", null, "A lease reserves timestamps, not time: whoever claims a number begins above those that were taken."),
      this.#grid, this.#table,
    );
  }

  show({ leases, workers }) {
    const now = leases?.broker_time || Date.now();
    const byNumber = new Map((leases?.leases ?? []).map((l) => [l.worker, l]));
    replace(this.#grid, Array.from({ length: count }, (_, n) => cell(n, byNumber.get(n), now)));
    replace(this.#table, (workers ?? []).length === 0 ? el("p.hint", null, "No process answered.") : el(
      "table", null,
      el("thead", null, el("tr", null, ["Process", "Number", "State", "Given", "Clock"].map((h) => el("th", { scope: "col" }, h)))),
      el("tbody", null, workers.map((w) => el(
        "tr", null,
        el("td", null, el("code", null, w.holder)), el("td", null, w.worker ?? "–"),
        el("td", { title: w.reason ?? "" }, w.state), el("td", null, w.issued.toLocaleString()),
        el("td", null, w.clock_ms === 0 ? "exact" : `${w.clock_ms > 0 ? "+" : ""}${w.clock_ms} ms`),
      ))),
    ));
  }

  fail(reason) {
    replace(this.#grid, el("li.wide", null, el("p.hint", null, reason)));
  }
}

function cell(n, lease, now) {
  const until = lease ? epochMS + lease.until - now : 0;
  const state = !lease ? "free" : lease.state === "held" && until <= 0 ? "lapsed" : lease.state;
  const words = {
    free: "never held",
    held: `held by ${lease?.holder}, for another ${span(until * 1000)}`,
    lapsed: `last held by ${lease?.holder}, free now`,
    released: `released by ${lease?.holder}`,
    retired: "retired",
  };
  const labels = { free: "", lapsed: "free", released: "free", retired: "retired" };
  return el(`li.${state}`, { title: `Worker ${n}: ${words[state]}` }, el("b", null, n), el("span.sr", null, ` ${words[state]}`), el("i", { "aria-hidden": "true" }, labels[state] ?? span(until * 1000)));
}
