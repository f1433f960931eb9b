// A text and its entities as nodes. Offsets count UTF-16 units, which is how JavaScript counts too.

import { element, icon } from "/page/dom.js";
import { words } from "/page/words.js";

const INLINE = { bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code" };
const BLOCKS = new Set(["blockquote", "expandable_blockquote", "pre"]);
const SAFE = new Set(["http:", "https:", "mailto:"]);

export function richText(text, entities = []) {
  const fragment = document.createDocumentFragment();
  fragment.append(...pieces(text, 0, text.length, inOrder(entities)));
  return fragment;
}

/** An address that may be opened, or null: `javascript:` and its like stay text. */
export function safeUrl(address) {
  const full = /^[a-z][a-z0-9+.-]*:/i.test(address) && !/^[^/]*:\d/.test(address) ? address : `https://${address}`;
  try {
    const url = new URL(full);
    return SAFE.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

function inOrder(entities) {
  const rank = (entity) => (BLOCKS.has(entity.type) ? 0 : 1);
  return entities.toSorted((a, b) => a.offset - b.offset || b.length - a.length || rank(a) - rank(b));
}

function pieces(text, start, end, entities) {
  const nodes = [];
  let at = start;
  let waiting = entities;
  while (waiting.length) {
    const [entity, ...others] = waiting;
    const from = Math.max(entity.offset, at);
    const to = Math.min(entity.offset + entity.length, end);
    waiting = others;
    if (from >= to) continue;
    add(nodes, text.slice(at, from));
    const inner = others.filter((other) => other.offset < to);
    nodes.push(...wrapped(entity, text.slice(from, to), pieces(text, from, to, inner)));
    // What reaches beyond this entity goes on after it: entities may cross.
    waiting = inOrder(others.filter((other) => other.offset + other.length > to).map((other) => after(other, to)));
    at = to;
  }
  add(nodes, text.slice(at, end));
  return nodes;
}

function after(entity, position) {
  if (entity.offset >= position) return entity;
  return { ...entity, offset: position, length: entity.offset + entity.length - position };
}

function add(nodes, text) {
  const last = nodes.at(-1);
  // A block ends its line by itself; the line end that follows it would be an empty line.
  const shown = last instanceof HTMLElement && last.matches("blockquote, pre") ? text.replace(/^\n/, "") : text;
  if (shown) nodes.push(document.createTextNode(shown));
}

function wrapped(entity, text, children) {
  if (Object.hasOwn(INLINE, entity.type)) return [element(INLINE[entity.type], {}, children)];
  const wrap = WRAPS[entity.type];
  return wrap ? [wrap(entity, text, children)] : children;
}

const WRAPS = {
  spoiler: (_, __, children) =>
    element("span", { class: "spoiler", role: "button", tabindex: "0", "aria-label": words().spoiler }, children),
  pre: (entity, _, children) =>
    element("pre", { "data-language": entity.language }, element("code", {}, children)),
  text_link: (entity, _, children) => link(entity.url, children),
  url: (_, text, children) => link(text, children),
  email: (_, text, children) => link(`mailto:${text}`, children),
  mention: (_, text, children) => act("mention", text.slice(1), children),
  bot_command: (_, text, children) => act("command", text, children),
  text_mention: (_, __, children) => element("span", { class: "name" }, children),
  hashtag: (_, __, children) => element("span", { class: "name" }, children),
  cashtag: (_, __, children) => element("span", { class: "name" }, children),
  blockquote: (_, __, children) => element("blockquote", {}, children),
  expandable_blockquote: (_, __, children) => foldedQuote(children),
};

function link(address, children) {
  const href = safeUrl(address);
  if (!href) return element("span", {}, children);
  return element("a", { href, title: href, target: "_blank", rel: "noopener noreferrer" }, children);
}

function act(what, value, children) {
  return element("a", { href: "#", role: "button", [`data-${what}`]: value }, children);
}

function foldedQuote(children) {
  const body = element("div", { class: "quote-body" }, children);
  const toggle = element("button", { type: "button", class: "quote-toggle" }, element("span"), icon("down"));
  const quote = element("blockquote", { class: "expandable" }, body, toggle);
  foldQuote(quote, true);
  fitting.observe(body);
  return quote;
}

export function foldQuote(quote, folded) {
  const toggle = quote.querySelector(".quote-toggle");
  quote.classList.toggle("folded", folded);
  toggle.setAttribute("aria-expanded", String(!folded));
  toggle.firstChild.textContent = folded ? words().unfold : words().fold;
}

// A quote of three lines or fewer needs no control; only its laid out height tells.
const fitting = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const quote = target.parentElement;
    if (!quote?.classList.contains("folded")) continue;
    quote.classList.toggle("fits", target.scrollHeight <= target.clientHeight + 1);
  }
});
