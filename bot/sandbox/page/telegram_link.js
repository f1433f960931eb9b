// t.me addresses, which the page follows by itself where they lead to the sandbox's own chats.

const HOSTS = new Set(["t.me", "telegram.me", "telegram.dog"]);

/** The username (lower case) or chat id, the message and the start parameter of a t.me address; null for others. */
export function telegramLink(href) {
  let url;
  try {
    url = new URL(href);
  } catch {
    return null;
  }
  if (!HOSTS.has(url.hostname)) return null;
  const [first, ...rest] = url.pathname.split("/").filter(Boolean);
  if (!first) return null;
  const start = url.searchParams.get("start");
  const adds = url.searchParams.has("startgroup") || url.searchParams.has("startchannel");
  // t.me/c/1234/56 is message 56 of the chat -1001234.
  if (first === "c") return { name: "", id: Number(`-100${rest[0]}`), message: rest.at(1), start, adds };
  return { name: first.toLowerCase(), id: 0, message: rest.at(-1), start, adds };
}
