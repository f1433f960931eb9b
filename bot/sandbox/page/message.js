// One message as a bubble with its buttons.

import { fileUrl } from "/page/api.js";
import { avatar, element, icon } from "/page/dom.js";
import { preview, senderId, senderName, serviceText } from "/page/people.js";
import { richText, safeUrl } from "/page/rich_text.js";
import { clock, fullDate, words } from "/page/words.js";

/**
 * `seen` says how it is seen: mine (by the one who acts), first and last of a run by one sender, named (the sender's
 * name stands above it), pictured (with an avatar beside it).
 */
export function messageNode(message, seen) {
  const service = serviceText(message);
  const id = message.message_id;
  if (service) return element("div", { class: "service", "data-message": id }, isolated("span", service));
  const name = senderName(message);
  const classes = ["message", seen.mine && "mine", seen.first && "first", seen.last && "last", seen.wide && "wide"];
  return element(
    "article",
    { class: classes.filter(Boolean).join(" "), "data-message": id, "aria-label": name },
    seen.pictured ? element("span", { class: "beside" }, seen.last ? avatar(name, senderId(message)) : null) : null,
    element("div", { class: "stack" }, bubble(message, seen), keyboard(message.reply_markup?.inline_keyboard)),
    replyButton(),
  );
}

const isolated = (tag, text, attributes = {}) => element(tag, { dir: "auto", ...attributes }, text);

function bubble(message, seen) {
  const hue = Math.abs(senderId(message)) % 7;
  return element(
    "div",
    { class: "bubble" },
    seen.named && seen.first ? isolated("div", senderName(message), { class: `sender hue-${hue}` }) : null,
    message.via_bot ? element("div", { class: "via" }, `via @${message.via_bot.username}`) : null,
    message.reply_to_message && !opensTopic(message) ? quoted(message.reply_to_message) : null,
    photo(message.photo),
    message.document ? documentRow(message.document) : null,
    body(message),
  );
}

// In a topic, every message without a reply answers the service message that opened it.
const opensTopic = (message) => message.reply_to_message.forum_topic_created !== undefined;

function body(message) {
  const text = message.text ?? message.caption ?? "";
  const entities = message.text === undefined ? message.caption_entities : message.entities;
  return element("div", { class: "text" }, richText(text, entities), meta(message));
}

function meta(message) {
  const edited = message.edit_date
    ? element("button", { type: "button", class: "edited", title: words().earlier }, words().edited)
    : null;
  const when = { datetime: new Date(message.date * 1000).toISOString(), title: fullDate(message.date) };
  return element("span", { class: "meta" }, edited, element("time", when, clock(message.date)));
}

function quoted(message) {
  return element(
    "button",
    { type: "button", class: "quoted", "data-goto": message.message_id },
    isolated("span", senderName(message), { class: "quoted-name" }),
    isolated("span", preview(message), { class: "quoted-text" }),
  );
}

function photo(sizes) {
  const largest = sizes?.at(-1);
  if (!largest) return null;
  const { file_id: id, width, height } = largest;
  return element(
    "a",
    { class: "photo", href: fileUrl(id), target: "_blank", rel: "noopener" },
    element("img", { src: fileUrl(id), alt: words().photo, width, height, loading: "lazy" }),
  );
}

function documentRow({ file_id: id, file_name: name = words().file, file_size: size }) {
  return element(
    "a",
    { class: "document", href: fileUrl(id), download: name, target: "_blank", rel: "noopener" },
    element("span", { class: "document-icon" }, icon("file")),
    element("span", { class: "document-name" }, isolated("bdi", name), element("small", {}, bytes(size))),
  );
}

function bytes(size) {
  if (size === undefined) return "";
  if (size < 1024) return `${size} B`;
  return size < 1024 * 1024 ? `${(size / 1024).toFixed(1)} KB` : `${(size / 1024 / 1024).toFixed(1)} MB`;
}

function replyButton() {
  const label = words().reply;
  return element("button", { type: "button", class: "reply", title: label, "aria-label": label }, icon("reply"));
}

function keyboard(rows) {
  if (!rows?.length) return null;
  return element("div", { class: "keyboard" }, rows.map((row) => element("div", { class: "row" }, row.map(key))));
}

function key(button) {
  const label = isolated("span", button.text);
  const href = button.url && safeUrl(button.url);
  if (href) {
    const address = { href, title: href, target: "_blank", rel: "noopener noreferrer" };
    return element("a", { class: "key", ...address }, label, icon("link"));
  }
  const kind = button.copy_text ? { "data-copy": button.copy_text.text } : { "data-press": button.callback_data };
  return element("button", { type: "button", class: "key", ...kind }, label, button.copy_text ? icon("copy") : null);
}

/** The texts that a message had before. */
export function historyNode(message) {
  const versions = (message.edits ?? []).map((version) =>
    element(
      "li",
      { class: "text" },
      richText(version.text ?? version.caption ?? "", version.entities ?? version.caption_entities),
      element("span", { class: "meta" }, clock(version.edit_date ?? version.date ?? message.date)),
    ),
  );
  return [element("h2", {}, words().earlier), element("ol", { class: "history" }, versions)];
}
