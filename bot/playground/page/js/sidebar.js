/** The left side: the workspace, who one is, the channels with what is unread in them, and the bot. */

import { avatar } from "./avatar.js";
import { fill, h, icon } from "./dom.js";

/** @typedef {import("./state.js").Channel} Channel */

export class Sidebar {
  /**
   * @param {HTMLElement} root
   * @param {import("./message.js").Page} page
   * @param {{switchPerson: (id: string) => void, onNavigate: () => void}} actions
   */
  constructor(root, page, actions) {
    this.root = root;
    this.page = page;
    this.actions = actions;
    for (const topic of /** @type {const} */ (["workspace", "open", "unread", "bot"]))
      page.state.on(topic, () => this.render());
  }

  /** What was drawn last. Drawing anew under a pressed mouse button would swallow the click. */
  #drawn = "";

  render() {
    const { state } = this.page;
    const unread = state.channels.map((channel) => state.unread(channel.id));
    const signature = JSON.stringify([
      state.workspace,
      state.me,
      state.people,
      state.bot,
      state.channels,
      state.channelId,
      unread,
    ]);
    if (signature === this.#drawn) return;
    this.#drawn = signature;
    const focusKey = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset.focusKey;
    const hadFocus = this.root.contains(document.activeElement);
    const channels = state.channels.filter((channel) => channel.kind === "channel");
    const direct = state.channels.filter((channel) => channel.kind === "im" && !state.isBotChannel(channel));
    const apps = state.channels.filter((channel) => state.isBotChannel(channel));
    fill(
      this.root,
      h(
        "div",
        { class: "workspace" },
        h("span", { class: "workspace-mark", "aria-hidden": "true" }, icon("cluster")),
        h("span", { class: "workspace-name" }, state.workspace.name),
      ),
      this.#people(),
      h(
        "div",
        { class: "sidebar-scroll" },
        this.#section("Channels", channels),
        this.#section("Direct messages", direct),
        this.#section("Apps", apps),
      ),
      this.#connection(),
    );
    if (hadFocus && focusKey)
      /** @type {HTMLElement | null} */ (
        this.root.querySelector(`[data-focus-key="${CSS.escape(focusKey)}"]`)
      )?.focus();
  }

  /** @returns {HTMLElement} */
  #people() {
    const { state } = this.page;
    const people = state.people.map((person) => {
      const mine = person.id === state.me;
      return h(
        "button",
        {
          type: "button",
          class: "person",
          "aria-pressed": String(mine),
          title: `Be ${person.real_name}`,
          data: { focusKey: `person ${person.id}`, person: person.id },
          on: { click: () => this.actions.switchPerson(person.id) },
        },
        avatar(state, person.id, { small: true }),
        h(
          "span",
          { class: "person-names" },
          h("span", { class: "person-name" }, person.name),
          h("span", { class: "person-title" }, person.title),
        ),
        mine ? h("span", { class: "person-you" }, "you") : null,
      );
    });
    return h(
      "section",
      { class: "people", "aria-label": "Who you are" },
      h("h2", { class: "sidebar-heading" }, "You are"),
      people,
    );
  }

  /** @param {string} title @param {Channel[]} channels @returns {HTMLElement | null} */
  #section(title, channels) {
    if (channels.length === 0) return null;
    return h(
      "section",
      { class: "sidebar-section", "aria-label": title },
      h("h2", { class: "sidebar-heading" }, title),
      h(
        "ul",
        {},
        channels.map((channel) => h("li", {}, this.#channel(channel))),
      ),
    );
  }

  /** @param {Channel} channel @returns {HTMLElement} */
  #channel(channel) {
    const { state } = this.page;
    const { count, mentions } = state.unread(channel.id);
    const open = channel.id === state.channelId;
    const name = state.channelName(channel);
    const other = channel.members.find((id) => id !== state.me) ?? state.me;
    const label = [channel.kind === "channel" ? `channel ${name}` : name, count > 0 ? `${count} unread` : ""]
      .filter(Boolean)
      .join(", ");
    return h(
      "button",
      {
        type: "button",
        class: "channel",
        "aria-current": open ? "page" : undefined,
        "aria-label": label,
        data: {
          unread: count > 0 && !open ? true : undefined,
          focusKey: `channel ${channel.id}`,
          channel: channel.id,
        },
        on: {
          click: () => {
            state.open(channel.id);
            this.actions.onNavigate();
          },
        },
      },
      channel.kind === "channel" ? icon("hash") : avatar(state, other, { small: true }),
      h("span", { class: "channel-name" }, name),
      count > 0 && !open
        ? h("span", { class: "unread", data: { mention: mentions > 0 || undefined } }, String(count))
        : null,
    );
  }

  /** @returns {HTMLElement} */
  #connection() {
    const { bot } = this.page.state;
    return h(
      "div",
      { class: "connection", data: { connected: bot.connected } },
      h("span", { class: "connection-dot", "aria-hidden": "true" }),
      h("span", {}, bot.connected ? `${bot.name} is connected` : `${bot.name} is not connected`),
    );
  }
}
