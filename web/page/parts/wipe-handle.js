/**
 * The line between before and after, which can be dragged and moved by keys.
 *
 * Its position is the custom property --wipe of its parent, whose style cuts the image there. The event "wipe" reports
 * changes with the fraction.
 */
import { follow } from "../lib/drag.js";
import { clamp } from "../lib/region.js";

const STEP = 0.02;

export class WipeHandle extends HTMLElement {
  #value = 0.5;
  #ended = new AbortController();

  connectedCallback() {
    this.#ended = new AbortController();
    this.tabIndex = 0;
    for (const [name, value] of Object.entries({
      role: "slider",
      "aria-label": "Line between before and after",
      "aria-valuemin": "0",
      "aria-valuemax": "100",
      "aria-orientation": "horizontal",
    }))
      this.setAttribute(name, value);
    const { signal } = this.#ended;
    const area = this.#area;
    // If dragging has no other meaning in the area, the line can be dragged from anywhere.
    const from = this.hasAttribute("anywhere") ? area : this;
    from.addEventListener("pointerdown", (event) => this.#drag(event), {
      signal,
    });
    this.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.value = this.#value;
  }

  disconnectedCallback() {
    this.#ended.abort();
  }

  get value() {
    return this.#value;
  }

  set value(fraction) {
    this.#value = clamp(fraction, 0, 1);
    const part = Math.round(100 * this.#value);
    this.#area.style.setProperty("--wipe", `${100 * this.#value}%`);
    this.setAttribute("aria-valuenow", String(part));
    this.setAttribute("aria-valuetext", `${part} % before, ${100 - part} % after`);
    this.dispatchEvent(new CustomEvent("wipe", { detail: this.#value }));
  }

  get #area() {
    return /** @type {HTMLElement} */ (this.parentElement);
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    if (event.button !== 0 || (event.target instanceof Element && event.target.closest("button, a"))) return;
    if (event.target === this) event.preventDefault();
    event.stopPropagation();
    const area = this.#area;
    const to = (/** @type {PointerEvent} */ moved) => {
      const { left, width } = area.getBoundingClientRect();
      this.value = (moved.clientX - left) / width;
    };
    follow(this, event, to);
    this.focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const step = event.shiftKey ? 5 * STEP : STEP;
    const value = {
      ArrowLeft: this.#value - step,
      ArrowRight: this.#value + step,
      Home: 0,
      End: 1,
    }[event.key];
    if (value === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.value = value;
  }
}

customElements.define("wipe-handle", WipeHandle);
