/**
 * The list of photographs: a column on the left, or a strip at the top on narrow screens.
 */
import * as api from "../lib/api.js";
import { html, icon, nothing, repeat } from "../lib/html.js";
import { hideBroken, showLoaded } from "../lib/shown.js";
import { told } from "../lib/status.js";
import { store } from "../lib/store.js";
import { View } from "../lib/view.js";

/** @typedef {import("../lib/item.js").Item} Item */

class PhotoList extends View {
  /** @override */
  template() {
    return html`<nav class="photos" aria-label="Photographs">
      <ul @keydown=${this.#keys}>
        ${repeat(
          store.items,
          (item) => item.key,
          (item) => html`<li>${entry(item)}</li>`,
        )}
      </ul>
    </nav>`;
  }

  /** @param {KeyboardEvent} event Arrow keys move the focus from one photograph to the next. */
  #keys(event) {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (!step || event.ctrlKey || event.metaKey) return;
    const buttons = [.../** @type {HTMLElement} */ (event.currentTarget).querySelectorAll("button")];
    const next = buttons[buttons.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement)) + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
  }
}

/** @param {Item} item */
function entry(item) {
  const { text, icon: sign, progress, kind } = told(item);
  const current = item.key === store.selectedKey;
  return html`<button
    class="photo-entry ${kind}"
    aria-current=${current ? "true" : nothing}
    @click=${() => store.select(item)}
  >
    <span class="thumb">${thumbnail(item)}</span>
    <span class="photo-text">
      <span class="photo-name">${item.name}</span>
      <span class="photo-status">${sign ? icon(sign) : nothing}<span>${text}</span></span>
      ${kind === "busy" ? bar(progress) : nothing}
    </span>
  </button>`;
}

/** @param {number | null} progress finished fraction; null if it is unknown */
export const bar = (progress) =>
  html`<progress class="thin" max="1" aria-hidden="true" value=${progress ?? nothing}></progress>`;

/** @param {Item} item */
function thumbnail(item) {
  const address = item.photo && item.upload === "kept" ? api.at.preview(item.photo.id, 256) : item.local;
  if (!address || item.upload === "refused") return icon("photo");
  return html`<img src=${address} alt="" loading="lazy" @error=${hideBroken} @load=${showLoaded} />`;
}

customElements.define("photo-list", PhotoList);
