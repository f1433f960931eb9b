// Who and what the chats hold: plain facts read from the sandbox's JSON.

import { words } from "/page/words.js";

const PRESENT = new Set(["creator", "administrator", "member", "restricted"]);
const RANKS = ["creator", "administrator", "member", "left", "kicked"];
const GENERAL = 1; // the id of a forum's General topic, which no message names

export const fullName = (user) => [user.first_name, user.last_name].filter(Boolean).join(" ");

export const titleOf = (chat) => chat.title || chat.first_name || String(chat.id);

export function senderName(message) {
  const { sender_chat: chat, from } = message;
  if (chat) return titleOf(chat);
  return from ? fullName(from) : titleOf(message.chat);
}

export const senderId = (message) => (message.sender_chat ?? message.from ?? message.chat).id;

/** The people one may act as in a chat, those who run it first. */
export function people(chat) {
  const found = (chat.members ?? []).filter((member) => !member.user.is_bot);
  return found.toSorted((a, b) => RANKS.indexOf(a.status) - RANKS.indexOf(b.status));
}

export const botIn = (chat) => (chat.members ?? []).find((member) => member.user.is_bot)?.user;

export const memberOf = (chat, userId) => (chat.members ?? []).find((member) => member.user.id === userId);

export const kindOf = (chat) => (chat.is_forum ? "forum" : chat.type);

export function subtitle(chat) {
  const kind = words().kinds[kindOf(chat)];
  if (chat.type === "private") return words().withBot(fullName(botIn(chat) ?? { first_name: "Papergram" }));
  const count = (chat.members ?? []).filter((member) => PRESENT.has(member.status)).length;
  const counted = chat.type === "channel" ? words().subscribers(count) : words().members(count);
  return [kind, chat.username && `@${chat.username}`, counted].filter(Boolean).join(" · ");
}

/** A forum's topics, General first; other chats have none. */
export function topicsOf(chat) {
  if (!chat.is_forum) return [];
  const own = (chat.topics ?? []).filter((topic) => topic.id !== GENERAL);
  const general = (chat.topics ?? []).find((topic) => topic.id === GENERAL);
  return [{ id: 0, name: words().general, closed: general?.closed ?? false }, ...own];
}

/** The messages that stand in a topic (0: General) or, where there are no topics, in the chat. */
export function standing(chat, topicId, messages) {
  const here = (message) => !chat.is_forum || (message.is_topic_message ? message.message_thread_id : 0) === topicId;
  return messages.filter((message) => !message.deleted && here(message));
}

/** Why somebody cannot write in a chat, or null. */
export function silence(chat, topicId, userId) {
  const member = memberOf(chat, userId);
  if (!member) return words().nobody;
  if (!PRESENT.has(member.status)) return words().readOnlyAway;
  const runs = member.status !== "member";
  if (chat.type === "channel" && !runs) return words().readOnlyChannel;
  const closed = topicsOf(chat).find((topic) => topic.id === topicId)?.closed;
  return closed && !runs ? words().topicClosed : null;
}

/** The sentence of a service message, or null for a message that somebody wrote. */
export function serviceText(message) {
  const say = words().service;
  const by = senderName(message);
  const { new_chat_members: joined, left_chat_member: gone } = message;
  if (joined) return joined.map((user) => say.joined(fullName(user), by)).join("\n");
  if (gone) return say.left(fullName(gone), by);
  if (message.new_chat_title) return say.titled(message.new_chat_title);
  if (message.group_chat_created || message.supergroup_chat_created) return say.created;
  if (message.channel_chat_created) return say.channelCreated;
  if (message.pinned_message) return say.pinned(by);
  if (message.forum_topic_created) return say.topicCreated(message.forum_topic_created.name);
  if (message.forum_topic_edited) return say.topicEdited(message.forum_topic_edited.name);
  if (message.forum_topic_closed || message.general_forum_topic_hidden) return say.topicClosed;
  if (message.forum_topic_reopened || message.general_forum_topic_unhidden) return say.topicReopened;
  if (message.migrate_to_chat_id || message.migrate_from_chat_id) return say.migrated;
  const written = message.text !== undefined || message.caption !== undefined || message.photo || message.document;
  return written ? null : say.other;
}

/** One line that says what a message is. */
export function preview(message) {
  const service = serviceText(message);
  if (service) return service;
  const text = (message.text ?? message.caption ?? "").replaceAll(/\s+/g, " ");
  if (message.document) return `[${words().file}] ${text || message.document.file_name || ""}`;
  return message.photo ? `[${words().photo}] ${text}` : text;
}
