// The page's own wording, in Chinese and English.

import { recall, remember } from "/page/preferences.js";

const zh = {
  sandbox: "本机沙盒",
  footnote: "一切都在这台电脑上，不连接 Telegram。",
  otherLanguage: "EN",
  switchLanguage: "Switch to English",
  switchTheme: "切换浅色和深色",
  chats: "对话",
  noMessages: "还没有消息",
  noChats: "还没有对话。机器人启动后会出现在这里。",
  messages: "消息",
  topics: "话题",
  back: "返回对话列表",
  toBottom: "跳到最新消息",
  iAm: "我是",
  whoAmI: "以谁的身份操作",
  commands: "机器人的命令",
  messageBox: "消息",
  placeholder: "输入消息或 / 命令",
  broadcast: "以频道名义发布",
  send: "发送",
  reply: "回复",
  replyTo: (name) => `回复 ${name}`,
  cancelReply: "取消回复",
  ok: "好",
  offline: "连不上沙盒服务器，正在重试……",
  failed: "沙盒服务器出错了，详情见它的日志。",
  notAnswered: "机器人没有回应这次点击。",
  cannotPress: "沙盒里没有这种按钮。",
  copied: "已复制",
  start: "开始",
  emptyPrivate: "点“开始”，或发送下面任何一句。",
  emptyChannel: "频道里还没有内容。",
  emptyChat: "还没有消息。发送下面任何一句试试。",
  try: "试试",
  readOnlyChannel: "订阅者只能阅读和点按钮。",
  readOnlyAway: "这个人不在这里。",
  topicClosed: "这个话题已关闭。",
  nobody: "这里没有可以扮演的人。",
  noPrivateChat: "这个人没有和机器人的私聊。",
  alreadyHere: "沙盒里不能把机器人加进别的群。",
  edited: "已编辑",
  earlier: "之前的版本",
  unfold: "展开",
  fold: "收起",
  spoiler: "显示被遮住的文字",
  photo: "图片",
  file: "文件",
  general: "常规",
  today: "今天",
  yesterday: "昨天",
  kinds: { private: "私聊", group: "群组", supergroup: "群组", channel: "频道", forum: "论坛群组" },
  withBot: (bot) => `与 ${bot} 的私聊`,
  members: (count) => `${count} 位成员`,
  subscribers: (count) => `${count} 位订阅者`,
  roles: { creator: "创建者", administrator: "管理员", member: "", left: "已离开", kicked: "已移出" },
  newMessages: "有新消息",
  results: "可以发到这里的结果",
  noResult: "没有结果。",
  inlineNotAnswered: "机器人没有回应。",
  service: {
    joined: (who, by) => (by && by !== who ? `${by} 邀请了 ${who}` : `${who} 加入了`),
    left: (who, by) => (by && by !== who ? `${by} 移出了 ${who}` : `${who} 离开了`),
    titled: (title) => `名称改为“${title}”`,
    created: "群组已创建",
    channelCreated: "频道已创建",
    pinned: (who) => `${who} 置顶了一条消息`,
    topicCreated: (name) => `话题“${name}”已创建`,
    topicEdited: (name) => (name ? `话题改名为“${name}”` : "话题已修改"),
    topicClosed: "话题已关闭",
    topicReopened: "话题已重新打开",
    migrated: "群组已升级为超级群组",
    other: "系统消息",
  },
};

