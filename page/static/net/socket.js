import { Emitter } from "./emitter.js";
import { subprotocol } from "./frames.js";

// Socket is one WebSocket from its opening to its end: "open", then "frame"
// for each, then "close" (code, reason) exactly once, also when the browser
// takes its time to notice.
export class Socket extends Emitter {
  // heard is when something last arrived, in milliseconds of the page's life.
  heard = performance.now();
  #ws;
  #closed = false;

  constructor(url) {
    super();
    this.#ws = new WebSocket(url, subprotocol);
    this.#ws.onopen = () => this.#closed || this.emit("open");
    this.#ws.onclose = (e) => this.#end(e.code, e.reason);
    this.#ws.onmessage = (e) => this.#read(e.data);
  }

  // send reports whether the frame was handed to the browser, which does not
  // mean that it arrives.
  send(frame) {
    if (this.#closed || this.#ws.readyState !== WebSocket.OPEN) return false;
    this.#ws.send(JSON.stringify(frame));
    return true;
  }

  // close ends it now, with a code for whoever listens here: the other side may
  // be gone, and waiting for its answer would take minutes.
  close(code, reason) {
    this.#ws.close(1000);
    this.#end(code, reason);
  }

  #read(data) {
    if (this.#closed) return;
    this.heard = performance.now();
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      this.close(1007, "The gateway sent something that is not JSON.");
      return;
    }
    this.emit("frame", frame);
  }

  #end(code, reason) {
    if (this.#closed) return;
    this.#closed = true;
    this.emit("close", code, reason);
  }
}
