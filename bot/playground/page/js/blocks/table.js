/** The table block: the first row is its header; wide tables scroll sideways inside their own frame. */

import { h } from "../dom.js";
import { drawRun } from "./richtext.js";

/** @typedef {import("../state.js").State} State */
/** @typedef {{align?: "left" | "center" | "right", is_wrapped?: boolean}} ColumnSetting */

/** @param {Record<string, any>} block @param {State} state @returns {HTMLElement} */
export function drawTable(block, state) {
  const [head = [], ...rows] = block.rows ?? [];
  const settings = /** @type {ColumnSetting[]} */ (block.column_settings ?? []);
  const table = h(
    "table",
    {},
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        head.map((/** @type {any} */ cell, /** @type {number} */ column) =>
          drawCell("th", cell, settings[column], state),
        ),
      ),
    ),
    h(
      "tbody",
      {},
      rows.map((/** @type {any[]} */ row) => drawRow(row, settings, state)),
    ),
  );
  const label = `Table, ${rows.length} ${rows.length === 1 ? "row" : "rows"}`;
  // Focusable, so that its sideways scroll is within reach of the keyboard.
  return h("div", { class: "block table-frame", tabindex: 0, role: "region", "aria-label": label }, table);
}

/** @param {any[]} row @param {ColumnSetting[]} settings @param {State} state @returns {HTMLElement} */
function drawRow(row, settings, state) {
  return h(
    "tr",
    {},
    row.map((cell, column) => drawCell("td", cell, settings[column], state)),
  );
}

/**
 * @param {"th" | "td"} tag
 * @param {Record<string, any>} cell
 * @param {ColumnSetting | undefined | null} setting
 * @param {State} state
 * @returns {HTMLElement}
 */
function drawCell(tag, cell, setting, state) {
  const node = h(tag, {
    scope: tag === "th" ? "col" : undefined,
    data: { align: setting?.align ?? "left", wrapped: setting?.is_wrapped || undefined },
  });
  if (cell?.type === "rich_text") {
    for (const part of cell.elements ?? []) node.append(drawRun(part.elements ?? [], state));
  } else {
    node.textContent = String(cell?.text ?? cell?.value ?? "");
  }
  return node;
}
