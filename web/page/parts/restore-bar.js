/**
 * The button that restores a photograph, or the progress of its restoration.
 */
import { cancel, restore } from "../lib/actions.js";
import { megapixels, pixels, sentence } from "../lib/format.js";
import { html, icon, nothing } from "../lib/html.js";
import { modelOf, resultSize } from "../lib/settings.js";
import { told } from "../lib/status.js";
import { store } from "../lib/store.js";
import { View } from "../lib/view.js";

/** @typedef {import("../lib/item.js").Item} Item */

class RestoreBar extends View {
  /** @type {Item | null} */
  item = null;
  /** @override */
  refuge = "button";

  /** @override */
  template() {
    const item = this.item;
    if (!item) return nothing;
    return html`<section class="restore" aria-label="Restore">
      ${failure(item)} ${item.busy ? progress(item) : this.#button(item)}
    </section>`;
  }

  /** @param {Item} item */
  #button(item) {
    const size = item.photo
      ? resultSize(item.settings, item.photo, modelOf(item.settings, store.models, item.card))
      : null;
    return html`<button
        class="button primary large"
        ?disabled=${!item.photo || item.upload !== "kept" || size === null || store.link === "lost"}
        @click=${() => restore(item)}
      >
        ${icon("spark")}${item.jobs.length ? "Restore again" : "Restore"}
      </button>
      <p class="soft small">${size ? html`To ${pixels(...size)}, ${megapixels(...size)}` : html`Set a size first`}</p>`;
  }
}

/** @param {Item} item */
function progress(item) {
  const { text, progress: done } = told(item);
  const running = item.status === "running";
  return html`<div class="restore-progress">
    <p role="status" aria-live="polite">
      <strong>${running ? "Restoring" : "Waiting"}</strong>
      <span class="soft">${text}</span>
    </p>
    <progress max="1" aria-label="Progress" value=${running ? (done ?? 0) : nothing}></progress>
    <button class="button" @click=${() => cancel(item)}>${icon("close")}Cancel</button>
  </div>`;
}

/** @param {Item} item */
const failure = (item) =>
  item.job?.state === "failed"
    ? html`<p class="warning bad" role="alert">
        ${icon("alert")}<span
          >${sentence(item.job.error?.detail ?? item.job.error?.title ?? "it could not be restored")}</span
        >
      </p>`
    : nothing;

customElements.define("restore-bar", RestoreBar);
