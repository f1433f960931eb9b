// What the bot offers while one types "@bot words": a list above the box, of which a click posts one in the chat.

import { byId, element } from "/page/dom.js";
import { words } from "/page/words.js";

const PAUSE = 250; // milliseconds without a key before the bot is asked
const NEAR = 120; // pixels from the end of the list at which more is asked for

const list = byId("inline");

let actions = { bot: () => "", ask: async () => null, choose: async () => {}, open: () => {} };
let timer = 0;
let turn = 0; // counts the questions: only the newest one's answer is shown
let following = null; // {query, offset} of what comes after the results that are shown

/** `bot()` names the bot, `ask` puts a query, `choose` posts a result, `open` follows the button above the results. */
export function startInline(given) {
  actions = given;
}

/** Look at what stands in the box. */
export function look(text) {
  clearTimeout(timer);
  turn += 1;
  const typed = /^@(\w+)\s(.*)$/s.exec(text);
  if (!typed || typed[1].toLowerCase() !== actions.bot().toLowerCase()) return hide();
  timer = setTimeout(ask, PAUSE, typed[2], "");
}

function hide() {
  following = null;
  list.hidden = true;
  list.replaceChildren();
}

async function ask(query, offset) {
  const mine = ++turn;
  following = null;
  const answer = await actions.ask(query, offset);
  if (mine !== turn || !answer) return;
  const rows = answer.results.map((result) => row(answer.inline_query_id, result));
  if (offset) list.append(...rows);
  else list.replaceChildren(...above(answer), ...rows);
  list.hidden = !list.children.length;
  if (!offset) list.scrollTop = 0;
  if (answer.next_offset) following = { query, offset: answer.next_offset };
}

function above({ answered, button, results }) {
  if (button?.start_parameter) {
    const node = element("button", { type: "button", class: "result-button", dir: "auto" }, button.text);
    node.addEventListener("click", () => actions.open(button.start_parameter));
    return [node];
  }
  if (results.length) return [];
  return [element("p", { class: "no-result" }, answered ? words().noResult : words().inlineNotAnswered)];
}

function row(query, { id, title = "", description = "" }) {
  const node = element(
    "button",
    { type: "button", class: "result", "data-result": id },
    element("b", { dir: "auto" }, title),
    element("span", { dir: "auto" }, description),
  );
  node.addEventListener("click", () => actions.choose(query, id));
  return node;
}

list.addEventListener("scroll", () => {
  if (!following || list.scrollHeight - list.scrollTop - list.clientHeight > NEAR) return;
  ask(following.query, following.offset);
});
