import { avatar } from "../ui/avatar.js";
import { el } from "../ui/dom.js";
import { icon } from "../ui/icon.js";
import { clock, full } from "../ui/time.js";
import { render } from "./text.js";

// messageNode is one message, with its author's name or grouped below it.
export function messageNode(m, { grouped }) {
  if (m.kind === "join" || m.kind === "leave") return note(m);
  return el(
    grouped ? "li.message.grouped" : "li.message",
    { "data-seq": m.seq },
    grouped ? el("span.gutter", null, time(m.at)) : avatar(m.user),
    el(
      "div.content", null,
      grouped
        ? el("span.sr", null, m.user + ": ")
        : el("div.head", null, el("bdi.author", null, m.user), m.kind === "service" && el("span.tag", null, "service"), time(m.at)),
      el("div.text", { dir: "auto" }, render(m.text)),
    ),
  );
}

// note is a quiet word on who came and went. Notes that follow each other flow
// on one line.
function note(m) {
  return el(
    "li.note", { "data-seq": m.seq, title: full(m.at) },
    el("bdi", null, m.user), m.kind === "join" ? " joined" : " left",
  );
}

function time(at) {
  return el("time", { datetime: new Date(at).toISOString(), title: full(at) }, clock(at));
}

// pendingNode is a message that is not in the room yet, with what is known of
// it. does has again(entry) and drop(entry).
export function pendingNode(entry, grouped, does) {
  const { symbol, text, stuck } = standing(entry);
  return el(
    `li.message.pending.${entry.state}` + (grouped ? ".grouped" : ""),
    { "data-cid": entry.cid },
    grouped ? el("span.gutter") : avatar(entry.user ?? "?"),
    el(
      "div.content", null,
      !grouped && el("div.head", null, el("bdi.author", null, entry.user ?? "You")),
      el("div.text", { dir: "auto" }, render(entry.text)),
      el(
        "div.standing", null,
        icon(symbol), el("span", null, text),
        stuck && el("button.small", { type: "button", onclick: () => does.again(entry) }, entry.state === "refused" ? "Try again" : "Send again"),
        stuck && el("button.small", { type: "button", onclick: () => does.drop(entry) }, "Remove"),
      ),
    ),
  );
}

// standing describes what is known of a message, and no more than that.
function standing(entry) {
  switch (entry.state) {
    case "stored":
      return { symbol: "check", text: "Sent" };
    case "refused":
      return { symbol: "alert", text: `Not sent: ${entry.reason}.`, stuck: true };
    case "lost":
      return { symbol: "alert", text: "This did not reach the room.", stuck: true };
    case "doubt":
      return { symbol: "help", text: "It is not known whether this reached the room.", stuck: true };
    case "sending":
      return { symbol: "clock", text: "Sending…" };
    default:
      return { symbol: "clock", text: entry.reason && entry.retryAt ? `Tried again soon: ${entry.reason}.` : "Waits to be sent" };
  }
}
