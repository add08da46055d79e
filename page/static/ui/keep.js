// What the page keeps in the browser. Storage may be full or forbidden: then
// the page works, and forgets.

// keep(localStorage) stays; keep(sessionStorage) ends with the tab. It is asked
// for by a function, since the very access can be refused.
export function keep(storage) {
  let closed = false;
  return {
    get(name) {
      try {
        return JSON.parse(storage().getItem("parley." + name) ?? "null");
      } catch {
        return null;
      }
    },
    // clear forgets everything but the names in spare, and keeps nothing more.
    clear(spare = []) {
      closed = true;
      try {
        const ours = Object.keys(storage()).filter((k) => k.startsWith("parley.") && !spare.includes(k.slice(7)));
        for (const key of ours) storage().removeItem(key);
      } catch {
        // there was nothing
      }
    },
    set(name, value) {
      if (closed) return;
      try {
        if (value === null || value === undefined) storage().removeItem("parley." + name);
        else storage().setItem("parley." + name, JSON.stringify(value));
      } catch {
        // forgotten
      }
    },
  };
}

export const lasting = keep(() => localStorage);
export const tab = keep(() => sessionStorage);
