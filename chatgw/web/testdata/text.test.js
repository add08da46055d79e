import { parse, render } from "/static/chat/text.js";
import { equal } from "./expect.js";

// flat writes parts as <kind:...>, so that cases are readable.
const flat = (parts) => parts.map((p) =>
  p.kind === "text" ? p.text : p.kind === "link" ? `<link:${p.text}|${p.href}>` : `<${p.kind}:${p.parts ? flat(p.parts) : p.text}>`).join("");
const cases = (table) => table.forEach(([text, want]) => equal(flat(parse(text)), want, text));

export function marks() {
  cases([
    ["plain", "plain"],
    ["", ""],
    ["*bold*", "<bold:bold>"],
    ["**bold**", "<bold:bold>"],
    ["a *b c* d", "a <bold:b c> d"],
    ["_it_ and *bo*", "<italic:it> and <bold:bo>"],
    ["*a _b_ c*", "<bold:a <italic:b> c>"],
    ["_a *b* c_", "<italic:a <bold:b> c>"],
    ["`a*b*c`", "<code:a*b*c>"],
    ["*a `b* c` d*", "<bold:a `b> c` d*"],
    ["(*b*), \"_i_\".", "(<bold:b>), \"<italic:i>\"."],
    ["*é*", "<bold:é>"],
  ]);
}

export function noMarks() {
  for (const text of ["snake_case_name", "2*3*4", "* a * b *", "*", "**", "***", "****", "_", "__init__", "*a", "a*", "*a\nb*", "`a", "` `", "`a\nb`", "```", "``````", "*a *", "* a*", "_ _", "a_b_ c", "é*a*"]) {
    equal(flat(parse(text)), text, text);
  }
}

export function blocks() {
  cases([
    ["```a\n *b*```", "<block:a\n *b*>"],
    ["x\n\n```\ncode\n```\n\ny", "x<block:code>y"],
    ["```\na", "```\na"],
  ]);
}

export function links() {
  cases([
    ["see https://a.example/b?c=d#e.", "see <link:https://a.example/b?c=d#e|https://a.example/b?c=d#e>."],
    ["(http://a.example)", "(<link:http://a.example|http://a.example/>)"],
    ["https://a.example/x_(y)", "<link:https://a.example/x_(y)|https://a.example/x_(y)>"],
    ["https://a.example/a_b_c", "<link:https://a.example/a_b_c|https://a.example/a_b_c>"],
    ["*https://a.example*", "<bold:<link:https://a.example|https://a.example/>>"],
    ["HTTPS://A.example", "<link:HTTPS://A.example|https://a.example/>"],
    ["<https://a.example>", "<<link:https://a.example|https://a.example/>>"],
    ["https://a.example, https://b.example!", "<link:https://a.example|https://a.example/>, <link:https://b.example|https://b.example/>!"],
  ]);
}

export function noLinks() {
  for (const text of ["javascript:alert(1)", "data:text/html,x", "ftp://a.example", "xhttps://a.example", "https://", "https:///", "http://user:pass@a.example", "https://good.example@evil.example/", "file:///etc", "//a.example", "https://a b".slice(0, 8)]) {
    equal(flat(parse(text)), text, text);
  }
}

export function nodes() {
  const div = document.createElement("div");
  div.append(render("<b>x</b> *<img src=x onerror=alert(1)>* https://a.example/\"onmouseover=\"x `</code><script>`"));
  equal(div.querySelectorAll("img, script, b, [onmouseover]").length, 0);
  equal(div.textContent, "<b>x</b> <img src=x onerror=alert(1)> https://a.example/\"onmouseover=\"x </code><script>");
  const a = div.querySelector("a");
  equal([a.rel, a.target, a.protocol], ["noopener noreferrer nofollow", "_blank", "https:"]);
}

// Nothing of a text is lost: what is left out are the marks themselves.
export function complete() {
  const alphabet = ["*", "_", "`", "```", "\n", " ", "a", "h", "https://a.example", "(", ")", ".", "é", "😀"];
  let seed = 7;
  const random = (n) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
  for (let i = 0; i < 3000; i++) {
    const text = Array.from({ length: random(12) }, () => alphabet[random(alphabet.length)]).join("");
    const div = document.createElement("div");
    div.append(render(text));
    const bare = (s) => s.replaceAll(/[*_`\s]/g, "");
    equal(bare(div.textContent), bare(text), text);
  }
}

// A hostile text of the greatest length is read in the time of one frame.
export function linear() {
  for (const unit of ["*a ", "_", "`", "```", "*", "h", "http://", "https://a@", "*_", "(http://a.example/", "* *a", "`\n", "_a*b "]) {
    const text = unit.repeat(Math.ceil(16384 / unit.length));
    const start = performance.now();
    parse(text);
    const took = performance.now() - start;
    if (took > 400) throw new Error(`${JSON.stringify(unit)} repeated to 16 KB took ${took} ms`);
  }
}
