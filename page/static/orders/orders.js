import { empty, skeleton } from "../ui/blank.js";
import { el, replace, setText } from "../ui/dom.js";
import { address } from "../ui/router.js";
import { span } from "../ui/time.js";
import { Faults } from "./faults.js";
import { Lanes, table } from "./lanes.js";
import { Couriers, Menu, spinning } from "./menu.js";
import { doubts, ended, settled, Transactions, took } from "./transactions.js";

// Stock and couriers are asked for so often while they are seen, and this soon
// after an outcome.
const refreshEvery = 4_000;
const refreshAfter = 250;
// A picture stays at least so long before a newer transaction takes its place.
const stay = 2_500;

// Orders is the view of the transactions: order something on one side, see the
// messages that the services exchange for it on the other.
export class Orders {
  node;
  #session;
  #router;
  #seen = new Transactions();
  #menu = new Menu((item, quantity, button) => this.#order(item, quantity, button));
  #couriers = new Couriers();
  #faults;
  #lanes = new Lanes();
  #zone = el("select", { id: "zone" });
  #result = el("div.result", { role: "status" });
  #menuNote = el("p.field-error");
  #courierNote = el("p.field-error");
  #state = el("div.tx-head");
  #details = el("details.tx-table", { hidden: true }, el("summary", null, "The messages as a table"));
  #recent = el("ul.recent", { role: "list" });
  #leftOut = el("p.hint");
  #blank;
  #title = el("h2", { id: "tx-title" }, "Transaction");
  #open;

  #visible = false;
  #chosen = ""; // by the address
  #mine = ""; // key of the person's last order
  #again = null; // asks for it again, while its outcome is not known
  #showing = null;
  #since = 0;
  #timers = [];
  #soon = 0;
  #drawing = 0;
  #zones = null; // until delivery has answered

