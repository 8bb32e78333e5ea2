/** The actions block, buttons and overflow menus. */

import { h, icon } from "../dom.js";
import { openMenu } from "../menu.js";
import { drawElement } from "./elements.js";
import { plainText } from "./text.js";

/** @typedef {import("./surface.js").Surface} Surface */

/** @param {Record<string, any>} block @param {Surface} surface @returns {HTMLElement} */
export function drawActions(block, surface) {
  const elements = block.elements.map((/** @type {any} */ element) => drawElement(element, block, surface));
  return h("div", { class: "block actions", role: "group", "aria-label": "Actions" }, elements);
}

/**
 * @param {Record<string, any>} element
 * @param {Record<string, any>} block
 * @param {Surface} surface
 * @returns {HTMLElement}
 */
export function drawButton(element, block, surface) {
  const label = plainText(element.text);
  const attributes = {
    class: `button ${element.style ?? ""}`,
    "aria-label": element.accessibility_label,
    data: { focusKey: `${block.block_id}/${element.action_id}` },
  };
  const value = { value: element.value };
  if (element.url && /^https?:\/\//i.test(element.url)) {
    // A link button opens its page and still tells the app, as in Slack.
    const link = h(
      "a",
      { ...attributes, href: element.url, target: "_blank", rel: "noopener noreferrer" },
      label,
    );
    link.addEventListener(
      "click",
      () => void surface.act(block, { ...element, confirm: undefined }, value, link),
    );
    return link;
  }
  const button = h("button", { type: "button", ...attributes }, label);
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-busy") !== "true") void surface.act(block, element, value, button);
  });
  return button;
}

/**
 * @param {Record<string, any>} element
 * @param {Record<string, any>} block
 * @param {Surface} surface
 * @returns {HTMLElement}
 */
export function drawOverflow(element, block, surface) {
  const button = h(
    "button",
    {
      type: "button",
      class: "button overflow",
      "aria-label": "More actions",
      "aria-haspopup": "menu",
      data: { focusKey: `${block.block_id}/${element.action_id}` },
    },
    icon("dots"),
  );
  button.addEventListener("click", () => {
    openMenu(
      button,
      element.options.map((/** @type {any} */ option) => ({
        label: plainText(option.text),
        description: plainText(option.description),
        pick: () => {
          if (/^https?:\/\//i.test(option.url ?? ""))
            window.open(option.url, "_blank", "noopener,noreferrer");
          void surface.act(block, element, { selected_option: option }, button);
        },
      })),
    );
  });
  return button;
}
