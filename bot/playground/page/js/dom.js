/**
 * Builds DOM nodes. The only way this page makes elements: text always becomes a text node, so nothing that a
 * pod
 * or a person wrote is ever read as HTML.
 */

/** @typedef {Node | string | number | null | undefined | false} Piece */
/** @typedef {Piece | any[]} Child lists of pieces may be nested as deep as one likes */

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element with attributes, listeners (`on`), data attributes (`data`) and children; empty children are
 * left out.
 *
 * @param {string} tag
 * @param {Record<string, any>} [attributes] `true` sets an empty attribute; `false`, `null` and `undefined`
 *   leave it out
 * @param {...Child} children
 * @returns {HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    } else if (name === "data") {
      for (const [key, entry] of Object.entries(value))
        if (entry !== undefined) node.dataset[key] = String(entry);
    } else if (name === "value") {
      /** @type {HTMLInputElement} */ (node).value = value;
    } else {
      node.setAttribute(name, value === true ? "" : String(value));
    }
  }
  append(node, children);
  return node;
}

/**
 * @param {ParentNode} parent
 * @param {Child[]} children
 */
export function append(parent, children) {
  for (const child of /** @type {Piece[]} */ (children.flat(Infinity))) {
    if (child === null || child === undefined || child === false) continue;
    parent.append(child instanceof Node ? child : String(child));
  }
}

/**
 * Replaces all children of a node.
 *
 * @param {Element} parent
 * @param {...Child} children
 */
export function fill(parent, ...children) {
  parent.replaceChildren();
  append(parent, children);
}

/** Stroked 24×24 outlines of the page's few icons. */
const ICONS = {
  hash: "M9 4 7 20M17 4l-2 16M4.5 9h16M3.5 15h16",
  home: "M4 11l8-7 8 7M6 9.5V20h12V9.5",
  menu: "M4 7h16M4 12h16M4 17h16",
  close: "M6 6l12 12M18 6 6 18",
  send: "M4 12 20 4l-5 16-3.5-6.5zM11.5 13.5 20 4",
  thread: "M5 5h14v10H11l-4 4v-4H5zM9 9h6M9 12h4",
  dots: "M6 12h.01M12 12h.01M18 12h.01",
  chevron: "M7 10l5 5 5-5",
  down: "M12 5v14M6 13l6 6 6-6",
  eye: "M3 12s3.5-6 9-6 9 6 9 6-3.5 6-9 6-9-6-9-6zM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5",
  keyboard: "M3 7h18v11H3zM7 11h.01M11 11h.01M15 11h.01M17.5 11h.01M8 14.5h8",
  cluster: "M12 3l7.5 4.3v9.4L12 21l-7.5-4.3V7.3zM12 12l7.5-4.7M12 12v9M12 12 4.5 7.3",
  file: "M7 3h7l4 4v14H7zM14 3v4h4",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  check: "M5 12.5l4.5 4.5L19 7.5",
  search: "M11 5a6 6 0 1 0 0 12 6 6 0 0 0 0-12M15.5 15.5 20 20",
};

/**
 * A decorative icon: hidden from assistive technology, coloured by the text around it.
 *
 * @param {keyof typeof ICONS} name
 * @returns {SVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/**
 * A button that shows an icon alone and says what it does to everybody else.
 *
 * @param {keyof typeof ICONS} name
 * @param {string} label
 * @param {(event: Event) => void} onClick
 * @param {Record<string, any>} [attributes]
 * @returns {HTMLElement}
 */
export function iconButton(name, label, onClick, attributes = {}) {
  const { class: extra = "", ...rest } = attributes;
  return h(
    "button",
    {
      type: "button",
      class: `icon-button ${extra}`,
      "aria-label": label,
      title: label,
      on: { click: onClick },
      ...rest,
    },
    icon(name),
  );
}

let nextId = 0;

/**
 * An id for tying labels, hints and errors to their field.
 *
 * @param {string} prefix
 * @returns {string}
 */
export function uniqueId(prefix) {
  nextId += 1;
  return `${prefix}-${nextId}`;
}
