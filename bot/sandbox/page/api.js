// The sandbox's HTTP interface.

/** The server cannot be reached. */
export class Offline extends Error {}

/** The server said no; the message is its sentence, or empty when it failed. */
export class Refused extends Error {}

const LONGEST_POLL = 40_000; // milliseconds; the server answers within 25 s

export const chats = () => call("chats");
export const messages = (chat) => call(`chats/${chat}/messages`);
export const send = (chat, message) => call(`chats/${chat}/messages`, message);
export const inline = (asked) => call("inline", asked);
export const choose = (chat, chosen) => call(`chats/${chat}/chosen`, chosen);
export const press = (chat, pressed) => call(`chats/${chat}/presses`, pressed);
export const commands = (user, chat) => call(`commands?user=${user}&chat=${chat}`);
export const changes = (since) => call(`changes?since=${since}`, undefined, AbortSignal.timeout(LONGEST_POLL));
export const fileUrl = (id) => `/sandbox/files/${encodeURIComponent(id)}`;

async function call(path, body, signal) {
  const options = { signal };
  if (body !== undefined) {
    Object.assign(options, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  }
  let response;
  let answer;
  try {
    response = await fetch(`/sandbox/${path}`, options);
    answer = await response.json().catch(() => ({}));
  } catch (error) {
    throw new Offline(path, { cause: error });
  }
  if (!response.ok) throw new Refused(answer.error ?? "");
  return answer;
}
