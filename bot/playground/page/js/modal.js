/**
 * Views that the app opens: the modal, its fields and their errors. Which view is on top, the server knows.
 */

import { drawBlocks } from "./blocks/index.js";
import { fieldProblem } from "./blocks/fields.js";
import { showFieldError } from "./blocks/input.js";
import { Surface } from "./blocks/surface.js";
import { plainText } from "./blocks/text.js";
import { showDialog } from "./dialog.js";
import { h } from "./dom.js";

/** @typedef {Record<string, any>} View */

export class Modals {
  #view = /** @type {View | null} */ (null);
  #dialog = /** @type {HTMLDialogElement | null} */ (null);
  #surface = /** @type {Surface | null} */ (null);

  /** @param {import("./state.js").State} state @param {import("./api.js").Api} api */
  constructor(state, api) {
    this.state = state;
    this.api = api;
  }

  /**
   * The view that now lies on top, whether opened, pushed, updated or laid bare; null where none is left.
   *
   * @param {View | null} view
   */
  show(view) {
    if (view) this.#draw(view);
    else this.#hide();
  }

  /** @param {View} view */
  #draw(view) {
    // An update keeps what was entered and not sent yet, as in Slack; a view laid bare comes back as the
    // server kept it.
    const updated = view.id === this.#view?.id;
    const kept = updated ? this.#surface?.values() : view.state?.values;
    const focusKey = updated ? focusKeyIn(this.#dialog) : undefined;
    const surface = new Surface({ state: this.state, api: this.api, container: { view_id: view.id }, kept });
    const problem = h("p", { class: "dialog-notice", role: "alert" });
    const form = h(
      "form",
      { class: "dialog-body", id: `view-${view.id}`, novalidate: true },
      drawBlocks(view.blocks ?? [], surface),
      problem,
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#submit(view, surface, form, problem);
    });
    const hasInputs = (view.blocks ?? []).some((/** @type {any} */ block) => block.type === "input");
    const buttons = [
      h(
        "button",
        { type: "button", class: "button", on: { click: () => this.#close(view) } },
        plainText(view.close) || "Close",
      ),
    ];
    if (view.submit || hasInputs) {
      buttons.push(
        h(
          "button",
          { type: "submit", class: "button filled primary", form: form.id },
          plainText(view.submit) || "Submit",
        ),
      );
    }
    this.#hide();
    this.#view = view;
    this.#surface = surface;
    this.#dialog = showDialog({
      title: plainText(view.title),
      body: form,
      buttons,
      kind: "modal",
      onCancel: () => this.#close(view),
    });
    focusFirst(form, focusKey);
  }

  /** @param {View} view @param {Surface} surface @param {HTMLElement} form @param {HTMLElement} problem */
  async #submit(view, surface, form, problem) {
    const values = surface.values();
    problem.textContent = "";
    if (showErrors(form, surface, ownErrors(view, values))) return;
    const button = /** @type {HTMLElement | null} */ (this.#dialog?.querySelector("button[type=submit]"));
    if (button?.getAttribute("aria-busy") === "true") return;
    button?.setAttribute("aria-busy", "true");
    const answer = await this.api.submitView(view.id, values);
    button?.removeAttribute("aria-busy");
    if (!answer.ok) problem.textContent = answer.message;
    else if (answer.errors) showErrors(form, surface, answer.errors);
  }

  /** Closes at once; the server then shows the view below it, if any. @param {View} view */
  #close(view) {
    void this.api.closeView(view.id);
    this.#hide();
  }

  #hide() {
    this.#dialog?.close();
    this.#dialog?.remove();
    this.#dialog = null;
    this.#view = null;
    // The button that opened it may have been drawn anew: then the focus would be nowhere.
    if (document.activeElement === document.body) document.getElementById("message-box")?.focus();
  }
}

/**
 * @param {HTMLElement | null} dialog
 * @returns {string | undefined} names the control in use, to find it again after an update
 */
function focusKeyIn(dialog) {
  const focused = document.activeElement;
  if (!dialog?.contains(focused)) return undefined;
  return focused?.closest("[data-block-id]")?.getAttribute("data-block-id") ?? undefined;
}

/** @param {HTMLElement} form @param {string | undefined} blockId */
function focusFirst(form, blockId) {
  const within = blockId ? `[data-block-id="${CSS.escape(blockId)}"] ` : "";
  const fields = (/** @type {string} */ scope) =>
    form.querySelector(`${scope}:is(input, textarea, button.select)`);
  const target =
    (within && fields(within)) ||
    form.querySelector("[data-initial-focus]") ||
    fields(".input ") ||
    fields("");
  // What only shows something is read from its top, wherever its first control is.
  const preventScroll = !target?.closest(".input");
  /** @type {HTMLElement | null} */ (target)?.focus({ preventScroll });
}

/**
 * What the page can say is wrong before the app is asked.
 *
 * @param {View} view
 * @param {Record<string, any>} values
 */
function ownErrors(view, values) {
  /** @type {Record<string, string>} */
  const errors = {};
  for (const block of view.blocks ?? []) {
    if (block.type !== "input") continue;
    const problem = fieldProblem(block, values[block.block_id]?.[block.element.action_id] ?? {});
    if (problem) errors[block.block_id] = problem;
  }
  return errors;
}

/**
 * @param {HTMLElement} form
 * @param {Surface} surface
 * @param {Record<string, string>} errors
 * @returns {boolean} whether there were any
 */
function showErrors(form, surface, errors) {
  let first = /** @type {string | null} */ (null);
  for (const input of /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll(".block.input"))) {
    const blockId = input.dataset.blockId ?? "";
    const text = Object.hasOwn(errors, blockId) ? errors[blockId] : undefined;
    showFieldError(input, text);
    if (text) first ??= blockId;
  }
  if (first !== null) [...(surface.fields.get(first)?.values() ?? [])][0]?.focus();
  return first !== null;
}
