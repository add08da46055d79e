import { dialog } from "./dialog.js";
import { el, replace, setText } from "./dom.js";
import { icon } from "./icon.js";

// roomProblem returns what is wrong with the name of a room, or nothing.
export function roomProblem(name) {
  if (name.length > 64) return "The name is too long: 64 letters at most.";
  if (!/^[a-z0-9][a-z0-9-]*$/.test(name)) return "Rooms have names of a–z, 0–9 and dashes.";
  return "";
}

// goTo finds a room by a part of its name, or opens one that is not listed.
export function goTo(rooms, to) {
  let matches = [];
  let chosen = 0;
  const list = el("ul.options", { role: "listbox", id: "goto-list", "aria-label": "Rooms" });
  const error = el("p.field-error", { role: "alert" });
  const input = el("input", {
    type: "text", role: "combobox", "aria-expanded": "true", "aria-controls": "goto-list", "aria-label": "Room",
    "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false", autocapitalize: "none", maxlength: "64", placeholder: "Name of a room",
    oninput: () => {
      input.value = input.value.toLowerCase().replaceAll(/[\s_#]/g, (c) => (c === "#" ? "" : "-"));
      chosen = 0;
      draw();
    },
    onkeydown: (e) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
      if (!step || matches.length === 0) return;
      e.preventDefault();
      chosen = (chosen + step + matches.length) % matches.length;
      draw();
    },
  });
  const go = (name) => {
    const wrong = roomProblem(name);
    setText(error, wrong);
    if (wrong) return;
    node.close();
    to(name);
  };
  const draw = () => {
    const wanted = input.value;
    matches = [...rooms.all.keys()].filter((n) => n.includes(wanted));
    if (wanted && !rooms.all.has(wanted)) matches.push(wanted);
    setText(error, "");
    replace(list, matches.map((name, i) => el(
      "li", {
        role: "option", id: `goto-${i}`, "aria-selected": String(i === chosen), onclick: () => go(name),
      },
      icon(rooms.all.has(name) ? "hash" : "plus"), rooms.all.has(name) ? name : `Open the room ${name}`,
    )));
    input.setAttribute("aria-activedescendant", matches.length > 0 ? `goto-${chosen}` : "");
  };
  const form = el("form", {
    onsubmit: (e) => {
      e.preventDefault();
      go(matches[chosen] ?? input.value);
    },
  }, input, error, list);
  const node = dialog("Go to a room", { kind: "goto" }, form);
  draw();
  input.focus();
}
