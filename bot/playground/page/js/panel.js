/**
 * The cluster, beside the conversation: its pods as kubectl prints them, and buttons that make things happen
 * to them.
 */

import { requestJson } from "./api.js";
import { fill, h, iconButton } from "./dom.js";
import { filterPods, podKey, podTone, PodTable } from "./podtable.js";

/** @typedef {import("./podtable.js").Pod} Pod */
/**
 * @typedef {{id: string, title: string, hint: string, group: string, target: "pod" | "workload" | "node" |
 *   "cluster"}} Scenario
 */

const POLL_MS = 1000;
const GROUPS = ["dies", "never starts", "stays silent", "recovers", "outages"];
const GROUP_NOTES = {
  dies: "An alert must follow.",
  "never starts": "An alert must follow, once it lasts too long.",
  "stays silent": "On purpose, or normal: no alert may follow.",
  recovers: "What was open must be told as recovered.",
  outages: "Of Slack or the API server: nothing may be lost, or told twice.",
};

export class Panel {
  #url = "";
  #pods = /** @type {Pod[]} */ ([]);
  #selected = /** @type {string | null} */ (null);
  #timer = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
  #polling = false;
  #scenarioList = /** @type {Scenario[]} */ ([]);
  #group = "";

  /** @param {HTMLElement} root @param {{onClose: () => void}} actions */
  constructor(root, { onClose }) {
    this.root = root;
    this.summary = h("p", { class: "pod-summary" });
    this.filter = /** @type {HTMLInputElement} */ (
      h("input", {
        type: "search",
        class: "control",
        placeholder: "Filter pods",
        "aria-label": "Filter pods",
      })
    );
    this.filter.addEventListener("input", () => this.#draw());
    this.table = new PodTable((pod) => this.#select(pod));
    this.outcome = h("p", { class: "outcome", role: "status" });
    this.aim = h("p", { class: "aim" });
    this.tabs = h("div", { class: "tabs", role: "tablist", "aria-label": "What to make happen" });
    this.tabs.addEventListener("keydown", (event) => this.#moveTab(event));
    this.note = h("p", { class: "group-note" });
    this.scenarios = h("div", {
      class: "scenarios",
      id: "scenarios",
      role: "tabpanel",
      "aria-label": "Scenarios",
    });
    root.append(
      h(
        "header",
        { class: "side-header" },
        h("h2", {}, "Cluster"),
        this.summary,
        iconButton("close", "Hide the cluster", onClose),
      ),
      h("div", { class: "pod-tools" }, this.filter),
      this.table.node,
      h(
        "section",
        { class: "scenario-area", "aria-label": "Make something happen" },
        this.outcome,
        this.aim,
        this.tabs,
        this.note,
        this.scenarios,
      ),
    );
    root.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.#selected !== null) {
        event.preventDefault();
        this.#select(null);
      }
    });
    document.addEventListener("visibilitychange", () => this.#wake());
    this.#showAim();
  }

  /** @param {string} url the base that the workspace server named */
  async connect(url) {
    this.#url = url.replace(/\/$/, "");
    const answer = await requestJson(`${this.#url}/panel/scenarios`);
    const list = /** @type {Scenario[] | undefined} */ (/** @type {any} */ (answer).scenarios);
    if (list) this.#takeScenarios(list);
    else this.#say(`The cluster's panel does not answer. ${/** @type {any} */ (answer).message ?? ""}`, true);
    this.#wake();
  }

  /** @param {boolean} open */
  show(open) {
    this.root.hidden = !open;
    this.#wake();
  }

  /** @param {RegExp} pattern @returns {Scenario | undefined} by its id or title */
  find(pattern) {
    return this.#scenarioList.find((one) => pattern.test(`${one.id} ${one.title}`));
  }

  /** Brings a scenario's button into view and gives it the focus. @param {Scenario} scenario */
  pointAt(scenario) {
    this.#showGroup(scenario.group);
    const button = /** @type {HTMLElement | null} */ (
      this.scenarios.querySelector(`[data-scenario="${CSS.escape(scenario.id)}"]`)
    );
    button?.scrollIntoView({ block: "center" });
    button?.focus();
    button?.setAttribute("data-pointed", "");
    button?.addEventListener("blur", () => button.removeAttribute("data-pointed"), { once: true });
  }

  /** Polls once a second, but only while somebody can see it. */
  #wake() {
    if (this.#polling || this.root.hidden || !this.#url || document.visibilityState !== "visible") return;
    clearTimeout(this.#timer);
    void this.#poll();
  }

  async #poll() {
    this.#polling = true;
    const answer = await requestJson(`${this.#url}/panel/pods`);
    this.#polling = false;
    const pods = /** @type {Pod[] | undefined} */ (/** @type {any} */ (answer).pods);
    this.root.toggleAttribute("data-stale", !pods);
    if (pods) {
      this.#pods = pods;
      this.#draw();
    } else {
      this.summary.textContent = "does not answer";
    }
    if (!this.root.hidden && document.visibilityState === "visible")
      this.#timer = setTimeout(() => this.#wake(), POLL_MS);
  }

  #draw() {
    const tones = this.#pods.map(podTone);
    const failing = tones.filter((tone) => tone === "bad").length;
    const waiting = tones.filter((tone) => tone === "waiting").length;
    const parts = [
      `${this.#pods.length} pods`,
      failing ? `${failing} failing` : "",
      waiting ? `${waiting} waiting` : "",
    ];
    this.summary.textContent = parts.filter(Boolean).join(" · ");
    this.summary.toggleAttribute("data-bad", failing > 0);
    if (this.#selected !== null && !this.#pods.some((pod) => podKey(pod) === this.#selected))
      this.#select(null);
    this.table.show(filterPods(this.#pods, this.filter.value), this.#selected);
  }

  /** @param {Pod | null} pod */
  #select(pod) {
    const key = pod && podKey(pod);
    this.#selected = key === this.#selected ? null : key;
    this.#showAim();
    this.#draw();
  }

  #showAim() {
    const pod = this.#pods.find((one) => podKey(one) === this.#selected);
    if (pod)
      fill(
        this.aim,
        "Acts on ",
        h("code", {}, pod.name),
        " ",
        h(
          "button",
          { type: "button", class: "link", on: { click: () => this.#select(null) } },
          "let it choose",
        ),
      );
    else fill(this.aim, "Chooses a fitting target. Select a pod above to aim.");
  }

  /** @param {Scenario[]} list */
  #takeScenarios(list) {
    this.#scenarioList = list;
    const others = [...new Set(list.map((one) => one.group))].filter((group) => !GROUPS.includes(group));
    const groups = [...GROUPS, ...others].filter((group) => list.some((one) => one.group === group));
    const tabs = groups.map((group) =>
      h(
        "button",
        {
          type: "button",
          class: "tab",
          role: "tab",
          "aria-controls": "scenarios",
          data: { group },
          on: { click: () => this.#showGroup(group) },
        },
        group,
      ),
    );
    fill(this.tabs, tabs);
    if (groups[0]) this.#showGroup(groups[0]);
  }

  /** @param {string} group */
  #showGroup(group) {
    this.#group = group;
    for (const tab of /** @type {Iterable<HTMLElement>} */ (this.tabs.children)) {
      tab.setAttribute("aria-selected", String(tab.dataset.group === group));
      tab.tabIndex = tab.dataset.group === group ? 0 : -1;
    }
    this.note.textContent = GROUP_NOTES[/** @type {keyof typeof GROUP_NOTES} */ (group)] ?? "";
    this.scenarios.dataset.group = group;
    fill(
      this.scenarios,
      this.#scenarioList.filter((one) => one.group === group).map((one) => this.#scenarioButton(one)),
    );
    this.scenarios.scrollTop = 0;
  }

  /** Arrow keys move between the groups. @param {KeyboardEvent} event */
  #moveTab(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const tabs = /** @type {HTMLElement[]} */ ([...this.tabs.children]);
    const at = tabs.findIndex((tab) => tab.dataset.group === this.#group);
    const next = tabs[(at + step + tabs.length) % tabs.length];
    this.#showGroup(next.dataset.group ?? "");
    next.focus();
  }

  /** @param {Scenario} scenario @returns {HTMLElement} */
  #scenarioButton(scenario) {
    const button = h(
      "button",
      { type: "button", class: "scenario", data: { scenario: scenario.id } },
      h("span", { class: "scenario-title" }, scenario.title),
      h("span", { class: "scenario-hint" }, scenario.hint),
    );
    button.addEventListener("click", () => void this.#run(scenario, button));
    return button;
  }

  /** @param {Scenario} scenario @param {HTMLElement} button */
  async #run(scenario, button) {
    if (button.getAttribute("aria-busy") === "true") return;
    const pod = this.#pods.find((one) => podKey(one) === this.#selected);
    const body = pod ? { namespace: pod.namespace, name: pod.name } : {};
    button.setAttribute("aria-busy", "true");
    const answer = await requestJson(`${this.#url}/panel/scenarios/${encodeURIComponent(scenario.id)}`, body);
    button.removeAttribute("aria-busy");
    const { ok, what, message, error } = /** @type {Record<string, any>} */ (answer);
    if (ok) this.#reveal(String(what));
    this.#say(ok ? `${scenario.title}: ${what}` : (message ?? error ?? "It did not work."), !ok);
    this.#wake();
  }

  /** Brings the pod that an outcome names, or one of the workload it names, into view. @param {string} what */
  #reveal(what) {
    const workload = (/** @type {Pod} */ pod) => `${pod.owner?.split("/")[1]} in ${pod.namespace}:`;
    const pod =
      this.#pods.find((one) => what.includes(one.name)) ??
      this.#pods.find((one) => what.startsWith(workload(one)));
    if (pod) this.table.reveal(pod);
  }

  /** @param {string} text @param {boolean} failed */
  #say(text, failed) {
    this.outcome.textContent = text;
    this.outcome.toggleAttribute("data-failed", failed);
  }
}
