import { Emitter } from "../net/emitter.js";

// Router reads the page's place from the address behind '#', so that reload,
// back and bookmarks work: #/room/general, #/orders, #/orders/<transaction>,
// #/ids, #/ids/<id>. Event: "route" (view, argument).
export class Router extends Emitter {
  constructor() {
    super();
    addEventListener("hashchange", () => this.#read());
  }

  start() {
    this.#read();
  }

  // to goes to a place; with replace, without a step back to this one.
  to(view, argument, replace = false) {
    const hash = address(view, argument);
    if (location.hash === hash) return;
    if (replace) {
      history.replaceState(null, "", hash);
      this.#read();
    } else {
      location.hash = hash;
    }
  }

  #read() {
    const { view, argument } = parse(location.hash);
    this.emit("route", view, argument);
  }
}

export function address(view, argument) {
  return `#/${view}${argument ? "/" + encodeURIComponent(argument) : ""}`;
}

export function parse(hash) {
  const [view = "", argument = ""] = hash.replace(/^#\/?/, "").split("/", 2);
  try {
    return { view, argument: decodeURIComponent(argument) };
  } catch {
    return { view, argument: "" }; // a broken escape
  }
}
