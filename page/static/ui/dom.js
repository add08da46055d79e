// Nodes are made here and nowhere from strings: what people typed reaches the
// page as text nodes only.

const svg = "http://www.w3.org/2000/svg";

// el makes an element: el("button.primary", { onclick }, "Send"). Functions are
// listeners, true is an attribute without a value, and null, undefined and
// false leave out an attribute or a child.
export function el(spec, props, ...children) {
  const [tag, ...classes] = spec.split(".");
  return fill(document.createElement(tag), classes, props, children);
}

// sv makes an SVG element.
export function sv(spec, props, ...children) {
  const [tag, ...classes] = spec.split(".");
  return fill(document.createElementNS(svg, tag), classes, props, children);
}

function fill(node, classes, props, children) {
  if (classes.length > 0) node.classList.add(...classes);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

// replace gives a node these children instead of those it has.
export function replace(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
}

// setText changes a node's text only where it differs, so that nothing is
// announced or laid out again for nothing.
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
