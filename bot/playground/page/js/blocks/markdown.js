/**
 * The markdown block: the part of Markdown that Slack takes there (headings, lists, quotes, fences, tables,
 * rules, styles).
 * Not a CommonMark implementation: what it does not know stays visible as it was written.
 */

import { h } from "../dom.js";
import { withEmoji } from "../emoji.js";
import { appendText, drawSpecial, linkNode, preformatted, unescapeText } from "../mrkdwn.js";

/** @typedef {import("../state.js").State} State */

const FENCE = /^\s*(```|~~~)/;
const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/;
const RULE = /^\s*([-*_])(\s*\1){2,}\s*$/;
const QUOTE = /^\s*> ?/;
const ITEM = /^(\s*)([-*+]|\d+[.)])\s+(.*)$/;
const TABLE_RULE = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

/** @param {Record<string, any>} block @param {State} state @returns {HTMLElement} */
export function drawMarkdownBlock(block, state) {
  return h(
    "div",
    { class: "block markdown text" },
    drawLines(block.text.replace(/\r\n?/g, "\n").split("\n"), state),
  );
}

/** @param {string[]} lines @param {State} state @returns {HTMLElement[]} */
function drawLines(lines, state) {
  const out = [];
  for (let at = 0; at < lines.length;) {
    const { node, next } = drawNext(lines, at, state);
    if (node) out.push(node);
    at = next;
  }
  return out;
}

/**
 * Draws the one construct that begins at a line.
 *
 * @param {string[]} lines @param {number} at @param {State} state
 * @returns {{node: HTMLElement | null, next: number}}
 */
function drawNext(lines, at, state) {
  const line = lines[at];
  if (line.trim() === "") return { node: null, next: at + 1 };
  if (FENCE.test(line)) return drawFence(lines, at);
  const heading = HEADING.exec(line);
  if (heading) {
    // Slack draws all levels alike; the page's own outline keeps h1 and h2 for itself.
    return {
      node: h(
        "h4",
        { class: "markdown-heading", data: { level: heading[1].length } },
        inline(heading[2], state),
      ),
      next: at + 1,
    };
  }
  if (RULE.test(line)) return { node: h("hr", { class: "divider" }), next: at + 1 };
  if (QUOTE.test(line)) {
    const end = runEnd(lines, at, (one) => QUOTE.test(one));
    const inner = lines.slice(at, end).map((one) => one.replace(QUOTE, ""));
    return { node: h("blockquote", {}, drawLines(inner, state)), next: end };
  }
  if (ITEM.test(line)) {
    const end = runEnd(lines, at, (one) => ITEM.test(one) || /^\s{2,}\S/.test(one));
    return { node: drawList(lines.slice(at, end), state), next: end };
  }
  if (line.includes("|") && TABLE_RULE.test(lines[at + 1] ?? "")) return drawPipeTable(lines, at, state);
  const end = runEnd(
    lines,
    at + 1,
    (one) => one.trim() !== "" && ![FENCE, HEADING, RULE, QUOTE, ITEM].some((form) => form.test(one)),
  );
  return { node: h("p", {}, inline(lines.slice(at, end).join("\n"), state)), next: end };
}

/** @param {string[]} lines @param {number} at @param {(line: string) => boolean} belongs @returns {number} */
function runEnd(lines, at, belongs) {
  let end = at;
  while (end < lines.length && belongs(lines[end])) end += 1;
  return end;
}

/** @param {string[]} lines @param {number} at @returns {{node: HTMLElement, next: number}} */
function drawFence(lines, at) {
  const mark = FENCE.exec(lines[at])?.[1] ?? "```";
  const end = runEnd(lines, at + 1, (line) => line.trim() !== mark);
  return { node: preformatted(lines.slice(at + 1, end).join("\n")), next: end + 1 };
}

/**
 * Deeper items become a list inside the item before them.
 *
 * @param {string[]} lines
 * @param {State} state
 * @returns {HTMLElement}
 */
function drawList(lines, state) {
  const [, margin, marker] = /** @type {RegExpExecArray} */ (ITEM.exec(lines[0]));
  const ordered = /\d/.test(marker);
  const list = h(ordered ? "ol" : "ul", { start: ordered ? Number.parseInt(marker, 10) : undefined });
  for (let at = 0; at < lines.length;) {
    const item = ITEM.exec(lines[at]);
    const end = runEnd(lines, at + 1, (line) => indentOf(line) > margin.length);
    const nested = lines.slice(at + 1, end);
    const text = inline(item ? taskBox(item[3]) : lines[at].trim(), state);
    list.append(
      h(
        "li",
        {},
        text,
        nested.some((line) => ITEM.test(line))
          ? drawLines(dedent(nested), state)
          : nested.map((line) => ` ${line.trim()}`),
      ),
    );
    at = end;
  }
  return list;
}

