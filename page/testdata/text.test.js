import { parse } from "/static/chat/text.js";
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
    ["https://en.wikipedia.org/wiki/Murphy's_law", "<link:https://en.wikipedia.org/wiki/Murphy's_law|https://en.wikipedia.org/wiki/Murphy's_law>"],
    ["'https://a.example/x'", "'<link:https://a.example/x|https://a.example/x>'"],
    ["https://example.com/docs。谢谢", "<link:https://example.com/docs|https://example.com/docs>。谢谢"],
    ["看https://example.com/a，还有（https://example.com/b）。", "看<link:https://example.com/a|https://example.com/a>，还有（<link:https://example.com/b|https://example.com/b>）。"],
    ["「https://example.com/路径」", "「<link:https://example.com/路径|https://example.com/%E8%B7%AF%E5%BE%84>」"],
    ["https://example.com/a…", "<link:https://example.com/a|https://example.com/a>…"],
    ["https://en.wikipedia.org/wiki/Michelson–Morley_experiment", "<link:https://en.wikipedia.org/wiki/Michelson–Morley_experiment|https://en.wikipedia.org/wiki/Michelson%E2%80%93Morley_experiment>"],
    ["𠮷https://example.com/a", "𠮷<link:https://example.com/a|https://example.com/a>"],
    ["https://example.com/a – b", "<link:https://example.com/a|https://example.com/a> – b"],
    ["“https://example.com/a”", "“<link:https://example.com/a|https://example.com/a>”"],
    ["https://a.example/x?q=a%20b&c=d+e", "<link:https://a.example/x?q=a%20b&c=d+e|https://a.example/x?q=a%20b&c=d+e>"],
    ["https://a.example, https://b.example!", "<link:https://a.example|https://a.example/>, <link:https://b.example|https://b.example/>!"],
  ]);
}

export function noLinks() {
  for (const text of ["javascript:alert(1)", "data:text/html,x", "ftp://a.example", "xhttps://a.example", "https://", "https:///", "http://user:pass@a.example", "https://good.example@evil.example/", "file:///etc", "//a.example", "https://a b".slice(0, 8)]) {
    equal(flat(parse(text)), text, text);
  }
}
