/**
 * A list of messages that follows the state: the channel's, or a thread's. Nodes of unchanged messages are
 * kept, so that an
 * incident that is updated every second takes nobody's focus, scroll position or open menu away.
 */

import { announce } from "./announce.js";
import { h, icon } from "./dom.js";
import { drawMessage } from "./message.js";
import { unescapeText } from "./mrkdwn.js";
import { dayKey, dayName } from "./time.js";

/** @typedef {import("./state.js").Message} Message */
/** @typedef {{key: string, signature: string, build: () => HTMLElement}} Item */

const GROUPING_SECONDS = 300;
const NEAR_BOTTOM_PX = 80;
const SPOKEN_CHARACTERS = 300;

export class Conversation {
  #nodes = /** @type {Map<string, {node: HTMLElement, signature: string}>} */ (new Map());
  #queued = false;
  #unseen = 0;

  /**
   * @param {HTMLElement} root
   * @param {import("./message.js").Page} page
   * @param {object} source
   * @param {() => string} source.label
   * @param {() => Message[]} source.messages oldest first
   * @param {() => HTMLElement | null} [source.empty] what stands where there are none
   * @param {boolean} [source.inThread]
   */
  constructor(root, page, source) {
    this.page = page;
    this.source = source;
    this.list = h("div", { class: "message-list" });
    this.scroller = h("div", { class: "scroller", role: "region", tabindex: -1 }, this.list);
    this.jump = h(
      "button",
      { type: "button", class: "jump", hidden: true, on: { click: () => this.scrollToEnd() } },
      icon("down"),
      h("span"),
    );
    root.append(this.scroller, this.jump);
    this.scroller.addEventListener("scroll", () => this.#atEnd() && this.#showJump(0));
    this.list.addEventListener("keydown", (event) => this.#moveFocus(event));
    // Pictures and late fonts change heights after the fact.
    new ResizeObserver(() => this.stick && this.scrollToEnd()).observe(this.list);
    this.scroller.addEventListener("scroll", () => {
      this.stick = this.#atEnd();
    });
  }

  /** Whether to stay at the newest message when something is added. */
  stick = true;

  /** Draws the list from nothing: another channel, thread or person. */
  reset() {
    this.#nodes.clear();
    this.list.replaceChildren();
    this.scroller.setAttribute("aria-label", this.source.label());
    this.#showJump(0);
    this.render();
    const mark = this.list.querySelector(".new-divider");
    if (mark) mark.scrollIntoView({ block: "center" });
    else this.scrollToEnd();
    this.stick = this.#atEnd();
  }

  /** Draws soon; several changes at once are drawn once. */
  schedule() {
    if (this.#queued) return;
    this.#queued = true;
    queueMicrotask(() => {
      this.#queued = false;
      this.render();
    });
  }

  /** Tells the reader of a message that has just come. @param {Message} message */
  arrived(message) {
    const name = message.username || this.page.state.userName(message.user);
    announce(`${name}: ${unescapeText(message.text).slice(0, SPOKEN_CHARACTERS)}`);
    if (message.user === this.page.state.me) this.stick = true;
    else if (!this.stick) this.#showJump(this.#unseen + 1);
  }

  render() {
    const { stick } = this;
    const items = this.#items();
    const focus = focusWithin(this.list);
    const kept = new Map();
    let previous = /** @type {HTMLElement | null} */ (null);
    for (const item of items) {
      const old = this.#nodes.get(item.key);
      const node = old?.signature === item.signature ? old.node : item.build();
      if (old && node !== old.node) old.node.replaceWith(node);
      const wanted = previous ? previous.nextElementSibling : this.list.firstElementChild;
      if (wanted !== node) this.list.insertBefore(node, wanted);
      kept.set(item.key, { node, signature: item.signature });
      previous = node;
    }
    while (previous ? previous.nextElementSibling : this.list.firstElementChild) {
      /** @type {Element} */ (previous ? previous.nextElementSibling : this.list.firstElementChild).remove();
    }
    this.#nodes = kept;
    this.#setTabStop();
    restoreFocus(this.list, focus);
    if (stick) this.scrollToEnd();
  }

  scrollToEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.stick = true;
    this.#showJump(0);
  }

  /** @returns {Item[]} dividers and messages in order */
  #items() {
    const messages = this.source.messages();
    const { state } = this.page;
    const channel = state.channelId;
    const items = /** @type {Item[]} */ ([]);
    let before = /** @type {Message | null} */ (null);
    let marked = state.newSince === null || this.source.inThread;
    if (messages.length === 0 && this.source.empty) {
      items.push({ key: "empty", signature: channel, build: () => this.source.empty?.() ?? h("div") });
    }
    for (const message of messages) {
      const newDay = before === null || dayKey(before.ts) !== dayKey(message.ts);
      if (newDay && !this.source.inThread)
        items.push(divider("day-divider", `day ${dayKey(message.ts)}`, dayName(message.ts)));
      const firstNew = !marked && Number(message.ts) > Number(state.newSince) && message.user !== state.me;
      if (firstNew) {
        items.push(divider("new-divider", "new", "New"));
        marked = true;
      }
      const firstReply = this.source.inThread === true && before !== null && before === messages[0];
      if (firstReply) {
        const count = messages.length - 1;
        items.push(divider("reply-divider", "replies", count === 1 ? "1 reply" : `${count} replies`));
      }
      const replies = this.source.inThread ? [] : state.replies(channel, message.ts);
      const place = {
        channel,
        compact: !newDay && !firstNew && !firstReply && follows(before, message),
        inThread: this.source.inThread === true,
        replies,
      };
      items.push({
        key: message.ts,
        signature: JSON.stringify([message, place.compact, replies.length, replies.at(-1)?.ts]),
        build: () => drawMessage(message, place, this.page),
      });
      before = message;
    }
    return items;
  }

  /** @param {number} count */
  #showJump(count) {
    this.#unseen = count;
    this.jump.hidden = count === 0;
    const label = this.jump.querySelector("span");
    if (label) label.textContent = count === 1 ? "1 new message" : `${count} new messages`;
  }

