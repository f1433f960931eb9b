// The messages of one place, changed in place: what the reader looks at never jumps.

import { byId, element } from "/page/dom.js";
import { historyNode, messageNode } from "/page/message.js";
import { senderId, serviceText } from "/page/people.js";
import { foldQuote } from "/page/rich_text.js";
import { dayName, language } from "/page/words.js";

const NEAR = 80; // pixels from the bottom that still count as being there
const RUN = 10 * 60; // seconds within which messages of one sender stand together

const scroller = byId("scroller");
const list = byId("messages");
const toBottom = byId("to-bottom");
const unseenCount = byId("unseen");

let place = "";
let shown = new Map(); // key -> {node, signature}
let unfolded = new Set(); // "message:quote" that the reader has unfolded
let unseen = 0;
let near = true; // the bottom
let messages = [];

/** Show the messages of a place (any string that names it) as the one who acts sees them. */
export function showMessages(newPlace, chat, newMessages, me, emptyNode) {
  const moved = newPlace !== place;
  if (moved) forget(newPlace);
  const stuck = moved || atBottom();
  const held = stuck ? null : anchor();
  const before = new Set(messages.map((message) => message.message_id));
  messages = newMessages;
  arrange(items(chat, me), moved);
  if (!messages.length) list.replaceChildren(emptyNode());
  if (stuck) scroller.scrollTop = scroller.scrollHeight;
  else restore(held);
  unseen = stuck ? 0 : unseen + messages.filter((message) => !before.has(message.message_id)).length;
  showDistance();
}

export function messageOf(node) {
  const id = Number(node.closest("[data-message]")?.dataset.message);
  return messages.find((message) => message.message_id === id);
}

export function goTo(messageId) {
  const node = shown.get(`message:${messageId}`)?.node;
  if (!node) return;
  node.scrollIntoView({ block: "center", behavior: "smooth" });
  flash(node);
}

export function toggleQuote(quote) {
  const key = quoteKey(quote);
  const open = quote.classList.contains("folded");
  foldQuote(quote, !open);
  if (open) unfolded.add(key);
  else unfolded.delete(key);
}

export const historyOf = (node) => historyNode(messageOf(node));

function forget(newPlace) {
  place = newPlace;
  shown = new Map();
  unfolded = new Set();
  messages = [];
  list.replaceChildren();
}

function items(chat, me) {
  const found = [];
  messages.forEach((message, index) => {
    const previous = messages[index - 1];
    const day = dayName(message.date);
    if (!previous || dayName(previous.date) !== day) {
      found.push({ key: `day:${day}`, signature: "", build: () => dayNode(day) });
    }
    const mine = message.from?.id === me && !message.sender_chat;
    const group = chat.type === "group" || chat.type === "supergroup";
    const seen = {
      mine,
      first: !together(previous, message),
      last: !together(message, messages[index + 1]),
      named: chat.type === "channel" || (group && !mine),
      pictured: group && !mine,
      wide: chat.type === "channel",
    };
    const signature = JSON.stringify([message, seen, language()]);
    found.push({ key: `message:${message.message_id}`, signature, build: () => messageNode(message, seen) });
  });
  return found;
}

const dayNode = (day) => element("div", { class: "day" }, element("span", {}, day));

function together(a, b) {
  if (!a || !b || serviceText(a) || serviceText(b)) return false;
  return senderId(a) === senderId(b) && b.date - a.date < RUN && dayName(a.date) === dayName(b.date);
}

function arrange(wanted, fresh) {
  const kept = new Map();
  let after = null;
  if (!shown.size) list.replaceChildren();
  for (const { key, signature, build } of wanted) {
    const old = shown.get(key);
    const node = old?.signature === signature ? old.node : built(key, build, old?.node, fresh);
    const spot = after ? after.nextSibling : list.firstChild;
    if (node !== spot) list.insertBefore(node, spot);
    kept.set(key, { node, signature });
    after = node;
  }
  for (const [key, { node }] of shown) if (!kept.has(key)) node.remove();
  shown = kept;
}

function built(key, build, old, fresh) {
  const node = build();
  for (const quote of node.querySelectorAll(".expandable")) {
    if (unfolded.has(quoteKey(quote))) foldQuote(quote, false);
  }
  if (old) replace(old, node);
  else if (!fresh && key.startsWith("message:")) node.classList.add("arriving");
  return node;
}

function replace(old, node) {
  const controls = (root) => [...root.querySelectorAll("a, button")];
  const focused = controls(old).indexOf(document.activeElement);
  const changed = old.querySelector(".text")?.textContent !== node.querySelector(".text")?.textContent;
  old.replaceWith(node);
  if (focused >= 0) controls(node)[focused]?.focus({ preventScroll: true });
  if (changed) flash(node);
}

function flash(node) {
  node.classList.remove("flash");
  requestAnimationFrame(() => node.classList.add("flash"));
}

function quoteKey(quote) {
  const message = quote.closest("[data-message], .history");
  return `${message.dataset.message}:${[...message.querySelectorAll(".expandable")].indexOf(quote)}`;
}

const atBottom = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR;

function anchor() {
  const top = scroller.getBoundingClientRect().top;
  const visible = [...list.children].find((node) => node.getBoundingClientRect().bottom > top);
  const key = [...shown].find(([, { node }]) => node === visible)?.[0];
  return key ? { key, offset: visible.getBoundingClientRect().top } : null;
}

function restore(held) {
  const node = held && shown.get(held.key)?.node;
  if (node) scroller.scrollTop += node.getBoundingClientRect().top - held.offset;
}

function showDistance() {
  near = atBottom();
  if (near) unseen = 0;
  toBottom.hidden = near;
  unseenCount.hidden = unseen === 0;
  unseenCount.textContent = String(unseen);
}

scroller.addEventListener("scroll", showDistance, { passive: true });
toBottom.addEventListener("click", () => scroller.scrollTo({ top: scroller.scrollHeight, behavior: "smooth" }));
// The box that one types in grows, pictures arrive: whoever was at the bottom stays there.
const stay = () => near && scroller.scrollTo(0, scroller.scrollHeight);
new ResizeObserver(stay).observe(scroller);
list.addEventListener("load", stay, true);
