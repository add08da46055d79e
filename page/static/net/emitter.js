// Emitter calls the listeners of events by name.
export class Emitter {
  #listeners = new Map();

  // on adds a listener and returns the function that removes it.
  on(name, listener) {
    const set = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, set.add(listener));
    return () => set.delete(listener);
  }

  emit(name, ...args) {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) listener(...args);
  }
}
