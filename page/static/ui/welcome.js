import { dialog } from "./dialog.js";
import { el, setText } from "./dom.js";
import { lasting, tab } from "./keep.js";

// identity is who the person was before: a token for this tab, or the name of a
// guest. null: nobody yet.
export function identity() {
  const token = tab.get("token");
  if (token) return { token };
  const name = lasting.get("name");
  return name ? { name } : null;
}

// forget ends that, and everything else that the page keeps of the person: what
// was not sent, drafts, rooms, and how far they were read. The page is to be
// reloaded then.
export function forget() {
  tab.clear();
  lasting.clear(["theme"]);
}

// nameProblem returns what is wrong with a name, or nothing. The gateway checks it
// again.
export function nameProblem(name) {
  if (name === "") return "Choose a name that others will see.";
  if (new TextEncoder().encode(name).length > 64) return "The name is too long: 64 bytes at most.";
  if (/^[.-]/.test(name)) return "A name does not begin with a dot or a dash.";
  if (!/^[\p{L}\p{M}\p{Nd}_.@-]+$/u.test(name)) return "A name has letters, digits and _ - . @ only.";
  if (/[\p{Default_Ignorable_Code_Point}\p{Variation_Selector}]/u.test(name)) return "The name has a character that shows nothing.";
  if (/^\p{M}/u.test(name)) return "A name does not begin with a mark: put it behind a letter.";
  return "";
}

// welcome asks who somebody is and calls back with { name } or { token }.
// problem is the gateway's refusal of the last answer.
export function welcome(problem, done) {
  const error = el("p.field-error", { role: "alert", id: "welcome-error" }, problem ?? "");
  const name = el("input", {
    id: "name", name: "name", autocomplete: "nickname", spellcheck: "false", autocapitalize: "none", maxlength: "64",
    placeholder: "for example ada", "aria-describedby": "welcome-error", autofocus: true,
    // Names have no spaces; what is typed shows what will be.
    oninput: (e) => {
      if (!e.isComposing) name.value = name.value.replaceAll(/\s/g, "-");
    },
  });
  // One way to write each letter: é is one character, not e and an accent.
  const typed = () => name.value.trim().replaceAll(/\s/g, "-").normalize("NFC");
  const token = el("textarea", {
    id: "token", name: "token", rows: "3", autocomplete: "off", spellcheck: "false", "aria-describedby": "token-help",
  });
  const details = el(
    "details", { open: tab.get("token") !== null }, // a token was the last answer
    el("summary", null, "I have a token"),
    el("label", { for: "token" }, "Token"), token,
    el("p.hint", { id: "token-help" }, "It stays in this tab and is never part of an address."),
  );
  name.value = lasting.get("name") ?? "";
  const form = el(
    "form", {
      onsubmit: (e) => {
        e.preventDefault();
        const pasted = token.value.trim();
        const wrong = pasted ? "" : nameProblem(typed());
        setText(error, wrong);
        if (wrong) {
          name.setAttribute("aria-invalid", "true");
          name.focus();
          return;
        }
        tab.set("token", pasted || null);
        if (!pasted) lasting.set("name", typed());
        node.close();
        done(pasted ? { token: pasted } : { name: typed() });
      },
    },
    el("p.lead", null, "Rooms to talk in. Under what name do others see you?"),
    el("label", { for: "name" }, "Your name"), name, details, error,
    el("button.primary.wide", { type: "submit" }, "Come in"),
  );
  const node = dialog("Welcome to Parley", { closable: false, kind: "welcome" }, form);
  name.focus();
  return node;
}
