import { lasting } from "./keep.js";

// The themes a person can choose; "auto" follows the system's preference.
const themes = ["auto", "light", "dark"];

export function theme() {
  const kept = lasting.get("theme");
  return themes.includes(kept) ? kept : "auto";
}

// applyTheme shows the chosen theme; the colours are in theme.css.
export function applyTheme() {
  const t = theme();
  if (t === "auto") document.documentElement.removeAttribute("data-theme");
  else document.documentElement.setAttribute("data-theme", t);
}

export function nextTheme() {
  lasting.set("theme", themes[(themes.indexOf(theme()) + 1) % themes.length]);
  applyTheme();
  return theme();
}
