/**
 * What the composer offers while one types: slash commands after `/`, people and channels after `@` and `#`.
 */

/** @typedef {import("./state.js").State} State */
/** @typedef {{title: string, hint: string, description: string, insert: string}} Suggestion */
/** @typedef {{start: number, items: Suggestion[], kind: "commands" | "names"}} Offer */

const MOST = 8;

/**
 * @param {string} text the composer's text up to the caret
 * @param {State} state
 * @returns {Offer | null}
 */
export function suggest(text, state) {
  if (/^\/\S*$/.test(text)) return offer(0, commandItems(text, state), "commands");
  const word = /(?:^|[\s(])([@#][\w.-]*)$/.exec(text);
  if (!word) return null;
  const start = text.length - word[1].length;
  return offer(start, nameItems(word[1], state), "names");
}

/**
 * @param {number} start
 * @param {Suggestion[]} items
 * @param {"commands" | "names"} kind
 * @returns {Offer | null}
 */
function offer(start, items, kind) {
  return items.length > 0 ? { start, items: items.slice(0, MOST), kind } : null;
}

/** @param {string} typed @param {State} state @returns {Suggestion[]} */
function commandItems(typed, state) {
  return state.commands
    .filter((command) => command.command.startsWith(typed.toLowerCase()))
    .map((command) => ({
      title: command.command,
      hint: command.usage_hint ?? "",
      description: command.description ?? "",
      insert: `${command.command} `,
    }));
}

/** @param {string} typed @param {State} state @returns {Suggestion[]} */
function nameItems(typed, state) {
  const wanted = typed.slice(1).toLowerCase();
  const all =
    typed[0] === "#"
      ? state.channels
          .filter((channel) => channel.kind === "channel")
          .map((channel) => ({ name: channel.name, about: channel.topic ?? "" }))
      : [
          { name: state.bot.name, about: "App" },
          ...state.people.map((person) => ({ name: person.name, about: person.title || person.real_name })),
          ...state.usergroups.map((group) => ({ name: group.handle, about: group.name })),
        ];
  return all
    .filter((one) => one.name.toLowerCase().startsWith(wanted))
    .map((one) => ({
      title: typed[0] + one.name,
      hint: "",
      description: one.about,
      insert: `${typed[0]}${one.name} `,
    }));
}

/**
 * @param {string} text
 * @param {State} state
 * @returns {{command: string, usage_hint: string, description: string} | null} the command being written
 */
export function commandOf(text, state) {
  const word = /^(\/\S+)\s/.exec(text)?.[1];
  return state.commands.find((command) => command.command === word) ?? null;
}
