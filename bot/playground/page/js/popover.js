/**
 * A box beside a button that closes on Escape, on a click elsewhere, and when its button goes away. One at a
 * time.
 */

import { h } from "./dom.js";

const GAP = 4;
const EDGE = 8;

/** @type {{close: (refocus: boolean) => void} | null} */
let open = null;

/**
 * @param {HTMLElement} anchor
 * @param {HTMLElement} content
 * @param {object} [options]
 * @param {string} [options.kind] class of the box
 * @param {boolean} [options.matchWidth] at least as wide as the anchor
 * @param {() => void} [options.onClose]
 * @returns {() => void} closes it and gives the focus back
 */
export function openPopover(anchor, content, { kind = "", matchWidth = false, onClose } = {}) {
  open?.close(false);
  const box = h("div", { class: `popover ${kind}`, popover: "manual" }, content);
  // Everything outside a modal dialog is inert, so a box that belongs to a dialog's button must live inside
  // it.
  (anchor.closest("dialog") ?? document.body).append(box);
  box.showPopover();
  if (matchWidth) box.style.minWidth = `${anchor.getBoundingClientRect().width}px`;
  // What is in it may come later than the box: then the side with more room is another.
  const grown = new ResizeObserver(() => place(box, anchor));
  grown.observe(content);
  place(box, anchor);
  anchor.setAttribute("aria-expanded", "true");

  const close = (/** @type {boolean} */ refocus) => {
    if (open?.close !== close) return;
    open = null;
    stop.abort();
    grown.disconnect();
    box.remove();
    anchor.setAttribute("aria-expanded", "false");
    if (refocus) refocusAnchor(anchor);
    onClose?.();
  };
  open = { close };

  const stop = new AbortController();
  const { signal } = stop;
  const outside = (/** @type {Event} */ event) => {
    const target = /** @type {Node} */ (event.target);
    if (!box.contains(target) && !anchor.contains(target)) close(false);
  };
  document.addEventListener("pointerdown", outside, { capture: true, signal });
  document.addEventListener("focusin", outside, { signal });
  window.addEventListener("resize", () => close(false), { signal });
  document.addEventListener(
    "scroll",
    (event) => !box.contains(/** @type {Node} */ (event.target)) && place(box, anchor),
    { capture: true, signal },
  );
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault(); // or Escape would also close the dialog around it
    event.stopPropagation();
    close(true);
  });
  return () => close(true);
}

/**
 * A message may have been drawn anew meanwhile: then its new button takes the focus.
 *
 * @param {HTMLElement} anchor
 */
function refocusAnchor(anchor) {
  const key = anchor.dataset.focusKey;
  const message = anchor.closest("[data-ts]")?.getAttribute("data-ts");
  const target =
    anchor.isConnected || !key
      ? anchor
      : document.querySelector(`[data-ts="${message}"] [data-focus-key="${CSS.escape(key)}"]`);
  /** @type {HTMLElement | null} */ (target)?.focus();
}

/** Below the anchor, or above where there is more room; never over the edge of the window. */
function place(/** @type {HTMLElement} */ box, /** @type {HTMLElement} */ anchor) {
  if (!anchor.isConnected) return;
  const at = anchor.getBoundingClientRect();
  const below = window.innerHeight - at.bottom - GAP - EDGE;
  const above = at.top - GAP - EDGE;
  const upwards = box.scrollHeight > below && above > below;
  box.style.maxHeight = `${Math.max(120, upwards ? above : below)}px`;
  box.style.top = upwards ? "auto" : `${at.bottom + GAP}px`;
  box.style.bottom = upwards ? `${window.innerHeight - at.top + GAP}px` : "auto";
  const width = box.offsetWidth;
  const alignEnd = at.left + width > window.innerWidth - EDGE;
  const left = alignEnd ? at.right - width : at.left;
  box.style.left = `${Math.max(EDGE, Math.min(left, window.innerWidth - width - EDGE))}px`;
}
