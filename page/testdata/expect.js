// equal fails a test unless two values have the same JSON.
export function equal(got, want, what = "") {
  const [g, w] = [JSON.stringify(got), JSON.stringify(want)];
  if (g !== w) throw new Error(`${what}\n     got ${g}\n    want ${w}`);
}
