import { avatar } from "./avatar.js";
import { el, replace } from "./dom.js";
import { icon } from "./icon.js";
import { address } from "./router.js";
import { nextTheme, theme } from "./theme.js";

const themeNames = { auto: "as the system", light: "light", dark: "dark" };

// Sidebar leads everywhere: rooms with what is unread in them, the other views,
// and what concerns the person. On a phone it is a drawer.
export class Sidebar {
  node;
  // scrim lies over the page while the drawer is open.
  scrim = el("div.scrim", { hidden: true, onclick: () => this.close() });
  #rooms;
  #list = el("ul.rooms", { role: "list" });
  #views = el("ul.views", { role: "list" });
  #me = el("div.me");
  #place = ["", ""];
  #links = new Map();

  // does has what its buttons do: goTo, help, signOut.
  constructor(session, rooms, does) {
    this.#rooms = rooms;
    const themeButton = iconButton("sun", "", () => label(nextTheme()));
    const label = (t) => {
      replace(themeButton, icon({ auto: "auto", light: "sun", dark: "moon" }[t]));
      themeButton.setAttribute("aria-label", `Colours: ${themeNames[t]}`);
      themeButton.title = `Colours: ${themeNames[t]}`;
    };
    label(theme());
    this.node = el(
      "nav.sidebar",
      { "aria-label": "Rooms and views", onkeydown: (e) => e.key === "Escape" && this.close() },
      el("div.brand", null, mark(), el("span", null, "Parley")),
      el(
        "section",
        { "aria-labelledby": "rooms-title" },
        el("div.section-title", null, el("h2", { id: "rooms-title" }, "Rooms"), iconButton("plus", "Go to a room (Ctrl K)", does.goTo)),
        this.#list,
      ),
      el("section.more", { "aria-labelledby": "views-title" }, el("div.section-title", null, el("h2", { id: "views-title" }, "Behind the scenes")), this.#views),
      el("div.self", null, this.#me, themeButton, iconButton("help", "Keyboard and marks (?)", does.help), iconButton("leave", "Sign out", does.signOut)),
    );
    rooms.on("list", () => this.#draw());
    rooms.on("room", (room) => this.#update(room));
    session.on("status", (s) => this.#who(s));
    session.on("welcome", () => this.#drawViews(session));
    this.#drawViews(session);
    this.#draw();
  }

  // place marks where the person is.
  place(view, argument) {
    this.#place = [view, argument];
    for (const [at, link] of this.#links) {
      const here = at === address(view, view === "room" ? argument : "");
      if (here) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    this.close();
  }

  open() {
    this.node.classList.add("open");
    this.scrim.hidden = false;
    (this.node.querySelector("[aria-current]") ?? this.node.querySelector("a"))?.focus();
  }

  close() {
    this.node.classList.remove("open");
    this.scrim.hidden = true;
  }

  #draw() {
    replace(this.#list, [...this.#rooms.all.values()].map((room) => el("li", null, this.#link("hash", room.name, "room", room.name))));
    for (const room of this.#rooms.all.values()) this.#update(room);
    this.place(...this.#place);
  }

  #drawViews(session) {
    const views = [["orders", "Orders"], ["ids", "IDs"]].filter(([name]) => session.has(name));
    this.node.querySelector(".more").hidden = views.length === 0;
    replace(this.#views, views.map(([view, name]) => el("li", null, this.#link(view, name, view, ""))));
    this.place(...this.#place);
  }

  #link(symbol, name, view, argument) {
    const at = address(view, argument);
    const link = el("a.place", { href: at }, icon(symbol), el("span.place-name", null, name), el("span.badge", { hidden: true }));
    this.#links.set(at, link);
    return link;
  }

  #update(room) {
    const link = this.#links.get(address("room", room.name));
    if (!link) return;
    const n = room.unread;
    const badge = link.querySelector(".badge");
    badge.hidden = n === 0;
    link.classList.toggle("unread", n > 0);
    link.classList.toggle("failed", room.state === "failed");
    if (n === 0) replace(badge);
    else if (badge.firstChild?.textContent !== count(n)) replace(badge, count(n), el("span.sr", null, " unread"));
  }

  #who(s) {
    const name = this.#rooms.me;
    if (!name) {
      replace(this.#me);
      return;
    }
    const state = { online: "Connected", connecting: "Connecting", waiting: "Offline", stopped: "Offline" }[s.phase] ?? "";
    replace(this.#me, avatar(name), el("span.who", null, el("bdi.who-name", { title: name }, name), el(`span.who-state.${s.phase}`, null, state)));
  }
}

function count(n) {
  return n > 99 ? "99+" : String(n);
}

export function iconButton(symbol, label, onclick) {
  return el("button.icon-button", { type: "button", "aria-label": label, title: label, onclick }, icon(symbol));
}

// mark is Parley's sign, in the colours of the theme.
function mark() {
  return el("span.mark", { "aria-hidden": "true" }, el("i"), el("i"));
}
