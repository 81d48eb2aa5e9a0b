/**
 * The view of one photograph: preview or result on the left, findings and settings on the right.
 */
import { remove, sendAgain } from "../lib/actions.js";
import { bytes, megapixels, pixels } from "../lib/format.js";
import { html, icon, nothing } from "../lib/html.js";
import { hideBroken } from "../lib/shown.js";
import { told } from "../lib/status.js";
import { store } from "../lib/store.js";
import { View } from "../lib/view.js";
import "./degradation-card.js";
import { bar } from "./photo-list.js";
import "./preview-bench.js";
import "./restore-bar.js";
import "./result-panel.js";
import "./result-viewer.js";
import "./settings-form.js";

/** @typedef {import("../lib/item.js").Item} Item */

class PhotoBench extends View {
  /** @type {Item | null} */
  item = null;
  /** @override */
  refuge = ".inspector .primary, .primary";

  /** @override */
  template() {
    const item = store.selected;
    if (!item) return nothing;
    return html`<article class="bench" aria-labelledby="bench-name">
      <header class="bench-head">
        <div class="bench-title">
          <h1 id="bench-name">${item.name}</h1>
          <p class="soft small">${facts(item)}</p>
        </div>
        ${item.result ? tabs(item) : nothing}
        <button
          class="button quiet square"
          title="Remove"
          aria-label="Remove ${item.name}"
          @click=${() => askToRemove(this, item)}
        >
          ${icon("bin")}
        </button>
      </header>
      ${body(item)}
      <dialog
        class="dialog"
        aria-labelledby="remove-title"
        @close=${(/** @type {Event} */ event) => answered(event, item)}
      >
        ${removal(item)}
      </dialog>
    </article>`;
  }
}

/** @param {Item} item */
function facts(item) {
  const photo = item.photo;
  if (!photo?.width) return item.file ? bytes(item.file.size) : "";
  const frames = photo.frames > 1 ? ` · ${photo.frames} frames` : "";
  const size = `${pixels(photo.width, photo.height)} · ${megapixels(photo.width, photo.height)}`;
  return `${size} · ${photo.format.toUpperCase()} · ${bytes(photo.size_bytes)}${frames}`;
}

/** @param {Item} item */
function tabs(item) {
  const choose = (/** @type {Item["tab"]} */ tab) => () => {
    item.tab = tab;
    store.changed();
  };
  const tab = (/** @type {Item["tab"]} */ name, /** @type {string} */ label) =>
    html`<button
      class="segment"
      role="tab"
      id="tab-${name}"
      aria-controls="stage"
      aria-selected=${item.tab === name ? "true" : "false"}
      tabindex=${item.tab === name ? 0 : -1}
      @click=${choose(name)}
    >
      ${label}
    </button>`;
  return html`<div class="segments" role="tablist" aria-label="View" @keydown=${otherTab}>
    ${item.upload === "gone" ? nothing : tab("preview", "Preview")}${tab("result", "Result")}
  </div>`;
}

/** @param {KeyboardEvent} event */
function otherTab(event) {
  if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
  const list = /** @type {HTMLElement} */ (event.currentTarget);
  const other = /** @type {HTMLElement | null} */ (list.querySelector('[aria-selected="false"]'));
  other?.click();
  other?.focus();
}

/** @param {Item} item */
function body(item) {
  if (item.upload === "refused") return refused(item);
  if (item.upload === "waiting" || item.upload === "sending") return sending(item);
  if (item.upload === "gone" && !item.result) return gone();
  const result = item.tab === "result" || item.upload === "gone" ? item.result : null;
  return html`<div class="bench-body">
    <section
      class="stage"
      id="stage"
      role=${item.result ? "tabpanel" : nothing}
      aria-label=${result ? "Result" : "Preview"}
    >
      ${
        result
          ? html`<result-viewer .item=${item} .job=${result}></result-viewer>`
          : html`<preview-bench .item=${item}></preview-bench>`
      }
    </section>
    <aside class="inspector" aria-label="Findings and settings">
      ${
        result
          ? html`<result-panel .item=${item} .job=${result}></result-panel>`
          : html`<restore-bar .item=${item}></restore-bar>`
      }
      ${item.upload === "gone" ? nothing : html`<degradation-card .item=${item}></degradation-card>`}
      ${result ? nothing : html`<settings-form .item=${item}></settings-form>`}
    </aside>
  </div>`;
}

/** @param {Item} item */
const sending = (item) =>
  html`<div class="panel-page">
    ${item.local ? html`<img class="sending-photo" src=${item.local} alt="" @error=${hideBroken} />` : nothing}
    <div class="sending-bar">
      <p role="status">${told(item).text}</p>
      ${bar(item.upload === "sending" ? told(item).progress : 0)}
    </div>
  </div>`;

/** @param {Item} item */
const refused = (item) =>
  html`<section class="panel-page" role="alert">
    <div class="panel-icon bad">${icon(item.problem?.offline ? "unplugged" : "alert")}</div>
    <h2>${item.problem?.offline ? "This photograph was not sent yet" : "This photograph cannot be restored"}</h2>
    <p>
      ${item.problem?.message}
      ${item.problem?.offline && item.file ? "The photograph is sent when it responds again." : nothing}
    </p>
    <div class="row">
      ${
        item.problem?.offline && item.file
          ? html`<button class="button primary" @click=${() => sendAgain(item)}>${icon("again")}Send again</button>`
          : nothing
      }
      <button class="button" @click=${() => remove(item)}>${icon("bin")}Remove it from the list</button>
    </div>
  </section>`;

const gone = () =>
  html`<section class="panel-page">
    <div class="panel-icon">${icon("clock")}</div>
    <h2>This photograph is no longer on the server</h2>
    <p>Add it again to restore it.</p>
  </section>`;

/** @param {Item} item */
const removal = (item) =>
  html`<form method="dialog">
    <h2 id="remove-title">Remove ${item.name}?</h2>
    <p>
      ${item.busy ? "Its restoration is cancelled, and nothing is kept." : "Its results are deleted from the server too."}
    </p>
    <div class="row end">
      <button class="button" value="keep">Keep it</button>
      <button class="button primary danger" value="remove">Remove</button>
    </div>
  </form>`;

/** @param {Event} event of the dialog, after the focus has returned @param {Item} item */
function answered(event, item) {
  const dialog = /** @type {HTMLDialogElement} */ (event.target);
  if (dialog.returnValue === "remove") void remove(item);
  dialog.returnValue = "";
}

/** @param {HTMLElement} bench @param {Item} item */
function askToRemove(bench, item) {
  const dialog = bench.querySelector("dialog");
  if (item.busy || item.done.length) dialog?.showModal();
  else void remove(item);
}

customElements.define("photo-bench", PhotoBench);
