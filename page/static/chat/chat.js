import { el, setText } from "../ui/dom.js";
import { icon } from "../ui/icon.js";
import { lasting } from "../ui/keep.js";
import { iconButton } from "../ui/sidebar.js";
import { Composer } from "./composer.js";
import { Log } from "./log.js";
import { Presence } from "./presence.js";

// Chat is the view of one room.
export class Chat {
  node;
  #rooms;
  #session;
  #log;
  #composer;
  #presence = new Presence();
  #room = null;
  #off = () => {};
  #title = el("h1");
  #count = el("span");
  #people = el("button.people-button", { type: "button", onclick: () => this.#toggle() }, icon("people"), this.#count);
  #leave;
  #body;

  // does has menu() to open the sidebar and left() when a room was left.
  constructor(session, rooms, outbox, does) {
    this.#session = session;
    this.#rooms = rooms;
    this.#log = new Log(rooms, outbox);
    this.#composer = new Composer(session, rooms, outbox, () => this.#log.newest());
    this.#leave = iconButton("leave", "Leave this room", () => {
      const { name } = this.#room;
      this.show("");
      rooms.leave(name);
      does.left();
    });
    this.#body = el("div.chat-body", null, el("div.talk", null, this.#log.node, this.#composer.node), this.#presence.node);
    this.node = el(
      "div.view.chat", null,
      el("header.top", null, does.menuButton(), el("span.top-icon", null, icon("hash")), this.#title, el("span.spacer"), this.#people, this.#leave),
      this.#body,
    );
    this.#open(lasting.get("people") ?? matchMedia("(min-width: 1100px)").matches, false);
  }

  // show shows the room of that name, or none.
  show(name) {
    const room = name ? this.#rooms.open(name) : null;
    this.#room = room;
    this.#off();
    this.#log.show(room);
    this.#composer.show(room);
    this.#presence.show(room);
    if (!room) return;
    setText(this.#title, name);
    const draw = () => {
      setText(this.#count, String(room.present));
      this.#people.setAttribute("aria-label", `${room.present} here. Show who`);
      this.#people.hidden = room.state === "failed";
      // The gateway's own suggestions would come back at once.
      this.#leave.hidden = this.#session.welcome?.rooms.includes(name) ?? true;
    };
    const off = [room.on("people", draw), room.on("state", draw)];
    this.#off = () => off.forEach((f) => f());
    draw();
    // A phone's keyboard should not jump at whoever only reads.
    if (matchMedia("(pointer: fine)").matches) this.#composer.focus();
  }

  hide() {
    this.show("");
  }

  newest() {
    this.#log.newest();
    this.#composer.focus();
  }

  focus() {
    this.#composer.focus();
  }

  #toggle() {
    this.#open(!this.#body.classList.contains("with-people"), true);
  }

  #open(on, keep) {
    this.#body.classList.toggle("with-people", on);
    this.#people.setAttribute("aria-expanded", String(on));
    if (keep) lasting.set("people", on);
  }
}
