import { el } from "./dom.js";
import { icon } from "./icon.js";

// dialog opens a modal window and removes it when it closes. Without closable
// it stays until the page closes it. The browser holds the focus inside and
// gives it back.
export function dialog(title, { closable = true, kind = "" } = {}, ...children) {
  const id = "dialog-title";
  const shut = el("button.icon-button", { type: "button", "aria-label": "Close", onclick: () => node.close() }, icon("close"));
  const node = el(
    "dialog" + (kind && "." + kind),
    {
      "aria-labelledby": id,
      // Browsers close a dialog on Escape, or on the gesture for it, without
      // asking when the page was not touched before.
      closedby: closable ? "closerequest" : "none",
      onkeydown: (e) => closable || e.key !== "Escape" || e.preventDefault(),
      onclose: () => node.remove(),
      oncancel: (e) => closable || e.preventDefault(),
      onclick: (e) => closable && e.target === node && node.close(),
    },
    el("div.dialog-body", null, el("header", null, el("h2", { id }, title), closable && shut), ...children),
  );
  document.body.append(node);
  node.showModal();
  return node;
}
