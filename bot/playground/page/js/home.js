/** The App Home tab: the view that the app published for this person. */

import { drawBlocks } from "./blocks/index.js";
import { Surface } from "./blocks/surface.js";
import { fill, h } from "./dom.js";

export class Home {
  /** @param {HTMLElement} root @param {import("./message.js").Page} page */
  constructor(root, page) {
    this.root = root;
    this.page = page;
    page.state.on("home", () => this.render());
  }

  /** The tab was opened: the app is told, and may publish. */
  async open() {
    const { state, api } = this.page;
    const { me } = state;
    this.render();
    const answer = await api.home();
    if (state.me !== me) return;
    if (answer.ok && answer.view) {
      state.homeView = answer.view;
      state.emit("home");
    } else if (!answer.ok && !state.homeView) {
      fill(this.root, h("p", { class: "empty" }, answer.message));
    }
  }

  render() {
    const { state, api } = this.page;
    if (!state.homeView) {
      fill(this.root, h("p", { class: "empty" }, `${state.bot.name} has put nothing here for you yet.`));
      return;
    }
    const surface = new Surface({ state, api, container: { view_id: state.homeView.id } });
    fill(this.root, h("div", { class: "home-view" }, drawBlocks(state.homeView.blocks ?? [], surface)));
  }
}
