// The layout of an id: from the highest bit to the lowest.
export const fields = [
  { name: "zero", bits: 6 },
  { name: "timestamp", bits: 41 },
  { name: "worker", bits: 5 },
  { name: "sequence", bits: 12 },
];

export const epochMS = 1_767_225_600_000; // 2026-01-01T00:00:00Z
const max = (1n << 58n) - 1n;
const digits = "0123456789abcdefghjkmnpqrstvwxyz";

// readID reads an id as people have it, in decimal digits or in the short form,
// and returns the number, or null.
export function readID(text) {
  const t = text.trim().toLowerCase();
  let n;
  if (/^[1-9][0-9]{0,18}$/.test(t)) n = BigInt(t);
  else if (t.length === 12 && [...t].every((c) => digits.includes(c))) n = [...t].reduce((v, c) => v * 32n + BigInt(digits.indexOf(c)), 0n);
  else return null;
  return n > 0n && n <= max ? n : null;
}

// takeApart gives an id's fields: each with its bits as text and its value.
export function takeApart(id) {
  const all = id.toString(2).padStart(64, "0");
  let at = 0;
  return fields.map(({ name, bits }) => {
    const text = all.slice(at, (at += bits));
    return { name, text, value: BigInt("0b" + text) };
  });
}

// short is the fixed-width form, whose order as text is the order of the ids.
export function short(id) {
  let s = "";
  for (let n = id, i = 0; i < 12; i++, n >>= 5n) s = digits[Number(n & 31n)] + s;
  return s;
}
