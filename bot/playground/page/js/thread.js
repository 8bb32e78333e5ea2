/** The pane of one thread: its first message, the replies, and a composer of its own. */

import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { h, iconButton } from "./dom.js";

export class ThreadPane {
  /** @param {HTMLElement} root @param {import("./message.js").Page} page */
  constructor(root, page) {
    this.root = root;
    this.page = page;
    const { state } = page;
    this.place = h("span", { class: "side-place" });
    const body = h("div", { class: "conversation" });
    const slot = h("div", { class: "composer-slot" });
    root.append(
      h(
        "header",
        { class: "side-header" },
        h("h2", {}, "Thread"),
        this.place,
        iconButton("close", "Close thread", () => this.close()),
      ),
      body,
      slot,
    );
    this.conversation = new Conversation(body, page, {
      label: () => "Messages of the thread",
      messages: () => this.#messages(),
      inThread: true,
    });
    this.composer = new Composer(slot, page, { thread: () => state.threadTs });
    root.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented) this.close();
    });
    state.on("thread", () => this.#show());
    state.on("messages", ({ channel, message, added }) => this.#changed(channel, message, added));
  }

  close() {
    const ts = this.page.state.threadTs;
    this.page.state.openThread(null);
    const message = document.querySelector(`#conversation article[data-ts="${ts}"]`);
    const back =
      message?.querySelector("[data-focus-key='replies'], [data-focus-key='thread']") ??
      document.getElementById("message-box");
    /** @type {HTMLElement | null} */ (back)?.focus();
  }

  /** @returns {import("./state.js").Message[]} */
  #messages() {
    const { state } = this.page;
    if (state.threadTs === null) return [];
    const first = state.message(state.channelId, state.threadTs);
    return [...(first ? [first] : []), ...state.replies(state.channelId, state.threadTs)];
  }

  #show() {
    const { state } = this.page;
    const open = state.threadTs !== null;
    const wasHidden = this.root.hidden;
    this.root.hidden = !open;
    if (!open) return;
    const channel = state.channel();
    this.place.textContent = channel
      ? channel.kind === "im"
        ? state.channelName(channel)
        : `#${channel.name}`
      : "";
    this.conversation.reset();
    this.composer.refresh();
    if (wasHidden || !this.root.contains(document.activeElement)) this.composer.focus();
  }

  /** @param {string} channel @param {import("./state.js").Message} [message] @param {boolean} [added] */
  #changed(channel, message, added) {
    const { state } = this.page;
    if (state.threadTs === null || channel !== state.channelId) return;
    this.conversation.schedule();
    if (added && message?.thread_ts === state.threadTs) this.conversation.arrived(message);
  }
}
