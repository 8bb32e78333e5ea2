/**
 * Puts the parts together: loads the workspace for one person, keeps it live, and routes what happens to the
 * parts.
 */

import { Api } from "./api.js";
import { announce } from "./announce.js";
import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { fill, h } from "./dom.js";
import { showFirstVisit } from "./firstvisit.js";
import { Frame, slot } from "./frame.js";
import { Header } from "./header.js";
import { Home } from "./home.js";
import { listenToKeys } from "./keyboard.js";
import { Live } from "./live.js";
import { Modals } from "./modal.js";
import { clearNotices, notify } from "./notices.js";
import { Panel } from "./panel.js";
import { followPermalinks } from "./permalinks.js";
import { Sidebar } from "./sidebar.js";
import { isInChannel, State } from "./state.js";
import { ThreadPane } from "./thread.js";
import { startTicking } from "./time.js";

class App {
  state = new State();
  api = new Api();
  page = { state: this.state, api: this.api };
  modals = new Modals(this.state, this.api);
  lost = false;
  /** Live events that come while messages are being fetched, whose answer may be older than they are. */
  meanwhile = /** @type {{type: string, [key: string]: any}[] | null} */ (null);

  constructor() {
    const { state, page } = this;
    this.panel = new Panel(slot("panel"), { onClose: () => this.frame.showPanel(false) });
    this.frame = new Frame({
      panelShown: (open) => {
        this.panel.show(open);
        this.header.render();
      },
    });
    this.sidebar = new Sidebar(slot("sidebar"), page, {
      switchPerson: (id) => void this.switchPerson(id),
      onNavigate: () => this.frame.closeDrawers(),
    });
    this.header = new Header(slot("channel-header"), page, {
      toggleSidebar: () => this.frame.toggleSidebar(),
      togglePanel: () => this.togglePanel(),
      panelOpen: () => this.frame.panelSeen,
    });
    this.conversation = new Conversation(slot("conversation"), page, {
      label: () => "Messages",
      messages: () => state.topLevel(state.channelId),
      empty: () => this.drawEmpty(),
    });
    this.composer = new Composer(slot("composer"), page);
    this.thread = new ThreadPane(slot("thread"), page);
    this.home = new Home(slot("home"), page);
    this.live = new Live({
      onEvent: (event) => this.receive(event),
      onOpen: (again) => void this.connected(again),
      onLost: () => this.connectionLost(),
    });
    this.listen();
  }

  togglePanel() {
    if (this.frame.panelSeen) this.frame.showPanel(false);
    else this.showPanel();
  }

  /** Where a thread would lie over the panel, the thread is closed. */
  showPanel() {
    this.frame.showPanel(true);
    if (!this.frame.panelSeen) this.state.openThread(null);
  }

  listen() {
    const { state } = this;
    state.on("open", () => this.opened());
    state.on("thread", () => {
      slot("app").toggleAttribute("data-thread", state.threadTs !== null);
      this.header.render();
    });
    state.on("messages", ({ channel, message, added }) => this.messagesChanged(channel, message, added));
    state.on("unread", () => this.header.renderUnread());
    state.on("bot", () => this.drawBanner());
    state.on("workspace", () => this.drawBanner());
    window.addEventListener("hashchange", () => void this.followHash());
    followPermalinks(state);
    document.addEventListener("visibilitychange", () => {
      state.markRead();
      state.emit("unread");
    });
    listenToKeys({
      moveChannel: (step) => this.moveChannel(step),
      bePerson: (index) => {
        const person = state.people[index];
        if (person) void this.switchPerson(person.id);
      },
      togglePanel: () => state.panelUrl && this.togglePanel(),
      closeDrawer: () => this.frame.closeDrawers(),
      write: (text) => {
        this.composer.put(text);
        this.composer.box.dispatchEvent(new Event("input"));
      },
    });
  }

  async start() {
    const [person, channel] = readHash();
    this.api.person = person;
    let answer = await this.api.state();
    if (!answer.ok && person) {
      // The address may be of another workspace: begin as whomever the server proposes.
      this.api.person = "";
      answer = await this.api.state();
    }
    if (!answer.ok) {
      this.drawUnreachable(answer.message);
      return;
    }
    this.api.person = answer.me;
    this.state.apply(answer);
    slot("app").removeAttribute("data-loading");
    this.state.open(this.channelToOpen(channel));
    this.live.connect(this.api.liveUrl());
    startTicking();
    if (this.state.panelUrl) {
      this.frame.showPanel(!this.frame.small);
      await this.panel.connect(this.state.panelUrl);
    }
    this.welcome();
  }

  welcome() {
    const oom = this.panel.find(/oom/i);
    const show = () => {
      this.showPanel();
      if (oom) this.panel.pointAt(oom);
    };
    showFirstVisit(slot("first-visit"), this.state, {
      write: (text) => this.composer.put(text),
      scenario: oom ? { title: oom.title, show } : null,
    });
  }

  /** @param {string} id */
  async switchPerson(id) {
    if (id === this.state.me) return;
    this.modals.show(null);
    clearNotices();
    this.api.person = id;
    const answer = await this.api.state();
    if (this.api.person !== id) return; // somebody else was chosen meanwhile
    if (!answer.ok) {
      this.api.person = this.state.me;
      notify(answer.message);
      return;
    }
    const channel = this.state.channelId;
    this.state.apply(answer);
    this.state.open(this.channelToOpen(channel));
    this.live.connect(this.api.liveUrl());
    announce(`You are ${this.state.person(id)?.real_name ?? id} now`);
    this.frame.closeDrawers();
  }

