/**
 * The strip that a newcomer sees: three things to try, each one click away. Dismissed once, it stays away.
 */

import { fill, h, iconButton } from "./dom.js";

const KEY = "podbot.first-visit.dismissed";

/** Browsers may refuse storage altogether; then the strip comes back with every visit. @returns {boolean} */
function dismissed() {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return false;
  }
}

function remember() {
  try {
    localStorage.setItem(KEY, "yes");
  } catch {
    // Nothing to do: the strip is hidden for this visit.
  }
}

/**
 * @param {HTMLElement} root
 * @param {import("./state.js").State} state
 * @param {object} actions
 * @param {(text: string) => void} actions.write
 * @param {{title: string, show: () => void} | null} actions.scenario the one to press, where there is a
 *   cluster to press it in
 */
export function showFirstVisit(root, state, actions) {
  if (dismissed()) return;
  const alerts = state.channels.find((channel) => channel.kind === "channel" && /alert/.test(channel.name));
  const step = (/** @type {import("./dom.js").Child[]} */ text, /** @type {() => void} */ go) =>
    h("li", {}, h("button", { type: "button", class: "try", on: { click: go } }, text));
  const dismiss = () => {
    remember();
    root.hidden = true;
    document.getElementById("message-box")?.focus();
  };
  fill(
    root,
    h(
      "ol",
      {},
      step(["Try ", h("code", {}, "/pods list")], () => actions.write("/pods list")),
      actions.scenario
        ? step(["Press ", h("strong", {}, actions.scenario.title)], actions.scenario.show)
        : null,
      alerts ? step(["Look in ", h("strong", {}, `#${alerts.name}`)], () => state.open(alerts.id)) : null,
    ),
    iconButton("close", "Dismiss these hints", dismiss),
  );
  root.hidden = false;
}
