/**
 * A surface is what blocks are drawn onto: a message, a modal or the Home tab. It knows where an action came
 * from, asks for
 * confirmation, sends the action, and keeps the fields of a view so that they can be read at submit.
 */

import { confirmAction } from "../confirm.js";
import { notify } from "../notices.js";

/** @typedef {import("../api.js").Container} Container */
/** @typedef {{element: Record<string, any>, read: () => Record<string, any>, focus: () => void}} Field */

export class Surface {
  /** The fields of a view by block and action, in the order drawn. @type {Map<string, Map<string, Field>>} */
  fields = new Map();

  /**
   * @param {object} parts
   * @param {import("../state.js").State} parts.state
   * @param {import("../api.js").Api} parts.api
   * @param {Container} parts.container
   * @param {Record<string, Record<string, any>>} [parts.kept] what was filled in before the view was updated
   */
  constructor({ state, api, container, kept = {} }) {
    this.state = state;
    this.api = api;
    this.container = container;
    this.kept = kept;
  }

  /**
   * What a person entered earlier into this field; undefined for a new one.
   *
   * @param {Record<string, any>} block
   * @param {Record<string, any>} element
   * @returns {Record<string, any> | undefined}
   */
  keptValue(block, element) {
    return this.kept[block.block_id]?.[element.action_id];
  }

  /** @param {Record<string, any>} block @param {Field} field */
  register(block, field) {
    const actions = this.fields.get(block.block_id) ?? new Map();
    actions.set(field.element.action_id, field);
    this.fields.set(block.block_id, actions);
  }

  /** @returns {Record<string, Record<string, any>>} as `view.state.values` */
  values() {
    /** @type {Record<string, Record<string, any>>} */
    const values = {};
    for (const [blockId, actions] of this.fields) {
      values[blockId] = Object.fromEntries([...actions].map(([actionId, field]) => [actionId, field.read()]));
    }
    return values;
  }

  /**
   * Sends an action, after the element's confirmation dialog where it has one.
   *
   * @param {Record<string, any>} block
   * @param {Record<string, any>} element
   * @param {Record<string, any>} value the part of the payload that depends on the element: `value`,
   *   `selected_option`, …
   * @param {HTMLElement} source shown as busy until the workspace took the action
   * @returns {Promise<boolean>} false where the person thought better of it, or the workspace refused
   */
  async act(block, element, value, source) {
    if (element.confirm && !(await confirmAction(element.confirm, this.state, source))) return false;
    source.setAttribute("aria-busy", "true");
    const answer = await this.api.action({
      container: this.container,
      block_id: block.block_id ?? "",
      action_id: element.action_id ?? "",
      type: element.type,
      ...value,
    });
    source.removeAttribute("aria-busy");
    if (!answer.ok) notify(answer.message);
    return answer.ok;
  }
}
