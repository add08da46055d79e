import { avatar } from "../ui/avatar.js";
import { el, replace, setText } from "../ui/dom.js";

// Names shown at most; the number is always right.
const most = 200;

// Presence lists who is in the room.
export class Presence {
  node;
  #title = el("h2", { id: "people-title" });
  #list = el("ul.people", { role: "list" });
  #more = el("p.hint");
  #room = null;
  #off = () => {};

  constructor() {
    this.node = el("aside.presence", { "aria-labelledby": "people-title" }, this.#title, this.#list, this.#more);
  }

  show(room) {
    this.#off();
    this.#room = room;
    if (!room) return;
    const off = [room.on("people", () => this.#draw()), room.on("state", () => this.#draw())];
    this.#off = () => off.forEach((f) => f());
    this.#draw();
  }

  #draw() {
    const { people, present, me, state } = this.#room;
    this.node.hidden = state === "failed";
    // Without a connection the list is what it was.
    this.node.classList.toggle("stale", state !== "joined");
    setText(this.#title, present === 1 ? "1 person here" : `${present} people here`);
    const names = [...people].sort((a, b) => a.localeCompare(b)).slice(0, most);
    replace(this.#list, names.map((name) =>
      el("li", null, avatar(name), el("bdi.person", { title: name }, name), name === me && el("span.tag", null, "you"))));
    const rest = present - names.length;
    setText(this.#more, rest > 0 ? `and ${rest} more` : "");
  }
}
