/**
 * The panel's table of pods: kept row by row, so that the second's refresh moves neither focus nor scroll.
 */

import { h } from "./dom.js";

/**
 * @typedef {object} Pod
 * @property {string} namespace
 * @property {string} name
 * @property {string} uid
 * @property {string | null} owner
 * @property {string} ready "1/2"
 * @property {string} status
 * @property {string | number} restarts
 * @property {string} age
 * @property {string} node
 * @property {string} ip
 */

const COLUMNS = ["Name", "Ready", "Status", "Restarts", "Age"];
/** The random suffix of a ReplicaSet's pod and its dash. */
const TAIL = 6;
const WAITING = /^(Pending|ContainerCreating|PodInitializing|Init:\d|Terminating|NotReady|SchedulingGated)/;

/**
 * @param {Pod} pod
 * @returns {string} a StatefulSet's pod comes back under its name, so the choice outlives the pod
 */
export function podKey(pod) {
  return `${pod.namespace}/${pod.name}`;
}

/**
 * How a status is coloured; its word is always there too.
 *
 * @param {Pod} pod
 * @returns {"good" | "waiting" | "done" | "bad"}
 */
export function podTone(pod) {
  if (pod.status === "Completed" || pod.status === "Succeeded") return "done";
  if (WAITING.test(pod.status)) return "waiting";
  if (pod.status !== "Running") return "bad";
  const [ready, all] = pod.ready.split("/");
  return ready === all ? "good" : "waiting";
}

/** Every word must occur somewhere in the row. @param {Pod[]} pods @param {string} query @returns {Pod[]} */
export function filterPods(pods, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const text = (/** @type {Pod} */ pod) =>
    [pod.namespace, pod.name, pod.owner ?? "", pod.status, pod.node, pod.ip].join(" ").toLowerCase();
  return pods.filter((pod) => words.every((word) => text(pod).includes(word)));
}

export class PodTable {
  #rows = /** @type {Map<string, {node: HTMLElement, signature: string}>} */ (new Map());

  /** @param {(pod: Pod) => void} onSelect */
  constructor(onSelect) {
    this.onSelect = onSelect;
    this.body = h("tbody", {});
    const head = h(
      "tr",
      {},
      COLUMNS.map((column) => h("th", { scope: "col" }, column)),
    );
    const caption = h(
      "caption",
      { class: "visually-hidden" },
      "Pods by namespace. Press a name to aim the buttons below at it.",
    );
    this.node = h(
      "div",
      { class: "pod-frame" },
      h("table", { class: "pods" }, caption, h("thead", {}, head), this.body),
    );
  }

  /** @param {Pod[]} pods @param {string | null} selected key */
  show(pods, selected) {
    const sorted = [...pods].sort((a, b) => podKey(a).localeCompare(podKey(b)));
    const kept = new Map();
    let namespace = "";
    const order = [];
    for (const pod of sorted) {
      if (pod.namespace !== namespace) {
        namespace = pod.namespace;
        order.push(this.#keep(kept, `namespace ${namespace}`, namespace, () => drawNamespace(pod.namespace)));
      }
      const chosen = podKey(pod) === selected;
      const { uid, ip, ...shown } = pod;
      order.push(
        this.#keep(kept, podKey(pod), JSON.stringify([shown, chosen]), () => this.#drawRow(pod, chosen)),
      );
    }
    if (order.length === 0)
      order.push(h("tr", {}, h("td", { colspan: COLUMNS.length, class: "empty" }, "No pod fits.")));
    const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset.pod;
    const hadFocus = this.body.contains(document.activeElement);
    if (
      order.length !== this.body.childElementCount ||
      order.some((node, at) => this.body.children[at] !== node)
    ) {
      this.body.replaceChildren(...order);
    }
    this.#rows = kept;
    if (hadFocus && focused)
      /** @type {HTMLElement | null} */ (
        this.body.querySelector(`[data-pod="${CSS.escape(focused)}"]`)
      )?.focus();
  }

  /** @param {Pod} pod */
  reveal(pod) {
    this.#rows.get(podKey(pod))?.node.scrollIntoView({ block: "center" });
  }

  /**
   * @param {Map<string, {node: HTMLElement, signature: string}>} kept
   * @param {string} key @param {string} signature @param {() => HTMLElement} build
   * @returns {HTMLElement}
   */
  #keep(kept, key, signature, build) {
    const old = this.#rows.get(key);
    const node = old?.signature === signature ? old.node : build();
    kept.set(key, { node, signature });
    return node;
  }

  /** @param {Pod} pod @param {boolean} chosen @returns {HTMLElement} */
  #drawRow(pod, chosen) {
    const button = h(
      "button",
      {
        type: "button",
        class: "pod-name",
        "aria-pressed": String(chosen),
        "aria-label": pod.name,
        data: { pod: podKey(pod) },
      },
      splitName(pod.name),
    );
    const [restarts, since] = splitRestarts(String(pod.restarts));
    const title = [pod.owner, pod.node, pod.ip].filter(Boolean).join(" · ");
    return h(
      "tr",
      {
        data: { tone: podTone(pod), chosen: chosen || undefined },
        title,
        on: { click: () => this.onSelect(pod) },
      },
      h("th", { scope: "row" }, button),
      h("td", {}, pod.ready),
      h("td", { class: "status-cell" }, h("span", { class: "status" }, h("span", {}, breakable(pod.status)))),
      h("td", {}, restarts, since ? h("span", { class: "since" }, ` ${since}`) : null),
      h("td", {}, pod.age),
    );
  }
}

/**
 * Pods of one owner differ in their last letters only: where room is short, the middle of a name gives way,
 * never its end.
 *
 * @param {string} name
 * @returns {HTMLElement[]}
 */
function splitName(name) {
  return [h("span", { class: "pod-name-head" }, name.slice(0, -TAIL)), h("span", {}, name.slice(-TAIL))];
}

/**
 * A status may go on in a second line between its words ("Init:CrashLoop" "BackOff"), so that names keep room.
 *
 * @param {string} status
 * @returns {(string | HTMLElement)[]}
 */
function breakable(status) {
  const words = status.split(/(?<=[a-z:])(?=[A-Z])/);
  return words.flatMap((word, at) => (at === 0 ? [word] : [h("wbr"), word]));
}

/** @param {string} namespace @returns {HTMLElement} */
function drawNamespace(namespace) {
  return h(
    "tr",
    { class: "namespace-row" },
    h("th", { colspan: COLUMNS.length, scope: "rowgroup" }, namespace),
  );
}

/**
 * kubectl prints `7 (40s ago)`; the panel has room for `7 (40s)`.
 *
 * @param {string} restarts
 * @returns {[string, string]}
 */
function splitRestarts(restarts) {
  const match = /^(\d+) \((.+) ago\)$/.exec(restarts);
  return match ? [match[1], `(${match[2]})`] : [restarts, ""];
}
