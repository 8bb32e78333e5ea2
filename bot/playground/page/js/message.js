/** One message: who, when, what, and what can be done with it. */

import { avatar } from "./avatar.js";
import { drawBlocks } from "./blocks/index.js";
import { Surface } from "./blocks/surface.js";
import { h, icon, iconButton } from "./dom.js";
import { drawFile } from "./files.js";
import { openMenu } from "./menu.js";
import { drawMrkdwn, unescapeText } from "./mrkdwn.js";
import { notify } from "./notices.js";
import { fullTime, shortTime, timeOfDay } from "./time.js";

/** @typedef {import("./state.js").Message} Message */
/** @typedef {{state: import("./state.js").State, api: import("./api.js").Api}} Page */
/** @typedef {{channel: string, compact: boolean, inThread: boolean, replies: Message[]}} Place */

/** @param {Message} message @param {Place} place @param {Page} page @returns {HTMLElement} */
export function drawMessage(message, place, page) {
  const { state } = page;
  const name = message.username || state.userName(message.user);
  const node = h("article", {
    class: "message",
    tabindex: -1,
    "aria-label": `${name}, ${timeOfDay(message.ts)}`,
    data: {
      ts: message.ts,
      compact: place.compact || undefined,
      ephemeral: message.ephemeral || undefined,
      deleted: message.deleted || undefined,
    },
  });
  const stamp = {
    class: "message-time",
    datetime: new Date(Number(message.ts) * 1000).toISOString(),
    title: fullTime(message.ts),
  };
  const time = h("time", stamp, place.compact ? shortTime(message.ts) : timeOfDay(message.ts));
  const gutter = h(
    "div",
    { class: "gutter" },
    place.compact ? time : avatar(state, message.user, { name, bot: message.is_bot }),
  );
  const head = place.compact
    ? null
    : h(
        "header",
        { class: "message-head" },
        h("span", { class: "message-author" }, name),
        message.is_bot ? h("span", { class: "badge" }, "APP") : null,
        time,
      );
  const onlyYou = message.ephemeral
    ? h("p", { class: "only-you" }, icon("eye"), "Only visible to you")
    : null;
  node.append(
    gutter,
    h(
      "div",
      { class: "message-content" },
      onlyYou,
      head,
      drawBody(message, place, page),
      drawReplies(message, place, page),
    ),
  );
  if (!message.deleted) node.append(drawTools(message, place, page));
  return node;
}

/** @param {Message} message @param {Place} place @param {Page} page @returns {HTMLElement} */
function drawBody(message, place, { state, api }) {
  if (message.deleted) return h("div", { class: "message-body deleted" }, "This message was deleted.");
  const body = h("div", { class: "message-body" });
  if (message.blocks && message.blocks.length > 0) {
    const surface = new Surface({ state, api, container: { channel: place.channel, ts: message.ts } });
    body.append(drawBlocks(message.blocks, surface));
  } else if (message.text) {
    body.append(h("div", { class: "text" }, drawMrkdwn(message.text, state)));
  }
  if (message.edited)
    body.append(h("span", { class: "edited", title: fullTime(message.edited.ts) }, "(edited)"));
  for (const file of message.files ?? []) body.append(drawFile(file));
  return body;
}

/** @param {Message} message @param {Place} place @param {Page} page @returns {HTMLElement | null} */
function drawReplies(message, place, { state }) {
  const count = Math.max(place.replies.length, message.reply_count ?? 0);
  if (place.inThread || count === 0) return null;
  const last = place.replies.at(-1);
  const faces = [...new Set(place.replies.map((reply) => reply.user))].slice(0, 3);
  return h(
    "button",
    {
      type: "button",
      class: "replies",
      data: { focusKey: "replies" },
      on: { click: () => state.openThread(message.ts) },
    },
    faces.map((user) => avatar(state, user, { small: true })),
    h("span", { class: "replies-count" }, count === 1 ? "1 reply" : `${count} replies`),
    last ? h("span", { class: "replies-last" }, `last at ${timeOfDay(last.ts)}`) : null,
  );
}

/** @param {Message} message @param {Place} place @param {Page} page @returns {HTMLElement} */
function drawTools(message, place, page) {
  const tools = h("div", { class: "message-tools", role: "group", "aria-label": "Message actions" });
  // As in Slack, what only one person sees can neither be discussed nor worked with.
  if (!place.inThread && !message.ephemeral) {
    tools.append(
      iconButton("thread", "Reply in thread", () => page.state.openThread(message.ts), {
        data: { focusKey: "thread" },
      }),
    );
  }
  tools.append(
    iconButton(
      "dots",
      "More actions",
      (event) => openMessageMenu(/** @type {HTMLElement} */ (event.currentTarget), message, place, page),
      {
        "aria-haspopup": "menu",
        data: { focusKey: "more" },
      },
    ),
  );
  return tools;
}

/** @param {HTMLElement} anchor @param {Message} message @param {Place} place @param {Page} page */
function openMessageMenu(anchor, message, place, { state, api }) {
  const shortcuts = message.ephemeral ? [] : state.shortcuts;
  openMenu(anchor, [
    ...shortcuts.map((shortcut) => ({
      label: shortcut.name,
      description: state.bot.name,
      pick: async () => {
        const answer = await api.shortcut({
          channel: place.channel,
          ts: message.ts,
          callback_id: shortcut.callback_id,
        });
        if (!answer.ok) notify(answer.message);
      },
    })),
    { label: "Copy text", pick: () => void copyText(unescapeText(message.text)) },
  ]);
}

/** @param {string} text */
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Browsers refuse the clipboard to pages that are neither https nor loopback.
    notify("The browser does not let this page use the clipboard.");
  }
}
