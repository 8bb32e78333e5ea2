/**
 * Which parts of the page are shown: beside each other on large screens, as drawers over the messages on
 * small ones.
 */

const SMALL = window.matchMedia("(max-width: 899px)");

/** @param {string} id of one of index.html's places @returns {HTMLElement} */
export function slot(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

export class Frame {
  panelOpen = false;

  /** @param {{panelShown: (open: boolean) => void}} hooks */
  constructor({ panelShown }) {
    this.panelShown = panelShown;
    slot("scrim").addEventListener("click", () => this.closeDrawers());
    SMALL.addEventListener("change", () => this.#updateScrim());
  }

  /** Whether there is room for one part only. @returns {boolean} */
  get small() {
    return SMALL.matches;
  }

  /** Whether the panel is open and no thread lies where it is. @returns {boolean} */
  get panelSeen() {
    return this.panelOpen && getComputedStyle(slot("panel")).display !== "none";
  }

  /** @param {boolean} open */
  showPanel(open) {
    this.panelOpen = open;
    slot("app").toggleAttribute("data-panel", open);
    this.panelShown(open);
    this.#updateScrim();
  }

  toggleSidebar() {
    const open = slot("app").toggleAttribute("data-sidebar");
    this.#updateScrim();
    if (open)
      /** @type {HTMLElement | null} */ (
        slot("sidebar").querySelector("[aria-pressed=true], button")
      )?.focus();
  }

  /** On large screens there are none: nothing closes. */
  closeDrawers() {
    if (!SMALL.matches) return;
    slot("app").removeAttribute("data-sidebar");
    if (this.panelOpen) this.showPanel(false);
    this.#updateScrim();
  }

  #updateScrim() {
    slot("scrim").hidden = !(SMALL.matches && (slot("app").hasAttribute("data-sidebar") || this.panelOpen));
  }
}
