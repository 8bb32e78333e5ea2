/**
 * The rich_text block: sections, lists, quotes and preformatted text, https://docs.slack.dev/reference/block-
 * kit/blocks/rich-text-block.
 */

import { h } from "../dom.js";
import { emojiOf } from "../emoji.js";
import {
  appendText,
  broadcastMention,
  channelMention,
  linkNode,
  preformatted,
  userMention,
  usergroupMention,
} from "../mrkdwn.js";
import { timeNode } from "../time.js";

/** @typedef {import("../state.js").State} State */
/** @typedef {Record<string, any>} Element_ */

const BULLETS = ["disc", "circle", "square"];
const NUMBERS = ["decimal", "lower-alpha", "lower-roman"];

/** @param {Element_} block @param {State} state @returns {HTMLElement} */
export function drawRichText(block, state) {
  return h(
    "div",
    { class: "block rich-text text" },
    block.elements.map((/** @type {Element_} */ part) => drawPart(part, state)),
  );
}

/** @param {Element_} part @param {State} state @returns {HTMLElement} */
function drawPart(part, state) {
  switch (part.type) {
    case "rich_text_section":
      return h("div", { class: "rich-section" }, drawRun(part.elements, state));
    case "rich_text_list":
      return drawList(part, state);
    case "rich_text_quote":
      return h("blockquote", {}, drawRun(part.elements, state));
    case "rich_text_preformatted":
      return preformatted(plainRun(part.elements));
    default:
      return h("div", { class: "unknown" }, `Rich text of an unknown kind: ${part.type}`);
  }
}

/**
 * Slack writes a nested list as a flat one with an indent.
 *
 * @param {Element_} list
 * @param {State} state
 * @returns {HTMLElement}
 */
function drawList(list, state) {
  const ordered = list.style === "ordered";
  const indent = Math.max(0, Math.min(8, list.indent ?? 0));
  const items = list.elements.map((/** @type {Element_} */ item) =>
    h("li", {}, drawRun(item.elements, state)),
  );
  const node = h(
    ordered ? "ol" : "ul",
    { class: list.border ? "bordered" : undefined, start: ordered ? (list.offset ?? 0) + 1 : undefined },
    items,
  );
  node.style.marginInlineStart = `${indent * 1.5}rem`;
  node.style.listStyleType = (ordered ? NUMBERS : BULLETS)[indent % 3];
  return node;
}

/** @param {Element_[]} elements @param {State} state @returns {DocumentFragment} */
export function drawRun(elements, state) {
  const out = document.createDocumentFragment();
  for (const element of elements) out.append(styled(drawInlineElement(element, state), element.style));
  return out;
}

/** @param {Element_} element @param {State} state @returns {Node} */
function drawInlineElement(element, state) {
  switch (element.type) {
    case "text": {
      const out = document.createDocumentFragment();
      appendText(out, element.text);
      return out;
    }
    case "link":
      return linkNode(element.url, element.text || element.url);
    case "user":
      return userMention(state, element.user_id);
    case "usergroup":
      return usergroupMention(state, element.usergroup_id);
    case "channel":
      return channelMention(state, element.channel_id);
    case "broadcast":
      return broadcastMention(element.range);
    case "emoji":
      return document.createTextNode(emojiOf(element.name) ?? `:${element.name}:`);
    case "date": {
      const node = timeNode(Number(element.timestamp), element.format ?? "", element.fallback ?? "");
      return element.url ? linkNode(element.url, node) : node;
    }
    case "color":
      return h("code", {}, element.value);
    default:
      return document.createTextNode(element.fallback ?? element.text ?? "");
  }
}

/** @param {Node} node @param {Record<string, boolean> | undefined} style @returns {Node} */
function styled(node, style) {
  let out = node;
  if (style?.code) out = h("code", {}, out);
  if (style?.bold) out = h("strong", {}, out);
  if (style?.italic) out = h("em", {}, out);
  if (style?.strike) out = h("s", {}, out);
  if (style?.underline) out = h("u", {}, out);
  return out;
}

/** @param {Element_[]} elements @returns {string} */
function plainRun(elements) {
  return elements.map((element) => element.text ?? element.url ?? "").join("");
}
