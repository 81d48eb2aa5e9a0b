/**
 * The preview: a part of the photograph before and after restoration, and the whole photograph with a frame.
 */
import { randomKey } from "../lib/actions.js";
import { flip, held } from "../lib/flip.js";
import { duration } from "../lib/format.js";
import { html, icon, nothing } from "../lib/html.js";
import { Previewer } from "../lib/previewer.js";
import { centred, resized } from "../lib/region.js";
import { previewOptions } from "../lib/settings.js";
import { store } from "../lib/store.js";
import { drawRegion } from "../lib/tiles.js";
import { View } from "../lib/view.js";
import "./region-frame.js";
import "./wipe-handle.js";

/** @typedef {import("../lib/item.js").Item} Item */

const CLIENT = randomKey();

class PreviewBench extends View {
  /** @type {Item | null} */
  item = null;
  #previewer = new Previewer(CLIENT, () => store.changed());
  /** Photograph and region that the canvas shows. */
  #before = "";
  #drawing = new AbortController();

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    const again = () => {
      if (this.#previewer.state === "failed" && this.#previewer.problem?.offline) this.#previewer.again();
    };
    store.addEventListener("back", again, { signal: this.ended });
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    this.#previewer.end();
    this.#drawing.abort();
    this.#before = "";
  }

  /** @override */
  draw() {
    const { item } = this;
    if (item?.photo && !item.region) item.region = centred(item.photo);
    super.draw();
    const after = this.querySelector(".lens-after");
    if (item && after instanceof HTMLElement) after.style.opacity = String(item.settings.strength);
    this.#follow();
  }

  /** Draw the region of the photograph at once, and request its restoration. */
  #follow() {
    const { photo, region, card, problem, settings } = this.item ?? {};
    const canvas = this.querySelector("canvas");
    if (!photo || !region || !settings || !canvas || !this.isConnected) return;
    const before = `${photo.id} ${region}`;
    if (before !== this.#before) {
      if (!this.#before.startsWith(`${photo.id} `)) canvas.width = 0; // so that another photograph is never shown
      this.#before = before;
      this.#drawing.abort();
      this.#drawing = new AbortController();
      drawRegion(canvas, photo.id, region, this.#drawing.signal).catch(() => (this.#before = ""));
    }
    // The card tells which model "auto" selects.
    if (!card && !problem) return;
    this.#previewer.want({
      photo: photo.id,
      region,
      options: previewOptions(settings, store.models, card ?? null),
    });
  }

  /** @override */
  template() {
    const { item } = this;
    if (!item?.photo) return nothing;
    return html`<div class="preview" @region=${this.#move}>
      <figure class="preview-whole">
        <region-frame .item=${item}></region-frame>
        <figcaption id="frame-keys" class="soft small">
          Drag the frame<span class="keys"
            >, or move it with the arrow keys; <kbd>+</kbd> and <kbd>−</kbd> change its size</span
          >.
        </figcaption>
      </figure>
      <figure class="preview-part">
        ${this.#lens(item)}
        <figcaption class="lens-foot">${this.#caption()} ${this.#tools(item)}</figcaption>
      </figure>
    </div>`;
  }

  /** @param {Item} item */
  #lens(item) {
    const { state, picture, problem } = this.#previewer;
    const done = state === "done";
    return html`<div class="lens pair ${done ? "compared" : ""}" aria-busy=${state === "working" ? "true" : "false"}>
      <canvas class="lens-before" role="img" aria-label="The part before restoration"></canvas>
      <img
        class="lens-after"
        src=${picture || nothing}
        ?hidden=${!done}
        alt="The part after restoration"
        draggable="false"
      />
      <span class="chip before">Before</span>
      <span class="chip after" ?hidden=${!done}>After</span>
      <wipe-handle anywhere ?hidden=${!done}></wipe-handle>
      ${state === "failed" ? this.#failed(problem?.message ?? "") : nothing}
      ${
        state === "failed" || done
          ? nothing
          : html`<span class="lens-busy"
              >${item.card || item.problem ? "Restoring this part" : "Analysing the photograph"}</span
            >`
      }
    </div>`;
  }

  /** @param {string} message */
  #failed(message) {
    return html`<div class="lens-failed" role="alert">
      <p>${message}</p>
      <button class="button" @click=${() => this.#previewer.again()}>${icon("again")}Try again</button>
    </div>`;
  }

  #caption() {
    const { state, model, seconds } = this.#previewer;
    return html`<p class="soft small" role="status">
      ${state === "done" ? html`<code>${model}</code>${seconds ? `, ${duration(seconds)}` : ""}` : nothing}
    </p>`;
  }

  /** @param {Item} item */
  #tools(item) {
    const size = (/** @type {number} */ step) => () => {
      if (item.photo && item.region) item.region = resized(item.region, item.photo, step);
      store.changed();
    };
    return html`<div class="tools">
      <button class="button quiet square" aria-label="Larger part" title="Larger part" @click=${size(1)}>
        ${icon("minus")}
      </button>
      <button class="button quiet square" aria-label="Smaller part" title="Smaller part" @click=${size(-1)}>
        ${icon("plus")}
      </button>
      ${flipButton()}
    </div>`;
  }

  /** @param {CustomEvent} event */
  #move(event) {
    if (this.item) this.item.region = event.detail;
    store.changed();
  }
}

/** A button that shows the photograph instead of the result while it is held. */
export const flipButton = () =>
  html`<button
    class="button quiet flip"
    title="Hold to see the photograph before restoration"
    @pointerdown=${() => flip(true)}
    @keydown=${held}
    @keyup=${held}
    @contextmenu=${(/** @type {Event} */ event) => event.preventDefault()}
  >
    ${icon("flip")}<span>Hold to see before</span><kbd class="wide">B</kbd>
  </button>`;

customElements.define("preview-bench", PreviewBench);
