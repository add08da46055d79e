import { skeleton } from "../ui/blank.js";
import { el, replace, setText } from "../ui/dom.js";
import { icon } from "../ui/icon.js";

const price = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });

// Menu shows what can be ordered and how much of it is there. The counts change
// in place, so that the focus stays where it is.
export class Menu {
  node;
  #list = el("ul.menu", { role: "list" });
  #rows = new Map();
  #order;

  // order(item, quantity, row) is called by the buttons.
  constructor(order) {
    this.#order = order;
    this.node = el("div", null, skeleton(4));
  }

  show(items) {
    if (this.node.firstChild !== this.#list) replace(this.node, this.#list);
    const here = new Set(items.map((i) => i.item));
    for (const [item, row] of this.#rows) {
      if (here.has(item)) continue;
      row.node.remove();
      this.#rows.delete(item);
    }
    for (const item of items) this.#update(item);
  }

  #update(item) {
    let row = this.#rows.get(item.item);
    if (!row) {
      row = this.#row(item);
      this.#rows.set(item.item, row);
      this.#list.append(row.node);
    }
    const free = item.stock - item.reserved;
    setText(row.stock, free <= 0 ? "sold out" : `${free} left` + (item.reserved > 0 ? `, ${item.reserved} reserved` : ""));
    row.node.classList.toggle("out", free <= 0);
    row.node.classList.toggle("reserving", item.reserved > 0);
  }

  #row(item) {
    const stock = el("span.stock");
    const quantity = el("input", { type: "number", min: "1", max: "1000000", value: "1", inputmode: "numeric", "aria-label": `How many ${item.name}` });
    const button = el("button.primary", { type: "submit" }, "Order");
    const node = el(
      "li", null,
      el("div.dish", null, el("span.dish-name", null, item.name), el("span.price", null, price.format(item.price_cents / 100))),
      el("form.dish-order", {
        onsubmit: (e) => {
          e.preventDefault();
          const n = Number(quantity.value);
          if (Number.isInteger(n) && n >= 1) this.#order(item, n, button);
        },
      }, stock, quantity, button),
    );
    return { node, stock };
  }
}

// Couriers shows who is free to deliver where.
export class Couriers {
  node = el("ul.couriers", { role: "list" });

  show(couriers) {
    replace(this.node, couriers.map((c) => el(
      "li", { title: `${c.assigned} of ${c.capacity} orders, ${c.reserved} reserved` },
      el("span.courier", null, c.name), el("span.zone", null, c.zone),
      c.capacity <= 8 ? dots(c) : null,
      el("span.load", null, free(c)),
    )));
  }
}

function free(c) {
  const n = c.capacity - c.reserved - c.assigned;
  return n <= 0 ? "busy" : `${n} free`;
}

function dots(c) {
  const kind = (i) => (i < c.assigned ? "taken" : i < c.assigned + c.reserved ? "reserved" : "free");
  return el("span.dots", { "aria-hidden": "true" }, Array.from({ length: c.capacity }, (_, i) => el(`i.${kind(i)}`)));
}

// spinning shows on a button that its work goes on.
export function spinning(button, on) {
  button.disabled = on;
  if (on) button.replaceChildren(icon("clock"), "Ordering");
  else button.replaceChildren("Order");
}
