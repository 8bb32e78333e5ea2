/**
 * What the page knows of the workspace, for the person it plays. Tells its listeners what changed; draws
 * nothing.
 */

/**
 * @typedef {object} Message
 * @property {string} ts
 * @property {string} [thread_ts]
 * @property {string} user
 * @property {string} username
 * @property {boolean} is_bot
 * @property {string} text
 * @property {Record<string, any>[]} [blocks]
 * @property {{ts: string}} [edited]
 * @property {boolean} [ephemeral]
 * @property {boolean} [broadcast]
 * @property {Record<string, any>[]} [files]
 * @property {number} [reply_count]
 * @property {boolean} [deleted]
 */
/** @typedef {{id: string, name: string, real_name: string, title: string}} Person */
/** @typedef {{id: string, name: string, kind: "channel" | "im", topic: string, members: string[]}} Channel */
/** @typedef {"workspace" | "messages" | "open" | "thread" | "unread" | "bot" | "home"} Topic */

/** @param {{ts: string}} a @param {{ts: string}} b @returns {number} */
function byTime(a, b) {
  return Number(a.ts) - Number(b.ts) || a.ts.localeCompare(b.ts);
}

export class State {
  workspace = { name: "", url: "" };
  me = "";
  people = /** @type {Person[]} */ ([]);
  bot = { id: "", name: "bot", connected: false };
  channels = /** @type {Channel[]} */ ([]);
  usergroups = /** @type {{id: string, handle: string, name: string, users: string[]}[]} */ ([]);
  commands = /** @type {{command: string, description: string, usage_hint: string}[]} */ ([]);
  shortcuts = /** @type {{name: string, callback_id: string}[]} */ ([]);
  panelUrl = /** @type {string | null} */ (null);
  /** The open channel, the open thread's first message, and whether the bot's channel shows its Home tab. */
  channelId = "";
  threadTs = /** @type {string | null} */ (null);
  tab = /** @type {"messages" | "home"} */ ("messages");
  homeView = /** @type {Record<string, any> | null} */ (null);
  /** Where "New" begins in the open channel: the last message read before it was opened. */
  newSince = /** @type {string | null} */ (null);

  #messages = /** @type {Map<string, Map<string, Message>>} */ (new Map());
  /** Per person and channel, so that changing the person keeps what each has seen. */
  #read = /** @type {Map<string, string>} */ (new Map());
  /** When the server answered what the page started from, as a message's ts. */
  #asOf = "0";
  #listeners = /** @type {Map<Topic, ((detail?: any) => void)[]>} */ (new Map());

  /** @param {Topic} topic @param {(detail?: any) => void} listener */
  on(topic, listener) {
    this.#listeners.set(topic, [...(this.#listeners.get(topic) ?? []), listener]);
  }

