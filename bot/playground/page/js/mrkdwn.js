/**
 * Slack's mrkdwn as DOM nodes, after https://docs.slack.dev/messaging/formatting-message-text.
 * Built node by node: whatever the text holds, it can only ever become text, our own spans, and
 * http(s)/mailto links.
 */

import { h } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { timeNode } from "./time.js";

/** @typedef {import("./state.js").State} State */

const STYLES = { "*": "strong", _: "em", "~": "s" };
const BARE_URL = /^https?:\/\/[^\s<>|]*[^\s<>|.,;:!?'"()[\]*_~`]/;
const QUOTE = /^(?:&gt;|>) ?/;
const QUOTE_REST = /^(?:&gt;&gt;&gt;|>>>) ?/;

/** Only the three entities that Slack itself decodes. @param {string} text @returns {string} */
export function unescapeText(text) {
  return text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
}

/**
 * @param {string} url
 * @param {...import("./dom.js").Child} label
 * @returns {HTMLElement} a link, or plain text where the address is not one that is safe to follow
 */
export function linkNode(url, ...label) {
  const shown = label.length > 0 ? label : [url];
  if (!/^(https?:\/\/|mailto:|\/page\/)/i.test(url)) return h("span", {}, shown);
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer nofollow" }, shown);
}

/** @param {State} state @param {string} id @returns {HTMLElement} */
export function userMention(state, id) {
  return h(
    "span",
    { class: "mention", data: { me: id === state.me || undefined } },
    `@${state.userName(id)}`,
  );
}

/** @param {State} state @param {string} id @param {string} [fallback] @returns {HTMLElement} */
export function channelMention(state, id, fallback) {
  const channel = state.channel(id);
  const name = `#${channel ? state.channelName(channel) : (fallback ?? id)}`;
  if (!channel) return h("span", { class: "mention" }, name);
  return h("button", { type: "button", class: "mention link", on: { click: () => state.open(id) } }, name);
}

/** @param {State} state @param {string} id @param {string} [fallback] @returns {HTMLElement} */
export function usergroupMention(state, id, fallback) {
  const group = state.usergroups.find((one) => one.id === id);
  const handle = group?.handle ?? fallback?.replace(/^@/, "") ?? id;
  const mine = group?.users?.includes(state.me) || undefined;
  return h("span", { class: "mention", title: group?.name, data: { me: mine } }, `@${handle}`);
}

/**
 * A mention that rings many phones is drawn so that nobody overlooks it.
 *
 * @param {string} range
 * @returns {HTMLElement}
 */
export function broadcastMention(range) {
  return h("span", { class: "mention broadcast", title: "Notifies everybody in this channel" }, `@${range}`);
}

/**
 * @param {string} text
 * @param {State} state names for the ids in mentions
 * @returns {DocumentFragment}
 */
export function drawMrkdwn(text, state) {
  const out = document.createDocumentFragment();
  const parts = text.split("```");
  // An unclosed fence is not a fence: its back-ticks stay visible.
  if (parts.length % 2 === 0) parts.push(parts.splice(-2).join("```"));
  parts.forEach((part, index) => {
    const fenced = index % 2 === 1;
    if (fenced) out.append(preformatted(unescapeText(part.replace(/^\n/, "").replace(/\n$/, ""))));
    else if (part !== "") drawLines(trimAroundFence(part, index, parts.length), state, out);
  });
  return out;
}

/**
 * @param {string} part
 * @param {number} index
 * @param {number} count
 * @returns {string} without the breaks next to a fence
 */
function trimAroundFence(part, index, count) {
  const start = index > 0 ? part.replace(/^\n/, "") : part;
  return index < count - 1 ? start.replace(/\n$/, "") : start;
}

/**
 * @param {string} text already unescaped
 * @returns {HTMLElement} a block that wraps as Slack's does, and scrolls where it is long
 */
export function preformatted(text) {
  return h(
    "pre",
    { class: "preformatted", tabindex: 0, role: "region", "aria-label": "Preformatted text" },
    h("code", {}, text),
  );
}

/** @param {string} text @param {State} state @param {Node} out */
function drawLines(text, state, out) {
  const lines = text.split("\n");
  let plain = /** @type {string[]} */ ([]);
  let quoted = /** @type {string[]} */ ([]);
  const flushPlain = () => {
    if (plain.length > 0) out.appendChild(drawInline(plain.join("\n"), state));
    plain = [];
  };
  const flushQuote = () => {
    if (quoted.length > 0) out.appendChild(h("blockquote", {}, drawInline(quoted.join("\n"), state)));
    quoted = [];
  };
  for (const [index, line] of lines.entries()) {
    if (QUOTE_REST.test(line)) {
      flushPlain();
      quoted.push(line.replace(QUOTE_REST, ""), ...lines.slice(index + 1));
      break;
    }
    if (QUOTE.test(line)) {
      flushPlain();
      quoted.push(line.replace(QUOTE, ""));
    } else {
      flushQuote();
      plain.push(line);
    }
  }
  flushPlain();
  flushQuote();
}

/**
 * One run of text without fences or quotes: styles, code, links, mentions, dates, emoji.
 *
 * @param {string} text
 * @param {State} state
 * @returns {DocumentFragment}
 */
export function drawInline(text, state) {
  const out = document.createDocumentFragment();
  let plain = "";
  const flush = () => {
    appendText(out, withEmoji(unescapeText(plain)));
    plain = "";
  };
  for (let at = 0; at < text.length;) {
    const found =
      specialAt(text, at, state) ?? codeAt(text, at) ?? styledAt(text, at, state) ?? bareUrlAt(text, at);
    if (found) {
      flush();
      out.append(found.node);
      at = found.end;
    } else {
      plain += text[at];
      at += 1;
    }
  }
  flush();
  return out;
}

/** @param {Node} out @param {string} text line breaks become `<br>` */
export function appendText(out, text) {
  text.split("\n").forEach((line, index) => {
    if (index > 0) out.appendChild(document.createElement("br"));
    if (line) out.appendChild(document.createTextNode(line));
  });
}

/** @typedef {{node: Node, end: number} | null} Found */

/**
 * `<…>`: a link, a mention or a date.
 *
 * @param {string} text
 * @param {number} at
 * @param {State} state
 * @returns {Found}
 */
function specialAt(text, at, state) {
  if (text[at] !== "<") return null;
  const close = text.indexOf(">", at);
  if (close < 0 || close === at + 1) return null;
  const body = text.slice(at + 1, close);
  if (body.includes("<") || body.includes("\n")) return null;
  const node = drawSpecial(body, state);
  return node && { node, end: close + 1 };
}

/**
 * @param {string} body what stands between the angle brackets
 * @param {State} state
 * @returns {Node | null} null where it is none of Slack's forms and must stay as written
 */
export function drawSpecial(body, state) {
  const bar = body.indexOf("|");
  const target = bar < 0 ? body : body.slice(0, bar);
  const label = bar < 0 ? undefined : unescapeText(body.slice(bar + 1));
  if (/^@[A-Z0-9]+$/.test(target)) return userMention(state, target.slice(1));
  if (/^#[A-Z0-9]+$/.test(target)) return channelMention(state, target.slice(1), label);
  if (/^!(here|channel|everyone)$/.test(target)) return broadcastMention(target.slice(1));
  if (target.startsWith("!subteam^")) return usergroupMention(state, target.slice("!subteam^".length), label);
  if (target.startsWith("!date^")) {
    const [, seconds, template, url] = target.split("^");
    const node = timeNode(Number(seconds), unescapeText(template ?? ""), label ?? "");
    return url ? linkNode(unescapeText(url), node) : node;
  }
  if (/^(https?:\/\/|mailto:)/i.test(target)) {
    const url = unescapeText(target);
    return linkNode(url, label ? withEmoji(label) : url);
  }
  return null;
}

/** @param {string} text @param {number} at @returns {Found} */
function codeAt(text, at) {
  if (text[at] !== "`") return null;
  const close = text.indexOf("`", at + 1);
  const body = text.slice(at + 1, close);
  if (close <= at + 1 || body.includes("\n")) return null;
  return { node: h("code", {}, unescapeText(body)), end: close + 1 };
}

/**
 * A style opens where a word could begin and closes where one could end, so `snake_case_name` and `2 * 3 * 4`
 * stay whole.
 *
 * @param {string} text @param {number} at @param {State} state @returns {Found}
 */
function styledAt(text, at, state) {
  const mark = /** @type {keyof typeof STYLES} */ (text[at]);
  if (!Object.hasOwn(STYLES, mark) || isWord(text[at - 1])) return null;
  if (/^(\s|)$/.test(text[at + 1] ?? "") || text[at + 1] === mark) return null;
  for (let close = text.indexOf(mark, at + 1); close > 0; close = text.indexOf(mark, close + 1)) {
    const body = text.slice(at + 1, close);
    if (body.includes("\n")) return null;
    if (!/\s$/.test(body) && !isWord(text[close + 1]) && balanced(body)) {
      return { node: h(STYLES[mark], {}, drawInline(body, state)), end: close + 1 };
    }
  }
  return null;
}

/** A closing mark inside `<…>` or back-ticks does not close. @param {string} body @returns {boolean} */
function balanced(body) {
  const ticks = body.split("`").length - 1;
  return ticks % 2 === 0 && body.lastIndexOf("<") <= body.lastIndexOf(">");
}

/** @param {string | undefined} character @returns {boolean} */
function isWord(character) {
  return character !== undefined && /[\p{L}\p{N}]/u.test(character);
}

/** @param {string} text @param {number} at @returns {Found} */
function bareUrlAt(text, at) {
  if (text[at] !== "h" || isWord(text[at - 1])) return null;
  const url = BARE_URL.exec(text.slice(at))?.[0];
  return url ? { node: linkNode(unescapeText(url)), end: at + url.length } : null;
}
