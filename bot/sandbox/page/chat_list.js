// The chats at the left, the newest first.

import { avatar, byId, element, icon } from "/page/dom.js";
import { kindOf, preview, senderName, serviceText, titleOf } from "/page/people.js";
import { listTime, words } from "/page/words.js";

const list = byId("chats");
const seen = new Map(); // chat id -> the last message that was looked at

export function showChats(chats, open) {
  const newest = (chat) => chat.last_message?.date ?? 0;
  const ordered = chats.toSorted((a, b) => newest(b) - newest(a));
  const focused = document.activeElement?.closest?.(".chat")?.dataset.chat;
  list.replaceChildren(...ordered.map((chat) => row(chat, chat.id === open)));
  if (!chats.length) list.append(element("li", { class: "no-chats" }, words().noChats));
  if (focused) list.querySelector(`[data-chat="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

export const newestChat = (chats) =>
  chats.toSorted((a, b) => (b.last_message?.date ?? 0) - (a.last_message?.date ?? 0))[0];

function row(chat, isOpen) {
  const message = chat.last_message;
  const last = message?.message_id ?? 0;
  if (isOpen || !seen.has(chat.id)) seen.set(chat.id, last);
  const isNew = last > seen.get(chat.id);
  return element(
    "li",
    {},
    element(
      "a",
      { class: "chat", href: `#${chat.id}`, "data-chat": chat.id, "aria-current": isOpen && "true" },
      avatar(titleOf(chat), chat.id),
      element(
        "span",
        { class: "chat-lines" },
        element(
          "span",
          { class: "chat-top" },
          title(chat),
          message ? element("time", {}, listTime(message.date)) : null,
        ),
        element(
          "span",
          { class: "chat-bottom" },
          element("span", { class: "chat-preview", dir: "auto" }, last ? said(chat, message) : words().noMessages),
          isNew ? element("span", { class: "dot", role: "img", "aria-label": words().newMessages }) : null,
        ),
      ),
    ),
  );
}

function title(chat) {
  const kind = kindOf(chat);
  const mark = kind === "private" ? null : icon(kind === "supergroup" ? "group" : kind);
  return element("span", { class: "chat-title" }, mark, element("bdi", {}, titleOf(chat)));
}

function said(chat, message) {
  if (chat.type === "private" || chat.type === "channel" || serviceText(message)) return [preview(message)];
  return [element("span", { class: "chat-author" }, element("bdi", {}, senderName(message)), ": "), preview(message)];
}

list.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const rows = [...list.querySelectorAll(".chat")];
  rows[rows.indexOf(document.activeElement) + step]?.focus();
});
