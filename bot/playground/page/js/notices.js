/**
 * Lines for the person alone: what was refused and why. They stay until dismissed or until the next thing is
 * sent.
 */

import { announce } from "./announce.js";
import { h, iconButton } from "./dom.js";

const MOST = 3;

/** @param {string} text */
export function notify(text) {
  const slot = document.getElementById("notices");
  if (!slot) return;
  const notice = h(
    "div",
    { class: "notice" },
    h("p", {}, text),
    iconButton("close", "Dismiss", () => notice.remove()),
  );
  slot.append(notice);
  while (slot.childElementCount > MOST) slot.firstElementChild?.remove();
  // A modal makes the rest of the page inert; there the announcement is all that is heard, so the text is
  // also shown in it.
  const dialog = [...document.querySelectorAll("dialog[open]")].at(-1);
  const inDialog = dialog?.querySelector(".dialog-notice");
  if (inDialog) inDialog.textContent = text;
  announce(text, "assertive");
}

export function clearNotices() {
  document.getElementById("notices")?.replaceChildren();
}
