import { el, replace } from "../ui/dom.js";
import { icon } from "../ui/icon.js";

const roles = ["inventory", "delivery", "coordinator"];
const points = {
  voted: "after its vote",
  prepared: "after sending prepare",
  decided: "after the append, before notifying anybody",
};
const pointsOf = { inventory: ["voted"], delivery: ["voted"], coordinator: ["prepared", "decided"] };

// How often it is asked how things stand while a role is armed, in milliseconds.
const refreshEvery = 500;

// Faults kills roles on purpose, so that one sees doubt and how it ends. It is
// shown only where the gateway's process has the roles in it.
export class Faults {
  node;
  #session;
  #list = el("ul.faults", { role: "list" });
  #error = el("p.field-error", { role: "alert" });
  #known = new Map();
  #soon = 0;

  constructor(session) {
    this.#session = session;
    this.node = el(
      "section.panel", { hidden: true, "aria-labelledby": "faults-title" },
      el("h2", { id: "faults-title" }, "Break something"),
      el("p.hint", null, "Arm a role, then order: it dies in the middle of that transaction. Watch who is in doubt, then start it again."),
      this.#list, this.#error,
    );
  }

  // show asks how things stand, where roles can be killed.
  show() {
    this.node.hidden = !this.#session.has("faults");
    if (this.node.hidden) return;
    this.#draw();
    this.refresh();
  }

  refresh() {
    if (this.node.hidden) return;
    this.#session.request("faults", { what: "show" }).then((state) => this.#take(state), () => this.#refreshSoon());
  }

  #do(role, what, point) {
    replace(this.#error);
    this.#session.request("faults", { what, role, ...(point ? { point } : {}) }).then(
      (state) => this.#take(state),
      (e) => replace(this.#error, `${role}: ${e.reason}`),
    );
  }

  #take({ roles }) {
    for (const r of roles ?? []) this.#known.set(r.role, r);
    this.#draw();
    this.#refreshSoon();
  }

  // refreshSoon polls while a role is armed: its death is not announced. A request that
  // was refused, since the gateway is busy, is repeated.
  #refreshSoon() {
    clearTimeout(this.#soon);
    if ([...this.#known.values()].some((r) => r.state === "armed") && this.node.checkVisibility()) {
      this.#soon = setTimeout(() => this.refresh(), refreshEvery);
    }
  }

  #draw() {
    const focused = document.activeElement?.dataset?.act;
    replace(this.#list, roles.map((role) => this.#role(role)));
    if (focused) this.#list.querySelector(`[data-act="${CSS.escape(focused)}"]`)?.focus();
  }

  #role(role) {
    const { state = "", point = "" } = this.#known.get(role) ?? {};
    const act = (name, symbol, label, onclick) =>
      el("button.small", { type: "button", "data-act": `${role} ${name}`, onclick }, icon(symbol), label);
    const text = { running: "running", armed: `dies ${points[point] ?? ""}`, stopped: "stopped" }[state] ?? "";
    return el(
      "li", null,
      el("div.fault-role", null, el(`span.state-dot.${state || "unknown"}`), el("span", null, role), el("span.hint", null, text)),
      el(
        "div.acts", null,
        state === "stopped"
          ? act("start", "play", "Start", () => this.#do(role, "start"))
          : [
            pointsOf[role].map((p) => act(p, "bolt", `Die ${points[p]}`, () => this.#do(role, "arm", p))),
            act("kill", "skull", "Kill now", () => this.#do(role, "kill")),
          ],
      ),
    );
  }
}
