// Times as people read them.

const clockFormat = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const fullFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const dayFormat = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const yearFormat = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" });

// clock is the time of day of a moment in milliseconds since 1970.
export function clock(ms) {
  return clockFormat.format(ms);
}

// full is a moment with weekday, date and time, to the second.
export function full(ms) {
  return fullFormat.format(ms);
}

// dayKey is the same for two moments of one day, where the reader is.
export function dayKey(ms) {
  const d = new Date(ms);
  return d.getFullYear() * 10_000 + d.getMonth() * 100 + d.getDate();
}

// dayLabel names a moment's day as seen from now.
export function dayLabel(ms, now) {
  const yesterday = new Date(now);
  yesterday.setDate(yesterday.getDate() - 1);
  if (dayKey(ms) === dayKey(now)) return "Today";
  if (dayKey(ms) === dayKey(yesterday)) return "Yesterday";
  const sameYear = new Date(ms).getFullYear() === new Date(now).getFullYear();
  return (sameYear ? dayFormat : yearFormat).format(ms);
}

// span is a duration in microseconds with three digits at most.
export function span(us) {
  if (us < 1_000) return `${Math.max(0, Math.round(us))} µs`;
  if (us < 1_000_000) return `${digits(us / 1_000)} ms`;
  if (us < 60_000_000) return `${digits(us / 1_000_000)} s`;
  const s = Math.round(us / 1_000_000);
  return `${Math.floor(s / 60)} min ${s % 60} s`;
}

function digits(n) {
  if (n < 10) return n.toFixed(2);
  return n < 100 ? n.toFixed(1) : n.toFixed(0);
}
