/** Draws any list of Block Kit blocks onto a surface. */

import { h } from "../dom.js";
import { drawActions } from "./actions.js";
import { drawInput } from "./input.js";
import { drawContext, drawDivider, drawHeader, drawImageBlock, drawSection } from "./layout.js";
import { drawMarkdownBlock } from "./markdown.js";
import { drawRichText } from "./richtext.js";
import { drawTable } from "./table.js";

/** @typedef {import("./surface.js").Surface} Surface */

/** @type {Record<string, (block: Record<string, any>, surface: Surface) => HTMLElement>} */
const DRAW = {
  section: drawSection,
  header: drawHeader,
  context: drawContext,
  divider: drawDivider,
  image: drawImageBlock,
  actions: drawActions,
  input: drawInput,
  table: (block, surface) => drawTable(block, surface.state),
  rich_text: (block, surface) => drawRichText(block, surface.state),
  markdown: (block, surface) => drawMarkdownBlock(block, surface.state),
};

/** @param {Record<string, any>[]} blocks @param {Surface} surface @returns {HTMLElement} */
export function drawBlocks(blocks, surface) {
  return h(
    "div",
    { class: "blocks" },
    blocks.map((block) => drawBlock(block, surface)),
  );
}

/** @param {Record<string, any>} block @param {Surface} surface @returns {HTMLElement} */
function drawBlock(block, surface) {
  if (!Object.hasOwn(DRAW, block.type))
    return h(
      "div",
      { class: "block unknown" },
      `A block of the kind “${block.type}”, which this page does not draw.`,
    );
  const node = DRAW[block.type](block, surface);
  node.dataset.block = block.type;
  return node;
}
