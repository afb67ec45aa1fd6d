// Elements. Belongs here: making them, with data only ever as text. No other module writes HTML, and neither does this.

/** Make an element. Properties that start with "on" are listeners; the rest are attributes; null and false are left out. */
export function h(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** Make an SVG element. */
export function svg(tag, properties = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), properties, children);
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** A colour swatch; set through the style object, which the content policy allows where an attribute is refused. */
export function swatch(colour, kind = "") {
  const mark = h("span", { class: `swatch ${kind}`, "aria-hidden": "true" });
  mark.style.setProperty("--colour", colour);
  return mark;
}

/** A link out, only to a web page; otherwise the text alone. */
export function linkOut(address, text) {
  if (!/^https?:\/\//i.test(address ?? "")) return text;
  return h("a", { href: address, target: "_blank", rel: "noopener noreferrer external" }, text);
}

export const byId = (id) => document.getElementById(id);
