import { empty } from "../ui/blank.js";
import { el, replace, setText } from "../ui/dom.js";
import { address } from "../ui/router.js";
import { epochMS, readID, short, takeApart } from "./bits.js";
import { Workers } from "./workers.js";

const refreshEvery = 2_000;
// Fresh ids that stay listed.
const most = 12;

const moment = new Intl.DateTimeFormat(undefined, {
  year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hour12: false,
});

// Ids is the view that takes an id apart into its bits, and shows who holds
// which worker number.
export class Ids {
  node;
  #session;
  #router;
  #workers = new Workers();
  #input;
  #error = el("p.field-error", { role: "alert" });
  #parts = el("div.id-parts");
  #list = el("ol.id-list", { role: "list" });
  #fresh = [];
  #visible = false;
  #timer = 0;
  #shown = "";

  constructor(session, router, { menuButton }) {
    this.#session = session;
    this.#router = router;
    this.#input = el("input", { type: "text", id: "id-input", inputmode: "text", placeholder: "An id, in digits or in the short form", autocomplete: "off", spellcheck: "false", autocapitalize: "none" });
    const form = el("form.id-form", {
      onsubmit: (e) => {
        e.preventDefault();
        this.#look(this.#input.value);
      },
    },
    el("label.sr", { for: "id-input" }, "Id"), this.#input,
    el("button", { type: "submit" }, "Take apart"),
    el("button.primary", { type: "button", onclick: () => this.#next() }, "New ID"));
    this.node = el(
      "div.view.ids", null,
      el("header.top", null, menuButton(), el("h1", null, "IDs"), el("span.spacer")),
      el("div.ids-body", null,
        el("section.panel", { "aria-labelledby": "id-title" },
          el("h2", { id: "id-title" }, "An ID, taken apart"), form, this.#error, this.#parts, this.#list),
        this.#workers.node),
    );
    session.on("welcome", () => this.#visible && this.#begin());
    this.#blank();
  }

  show(id) {
    if (!this.#visible) {
      this.#visible = true;
      this.#timer = setInterval(() => document.visibilityState === "visible" && this.#refresh(), refreshEvery);
      this.#refresh();
    }
    if (id) this.#draw(id);
    else if (this.#shown === "") this.#begin();
  }

  hide() {
    this.#visible = false;
    clearInterval(this.#timer);
  }

  focus() {
    this.#input.focus();
  }

  // begin shows an id immediately: one that was just made explains more than an empty
  // field.
  #begin() {
    this.#refresh();
    if (this.#shown === "" && this.#session.online) this.#next(true);
  }

  #refresh() {
    if (!this.#session.online) return;
    this.#session.request("ids", { what: "workers" }).then((seen) => this.#workers.show(seen), (e) => e.lost || this.#workers.fail(e.reason));
  }

  async #next(replaceAddress = false) {
    try {
      const { id } = await this.#session.request("ids", { what: "id" });
      this.#fresh = [id, ...this.#fresh].slice(0, most);
      this.#router.to("ids", id, replaceAddress);
    } catch (e) {
      setText(this.#error, e.lost ? "There is no connection." : e.reason);
    }
  }

  #look(text) {
    const id = readID(text);
    setText(this.#error, id === null ? "This is not an ID: an ID is a number below 2^58, or its short form of 12 characters." : "");
    if (id !== null) this.#router.to("ids", String(id));
  }

  #blank() {
    replace(this.#parts, empty("ids", "No ID yet", "Paste one, or have a new one made.", null));
  }

  #draw(text) {
    const id = readID(text);
    if (id === null) {
      this.#look(text);
      return;
    }
    setText(this.#error, "");
    this.#shown = String(id);
    this.#input.value = this.#shown;
    const parts = takeApart(id);
    const value = Object.fromEntries(parts.map((p) => [p.name, p.value]));
    const ms = epochMS + Number(value.timestamp);
    const words = {
      zero: ["Always zero", "so that it fits every signed number"],
      timestamp: [moment.format(ms), `${value.timestamp.toLocaleString()} ms since 2026`],
      worker: [`Worker ${value.worker}`, "of 32"],
      sequence: [`Number ${value.sequence}`, "in its millisecond, from 0 to 4095"],
    };
    replace(this.#parts,
      el("div.bits", { role: "img", "aria-label": parts.map((p) => `${p.text.length} bits ${p.name}: ${p.value}`).join(", ") },
        parts.map((p) => el(`span.bit-field.${p.name}`, null, [...p.text].map((b) => el(b === "1" ? "i.one" : "i", null, b))))),
      el("dl.fields", null, parts.map((p) => el(`div.${p.name}`, null,
        el("dt", null, p.name === "zero" ? "unused" : p.name, el("span", null, ` ${p.text.length} bits`)),
        el("dd", null, el("strong", null, words[p.name][0]), el("span", null, words[p.name][1]))))),
      el("dl.forms", null,
        el("div", null, el("dt", null, "Decimal"), el("dd", null, el("code", null, String(id)))),
        el("div", null, el("dt", null, "Short"), el("dd", null, el("code", null, short(id))))));
    replace(this.#list, this.#fresh.length > 1 && this.#fresh.map((f) =>
      el("li", null, el("a", { href: address("ids", f), "aria-current": f === this.#shown && "true" }, el("code", null, f), el("code", null, short(BigInt(f)))))));
  }
}
