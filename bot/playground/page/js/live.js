/** The WebSocket that brings what happens in the workspace. Reconnects by itself; says when it is down. */

const FIRST_DELAY_MS = 400;
const LONGEST_DELAY_MS = 10_000;

export class Live {
  #socket = /** @type {WebSocket | null} */ (null);
  #timer = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
  #failures = 0;
  #url = "";

  /**
   * @param {object} hooks
   * @param {(event: {type: string, [key: string]: any}) => void} hooks.onEvent
   * @param {(again: boolean) => void} hooks.onOpen `again` after a break: what happened meanwhile must be
   *   fetched
   * @param {() => void} hooks.onLost
   */
  constructor({ onEvent, onOpen, onLost }) {
    this.onEvent = onEvent;
    this.onOpen = onOpen;
    this.onLost = onLost;
    // Coming back from sleep or from being offline is the best moment to try, whatever the backoff says.
    window.addEventListener("online", () => this.#retryNow());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.#retryNow();
    });
  }

  /** Leaves the present connection, if any, for this one. @param {string} url */
  connect(url) {
    this.#url = url;
    this.#failures = 0;
    clearTimeout(this.#timer);
    this.#socket?.close();
    this.#open(false);
  }

  /** @param {boolean} again */
  #open(again) {
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.addEventListener("open", () => {
      if (socket !== this.#socket) return;
      this.#failures = 0;
      this.onOpen(again);
    });
    socket.addEventListener("message", (message) => {
      if (socket === this.#socket) this.onEvent(JSON.parse(message.data));
    });
    socket.addEventListener("close", () => {
      if (socket === this.#socket) this.#scheduleRetry();
    });
  }

  #scheduleRetry() {
    this.onLost();
    const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#timer = setTimeout(() => this.#open(true), ceiling * (0.5 + Math.random() / 2));
  }

  #retryNow() {
    if (this.#socket?.readyState !== WebSocket.CLOSED) return;
    clearTimeout(this.#timer);
    this.#open(true);
  }
}
