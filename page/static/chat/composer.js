import { composing } from "../ui/keys.js";
import { el, setText } from "../ui/dom.js";
import { icon } from "../ui/icon.js";
import { tab } from "../ui/keep.js";

// How often it is announced that somebody is typing.
const typingEvery = 2_000;
// From this part of the limit on, the number of bytes left is shown.
const countFrom = 0.8;

// Composer is where a message is written. What is not sent yet is kept for each
// room, over a reload too.
export class Composer {
  node;
  #session;
  #rooms;
  #outbox;
  #room = null;
  #off = [];
  #drafts = tab.get("drafts") ?? {};
  #typed = -Infinity;
  #onSent;

  #text = el("textarea", { rows: "1", id: "composer", autocomplete: "off", enterkeyhint: "send", "aria-describedby": "composer-note" });
  #label = el("label.sr", { for: "composer" });
  #send = el("button.send", { type: "submit", "aria-label": "Send", title: "Send (Enter)" }, icon("send"));
  #note = el("p.composer-note", { id: "composer-note" });
  #typing = el("p.typing", { "aria-hidden": "true" });

  constructor(session, rooms, outbox, onSent) {
    this.#session = session;
    this.#rooms = rooms;
    this.#outbox = outbox;
    this.#onSent = onSent;
    this.#text.addEventListener("input", () => this.#changed());
    this.#text.addEventListener("keydown", (e) => this.#key(e));
    this.node = el(
      "div.composer-area", null,
      this.#typing,
      el("form.composer", { onsubmit: (e) => (e.preventDefault(), this.#submit()) }, this.#label, this.#text, this.#send),
      this.#note,
    );
    session.on("status", () => this.#draw());
  }

  show(room) {
    if (room === this.#room) return;
    for (const off of this.#off) off();
    this.#room = room;
    if (!room) return;
    this.#off = [room.on("state", () => this.#draw()), room.on("typing", () => this.#drawTyping())];
    setText(this.#label, `Message to ${room.name}`);
    this.#text.placeholder = `Message ${room.name}`;
    this.#text.value = this.#drafts[room.name] ?? "";
    this.#draw();
    this.#drawTyping();
  }

  focus() {
    if (!this.#text.disabled) this.#text.focus({ preventScroll: true });
  }

  // cleaned is the text as it would be sent: without the control characters
  // that no message may have.
  #cleaned() {
    return this.#text.value.toWellFormed().replaceAll("\r\n", "\n").replaceAll(/[\p{Cc}]/gu, (c) => (c === "\n" || c === "\t" ? c : "")).trim();
  }

  #key(e) {
    if (e.key !== "Enter" || e.shiftKey || composing(e)) return;
    // On a touch keyboard Enter makes a new line: there is a button to send.
    if (matchMedia("(pointer: coarse)").matches) return;
    e.preventDefault();
    this.#submit();
  }

  #submit() {
    const text = this.#cleaned();
    if (text === "" || this.#left(text) < 0 || this.#text.disabled) return;
    if (this.#outbox.full) {
      this.#draw("Too many messages wait to be sent. Wait until some are, or remove them.");
      return;
    }
    this.#text.value = "";
    this.#changed(true);
    this.#typed = -Infinity;
    this.#rooms.sendText(this.#room, text);
    this.#onSent();
    this.focus();
  }

  #changed(sent = false) {
    this.#drafts[this.#room.name] = this.#text.value || undefined;
    tab.set("drafts", this.#drafts);
    this.#draw();
    const now = performance.now();
    if (!sent && this.#text.value.trim() !== "" && now - this.#typed > typingEvery) {
      this.#typed = now;
      this.#session.send({ t: "typing", room: this.#room.name });
    }
  }

  #left(text) {
    const limit = this.#session.welcome?.limits.text ?? 4096;
    return limit - new TextEncoder().encode(text).length;
  }

  #draw(problem) {
    const room = this.#room;
    if (!room) return;
    const text = this.#cleaned();
    const left = this.#left(text);
    const limit = this.#session.welcome?.limits.text ?? 4096;
    const shut = room.state === "failed" || !room.write;
    this.#text.disabled = shut;
    this.#send.disabled = shut || text === "" || left < 0;
    this.#flag("near", limit - left > limit * countFrom);
    this.#flag("over", left < 0);
    setText(this.#note, problem ?? this.#noteText(room, left, limit));
    // Browsers that cannot size the field by its content count lines.
    if (!CSS.supports("field-sizing", "content")) this.#text.rows = Math.min(8, this.#text.value.split("\n").length);
  }

  #noteText(room, left, limit) {
    if (room.state === "failed") return "This room cannot be entered.";
    if (!room.write) return "You may read here, and not write.";
    if (left < 0) return `${-left} bytes too long: a message has ${limit} at most.`;
    if (limit - left > limit * countFrom) return `${left} bytes left`;
    return "";
  }

  #flag(name, on) {
    this.node.classList.toggle(name, on);
  }

  #drawTyping() {
    const names = [...this.#room.typing.keys()];
    const text = names.length === 0 ? ""
      : names.length === 1 ? `${names[0]} is writing…`
      : names.length === 2 ? `${names[0]} and ${names[1]} are writing…`
      : "Several people are writing…";
    setText(this.#typing, text);
  }
}
