import { parse, render } from "/static/chat/text.js";
import { equal } from "./expect.js";

// What needs a document, or a browser's speed.

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

// A hostile text of the greatest length is read in time that grows with its
// length, not with the square of it: four times the text would take sixteen
// times as long then.
export function linear() {
  const best = (text) => Math.min(...[1, 2, 3].map(() => {
    const start = performance.now();
    parse(text);
    return performance.now() - start;
  }));
  for (const unit of ["*a ", "_", "`", "```", "*", "h", "http://", "https://a@", "*_", "(http://a.example/", "* *a", "`\n", "_a*b "]) {
    const [short, long] = [4096, 16384].map((n) => best(unit.repeat(Math.ceil(n / unit.length))));
    if (long > 10 * short + 100) throw new Error(`${JSON.stringify(unit)}: 4 KB took ${short} ms, 16 KB ${long} ms`);
  }
}
