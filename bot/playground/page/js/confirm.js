/** The confirmation dialog of Block Kit (`confirm`): nothing happens until it is answered. */

import { h } from "./dom.js";
import { showDialog } from "./dialog.js";
import { drawText, plainText } from "./blocks/text.js";

/**
 * @param {Record<string, any>} confirm title, text, confirm, deny, style
 * @param {import("./state.js").State} state
 * @param {HTMLElement} [source] takes the focus back
 * @returns {Promise<boolean>}
 */
export function confirmAction(confirm, state, source) {
  return new Promise((resolve) => {
    const answer = (/** @type {boolean} */ yes) => {
      dialog.close();
      dialog.remove();
      source?.focus();
      resolve(yes);
    };
    const style = confirm.style === "danger" ? "danger" : "primary";
    const deny = h(
      "button",
      { type: "button", class: "button", on: { click: () => answer(false) } },
      plainText(confirm.deny) || "Cancel",
    );
    const yes = h(
      "button",
      { type: "button", class: `button filled ${style}`, on: { click: () => answer(true) } },
      plainText(confirm.confirm) || "Yes",
    );
    const dialog = showDialog({
      title: plainText(confirm.title),
      body: h("div", { class: "dialog-body text" }, drawText(confirm.text, state)),
      buttons: [deny, yes],
      kind: "confirm",
      onCancel: () => answer(false),
    });
    // The safe answer is the one that a hasty Enter gives.
    deny.focus();
  });
}
