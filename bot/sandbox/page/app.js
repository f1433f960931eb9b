// The chat page: what is open, who acts, and how presses, links and messages reach the sandbox.

import * as api from "/page/api.js";
import { showBar, showTopics } from "/page/chat_bar.js";
import { newestChat, showChats } from "/page/chat_list.js";
import { answer, clear, setCommands, showHints, startComposer } from "/page/composer.js";
import { byId, element } from "/page/dom.js";
import { startInline } from "/page/inline.js";
import { alertBox, dialog, showOffline, toast } from "/page/notices.js";
import { botIn, people, silence, standing, topicsOf } from "/page/people.js";
import { recall, remember, startTheme, switchTheme } from "/page/preferences.js";
import { telegramLink } from "/page/telegram_link.js";
import { goTo, historyOf, messageOf, showMessages, toggleQuote } from "/page/timeline.js";
import { switchLanguage, translatePage, words } from "/page/words.js";

const AGAIN = 1500; // milliseconds before the server is tried again

const state = { chats: [], chat: null, topic: null, me: 0, messages: [], turn: 0, commandsFor: "" };

/** Read everything again and show it. Of several at once, only the newest counts. */
async function refresh() {
  const turn = ++state.turn;
  const chats = await api.chats();
  if (turn !== state.turn) return;
  // A group that became a supergroup goes on there.
  const successor = chats.find((chat) => chat.id === state.chat?.id)?.migrated_to;
  if (successor) history.replaceState(null, "", `#${successor}`);
  state.chats = chats.filter((chat) => !chat.migrated_to);
  follow();
  const messages = state.chat ? await api.messages(state.chat.id) : [];
  if (turn !== state.turn) return;
  state.messages = messages;
  show();
  await readCommands();
}

/** Find the open chat and topic from the address: #chat or #chat/topic. */
function follow() {
  const [id, topic] = location.hash.slice(1).split("/").map(Number);
  const named = state.chats.find((chat) => chat.id === id);
  document.body.dataset.pane = named ? "chat" : "list";
  state.chat = named ?? state.chats.find((chat) => chat.id === state.chat?.id) ?? newestChat(state.chats) ?? null;
  if (!state.chat) return;
  const wanted = [topic, state.topic, lastTopic(state.chat)];
  state.topic = wanted.find((each) => topicsOf(state.chat).some(({ id }) => id === each)) ?? 0;
  state.me = actor(state.chat);
}

/** Where something was said last. */
function lastTopic({ last_message: last }) {
  return last?.is_topic_message ? last.message_thread_id : 0;
}

function actor(chat) {
  const able = people(chat).map((member) => member.user.id);
  const reader = state.chats.find((each) => each.type === "private")?.id;
  return [Number(recall("me")), reader].find((id) => able.includes(id)) ?? able[0] ?? 0;
}

function show() {
  const { chat, topic, me, chats } = state;
  showChats(chats, chat?.id);
  if (!chat) return;
  showBar(chat, me);
  showTopics(chat, topic);
  const quiet = silence(chat, topic, me);
  byId("composer").hidden = quiet !== null;
  byId("composer").classList.toggle("plain", chat.type === "channel");
  byId("text").placeholder = chat.type === "channel" ? words().broadcast : words().placeholder;
  byId("read-only").hidden = quiet === null;
  byId("read-only").textContent = quiet ?? "";
  showMessages(`${chat.id}/${topic}`, chat, standing(chat, topic, state.messages), me, emptyNode);
}

function emptyNode() {
  const { type } = state.chat;
  const text = { private: words().emptyPrivate, channel: words().emptyChannel }[type] ?? words().emptyChat;
  const start = element("button", { type: "button", class: "primary", "data-command": "/start" }, words().start);
  return element("div", { class: "empty" }, element("p", {}, text), type === "private" ? start : null);
}

async function readCommands() {
  const { chat, me } = state;
  if (!chat || !me) return;
  const wanted = `${me}/${chat.id}`;
  const found = await api.commands(me, chat.id);
  if (state.commandsFor === wanted && JSON.stringify(found) === state.commandsText) return;
  Object.assign(state, { commandsFor: wanted, commandsText: JSON.stringify(found) });
  setCommands(found);
}

/** Do what the reader asked, and say so in one line when it cannot be done. */
async function attempt(action) {
  try {
    await action();
    return true;
  } catch (error) {
    complain(error);
    return false;
  }
}

function complain(error) {
  if (error instanceof api.Offline) showOffline(true);
  else if (error instanceof api.Refused) toast(error.message || words().failed);
  else console.error(error);
}

async function send(text, replyTo = null) {
  const message = { from: state.me, text };
  if (state.topic) message.message_thread_id = state.topic;
  if (replyTo) message.reply_to_message_id = replyTo.message_id;
  await api.send(state.chat.id, message);
  await refresh();
}

