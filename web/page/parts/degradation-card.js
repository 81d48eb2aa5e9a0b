/**
 * The card of a photograph: its estimated degradations, and the model that "auto" selects.
 */
import { analyse } from "../lib/actions.js";
import { draw } from "../lib/draw.js";
import { percent, sentence } from "../lib/format.js";
import { html, icon, nothing } from "../lib/html.js";
import { choice, findings, sureness } from "../lib/sentences.js";
import { View } from "../lib/view.js";

/**
 * @typedef {import("../lib/item.js").Item} Item
 * @typedef {import("../lib/api.js").Card} Card
 * @typedef {import("../lib/sentences.js").Finding} Finding
 */

class DegradationCard extends View {
  /** @type {Item | null} */
  item = null;
  /** @type {Card | null | undefined} the card whose pictures are drawn */
  #drawn;
  #dark = matchMedia("(prefers-color-scheme: dark)");

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.#dark.addEventListener("change", () => this.#draw(), {
      signal: this.ended,
    });
  }

  /** @override */
  draw() {
    super.draw();
    if (this.item?.card !== this.#drawn) this.#draw();
  }

  #draw() {
    const card = this.item?.card;
    this.#drawn = card;
    for (const canvas of this.querySelectorAll("canvas"))
      if (card) draw(canvas, /** @type {Finding["kind"]} */ (canvas.dataset.kind), card);
  }

  /** @override */
  template() {
    const item = this.item;
    if (!item) return nothing;
    return html`<section
      class="card"
      aria-labelledby="card-title"
      aria-busy=${item.card || item.problem ? "false" : "true"}
    >
      <h2 id="card-title">What was found</h2>
      ${item.card ? known(item.card) : item.problem ? failed(item) : waiting()}
    </section>`;
  }
}

/** @param {Card} card */
const known = (card) => html`
  <dl class="findings">${findings(card).map(finding)}</dl>
  ${card.warnings.map((warning) => html`<p class="warning">${icon("alert")}<span>${sentence(warning)}</span></p>`)}
  ${decision(card)}
  <details class="more">
    <summary>All numbers</summary>
    <pre tabindex="0">${JSON.stringify(card.report ?? card, null, 2)}</pre>
  </details>
`;

/** @param {Card} card */
const decision = (card) =>
  card.choice
    ? html`<div class="decision">
        <h3>
          ${icon("spark")}<span>Best restored with <code>${card.choice.model}</code></span>
        </h3>
        ${choice(card).map((reason) => html`<p>${reason}</p>`)}
      </div>`
    : nothing;

/** @param {Finding} finding */
function finding({ kind, title, value, sentence: said, confidence }) {
  return html`<div class="finding">
    <canvas data-kind=${kind} width="112" height="112" aria-hidden="true"></canvas>
    <dt>${title}<span class="value">${value}</span></dt>
    <dd>
      <span>${said}</span>
      ${
        confidence === null
          ? nothing
          : html`<span class="sure" title="${percent(confidence)} sure">
              ${sureness(confidence)}<meter min="0" max="1" value=${confidence} aria-label="Confidence"></meter>
            </span>`
      }
    </dd>
  </div>`;
}

const waiting = () =>
  html`<p class="visually-hidden" role="status">Analysing the photograph.</p>
    <div class="findings" aria-hidden="true">
      ${[0, 1, 2, 3].map(() => html`<div class="finding ghost"><i></i><b></b><u></u></div>`)}
    </div>`;

/** @param {Item} item */
const failed = (item) =>
  html`<p class="warning bad" role="alert">${icon("alert")}<span>${item.problem?.message}</span></p>
    <button class="button" @click=${() => analyse(item)}>${icon("again")}Try again</button>`;

customElements.define("degradation-card", DegradationCard);
