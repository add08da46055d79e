// The page begins here: this file makes the parts and ties them together.

import { Chat } from "./chat/chat.js";
import { Outbox } from "./chat/outbox.js";
import { Rooms } from "./chat/rooms.js";
import { Ids } from "./ids/ids.js";
import { Session } from "./net/session.js";
import { Orders } from "./orders/orders.js";
import { Banner } from "./ui/banner.js";
import { el } from "./ui/dom.js";
import { goTo, roomProblem } from "./ui/goto.js";
import { help } from "./ui/help.js";
import { lasting } from "./ui/keep.js";
import { keys, skip } from "./ui/keys.js";
import { Router } from "./ui/router.js";
import { iconButton, Sidebar } from "./ui/sidebar.js";
import { applyTheme } from "./ui/theme.js";
import { forget, identity, welcome } from "./ui/welcome.js";

applyTheme();

const session = new Session(socketAddress());
const outbox = new Outbox((frame) => session.send(frame));
const rooms = new Rooms(session, outbox);
const router = new Router();
const banner = new Banner(session, () => ask(session.status.reason));

const menuButton = () => {
  const button = iconButton("menu", "Rooms and views", () => sidebar.open());
  button.classList.add("menu-button");
  return button;
};
const sidebar = new Sidebar(session, rooms, { goTo: openGoTo, help, signOut });
const views = {
  room: new Chat(session, rooms, outbox, { menuButton, left: () => router.to("room", firstRoom()) }),
  orders: new Orders(session, router, { menuButton }),
  ids: new Ids(session, router, { menuButton }),
};
let view = null;

const main = el("main", { id: "main", tabindex: "-1" }, banner.node);
document.body.replaceChildren(skip(() => (view ? view.focus() : main.focus())), el("div.app", null, sidebar.node, sidebar.scrim, main));

router.on("route", (name, argument) => show(name, argument));
session.on("status", (s) => s.signIn && ask(s.reason));
session.on("welcome", () => {
  if (!view) router.start();
});
for (const event of ["room", "list"]) rooms.on(event, title);

keys({
  goTo: openGoTo,
  help,
  newest: () => view === views.room && view.newest(),
  room: step,
});

const me = identity();
if (me) session.signIn(me);
else ask();
// A place in the address is shown immediately; without one the gateway's welcome
// names the rooms.
if (location.hash.length > 2) router.start();

function show(name, argument) {
  const wrong = !(name in views) || (name === "room" && roomProblem(argument) !== "");
  if (wrong) {
    const first = firstRoom();
    if (first) router.to("room", first, true);
    return;
  }
  const next = views[name];
  if (view !== next) {
    view?.hide();
    view?.node.remove();
    main.append(next.node);
    view = next;
  }
  next.show(argument);
  sidebar.place(name, argument);
  if (name === "room") lasting.set("room", argument);
  title();
}

// firstRoom is where to go without a wish: the last room, or the first there is.
function firstRoom() {
  const last = lasting.get("room");
  return rooms.get(last) ? last : rooms.all.keys().next().value;
}

// step goes to the room n further on, or to the next with something unread.
function step(n, unread) {
  const names = [...rooms.all.keys()];
  const here = names.indexOf(location.hash.startsWith("#/room/") ? lasting.get("room") : "");
  for (let i = 1; i <= names.length; i++) {
    const name = names[(here + n * i + names.length * 2) % names.length];
    if (!unread || rooms.get(name).unread > 0) {
      router.to("room", name);
      return;
    }
  }
}

function openGoTo() {
  goTo(rooms, (name) => router.to("room", name));
}

// ask shows the sign-in dialog, once. One that was just closed
// stays in the document until the browser reports that it is closed, and the
// gateway may refuse before that.
function ask(problem) {
  if (document.querySelector("dialog.welcome[open]")) return;
  welcome(problem, (who) => session.signIn(who));
}

// signOut leaves nothing of the person in the page, for whoever comes next.
function signOut() {
  forget();
  session.signOut();
  location.replace(location.pathname);
}

// title has what is unread, for whoever looks at other tabs.
function title() {
  let unread = 0;
  for (const room of rooms.all.values()) unread += room.unread;
  const here = view === views.room ? lasting.get("room") : view === views.orders ? "Orders" : view === views.ids ? "IDs" : "";
  document.title = (unread > 0 ? `(${unread > 99 ? "99+" : unread}) ` : "") + (here ? `${here} · Parley` : "Parley");
}

function socketAddress() {
  const url = new URL(document.querySelector("meta[name=parley-socket]").content, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  return url.href;
}
