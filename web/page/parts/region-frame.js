/**
 * The whole photograph with a frame, which is dragged to the part to preview.
 */
import * as api from "../lib/api.js";
import { follow } from "../lib/drag.js";
import { html, nothing } from "../lib/html.js";
import { around, arrow, middle, moved, resized } from "../lib/region.js";
import { View } from "../lib/view.js";

/**
 * @typedef {import("../lib/item.js").Item} Item
 * @typedef {import("../lib/api.js").Region} Region
 */

class RegionFrame extends View {
  /** @type {Item | null} */
  item = null;

  /** @override */
  template() {
    const { item } = this;
    const { photo, region } = item ?? {};
    if (!photo || !region) return nothing;
    const [left, top, width, height] = region;
    return html`<div class="locator" @pointerdown=${this.#drag}>
      <img
        src=${api.at.preview(photo.id, 1024)}
        width=${photo.width}
        height=${photo.height}
        alt="The whole photograph"
        draggable="false"
      />
      <div
        class="frame"
        role="group"
        tabindex="0"
        aria-roledescription="movable frame"
        aria-label="Part that is previewed: ${width} by ${height} pixels at ${left}, ${top}"
        aria-describedby="frame-keys"
        @keydown=${this.#key}
      ></div>
    </div>`;
  }

  /** @override */
  draw() {
    super.draw();
    const frame = this.querySelector(".frame");
    const { photo, region } = this.item ?? {};
    if (!(frame instanceof HTMLElement) || !photo || !region) return;
    const [left, top, width, height] = region;
    frame.style.left = `${(100 * left) / photo.width}%`;
    frame.style.top = `${(100 * top) / photo.height}%`;
    frame.style.width = `${(100 * width) / photo.width}%`;
    frame.style.height = `${(100 * height) / photo.height}%`;
  }

  /** @param {Region} region */
  #to(region) {
    this.dispatchEvent(new CustomEvent("region", { detail: region, bubbles: true }));
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    const { photo, region } = this.item ?? {};
    if (event.button !== 0 || !photo || !region) return;
    event.preventDefault();
    const locator = /** @type {HTMLElement} */ (event.currentTarget);
    const box = locator.getBoundingClientRect();
    const at = (/** @type {PointerEvent} */ one) => ({
      x: ((one.clientX - box.left) / box.width) * photo.width,
      y: ((one.clientY - box.top) / box.height) * photo.height,
    });
    const start = at(event);
    const side = Math.max(region[2], region[3]);
    // Pressing outside the frame moves it there; pressing inside drags it from where it is.
    const held = /** @type {HTMLElement} */ (event.target).classList.contains("frame");
    const [x, y] = held ? middle(region) : [start.x, start.y];
    const to = (/** @type {PointerEvent} */ one) => {
      const now = at(one);
      this.#to(around(photo, x + now.x - start.x, y + now.y - start.y, side));
    };
    follow(locator, event, to);
    /** @type {HTMLElement | null} */ (locator.querySelector(".frame"))?.focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { photo, region } = this.item ?? {};
    if (!photo || !region || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = arrow(event.key, event.shiftKey);
    const size = { "+": -1, "=": -1, "-": 1 }[event.key];
    if (step) this.#to(moved(region, photo, ...step));
    else if (size) this.#to(resized(region, photo, size));
    else return;
    event.preventDefault();
  }
}

customElements.define("region-frame", RegionFrame);
