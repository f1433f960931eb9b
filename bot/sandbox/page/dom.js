// Nodes from data. Everything that comes from a chat enters the page as a text node: a title may be hostile.

const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

export function avatar(name, id) {
  const hue = Math.abs(Number(id)) % 7;
  return element("span", { class: `avatar hue-${hue}`, "aria-hidden": "true" }, initials(name));
}

function initials(name) {
  const words = name.match(/[\p{L}\p{N}]+/gu) ?? ["?"];
  const han = /\p{Script=Han}/u;
  const first = [...words[0]][0];
  if (han.test(first) || words.length < 2) return first.toUpperCase();
  const second = [...words[1]][0];
  return (han.test(second) ? first : first + second).toUpperCase();
}
