/** A menu of things to do, beside the button that opened it: arrow keys move, Enter picks, Escape closes. */

import { h } from "./dom.js";
import { openPopover } from "./popover.js";

/** @typedef {{label: string, description?: string, danger?: boolean, pick: () => void}} MenuItem */

/** @param {HTMLElement} anchor @param {MenuItem[]} items */
export function openMenu(anchor, items) {
  const buttons = items.map((item) =>
    h(
      "button",
      {
        type: "button",
        role: "menuitem",
        tabindex: -1,
        class: item.danger ? "menu-item danger" : "menu-item",
        on: {
          click: () => {
            close();
            item.pick();
          },
        },
      },
      h("span", { class: "menu-label" }, item.label),
      item.description ? h("span", { class: "menu-description" }, item.description) : null,
    ),
  );
  const menu = h(
    "div",
    {
      role: "menu",
      class: "menu",
      on: { keydown: (/** @type {KeyboardEvent} */ event) => move(event, buttons) },
    },
    buttons,
  );
  const close = openPopover(anchor, menu, { kind: "menu-popover" });
  buttons[0]?.focus();
}

/** @param {KeyboardEvent} event @param {HTMLElement[]} buttons */
function move(event, buttons) {
  const at = buttons.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const target = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
  if (target === undefined) return;
  event.preventDefault();
  buttons[(target + buttons.length) % buttons.length]?.focus();
}