  /** @returns {boolean} */
  #atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR_BOTTOM_PX;
  }

  /** One message of the list is a tab stop, the newest unless arrow keys chose another. */
  #setTabStop() {
    const articles = this.#articles();
    const current = articles.find(
      (article) => article.tabIndex === 0 && article.contains(document.activeElement),
    );
    for (const article of articles) article.tabIndex = -1;
    const stop = current ?? articles.at(-1);
    if (stop) stop.tabIndex = 0;
  }

  /** @returns {HTMLElement[]} */
  #articles() {
    return /** @type {HTMLElement[]} */ ([...this.list.querySelectorAll("article")]);
  }

  /** @param {KeyboardEvent} event */
  #moveFocus(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.tagName !== "ARTICLE" || event.altKey || event.ctrlKey || event.metaKey) return;
    const articles = this.#articles();
    const at = articles.indexOf(target);
    const next = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: articles.length - 1 }[event.key];
    if (next !== undefined && articles[next]) {
      event.preventDefault();
      for (const article of articles) article.tabIndex = -1;
      articles[next].tabIndex = 0;
      articles[next].focus();
    } else if (event.key === "t" || event.key === "m") {
      const key = event.key === "t" ? "thread" : "more";
      /** @type {HTMLElement | null} */ (target.querySelector(`[data-focus-key="${key}"]`))?.click();
    }
  }
}

/** @param {string} kind @param {string} key @param {string} text @returns {Item} */
function divider(kind, key, text) {
  return {
    key,
    signature: text,
    build: () => h("div", { class: kind, role: "separator", "aria-label": text }, h("span", {}, text)),
  };
}

/**
 * Whether a message needs no new head: same author and kind, shortly after.
 *
 * @param {Message | null} before
 * @param {Message} message
 */
function follows(before, message) {
  return (
    before !== null &&
    before.user === message.user &&
    before.username === message.username &&
    // Each private answer says anew that it is private.
    !before.ephemeral &&
    !message.ephemeral &&
    Number(message.ts) - Number(before.ts) < GROUPING_SECONDS
  );
}

/**
 * @param {HTMLElement} list
 * @returns {{ts: string, key: string | null} | null} which control of which message has the focus
 */
function focusWithin(list) {
  const focused = /** @type {HTMLElement | null} */ (document.activeElement);
  if (!focused || !list.contains(focused)) return null;
  const ts = focused.closest("article")?.dataset.ts;
  return ts ? { ts, key: focused.closest("[data-focus-key]")?.getAttribute("data-focus-key") ?? null } : null;
}

/** @param {HTMLElement} list @param {{ts: string, key: string | null} | null} focus */
function restoreFocus(list, focus) {
  if (!focus || list.contains(document.activeElement)) return;
  const article = /** @type {HTMLElement | null} */ (
    list.querySelector(`article[data-ts="${CSS.escape(focus.ts)}"]`)
  );
  const control =
    focus.key === null ? null : article?.querySelector(`[data-focus-key="${CSS.escape(focus.key)}"]`);
  /** @type {HTMLElement | null} */ (control ?? article)?.focus({ preventScroll: true });
}
