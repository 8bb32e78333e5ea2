/**
 * Select menus: one or many, from fixed options, from the app (external) or from the workspace's people and
 * channels.
 * Not the browser's `<select>`: it would send an action at every arrow key, and cannot ask the app for its
 * options.
 */

import { h, icon, uniqueId } from "../dom.js";
import { acts } from "./elements.js";
import { openListbox } from "./listbox.js";
import { plainText } from "./text.js";

/** @typedef {Record<string, any>} Option */
/** @typedef {import("./surface.js").Surface} Surface */

/** Under which name the choice of each kind travels, and what it starts with. */
const KINDS = {
  static_select: { key: "selected_option", initial: "initial_option" },
  external_select: { key: "selected_option", initial: "initial_option" },
  users_select: { key: "selected_user", initial: "initial_user" },
  channels_select: { key: "selected_channel", initial: "initial_channel" },
  conversations_select: { key: "selected_conversation", initial: "initial_conversation" },
  multi_static_select: { key: "selected_options", initial: "initial_options" },
  multi_external_select: { key: "selected_options", initial: "initial_options" },
  multi_users_select: { key: "selected_users", initial: "initial_users" },
  multi_channels_select: { key: "selected_channels", initial: "initial_channels" },
  multi_conversations_select: { key: "selected_conversations", initial: "initial_conversations" },
};

/** @param {string} type @returns {boolean} */
export function isSelect(type) {
  return Object.hasOwn(KINDS, type);
}

/**
 * @param {Record<string, any>} element
 * @param {Record<string, any>} block
 * @param {Surface} surface
 * @param {{describedBy?: string, label?: string}} names
 * @returns {HTMLElement}
 */
export function drawSelect(element, block, surface, names) {
  const kind = KINDS[/** @type {keyof typeof KINDS} */ (element.type)];
  const multiple = element.type.startsWith("multi_");
  const byId = !kind.key.startsWith("selected_option");
  let chosen = initialOptions(element, kind, surface, surface.keptValue(block, element));

  const shown = h("span", { class: "select-text", id: uniqueId("select") });
  const placeholder = plainText(element.placeholder) || (multiple ? "Choose some" : "Choose one");
  const showChosen = () => {
    shown.textContent = chosen.map((option) => plainText(option.text)).join(", ") || placeholder;
    shown.toggleAttribute("data-empty", chosen.length === 0);
    button.setAttribute("aria-label", [names.label, shown.textContent].filter(Boolean).join(": "));
  };
  const read = () => {
    const values = byId ? chosen.map((option) => option.value) : chosen;
    return { type: element.type, [kind.key]: multiple ? values : (values[0] ?? null) };
  };
  const commit = (/** @type {Option[]} */ options) => {
    const before = JSON.stringify(read());
    chosen = options;
    showChosen();
    button.dispatchEvent(new Event("change", { bubbles: true }));
    if (acts(block) && JSON.stringify(read()) !== before) void surface.act(block, element, read(), button);
  };
  const button = h(
    "button",
    {
      type: "button",
      class: "select",
      "aria-haspopup": "listbox",
      "aria-expanded": "false",
      "aria-describedby": names.describedBy,
      data: {
        focusKey: `${block.block_id}/${element.action_id}`,
        initialFocus: element.focus_on_load || undefined,
      },
    },
    shown,
    icon("chevron"),
  );
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-expanded") === "true") return;
    openListbox(button, {
      label: names.label || placeholder,
      multiple,
      chosen,
      most: element.max_selected_items ?? Infinity,
      clearable: block.type === "input" && block.optional && !multiple,
      source: optionSource(element, block, surface),
      commit,
    });
  });
  showChosen();
  surface.register(block, { element, read, focus: () => button.focus() });
  return button;
}

/**
 * @param {Record<string, any>} element
 * @param {{key: string, initial: string}} kind
 * @param {Surface} surface
 * @param {any} kept
 * @returns {Option[]}
 */
function initialOptions(element, kind, surface, kept) {
  const initial = kept ? kept[kind.key] : element[kind.initial];
  const list = (Array.isArray(initial) ? initial : [initial]).filter(Boolean);
  if (kind.key.startsWith("selected_option")) return list;
  return list.map(
    (id) => namedOptions(element.type, surface).find((option) => option.value === id) ?? toOption(id, id),
  );
}

/** @param {string} value @param {string} text @param {string} [description] @returns {Option} */
function toOption(value, text, description) {
  return {
    value,
    text: { type: "plain_text", text, emoji: false },
    ...(description ? { description: { type: "plain_text", text: description } } : {}),
  };
}

/** People or channels as options. @param {string} type @param {Surface} surface @returns {Option[]} */
function namedOptions(type, { state }) {
  const channels = state.channels
    .filter((channel) => channel.kind === "channel")
    .map((channel) => toOption(channel.id, `#${channel.name}`, channel.topic));
  const people = state.people.map((person) =>
    toOption(person.id, `@${person.name}`, person.title || person.real_name),
  );
  if (type.includes("users")) return people;
  return type.includes("conversations") ? [...channels, ...people] : channels;
}

/**
 * @typedef {object} OptionSource
 * @property {(query: string) => Promise<{groups: {label: string, options: Option[]}[], problem?: string}>}
 *   find
 * @property {number} least how many characters it takes before there is anything to find
 * @property {boolean} remote
 */

/**
 * @param {Record<string, any>} element
 * @param {Record<string, any>} block
 * @param {Surface} surface
 * @returns {OptionSource}
 */
function optionSource(element, block, surface) {
  if (element.type.includes("external"))
    return {
      find: (query) => fetchOptions(element, block, surface, query),
      least: element.min_query_length ?? 3,
      remote: true,
    };
  const groups = element.type.includes("static")
    ? toGroups(element.options, element.option_groups)
    : [{ label: "", options: namedOptions(element.type, surface) }];
  return { find: async (query) => ({ groups: filterGroups(groups, query) }), least: 0, remote: false };
}

/**
 * @param {Option[] | undefined} options
 * @param {Record<string, any>[] | undefined} groups
 * @returns {{label: string, options: Option[]}[]}
 */
function toGroups(options, groups) {
  if (groups) return groups.map((group) => ({ label: plainText(group.label), options: group.options }));
  return [{ label: "", options: options ?? [] }];
}

/**
 * @param {{label: string, options: Option[]}[]} groups
 * @param {string} query
 * @returns {{label: string, options: Option[]}[]}
 */
function filterGroups(groups, query) {
  const wanted = query.trim().toLowerCase();
  const fits = (/** @type {Option} */ option) =>
    `${plainText(option.text)} ${plainText(option.description)}`.toLowerCase().includes(wanted);
  return groups
    .map((group) => ({ ...group, options: group.options.filter(fits) }))
    .filter((group) => group.options.length > 0);
}

/**
 * @param {Record<string, any>} element
 * @param {Record<string, any>} block
 * @param {Surface} surface
 * @param {string} query
 */
async function fetchOptions(element, block, surface, query) {
  const answer = await surface.api.options({
    container: surface.container,
    block_id: block.block_id ?? "",
    action_id: element.action_id ?? "",
    value: query,
  });
  if (!answer.ok) return { groups: [], problem: answer.message };
  return {
    groups: toGroups(answer.options, answer.option_groups).filter((group) => group.options.length > 0),
  };
}
