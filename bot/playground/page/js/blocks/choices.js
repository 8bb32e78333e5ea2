/** Checkboxes and radio buttons. */

import { h, uniqueId } from "../dom.js";
import { acts } from "./elements.js";
import { drawText } from "./text.js";

/**
 * @param {Record<string, any>} element
 * @param {Record<string, any>} block
 * @param {import("./surface.js").Surface} surface
 * @param {{describedBy?: string, label?: string}} names
 * @returns {HTMLElement}
 */
export function drawChoices(element, block, surface, names) {
  const multiple = element.type === "checkboxes";
  const options = /** @type {Record<string, any>[]} */ (element.options);
  const kept = surface.keptValue(block, element);
  const initial = new Set(
    valuesOf(
      multiple
        ? (kept?.selected_options ?? element.initial_options)
        : [kept?.selected_option ?? element.initial_option],
    ),
  );
  const group = uniqueId("choices");
  const inputs = options.map((option) =>
    h("input", { type: multiple ? "checkbox" : "radio", name: group, checked: initial.has(option.value) }),
  );
  const chosen = () => options.filter((_, index) => /** @type {HTMLInputElement} */ (inputs[index]).checked);
  const read = () =>
    multiple
      ? { type: element.type, selected_options: chosen() }
      : { type: element.type, selected_option: chosen()[0] ?? null };
  const node = h(
    "div",
    {
      class: "choices",
      role: multiple ? "group" : "radiogroup",
      "aria-label": names.label,
      "aria-describedby": names.describedBy,
    },
    options.map((option, index) => drawChoice(option, inputs[index], surface)),
  );
  if (acts(block)) node.addEventListener("change", () => void surface.act(block, element, read(), node));
  surface.register(block, { element, read, focus: () => inputs[0]?.focus() });
  return node;
}

/** @param {Record<string, any>[] | undefined} options @returns {string[]} */
function valuesOf(options) {
  return (options ?? []).filter(Boolean).map((option) => option.value);
}

/**
 * @param {Record<string, any>} option
 * @param {HTMLElement} input
 * @param {import("./surface.js").Surface} surface
 * @returns {HTMLElement}
 */
function drawChoice(option, input, surface) {
  const description = option.description
    ? h("span", { class: "choice-description" }, drawText(option.description, surface.state))
    : null;
  return h(
    "label",
    { class: "choice" },
    input,
    h("span", {}, h("span", { class: "choice-text" }, drawText(option.text, surface.state)), description),
  );
}
