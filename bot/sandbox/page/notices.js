// What the page says by itself: a passing line, a dialog, and that the server is away.

import { byId, element } from "/page/dom.js";

const SHOWN = 4000; // milliseconds

export function toast(text) {
  const node = element("div", { class: "toast", dir: "auto" }, text);
  byId("toasts").replaceChildren(node);
  setTimeout(() => node.remove(), SHOWN + 30 * text.length);
}

export function dialog(...content) {
  byId("dialog-content").replaceChildren(...content);
  const box = byId("dialog");
  if (!box.open) box.showModal();
}

export const alertBox = (text) => dialog(element("p", { dir: "auto" }, text));

export function showOffline(away) {
  byId("offline").hidden = !away;
}

byId("dialog").addEventListener("click", (event) => {
  if (event.target === event.currentTarget) event.currentTarget.close();
});
