/**
 * What every element of the page is: a template that is drawn again when the store changes.
 */
import { render } from "./html.js";
import { store } from "./store.js";

/** An element without a shadow root, so that one style sheet and one tree of roles serve the whole page. */
export class View extends HTMLElement {
  #ended = new AbortController();

  connectedCallback() {
    this.#ended = new AbortController();
    store.addEventListener("change", () => this.draw(), { signal: this.ended });
    this.draw();
  }

  disconnectedCallback() {
    this.#ended.abort();
  }

  /** Aborted when the element leaves the page. */
  get ended() {
    return this.#ended.signal;
  }

  draw() {
    if (this.isConnected) render(this.template(), this);
  }

  /** @returns {unknown} */
  template() {
    throw new Error("an element needs a template");
  }
}