const bot = () => state.chats.map(botIn).find(Boolean);

const inline = {
  bot: () => bot()?.username ?? "",
  ask: async (query, offset) => {
    let answer = null;
    await attempt(async () => (answer = await api.inline({ from: state.me, query, offset })));
    return answer;
  },
  choose: (query, result) =>
    attempt(async () => {
      const chosen = { from: state.me, inline_query_id: query, result_id: result };
      if (state.topic) chosen.message_thread_id = state.topic;
      await api.choose(state.chat.id, chosen);
      clear();
      await refresh();
    }),
  open: (start) => attempt(() => openBot(start)),
};

async function press(button) {
  if (button.getAttribute("aria-busy") === "true") return;
  if (button.dataset.press === undefined) return toast(words().cannotPress);
  button.setAttribute("aria-busy", "true");
  try {
    const { message_id: id } = messageOf(button);
    const result = await api.press(state.chat.id, { from: state.me, message_id: id, data: button.dataset.press });
    showAnswer(result);
    await refresh();
  } finally {
    button.removeAttribute("aria-busy");
  }
}

function showAnswer({ answered, text, show_alert: alert, url }) {
  if (!answered) toast(words().notAnswered);
  else if (text && alert) alertBox(text);
  else if (text) toast(text);
  if (url && !openInside(url)) window.open(url, "_blank", "noopener,noreferrer");
}

/** Follow a t.me link to the bot or to a chat of the sandbox; false when it leads elsewhere. */
function openInside(href) {
  const link = telegramLink(href);
  if (!link) return false;
  const bot = state.chats.map(botIn).find((each) => each?.username?.toLowerCase() === link.name);
  if (bot && link.adds) toast(words().alreadyHere);
  else if (bot) attempt(() => openBot(link.start));
  else return openChat(link);
  return true;
}

async function openBot(start) {
  const own = state.chats.find((chat) => chat.type === "private" && chat.id === state.me);
  if (!own) return toast(words().noPrivateChat);
  location.hash = `#${own.id}`;
  follow();
  return start === null ? refresh() : send(`/start ${start}`.trim());
}

function openChat({ name, id, message }) {
  const chat = state.chats.find((each) => each.id === id || (name && each.username?.toLowerCase() === name));
  if (!chat) return false;
  location.hash = `#${chat.id}`;
  attempt(refresh).then(() => message && goTo(message));
  return true;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast(words().copied);
  } catch {
    alertBox(text); // no clipboard outside a secure context: let it be copied by hand
  }
}

const CLICKS = {
  ".key[data-copy]": (node) => copy(node.dataset.copy),
  "button.key": (node) => attempt(() => press(node)),
  ".quote-toggle": (node) => toggleQuote(node.parentElement),
  ".spoiler:not(.open)": reveal,
  ".quoted[data-goto]": (node) => goTo(node.dataset.goto),
  ".edited": (node) => dialog(...historyOf(node)),
  ".reply": (node) => answer(messageOf(node)),
  "[data-command]": (node) => attempt(() => send(node.dataset.command)),
  "[data-mention]": (node) => openInside(`https://t.me/${node.dataset.mention}`),
};

function clicked(event) {
  const rule = Object.keys(CLICKS).find((selector) => event.target.closest(selector));
  const link = event.target.closest("a[href]");
  if (rule) {
    event.preventDefault();
    CLICKS[rule](event.target.closest(rule));
  } else if (link && openInside(link.href)) event.preventDefault();
}

function reveal(spoiler) {
  spoiler.classList.add("open");
  for (const name of ["role", "tabindex", "aria-label"]) spoiler.removeAttribute(name);
}

function actAs(event) {
  state.me = Number(event.target.value);
  remember("me", event.target.value);
  show();
  attempt(readCommands);
}

function moved() {
  state.topic = null;
  clear();
  attempt(refresh);
}

function speak() {
  translatePage();
  showHints();
}

function listen() {
  addEventListener("hashchange", moved);
  byId("messages").addEventListener("click", clicked);
  byId("dialog-content").addEventListener("click", clicked);
  byId("messages").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches(".spoiler")) clicked(event);
  });
  byId("me").addEventListener("change", actAs);
  byId("theme").addEventListener("click", switchTheme);
  byId("back").addEventListener("click", () => (location.hash = ""));
  byId("language").addEventListener("click", () => {
    switchLanguage();
    speak();
    show();
  });
  startInline(inline);
  startComposer((text, replyTo) => attempt(() => send(text, replyTo)));
}

async function live() {
  for (let since = 0; ; ) {
    try {
      await refresh();
      showOffline(false);
      since = (await api.changes(since)).counter;
    } catch (error) {
      since = 0; // a server that was started anew counts from the beginning
      complain(error);
      await new Promise((done) => setTimeout(done, AGAIN));
    }
  }
}

startTheme();
speak();
listen();
live();
