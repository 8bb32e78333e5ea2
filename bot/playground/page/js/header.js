/**
 * The line above the messages: where one is, who one is on small screens, and the switches of the side panes.
 */

import { avatar } from "./avatar.js";
import { fill, h, icon, iconButton } from "./dom.js";
import { showKeyboardHelp } from "./keyboard.js";

export class Header {
  /**
   * @param {HTMLElement} root
   * @param {import("./message.js").Page} page
   * @param {{toggleSidebar: () => void, togglePanel: () => void, panelOpen: () => boolean}} actions
   */
  constructor(root, page, actions) {
    this.root = root;
    this.page = page;
    this.actions = actions;
    for (const topic of /** @type {const} */ (["workspace", "open", "bot"]))
      page.state.on(topic, () => this.render());
  }

  render() {
    const { state } = this.page;
    const channel = state.channel();
    const focusKey = this.root.contains(document.activeElement)
      ? /** @type {HTMLElement} */ (document.activeElement).dataset.focusKey
      : undefined;
    fill(
      this.root,
      this.#menu(),
      h("div", { class: "channel-title" }, h("h1", {}, this.#name(channel)), this.#topic(channel)),
      state.isBotChannel(channel) ? this.#tabs() : null,
      this.#me(),
      iconButton(
        "keyboard",
        "Keyboard",
        (event) => showKeyboardHelp(/** @type {HTMLElement} */ (event.currentTarget)),
        {
          class: "only-large",
          "aria-haspopup": "dialog",
          data: { focusKey: "keyboard" },
        },
      ),
      state.panelUrl ? this.#panelToggle() : null,
    );
    if (focusKey)
      /** @type {HTMLElement | null} */ (
        this.root.querySelector(`[data-focus-key="${CSS.escape(focusKey)}"]`)
      )?.focus();
    this.renderUnread();
  }

  /**
   * Drawn often, while messages arrive: what is unread elsewhere, also in the title, where a background tab
   * shows it.
   */
  renderUnread() {
    const { state } = this.page;
    const unread = state.channels.reduce((sum, channel) => sum + state.unread(channel.id).count, 0);
    const channel = state.channel();
    const name = channel
      ? channel.kind === "channel"
        ? `#${channel.name}`
        : state.channelName(channel)
      : "";
    const title = [name, state.workspace.name].filter(Boolean).join(" · ");
    document.title = unread > 0 ? `(${unread}) ${title}` : title;
    if (this.elsewhere) this.elsewhere.textContent = unread > 0 ? String(unread) : "";
  }

  /** @param {import("./state.js").Channel | undefined} channel @returns {import("./dom.js").Child} */
  #name(channel) {
    if (!channel) return "";
    const { state } = this.page;
    return channel.kind === "channel"
      ? [icon("hash"), channel.name]
      : [
          state.channelName(channel),
          state.isBotChannel(channel) ? h("span", { class: "badge" }, "APP") : null,
        ];
  }

  /** @param {import("./state.js").Channel | undefined} channel @returns {HTMLElement | null} */
  #topic(channel) {
    return channel?.topic ? h("p", { class: "topic", title: channel.topic }, channel.topic) : null;
  }

  /** @returns {HTMLElement} */
  #tabs() {
    const { state } = this.page;
    const tab = (/** @type {"home" | "messages"} */ name, /** @type {string} */ label) =>
      h(
        "button",
        {
          type: "button",
          class: "tab",
          "aria-pressed": String(state.tab === name),
          data: { focusKey: `tab ${name}` },
          on: { click: () => state.open(state.channelId, { tab: name }) },
        },
        label,
      );
    return h(
      "div",
      { class: "tabs", role: "group", "aria-label": "App" },
      tab("messages", "Messages"),
      tab("home", "Home"),
    );
  }

  /** @returns {HTMLElement} the sidebar's button, with what is unread in it while it is away */
  #menu() {
    const menu = iconButton("menu", "Channels and people", this.actions.toggleSidebar, {
      class: "only-small",
      data: { focusKey: "menu" },
    });
    this.elsewhere = h("span", { class: "elsewhere" });
    menu.append(this.elsewhere);
    return menu;
  }

  /** On small screens the sidebar is away; who one is must not be. @returns {HTMLElement} */
  #me() {
    const { state } = this.page;
    const name = state.person(state.me)?.name ?? "";
    return h(
      "button",
      {
        type: "button",
        class: "me only-small",
        "aria-label": `You are ${name}. Change the person`,
        data: { focusKey: "me" },
        on: { click: this.actions.toggleSidebar },
      },
      avatar(state, state.me, { small: true }),
      h("span", {}, name),
    );
  }

  /** @returns {HTMLElement} */
  #panelToggle() {
    return h(
      "button",
      {
        type: "button",
        class: "panel-toggle",
        "aria-label": "Cluster",
        "aria-expanded": String(this.actions.panelOpen()),
        "aria-controls": "panel",
        data: { focusKey: "panel" },
        on: { click: this.actions.togglePanel },
      },
      icon("cluster"),
      h("span", {}, "Cluster"),
    );
  }
}