const en = {
  sandbox: "Local sandbox",
  footnote: "All on this machine: no Telegram, no token.",
  otherLanguage: "中文",
  switchLanguage: "切换到中文",
  switchTheme: "Switch between light and dark",
  chats: "Chats",
  noMessages: "No messages yet",
  noChats: "No chats yet. They appear here once the bot runs.",
  messages: "Messages",
  topics: "Topics",
  back: "Back to the chats",
  toBottom: "Jump to the newest message",
  iAm: "I am",
  whoAmI: "Act as",
  commands: "The bot's commands",
  messageBox: "Message",
  placeholder: "Message or / command",
  broadcast: "Post to the channel",
  send: "Send",
  reply: "Reply",
  replyTo: (name) => `Reply to ${name}`,
  cancelReply: "Cancel the reply",
  ok: "OK",
  offline: "The sandbox server cannot be reached. Trying again…",
  failed: "The sandbox server failed. Its log says why.",
  notAnswered: "The bot did not answer this press.",
  cannotPress: "The sandbox has no such button.",
  copied: "Copied",
  start: "Start",
  emptyPrivate: "Press Start, or send one of the lines below.",
  emptyChannel: "Nothing has been posted in this channel.",
  emptyChat: "No messages yet. Try one of the lines below.",
  try: "Try",
  readOnlyChannel: "Subscribers read and press buttons.",
  readOnlyAway: "This person is not in here.",
  topicClosed: "This topic is closed.",
  nobody: "There is nobody to act as.",
  noPrivateChat: "This person has no private chat with the bot.",
  alreadyHere: "The sandbox cannot add the bot to another group.",
  edited: "edited",
  earlier: "Earlier versions",
  unfold: "Show more",
  fold: "Show less",
  spoiler: "Show the hidden text",
  photo: "Photo",
  file: "File",
  general: "General",
  today: "Today",
  yesterday: "Yesterday",
  kinds: { private: "Private chat", group: "Group", supergroup: "Group", channel: "Channel", forum: "Forum" },
  withBot: (bot) => `Private chat with ${bot}`,
  members: (count) => (count === 1 ? "1 member" : `${count} members`),
  subscribers: (count) => (count === 1 ? "1 subscriber" : `${count} subscribers`),
  roles: { creator: "owner", administrator: "admin", member: "", left: "left", kicked: "removed" },
  newMessages: "New messages",
  results: "Results to post here",
  noResult: "No results.",
  inlineNotAnswered: "The bot did not answer.",
  service: {
    joined: (who, by) => (by && by !== who ? `${by} invited ${who}` : `${who} joined`),
    left: (who, by) => (by && by !== who ? `${by} removed ${who}` : `${who} left`),
    titled: (title) => `The name is now “${title}”`,
    created: "Group created",
    channelCreated: "Channel created",
    pinned: (who) => `${who} pinned a message`,
    topicCreated: (name) => `Topic “${name}” created`,
    topicEdited: (name) => (name ? `Topic renamed to “${name}”` : "Topic changed"),
    topicClosed: "Topic closed",
    topicReopened: "Topic reopened",
    migrated: "The group became a supergroup",
    other: "Service message",
  },
};

export const HINTS = ["/search 扩散模型", "/today", "/subscribe cs.LG", "@papergram_bot 扩散"];

const all = { zh, en };
let current = recall("language") ?? (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");
if (!Object.hasOwn(all, current)) current = "en";

export const language = () => current;
export const words = () => all[current];

export function switchLanguage() {
  current = current === "zh" ? "en" : "zh";
  remember("language", current);
}

export function translatePage() {
  document.documentElement.lang = current === "zh" ? "zh-CN" : "en";
  for (const node of document.querySelectorAll("[data-word]")) node.textContent = words()[node.dataset.word];
  for (const node of document.querySelectorAll("[data-label]")) {
    node.setAttribute("aria-label", words()[node.dataset.label]);
    if (node.matches("button")) node.title = words()[node.dataset.label];
  }
}

const formats = {
  clock: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  weekday: { weekday: "short" },
  day: { month: "long", day: "numeric" },
  date: { year: "numeric", month: "long", day: "numeric" },
  short: { year: "2-digit", month: "numeric", day: "numeric" },
  full: { dateStyle: "long", timeStyle: "medium" },
};

function format(kind, moment) {
  return new Intl.DateTimeFormat(current === "zh" ? "zh-CN" : "en-GB", formats[kind]).format(moment);
}

const midnight = (moment) => new Date(moment).setHours(0, 0, 0, 0);
const daysAgo = (moment) => Math.round((midnight(Date.now()) - midnight(moment)) / 86_400_000);

export const clock = (seconds) => format("clock", new Date(seconds * 1000));
export const fullDate = (seconds) => format("full", new Date(seconds * 1000));

export function dayName(seconds) {
  const moment = new Date(seconds * 1000);
  const ago = daysAgo(moment);
  if (ago === 0) return words().today;
  if (ago === 1) return words().yesterday;
  return format(moment.getFullYear() === new Date().getFullYear() ? "day" : "date", moment);
}

export function listTime(seconds) {
  const moment = new Date(seconds * 1000);
  const ago = daysAgo(moment);
  if (ago === 0) return clock(seconds);
  return format(ago > 0 && ago < 7 ? "weekday" : "short", moment);
}
