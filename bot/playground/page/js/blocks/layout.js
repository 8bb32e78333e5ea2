/** Blocks that hold text and pictures: section, header, context, divider, image. */

import { h } from "../dom.js";
import { drawElement } from "./elements.js";
import { drawImage, drawText, plainText } from "./text.js";

/** @typedef {import("./surface.js").Surface} Surface */

/** @param {Record<string, any>} block @param {Surface} surface @returns {HTMLElement} */
export function drawSection(block, surface) {
  const { state } = surface;
  const body = h("div", { class: "section-body" });
  if (block.text) body.append(h("div", { class: "text" }, drawText(block.text, state)));
  if (block.fields?.length > 0) {
    body.append(
      h(
        "div",
        { class: "fields" },
        block.fields.map((/** @type {any} */ field) =>
          h("div", { class: "field text" }, drawText(field, state)),
        ),
      ),
    );
  }
  if (!block.accessory) return h("div", { class: "block section" }, body);
  const accessory = drawElement(block.accessory, block, surface);
  return h(
    "div",
    { class: "block section with-accessory" },
    body,
    h("div", { class: "accessory" }, accessory),
  );
}

/** @param {Record<string, any>} block @returns {HTMLElement} */
export function drawHeader(block) {
  return h("h3", { class: "block header" }, plainText(block.text));
}

/** @param {Record<string, any>} block @param {Surface} surface @returns {HTMLElement} */
export function drawContext(block, surface) {
  const parts = block.elements.map((/** @type {any} */ element) =>
    element.type === "image"
      ? drawImage(element)
      : h("span", { class: "text" }, drawText(element, surface.state)),
  );
  return h("div", { class: "block context" }, parts);
}

/** @returns {HTMLElement} */
export function drawDivider() {
  return h("hr", { class: "block divider" });
}

/** @param {Record<string, any>} block @returns {HTMLElement} */
export function drawImageBlock(block) {
  const caption = block.title ? h("figcaption", {}, plainText(block.title)) : null;
  return h("figure", { class: "block image" }, caption, drawImage(block));
}
