/** Speaks to screen readers through the two live regions of index.html, and nowhere else. */

/**
 * @param {string} text
 * @param {"polite" | "assertive"} [politeness] assertive interrupts: for refusals and lost connections only
 */
export function announce(text, politeness = "polite") {
  const region = document.getElementById(`announce-${politeness}`);
  if (!region) return;
  const line = document.createElement("p");
  line.textContent = text;
  region.append(line);
  // A reader speaks additions; old lines would otherwise be found again when browsing the page.
  while (region.childElementCount > 4) region.firstElementChild?.remove();
}
