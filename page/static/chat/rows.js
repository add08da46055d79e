import { dayKey } from "../ui/time.js";

// How long a person may pause before a message stands under the name again.
const pause = 5 * 60_000;

// hasText reports whether a message is a text, rather than a notice that somebody
// came or left.
export function hasText(m) {
  return m.kind === "text" || m.kind === "service";
}

// arrange decides how a message is shown below the one before it (null: none is
// known): under a line with its day, and under the author's name or grouped
// with that author's previous message.
export function arrange(before, m) {
  const day = !before || dayKey(before.at) !== dayKey(m.at);
  const grouped =
    !day && hasText(m) && before.kind === m.kind && before.user === m.user && m.at - before.at < pause;
  return { day, grouped };
}
