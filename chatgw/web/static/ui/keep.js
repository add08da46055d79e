// What the page keeps in the browser. Storage may be full or forbidden: then
// the page works, and forgets.

// keep(localStorage) stays; keep(sessionStorage) ends with the tab. It is asked
// for by a function, since the very access can be refused.
export function keep(storage) {
  return {
    get(name) {
      try {
        return JSON.parse(storage().getItem("parley." + name) ?? "null");
      } catch {
        return null;
      }
    },
    set(name, value) {
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
