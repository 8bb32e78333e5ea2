/** A file in a message: name, size, the first lines of its text, download. */

import { h, icon } from "./dom.js";

const UNITS = ["bytes", "KB", "MB", "GB"];

/** @param {number} bytes @returns {string} */
export function sizeText(bytes) {
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < UNITS.length - 1) {
    size /= 1000;
    unit += 1;
  }
  const digits = unit > 0 && size < 10 ? 1 : 0;
  return `${size.toFixed(digits)} ${bytes === 1 ? "byte" : UNITS[unit]}`;
}

/** @param {Record<string, any>} file @returns {HTMLElement} */
export function drawFile(file) {
  const name = file.title || file.name;
  const link = h(
    "a",
    {
      class: "file-download",
      href: file.url,
      download: file.name,
      "aria-label": `Download ${file.name}`,
      title: "Download",
    },
    icon("download"),
  );
  const facts = [file.name === name ? "" : file.name, sizeText(file.size ?? 0)].filter(Boolean).join(" · ");
  const head = h(
    "div",
    { class: "file-head" },
    h("span", { class: "file-icon" }, icon("file")),
    h(
      "span",
      { class: "file-names" },
      h("span", { class: "file-name" }, name),
      h("span", { class: "file-facts" }, facts),
    ),
    link,
  );
  return h("div", { class: "file" }, head, preview(file));
}

/** @param {Record<string, any>} file @returns {HTMLElement | null} */
function preview(file) {
  if (/^image\/(png|jpeg|gif|webp)$/.test(file.mimetype ?? "")) {
    return h("img", { class: "file-image", src: file.url, alt: file.alt || file.title || file.name, loading: "lazy" });
  }
  if (!file.preview) return null;
  const cut =
    file.preview.length < (file.size ?? 0)
      ? h("p", { class: "file-cut" }, "The beginning only; download it for the rest.")
      : null;
  const text = h(
    "pre",
    { tabindex: 0, role: "region", "aria-label": `Beginning of ${file.name}` },
    file.preview,
  );
  return h("div", { class: "file-preview" }, text, cut);
}
