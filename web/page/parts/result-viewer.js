/**
 * The viewer of a result: photograph and result in one view with a line between them, and the residual map over both.
 */
import { Comparison } from "../lib/comparison.js";
import { flips } from "../lib/flip.js";
import { percent } from "../lib/format.js";
import { html, icon, live, nothing } from "../lib/html.js";
import { asProblem } from "../lib/problem.js";
import { store } from "../lib/store.js";
import { View } from "../lib/view.js";
import { flipButton } from "./preview-bench.js";
import { WipeHandle } from "./wipe-handle.js";

/**
 * @typedef {import("../lib/item.js").Item} Item
 * @typedef {import("../lib/api.js").Job} Job
 */

class ResultViewer extends View {
  /** @type {Item | null} */
  item = null;
  /** @type {Job | null} */
  job = null;
  /** @type {Comparison | null} */
  #comparison = null;
  #shown = "";
  #state = "opening";
  /** @type {import("../lib/problem.js").Problem | null} */
  #problem = null;
  #zoom = 0;
  #map = 0;

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    flips.addEventListener("flip", (event) => this.#comparison?.flip(/** @type {CustomEvent} */ (event).detail), {
      signal: this.ended,
    });
    const again = () => {
      if (this.job && this.#state === "failed" && this.#problem?.offline) void this.#open(this.job);
    };
    store.addEventListener("back", again, { signal: this.ended });
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    this.#comparison?.close();
    this.#comparison = null;
    this.#shown = "";
  }

  /** @override */
  draw() {
    super.draw();
    if (this.job && this.job.id !== this.#shown) void this.#open(this.job);
  }

  /** @param {Job} job */
  async #open(job) {
    this.#shown = job.id;
    this.#comparison?.close();
    this.#map = 0;
    const element = /** @type {HTMLElement} */ (this.querySelector(".deep"));
    const photo = this.item?.upload === "kept" ? job.photo : null;
    const comparison = new Comparison(element, { job: job.id, photo }, (zoom) => this.#zoomed(zoom));
    this.#comparison = comparison;
    this.#tell("opening");
    try {
      await comparison.open();
      comparison.wipe(this.#handle?.value ?? 0.5);
      if (this.#comparison === comparison) this.#tell("open");
    } catch (error) {
      if (this.#comparison === comparison) this.#tell("failed", asProblem(error));
    }
  }

  /** @param {string} state @param {import("../lib/problem.js").Problem | null} [problem] */
  #tell(state, problem = null) {
    this.#state = state;
    this.#problem = problem;
    this.draw();
  }

  /** @param {number} zoom */
  #zoomed(zoom) {
    this.#zoom = zoom;
    this.draw();
  }

  get #handle() {
    const handle = this.querySelector("wipe-handle");
    return handle instanceof WipeHandle ? handle : null;
  }

  /** @override */
  template() {
    const { job, item } = this;
    if (!job || !item) return nothing;
    const both = item.upload === "kept";
    return html`<div class="viewer">
      <div
        class="pair ${this.#state === "open" && both ? "compared" : ""}"
        aria-busy=${this.#state === "opening" ? "true" : "false"}
      >
        <div class="deep"></div>
        <span class="chip before" ?hidden=${!both}>Before</span>
        <span class="chip after">After</span>
        <wipe-handle
          ?hidden=${!both || this.#state !== "open"}
          @wipe=${(/** @type {CustomEvent} */ event) => this.#comparison?.wipe(event.detail)}
        ></wipe-handle>
        ${this.#state === "opening" ? html`<span class="lens-busy">Opening</span>` : nothing}
        ${this.#state === "failed" ? this.#failed(job) : nothing}
      </div>
      <div class="viewer-foot">
        ${this.#zooms()} ${both ? flipButton() : nothing} ${job.has_map ? this.#fade() : nothing}
      </div>
    </div>`;
  }

  #zooms() {
    const button = (/** @type {string} */ label, /** @type {string} */ sign, /** @type {() => void} */ act) =>
      html`<button class="button quiet square" aria-label=${label} title=${label} @click=${act}>${icon(sign)}</button>`;
    return html`<div class="tools" role="group" aria-label="Zoom">
      ${button("Zoom out", "minus", () => this.#comparison?.zoomBy(1 / 1.5))}
      <button
        class="button quiet zoom"
        title="Show each pixel as one pixel of the screen"
        @click=${() => this.#comparison?.exactly()}
      >
        <span class="visually-hidden">Show at 100 %, now at </span>${this.#zoom ? percent(this.#zoom) : "100 %"}
      </button>
      ${button("Zoom in", "plus", () => this.#comparison?.zoomBy(1.5))}
      ${button("Show all", "fit", () => this.#comparison?.fit())}
      ${document.fullscreenEnabled ? button("Full screen", "full", () => this.#fullScreen()) : nothing}
    </div>`;
  }

  #fullScreen() {
    if (document.fullscreenElement) void document.exitFullscreen();
    else void this.querySelector(".viewer")?.requestFullscreen();
  }

  #fade() {
    const set = (/** @type {Event} */ event) => {
      this.#map = Number(/** @type {HTMLInputElement} */ (event.target).value);
      this.#comparison?.map(this.#map).catch((error) => this.#tell("failed", asProblem(error)));
      this.draw();
    };
    return html`<label class="fade" title="Where the result, degraded again, differs from the photograph">
      ${icon("map")}<span>Doubtful parts</span>
      <input
        type="range"
        min="0"
        max="1"
        step="0.05"
        .value=${live(String(this.#map))}
        aria-valuetext=${percent(this.#map)}
        @input=${set}
      />
    </label>`;
  }

  /** @param {Job} job */
  #failed(job) {
    return html`<div class="lens-failed" role="alert">
      <p>${this.#problem?.message}</p>
      <button class="button" @click=${() => this.#open(job)}>${icon("again")}Try again</button>
    </div>`;
  }
}

customElements.define("result-viewer", ResultViewer);
