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

  /** Selector of what gets the focus where what had it goes away, so that a keyboard does not lose its place. */
  refuge = "";

  draw() {
    if (!this.isConnected) return;
    const held = this.refuge && this.contains(document.activeElement);
    render(this.template(), this, { host: this }); // what handlers know as this
    if (!held || this.contains(document.activeElement)) return;
    const next = this.querySelector(this.refuge);
    if (next instanceof HTMLElement) next.focus({ preventScroll: true });
  }

  /** @returns {unknown} */
  template() {
    throw new Error("an element needs a template");
  }
}
