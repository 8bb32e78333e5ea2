/** Chooses how an element of a section, an actions block or an input is drawn. */

import { h } from "../dom.js";
import { drawButton, drawOverflow } from "./actions.js";
import { drawChoices } from "./choices.js";
import { drawField } from "./fields.js";
import { drawSelect, isSelect } from "./selects.js";
import { drawImage } from "./text.js";

/**
 * @param {Record<string, any>} element
 * @param {Record<string, any>} block the block it stands in; an `input` block's elements act only where it
 *   dispatches
 * @param {import("./surface.js").Surface} surface
 * @param {{id?: string, describedBy?: string, label?: string}} [names] ties the element to its label, hint
 *   and error
 * @returns {HTMLElement}
 */
export function drawElement(element, block, surface, names = {}) {
  if (isSelect(element.type)) return drawSelect(element, block, surface, names);
  switch (element.type) {
    case "button":
    case "workflow_button":
      return drawButton(element, block, surface);
    case "overflow":
      return drawOverflow(element, block, surface);
    case "image":
      return drawImage(element);
    case "checkboxes":
    case "radio_buttons":
      return drawChoices(element, block, surface, names);
    case "plain_text_input":
    case "number_input":
    case "email_text_input":
    case "url_text_input":
    case "datepicker":
    case "timepicker":
    case "datetimepicker":
      return drawField(element, block, surface, names);
    default:
      return h(
        "span",
        { class: "unknown" },
        `An element of the kind “${element.type}”, which this page does not draw.`,
      );
  }
}

/**
 * Whether changing this element sends an action at once: always outside input blocks, inside only where the
 * app asked for it.
 *
 * @param {Record<string, any>} block
 * @returns {boolean}
 */
export function acts(block) {
  return block.type !== "input" || block.dispatch_action === true;
}
