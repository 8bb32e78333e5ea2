/** The input block of a modal: label, field, hint, and the error the app or the page finds with it. */

import { h, uniqueId } from "../dom.js";
import { drawElement } from "./elements.js";
import { plainText } from "./text.js";

/** Elements that are one form control, which a `<label for>` can name. */
const SINGLE = new Set([
  "plain_text_input",
  "number_input",
  "email_text_input",
  "url_text_input",
  "datepicker",
  "timepicker",
  "datetimepicker",
]);

/**
 * @param {Record<string, any>} block
 * @param {import("./surface.js").Surface} surface
 * @returns {HTMLElement}
 */
export function drawInput(block, surface) {
  const id = uniqueId("field");
  const label = plainText(block.label);
  const optional = block.optional ? h("span", { class: "optional" }, " (optional)") : null;
  const hint = block.hint ? h("p", { class: "hint", id: `${id}-hint` }, plainText(block.hint)) : null;
  const error = h("p", { class: "field-error", id: `${id}-error`, hidden: true });
  const describedBy = [error.id, hint?.id].filter(Boolean).join(" ");
  const field = drawElement(block.element, block, surface, { id, describedBy, label });
  const group = ["checkboxes", "radio_buttons"].includes(block.element.type);
  const caption = SINGLE.has(block.element.type)
    ? h("label", { class: "input-label", for: id }, label, optional)
    : h("span", { class: "input-label", "aria-hidden": group || undefined }, label, optional);
  return h("div", { class: "block input", data: { blockId: block.block_id } }, caption, field, error, hint);
}

/**
 * Shows what is wrong at the field itself; no text clears it.
 *
 * @param {Element} input the node of {@link drawInput}
 * @param {string} [text]
 */
export function showFieldError(input, text) {
  const error = /** @type {HTMLElement} */ (input.querySelector(".field-error"));
  error.textContent = text ?? "";
  error.hidden = !text;
  for (const control of input.querySelectorAll(
    "input, textarea, button[aria-haspopup], [role=group], [role=radiogroup]",
  )) {
    if (text) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
  }
}
