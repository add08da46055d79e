import { dayKey } from "../ui/time.js";

// How long a person may pause before a message stands under the name again.
const pause = 5 * 60_000;

// told reports whether a message says something, rather than that somebody
// came or left.
export function told(m) {
  return m.kind === "text" || m.kind === "service";
}

// arrange says how a message stands below the one before it (null: none is
// known): under a line with its day, and under the author's name or grouped
// with what that author said just before.
export function arrange(before, m) {
  const day = !before || dayKey(before.at) !== dayKey(m.at);
  const grouped =
    !day && told(m) && before.kind === m.kind && before.user === m.user && m.at - before.at < pause;
  return { day, grouped };
}
