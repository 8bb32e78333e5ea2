/** Text objects: `plain_text` and `mrkdwn`, wherever a block or an element carries one. */

import { h } from "../dom.js";
import { withEmoji } from "../emoji.js";
import { appendText, drawMrkdwn, unescapeText } from "../mrkdwn.js";

/** @typedef {{type: "plain_text" | "mrkdwn", text: string, emoji?: boolean}} TextObject */

/**
 * @param {TextObject | undefined} object
 * @param {import("../state.js").State} state
 * @returns {DocumentFragment}
 */
export function drawText(object, state) {
  if (object?.type === "mrkdwn") return drawMrkdwn(object.text, state);
  const out = document.createDocumentFragment();
  appendText(out, plainText(object));
  return out;
}

/** For attributes and button labels. @param {TextObject | undefined} object @returns {string} */
export function plainText(object) {
  if (!object) return "";
  const text = unescapeText(object.text);
  return object.type === "plain_text" && object.emoji === false ? text : withEmoji(text);
}

/** @param {Record<string, any>} image an image element or block @returns {HTMLElement} */
export function drawImage(image) {
  const url = image.image_url ?? image.slack_file?.url ?? "";
  if (!/^(https?:\/\/|\/page\/|data:image\/(png|jpeg|gif|webp);)/i.test(url)) {
    return h("span", { class: "missing-image" }, `Image: ${image.alt_text ?? ""}`);
  }
  const node = h("img", { src: url, alt: image.alt_text ?? "", loading: "lazy", decoding: "async" });
  // A picture that cannot be fetched leaves its description, not a torn icon.
  node.addEventListener("error", () =>
    node.replaceWith(h("span", { class: "missing-image" }, `Image: ${image.alt_text ?? ""}`)),
  );
  return node;
}
