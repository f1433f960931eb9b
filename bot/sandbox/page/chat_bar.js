// What stands above the messages of the open chat.

import { avatar, byId, element, icon } from "/page/dom.js";
import { fullName, people, subtitle, titleOf, topicsOf } from "/page/people.js";
import { words } from "/page/words.js";

/** Whose chat it is, and who acts in it. */
export function showBar(chat, me) {
  byId("chat-bar").hidden = false;
  byId("chat-avatar").replaceChildren(avatar(titleOf(chat), chat.id));
  byId("chat-title").textContent = titleOf(chat);
  byId("chat-subtitle").textContent = subtitle(chat);
  document.title = `${titleOf(chat)} · Papergram`;
  const able = people(chat);
  const options = able.map(({ user, status }) => {
    const role = chat.type === "private" ? "" : words().roles[status];
    return element("option", { value: user.id }, role ? `${fullName(user)} · ${role}` : fullName(user));
  });
  const label = options.map((option) => option.value + option.textContent).join();
  const select = byId("me");
  if (select.dataset.options !== label) select.replaceChildren(...options);
  select.dataset.options = label;
  select.value = String(me);
  select.disabled = able.length < 2;
}

/** The strip of a forum's topics. */
export function showTopics(chat, topic) {
  const topics = topicsOf(chat);
  const strip = byId("topics");
  strip.hidden = !topics.length;
  const signature = JSON.stringify([chat.id, topic, topics]);
  if (strip.dataset.shown === signature) return;
  strip.dataset.shown = signature;
  strip.replaceChildren(
    ...topics.map((each) =>
      element(
        "a",
        { class: "topic", href: `#${chat.id}/${each.id}`, "aria-current": each.id === topic && "true" },
        element("span", { class: `topic-mark hue-${each.id % 7}`, "aria-hidden": "true" }, "#"),
        element("bdi", {}, each.name),
        each.closed ? icon("lock") : null,
      ),
    ),
  );
}
