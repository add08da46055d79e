import { el, replace, setText } from "./dom.js";
import { icon } from "./icon.js";

// A connection that is made faster than this is not worth a word.
const patience = 600;

// Banner shows that there is no connection, why, and when the next attempt is.
export class Banner {
  node = el("div.banner", { role: "status", hidden: true });
  #session;
  #countdown = el("span", { "aria-hidden": "true" });
  #timer = 0;
  #ticking = 0;
  #onSignIn;
  #release = null;

  constructor(session, onSignIn) {
    this.#session = session;
    this.#onSignIn = onSignIn;
    session.on("status", (s) => this.#show(s));
  }

  #show(s) {
    clearTimeout(this.#timer);
    clearInterval(this.#ticking);
    if (s.phase === "online" || s.phase === "idle") {
      this.node.hidden = true;
      if (s.phase === "online") this.#upgraded();
    } else if (s.phase === "connecting") {
      this.#timer = setTimeout(() => this.#showBanner("busy", "Connecting…"), this.node.hidden ? patience : 0);
    } else if (s.phase === "waiting") {
      const text = navigator.onLine ? waiting(s) : "You seem to be offline.";
      this.#showBanner("busy", text, button("Try now", () => this.#session.retry()), this.#countdown);
      this.#count(s.until);
      this.#ticking = setInterval(() => this.#count(s.until), 250);
    } else {
      const act = s.signIn
        ? button("Sign in again", this.#onSignIn)
        : button("Connect again", () => this.#session.again());
      this.#showBanner("stopped", stopped(s), act);
    }
  }

  // upgraded: the gateway has another release than when the page was loaded, and
  // may have another page.
  #upgraded() {
    const { release } = this.#session.welcome;
    this.#release ??= release;
    if (release !== this.#release) this.#showBanner("news", "The gateway was upgraded. Reload for the page that goes with it.", button("Reload", () => location.reload()));
  }

  #showBanner(kind, text, act, countdown) {
    this.node.className = `banner ${kind}`;
    replace(this.node, icon({ busy: "clock", news: "retry" }[kind] ?? "alert"), el("span.banner-text", null, text, " ", countdown), act);
    this.node.hidden = false;
  }

  #count(until) {
    const s = Math.max(0, Math.ceil((until - Date.now()) / 1000));
    setText(this.#countdown, s === 0 ? "Trying now." : `Next try in ${s} s.`);
  }
}

function button(label, onclick) {
  return el("button.small", { type: "button", onclick }, label);
}

function waiting(s) {
  switch (s.code) {
    case 4000:
      return "The gateway restarts.";
    case 4001:
      return "This page was too slow to keep up, and will catch up.";
    case 4002:
      return "Too much was sent in too short a time.";
    case 4003:
      return "The gateway is full.";
    default:
      return "The connection was lost. What you write is sent when it is back.";
  }
}

function stopped(s) {
  const why = s.reason ? ` (${s.reason})` : "";
  switch (s.code) {
    case 4500:
      return `The gateway did not accept who you are${why}.`;
    case 4501:
      return `Your token is missing, not valid or has expired${why}.`;
    case 1000:
      return `The gateway ended the connection${why}.`;
    default:
      return `The gateway and this page do not understand each other${why}. Reloading the page may help.`;
  }
}
