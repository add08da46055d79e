import { el } from "./dom.js";
import { icon } from "./icon.js";

// skeleton stands where something will be that is not here yet.
export function skeleton(rows) {
  const lines = Array.from({ length: rows }, (_, i) => el(`div.bone.w${i % 4}`, null, el("i"), el("span", null, el("b"), el("b"))));
  return el("div.skeleton", { "aria-hidden": "true" }, lines);
}

// empty is the placeholder of an empty view, with the reason and what to do.
export function empty(symbol, title, text, act) {
  return el("div.empty", null, el("span.empty-icon", null, icon(symbol)), el("h2", null, title), el("p", null, text), act);
}
