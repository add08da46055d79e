// How long to wait before connecting again: twice as long after each failure,
// half of it by chance, so that the clients of a gateway that died do not come
// back in one moment.

const base = 500;
const ceiling = 30_000;

// delay is the wait in milliseconds before try number attempt (from 0). A hint
// of the gateway is never undercut. random is from 0 to 1.
export function delay(attempt, hint, random) {
  const full = Math.min(ceiling, base * 2 ** Math.min(attempt, 10));
  return Math.max(hint ?? 0, Math.round(full / 2 + (random * full) / 2));
}
