/** Links to messages of this workspace (`/archives/C…/p…`) are followed here, as Slack follows its own. */

/** @typedef {import("./state.js").State} State */

/** @param {State} state */
export function followPermalinks(state) {
  document.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest?.("a[href]");
    if (!(link instanceof HTMLAnchorElement) || link.origin !== location.origin) return;
    const [, channel = ""] = /^\/archives\/(\w+)\//.exec(link.pathname) ?? [];
    if (!state.channel(channel)) return;
    event.preventDefault();
    state.open(channel);
  });
}
