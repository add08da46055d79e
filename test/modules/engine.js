// What the modules need of a browser besides the language. Times and prices are
// formatted plainly: what they look like is tested in the browser.
globalThis.sessionStorage = {
  items: new Map(),
  getItem(k) { return this.items.get(k) ?? null; },
  setItem(k, v) { this.items.set(k, String(v)); },
  removeItem(k) { this.items.delete(k); },
  clear() { this.items.clear(); },
};
let made = 0;
globalThis.crypto = { randomUUID: () => `00000000-0000-4000-8000-${String(++made).padStart(12, "0")}` };
class Format { format(x) { return String(x); } }
globalThis.Intl = { DateTimeFormat: Format, NumberFormat: Format };
globalThis.performance ??= { now: () => Date.now() };
globalThis.URL = class {
  constructor(text) {
    const parts = JSON.parse(parseURL(text));
    if (parts.error) throw new TypeError(parts.error);
    Object.assign(this, parts);
  }
  static canParse(text) { return !JSON.parse(parseURL(text)).error; }
};
globalThis.TextEncoder = class {
  encode(text) { return { length: utf8Length(text) }; }
};
// Tests pump by themselves; a timer that fires is the browser's to test.
globalThis.setTimeout = () => 0;
globalThis.clearTimeout = () => {};