  constructor(session, router, { menuButton }) {
    this.#session = session;
    this.#router = router;
    this.#faults = new Faults(session);
    this.#blank = empty("orders", "No transaction yet", "Order something, and see here how inventory and delivery agree on it.", null);
    const id = el("input", { type: "text", id: "tx-id", placeholder: "log.number", autocomplete: "off", spellcheck: "false", autocapitalize: "none" });
    this.#open = el("form.open-tx", {
      onsubmit: (e) => {
        e.preventDefault();
        if (id.value.trim()) this.#router.to("orders", id.value.trim());
        id.value = "";
      },
    }, el("label.sr", { for: "tx-id" }, "Open a transaction by its id"), id, el("button", { type: "submit" }, "Open"));
    this.node = el(
      "div.view.orders", null,
      el("header.top", null, menuButton(), el("h1", null, "Orders"), el("span.spacer")),
      el(
        "div.orders-body", null,
        el(
          "div.orders-side", null,
          el("section.panel", { "aria-labelledby": "menu-title" },
            el("div.panel-head", null, el("h2", { id: "menu-title" }, "Menu"), el("label.zone-label", { for: "zone" }, "Deliver to"), this.#zone),
            this.#menu.node, this.#menuNote, this.#result),
          this.#faults.node,
          el("section.panel", { "aria-labelledby": "couriers-title" }, el("h2", { id: "couriers-title" }, "Couriers"), this.#courierNote, this.#couriers.node),
        ),
        el(
          "div.orders-main", null,
          el("section.panel.picture", { "aria-labelledby": "tx-title" },
            el("div.panel-head", null, this.#title, el("span.spacer"), this.#open),
            this.#state, this.#blank, this.#lanes.node, this.#details),
          el("section.panel.recent-panel", { "aria-labelledby": "recent-title" }, el("h2", { id: "recent-title" }, "Recent transactions"), this.#recent, this.#leftOut),
        ),
      ),
    );
    this.#details.addEventListener("toggle", () => this.#drawTable());
    session.on("welcome", () => this.#visible && this.#watch());
    session.on("extension orders", (seen) => this.#events(seen));
    this.#drawRecent();
  }

  // show opens the view, with the transaction of that id or the newest one.
  show(id) {
    this.#chosen = id;
    this.#since = 0;
    if (!this.#visible) {
      this.#visible = true;
      this.#watch();
      this.#timers = [
        setInterval(() => document.visibilityState === "visible" && this.#refresh(), refreshEvery),
        setInterval(() => this.#tick(), 100),
      ];
    } else if (id) {
      this.#askTx(id);
    }
    this.#choose();
    // Where one column holds everything, the picture is further down.
    if (id && matchMedia("(max-width: 1000px)").matches) this.node.querySelector(".picture").scrollIntoView();
  }

  hide() {
    this.#visible = false;
    for (const t of this.#timers) clearInterval(t);
    this.#session.notify("orders", { what: "unwatch" });
  }

  focus() {
    this.node.querySelector(".menu button, .open-tx input").focus();
  }

  #watch() {
    if (!this.#session.online) return;
    this.#session.notify("orders", { what: "watch" });
    this.#faults.show();
    this.#refresh();
    this.#session.request("orders", { what: "txs" }).then(({ txs }) => {
      for (const tx of txs.reverse()) this.#seen.merge(tx);
      this.#choose();
      this.#drawRecent();
    }, () => {});
    if (this.#chosen) this.#askTx(this.#chosen);
  }

  #refresh() {
    this.#ask("menu", this.#menuNote, (d) => this.#menu.show(d.items ?? []));
    this.#ask("couriers", this.#courierNote, (d) => {
      this.#couriers.show(d.couriers ?? []);
      this.#drawZones([...new Set((d.couriers ?? []).map((c) => c.zone))].sort());
    });
  }

  // ask shows an answer, or above what was there before why there is none.
  #ask(what, note, show) {
    this.#session.request("orders", { what }).then((data) => {
      setText(note, data.code ? data.reason : "");
      if (!data.code) show(data);
    }, (e) => !e.lost && setText(note, e.reason));
  }

  #refreshSoon() {
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => {
      this.#refresh();
      this.#faults.refresh();
    }, refreshAfter);
  }

  #drawZones(zones) {
    if (zones.join() === this.#zones) return;
    this.#zones = zones.join();
    const chosen = this.#zone.value;
    replace(this.#zone, zones.map((z) => el("option", { value: z }, z)));
    if (zones.includes(chosen)) this.#zone.value = chosen;
  }

  // order places an order and asks again with the same key until there is an
  // answer: however often it is asked, it is ordered once.
  async #order(item, quantity, button, key = newKey(), zone = this.#zone.value) {
    if (!zone) {
      const unknown = this.#zones === null;
      this.#showResult("error", unknown ? "It is not known yet where couriers deliver. Try again in a moment." : "There is no courier to deliver it.");
      return;
    }
    const order = { what: "order", key, item: item.item, quantity, zone };
    this.#mine = order.key;
    this.#again = null;
    if (this.#chosen) this.#router.to("orders");
    spinning(button, true);
    this.#showResult("busy", `Ordering ${quantity} × ${item.name}…`);
    for (;;) {
      try {
        const outcome = await this.#session.request("orders", order);
        if (outcome.status === "pending") {
          await new Promise((done) => setTimeout(done, 1_000));
          continue;
        }
        this.#outcome(outcome, item, quantity, () => this.#order(item, quantity, button, key, zone));
        break;
      } catch (e) {
        if (!e.lost) {
          this.#showResult("error", e.reason);
          break;
        }
        this.#showResult("busy", "The connection was lost. The order is sent again when it is back; it is placed once.");
        await new Promise((done) => {
          const off = this.#session.on("welcome", () => (off(), done()));
        });
      }
    }
    spinning(button, false);
    this.#refreshSoon();
  }

  #outcome(o, item, quantity, again) {
    const link = o.id && el("a", { href: address("orders", o.id) }, "See it");
    const courier = o.details?.delivery?.name;
    if (o.status === "committed") this.#showResult("good", `${quantity} × ${item.name} ${quantity === 1 ? "is" : "are"} on the way${courier ? ` with ${courier}` : ""}.`, link);
    else if (o.status === "aborted" || o.status === "rejected") this.#showResult("bad", `Not ordered: ${o.reason || o.code}.`, link);
    else {
      this.#again = again;
      this.#showResult("error", `It is not known yet what became of the order${o.reason ? `: ${o.reason}` : ""}.`, [link, el("button.small", { type: "button", onclick: again }, "Ask again")]);
    }
  }

  // #becameKnown shows the outcome of an order that was in doubt. One that was
  // placed is requested again, since the answer names the courier; one that was
  // not is ordered again only if the person wants that.
  #becameKnown() {
    const tx = this.#seen.byKey(this.#mine);
    if (!this.#again || !tx || !ended(tx)) return;
    const again = this.#again;
    this.#again = null;
    if (tx.status === "committed") again();
    else this.#showResult("bad", `Not ordered${tx.reason ? `: ${tx.reason}` : ""}.`, el("a", { href: address("orders", tx.id) }, "See it"));
  }

  #showResult(kind, text, more) {
    this.#result.className = `result ${kind}`;
    replace(this.#result, el("span", null, text), more);
  }

  #events({ events, dropped }) {
    if (!this.#visible) return;
    const changed = this.#seen.add(events ?? [], dropped ?? 0);
    if ((events ?? []).some((e) => e.kind === "outcome" || e.kind === "commit" || e.kind === "abort")) this.#refreshSoon();
    this.#choose(changed);
    this.#drawSoon();
    this.#becameKnown();
  }

  async #askTx(id) {
    try {
      const seen = await this.#session.request("orders", { what: "tx", id });
      this.#seen.merge({ ...seen, id });
      this.#choose();
      this.#drawRecent();
    } catch (e) {
      if (!e.lost && this.#chosen === id && !this.#seen.all.has(id)) this.#missing(e.reason);
    }
  }

  #missing(reason) {
    this.#showing = null;
    this.#lanes.show(null);
    replace(this.#state, el("p.field-error", null, reason));
    this.#blank.hidden = true;
    this.#details.hidden = true;
  }

  // choose decides which transaction is drawn: the one in the address, else the
  // person's own, else the newest, but no faster than one can look.
  #choose(changed) {
    let tx;
    if (this.#chosen) tx = this.#seen.all.get(this.#chosen);
    else tx = (this.#mine && this.#seen.byKey(this.#mine)) || this.#next();
    if (tx !== this.#showing || !changed || changed.has(tx)) this.#draw(tx ?? null);
  }

  #next() {
    const newest = this.#seen.newest()[0] ?? null;
    const recent = performance.now() - this.#since < stay;
    if (this.#showing && recent && this.#seen.all.has(this.#showing.id)) return this.#showing;
    return newest;
  }

  #draw(tx) {
    if (tx !== this.#showing) this.#since = performance.now();
    this.#showing = tx;
    this.#lanes.show(tx);
    this.#blank.hidden = tx !== null || this.#chosen !== "";
    this.#details.hidden = !tx || tx.events.length === 0;
    this.#drawState();
    this.#drawTable();
  }

  #drawState() {
    const tx = this.#showing;
    if (!tx) {
      replace(this.#state, this.#chosen ? skeleton(3) : null);
      return;
    }
    const open = doubts(tx).filter((d) => d.to === null);
    replace(
      this.#state,
      pill(tx),
      el("code.tx-id", null, tx.id),
      tx.events.length > 1 && el("span.hint", null, `${span(took(tx))}`),
      doubts(tx).map((d) => doubtChip(d, tx)),
      tx.reason && el("p.tx-reason", null, tx.reason),
      tx.events.length === 0 && el("p.hint", null, "Its messages crossed before this gateway watched. Only its state is known."),
      open.length > 0 && el("p.hint", null, "A participant that has voted yes holds what it reserved until it knows the outcome. It asks on its own; nobody guesses."),
    );
  }

  #drawTable() {
    const tx = this.#showing;
    this.#details.querySelector("table")?.remove();
    if (tx && this.#details.open) this.#details.append(table(tx));
  }

  // tick counts the time of what is still in doubt.
  #tick() {
    const tx = this.#showing;
    if (!tx) return;
    for (const d of doubts(tx).filter((d) => d.to === null)) {
      const chip = this.#state.querySelector(`[data-participant="${CSS.escape(d.participant)}"]`);
      if (chip) setText(chip, `${d.participant} in doubt for ${span(Date.now() * 1000 - d.from)}`);
    }
  }

  #drawSoon() {
    if (this.#drawing) return;
    this.#drawing = setTimeout(() => {
      this.#drawing = 0;
      this.#drawRecent();
    }, 150);
  }

  #drawRecent() {
    const list = this.#seen.newest();
    const focused = document.activeElement?.closest?.(".recent a")?.getAttribute("href");
    replace(this.#recent, list.slice(0, 30).map((tx) => {
      const href = address("orders", tx.id);
      return el("li", null, el("a", { href, "aria-current": tx === this.#showing && "true" },
        pill(tx), el("code", null, tx.id), el("span.reason", null, tx.reason), el("span.took", null, tx.events.length > 1 ? span(took(tx)) : "")));
    }));
    if (focused) this.#recent.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus();
    if (list.length === 0) replace(this.#recent, el("li.hint", null, "None since you came here."));
    const n = this.#seen.leftOut;
    setText(this.#leftOut, n > 0 ? `${n} more ${n === 1 ? "was" : "were"} left out: there are more than one can follow.` : "");
  }
}

// newKey names an order, so that asking again never orders twice.
function newKey() {
  return `page-${crypto.randomUUID?.() ?? crypto.getRandomValues(new Uint32Array(4)).join("-")}`;
}

// pill is a transaction's state in a word and a colour.
function pill(tx) {
  const open = doubts(tx).some((d) => d.to === null);
  const word = tx.status === "pending" && open ? "in doubt" : !settled(tx) && tx.status === "committed" && open ? "committed, in doubt" : tx.status;
  return el(`span.pill.${open ? "doubtful" : tx.status}`, null, word);
}

function doubtChip(d, tx) {
  if (d.to === null) return el("span.chip.open", { "data-participant": d.participant }, `${d.participant} in doubt`);
  return el(`span.chip.${tx.status}`, null, `${d.participant} in doubt ${span(d.to - d.from)}`);
}
