/** The browser's own modal `<dialog>`: it traps the focus, closes on Escape and makes the rest inert. */

import { h, iconButton, uniqueId } from "./dom.js";

/**
 * @param {object} parts
 * @param {string} parts.title
 * @param {HTMLElement} parts.body
 * @param {HTMLElement[]} [parts.buttons]
 * @param {string} [parts.kind]
 * @param {() => void} parts.onCancel Escape, the cross, or a click beside the dialog
 * @returns {HTMLDialogElement} shown
 */
export function showDialog({ title, body, buttons = [], kind = "", onCancel }) {
  const id = uniqueId("dialog");
  const dialog = /** @type {HTMLDialogElement} */ (
    h(
      "dialog",
      { class: `dialog ${kind}`, "aria-labelledby": id },
      h("header", { class: "dialog-header" }, h("h2", { id }, title), iconButton("close", "Close", onCancel)),
      body,
      buttons.length > 0 ? h("footer", { class: "dialog-footer" }, buttons) : null,
    )
  );
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    onCancel();
  });
  dialog.addEventListener("pointerdown", (event) => {
    if (event.target === dialog) onCancel();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
