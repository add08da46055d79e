import { el } from "./dom.js";

const hues = 8;

// hue is the colour of a name, the same everywhere: 0 to 7, see theme.css.
export function hue(name) {
  let h = 2166136261;
  for (const c of name) h = Math.imul(h ^ c.codePointAt(0), 16777619) >>> 0;
  return h % hues;
}

// avatar is a name's colour and first letters. The name stands beside it.
export function avatar(name) {
  const words = name.split(/[_.@-]+/).filter(Boolean);
  const letters = words.length > 1 ? [...words[0]][0] + [...words[1]][0] : [...(words[0] ?? "?")].slice(0, 1).join("");
  return el(`span.avatar.hue-${hue(name)}`, { "aria-hidden": "true" }, letters.toUpperCase());
}
