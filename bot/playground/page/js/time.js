/**
 * Times as a person reads them: in their own zone and language. Slack's `ts` is seconds since 1970 as a
 * string.
 */

import { h } from "./dom.js";

const DAY_MS = 86_400_000;
/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const AGO_STEPS = [
  ["second", 60],
  ["minute", 60],
  ["hour", 24],
  ["day", 30],
  ["month", 12],
  ["year", Infinity],
];

const FORMATS = {
  date_num: { year: "numeric", month: "2-digit", day: "2-digit" },
  date_slash: { year: "numeric", month: "2-digit", day: "2-digit" },
  date: { year: "numeric", month: "long", day: "numeric" },
  date_long_full: { year: "numeric", month: "long", day: "numeric" },
  date_short: { year: "numeric", month: "short", day: "numeric" },
  date_long: { weekday: "long", year: "numeric", month: "long", day: "numeric" },
  time: { timeStyle: "short" },
  time_secs: { timeStyle: "medium" },
};

/** @param {string} ts @returns {Date} */
export function dateOf(ts) {
  return new Date(Number.parseFloat(ts) * 1000);
}

/** @param {Date} date @param {keyof typeof FORMATS} name @returns {string} */
function format(date, name) {
  // {date_num} is YYYY-MM-DD in every language; the Swedish locale writes exactly that.
  const locale = name === "date_num" ? "sv-SE" : undefined;
  return new Intl.DateTimeFormat(locale, /** @type {any} */ (FORMATS[name])).format(date);
}

/** @param {Date} date @param {Date} now @returns {number} whole calendar days from today: -1 is yesterday */
function daysFromToday(date, now) {
  const midnight = (/** @type {Date} */ day) =>
    new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime();
  return Math.round((midnight(date) - midnight(now)) / DAY_MS);
}

/**
 * @param {Date} date
 * @param {Date} now
 * @returns {string | null} today, yesterday, tomorrow, or none of them
 */
function relativeDay(date, now) {
  return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[String(daysFromToday(date, now))] ?? null;
}

/** @param {string} text @returns {string} */
function capitalised(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** @param {string} ts @returns {string} */
export function timeOfDay(ts) {
  return format(dateOf(ts), "time");
}

/** For the narrow gutter: without a.m. and p.m. @param {string} ts @returns {string} */
export function shortTime(ts) {
  const parts = new Intl.DateTimeFormat(undefined, /** @type {any} */ (FORMATS.time)).formatToParts(
    dateOf(ts),
  );
  return parts
    .filter((part) => part.type !== "dayPeriod")
    .map((part) => part.value)
    .join("")
    .trim();
}

/** @param {string} ts @returns {string} */
export function fullTime(ts) {
  return `${format(dateOf(ts), "date_long")}, ${format(dateOf(ts), "time_secs")}`;
}

/** @param {string} ts @returns {string} the text of a day divider */
export function dayName(ts) {
  const date = dateOf(ts);
  const near = relativeDay(date, new Date());
  if (near) return capitalised(near);
  const sameYear = date.getFullYear() === new Date().getFullYear();
  const options = {
    weekday: "long",
    month: "long",
    day: "numeric",
    ...(sameYear ? {} : { year: "numeric" }),
  };
  return new Intl.DateTimeFormat(undefined, /** @type {any} */ (options)).format(date);
}

/** @param {string} ts @returns {string} the calendar day in the reader's zone, for grouping */
export function dayKey(ts) {
  return dateOf(ts).toDateString();
}

/** @param {Date} date @param {Date} now @returns {string} */
export function ago(date, now = new Date()) {
  let amount = (date.getTime() - now.getTime()) / 1000;
  for (const [unit, size] of AGO_STEPS) {
    if (Math.abs(amount) < size) {
      const words = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
      return words.format(Math.round(amount), unit);
    }
    amount /= size;
  }
  return "";
}

/**
 * Slack's date tokens, https://docs.slack.dev/messaging/formatting-message-text: `{date_short_pretty} at
 * {time}`.
 *
 * @param {number} seconds since 1970
 * @param {string} template
 * @param {Date} [now]
 * @returns {string}
 */
export function formatTokens(seconds, template, now = new Date()) {
  const date = new Date(seconds * 1000);
  return template.replace(/\{(\w+)\}/g, (whole, token, offset) => {
    if (token === "ago") return ago(date, now);
    if (token === "day_divider_pretty") return relativeDay(date, now) ?? format(date, "date_long");
    const plain = token.replace(/_pretty$/, "");
    if (plain !== token) {
      const near = relativeDay(date, now);
      if (near) return offset === 0 ? capitalised(near) : near;
    }
    return plain in FORMATS ? format(date, plain) : whole;
  });
}

/**
 * A `<time>` whose text follows Slack's tokens; `{ago}` is kept current by {@link startTicking}.
 *
 * @param {number} seconds since 1970
 * @param {string} template
 * @param {string} fallback shown where the timestamp or the template means nothing
 * @returns {HTMLElement}
 */
export function timeNode(seconds, template, fallback) {
  if (!Number.isFinite(seconds) || !/\{\w+\}/.test(template)) return h("span", {}, fallback);
  const node = h("time", {
    datetime: new Date(seconds * 1000).toISOString(),
    title: fullTime(String(seconds)),
  });
  node.textContent = formatTokens(seconds, template);
  if (/\{(ago|\w+_pretty)\}/.test(template)) {
    node.dataset.seconds = String(seconds);
    node.dataset.template = template;
  }
  return node;
}

/** Rewrites relative times once every 20 seconds. */
export function startTicking() {
  setInterval(() => {
    for (const node of document.querySelectorAll("time[data-template]")) {
      const { seconds, template } = /** @type {HTMLElement} */ (node).dataset;
      const text = formatTokens(Number(seconds), template ?? "");
      if (node.textContent !== text) node.textContent = text;
    }
  }, 20_000);
}