  /** @param {Topic} topic @param {any} [detail] */
  emit(topic, detail) {
    for (const listener of this.#listeners.get(topic) ?? []) listener(detail);
  }

  /** Takes the server's answer to `/page/state`. @param {Record<string, any>} answer */
  apply(answer) {
    const samePerson = this.me === answer.me;
    this.workspace = answer.workspace;
    this.me = answer.me;
    this.people = answer.people;
    this.bot = answer.bot;
    this.channels = answer.channels;
    this.usergroups = answer.usergroups ?? [];
    this.commands = answer.commands ?? [];
    this.shortcuts = answer.shortcuts ?? [];
    this.panelUrl = answer.panel_url ?? null;
    this.#asOf = answer.as_of;
    if (!samePerson) {
      this.#messages.clear();
      this.homeView = null;
      this.threadTs = null;
    }
    this.emit("workspace");
  }

  /** @param {string} channel @param {Message[]} messages */
  setMessages(channel, messages) {
    this.#messages.set(channel, new Map(messages.map((message) => [message.ts, message])));
    const key = `${this.me} ${channel}`;
    // What comes while the messages are being fetched is news already.
    if (!this.#read.has(key)) this.#read.set(key, this.#asOf);
    if (channel === this.channelId) this.markRead();
    this.emit("messages", { channel });
    this.emit("unread");
  }

  /** @param {string} channel @param {Message} message */
  upsert(channel, message) {
    const known = this.#messages.get(channel) ?? new Map();
    this.#messages.set(channel, known);
    const added = !known.has(message.ts);
    known.set(message.ts, message);
    if (channel === this.channelId) this.markRead();
    this.emit("messages", { channel, message, added });
    this.emit("unread");
  }

  /** @param {string} channel @param {string} ts */
  remove(channel, ts) {
    const known = this.#messages.get(channel);
    const message = known?.get(ts);
    if (!known || !message) return;
    // A thread outlives its first message: what is left says so, as in Slack.
    if (this.replies(channel, ts).length > 0)
      known.set(ts, { ...message, deleted: true, blocks: [], files: [] });
    else known.delete(ts);
    this.emit("messages", { channel });
    this.emit("unread");
  }

  /** @param {string} channel @returns {Message[]} what the channel shows, oldest first */
  topLevel(channel) {
    return this.#all(channel).filter(isInChannel);
  }

  /** @param {string} channel @param {string} ts @returns {Message[]} oldest first */
  replies(channel, ts) {
    return this.#all(channel).filter((message) => isReply(message) && message.thread_ts === ts);
  }

  /** @param {string} channel @param {string} ts @returns {Message | undefined} */
  message(channel, ts) {
    return this.#messages.get(channel)?.get(ts);
  }

  /** @param {string} channel @param {{tab?: "messages" | "home"}} [options] */
  open(channel, { tab = "messages" } = {}) {
    if (channel !== this.channelId) this.threadTs = null;
    this.channelId = channel;
    this.tab = tab;
    const unread = this.unread(channel).count > 0;
    this.newSince = unread ? (this.#read.get(`${this.me} ${channel}`) ?? null) : null;
    this.markRead();
    this.emit("open");
    this.emit("thread");
    this.emit("unread");
  }

  /** @param {string | null} ts */
  openThread(ts) {
    this.threadTs = ts;
    this.emit("thread");
  }

  /** Marks the open channel read, where somebody is there to read it. */
  markRead() {
    if (document.visibilityState !== "visible" || this.tab === "home") return;
    const key = `${this.me} ${this.channelId}`;
    this.#read.set(key, this.#latest(this.channelId));
  }

  /**
   * @param {string} channel
   * @returns {{count: number, mentions: number}} other people's unread top-level messages
   */
  unread(channel) {
    const since = Number(this.#read.get(`${this.me} ${channel}`) ?? 0);
    const fresh = this.topLevel(channel).filter(
      (message) => Number(message.ts) > since && message.user !== this.me,
    );
    const direct = this.channel(channel)?.kind === "im";
    const mentions = fresh.filter((message) => direct || this.#mentionsMe(message));
    return { count: fresh.length, mentions: mentions.length };
  }

  /** @param {string} [id] @returns {Channel | undefined} */
  channel(id = this.channelId) {
    return this.channels.find((channel) => channel.id === id);
  }

  /** @param {string} id @returns {Person | undefined} */
  person(id) {
    return this.people.find((person) => person.id === id);
  }

  /**
   * @param {string} id
   * @returns {string} the name people call this person or the bot by; the id of a stranger
   */
  userName(id) {
    if (id === this.bot.id) return this.bot.name;
    return this.person(id)?.name ?? id;
  }

  /** @param {Channel} channel @returns {string} for a direct conversation, who it is with */
  channelName(channel) {
    if (channel.kind !== "im") return channel.name;
    const other = channel.members.find((id) => id !== this.me) ?? this.me;
    return this.userName(other);
  }

  /** @param {Channel | undefined} channel @returns {boolean} */
  isBotChannel(channel) {
    return channel?.kind === "im" && channel.members.includes(this.bot.id);
  }

  /** @param {Message} message @returns {boolean} */
  #mentionsMe(message) {
    return /<!(here|channel|everyone)/.test(message.text) || message.text.includes(`<@${this.me}`);
  }

  /** @param {string} channel @returns {Message[]} */
  #all(channel) {
    return [...(this.#messages.get(channel)?.values() ?? [])].sort(byTime);
  }

  /** @param {string} channel @returns {string} */
  #latest(channel) {
    return this.#all(channel).at(-1)?.ts ?? "0";
  }
}

/** @param {Message} message @returns {boolean} a reply may be sent to the channel, too */
export function isInChannel(message) {
  return !isReply(message) || message.broadcast === true;
}

/** @param {Message} message @returns {boolean} */
function isReply(message) {
  return message.thread_ts !== undefined && message.thread_ts !== null && message.thread_ts !== message.ts;
}
