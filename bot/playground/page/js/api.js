/**
 * The workspace server's page API: one method per request. Never throws: a refusal or a lost server is an
 * answer.
 */

/** @typedef {{ok: true, [key: string]: any} | {ok: false, error: string, message: string}} Answer */
/** @typedef {{channel: string, ts: string} | {view_id: string}} Container */

const TIMEOUT_MS = 15_000;

export class Api {
  /** The person the page plays; sent as `as` with every request. @type {string} */
  person = "";

  /** @returns {Promise<Answer>} */
  state() {
    return this.#get("/page/state");
  }

  /** @param {string} channel @returns {Promise<Answer>} */
  messages(channel) {
    return this.#get(`/page/channels/${encodeURIComponent(channel)}/messages`);
  }

  /** @param {{channel: string, text: string, thread_ts?: string}} message @returns {Promise<Answer>} */
  send(message) {
    return this.#post("/page/send", message);
  }

  /** @param {Record<string, any>} action @returns {Promise<Answer>} */
  action(action) {
    return this.#post("/page/action", action);
  }

  /**
   * @param {{container: Container, block_id: string, action_id: string, value: string}} query
   * @returns {Promise<Answer>}
   */
  options(query) {
    return this.#post("/page/options", query);
  }

  /** @param {string} viewId @param {Record<string, any>} values @returns {Promise<Answer>} */
  submitView(viewId, values) {
    return this.#post("/page/view/submit", { view_id: viewId, values });
  }

  /** @param {string} viewId @returns {Promise<Answer>} */
  closeView(viewId) {
    return this.#post("/page/view/close", { view_id: viewId });
  }

  /** @returns {Promise<Answer>} */
  home() {
    return this.#post("/page/home", {});
  }

  /** @param {{channel: string, ts: string, callback_id: string}} shortcut @returns {Promise<Answer>} */
  shortcut(shortcut) {
    return this.#post("/page/shortcut", shortcut);
  }

  /** @returns {string} the address of the live connection of this person */
  liveUrl() {
    const url = new URL("/page/live", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.searchParams.set("as", this.person);
    return url.href;
  }

  /** @param {string} path @returns {Promise<Answer>} */
  #get(path) {
    const query = this.person ? `?as=${encodeURIComponent(this.person)}` : "";
    return requestJson(path + query);
  }

  /** @param {string} path @param {Record<string, any>} body @returns {Promise<Answer>} */
  #post(path, body) {
    return requestJson(path, { as: this.person, ...body });
  }
}

/**
 * GET, or POST where there is a body.
 *
 * @param {string} url
 * @param {Record<string, any>} [body]
 * @returns {Promise<Answer>}
 */
export async function requestJson(url, body) {
  try {
    const response = await fetch(url, {
      method: body ? "POST" : "GET",
      body: body && JSON.stringify(body),
      headers: body && { "Content-Type": "application/json" },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      cache: "no-store",
    });
    if (response.ok) return await response.json();
    return {
      ok: false,
      error: `http_${response.status}`,
      message: `The server failed (${response.status}).`,
    };
  } catch (error) {
    if (error instanceof SyntaxError) {
      return { ok: false, error: "not_json", message: "The server's answer could not be read." };
    }
    return {
      ok: false,
      error: "unreachable",
      message: "The server does not answer. Is the playground still running?",
    };
  }
}
