/**
 * Emoji by their Slack names. Only those that chat-ops messages use; any other name stays as it was written.
 */

/** @type {Record<string, string>} */
const EMOJI = {
  "+1": "👍",
  "-1": "👎",
  alarm_clock: "⏰",
  arrow_down: "⬇️",
  arrow_left: "⬅️",
  arrow_right: "➡️",
  arrow_up: "⬆️",
  arrows_counterclockwise: "🔄",
  ballot_box_with_check: "☑️",
  bangbang: "‼️",
  bar_chart: "📊",
  bell: "🔔",
  black_circle: "⚫",
  blue_circle: "🔵",
  boom: "💥",
  broken_heart: "💔",
  bug: "🐛",
  bulb: "💡",
  chart_with_downwards_trend: "📉",
  chart_with_upwards_trend: "📈",
  clap: "👏",
  clipboard: "📋",
  cloud: "☁️",
  construction: "🚧",
  eyes: "👀",
  exclamation: "❗",
  fire: "🔥",
  gear: "⚙️",
  ghost: "👻",
  grey_question: "❔",
  hammer: "🔨",
  hammer_and_wrench: "🛠️",
  heart: "❤️",
  heavy_check_mark: "✔️",
  heavy_multiplication_x: "✖️",
  hourglass: "⌛",
  hourglass_flowing_sand: "⏳",
  information_source: "ℹ️",
  key: "🔑",
  large_blue_circle: "🔵",
  large_green_circle: "🟢",
  large_orange_circle: "🟠",
  large_red_circle: "🔴",
  large_yellow_circle: "🟡",
  link: "🔗",
  lock: "🔒",
  mag: "🔍",
  memo: "📝",
  mute: "🔇",
  no_bell: "🔕",
  no_entry: "⛔",
  no_entry_sign: "🚫",
  ok_hand: "👌",
  package: "📦",
  page_facing_up: "📄",
  point_right: "👉",
  pray: "🙏",
  pushpin: "📌",
  question: "❓",
  raised_hands: "🙌",
  recycle: "♻️",
  red_circle: "🔴",
  repeat: "🔁",
  robot_face: "🤖",
  rocket: "🚀",
  rotating_light: "🚨",
  scroll: "📜",
  shield: "🛡️",
  skull: "💀",
  smile: "😄",
  sos: "🆘",
  sparkles: "✨",
  speech_balloon: "💬",
  star: "⭐",
  stethoscope: "🩺",
  stop_sign: "🛑",
  stopwatch: "⏱️",
  tada: "🎉",
  thinking_face: "🤔",
  thumbsdown: "👎",
  thumbsup: "👍",
  toolbox: "🧰",
  unlock: "🔓",
  warning: "⚠️",
  wastebasket: "🗑️",
  wave: "👋",
  white_check_mark: "✅",
  white_circle: "⚪",
  wrench: "🔧",
  x: "❌",
  zap: "⚡",
  zzz: "💤",
};

/**
 * @param {string} name without colons, with or without a skin tone
 * @returns {string | null}
 */
export function emojiOf(name) {
  return Object.hasOwn(EMOJI, name) ? EMOJI[name] : null;
}

/**
 * Replaces `:name:` by the emoji where the name is known.
 *
 * @param {string} text
 * @returns {string}
 */
export function withEmoji(text) {
  return text.replace(/:([a-z0-9_+-]+):(?::skin-tone-[2-6]:)?/g, (whole, name) => emojiOf(name) ?? whole);
}
