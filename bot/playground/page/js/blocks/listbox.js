/** The list that a select opens: a search box over options; arrow keys move, Enter picks, Escape closes. */

import { h, icon, uniqueId } from "../dom.js";
import { openPopover } from "../popover.js";
import { plainText } from "./text.js";

/** @typedef {import("./selects.js").Option} Option */

const TYPING_PAUSE_MS = 250;

/**
 * @param {HTMLElement} anchor
 * @param {object} request
 * @param {string} request.label
 * @param {boolean} request.multiple
 * @param {Option[]} request.chosen
 * @param {number} request.most how many may be chosen
 * @param {boolean} request.clearable
 * @param {import("./selects.js").OptionSource} request.source
 * @param {(options: Option[]) => void} request.commit called once: at the pick, or at closing where many may
 *   be chosen
 */
export function openListbox(anchor, { label, multiple, chosen, most, clearable, source, commit }) {
  const listId = uniqueId("listbox");
  let selection = [...chosen];
  let items = /** @type {{node: HTMLElement, option: Option | null}[]} */ ([]);
  let active = 0;
  let asked = 0;

  const isChosen = (/** @type {Option | null} */ option) =>
    selection.some((one) => one.value === option?.value);
  const list = h("ul", {
    role: "listbox",
    id: listId,
    class: "listbox",
    "aria-label": label,
    "aria-multiselectable": multiple || undefined,
  });
  // The focus stays in the search box, whatever is clicked beside it.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  const hint = h("p", { class: "listbox-hint", role: "status" });
  const search = h("input", {
    class: "control listbox-search",
    type: "text",
    role: "combobox",
    placeholder: "Search",
    "aria-label": `${label}: search`,
    "aria-controls": listId,
    "aria-expanded": "true",
    "aria-autocomplete": "list",
    autocomplete: "off",
  });

  const moveTo = (/** @type {number} */ index) => {
    active = Math.max(0, Math.min(items.length - 1, index));
    items.forEach(({ node }, at) => node.toggleAttribute("data-active", at === active));
    const node = items[active]?.node;
    if (node) search.setAttribute("aria-activedescendant", node.id);
    else search.removeAttribute("aria-activedescendant");
    node?.scrollIntoView({ block: "nearest" });
  };
  const pick = (/** @type {Option | null} */ option) => {
    if (!multiple || option === null) {
      selection = option ? [option] : [];
      close();
      return;
    }
    if (isChosen(option)) selection = selection.filter((one) => one.value !== option.value);
    else if (selection.length < most) selection = [...selection, option];
    else hint.textContent = `At most ${most} may be chosen.`;
    for (const item of items) item.node.setAttribute("aria-selected", String(isChosen(item.option)));
  };
  const show = (/** @type {{label: string, options: Option[]}[]} */ groups) => {
    items = [];
    list.replaceChildren();
    if (clearable && chosen.length > 0) items.push(addItem(list, null, false, pick));
    for (const group of groups) {
      if (group.label) list.append(h("li", { role: "presentation", class: "listbox-group" }, group.label));
      for (const option of group.options) items.push(addItem(list, option, isChosen(option), pick));
    }
    moveTo(
      Math.max(
        0,
        items.findIndex((item) => item.option && isChosen(item.option)),
      ),
    );
  };
  const refresh = async () => {
    const query = /** @type {HTMLInputElement} */ (search).value;
    if (query.length < source.least) {
      show([]);
      hint.textContent = `Type at least ${source.least} characters to search.`;
      return;
    }
    asked += 1;
    const mine = asked;
    hint.textContent = source.remote ? "Searching…" : "";
    const { groups, problem } = await source.find(query);
    if (mine !== asked) return; // an answer to what was typed before
    show(groups);
    hint.textContent = problem ?? (items.length === 0 ? "Nothing fits." : "");
  };

  let pause = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
  search.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(() => void refresh(), source.remote ? TYPING_PAUSE_MS : 0);
  });
  search.addEventListener("keydown", (event) => {
    const target = { ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + 8, PageUp: active - 8 }[
      event.key
    ];
    if (target !== undefined) moveTo(target);
    else if (event.key === "Enter" && items[active]) pick(items[active].option);
    else if (event.key === "Tab") close();
    else if (event.key !== "Enter") return;
    if (event.key !== "Tab") event.preventDefault();
  });

  const close = openPopover(anchor, h("div", { class: "listbox-box" }, search, list, hint), {
    kind: "listbox-popover",
    matchWidth: true,
    onClose: () => {
      clearTimeout(pause);
      commit(selection);
    },
  });
  search.focus();
  void refresh();
}

/**
 * @param {HTMLElement} list
 * @param {Option | null} option null clears
 * @param {boolean} selected
 * @param {(option: Option | null) => void} pick
 */
function addItem(list, option, selected, pick) {
  const text = option ? plainText(option.text) : "Clear the choice";
  const description = plainText(option?.description);
  const node = h(
    "li",
    {
      role: "option",
      id: uniqueId("option"),
      "aria-selected": String(selected),
      class: option ? undefined : "listbox-clear",
      on: { click: () => pick(option) },
    },
    h("span", { class: "listbox-check" }, icon("check")),
    h(
      "span",
      { class: "listbox-label" },
      text,
      description ? h("span", { class: "listbox-description" }, description) : null,
    ),
  );
  list.append(node);
  return { node, option };
}
