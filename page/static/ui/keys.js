import { el } from "./dom.js";

// keys listens to the shortcuts that help.js lists. does has goTo, help, room
// (step, onlyUnread) and newest.
export function keys(does) {
  addEventListener("keydown", (e) => {
    if (composing(e) || document.querySelector("dialog[open]")) return;
    const writing = e.target.closest?.("input, textarea, select");
    const ctrl = e.ctrlKey || e.metaKey;
    if (ctrl && !e.altKey && e.key.toLowerCase() === "k") does.goTo();
    else if (e.altKey && e.key === "ArrowUp") does.room(-1, e.shiftKey);
    else if (e.altKey && e.key === "ArrowDown") does.room(1, e.shiftKey);
    else if (e.key === "?" && !writing) does.help();
    else if (e.key === "Escape" && !e.defaultPrevented) does.newest();
    else return;
    e.preventDefault();
  });
}

// skip is the first stop of the Tab key: past the sidebar.
export function skip(to) {
  return el("button.skip", { type: "button", onclick: to }, "Skip to the content");
}

// composing reports whether a key belongs to an input method, as the Enter that
// confirms a word. Safari shows that by the code 229 alone.
export function composing(e) {
  return e.isComposing || e.keyCode === 229;
}
