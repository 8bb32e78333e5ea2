/** Where messages and slash commands are written. One below the channel, one in the thread pane. */

import { announce } from "./announce.js";
import { append, h, icon, uniqueId } from "./dom.js";
import { clearNotices, notify } from "./notices.js";
import { commandOf, suggest } from "./suggestions.js";

/** @typedef {import("./suggestions.js").Offer} Offer */

const TALLEST_PX = 240;
const REMEMBERED = 50;

export class Composer {
  #sent = /** @type {string[]} */ ([]);
  /** How far back the Up key went; 0 is the text being written. */
  #back = 0;
  #offer = /** @type {Offer | null} */ (null);
  #active = 0;

  /**
   * @param {HTMLElement} root
   * @param {import("./message.js").Page} page
   * @param {{thread?: () => string | null}} [options]
   */
  constructor(root, page, { thread = () => null } = {}) {
    this.page = page;
    this.thread = thread;
    const listId = uniqueId("suggestions");
    this.list = h("ul", {
      class: "suggestions",
      role: "listbox",
      id: listId,
      "aria-label": "Suggestions",
      hidden: true,
    });
    this.usage = h("p", { class: "usage", hidden: true });
    this.box = /** @type {HTMLTextAreaElement} */ (
      h("textarea", {
        id:
          thread() === null && !document.getElementById("message-box")
            ? "message-box"
            : uniqueId("thread-box"),
        class: "message-box",
        rows: 1,
        role: "combobox",
        "aria-autocomplete": "list",
        "aria-controls": listId,
        "aria-expanded": "false",
        autocomplete: "off",
        spellcheck: "false",
        enterkeyhint: "send",
      })
    );
    this.button = h(
      "button",
      { type: "submit", class: "send", "aria-label": "Send", title: "Send" },
      icon("send"),
    );
    const form = h(
      "form",
      { class: "composer" },
      this.list,
      this.usage,
      h("div", { class: "composer-row" }, this.box, this.button),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#send();
    });
    this.box.addEventListener("input", () => this.#changed());
    this.box.addEventListener("keydown", (event) => this.#key(event));
    this.box.addEventListener("blur", () => this.#showOffer(null));
    root.append(form);
    this.refresh();
  }

  focus() {
    this.box.focus();
  }

  /** Puts a text ready to be sent. @param {string} text */
  put(text) {
    this.box.value = text;
    this.box.focus();
    this.box.setSelectionRange(text.length, text.length);
    this.#changed();
    this.#showOffer(null);
  }

  /** The channel or the person changed. */
  refresh() {
    const { state } = this.page;
    const channel = state.channel();
    const where = channel ? (channel.kind === "im" ? state.channelName(channel) : `#${channel.name}`) : "";
    const me = state.person(state.me)?.name ?? "";
    this.box.placeholder = this.thread() === null ? `Message ${where} as ${me}` : `Reply as ${me}`;
    this.box.setAttribute(
      "aria-label",
      this.thread() === null ? `Message ${where} as ${me}` : `Reply in the thread as ${me}`,
    );
    this.#changed();
    this.#showOffer(null);
  }

  async #send() {
    const { state, api } = this.page;
    const typed = this.box.value.trim();
    if (typed === "") return;
    const thread = this.thread();
    const message = {
      channel: state.channelId,
      text: typed,
      ...(thread === null ? {} : { thread_ts: thread }),
    };
    this.#remember(typed);
    clearNotices();
    this.box.value = "";
    this.#changed();
    this.button.setAttribute("aria-busy", "true");
    const answer = await api.send(message);
    this.button.removeAttribute("aria-busy");
    if (answer.ok) return;
    notify(answer.message);
    // What was refused is not lost, unless something new is being written already.
    if (this.box.value === "") this.put(typed);
  }

  /** @param {string} text */
  #remember(text) {
    if (this.#sent.at(-1) !== text) this.#sent.push(text);
    this.#sent.splice(0, this.#sent.length - REMEMBERED);
    this.#back = 0;
  }

  #changed() {
    const { box } = this;
    box.style.height = "auto";
    box.style.height = `${Math.min(TALLEST_PX, box.scrollHeight)}px`;
    this.button.toggleAttribute("data-ready", box.value.trim() !== "");
    this.#showOffer(suggest(box.value.slice(0, box.selectionStart), this.page.state));
    const command = commandOf(box.value, this.page.state);
    this.usage.hidden = command === null;
    if (command) {
      this.usage.replaceChildren(
        h("code", {}, `${command.command} ${command.usage_hint ?? ""}`.trim()),
        h("span", {}, command.description ?? ""),
      );
    }
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing) return;
    if (this.#offer && this.#keyInOffer(event)) {
      event.preventDefault();
      return;
    }
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      void this.#send();
    } else if (event.key === "ArrowUp" && !event.altKey && (this.box.value === "" || this.#back > 0)) {
      event.preventDefault();
      this.#recall(this.#back + 1);
    } else if (event.key === "ArrowDown" && !event.altKey && this.#back > 0) {
      event.preventDefault();
      this.#recall(this.#back - 1);
    } else if (event.key.length === 1) {
      this.#back = 0;
    }
  }

  /** @param {number} back how many messages ago */
  #recall(back) {
    this.#back = Math.min(back, this.#sent.length);
    this.put(this.#back === 0 ? "" : (this.#sent.at(-this.#back) ?? ""));
  }

  /** @param {KeyboardEvent} event @returns {boolean} whether the list took the key */
  #keyInOffer(event) {
    const { items, kind } = /** @type {Offer} */ (this.#offer);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (event.altKey) return false;
      this.#setActive((this.#active + (event.key === "ArrowDown" ? 1 : items.length - 1)) % items.length);
      return true;
    }
    if (event.key === "Escape") {
      this.#showOffer(null);
      return true;
    }
    // A command that is written out in full is sent by Enter, not completed once more.
    const complete =
      kind === "commands" && this.box.value === items[this.#active].title && event.key === "Enter";
    if ((event.key !== "Enter" && event.key !== "Tab") || event.shiftKey || complete) return false;
    this.#take(this.#active);
    return true;
  }

  /** @param {number} index */
  #take(index) {
    const { start, items } = /** @type {Offer} */ (this.#offer);
    const after = this.box.value.slice(this.box.selectionStart).replace(/^ /, "");
    const before = this.box.value.slice(0, start) + items[index].insert;
    this.box.value = before + after;
    this.box.setSelectionRange(before.length, before.length);
    this.#changed();
  }

  /** @param {Offer | null} offer */
  #showOffer(offer) {
    this.#offer = offer;
    this.list.hidden = offer === null;
    this.box.setAttribute("aria-expanded", String(offer !== null));
    this.list.replaceChildren();
    if (!offer) {
      this.box.removeAttribute("aria-activedescendant");
      return;
    }
    append(
      this.list,
      offer.items.map((item, index) => this.#drawItem(item, index)),
    );
    if (offer.kind === "commands" && this.box.value === "/")
      announce(`${offer.items.length} commands; arrow keys choose, Enter or Tab takes one`);
    this.#setActive(0);
  }

  /** @param {import("./suggestions.js").Suggestion} item @param {number} index @returns {HTMLElement} */
  #drawItem(item, index) {
    const node = h(
      "li",
      { role: "option", id: uniqueId("suggestion"), class: "suggestion" },
      h(
        "span",
        { class: "suggestion-title" },
        item.title,
        item.hint ? h("span", { class: "suggestion-hint" }, ` ${item.hint}`) : null,
      ),
      h("span", { class: "suggestion-description" }, item.description),
    );
    // Not at the click: by then the box would have lost the focus, and the list be closed.
    node.addEventListener("mousedown", (event) => {
      event.preventDefault();
      this.#take(index);
    });
    return node;
  }

  /** @param {number} index */
  #setActive(index) {
    this.#active = index;
    [...this.list.children].forEach((node, at) => node.setAttribute("aria-selected", String(at === index)));
    this.box.setAttribute("aria-activedescendant", this.list.children[index]?.id ?? "");
    this.list.children[index]?.scrollIntoView({ block: "nearest" });
  }
}
