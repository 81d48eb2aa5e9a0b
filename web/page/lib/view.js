/**
 * Base of all elements of the page: a template that is rendered again when the store changes.
 */
import { render } from "./html.js";
import { store } from "./store.js";

/** An element without a shadow root, so that the page has one style sheet and one accessibility tree. */
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

  /** Selector of the element that gets the focus if the focused one is removed. */
  refuge = "";

  draw() {
    if (!this.isConnected) return;
    const held = this.refuge && this.contains(document.activeElement);
    render(this.template(), this, { host: this }); // "this" in event handlers
    if (!held || this.contains(document.activeElement)) return;
    const next = this.querySelector(this.refuge);
    if (next instanceof HTMLElement) next.focus({ preventScroll: true });
  }

  /** @returns {unknown} */
  template() {
    throw new Error("a view needs a template");
  }
}
