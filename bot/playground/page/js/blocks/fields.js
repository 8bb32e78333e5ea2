/**
 * Fields for text, numbers, dates and times: the browser's own controls, which every reader and phone knows.
 */

import { h } from "../dom.js";
import { acts } from "./elements.js";
import { plainText } from "./text.js";

/** @typedef {import("./surface.js").Surface} Surface */
/** @typedef {HTMLInputElement | HTMLTextAreaElement} Control */

/**
 * What each kind is in HTML, and under which name its value travels.
 *
 * @type {Record<string, {type: string, key: string}>}
 */
const KINDS = {
  plain_text_input: { type: "text", key: "value" },
  number_input: { type: "text", key: "value" },
  email_text_input: { type: "email", key: "value" },
  url_text_input: { type: "url", key: "value" },
  datepicker: { type: "date", key: "selected_date" },
  timepicker: { type: "time", key: "selected_time" },
  datetimepicker: { type: "datetime-local", key: "selected_date_time" },
};

/**
 * @param {Record<string, any>} element
 * @param {Record<string, any>} block
 * @param {Surface} surface
 * @param {{id?: string, describedBy?: string, label?: string}} names
 * @returns {HTMLElement}
 */
export function drawField(element, block, surface, names) {
  const control = makeControl(element, names);
  control.value = initialText(element, surface.keptValue(block, element));
  const read = () => ({ type: element.type, [KINDS[element.type].key]: valueOf(element, control) });
  if (acts(block)) listen(element, control, () => void surface.act(block, element, read(), control));
  surface.register(block, { element, read, focus: () => control.focus() });
  return control;
}

/**
 * @param {Record<string, any>} element
 * @param {{id?: string, describedBy?: string, label?: string}} names
 * @returns {Control}
 */
function makeControl(element, names) {
  const multiline = element.type === "plain_text_input" && element.multiline;
  const placeholder = plainText(element.placeholder);
  const attributes = {
    class: "control",
    id: names.id,
    "aria-describedby": names.describedBy,
    "aria-label": names.id ? undefined : names.label || placeholder || "Value",
    placeholder: placeholder || undefined,
    maxlength: element.max_length,
    inputmode:
      element.type === "number_input" ? (element.is_decimal_allowed ? "decimal" : "numeric") : undefined,
    autocomplete: "off",
    data: { initialFocus: element.focus_on_load || undefined },
  };
  const tag = multiline ? "textarea" : "input";
  return /** @type {Control} */ (
    h(tag, { ...attributes, ...(multiline ? { rows: 4 } : { type: KINDS[element.type].type }) })
  );
}

/** @param {Record<string, any>} element @param {Record<string, any> | undefined} kept @returns {string} */
function initialText(element, kept) {
  const { key } = KINDS[element.type];
  const initial = kept
    ? kept[key]
    : element[key === "value" ? "initial_value" : key.replace("selected", "initial")];
  if (initial === null || initial === undefined) return "";
  if (element.type !== "datetimepicker") return String(initial);
  const date = new Date(initial * 1000);
  // datetime-local wants the wall time of the reader's zone without a zone.
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** @param {Record<string, any>} element @param {Control} control @returns {string | number | null} */
function valueOf(element, control) {
  if (control.value === "") return null;
  return element.type === "datetimepicker"
    ? Math.floor(new Date(control.value).getTime() / 1000)
    : control.value;
}

/** Text is sent on Enter (or while typing, where the app wants that); dates and times when one is chosen. */
function listen(
  /** @type {Record<string, any>} */ element,
  /** @type {Control} */ control,
  /** @type {() => void} */ send,
) {
  if (KINDS[element.type].key !== "value") {
    control.addEventListener("change", send);
    return;
  }
  const triggers = element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  if (triggers.includes("on_character_entered")) control.addEventListener("input", send);
  if (triggers.includes("on_enter_pressed")) {
    control.addEventListener("keydown", (event) => {
      if (/** @type {KeyboardEvent} */ (event).key !== "Enter" || control instanceof HTMLTextAreaElement)
        return;
      event.preventDefault(); // or Enter would also submit the modal around it
      send();
    });
  }
}

/**
 * What is wrong with a field before the app is even asked, in words; null where nothing is.
 *
 * @param {Record<string, any>} block an input block
 * @param {Record<string, any>} value as read from its field
 * @returns {string | null}
 */
export function fieldProblem(block, value) {
  const { element } = block;
  const given = Object.entries(value).find(([key]) => key !== "type")?.[1];
  const empty =
    given === null || given === undefined || given === "" || (Array.isArray(given) && given.length === 0);
  if (empty) return block.optional ? null : "Please fill in this field.";
  if (element.type === "number_input") return numberProblem(element, String(given));
  if (element.min_length && String(given).length < element.min_length)
    return `Please enter at least ${element.min_length} characters.`;
  if (element.type === "email_text_input" && !/^\S+@\S+$/.test(given))
    return "Please enter an e-mail address.";
  if (element.type === "url_text_input" && !URL.canParse(given))
    return "Please enter a full address, such as https://example.com.";
  return null;
}

/** @param {Record<string, any>} element @param {string} text @returns {string | null} */
function numberProblem(element, text) {
  const number = Number(text);
  if (Number.isNaN(number)) return "Please enter a number.";
  if (!element.is_decimal_allowed && !Number.isInteger(number)) return "Please enter a whole number.";
  if (element.min_value !== undefined && number < Number(element.min_value))
    return `Please enter ${element.min_value} or more.`;
  if (element.max_value !== undefined && number > Number(element.max_value))
    return `Please enter ${element.max_value} or less.`;
  return null;
}