  /** Fetches every channel: a workspace of the playground has a handful. */
  async loadMessages() {
    const { person } = this.api;
    const meanwhile = /** @type {{type: string, [key: string]: any}[]} */ ([]);
    this.meanwhile = meanwhile;
    const answers = await Promise.all(
      this.state.channels.map(async ({ id }) => ({ id, answer: await this.api.messages(id) })),
    );
    if (this.api.person !== person) return;
    for (const { id, answer } of answers) {
      if (answer.ok) this.state.setMessages(id, answer.messages);
      else notify(answer.message);
    }
    for (const event of meanwhile) this.receiveMessage(event);
    this.meanwhile = null;
  }

  /** @param {{type: string, [key: string]: any}} event from the live connection */
  receive(event) {
    const { state } = this;
    switch (event.type) {
      case "message":
      case "message_changed":
      case "message_deleted":
        this.meanwhile?.push(event);
        this.receiveMessage(event);
        break;
      case "view":
        this.modals.show(event.view);
        break;
      case "home":
        state.homeView = event.view;
        state.emit("home");
        break;
      case "bot":
        state.bot = { ...state.bot, connected: event.connected };
        state.emit("bot");
        break;
      case "notice":
        notify(event.text);
        break;
    }
  }

  /** @param {{type: string, [key: string]: any}} event */
  receiveMessage(event) {
    if (event.type === "message_deleted") this.state.remove(event.channel, event.ts);
    else this.state.upsert(event.channel, event.message);
  }

  /** @param {string} channel @param {import("./state.js").Message} [message] @param {boolean} [added] */
  messagesChanged(channel, message, added) {
    const { state } = this;
    if (channel === state.channelId) {
      this.conversation.schedule();
      if (added && message && isInChannel(message)) this.conversation.arrived(message);
    } else if (added && message && message.user !== state.me && isInChannel(message)) {
      const place = state.channel(channel);
      if (place) announce(`New message in ${state.channelName(place)}`);
    }
  }

  opened() {
    const { state } = this;
    const home = state.tab === "home";
    slot("home").hidden = !home;
    slot("conversation").hidden = home;
    slot("composer").hidden = home;
    clearNotices();
    this.composer.refresh();
    history.replaceState(null, "", `#/${state.me}/${state.channelId}`);
    if (home) void this.home.open();
    else this.conversation.reset();
    if (!this.frame.small && !home) this.composer.focus();
  }

  /** @param {1 | -1} step */
  moveChannel(step) {
    const { channels, channelId } = this.state;
    // In the order of the sidebar: channels, people, apps.
    const rank = (/** @type {import("./state.js").Channel} */ one) =>
      one.kind === "channel" ? 0 : this.state.isBotChannel(one) ? 2 : 1;
    const order = [...channels].sort((a, b) => rank(a) - rank(b));
    const at = order.findIndex((channel) => channel.id === channelId);
    const next = order[(at + step + order.length) % order.length];
    if (next) this.state.open(next.id);
  }

  /**
   * Messages are fetched only once the live connection stands: what was said in between would be lost.
   *
   * @param {boolean} again after a break, in which anything may have changed
   */
  async connected(again) {
    this.lost = false;
    this.drawBanner();
    if (again) {
      const answer = await this.api.state();
      if (!answer.ok || answer.me !== this.state.me) return;
      this.state.apply(answer);
      if (!this.state.channel()) this.state.open(this.channelToOpen(""));
      announce("Connected again");
    }
    await this.loadMessages();
  }

  connectionLost() {
    if (this.lost) return;
    this.lost = true;
    this.drawBanner();
  }

  drawBanner() {
    const { bot } = this.state;
    const text = this.lost
      ? "The workspace does not answer. Trying again…"
      : bot.connected
        ? ""
        : `${bot.name} is not connected: commands and buttons fail until it is back.`;
    const banner = slot("banner");
    if (banner.textContent !== text) banner.textContent = text;
  }

  /** @param {string} message */
  drawUnreachable(message) {
    slot("app").removeAttribute("data-loading");
    fill(
      slot("conversation"),
      h(
        "div",
        { class: "empty unreachable", role: "alert" },
        h("p", {}, message),
        h("button", { type: "button", class: "button", on: { click: () => location.reload() } }, "Try again"),
      ),
    );
  }

  /** @returns {HTMLElement} */
  drawEmpty() {
    const channel = this.state.channel();
    const name = channel ? this.state.channelName(channel) : "";
    const about =
      channel?.kind === "channel"
        ? channel.topic || "Nothing has been said here yet."
        : `This is between you and ${name} alone.`;
    return h(
      "div",
      { class: "empty" },
      h("p", { class: "empty-title" }, channel?.kind === "channel" ? `#${name}` : name),
      h("p", {}, about),
    );
  }

  /** @param {string} wanted @returns {string} that channel where this person sees it, else the first */
  channelToOpen(wanted) {
    return this.state.channel(wanted)?.id ?? this.state.channels[0]?.id ?? "";
  }

  async followHash() {
    const [person, channel] = readHash();
    if (person && person !== this.state.me && this.state.person(person)) await this.switchPerson(person);
    if (channel && channel !== this.state.channelId && this.state.channel(channel)) this.state.open(channel);
  }
}

/** @returns {[string, string]} person and channel of the address, `#/U…/C…` */
function readHash() {
  const [, person = "", channel = ""] = /^#\/(\w*)\/?(\w*)/.exec(location.hash) ?? [];
  return [person, channel];
}

void new App().start();
