import { dialog } from "./dialog.js";
import { el } from "./dom.js";

// The keys, as keys.js understands them.
export const shortcuts = [
  [["Ctrl", "K"], "Go to a room, or open a new one"],
  [["Alt", "↑"], "The room above"],
  [["Alt", "↓"], "The room below"],
  [["Alt", "Shift", "↓"], "The next room with something unread"],
  [["Esc"], "To the newest message; everything is read"],
  [["Enter"], "Send"],
  [["Shift", "Enter"], "A new line"],
  [["Tab"], "From the rooms to the messages to your text"],
  [["PageUp"], "Back in the messages, when they have the focus"],
  [["?"], "This window"],
];

const marks = [
  ["*bold*", el("strong", null, "bold")],
  ["_italic_", el("em", null, "italic")],
  ["`code`", el("code", null, "code")],
  ["```", "around several lines of code"],
  ["https://…", "is a link"],
];

export function help() {
  dialog(
    "Keyboard and marks", { kind: "help" },
    el("dl.keys", null, shortcuts.map(([keys, what]) => el("div", null, el("dt", null, keys.map((k) => el("kbd", null, k))), el("dd", null, what)))),
    el("h3", null, "In a message"),
    el("dl.keys", null, marks.map(([typed, shown]) => el("div", null, el("dt", null, el("code", null, typed)), el("dd", null, shown)))),
  );
}
