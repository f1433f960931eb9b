// The box one types in, with the bot's commands, lines to try and the message that is answered.

import { byId, element, icon } from "/page/dom.js";
import { look } from "/page/inline.js";
import { preview, senderName } from "/page/people.js";
import { HINTS, words } from "/page/words.js";

const form = byId("composer");
const box = byId("text");
const menu = byId("commands");
const slash = byId("slash");

let commands = [];
let chosen = -1; // in the menu; -1: none, and Enter sends
let replyTo = null;
let deliver = async () => false;

/** `send(text, replyTo)` delivers a message and tells whether it could; if not, the text stays. */
export function startComposer(send) {
  deliver = send;
}

export function setCommands(found) {
  commands = found;
  showMenu();
}

export function fill(text) {
  box.value = text;
  changed();
  box.focus();
}

export function answer(message) {
  replyTo = message;
  const bar = byId("replying");
  bar.hidden = !message;
  if (!message) return bar.replaceChildren();
  const label = words().cancelReply;
  const cancel = element("button", { type: "button", class: "tool", "aria-label": label, title: label }, icon("close"));
  cancel.addEventListener("click", () => answer(null));
  const about = element("span", { class: "quoted-text", dir: "auto" }, preview(message));
  const name = element("bdi", { class: "quoted-name" }, words().replyTo(senderName(message)));
  bar.replaceChildren(element("span", { class: "quoted" }, name, about), cancel);
  return box.focus();
}

export function showHints() {
  const lines = HINTS.map((line) => element("button", { type: "button", class: "hint" }, line));
  byId("hints").replaceChildren(element("span", {}, words().try), ...lines);
}

/** Leave what was being written: another chat is shown. */
export function clear() {
  box.value = "";
  answer(null);
  changed();
}

function changed() {
  box.style.height = "auto";
  const borders = box.offsetHeight - box.clientHeight;
  // Of a hidden box nothing can be measured.
  if (box.scrollHeight) box.style.height = `${Math.min(box.scrollHeight + borders, 160)}px`;
  byId("send").disabled = !box.value.trim();
  byId("hints").hidden = box.value !== "";
  chosen = -1;
  showMenu();
  look(box.value);
}

function matching() {
  const typed = /^\/([a-z0-9_]*)$/i.exec(box.value);
  return typed ? commands.filter(({ command }) => command.startsWith(typed[1].toLowerCase())) : [];
}

function showMenu() {
  const found = matching();
  menu.hidden = !found.length;
  slash.setAttribute("aria-expanded", String(!menu.hidden));
  menu.replaceChildren(...found.map(option));
  if (chosen >= 0 && found.length) box.setAttribute("aria-activedescendant", `command-${chosen}`);
  else box.removeAttribute("aria-activedescendant");
  menu.children[chosen]?.scrollIntoView({ block: "nearest" });
}

function option({ command, description }, index) {
  return element(
    "div",
    {
      class: "command",
      role: "option",
      id: `command-${index}`,
      "aria-selected": String(index === chosen),
      "data-fill": command,
    },
    element("b", {}, `/${command}`),
    element("span", { dir: "auto" }, description),
  );
}

function move(step) {
  const count = menu.children.length;
  chosen = (chosen + step + count + (chosen < 0 && step < 0 ? 1 : 0)) % count;
  showMenu();
}

async function submit() {
  const text = box.value.trim();
  if (!text || form.ariaBusy === "true") return;
  form.ariaBusy = "true";
  try {
    if (await deliver(text, replyTo)) clear();
  } finally {
    form.ariaBusy = "false";
  }
}

function keyed(event) {
  if (event.isComposing) return; // Enter that ends a Chinese input method's word
  const open = !menu.hidden;
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    if (open && chosen >= 0) fill(`/${menu.children[chosen].dataset.fill} `);
    else submit();
  } else if (open && event.key === "Tab" && !event.shiftKey) {
    event.preventDefault();
    fill(`/${menu.children[Math.max(chosen, 0)].dataset.fill} `);
  } else if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    move(event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Escape") {
    if (open) menu.hidden = true;
    else answer(null);
  }
}

box.addEventListener("input", changed);
box.addEventListener("keydown", keyed);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
slash.addEventListener("click", () => fill(box.value === "/" ? "" : "/"));
menu.addEventListener("click", (event) => {
  const row = event.target.closest("[data-fill]");
  if (row) fill(`/${row.dataset.fill} `);
});
byId("hints").addEventListener("click", (event) => {
  if (event.target.matches(".hint")) fill(event.target.textContent);
});
