/** Avatars without pictures: initials on a colour that belongs to the person. */

import { h } from "./dom.js";

const COLOURS = 8;

/**
 * @param {import("./state.js").State} state
 * @param {string} id
 * @param {{name?: string, bot?: boolean, small?: boolean}} [options]
 * @returns {HTMLElement} decorative: the name always stands beside it
 */
export function avatar(state, id, { name, bot = id === state.bot.id, small = false } = {}) {
  const shown = name ?? state.person(id)?.real_name ?? state.userName(id);
  return h(
    "span",
    {
      class: "avatar",
      "aria-hidden": "true",
      data: { colour: bot ? "bot" : colourOf(state, id), small: small || undefined },
    },
    bot ? h("span", { class: "avatar-bot" }) : initials(shown),
  );
}

/** @param {string} name @returns {string} */
function initials(name) {
  const words = name.split(/[\s._-]+/).filter(Boolean);
  const letters =
    words.length > 1
      ? [words[0], words[words.length - 1]].map((word) => word.charAt(0)).join("")
      : name.slice(0, 1);
  return letters.toUpperCase();
}

/** Known people get colours of their own; others one that their id always leads to. */
function colourOf(/** @type {import("./state.js").State} */ state, /** @type {string} */ id) {
  const at = state.people.findIndex((person) => person.id === id);
  if (at >= 0) return at % COLOURS;
  return [...id].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % COLOURS;
}
