/**
 * The page: a bar at the top, and below either the drop zone or the photographs.
 */
import { pending, restoreAll } from "../lib/actions.js";
import * as api from "../lib/api.js";
import { choose } from "../lib/drops.js";
import { counted } from "../lib/format.js";
import { html, icon, nothing } from "../lib/html.js";
import { store } from "../lib/store.js";
import { View } from "../lib/view.js";
import "./drop-zone.js";
import "./notice-list.js";
import "./photo-bench.js";
import "./photo-list.js";

class BlindsrPage extends View {
  /** @override */
  draw() {
    super.draw();
    const busy = store.items.filter((item) => item.busy).length;
    document.title = busy ? `${counted(busy, "photograph")} to go · blindsr` : "blindsr";
  }

  /** @override */
  template() {
    return html`
      <header class="bar">
        <p class="mark"><img src="static/icon.svg" alt="" width="28" height="28" />blindsr</p>
        <div class="bar-actions">${store.items.length ? this.#actions() : nothing}</div>
      </header>
      ${this.#link()}
      <main id="work" tabindex="-1">${this.#work()}</main>
      <notice-list></notice-list>
      <div class="veil" aria-hidden="true">
        <p>${icon("plus")} Drop to add</p>
      </div>
    `;
  }

  #work() {
    if (store.items.length)
      return html`<div class="work">
        <photo-list></photo-list>
        <photo-bench .item=${store.selected}></photo-bench>
      </div>`;
    if (store.link === "locked") return locked();
    // Photographs of an earlier visit are not known yet; the drop zone would be shown for a moment only.
    if (store.link === "connecting") return html`<p class="visually-hidden" role="status">Connecting.</p>`;
    return html`<drop-zone></drop-zone>`;
  }

  #actions() {
    const waiting = pending().length;
    const results = store.results;
    return html`
      ${
        store.items.length > 1 && waiting
          ? html`<button class="button" ?disabled=${store.link === "lost"} @click=${restoreAll}>
              ${icon("spark")}<span>Restore all<span class="wide"> (${waiting})</span></span>
            </button>`
          : nothing
      }
      ${
        results.length > 1
          ? html`<a class="button" href=${api.at.zip(results.map((job) => job.id))} download="restored.zip">
              ${icon("download")}<span>Download all<span class="wide"> (${results.length})</span></span>
            </a>`
          : nothing
      }
      <button class="button" @click=${choose}>
        ${icon("plus")}<span>Add<span class="wide"> photographs</span></span>
      </button>
    `;
  }

  #link() {
    if (store.link === "lost")
      return html`<p class="banner" role="status">
        ${icon("unplugged")}
        <span
          ><strong>The server does not respond.</strong> Nothing is lost: the page tries again every few seconds and
          continues when the server is back.</span
        >
      </p>`;
    if (store.link === "locked" && store.items.length)
      return html`<p class="banner" role="status">
        ${icon("lock")}<span
          >You are signed out. Start <code>blindsr serve</code> again, and open the address that it prints.</span
        >
      </p>`;
    return nothing;
  }
}

const locked = () =>
  html`<section class="panel-page">
    <div class="panel-icon">${icon("lock")}</div>
    <h1>This server requires a token</h1>
    <p>Open the address that <code>blindsr serve</code> printed when it started: it ends in <code>?token=…</code></p>
    <p class="soft">Each address works once; the server prints another when it is started again.</p>
  </section>`;

customElements.define("blindsr-page", BlindsrPage);
