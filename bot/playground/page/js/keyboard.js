/** The page's own keys, and the list that tells of them. */

import { h } from "./dom.js";
import { openPopover } from "./popover.js";

const KEYS = [
  ["/", "Write a command"],
  ["Alt ↑  Alt ↓", "Channel above or below"],
  ["Alt 1  Alt 2  Alt 3", "Be another person"],
  ["Alt C", "Show or hide the cluster"],
  ["F6", "Next part of the page"],
  ["↑", "In an empty message box: what you sent last"],
  ["Enter  Shift Enter", "Send; new line"],
  ["↑  ↓", "On a message: the one before or after"],
  ["T  M", "On a message: thread; more actions"],
  ["Esc", "Close what is open"],
  ["?", "This list"],
];

/** @param {HTMLElement} anchor */
export function showKeyboardHelp(anchor) {
  const rows = KEYS.map(([keys, meaning]) => [
    h(
      "dt",
      {},
      keys.split("  ").map((key) => h("kbd", {}, key)),
    ),
    h("dd", {}, meaning),
  ]);
  const box = h(
    "div",
    { class: "keyboard-help", role: "dialog", "aria-label": "Keyboard", tabindex: -1 },
    h("h2", {}, "Keyboard"),
    h("dl", {}, rows),
  );
  openPopover(anchor, box);
  box.focus();
}

/** @typedef {object} Keys
 * @property {(step: 1 | -1) => void} moveChannel
 * @property {(index: number) => void} bePerson
 * @property {() => void} togglePanel
 * @property {() => void} closeDrawer
 * @property {(text: string) => void} write
 */

/** @param {Keys} actions */
export function listenToKeys(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]"))
      return;
    if (event.altKey ? altKey(event, actions) : plainKey(event, actions)) event.preventDefault();
  });
}

/** @param {KeyboardEvent} event @param {Keys} actions @returns {boolean} whether it meant something */
function altKey(event, actions) {
  // `code`, because Alt changes what a key writes on some keyboards.
  const digit = /^Digit([1-9])$/.exec(event.code)?.[1];
  if (digit) actions.bePerson(Number(digit) - 1);
  else if (event.key === "ArrowDown") actions.moveChannel(1);
  else if (event.key === "ArrowUp") actions.moveChannel(-1);
  else if (event.code === "KeyC") actions.togglePanel();
  else return false;
  return true;
}

/** @param {KeyboardEvent} event @param {Keys} actions @returns {boolean} whether it meant something */
function plainKey(event, actions) {
  if (event.key === "F6") {
    moveRegion(event.shiftKey ? -1 : 1);
    return true;
  }
  if (event.key === "Escape") {
    actions.closeDrawer();
    return true;
  }
  if (/** @type {HTMLElement} */ (event.target).matches("input, textarea, select, [contenteditable]"))
    return false;
  if (event.key === "/") actions.write("/");
  else if (event.key === "?")
    /** @type {HTMLElement | null} */ (document.querySelector('[data-focus-key="keyboard"]'))?.click();
  else return false;
  return true;
}

/**
 * Sidebar, messages, message box, thread, cluster: whichever are shown, round and round.
 *
 * @param {1 | -1} step
 */
function moveRegion(step) {
  const stops = [
    "#sidebar [aria-current], #sidebar button",
    "#conversation article[tabindex='0']",
    "#message-box",
    "#thread textarea",
    "#panel input",
  ];
  const shown = stops
    .map((stop) => /** @type {HTMLElement | null} */ (document.querySelector(stop)))
    .filter((node) => node !== null && node.checkVisibility({ visibilityProperty: true }));
  const regions = shown.map((node) => node?.closest("#sidebar, #conversation, #composer, #thread, #panel"));
  const at = regions.findIndex((region) => region?.contains(document.activeElement));
  const next = at < 0 && step < 0 ? shown.length - 1 : (at + step + shown.length) % shown.length;
  shown[next]?.focus();
}
