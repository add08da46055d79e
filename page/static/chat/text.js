// The markup of messages: links, *bold*, _italic_, `code` and ```blocks```. parse
// recognizes it, render makes nodes of it. Parsing takes time in proportion to
// the text, whatever its contents.

const marks = { "*": "bold", "_": "italic" };
const tags = { bold: "strong", italic: "em", code: "code", block: "pre" };

// parse cuts text into parts: { kind: "text" | "code" | "block", text },
// { kind: "link", text, href } and { kind: "bold" | "italic", parts }.
export function parse(text, within = "") {
  const parts = [];
  const unclosed = {}; // mark -> where the text ends that is known to have no such part
  let plain = 0; // where the text before i begins that is none of the above
  let i = 0;
  const take = (part, end) => {
    let before = text.slice(plain, i);
    // A block stands on lines of its own; those before and after it are not
    // empty lines.
    if (part.kind === "block") {
      before = before.replace(/\s+$/, "");
      while (text[end] === "\n") end++;
    }
    if (before) parts.push({ kind: "text", text: before });
    parts.push(part);
    plain = i = end;
  };
  while (i < text.length) {
    const c = text[i];
    const found =
      c === "`" ? code(text, i, unclosed)
      : c === "h" || c === "H" ? link(text, i, unclosed)
      : c in marks && !within.includes(c) ? mark(text, i, within, unclosed)
      : null;
    if (found) take(found.part, found.end);
    else i++;
  }
  if (plain < i) parts.push({ kind: "text", text: text.slice(plain, i) });
  return parts;
}

function code(text, at, unclosed) {
  if (text.startsWith("```", at)) {
    if (unclosed["```"]) return null;
    const end = text.indexOf("```", at + 3);
    if (end < 0) unclosed["```"] = true;
    else if (text.slice(at + 3, end).trim() !== "") {
      const inner = text.slice(at + 3, end).replace(/^\n|\n$/g, "");
      return { part: { kind: "block", text: inner }, end: end + 3 };
    }
    return null;
  }
  if (at < (unclosed["`"] ?? 0)) return null;
  const line = lineEnd(text, at);
  const end = text.indexOf("`", at + 1);
  if (end < 0 || end > line) {
    unclosed["`"] = line;
    return null;
  }
  if (text.slice(at + 1, end).trim() === "") return null;
  return { part: { kind: "code", text: text.slice(at + 1, end) }, end: end + 1 };
}

// mark finds *...* and _..._ within one line. Marks inside words are none, so
// that snake_case and 2*3*4 stay what they are.
function mark(text, at, within, unclosed) {
  const c = text[at];
  const sign = text.startsWith("**", at) ? "**" : c; // as in Markdown
  const from = at + sign.length;
  if (at < (unclosed[c] ?? 0) || wordBefore(text, at) || text[at - 1] === c || /^[\s_*]?$/.test(text.charAt(from))) return null;
  const line = lineEnd(text, at);
  for (let end = text.indexOf(sign, from + 1); end >= 0 && end < line; end = text.indexOf(sign, end + 1)) {
    if (/\s/.test(text[end - 1]) || wordAt(text, end + sign.length)) continue;
    const parts = parse(text.slice(from, end), within + c);
    return { part: { kind: marks[c], parts }, end: end + sign.length };
  }
  unclosed[c] = line;
  return null;
}

// What an address is made of: letters and digits of any script, and the punctuation of
// RFC 3986. Other punctuation, as "。", belongs to the sentence, but for what stands
// between two letters in titles, as in Michelson–Morley.
const address = /https?:\/\/(?:[^\p{P}\p{S}\p{Z}\p{C}]|[-._~:/?#[\]@!$&'()*+,;=%]|[\u2010\u2011\u2013\u2019](?=[\p{L}\p{N}]))+/iuy;

// link finds an address of the web. What a sentence puts behind it stays
// outside, and so does a closing bracket that was opened before it.
function link(text, at, unclosed) {
  if (at < (unclosed.link ?? 0) || (wordBefore(text, at) && !spaceless.test(before(text, at)))) return null;
  address.lastIndex = at;
  let found = address.exec(text)?.[0];
  if (!found) return null;
  const whole = at + found.length;
  let open = count(found, "(") - count(found, ")");
  for (;;) {
    const last = found.at(-1);
    if (last === ")" && open < 0) open++;
    else if (!/[.,:;!?*_~'\]]/.test(last)) break;
    found = found.slice(0, -1);
  }
  const href = safe(found);
  if (!href) unclosed.link = whole; // nor is a part of it
  return href && { part: { kind: "link", text: found, href }, end: at + found.length };
}

// safe is the address to link to, or null. An address with a name and a
// password in it pretends to be of another host.
function safe(found) {
  if (!URL.canParse(found)) return null;
  const url = new URL(found);
  const web = url.protocol === "http:" || url.protocol === "https:";
  return web && url.hostname !== "" && url.username === "" && url.password === "" ? url.href : null;
}

function count(s, c) {
  return s.split(c).length - 1;
}

function lineEnd(text, at) {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

const word = /[\p{L}\p{N}]/u;
// Letters without case, as those of scripts that put no spaces between words.
const spaceless = /\p{Lo}/u;

function wordAt(text, at) {
  return at < text.length && word.test(String.fromCodePoint(text.codePointAt(at)));
}

function wordBefore(text, at) {
  return at > 0 && word.test(before(text, at));
}

// before is the character before a place, which may be two units long.
function before(text, at) {
  const long = at > 1 && /[\uDC00-\uDFFF]/.test(text[at - 1]);
  return text.slice(at - (long ? 2 : 1), at);
}

// render makes nodes of text.
export function render(text) {
  const out = document.createDocumentFragment();
  out.append(...parse(text).map(node));
  return out;
}

function node(part) {
  if (part.kind === "text") return document.createTextNode(part.text);
  if (part.kind === "link") {
    const a = document.createElement("a");
    a.href = part.href;
    a.target = "_blank";
    a.rel = "noopener noreferrer nofollow";
    a.textContent = part.text;
    return a;
  }
  const n = document.createElement(tags[part.kind]);
  if (part.parts) n.append(...part.parts.map(node));
  else n.textContent = part.text;
  return n;
}