/** @param {string} text @returns {string} */
function taskBox(text) {
  return text.replace(/^\[ \]\s/, "☐ ").replace(/^\[[xX]\]\s/, "☑ ");
}

/** @param {string} line @returns {number} */
function indentOf(line) {
  return line.length - line.trimStart().length;
}

/** @param {string[]} lines @returns {string[]} */
function dedent(lines) {
  const margin = Math.min(...lines.map(indentOf));
  return lines.map((line) => line.slice(margin));
}

/**
 * @param {string[]} lines
 * @param {number} at
 * @param {State} state
 * @returns {{node: HTMLElement, next: number}}
 */
function drawPipeTable(lines, at, state) {
  const end = runEnd(lines, at + 2, (line) => line.includes("|"));
  const aligns = cellsOf(lines[at + 1]).map((cell) =>
    cell.endsWith(":") ? (cell.startsWith(":") ? "center" : "right") : "left",
  );
  const row = (/** @type {string} */ line, /** @type {string} */ tag) =>
    h(
      "tr",
      {},
      cellsOf(line).map((cell, column) =>
        h(tag, { data: { align: aligns[column] ?? "left" } }, inline(cell, state)),
      ),
    );
  const table = h(
    "table",
    {},
    h("thead", {}, row(lines[at], "th")),
    h(
      "tbody",
      {},
      lines.slice(at + 2, end).map((line) => row(line, "td")),
    ),
  );
  return {
    node: h("div", { class: "table-frame", tabindex: 0, role: "region", "aria-label": "Table" }, table),
    next: end,
  };
}

/** @param {string} line @returns {string[]} */
function cellsOf(line) {
  return line
    .trim()
    .replace(/^\||\|$/g, "")
    .split("|")
    .map((cell) => cell.trim());
}

/** Tried in this order at every place; the first that fits wins. */
const INLINE = [
  {
    form: /^\\([\\`*_{}[\]()#+\-.!~|>])/,
    draw: (/** @type {string[]} */ m) => document.createTextNode(m[1]),
  },
  { form: /^(`+)(.+?)\1(?!`)/s, draw: (/** @type {string[]} */ m) => h("code", {}, m[2].trim() || m[2]) },
  { form: /^!\[([^\]]*)\]\((\S+?)\)/, draw: (/** @type {string[]} */ m) => linkNode(m[2], m[1] || m[2]) },
  {
    form: /^\[([^\]]+)\]\((\S+?)\)/,
    draw: (/** @type {string[]} */ m, /** @type {State} */ state) => linkNode(m[2], inline(m[1], state)),
  },
  {
    form: /^<([^<>\n]+)>/,
    draw: (/** @type {string[]} */ m, /** @type {State} */ state) => drawSpecial(m[1], state),
  },
  {
    form: /^(\*\*|__)(?=\S)(.+?[*_]?)(?<=\S)\1/s,
    draw: (/** @type {string[]} */ m, /** @type {State} */ state) => h("strong", {}, inline(m[2], state)),
  },
  {
    form: /^~~(?=\S)(.+?)(?<=\S)~~/s,
    draw: (/** @type {string[]} */ m, /** @type {State} */ state) => h("s", {}, inline(m[1], state)),
  },
  {
    form: /^([*_])(?=\S)(.+?)(?<=\S)\1(?![\p{L}\p{N}])/su,
    draw: (/** @type {string[]} */ m, /** @type {State} */ state) => h("em", {}, inline(m[2], state)),
  },
  {
    form: /^https?:\/\/[^\s<>()]*[^\s<>().,;:!?'"*_~`]/,
    draw: (/** @type {string[]} */ m) => linkNode(m[0]),
  },
];

/** @param {string} text @param {State} state @returns {DocumentFragment} */
function inline(text, state) {
  const out = document.createDocumentFragment();
  let plain = "";
  for (let at = 0; at < text.length;) {
    const found = matchInline(text, at, state);
    if (found) {
      appendText(out, withEmoji(unescapeText(plain)));
      plain = "";
      out.append(found.node);
      at += found.length;
    } else {
      plain += text[at];
      at += 1;
    }
  }
  appendText(out, withEmoji(unescapeText(plain)));
  return out;
}

/**
 * @param {string} text
 * @param {number} at
 * @param {State} state
 * @returns {{node: Node, length: number} | null}
 */
function matchInline(text, at, state) {
  // Only these characters can begin anything; a letter before `_` or `h` means the middle of a word.
  if (!/[\\`![<*_~h]/.test(text[at]) || (/[_h]/.test(text[at]) && /[\p{L}\p{N}]/u.test(text[at - 1] ?? " ")))
    return null;
  const rest = text.slice(at);
  for (const { form, draw } of INLINE) {
    const match = form.exec(rest);
    const node = match && draw(match, state);
    if (match && node) return { node, length: match[0].length };
  }
  return null;
}
