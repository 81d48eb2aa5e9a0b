/**
 * Fields of forms.
 */
import { html, icon, live, nothing } from "../lib/html.js";

/**
 * @typedef {object} Slider
 * @property {string} name
 * @property {string} label
 * @property {number | null} value null if nothing is set
 * @property {number} standard the default value
 * @property {number} [most]
 * @property {(value: number) => string} say describes a value in words
 * @property {string} hint
 * @property {(value: number | null) => void} set
 */

/** @param {Slider} slider */
export function slider({ name, label, value, standard, most = 1, say, hint, set }) {
  const shown = value ?? standard;
  const unset = value === null || value === standard;
  return html`<div class="field slider">
    <label for=${name}>${label}</label>
    <output for=${name}>${say(shown)}</output>
    <button
      class="button quiet square reset"
      ?hidden=${unset}
      aria-label="Reset ${label.toLowerCase()}"
      title="Reset"
      @click=${() => set(null)}
    >
      ${icon("again")}
    </button>
    <input
      type="range"
      id=${name}
      min="0"
      max=${most}
      step="0.05"
      .value=${live(String(shown))}
      aria-valuetext=${say(shown)}
      aria-describedby="${name}-hint"
      @input=${(/** @type {Event} */ event) => set(Number(field(event).value))}
    />
    <p class="hint" id="${name}-hint">${hint}</p>
  </div>`;
}

/**
 * @param {{name: string, label: string, value: string, choices: [value: string, label: string][], hint?: unknown,
 *   set: (value: string) => void}} about
 */
export const select = ({ name, label, value, choices, hint, set }) =>
  html`<div class="field">
    <label for=${name}>${label}</label>
    <select id=${name} .value=${live(value)} @change=${(/** @type {Event} */ event) => set(field(event).value)}>
      ${choices.map(([one, said]) => html`<option value=${one} ?selected=${one === value}>${said}</option>`)}
    </select>
    ${hint ? html`<p class="hint">${hint}</p>` : nothing}
  </div>`;

/**
 * @param {{name: string, label: string, value: number | null, least?: number, most?: number, step?: number,
 *   placeholder?: string, unit?: string, hint?: string, set: (value: number | null) => void}} about
 */
export const number = ({ name, label, value, least = 0, most, step = 1, placeholder, unit, hint, set }) =>
  html`<div class="field">
    <label for=${name}>${label}</label>
    <span class="with-unit">
      <input
        type="number"
        inputmode="decimal"
        id=${name}
        min=${least}
        max=${most ?? nothing}
        step=${step}
        placeholder=${placeholder ?? nothing}
        .value=${live(value === null ? "" : String(value))}
        aria-describedby=${hint ? `${name}-hint` : nothing}
        @change=${(/** @type {Event} */ event) => {
          const text = field(event).value;
          set(text === "" || !Number.isFinite(Number(text)) ? null : Number(text));
        }}
      />
      ${unit ? html`<span class="unit">${unit}</span>` : nothing}
    </span>
    ${hint ? html`<p class="hint" id="${name}-hint">${hint}</p>` : nothing}
  </div>`;

/**
 * @param {{name: string, label: string, value: boolean, hint?: string, set: (value: boolean) => void}} about
 */
export const checkbox = ({ name, label, value, hint, set }) =>
  html`<div class="field check">
    <input
      type="checkbox"
      id=${name}
      .checked=${live(value)}
      aria-describedby=${hint ? `${name}-hint` : nothing}
      @change=${(/** @type {Event} */ event) => set(/** @type {HTMLInputElement} */ (event.target).checked)}
    />
    <label for=${name}>${label}</label>
    ${hint ? html`<p class="hint" id="${name}-hint">${hint}</p>` : nothing}
  </div>`;

/** @param {Event} event @returns {HTMLInputElement | HTMLSelectElement} */
const field = (event) => /** @type {HTMLInputElement | HTMLSelectElement} */ (event.target);
